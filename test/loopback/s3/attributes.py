"""What an object keeps beside its content: the headers of a write, and what is refused of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from .refusals import Refusal, invalid
from .state import Bucket
from .ways import Ways

METADATA = "x-amz-meta-"
ENCRYPTION = "x-amz-server-side-encryption"
RETAIN_UNTIL = "x-amz-object-lock-retain-until-date"
KEPT = (
    "cache-control",
    "content-disposition",
    "content-language",
    "content-type",
    "expires",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    RETAIN_UNTIL,
    ENCRYPTION,
    f"{ENCRYPTION}-aws-kms-key-id",
    f"{ENCRYPTION}-bucket-key-enabled",
    "x-amz-website-redirect-location",
)
PUBLISHED = ("cache-control", "content-disposition", "content-language", "content-type", "content-encoding", "expires")
"""What a copy takes along with the metadata, and a write replaces."""


def of_write(headers: Mapping[str, str], bucket: Bucket, ways: Ways) -> dict[str, str]:
    """What an object keeps of the headers of a write."""
    kept = {name: headers[name] for name in KEPT if headers.get(name)}
    kept.setdefault("content-type", "binary/octet-stream")
    if coding := _coding(headers.get("content-encoding", "")):
        kept["content-encoding"] = coding
    if headers.get("x-amz-storage-class", "STANDARD") != "STANDARD":
        kept["x-amz-storage-class"] = headers["x-amz-storage-class"]
    _check_lock(kept)
    _encrypt(kept, bucket, ways)
    return {**kept, **_metadata(headers, ways)}


def of_copy(headers: Mapping[str, str], source: Mapping[str, str], bucket: Bucket, ways: Ways) -> dict[str, str]:
    """What a copy keeps: of its source if it is not told to replace that, and of its own headers."""
    if headers.get("x-amz-metadata-directive", "COPY").upper() == "REPLACE":
        return of_write(headers, bucket, ways)
    along = {name: value for name, value in source.items() if name in PUBLISHED or name.startswith(METADATA)}
    own = {name: value for name, value in headers.items() if name not in PUBLISHED and not name.startswith(METADATA)}
    return of_write({**own, **along}, bucket, ways)


def is_encrypted_by_key(headers: Mapping[str, str]) -> bool:
    """Whether tags are no MD5s, since a key of a service encrypts the content."""
    return headers.get(ENCRYPTION, "AES256") != "AES256"


def _coding(text: str) -> str:
    return ", ".join(part for part in map(str.strip, text.split(",")) if part and part != "aws-chunked")


def _metadata(headers: Mapping[str, str], ways: Ways) -> dict[str, str]:
    found = {name: value for name, value in headers.items() if name.startswith(METADATA)}
    size = sum(len(name) - len(METADATA) + len(value) for name, value in found.items())
    if size > ways.metadata_maximum:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        raise Refusal(400, "MetadataTooLarge", message, details={"MaxSizeAllowed": str(ways.metadata_maximum)})
    if ways.underscores == "drop":
        return {name: value for name, value in found.items() if "_" not in name}
    return {name.replace("_", "-") if ways.underscores == "dash" else name: value for name, value in found.items()}


def _check_lock(kept: Mapping[str, str]) -> None:
    until = kept.get(RETAIN_UNTIL)
    if until and dt.datetime.fromisoformat(until) <= dt.datetime.now(dt.UTC):
        raise invalid("The retain until date must be in the future!")


def _encrypt(kept: dict[str, str], bucket: Bucket, ways: Ways) -> None:
    default = bucket.default_encryption
    if default is None:
        return
    if kept.get(ENCRYPTION, default) != default and ways.denies_weaker:
        raise Refusal(403, "AccessDenied", "Access Denied with an explicit deny in a resource-based policy")
    if kept.setdefault(ENCRYPTION, default) == "aws:kms":
        kept.setdefault(f"{ENCRYPTION}-aws-kms-key-id", "arn:aws:kms:us-east-1:111122223333:key/default")
