"""Content on its way out: ranges, unpacking ("Transcoding of gzip-compressed files"), and its headers."""

from __future__ import annotations

import gzip
import re

from test.loopback.serving import Request, Response, http_date

from .refusals import Refusal
from .state import Stored

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_HEADERS = {
    "contentType": "Content-Type",
    "contentEncoding": "Content-Encoding",
    "contentDisposition": "Content-Disposition",
    "contentLanguage": "Content-Language",
    "cacheControl": "Cache-Control",
}


def content_response(request: Request, stored: Stored, *, metadata: bool) -> Response:
    """The response to a read.

    Args:
        metadata: As headers, which the XML API has ("x-goog-meta-"), and the JSON API has not.
    """
    headers = _headers(stored, metadata=metadata)
    packed = stored.attributes.get("contentEncoding") == "gzip"
    if packed and "gzip" not in request.header("accept-encoding") and "no-transform" not in headers["Cache-Control"]:
        # "Decompressive transcoding": the range is ignored, the digests are of what is stored.
        del headers["Content-Encoding"]
        headers["x-guploader-response-body-transformation"] = "gunzipped"
        return Response(200, headers, _unpacked(stored.content), chunked=True)
    place = _place(request.header("range"), len(stored.content))
    if place is None:
        return Response(200, headers, stored.content)
    start, stop = place
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(stored.content)}"
    return Response(206, headers, stored.content[start:stop])


def _headers(stored: Stored, *, metadata: bool) -> dict[str, str]:
    """As in "HTTP headers and query string parameters for XML API"."""
    digests = [f"crc32c={stored.crc32c}", *([f"md5={stored.md5}"] if stored.has_md5 else [])]
    headers = {
        "Content-Type": "application/octet-stream",  # "Object metadata": of objects that have none
        "Cache-Control": "private, max-age=0",
        "Last-Modified": http_date(stored.created),
        "ETag": f'"{stored.generation:x}"',
        "x-goog-generation": str(stored.generation),
        "x-goog-metageneration": str(stored.metageneration),
        "x-goog-hash": ",".join(digests),
        "x-goog-stored-content-encoding": stored.attributes.get("contentEncoding", "identity"),
        "x-goog-stored-content-length": str(len(stored.content)),
        "x-goog-storage-class": stored.attributes["storageClass"],
        "Accept-Ranges": "bytes",
    }
    headers |= {_HEADERS[name]: value for name, value in stored.attributes.items() if name in _HEADERS}
    if metadata:
        kept = {f"x-goog-meta-{key}": value.encode().decode("latin-1") for key, value in stored.metadata.items()}
        headers |= {key: value.replace("\r", " ").replace("\n", " ") for key, value in kept.items()}
    return headers


def _unpacked(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError):
        return content  # it says gzip, and is none


def _place(header: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last; None: all of it."""
    match = _RANGE.fullmatch(header)
    if not match or not (match[1] or match[2]):
        return None
    start = int(match[1]) if match[1] else max(0, size - int(match[2]))
    stop = min(size, int(match[2]) + 1) if match[1] and match[2] else size
    if start >= size:
        raise Refusal(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied.", "InvalidRange")
    return (start, stop) if stop > start else None
