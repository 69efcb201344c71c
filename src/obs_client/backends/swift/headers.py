"""The headers of Swift's objects, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.etags import etag_of
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.models import Attributes, ObjectInfo

METADATA = "x-object-meta-"
_WRITE_ID = METADATA + WRITE_ID_KEY

KEPT_BY_POST = (
    "expires",
    "x-delete-at",
    "x-object-manifest",
    "x-robots-tag",
)
"""Headers beside the attributes that a change of metadata drops unless they are sent again."""


def object_info(name: str, headers: Mapping[str, str], size: int | None = None) -> ObjectInfo:
    """An object by the headers of its HEAD or GET; `size` where Content-Length is that of a range."""
    if size is None:
        size = _content_length(headers)
    return ObjectInfo(
        name, size, etag_of(headers), _optional(headers, "content-type"), metadata(headers), last_modified(headers),
        _optional(headers, "content-encoding"), _optional(headers, "content-disposition"),
        _optional(headers, "content-language"), _optional(headers, "cache-control"), headers.get(_WRITE_ID),
    )  # fmt: skip


def _optional(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    return None if value is None else text(value)


def _content_length(headers: Mapping[str, str]) -> int:
    try:
        return int(headers["content-length"])
    except (KeyError, ValueError):
        raise StrangeAnswer("the store does not tell the object's size") from None


def last_modified(headers: Mapping[str, str]) -> float:
    """Epoch seconds, whole ones in answers to a write."""
    try:
        return float(headers["x-timestamp"])
    except (KeyError, ValueError):
        found = read_date(headers.get("last-modified"))
    if found is None:
        raise StrangeAnswer("the store does not tell the object's time")
    return found


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """The metadata: names in lower case, values of UTF-8."""
    start = len(METADATA)
    found = {name[start:]: text(value) for name, value in headers.items() if name.startswith(METADATA)}
    found.pop(WRITE_ID_KEY, None)
    return found


def text(value: str) -> str:
    """A header's text: UTF-8; bytes that are none stay as they are and can be sent back."""
    return value if value.isascii() else value.encode("latin-1").decode("utf-8", "surrogateescape")


def write_id_header(attributes: Attributes) -> dict[str, str]:
    """The mark of a write, as it goes with a copy that takes all else from its source."""
    return {} if attributes.write_id is None else {_WRITE_ID: attributes.write_id}


def attribute_headers(attributes: Attributes) -> dict[str, str]:
    """The headers that give an object all its attributes."""
    headers = {METADATA + key: value for key, value in attributes.metadata.items()}
    others = {
        "content-type": attributes.content_type,
        "content-encoding": attributes.content_encoding,
        "content-disposition": attributes.content_disposition,
        "content-language": attributes.content_language,
        "cache-control": attributes.cache_control,
        _WRITE_ID: attributes.write_id,
    }
    headers.update({name: value for name, value in others.items() if value is not None})
    return headers


def is_manifest(headers: Mapping[str, str]) -> bool:
    """Whether this is a static large object."""
    return headers.get("x-static-large-object", "").lower() in ("true", "1", "yes")


def is_plain(headers: Mapping[str, str]) -> bool:
    """Whether the hash is the MD5 of the content."""
    tag = headers.get("etag", "")
    return re.fullmatch("[0-9a-f]{32}", tag) is not None and not (
        is_manifest(headers) or "x-object-manifest" in headers
    )
