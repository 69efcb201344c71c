"""What the server keeps: buckets, objects by generation, uploads, and the grants of reading."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import threading
import time
from typing import Any

import google_crc32c

from .refusals import Refusal, invalid, no_bucket, no_object

ATTRIBUTES = (
    "contentType",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "cacheControl",
    "customTime",
    "storageClass",
)
METADATA_MAXIMUM = 8 * 1024  # "Quotas & limits": custom metadata, all keys and values of an object
NAME_MAXIMUM = 1024  # "About Cloud Storage objects", "Object names"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")  # "About Cloud Storage buckets", "Bucket names"


@dataclasses.dataclass
class Stored:
    """An object; `components`: of how many it was composed ("Composite objects"): those have no MD5."""

    name: str
    content: bytes
    generation: int
    attributes: dict[str, str]
    metadata: dict[str, str]
    created: float
    updated: float
    metageneration: int = 1
    components: int | None = None
    has_md5: bool = True
    held: bool = False

    def __post_init__(self) -> None:
        self.crc32c = crc32c(self.content)
        self.md5 = base64.b64encode(hashlib.md5(self.content).digest()).decode() if self.has_md5 else ""


@dataclasses.dataclass
class Upload:
    """An upload by parts, or a resumable one."""

    bucket: str
    name: str
    attributes: dict[str, str]
    metadata: dict[str, str]
    query: dict[str, str]
    begun: float
    parts: dict[int, tuple[str, bytes]] = dataclasses.field(default_factory=dict)
    content: bytearray = dataclasses.field(default_factory=bytearray)
    digests: dict[str, str] = dataclasses.field(default_factory=dict)
    done: dict[str, Any] | None = None


@dataclasses.dataclass
class Bucket:
    """A bucket.

    Attributes:
        hierarchical: Folders are made with the objects in them, and stay ("Hierarchical namespace").
        requester_pays: Who asks names a project that pays ("Requester Pays").
        retained: Seconds in which an object is neither deleted nor replaced ("Bucket Lock").
        versioned: What is deleted or replaced stays, and is something too ("Object Versioning").
    """

    name: str
    created: float
    objects: dict[str, Stored] = dataclasses.field(default_factory=dict)
    public: bool = False
    hierarchical: bool = False
    folders: set[str] = dataclasses.field(default_factory=set)
    requester_pays: bool = False
    retained: int = 0
    versioned: bool = False
    older: list[Stored] = dataclasses.field(default_factory=list)


class State:
    """All of it; whoever looks or changes holds `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.buckets: dict[str, Bucket] = {}
        self.multipart: dict[str, Upload] = {}
        self.resumable: dict[str, Upload] = {}
        self._last = 0

    def bucket(self, name: str) -> Bucket:
        """A bucket that is there."""
        if name not in self.buckets:
            raise no_bucket()
        return self.buckets[name]

    def object(self, bucket: str, name: str) -> Stored:
        """An object that is there."""
        found = self.bucket(bucket).objects.get(name)
        if found is None:
            raise no_object(bucket, name)
        return found

    def create(self, name: str) -> Bucket:
        """Make a bucket."""
        if not _BUCKET.fullmatch(name) or name.startswith("goog") or "google" in name:
            raise invalid(f"Invalid bucket name: '{name}'", "InvalidBucketName")
        if name in self.buckets:
            message = "Your previous request to create the named bucket succeeded and you already own it."
            raise Refusal(409, "conflict", message, "BucketAlreadyOwnedByYou")
        self.buckets[name] = Bucket(name, time.time())
        return self.buckets[name]

    def drop(self, bucket: str, name: str) -> None:
        """Take an object away, which a versioned bucket keeps as an older one."""
        place, stored = self.bucket(bucket), self.object(bucket, name)
        _check_held(place, stored)
        del place.objects[name]
        if place.versioned:
            place.older.append(stored)

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        attributes: dict[str, str],
        metadata: dict[str, str],
        components: int | None = None,
        *,
        has_md5: bool = True,
    ) -> Stored:
        """Store an object in the place of any other."""
        check_name(name)
        check_metadata(metadata)
        # "About Cloud Storage objects": each is given a generation when it is made; greater ones are newer.
        now = time.time()
        self._last = max(self._last + 1, int(now * 1_000_000))
        kept = {"storageClass": "STANDARD", **attributes}
        stored = Stored(name, content, self._last, kept, metadata, now, now, 1, components, has_md5)
        place = self.bucket(bucket)
        if name in place.objects:
            self.drop(bucket, name)
        place.objects[name] = stored
        if place.hierarchical:
            place.folders |= {name[: end + 1] for end, letter in enumerate(name) if letter == "/"}
        return stored


def _check_held(bucket: Bucket, stored: Stored) -> None:
    """Refuse what a hold or a retention policy refuses; the words are Google's, as users report them."""
    if stored.held:
        text = f"Object '{bucket.name}/{stored.name}' is under active Temporary hold and cannot be deleted, "
        raise Refusal(
            403, "forbidden", f"{text}overwritten or archived until hold is removed.", "ObjectUnderActiveHold"
        )
    if bucket.retained and stored.created + bucket.retained > time.time():
        text = f"Object '{bucket.name}/{stored.name}' is subject to bucket's retention policy and cannot be deleted, "
        raise Refusal(403, "retentionPolicyNotMet", f"{text}overwritten or archived until 2036-01-02T03:04:05-08:00")


def check_name(name: str) -> None:
    """Refuse what "Object names" refuses."""
    size = len(name.encode())
    if not 1 <= size <= NAME_MAXIMUM or "\r" in name or "\n" in name or name in (".", ".."):
        raise invalid(f"Disallowed unicode characters present in object name '{name}'" if size else "Required")
    if name.startswith(".well-known/acme-challenge/"):
        raise invalid("Object names cannot start with .well-known/acme-challenge/")


def check_metadata(metadata: dict[str, str]) -> None:
    """Refuse more than "Quotas & limits" has."""
    if sum(len(key.encode()) + len(value.encode()) for key, value in metadata.items()) > METADATA_MAXIMUM:
        raise invalid("Metadata part is too large.", "MetadataTooLarge")


def crc32c(content: bytes) -> str:
    """As both APIs write it: big-endian, in Base64 ("Hashes and ETags")."""
    return base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()
