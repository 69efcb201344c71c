"""Attributes of objects as S3's parameters and headers, and back: metadata of any text within 2 KB."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from obs_client._http.kit.dates import read_date
from obs_client._http.kit.encoded_words import decode_words, encode_words
from obs_client._http.kit.etags import etag_of
from obs_client._http.pool import BrokenAnswer, HttpAnswer
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.models import Attributes, ObjectInfo

METADATA_MAXIMUM = 2048
"""Bytes of all keys and values as they are sent."""

RESERVED = 64
"""Bytes of them that this library keeps for its own mark: its key, a random id, a part size."""

HEADER_COUNT_MAXIMUM = 80
"""Metadata keys of one object: an answer has some 20 headers besides, and many clients stop at 100."""

_PREFIX = "x-amz-meta-"
_WRITE_ID = _PREFIX + WRITE_ID_KEY
_HASH_CHANGING = ("x-amz-server-side-encryption-customer-algorithm",)


def params_of(attributes: Attributes, part_size: int | None = None) -> dict[str, Any]:
    """The parameters of a write that carries these attributes.

    Args:
        part_size: Bytes of each part but the last, noted with our own mark for whoever reads the object.
    """
    params: dict[str, Any] = {"ContentType": attributes.content_type}
    metadata = dict(sent_metadata(attributes.metadata))
    if attributes.write_id:
        metadata[WRITE_ID_KEY] = attributes.write_id + (f".{part_size}" if part_size else "")
    if metadata:
        params["Metadata"] = metadata
    headers = {
        "ContentEncoding": attributes.content_encoding,
        "ContentDisposition": attributes.content_disposition,
        "ContentLanguage": attributes.content_language,
        "CacheControl": attributes.cache_control,
    }
    return params | {name: value for name, value in headers.items() if value is not None}


def info_of(name: str, answer: HttpAnswer, size: int) -> ObjectInfo:
    """What the headers of a GET or HEAD tell of an object."""
    headers = answer.headers
    return ObjectInfo(
        name,
        size,
        etag_of(headers),
        headers.get("content-type"),
        _metadata(headers),
        http_time(headers.get("last-modified")),
        _coding(headers.get("content-encoding")),
        headers.get("content-disposition") or None,
        headers.get("content-language") or None,
        headers.get("cache-control") or None,
        headers.get(_WRITE_ID, "").partition(".")[0] or None,
    )


def part_size_of(answer: HttpAnswer) -> int | None:
    """The part size that this library noted when it wrote the object."""
    _, mark, size = answer.headers.get(_WRITE_ID, "").partition(".")
    return int(size) if mark and size.isdecimal() and size.isascii() and int(size) else None


def hash_is_md5(etag: str, headers: Mapping[str, str]) -> bool:
    """Whether the ETag can be made of MD5s: encryption with keys of a service or of the caller changes it."""
    if headers.get("x-amz-server-side-encryption", "AES256") != "AES256":
        return False
    return not any(name in headers for name in _HASH_CHANGING) and bool(re.fullmatch(r"[0-9a-fA-F]{32}(-\d+)?", etag))


def http_time(text: str | None) -> float:
    """Epoch seconds of an HTTP date."""
    found = read_date(text)
    if found is None:
        raise BrokenAnswer("the answer has no Last-Modified: it is not whole")
    return found


def sent_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata as it is sent."""
    return {key: encode_words(value) for key, value in metadata.items()}


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name[len(_PREFIX) :]: decode_words(headers[name])
        for name in headers
        if name.startswith(_PREFIX) and name != _WRITE_ID
    }


def _coding(value: str | None) -> str | None:
    """The content encoding without the transfer's own, which some servers keep."""
    if not value or "aws-chunked" not in value:
        return value or None
    return ", ".join(part for part in map(str.strip, value.split(",")) if part and part != "aws-chunked") or None
