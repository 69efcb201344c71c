"""A server that only looks like S3, so that a benchmark measures the client: `python -m test.benchmarks.s3_stub`.

It keeps nothing: every object is there, though the bucket `empty` lists none, and `full-20000` so many of 4 KiB; it has
the content that its name asks for, and any write succeeds but a small one with a wrong checksum: it is believed to
verify them, and costs the benchmark no time for that.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import ssl
import sys
import tempfile
import zlib
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from test.benchmarks import serving

SMALL = bytes(range(256)) * 16
PAGE = 1000
LISTED = 100_000
LARGE_SIZE = 1024 * 1024 * 1024
LARGE_PART = 32 * 1024 * 1024
_COMMON = b"x-amz-request-id: 1\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Type: text/plain\r\n"
_SMALL_TAG = hashlib.md5(SMALL, usedforsecurity=False).hexdigest()
_TAG = f'ETag: "{_SMALL_TAG}"\r\n'.encode()


def _large_headers() -> bytes:
    """Those of an object of zeros, written in parts with a checksum each."""
    part, count = bytes(LARGE_PART), LARGE_SIZE // LARGE_PART
    tag = hashlib.md5(hashlib.md5(part, usedforsecurity=False).digest() * count, usedforsecurity=False).hexdigest()
    checksum = base64.b64encode(zlib.crc32(zlib.crc32(part).to_bytes(4, "big") * count).to_bytes(4, "big")).decode()
    return (
        f'ETag: "{tag}-{count}"\r\nx-amz-meta-obs-write-id: a.{LARGE_PART}\r\n'
        f"x-amz-checksum-crc32: {checksum}-{count}\r\nx-amz-checksum-type: COMPOSITE\r\n"
    ).encode()


_LARGE_HEADERS = _large_headers()


class Connection(asyncio.Protocol):
    """One connection; answers after `pause` seconds."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._data = b""
        self._left = 0
        self._tail: bytes | None = None
        self._answer = b""
        self._claim: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._left or self._tail is not None:
            self._drain(data)
            return
        self._data += data
        head, blank, rest = self._data.partition(b"\r\n\r\n")
        if not blank:
            return
        self._data = b""
        headers = _headers(head)
        method, target = head.split(b" ", 2)[:2]
        self._answer = _answer(method, target.decode(), headers)
        self._range = large_range(headers) if method == b"GET" and b"/large" in target else None
        self._left = int(headers.get(b"content-length", b"0"))
        if headers.get(b"expect"):
            asyncio.get_running_loop().call_later(self._pause, self._transport.write, b"HTTP/1.1 100 Continue\r\n\r\n")
        self._claim = headers.get(b"x-amz-checksum-crc32") if self._left < len(SMALL) else None
        self._tail = b"" if b"transfer-encoding" in headers else None
        if self._left or self._tail is not None:
            self._drain(rest)
        else:
            self._finish()

    def _drain(self, data: bytes) -> None:
        if self._tail is not None:
            self._tail = (self._tail + data[-5:])[-5:]
            if self._tail == b"0\r\n\r\n":
                self._tail = None
                self._finish()
            return
        self._left -= len(data)
        if self._claim and self._claim != base64.b64encode(zlib.crc32(data).to_bytes(4, "big")):
            self._answer = _REFUSED
        if self._left <= 0:
            self._left = 0
            self._finish()

    def _finish(self) -> None:
        if self._range:
            self._sending = asyncio.get_running_loop().create_task(self._send_large(*self._range))
        elif self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._transport.write, self._answer)
        else:
            self._transport.write(self._answer)

    async def _send_large(self, start: int, stop: int) -> None:
        place = b"Content-Range: bytes %d-%d/%d\r\n" % (start, stop - 1, LARGE_SIZE)
        head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\n" % (stop - start)
        self._transport.write(head + place + _COMMON + _LARGE_HEADERS + b"\r\n")
        with contextlib.suppress(OSError), tempfile.TemporaryFile() as file:
            file.truncate(LARGE_SIZE)
            await asyncio.get_running_loop().sendfile(self._transport, file, start, stop - start)


def large_range(headers: dict[bytes, bytes]) -> tuple[int, int]:
    """The first byte and the one after the last of what a request wants of the large object."""
    first, _, last = headers.get(b"range", b"bytes=0-").removeprefix(b"bytes=").partition(b"-")
    return int(first), int(last) + 1 if last else LARGE_SIZE


def _headers(head: bytes) -> dict[bytes, bytes]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in pairs}


def _answer(method: bytes, target: str, headers: dict[bytes, bytes]) -> bytes:
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True)
    if "list-type" in query and parts.path == "/empty":
        return _whole(b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    if "list-type" in query:
        full, _, count = parts.path.strip("/").partition("-")
        start = int(query.get("continuation-token", ["0"])[0])
        return _whole(_page(start, int(count) if full == "full" else None))
    if method == b"POST":
        return _whole(_UPLOAD if "uploads" in query else _COMPLETE)
    if method == b"PUT":
        digest = base64.b64decode(headers.get(b"content-md5", b"")).hex() or "opaque"
        return _whole(b"", f'ETag: "{digest}"\r\n'.encode() + _told(headers))
    if method == b"DELETE":
        return b"HTTP/1.1 204 No Content\r\n" + _COMMON + b"\r\n"
    if method == b"HEAD" and parts.path.endswith("/large"):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % LARGE_SIZE + _COMMON + _LARGE_HEADERS + b"\r\n"
    if method == b"HEAD":
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(SMALL) + _COMMON + _TAG + b"\r\n"
    return _whole(SMALL, _TAG)


def _told(headers: dict[bytes, bytes]) -> bytes:
    """The checksum of a write, told back."""
    name = b"x-amz-checksum-crc32"
    return name + b": " + headers[name] + b"\r\n" if name in headers else b""


_REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 37\r\n\r\n<Error><Code>BadDigest</Code></Error>"


def _whole(body: bytes, headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body) + _COMMON + headers + b"\r\n" + body


_UPLOAD = b"<InitiateMultipartUploadResult><Key>a</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>"
_COMPLETE = (
    b"<CompleteMultipartUploadResult><Bucket>c</Bucket><Key>a</Key><ETag>e</ETag></CompleteMultipartUploadResult>"
)


@functools.cache
def _page(start: int, full: int | None) -> bytes:
    """A page of a listing; of a bucket that is full of so many its rows tell of the objects that it gives."""
    count = LISTED if full is None else full
    stop = min(start + PAGE, count)
    rows = "".join(
        f"<Contents><Key>a-folder-of-some-length/another-one/{number:024d}</Key>"
        f"<LastModified>2026-11-22T10:{number % 60:02d}:00.000Z</LastModified>"
        f"<ETag>&quot;{_SMALL_TAG if full is not None else f'{number:032x}'}&quot;</ETag>"
        f"<Size>{number if full is None else len(SMALL)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for number in range(start, stop)
    )
    more = stop < count
    token = f"<NextContinuationToken>{stop}</NextContinuationToken>" if more else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>c</Name><EncodingType>url</EncodingType><KeyCount>{stop - start}</KeyCount>"
        f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
    ).encode()


async def serve(pause: float, certificate: str | None) -> None:
    """Serve until the process is ended; prints the port."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate.split(","))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(pause), "127.0.0.1", 0, ssl=context)
    serving.tell(server.sockets[0].getsockname()[1])
    await server.serve_forever()


@contextlib.contextmanager
def running(pause: float = 0.0, certificate: str | None = None) -> Iterator[str]:
    """Run the server in a process of its own; gives its URL."""
    with serving.running("test.benchmarks.s3_stub", str(pause), *([certificate] if certificate else [])) as port:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
