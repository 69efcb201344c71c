"""What is kept with a file: the attributes of the object, and the hash of the content that they were written with."""

from __future__ import annotations

import dataclasses
import json
import operator
import os
from typing import Any

from obs_client.backend import content_types
from obs_client.backend.integrity import ContentDigest
from obs_client.models import Attributes, ObjectInfo

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
SETTLING_NS = 10_000_000_000
"""Nanoseconds for a file to get its name after its record was stored in it, which is a change of its status, too."""

MOST_PARTS = 1_000_000
"""Of a file that is verified: a record may be anybody's, and name more parts than there is memory to list."""

_TEXTS = ("hash", "encoding", "disposition", "language", "cache_control", "write_id")


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """The attributes of a file.

    Attributes:
        size, mtime_ns: Of the file (bytes, epoch nanoseconds) when the record was made.
        hash: Of the content that the file had then; None: not known.
        part_size: Bytes of each part but the last, if the hash was made of parts.
        name: The file's last component, in a sidecar only.
        ctime_ns: When the file's content or status last changed (epoch nanoseconds), in a sidecar only, once the file
            has its name. The record in a file cannot know it: to store it there is such a change.
        stored_ns: When the record was stored (epoch nanoseconds), in a file only. A file whose content or status was
            changed long after may have other content, with its old time put back.
    """

    size: int
    mtime_ns: int
    content_type: str
    metadata: dict[str, str]
    hash: str | None = None
    part_size: int | None = None
    encoding: str | None = None
    disposition: str | None = None
    language: str | None = None
    cache_control: str | None = None
    write_id: str | None = None
    name: str | None = None
    ctime_ns: int | None = None
    stored_ns: int | None = None

    def describes(self, status: os.stat_result) -> bool:
        """Whether the file still has the content that the record was made with, as far as its status tells."""
        if self.ctime_ns is not None and self.ctime_ns != status.st_ctime_ns:
            return False
        if self.stored_ns is not None and status.st_ctime_ns > self.stored_ns + SETTLING_NS:
            return False
        return self.is_of(status)

    def is_of(self, status: os.stat_result) -> bool:
        """Whether a file has the size and the time that it had when the record was made."""
        return self.size == status.st_size and self.mtime_ns == status.st_mtime_ns

    def encode(self) -> bytes:
        """As it is stored: JSON, what is None left out."""
        known = {key: value for key, value in zip(_FIELDS, _values(self), strict=True) if value is not None}
        return _ENCODER.encode(known).encode()


_FIELDS = tuple(field.name for field in dataclasses.fields(Record))
_values = operator.attrgetter(*_FIELDS)


def make(
    attributes: Attributes,
    status: os.stat_result,
    content_hash: str | None,
    part_size: int | None,
    stored_ns: int | None = None,
) -> Record:
    """The record of a file with this status."""
    return Record(
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        hash=content_hash,
        part_size=part_size,
        content_type=attributes.content_type,
        encoding=attributes.content_encoding,
        disposition=attributes.content_disposition,
        language=attributes.content_language,
        cache_control=attributes.cache_control,
        write_id=attributes.write_id,
        metadata=attributes.metadata,
        stored_ns=stored_ns,
    )


def decode(stored: bytes) -> Record:
    """The reverse of `Record.encode`; raises ValueError for anything that it did not make."""
    try:
        fields = json.loads(stored)
        record = Record(**{key: fields[key] for key in Record.__slots__ if key in fields})
    except (TypeError, RecursionError) as error:
        raise ValueError(f"not a record: {error}") from error
    if not _is_sound(record):
        raise ValueError("a record with values of wrong types")
    return record


def _is_sound(record: Record) -> bool:
    texts: tuple[Any, ...] = (*(getattr(record, key) for key in _TEXTS), record.name)
    return (
        type(record.size) is int
        and type(record.mtime_ns) is int
        and type(record.content_type) is str
        and type(record.metadata) is dict
        and all(type(value) is str for value in record.metadata.values())
        and all(text is None or type(text) is str for text in texts)
        and (record.part_size is None or (type(record.part_size) is int and record.part_size > 0))
        and (record.ctime_ns is None or type(record.ctime_ns) is int)
        and (record.stored_ns is None or type(record.stored_ns) is int)
    )


def info_of(name: str, status: os.stat_result, record: Record | None) -> ObjectInfo:
    """The object of a file; one that another program wrote has what can be said without reading it."""
    if record is None:
        return ObjectInfo(name, status.st_size, None, content_types.guess_content_type(name), {}, status.st_mtime)
    return ObjectInfo(
        name=name,
        size=status.st_size,
        hash=valid_hash(status, record),
        content_type=record.content_type,
        metadata=record.metadata,
        last_modified=status.st_mtime,
        content_encoding=record.encoding,
        content_disposition=record.disposition,
        content_language=record.language,
        cache_control=record.cache_control,
        write_id=record.write_id,
    )


def valid_hash(status: os.stat_result, record: Record | None) -> str | None:
    """The hash of a file's content; None if another program changed it, or wrote it."""
    return record.hash if record is not None and record.describes(status) else None


def digest_of(status: os.stat_result, record: Record | None) -> ContentDigest | None:
    """What a file's content must hash to, if its record tells."""
    content_hash = valid_hash(status, record)
    if record is None or content_hash is None:
        return None
    if record.part_size is None:
        return ContentDigest("md5", (status.st_size,), (content_hash,))
    composite, _, count = content_hash.partition("-")
    whole, rest = divmod(status.st_size, record.part_size)
    if count != str(whole + bool(rest)) or whole > MOST_PARTS:
        return None
    return ContentDigest("md5", [record.part_size] * whole + [rest] * bool(rest), composite=composite)
