"""The values that pass between the two halves of a client, and the reader that a backend gives."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence
from typing import Generic, Self, TypeVar

from obs_client.backend.integrity import ContentDigest
from obs_client.models import Attributes, ObjectInfo

Entry = TypeVar("Entry", covariant=True)

WRITE_ID_KEY = "obs-write-id"
"""The key under which stores that keep the mark of a write among metadata keep it; no user's metadata has it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """One answer of a listing.

    Attributes:
        entries: In the store's order.
        next_marker: What to give as `marker` for the next page, opaque to all but the backend; None after the last.
    """

    entries: Sequence[Entry]
    next_marker: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class NewObject:
    """An object to be written.

    Attributes:
        container: Where.
        name: Under which name.
        attributes: What it carries beside its content.
        size: Bytes of content in all; None in a multipart upload whose end is not known yet.
        part_size: Bytes of each part but the last in a multipart upload of equal parts; None: they may grow.
        if_absent: Write only if no object has the name, else raise `PreconditionError`.
        if_hash: Write only if the object's hash is this one, else (absence too) raise `PreconditionError`.
    """

    container: str
    name: str
    attributes: Attributes
    size: int | None
    part_size: int | None = None
    if_absent: bool = False
    if_hash: str | None = None

    def written(self, tag: str | None, last_modified: float | None = None, version_id: str | None = None) -> ObjectInfo:
        """What is known of it once it is written: what was sent, and of the rest what the store told of this write."""
        kept = self.attributes
        return ObjectInfo(
            self.name, self.size, tag, kept.content_type, dict(kept.metadata), last_modified, kept.content_encoding,
            kept.content_disposition, kept.content_language, kept.cache_control, kept.write_id, version_id=version_id,
        )  # fmt: skip

    @property
    def conditional(self) -> bool:
        """Whether the write depends on what is there."""
        return self.if_absent or self.if_hash is not None


@dataclasses.dataclass(frozen=True, slots=True)
class UrlTerms:
    """What a signed URL is about beside method, object and life; given only what `capabilities` declares, None: not.

    Attributes:
        content_type, content_disposition: Of a GET: what is answered in place of the object's own. Of a PUT: headers
            that it must carry, or else is refused.
        size: Of a PUT: its bytes; one of another size is refused.
    """

    content_type: str | None = None
    content_disposition: str | None = None
    size: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Those that a PUT must carry, by their names in lower case."""
        given = {"content-disposition": self.content_disposition, "content-type": self.content_type}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def passed(self) -> tuple[UrlTerms, ...]:
        """What a primitive is given of them: nothing where there are none, since others' may know no such parameter."""
        return () if self == NO_TERMS else (self,)


NO_TERMS = UrlTerms()


class ObjectReader(abc.ABC):
    """An object's bytes from a start to a stop, and what the store said of the whole object with them.

    Attributes:
        info: The whole object, whatever the range.
        digest: What the whole content must hash to, where the store tells.
        verified: True once the whole content was read and proved to be what the store's digest says.
    """

    info: ObjectInfo
    digest: ContentDigest | None = None
    verified: bool = False

    @abc.abstractmethod
    def readinto(self, buffer: memoryview) -> int:
        """Fill the start of `buffer`; gives how many bytes, 0 only at the end of the range."""

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of the connection or file; safe to repeat."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
