"""GET, HEAD, PUT and DELETE of objects."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from test.loopback.serving import Request, Response, http_date

from . import attributes, conditions, digests, documents
from .refusals import Refusal, not_implemented
from .state import State, Stored, check_key
from .ways import Keeping, Ways

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class Objects:
    """Operations on objects that are one request."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways

    def get(self, request: Request, bucket: str, key: str) -> Response:
        """GetObject and HeadObject."""
        with self._state.lock:
            stored = self._state.stored(bucket, key)
        conditions.check_read(request.headers, stored, self._ways.weak_etags)
        if self._ways.decodes_gzip and (response := _decoded(request, stored)):
            return response
        headers = told(request, stored, self._ways)
        number = request.query.get("partNumber") if self._ways.part_sizes else None
        asked = request.header("range") if self._ways.ranges else ""
        place = _part_place(stored, int(number)) if number else _range_place(asked, stored)
        length_told = self._ways.head_length and not _hides_length(request, stored, self._ways)
        if place is None:
            return Response(200, headers, stored.content, length_told=length_told)
        start, stop = place
        if number and stored.parts:
            headers["x-amz-mp-parts-count"] = str(len(stored.parts))
        if stop > start:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(stored.content)}"
        return Response(206, headers, stored.content[start:stop], length_told=length_told)

    def put(self, request: Request, bucket: str, key: str) -> Response:
        """PutObject."""
        check_key(key, self._ways.name_maximum)
        checksums = digests.check_body(request, self._ways, self._ways.checksums)
        with self._state.lock:
            kept = attributes.of_write(request.headers, self._state.bucket(bucket), self._ways)
        tag = digests.etag("random" if attributes.is_encrypted_by_key(kept) else self._ways.etags, request.body)
        types = {"x-amz-checksum-type": "FULL_OBJECT"} if checksums else {}
        tags = request.header("x-amz-tagging")
        stored = Stored(request.body, tag, kept, time.time(), (), {**checksums, **types}, tags)
        publish(self._state, request, bucket, key, stored, self._ways.put_conditions)
        return Response(200, {"ETag": f'"{tag}"', **_encryption(kept), **checksums, **types})

    def delete(self, request: Request, bucket: str, key: str) -> Response:
        """DeleteObject."""
        with self._state.lock:
            found = self._state.bucket(bucket).objects
            conditions.check_write(request.headers, found.get(key), key, self._ways.delete_conditions, self._ways)
            found.pop(key, None)
        return Response(204)

    def tagging(self, request: Request, bucket: str, key: str) -> Response:
        """GetObjectTagging."""
        if not self._ways.tagging:
            raise not_implemented("tagging")
        with self._state.lock:
            stored = self._state.stored(bucket, key)
        tags: list[documents.Tree] = [
            ("Tag", [("Key", name), ("Value", value)]) for name, value in parse_qsl(stored.tags)
        ]
        return Response(200, {}, documents.write(("Tagging", [("TagSet", tags)]), self._ways))


def publish(state: State, request: Request, bucket: str, key: str, stored: Stored, keeping: Keeping) -> None:
    """Let an object be seen, if the condition of its write holds."""
    ways = state.ways
    if ways.condition_seconds:
        with state.lock:
            there = state.bucket(bucket).objects.get(key)
            conditions.check_write(request.headers, there, key, keeping, ways)
        time.sleep(ways.condition_seconds)
        keeping = "ignore"
    with state.lock:
        found = state.bucket(bucket).objects
        conditions.check_write(request.headers, found.get(key), key, keeping, ways)
        found[key] = stored


def told(request: Request, stored: Stored, ways: Ways) -> dict[str, str]:
    """The headers of a response that tells of an object."""
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'W/"{stored.etag}"' if ways.weak_etags else f'"{stored.etag}"',
        "Last-Modified": http_date(stored.modified),
        **stored.headers,
        **_overrides(request.query),
    }
    if stored.tags:
        headers["x-amz-tagging-count"] = str(len(parse_qsl(stored.tags)))
    if request.header("x-amz-checksum-mode") and ways.checksums == "refuse":
        raise Refusal(*ways.checksum_refusal)
    if request.header("x-amz-checksum-mode").upper() == "ENABLED" and not request.header("range"):
        headers |= stored.checksums
    return headers


def _overrides(query: Mapping[str, str]) -> dict[str, str]:
    prefix = "response-"
    return {name.removeprefix(prefix): value for name, value in query.items() if name.startswith(prefix)}


def _encryption(kept: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in kept.items() if name.startswith(attributes.ENCRYPTION)}


def _decoded(request: Request, stored: Stored) -> Response | None:
    """What a network in front of the store makes of an object with a coding that the client does not accept."""
    if stored.headers.get("content-encoding") != "gzip" or "gzip" in request.header("accept-encoding"):
        return None
    left = {name: value for name, value in stored.headers.items() if name != "content-encoding"}
    headers = {"ETag": f'W/"{stored.etag}"', "Last-Modified": http_date(stored.modified), **left}
    try:
        content = gzip.decompress(stored.content)
    except (OSError, EOFError):
        content = stored.content  # it says gzip, and is none
    return Response(200, headers, content, chunked=True)


def _hides_length(request: Request, stored: Stored, ways: Ways) -> bool:
    """Whether it might code the content on the way, if it were asked for: then a HEAD has no length."""
    coded = "content-encoding" in stored.headers
    return ways.decodes_gzip and not coded and "gzip" in request.header("accept-encoding")


def _range_place(header: str, stored: Stored) -> tuple[int, int] | None:
    """The first byte and the one behind the last; None: all of it."""
    match = _RANGE.fullmatch(header)
    if not match or not (match[1] or match[2]):
        return None
    size = len(stored.content)
    start = int(match[1]) if match[1] else max(size - int(match[2]), 0)
    stop = int(match[2]) + 1 if match[1] and match[2] else size
    if stop <= start < size:
        return None  # reversed
    if start >= size or (not match[1] and match[2] == "0"):
        details = {"RangeRequested": header, "ActualObjectSize": str(size)}
        message = "The requested range is not satisfiable"
        raise Refusal(416, "InvalidRange", message, headers={"Content-Range": f"bytes */{size}"}, details=details)
    return start, min(stop, size)


def _part_place(stored: Stored, number: int) -> tuple[int, int]:
    sizes = stored.parts or (len(stored.content),)
    if not 1 <= number <= len(sizes):
        raise Refusal(416, "InvalidPartNumber", "The requested partnumber is not satisfiable")
    start = sum(sizes[: number - 1])
    return start, start + sizes[number - 1]
