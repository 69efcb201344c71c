"""The plain values that go in and out of a client."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import datetime as dt

METADATA_KEY_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_"
"""What the keys of metadata are made of."""


@dataclasses.dataclass(frozen=True, slots=True)
class ContainerInfo:
    """A container. `size` is in bytes, `count` in objects; both are None where the store does not say."""

    name: str
    size: int | None = None
    count: int | None = None

    @property
    def bytes(self) -> int | None:
        """The same as `size`."""
        return self.size


@dataclasses.dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a store reports about an object, without its content.

    Attributes:
        name: The object's name.
        size: Bytes of content. None where the store does not report it, and only reading would show it.
        hash: An opaque tag, without quotes: equal tags mean equal content in the same store. None where only reading
            the content would tell.
        content_type: None in a listing of a store that does not list it.
        metadata: Lower-case keys. None in a listing without `fetch_metadata`.
        last_modified: Epoch seconds; None where the store does not say.
        content_encoding, content_disposition, content_language, cache_control: None if not set, or not listed.
        write_id: The library's own mark of the write that made the object, by which a writer whose response was lost
            knows it again, and after a dot what the store notes of the write; None if it has none, or is not listed.
        storage_class: What the store calls the class, or tier, that it keeps the object in.
        version_id: By which the store knows this version, in a container that keeps versions.
        expires: When the store will delete the object by itself, in epoch seconds.

    The last three are None where the store does not report or list them. Infos are compared without them.
    """

    name: str
    size: int | None
    hash: str | None
    content_type: str | None
    metadata: dict[str, str] | None
    last_modified: float | None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None
    write_id: str | None = dataclasses.field(default=None, repr=False, compare=False)
    storage_class: str | None = dataclasses.field(default=None, compare=False)
    version_id: str | None = dataclasses.field(default=None, compare=False)
    expires: float | None = dataclasses.field(default=None, compare=False)

    @property
    def bytes(self) -> int | None:
        """The same as `size`."""
        return self.size

    @property
    def last_modified_at(self) -> dt.datetime | None:
        """The same as `last_modified`, in UTC; None where the store does not say."""
        import datetime as dt  # which most programs do not need

        return None if self.last_modified is None else dt.datetime.fromtimestamp(self.last_modified, dt.UTC)


class SignedUrl(str):
    """A URL: a text, with the headers that a request to it must carry.

    Attributes:
        headers: By name; none are needed for a GET.
    """

    __slots__ = ("headers",)
    headers: Mapping[str, str]

    def __new__(cls, url: str, headers: Mapping[str, str] | None = None) -> Self:
        made = super().__new__(cls, url)
        made.headers = dict(headers or {})
        return made


@dataclasses.dataclass(frozen=True, slots=True)
class SubdirInfo:
    """All names that go on from `subdir`, which ends with the delimiter, as one entry of a listing."""

    subdir: str


@dataclasses.dataclass(frozen=True, slots=True)
class Attributes:
    """All that an object carries beside its content; None: not set. Metadata keys are legal, lower-case and unique.

    Attributes:
        write_id: The library's own mark of a write; a store keeps it as one header or field of its own, and may note
            more after a dot.
    """

    content_type: str
    metadata: dict[str, str]
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None
    write_id: str | None = dataclasses.field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, info: ObjectInfo) -> Self:
        """Those of a stored object, as a copy of it carries them: without the mark of the write."""
        return cls(
            content_type=info.content_type or "application/octet-stream",
            metadata=dict(info.metadata or {}),
            content_encoding=info.content_encoding,
            content_disposition=info.content_disposition,
            content_language=info.content_language,
            cache_control=info.cache_control,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Capabilities:
    """What this store can do, and its limits. None as a limit: there is none.

    Attributes:
        download_urls: `object_generate_download_url` works.
        upload_urls: `object_generate_upload_url` works.
        download_url_content_type, download_url_content_disposition: A download URL can set these headers of its
            response.
        upload_url_content_type, upload_url_content_disposition, upload_url_size: An upload URL can be for this type,
            this disposition or this count of bytes only.
        upload_url_headers: The headers, by name and value, that a PUT to any such URL must carry; `SignedUrl.headers`
            has them, too.
        server_side_copy: `object_copy` moves no content through this process.
        if_absent: Writes with `if_absent` are kept by the store; otherwise they are refused before any request.
        if_hash: Writes with `if_hash` are kept by the store; otherwise they are refused before any request.
        delete_if_hash: `object_delete` with `if_hash` is kept by the store, in one step; otherwise it is refused before
            any request.
        atomic_conditions: When several write at once with the same condition, at most one succeeds. Where
            this is False the store looks before it writes, and two that overlap may both succeed.
        hash_of_content: The hash stays while only metadata are changed; otherwise it is another then, and a condition
            on the old one does not hold.
        resumable_uploads: `upload_file` with `resume`, and a copy to this store, go on with what another process has
            sent; otherwise they begin again.
        exclusive_uploads: Of several that write a large object of one name at once only one may end well; the others
            raise `ConflictError`, and send everything again.
        atomic_container_delete: A container that is deleted without force holds nothing at that moment. Where this is
            False the store looks before it deletes, and what is written in between is lost.
        container_totals: `ContainerInfo` has size and count.
        ordered_listing: Listings come in the byte order of their UTF-8 names; of S3's, all but those of directory
            buckets (`--x-s3`), for which it is False where such a one is chosen.
        listing_has_metadata: The entries of a listing are complete, with metadata, without further requests.
        part_size_minimum: Bytes of any part but the last.
        part_size_maximum: Bytes of a part.
        part_count_maximum: Parts of one object.
        equal_parts: All parts but the last must have the same size.
        copy_part_size: Bytes of a part of a copy that the store makes by parts.
        delete_batch_maximum: Names that one request can delete.
        object_names_refused: What a new object's name must not hold, where the store would change or lose it: regular
            expressions, each with the reason.
        object_name_maximum: Bytes of UTF-8 of a new object's name, where the store takes less than this library does.
        container_name_maximum: Bytes of UTF-8 of a new container's name, likewise.
        metadata_key_characters: What metadata keys may be made of, after they were put into lower case. A store whose
            own alphabet is smaller declares what it maps to that and back.
        metadata_blank_edges: Metadata values that begin or end with a blank are kept.
        metadata_count_maximum: Metadata keys of one object.
        metadata_key_maximum: Bytes of a metadata key, as the store is sent it.
        metadata_value_maximum: Bytes of a metadata value, likewise.
        metadata_total_maximum: Bytes of all metadata keys and values of one object, likewise.
        container_delete: `container_delete` works; otherwise it is refused.
        tags: `object_tags` works.
        writable: Containers and objects can be created, changed and deleted; otherwise all that is refused.
    """

    download_urls: bool = False
    upload_urls: bool = False
    download_url_content_type: bool = False
    download_url_content_disposition: bool = False
    upload_url_content_type: bool = False
    upload_url_content_disposition: bool = False
    upload_url_size: bool = False
    upload_url_headers: tuple[tuple[str, str], ...] = ()
    server_side_copy: bool = False
    if_absent: bool = False
    if_hash: bool = False
    delete_if_hash: bool = False
    atomic_conditions: bool = True
    hash_of_content: bool = True
    resumable_uploads: bool = False
    exclusive_uploads: bool = False
    atomic_container_delete: bool = True
    container_totals: bool = False
    ordered_listing: bool = True
    listing_has_metadata: bool = False
    part_size_minimum: int = 1
    part_size_maximum: int | None = None
    part_count_maximum: int | None = None
    equal_parts: bool = False
    copy_part_size: int = 512 * 1024 * 1024
    delete_batch_maximum: int = 1
    object_names_refused: tuple[tuple[str, str], ...] = ()
    object_name_maximum: int | None = None
    container_name_maximum: int | None = None
    metadata_key_characters: str = METADATA_KEY_CHARACTERS
    metadata_blank_edges: bool = True
    metadata_count_maximum: int | None = None
    metadata_key_maximum: int | None = None
    metadata_value_maximum: int | None = None
    metadata_total_maximum: int | None = None
    container_delete: bool = True
    tags: bool = False
    writable: bool = True


class Outcome(enum.StrEnum):
    """How a trial ended, of whether something is so."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    CANNOT_BE_TOLD = "cannot be told"


class Origin(enum.StrEnum):
    """How something is known."""

    TRIAL = "found by trial"
    OPTION = "declared by an option"
    DOCUMENT = "documented"


@dataclasses.dataclass(frozen=True, slots=True)
class EndpointFact:
    """One thing that a client knows about its server.

    Attributes:
        name: What it is about, as a short statement: `verifies CRC-32 of parts`.
        outcome: Whether that is so.
        origin: How it is known.
        option: The parameter of the client's constructor that decides it without a trial; None: there is none.
    """

    name: str
    outcome: Outcome
    origin: Origin
    option: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request to a server, and how it ended. It contains no secrets.

    Attributes:
        host: With its port, unless that is the usual one.
        path: As it was sent, without the query.
        query: Of the query what is known to be harmless, such as `list-type=2`; never a signature or an upload's id.
        status: None: there was no response.
        request_id: The store's id of the request, for its operators; None if it sent none.
        attempt: Which try of a call it belongs to, from 1.
        sent, received: Bytes of the bodies, without heads.
        milliseconds: From the start to the last byte of the response, with the time that the reader of the body takes.
        head_milliseconds: The same to the head of the response: how long the server took; None: there was none.
        began: Epoch seconds.
        error: How it failed without a response, or within it; None: it did not. A refusal is not a failure here.
    """

    method: str
    host: str
    path: str
    query: str
    status: int | None
    request_id: str | None
    attempt: int
    sent: int
    received: int
    milliseconds: float
    head_milliseconds: float | None
    began: float
    error: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class ClientOptions:
    """How a client works, on every store.

    Attributes:
        part_size: Bytes of a part of a large object, and the size up to which an object is written in one request.
        workers: Threads of one call.
        memory: Bytes that all transfers of this client may hold at once in buffers of parts: of streams, of copies from
            and to other stores, and of file objects. Each gets two parts even if others hold all, so that none waits.
        attempts: Tries of one request, the first included.
        first_pause: Seconds before the second try, at most; doubled before each further one.
        longest_pause: Seconds before any try, at most.
        give_up_after: Seconds for one request in all, with its pauses and the last try's timeout; if it has no room for
            two tries of that length, without the timeout.
        give_up_first_after: Seconds for tries at a server that cannot be reached, or does not speak HTTP, as long as it
            has never responded to this client: an address may be wrong, and a person waiting. As soon as the store has
            answered once, only `give_up_after` counts.
        check_content: Compare what was read and written with the store's digests.
        observe: Called with the `RequestRecord` of each request to a server when it has ended, in the thread that made
            it, with the context variables as they were when it began. What it raises is logged once, as a WARNING, and
            does not disturb the transfer; requests that it makes itself are not reported to it.
            A pickled client takes it along, as pickle takes functions: by its name.
    """

    part_size: int = 16 * 1024 * 1024
    workers: int = 4
    memory: int = 128 * 1024 * 1024
    attempts: int = 8
    first_pause: float = 0.25
    longest_pause: float = 20.0
    give_up_after: float = 150.0
    give_up_first_after: float = 3.0
    check_content: bool = True
    observe: Callable[[RequestRecord], object] | None = None

    def __post_init__(self) -> None:
        for name in ("part_size", "workers", "memory", "attempts"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{name} must be an int, not {type(value).__name__}")
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        for name in ("first_pause", "longest_pause", "give_up_after", "give_up_first_after"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
            if not value >= 0:
                raise ValueError(f"{name} must be 0 or more seconds, not {value}")
        if self.observe is not None and not callable(self.observe):
            raise TypeError(f"observe must be callable, not {type(self.observe).__name__}")


@dataclasses.dataclass(frozen=True, slots=True)
class CleanupReport:
    """What `cleanup` removed.

    Attributes:
        removed: What each thing was: a path below the root, an upload's name and id, a segment.
        size: Bytes freed, as far as the store reports them.
    """

    removed: tuple[str, ...]
    size: int
