"""What no store takes, checked once and before any request: names, ranges, numbers, streams."""

from __future__ import annotations

import io
import re
from typing import IO

from obs_client.errors import InvalidNameError, NotSupportedError
from obs_client.models import Capabilities

OBJECT_NAME_MAXIMUM = 1024
CONTAINER_NAME_MAXIMUM = 256
READ_ONLY = "a read only client only reads: capabilities.writable is False"

_WORDS = {
    "tags": "tags of objects",
    "download_url_content_type": "download URLs with a content_type of their own",
    "download_url_content_disposition": "download URLs with a content_disposition of their own",
    "upload_url_content_type": "upload URLs for one content_type",
    "upload_url_content_disposition": "upload URLs for one content_disposition",
    "upload_url_size": "upload URLs for one size",
}
"""What a capability is about, where a method needs it."""


def check_object_name(name: str) -> None:
    """Refuse a name that is not 1 to 1,024 bytes of UTF-8, or holds NUL or a `.` or `..` segment."""
    size = len(check_text(name, "an object name"))
    if not 1 <= size <= OBJECT_NAME_MAXIMUM:
        _refuse(name, f"an object name has 1 to {OBJECT_NAME_MAXIMUM:,} bytes of UTF-8, this one has {size:,}")
    if "." in name and not {".", ".."}.isdisjoint(name.split("/")):
        _refuse(name, "'.' and '..' between slashes lead out of the container in some stores; rename it")


def check_container_name(name: str, resource: str | None = None) -> None:
    """Refuse a name that is not 1 to 256 bytes of UTF-8, is `.` or `..`, or holds NUL or a slash.

    Args:
        resource: A pattern of names that may hold slashes all the same.
    """
    size = len(check_text(name, "a container name"))
    if not 1 <= size <= CONTAINER_NAME_MAXIMUM:
        _refuse(name, f"a container name has 1 to {CONTAINER_NAME_MAXIMUM} bytes of UTF-8, this one has {size:,}")
    if resource and re.fullmatch(resource, name):
        return
    if "/" in name or name in (".", ".."):
        _refuse(name, "a container name holds no slash and is not '.' or '..'; the object name may hold slashes")


def check_new_object_name(name: str, capabilities: Capabilities) -> None:
    """Refuse a name that is too long for this store, or that it would change or lose, though others may take it."""
    _check_name_limit("object", name, capabilities.object_name_maximum)
    for pattern, reason in capabilities.object_names_refused:
        if re.search(pattern, name):
            _refuse(name, f"{reason}; rename it")


def check_new_container_name(name: str, capabilities: Capabilities) -> None:
    """Refuse a name that is too long for this store, though others may take it."""
    _check_name_limit("container", name, capabilities.container_name_maximum)


def _check_name_limit(what: str, name: str, maximum: int | None) -> None:
    if maximum is not None and (size := len(name.encode())) > maximum:
        _refuse(name, f"this store takes {what} names of at most {maximum:,} bytes of UTF-8, this one has {size:,}")


def check_prefix(prefix: str | None, what: str = "prefix") -> None:
    """Refuse what cannot be the start of a name."""
    if prefix is not None:
        check_text(prefix, what)


def check_delimiter(delimiter: str | None) -> None:
    """Refuse an empty delimiter."""
    if delimiter is not None and not check_text(delimiter, "delimiter"):
        raise ValueError("delimiter must not be empty; leave it out, or None, for a flat listing")


def check_text(text: str, what: str) -> bytes:
    """The UTF-8 of a text; refuses what is none, and NUL."""
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


def check_hash(if_hash: str | None, what: str = "if_hash") -> None:
    """Refuse what is no hash of an object."""
    if if_hash is not None and not isinstance(if_hash, str):
        raise TypeError(f"{what} must be a str as object_info gives it, not {type(if_hash).__name__}")


def check_versions(if_hash: str | None, if_none_match: str | None) -> None:
    """Refuse what are no hashes of an object that is to be read, and two at once."""
    check_hash(if_hash)
    check_hash(if_none_match, "if_none_match")
    if if_hash is not None and if_none_match is not None:
        raise ValueError("if_hash and if_none_match exclude each other; use one of them")


def check_conditions(if_absent: bool, if_hash: str | None, capabilities: Capabilities, hint: str) -> None:
    """Refuse conditions that the store would not keep, and two at once."""
    check_hash(if_hash)
    if if_absent and if_hash is not None:
        raise ValueError("if_absent and if_hash exclude each other; use one of them")
    if if_absent and not capabilities.if_absent:
        raise NotSupportedError(f"this store does not support if_absent (capabilities.if_absent is False){hint}")
    if if_hash is not None and not capabilities.if_hash:
        raise NotSupportedError(f"this store does not support if_hash (capabilities.if_hash is False){hint}")


def check_declared(capability: str, capabilities: Capabilities) -> None:
    """Refuse what the store does not declare: a field of `Capabilities` that is False."""
    if not getattr(capabilities, capability):
        raise NotSupportedError(f"this store has no {_WORDS[capability]}: capabilities.{capability} is False")


def check_deletion(if_hash: str | None, capabilities: Capabilities, hint: str) -> None:
    """Refuse a condition of a deletion that the store would not keep."""
    check_hash(if_hash)
    if if_hash is not None and not capabilities.delete_if_hash:
        raise NotSupportedError(
            f"this store does not support if_hash in deletions (capabilities.delete_if_hash is False){hint}"
        )


def check_writable(capabilities: Capabilities) -> None:
    """Refuse any change in a store that is only read."""
    if not capabilities.writable:
        raise NotSupportedError(READ_ONLY)


def check_switch(value: bool, what: str) -> None:
    """Refuse what is neither True nor False: mostly an argument that was meant for another parameter."""
    if not isinstance(value, bool):
        raise TypeError(f"{what} must be True or False, not {type(value).__name__}; name the others: prefix=...")


def check_range(start: int, stop: int | None) -> None:
    """Refuse what is no range of bytes: a start below 0 counts from the end, and goes to it."""
    _check_count(abs(start) if isinstance(start, int) and not isinstance(start, bool) else start, "start")
    if start < 0 and stop is not None:
        raise ValueError(f"with a start that counts from the end, stop must be None: start={start}, stop={stop}")
    if stop is not None:
        _check_count(stop, "stop")
        if stop < start:
            raise ValueError(f"stop must not be before start: {stop} < {start}")


def check_size(size: int | None) -> None:
    """Refuse what is no count of bytes."""
    if size is not None:
        _check_count(size, "size")


def check_limit(limit: int | None) -> None:
    """Refuse what is no count of entries, and none at all."""
    if limit is None:
        return
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise TypeError(f"limit must be an int, not {type(limit).__name__}")
    if limit < 1:
        raise ValueError(f"limit must be at least 1, or None for all, not {limit}")


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
