"""What the double keeps in memory."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
import time
from collections.abc import Mapping
from typing import Any

from .refusals import absent
from .ways import Ways


@dataclasses.dataclass(frozen=True)
class Segment:
    """A segment as a manifest names it: its place, and the range of it that counts."""

    container: str
    name: str
    etag: str
    size: int
    start: int = 0
    stop: int | None = None
    content_type: str = ""
    modified: float = 0.0

    @property
    def length(self) -> int:
        """Bytes of it in the object."""
        return (self.size if self.stop is None else self.stop) - self.start


@dataclasses.dataclass(frozen=True)
class Stored:
    """An object.

    Attributes:
        content: Of a plain object; of a manifest the document.
        etag: The MD5 of `content`.
        content_type: Empty: none was told.
        headers: All that GET and HEAD tell besides, by names in lower case.
        segments: Of a static large object.
        dynamic: `container/prefix` of a dynamic large object.
        link: `container/object` of a symlink.
    """

    content: bytes
    etag: str
    content_type: str
    headers: Mapping[str, str]
    modified: float
    segments: tuple[Segment, ...] = ()
    dynamic: str = ""
    link: str = ""

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        at = self.headers.get("x-delete-at")
        return at is not None and int(at) <= time.time()

    @property
    def manifest_etag(self) -> str:
        """The tag of a static large object."""
        return md5("".join(_tag(segment) for segment in self.segments).encode())


@dataclasses.dataclass
class Container:
    """A container; `headers` are metadata, access lists and where versions go."""

    name: str
    created: float
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    objects: dict[str, Stored] = dataclasses.field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that it is told to hold: of a manifest those of the document."""
        return sum(len(stored.content) for stored in self.objects.values())


@dataclasses.dataclass
class Account:
    """An account."""

    name: str
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    containers: dict[str, Container] = dataclasses.field(default_factory=dict)

    def container(self, name: str) -> Container:
        """A container that must be there."""
        found = self.containers.get(name)
        if found is None:
            raise absent()
        return found

    def stored(self, container: str, name: str) -> Stored:
        """An object that must be there, and not be expired."""
        found = self.container(container).objects.get(name)
        if found is None or found.expired:
            raise absent()
        return found


class State:
    """All that is stored; hold `lock` while looking at it and changing it."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("a server cannot be pickled")

    def account(self, name: str) -> Account:
        """An account, made if it is absent."""
        return self.accounts.setdefault(name, Account(name))


def md5(data: bytes) -> str:
    """The MD5 in hex."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _tag(segment: Segment) -> str:
    if segment.start == 0 and segment.stop is None:
        return segment.etag
    stop = (segment.size if segment.stop is None else segment.stop) - 1
    return f"{segment.etag}:{segment.start}-{stop};"
