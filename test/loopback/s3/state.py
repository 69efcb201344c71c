"""What the double keeps in memory."""

from __future__ import annotations

import dataclasses
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from .refusals import Refusal, no_such_bucket, no_such_key, no_such_upload
from .ways import Ways


@dataclasses.dataclass(frozen=True)
class Stored:
    """An object.

    Attributes:
        etag: Without quotes.
        headers: What GET and HEAD tell besides, by names in lower case.
        parts: The bytes of each part, if it was made of parts.
        checksums: What they tell to who asks for it.
        tags: As in a query.
    """

    content: bytes
    etag: str
    headers: Mapping[str, str]
    modified: float
    parts: tuple[int, ...] = ()
    checksums: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tags: str = ""


@dataclasses.dataclass(frozen=True)
class StoredPart:
    """A part of an upload."""

    content: bytes
    etag: str
    md5: bytes
    crc32: bytes
    modified: float


@dataclasses.dataclass
class Upload:
    """An open upload.

    Attributes:
        headers: What the object will tell.
        algorithm: Of the checksums that parts must carry; empty: none.
    """

    id: str
    key: str
    headers: Mapping[str, str]
    tags: str
    algorithm: str
    begun: float
    parts: dict[int, StoredPart] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Bucket:
    """A container.

    Attributes:
        region: Where it is, if that is not where the server is.
        completed: The ETags of what uploads became, by their ids.
    """

    name: str
    created: float
    default_encryption: str | None
    region: str = ""
    objects: dict[str, Stored] = dataclasses.field(default_factory=dict)
    uploads: dict[str, Upload] = dataclasses.field(default_factory=dict)
    completed: dict[str, str] = dataclasses.field(default_factory=dict)


class State:
    """All that is stored; hold `lock` while looking at it and changing it."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.lock = threading.RLock()
        self.buckets: dict[str, Bucket] = {}

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("a server cannot be pickled")

    def create(self, name: str) -> None:
        """Make a container."""
        self.buckets[name] = Bucket(name, time.time(), self.ways.default_encryption)

    def bucket(self, name: str) -> Bucket:
        """A container that must be there."""
        found = self.buckets.get(name)
        if found is None:
            raise no_such_bucket(name)
        return found

    def stored(self, bucket: str, key: str) -> Stored:
        """An object that must be there."""
        found = self.bucket(bucket).objects.get(key)
        if found is None and self.ways.hides_absence:
            raise Refusal(403, "AccessDenied", "Access Denied")
        if found is None:
            raise no_such_key(key)
        return found

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload:
        """An open upload that must be there."""
        found = self.bucket(bucket).uploads.get(upload_id)
        if found is None or found.key != key:
            raise no_such_upload()
        return found

    def begin(self, bucket: str, key: str, headers: Mapping[str, str], tags: str, algorithm: str) -> Upload:
        """Begin an upload."""
        upload = Upload(secrets.token_urlsafe(24), key, headers, tags, algorithm, time.time())
        self.bucket(bucket).uploads[upload.id] = upload
        return upload


def check_key(key: str, most: int) -> None:
    """Refuse a name of more bytes."""
    if len(key.encode()) > most:
        raise Refusal(400, "KeyTooLongError", "Your key is too long")
