"""What no store takes, checked once and before any request: names, metadata, headers, ranges, numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import IO

from obs_client._engine import write_id
from obs_client.backend import content_types
from obs_client.errors import InvalidNameError, NotSupportedError
from obs_client.models import Attributes, Capabilities

OBJECT_NAME_MAXIMUM = 1024
CONTAINER_NAME_MAXIMUM = 256

_METADATA_KEY = re.compile(r"[a-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_HEADERS = ("content_encoding", "content_disposition", "content_language", "cache_control")


def check_object_name(name: str) -> None:
    """Refuse a name that is not 1 to 1,024 bytes of UTF-8, or holds NUL or a `.` or `..` segment."""
    size = len(_utf8(name, "an object name"))
    if not 1 <= size <= OBJECT_NAME_MAXIMUM:
        _refuse(name, f"an object name has 1 to {OBJECT_NAME_MAXIMUM:,} bytes of UTF-8, this one has {size:,}")
    if "." in name and not {".", ".."}.isdisjoint(name.split("/")):
        _refuse(name, "'.' and '..' between slashes lead out of the container in some stores; rename it")


def check_container_name(name: str) -> None:
    """Refuse a name that is not 1 to 256 bytes of UTF-8, is `.` or `..`, or holds NUL or a slash."""
    size = len(_utf8(name, "a container name"))
    if not 1 <= size <= CONTAINER_NAME_MAXIMUM:
        _refuse(name, f"a container name has 1 to {CONTAINER_NAME_MAXIMUM} bytes of UTF-8, this one has {size:,}")
    if "/" in name or name in (".", ".."):
        _refuse(name, "a container name holds no slash and is not '.' or '..'; the object name may hold slashes")


def check_new_object_name(name: str, capabilities: Capabilities) -> None:
    """Refuse a name that is too long for this store, though others may take it."""
    _check_name_limit("object", name, capabilities.object_name_maximum)


def check_new_container_name(name: str, capabilities: Capabilities) -> None:
    """Refuse a name that is too long for this store, though others may take it."""
    _check_name_limit("container", name, capabilities.container_name_maximum)


def _check_name_limit(what: str, name: str, maximum: int | None) -> None:
    if maximum is not None and (size := len(name.encode())) > maximum:
        _refuse(name, f"this store takes {what} names of at most {maximum:,} bytes of UTF-8, this one has {size:,}")


def check_prefix(prefix: str | None, what: str = "prefix") -> None:
    """Refuse what cannot be the start of a name."""
    if prefix is not None:
        _utf8(prefix, what)


def check_delimiter(delimiter: str | None) -> None:
    """Refuse an empty delimiter."""
    if delimiter is not None and not _utf8(delimiter, "delimiter"):
        raise ValueError("delimiter must not be empty; leave it out, or None, for a flat listing")


def _utf8(text: str, what: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a str, not {type(text).__name__}")
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        _refuse(text, f"{what} must be text that UTF-8 can encode; it holds a lone surrogate")
    if "\0" in text:
        _refuse(text, f"{what} must not hold a NUL character")
    return encoded


def _refuse(name: str, reason: str) -> None:
    shown = name if len(name) <= 80 else name[:77] + "..."
    raise InvalidNameError(f"{shown!r}: {reason}", object_name=name)


def check_metadata(metadata: Mapping[str, str], capabilities: Capabilities) -> dict[str, str]:
    """The metadata with lower-case keys; refuses keys and values that the store would change or lose."""
    if not isinstance(metadata, Mapping):
        raise TypeError(f"metadata must be a mapping of str to str, not {type(metadata).__name__}")
    checked: dict[str, str] = {}
    for given, value in metadata.items():
        key = check_metadata_key(given, capabilities)
        if key in checked:
            raise InvalidNameError(f"two metadata keys become {key!r} in lower case; stores keep one of them")
        _check_metadata_value(key, value, capabilities)
        checked[key] = value
    _check_metadata_size(checked, capabilities)
    return checked


def check_metadata_key(key: str, capabilities: Capabilities) -> str:
    """The key in lower case; refuses one that the store cannot keep."""
    if not isinstance(key, str):
        raise TypeError(f"a metadata key must be a str, not {type(key).__name__}")
    lowered = key.lower() if key.isascii() else key
    if not _METADATA_KEY.fullmatch(lowered):
        raise InvalidNameError(f"metadata key {key!r}: only letters a-z, digits, '-' and '_' are kept by every store")
    if "_" in lowered and not capabilities.metadata_underscore:
        raise InvalidNameError(f"metadata key {key!r}: this store drops keys with '_'; use '-'")
    if lowered == write_id.KEY:
        raise InvalidNameError(f"metadata key {key!r} is used by this library itself; choose another")
    _check_limit(f"metadata key {key!r}", len(lowered), capabilities.metadata_key_maximum, "bytes")
    return lowered


def _check_metadata_value(key: str, value: str, capabilities: Capabilities) -> None:
    what = f"the value of metadata key {key!r}"
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, not {type(value).__name__}")
    size = len(_utf8(value, what))
    if found := _CONTROL.search(value):
        raise InvalidNameError(f"{what} holds the control character {found[0]!r}; encode it, e.g. with urllib.parse")
    if value != value.strip() and not capabilities.metadata_blank_edges:
        raise InvalidNameError(f"{what} begins or ends with a blank, which this store drops")
    _check_limit(what, size, capabilities.metadata_value_maximum, "bytes")


def _check_metadata_size(metadata: Mapping[str, str], capabilities: Capabilities) -> None:
    _check_limit("the metadata", len(metadata), capabilities.metadata_count_maximum, "keys")
    total = sum(len(key) + len(value.encode()) for key, value in metadata.items())
    _check_limit("the metadata", total, capabilities.metadata_total_maximum, "bytes in all")


def _check_limit(what: str, found: int, maximum: int | None, unit: str) -> None:
    if maximum is not None and found > maximum:
        raise InvalidNameError(f"{what} has {found:,} {unit}; this store keeps at most {maximum:,}")


def check_attributes(
    object_name: str,
    metadata: Mapping[str, str] | None,
    content_type: str | None,
    headers: Sequence[str | None],
    capabilities: Capabilities,
) -> Attributes:
    """What a new object carries, with its content type guessed from the name where none is given.

    Args:
        headers: Content encoding, disposition, language, and cache control.
    """
    check_new_object_name(object_name, capabilities)
    checked = check_metadata(metadata, capabilities) if metadata is not None else {}
    kind = content_types.guess_content_type(object_name) if content_type is None else content_type
    for name, value in zip(("content_type", *_HEADERS), (kind, *headers), strict=True):
        _check_header(name, value)
    return Attributes(kind, checked, *headers)


def _check_header(name: str, value: str | None) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not _HEADER.fullmatch(value):
        raise InvalidNameError(
            f"{name} {value!r}: must be printable ASCII, not empty, with no blank at its ends (RFC 9110, 5.5); "
            f"for a file name in other letters see filename* in RFC 6266"
        )


def check_conditions(if_absent: bool, if_hash: str | None, capabilities: Capabilities, hint: str) -> None:
    """Refuse conditions that the store would not keep, and two at once."""
    if if_hash is not None and not isinstance(if_hash, str):
        raise TypeError(f"if_hash must be a str as object_info gives it, not {type(if_hash).__name__}")
    if if_absent and if_hash is not None:
        raise ValueError("if_absent and if_hash exclude each other; give one")
    if if_absent and not capabilities.if_absent:
        raise NotSupportedError(f"this store keeps no if_absent (capabilities.if_absent is False){hint}")
    if if_hash is not None and not capabilities.if_hash:
        raise NotSupportedError(f"this store keeps no if_hash (capabilities.if_hash is False){hint}")


def check_switch(value: bool, what: str) -> None:
    """Refuse what is neither True nor False: mostly an argument that was meant for another parameter."""
    if not isinstance(value, bool):
        raise TypeError(f"{what} must be True or False, not {type(value).__name__}; name the others: prefix=...")


def check_range(start: int, stop: int | None) -> None:
    """Refuse what is no range of bytes."""
    _check_count(start, "start")
    if stop is not None:
        _check_count(stop, "stop")
        if stop < start:
            raise ValueError(f"stop must not be before start: {stop} < {start}")


def check_size(size: int | None) -> None:
    """Refuse what is no count of bytes."""
    if size is not None:
        _check_count(size, "size")


def _check_count(value: int, what: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} must be an int, not {type(value).__name__}")
    if value < 0:
        raise ValueError(f"{what} must be 0 or more bytes, not {value}")


def check_seconds(seconds: float, what: str) -> None:
    """Refuse what is no span of time."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"{what} must be a number of seconds, not {type(seconds).__name__}")
    if not seconds >= 0:
        raise ValueError(f"{what} must be 0 or more seconds, not {seconds}")


def check_expiry(seconds: int | None, default: int) -> int:
    """The life of a signed URL in seconds."""
    if seconds is None:
        return default
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TypeError(f"expires_in_seconds must be an int, not {type(seconds).__name__}")
    if seconds < 1:
        raise ValueError(f"expires_in_seconds must be at least 1, not {seconds}")
    return seconds


def check_binary(stream: IO[bytes], method: str) -> None:
    """Refuse what has no such method, and text streams."""
    if not callable(getattr(stream, method, None)):
        hint = "; for bytes in memory there is object_write" if isinstance(stream, (bytes, bytearray)) else ""
        raise TypeError(f"stream must have a method {method}(), {type(stream).__name__} has none{hint}")
    if isinstance(stream, io.TextIOBase):
        raise TypeError("stream is a text stream; open it in binary mode ('rb', 'wb'), or use its .buffer")
