"""What can be set lower (or higher) in one Swift server than the usual cluster has it."""

from dataclasses import asdict, dataclass

#: The filters of the proxy that a cluster may lack; Swift itself puts the others back.
OPTIONAL_FILTERS = ("account-quotas", "bulk", "container-quotas", "s3api", "slo", "symlink", "tempurl")


@dataclass(frozen=True, slots=True)
class SwiftLimits:
    """The limits of a Swift server; the defaults are those of Swift.

    Sizes and lengths are bytes (`max_object_name_length` and `max_container_name_length` are characters in Swift 2.38),
    the life of a token is seconds, listing limits are entries of a page.
    """

    container_listing_limit: int = 10000
    account_listing_limit: int = 10000
    max_file_size: int = 5368709122
    max_object_name_length: int = 1024
    max_container_name_length: int = 256
    max_meta_name_length: int = 128
    max_meta_value_length: int = 256
    max_meta_count: int = 90
    max_meta_overall_size: int = 4096
    max_manifest_segments: int = 1000
    max_manifest_size: int = 8388608
    max_deletes_per_request: int = 10000
    s3_max_bucket_listing: int = 1000
    s3_max_upload_part_number: int = 1000
    s3_min_segment_size: int = 5242880
    token_life: int = 86400
    tempurl_methods: tuple[str, ...] = ("GET", "HEAD", "PUT", "POST", "DELETE")
    tempurl_digests: tuple[str, ...] = ("sha1", "sha256", "sha512")
    object_versioning: bool = True
    #: Names out of OPTIONAL_FILTERS that this cluster lacks.
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = set(self.without) - set(OPTIONAL_FILTERS)
        if unknown:
            raise ValueError(f"not an optional filter: {sorted(unknown)}; these are: {OPTIONAL_FILTERS}")

    def to_json(self) -> dict[str, object]:
        """Give the limits as what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, object]) -> "SwiftLimits":
        """Read what `to_json` gave, after a way through JSON, which knows no tuples."""
        known = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return cls(**known)  # type: ignore[arg-type]  # the dictionary is ours: asdict() of this class
