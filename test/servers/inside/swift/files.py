"""The configuration files of Swift: four servers with one device, and the filters of the proxy."""

from collections.abc import Mapping
from pathlib import Path

from ...limits import SwiftLimits

#: A section of a configuration file: names and values.
Section = Mapping[str, object]

#: Without `proxy-logging`: it makes up two lines for each request that nobody reads, and changes no response.
BEFORE_LOGIN = (
    "catch_errors",
    "gatekeeper",
    "healthcheck",
    "cache",
    "listing_formats",
    "bulk",
    "tempurl",
)
AFTER_LOGIN = (
    "copy",
    "container-quotas",
    "account-quotas",
    "slo",
    "dlo",
    "versioned_writes",
    "symlink",
)


def write_swift_files(
    etc: Path, data: Path, limits: SwiftLimits, login: tuple[str, ...], sections: Mapping[str, Section]
) -> None:
    """Write all configuration files.

    Args:
        etc: The folder to write them to.
        data: The folder of the devices.
        limits: What the proxy and the cluster allow.
        login: The names of the filters between the first ones and the others: those that know users.
        sections: The configuration of those filters, by section.
    """
    constraints = {"swift-hash": {"swift_hash_path_suffix": "test"}, "swift-constraints": _constraints(limits)}
    _write(etc / "swift.conf", constraints)
    for server in ("account", "container", "object"):
        _write(etc / f"{server}-server.conf", _storage_sections(server, etc, data))
    _write(etc / "proxy-server.conf", _proxy_sections(etc, limits, login, sections))
    _write(etc / "internal-client.conf", _internal_client_sections(etc))
    (etc / "recon").mkdir()


def _write(path: Path, sections: Mapping[str, Section]) -> None:
    blocks = [
        [f"[{name}]", *(f"{key} = {value}" for key, value in section.items()), ""] for name, section in sections.items()
    ]
    path.write_text("\n".join(line for block in blocks for line in block))


def _constraints(limits: SwiftLimits) -> Section:
    names = (
        "container_listing_limit",
        "account_listing_limit",
        "max_file_size",
        "max_object_name_length",
        "max_container_name_length",
        "max_meta_name_length",
        "max_meta_value_length",
        "max_meta_count",
        "max_meta_overall_size",
    )
    return {name: getattr(limits, name) for name in names}


def _storage_sections(server: str, etc: Path, data: Path) -> dict[str, Section]:
    default = {"swift_dir": etc, "devices": data, "mount_check": "false", "recon_cache_path": etc / "recon"}
    sections: dict[str, Section] = {
        "DEFAULT": {**default, "log_level": "WARNING", "fallocate_reserve": 0},
        "pipeline:main": {"pipeline": f"healthcheck {server}-server"},
        "filter:healthcheck": {"use": "egg:swift#healthcheck"},
        f"app:{server}-server": {"use": f"egg:swift#{server}", "log_requests": "false"},
    }
    if server == "container":
        sections["container-updater"] = {"account_suppression_time": 0}
    if server == "object":
        queue = {"dequeue_from_legacy": "true", "internal_client_conf_path": etc / "internal-client.conf"}
        sections["object-expirer"] = queue
    return sections


def _proxy_sections(
    etc: Path, limits: SwiftLimits, login: tuple[str, ...], sections: Mapping[str, Section]
) -> dict[str, Section]:
    pipeline = [name for name in (*BEFORE_LOGIN, *login, *AFTER_LOGIN) if name not in _missing(limits)]
    return {
        "DEFAULT": {"swift_dir": etc, "log_level": "WARNING"},
        "pipeline:main": {"pipeline": " ".join([*pipeline, "proxy-server"])},
        "app:proxy-server": _proxy_application(),
        **_plain_filters(),
        **_limited_filters(limits),
        **sections,
    }


def _missing(limits: SwiftLimits) -> set[str]:
    missing = set(limits.without)
    return missing | {"s3token"} if "s3api" in missing else missing


def _proxy_application() -> Section:
    return {
        "use": "egg:swift#proxy",
        "account_autocreate": "true",
        "allow_account_management": "true",
        # With a single device, a cluster that avoids it for a while after one error would answer nothing at all.
        "error_suppression_interval": 0,
        "node_timeout": 60,
    }


def _plain_filters() -> dict[str, Section]:
    names = "catch_errors gatekeeper healthcheck listing_formats copy container-quotas account-quotas symlink"
    filters: dict[str, Section] = {
        f"filter:{name}": {"use": f"egg:swift#{name.replace('-', '_')}"} for name in names.split()
    }
    filters["filter:cache"] = {"paste.filter_factory": f"{__package__}.cache:filter_factory"}
    return filters


def _limited_filters(limits: SwiftLimits) -> dict[str, Section]:
    # By default Swift sends one small segment a second after the first ten.
    at_once = {"rate_limit_segments_per_sec": 0}
    segments = {"max_manifest_segments": limits.max_manifest_segments, "max_manifest_size": limits.max_manifest_size}
    versioning = {"allow_versioned_writes": "true", "allow_object_versioning": str(limits.object_versioning).lower()}
    return {
        "filter:bulk": {"use": "egg:swift#bulk", "max_deletes_per_request": limits.max_deletes_per_request},
        "filter:tempurl": _tempurl(limits),
        "filter:s3api": _s3api(limits),
        "filter:slo": {"use": "egg:swift#slo", **segments, **at_once},
        "filter:dlo": {"use": "egg:swift#dlo", **at_once},
        "filter:versioned_writes": {"use": "egg:swift#versioned_writes", **versioning},
    }


def _tempurl(limits: SwiftLimits) -> Section:
    return {
        "use": "egg:swift#tempurl",
        "methods": " ".join(limits.tempurl_methods),
        "allowed_digests": " ".join(limits.tempurl_digests),
    }


def _s3api(limits: SwiftLimits) -> Section:
    return {
        "use": "egg:swift#s3api",
        "location": "us-east-1",
        "dns_compliant_bucket_names": "true",
        "max_bucket_listing": limits.s3_max_bucket_listing,
        "max_upload_part_num": limits.s3_max_upload_part_number,
        "min_segment_size": limits.s3_min_segment_size,
    }


def _internal_client_sections(etc: Path) -> dict[str, Section]:
    return {
        "DEFAULT": {"swift_dir": etc, "log_level": "WARNING"},
        "pipeline:main": {"pipeline": "catch_errors cache proxy-server"},
        "app:proxy-server": {"use": "egg:swift#proxy", "account_autocreate": "true"},
        "filter:catch_errors": {"use": "egg:swift#catch_errors"},
        "filter:cache": {"paste.filter_factory": f"{__package__}.cache:filter_factory"},
    }
