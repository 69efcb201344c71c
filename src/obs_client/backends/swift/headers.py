"""The headers of Swift's objects, and what they mean."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.etags import etag_of
from obs_client._http.kit.numbers import read_number
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.models import Attributes, ObjectInfo

METADATA = "x-object-meta-"
WRITE_ID_HEADER = METADATA + WRITE_ID_KEY
"""The mark of a write, and after a point the id of the upload whose segments a manifest names."""

KEPT_BY_POST = (
    "expires",
    "x-delete-at",
    "x-object-manifest",
    "x-robots-tag",
)
"""Headers beside the attributes that a change of metadata drops unless they are sent again."""


_SIGNS = ("content-length", "content-type", "etag", "last-modified", "x-timestamp")
"""Any of them may be left out, but not all."""


def object_info(name: str, headers: Mapping[str, str], size: int | None) -> ObjectInfo:
    """An object by the headers of its HEAD or GET; what they leave out is None.

    Args:
        size: Bytes, of the whole object, as the answer has them.

    Raises:
        StrangeAnswer: They are not those of an object.
    """
    if not any(sign in headers for sign in _SIGNS):
        raise StrangeAnswer(f"the response says nothing about {name!r}: it has none of {', '.join(_SIGNS)}")
    if is_unmeasured(headers):
        size, tag = None, None
    else:
        tag = etag_of(headers)
    return ObjectInfo(
        name, size, tag, _optional(headers, "content-type"), metadata(headers), last_modified(headers),
        _optional(headers, "content-encoding"), _optional(headers, "content-disposition"),
        _optional(headers, "content-language"), _optional(headers, "cache-control"), write_id(headers),
        version_id=headers.get("x-object-version-id") or None, expires=_seconds(headers, "x-delete-at"),
    )  # fmt: skip


def _optional(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    return None if value is None else text(value)


def number(headers: Mapping[str, str], name: str) -> int | None:
    """A header that is a count; None if it is not there, or is no count."""
    return read_number(headers.get(name))


def _seconds(headers: Mapping[str, str], name: str) -> float | None:
    found = number(headers, name)
    return None if found is None else float(found)


def content_length(headers: Mapping[str, str]) -> int | None:
    """Bytes of the whole object by its HEAD."""
    return number(headers, "content-length")


def last_modified(headers: Mapping[str, str]) -> float | None:
    """Epoch seconds, whole ones in answers to a write; None if neither header has a time."""
    try:
        seconds = float(headers["x-timestamp"])
    except (KeyError, ValueError):
        seconds = math.nan
    return seconds if math.isfinite(seconds) else read_date(headers.get("last-modified"))


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """The metadata: names in lower case, values of UTF-8."""
    start = len(METADATA)
    found = {name[start:]: text(value) for name, value in headers.items() if name.startswith(METADATA)}
    found.pop(WRITE_ID_KEY, None)
    if is_manifest(headers) or upload_id(headers) is not None:
        found.pop("static-large-object", None)  # so Ceph's gateway shows what it is; no user gave it
    return found


def text(value: str) -> str:
    """A header's text: UTF-8; bytes that are none stay as they are and can be sent back."""
    return value if value.isascii() else value.encode("latin-1").decode("utf-8", "surrogateescape")


def write_id(headers: Mapping[str, str]) -> str | None:
    """The mark of the write that made an object."""
    return headers.get(WRITE_ID_HEADER, "").partition(".")[0] or None


def upload_id(headers: Mapping[str, str]) -> str | None:
    """The id of the upload whose segments a manifest of ours names; None: it does not say."""
    return headers.get(WRITE_ID_HEADER, "").partition(".")[2] or None


def write_id_header(attributes: Attributes, upload: str = "") -> dict[str, str]:
    """The mark of a write alone, as it goes with a copy that takes all else from its source.

    Args:
        upload: The id of the upload whose segments the written manifest names.
    """
    mark = attributes.write_id
    return {} if mark is None else {WRITE_ID_HEADER: f"{mark}.{upload}" if upload else mark}


def attribute_headers(attributes: Attributes) -> dict[str, str]:
    """The headers that give an object all its attributes."""
    headers = {METADATA + key: value for key, value in attributes.metadata.items()}
    others = {
        "content-type": attributes.content_type,
        "content-encoding": attributes.content_encoding,
        "content-disposition": attributes.content_disposition,
        "content-language": attributes.content_language,
        "cache-control": attributes.cache_control,
        WRITE_ID_HEADER: attributes.write_id,
    }
    headers.update({name: value for name, value in others.items() if value is not None})
    return headers


def is_manifest(headers: Mapping[str, str]) -> bool:
    """Whether this is a static large object."""
    return headers.get("x-static-large-object", "").lower() in ("true", "1", "yes")


def is_unmeasured(headers: Mapping[str, str]) -> bool:
    """Whether this is a dynamic large object of which the store knows neither length nor tag.

    That is so if it has more segments than fit into one page of a listing: what HEAD tells is the manifest's own length
    and tag, and what an answer of a range calls the length is that of the first page. The tag of all its segments has
    quotes, that of the manifest has none.
    """
    return "x-object-manifest" in headers and not headers.get("etag", "").endswith('"')


def is_plain(headers: Mapping[str, str]) -> bool:
    """Whether the hash is the MD5 of the content."""
    tag = headers.get("etag", "")
    return re.fullmatch("[0-9a-f]{32}", tag) is not None and not (
        is_manifest(headers) or "x-object-manifest" in headers
    )
