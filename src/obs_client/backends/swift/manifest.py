"""Manifests of static large objects: what they name, and what their content must hash to.

Segments that this library writes are called `<random id>/<number>` in the container `<container>_segments`; their
content type tells whose they are, so that a listing does.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from obs_client._http.kit.json_answer import parse_json
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.swift.headers import is_manifest
from obs_client.backends.swift.requests import SwiftHttp

CONTAINER_NAME_MAXIMUM = 256

_LAYOUT = re.compile(r"[0-9a-f]{32}/[0-9]{8}")
_CONTENT_TYPE = "application/x-obs-segment;object="


def segments_container(container: str) -> str:
    """Where the segments of a container's objects are."""
    name = f"{container}_segments"
    if len(name.encode()) <= CONTAINER_NAME_MAXIMUM:
        return name
    return hashlib.sha256(container.encode()).hexdigest()[:32] + "_segments"


def segment_name(upload_id: str, number: int) -> str:
    """The name of a segment; `number` counts from 1."""
    return f"{upload_id}/{number:08d}"


def upload_id_of(segment: str) -> str | None:
    """The random id in a segment's name, or None if it is not of our layout."""
    return segment.partition("/")[0] if _LAYOUT.fullmatch(segment) else None


def segment_type(object_name: str) -> str:
    """The content type of an object's segments."""
    return _CONTENT_TYPE + quote(object_name, safe="")


def object_of(content_type: str | None) -> str | None:
    """The name of the object that a segment with this content type was written for, or None."""
    if content_type is None or not content_type.startswith(_CONTENT_TYPE):
        return None
    return unquote(content_type.removeprefix(_CONTENT_TYPE))


def read_manifest(http: SwiftHttp, container: str, name: str, version: str | None = None) -> list[dict[str, Any]]:
    """The entries of a manifest as Swift tells them; empty if the object is none."""
    query = "multipart-manifest=get" + (f"&version-id={quote(version, safe='')}" if version else "")
    exchange = http.call("get_object", container, name, resp_chunk_size=1, query_string=query)
    if not is_manifest(exchange.headers):
        exchange.answer.close()
        return []
    entries = parse_json(exchange.getresponse().read())
    return [entry for entry in entries if isinstance(entry, dict)]


def own_segments(entries: Sequence[dict[str, Any]], container: str) -> list[str]:
    """The names of those segments of our layout that are in our place."""
    start = f"/{segments_container(container)}/"
    names = [str(entry.get("name", "")) for entry in entries]
    return [name[len(start) :] for name in names if name.startswith(start) and upload_id_of(name[len(start) :])]


def digest_of(entries: Sequence[dict[str, Any]], object_hash: str | None) -> ContentDigest | None:
    """What each segment must hash to; None if some are ranges or manifests, or the manifest is another object's."""
    if not entries or any("range" in entry or entry.get("sub_slo") for entry in entries):
        return None
    parts = [_size_and_hash(entry) for entry in entries]
    whole = hashlib.md5("".join(value for _, value in parts).encode(), usedforsecurity=False).hexdigest()
    if whole != object_hash:
        return None
    return ContentDigest("md5", tuple(size for size, _ in parts), tuple(value for _, value in parts))


def _size_and_hash(entry: dict[str, Any]) -> tuple[int, str]:
    if "data" in entry:
        content = base64.b64decode(entry["data"])
        return len(content), hashlib.md5(content, usedforsecurity=False).hexdigest()
    return int(entry.get("bytes", 0)), str(entry.get("hash", ""))
