"""A server that only looks like Azure, so that a benchmark measures the client: `python -m test.benchmarks.azure.stub`.

It keeps nothing: every object is there with the same content, `large` is a GiB of zeros that was written by blocks, the
listing has 100,000 entries, and any write succeeds.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import socket
import tempfile
from collections.abc import Iterator

from obs_client.backend.crcs import CRC64, has_crc64
from obs_client.backend.integrity import new_hash
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.backends.azure.names import METADATA, encode_key
from obs_client.backends.azure.reading import note_of_crc64, note_of_parts
from test.benchmarks import serving
from test.benchmarks.serving import Request, serve

SMALL = bytes(range(256)) * 16
LISTED = 100_000
LARGE_SIZE = 1024 * 1024 * 1024
LARGE_PART = 16 * 1024 * 1024
_MODIFIED = "Fri, 27 Nov 2026 10:00:00 GMT"
_COMMON = (
    "x-ms-request-id: 1\r\nx-ms-version: 2021-12-02\r\nServer: Stub\r\n"
    f'Date: {_MODIFIED}\r\nLast-Modified: {_MODIFIED}\r\nETag: "0x1"\r\n'
    "x-ms-blob-type: BlockBlob\r\nx-ms-server-encrypted: true\r\nx-ms-request-server-encrypted: true\r\n"
    "x-ms-creation-time: Fri, 27 Nov 2026 10:00:00 GMT\r\nContent-Type: text/plain\r\n"
)


def _mark() -> str:
    """The header that tells of the parts of the large object."""
    count, part = LARGE_SIZE // LARGE_PART, bytes(LARGE_PART)
    if has_crc64():
        hasher = new_hash(CRC64)
        hasher.update(part)
        note = note_of_crc64([(LARGE_PART, hasher.digest())] * count)
    else:
        digest = hashlib.md5(part, usedforsecurity=False).digest()
        note = note_of_parts([LARGE_PART] * count, [digest] * count)
    return f"{METADATA}{encode_key(WRITE_ID_KEY)}: id{note}\r\n"


_MARK = _mark()
_MD5 = base64.b64encode(hashlib.md5(SMALL, usedforsecurity=False).digest()).decode()


def _read_body(request: Request) -> str:
    """Receive the body of a request; gives the header for its digest: as on Azure the CRC-64, if it brought no MD5."""
    digest = request.header("content-md5")
    if digest is None and "comp=block&" in request.target and has_crc64():
        hasher = new_hash(CRC64)
        request.read_body(hasher.update)
        return f"x-ms-content-crc64: {base64.b64encode(hasher.digest()[::-1]).decode()}\r\n"
    request.read_body()
    return f"Content-MD5: {digest}\r\n" if digest else ""


def _answer(zeros: int, connection: socket.socket, request: Request) -> None:
    """Answer a request; `zeros`: a file of them."""
    digest, method = _read_body(request), request.method
    path, _, query = request.target.partition("?")
    if "comp=list" in query:
        connection.sendall(_page(*_place(query)))
    elif method == "GET" and path.endswith("/large"):
        _send_large(connection, request, zeros)
    elif method == "GET":
        connection.sendall(_small(request))
    elif method == "HEAD":
        size, more = (LARGE_SIZE, _MARK) if path.endswith("/large") else (len(SMALL), f"Content-MD5: {_MD5}\r\n")
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n{_COMMON}{more}\r\n".encode())
    else:
        status = "202 Accepted" if method == "DELETE" else "201 Created"
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n{_COMMON}{digest}\r\n".encode())


def _small(request: Request) -> bytes:
    status, place = "200 OK", ""
    if _range(request):
        status, place = "206 Partial Content", f"Content-Range: bytes 0-{len(SMALL) - 1}/{len(SMALL)}\r\n"
    more = f"{place}Accept-Ranges: bytes\r\nContent-MD5: {_MD5}\r\n"
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(SMALL)}\r\n{_COMMON}{more}\r\n".encode() + SMALL


def _send_large(connection: socket.socket, request: Request, zeros: int) -> None:
    first, _, last = _range(request).removeprefix("bytes=").partition("-")
    start, stop = int(first or 0), min(int(last or LARGE_SIZE - 1) + 1, LARGE_SIZE)
    place = f"Content-Range: bytes {start}-{stop - 1}/{LARGE_SIZE}\r\n"
    answer = f"HTTP/1.1 206 Partial Content\r\nContent-Length: {stop - start}\r\n{_COMMON}{_MARK}{place}\r\n"
    connection.sendall(answer.encode())
    with open(zeros, "rb", closefd=False) as file:
        connection.sendfile(file, start, stop - start)


def _range(request: Request) -> str:
    return request.header("range") or request.header("x-ms-range") or ""


def _place(query: str) -> tuple[int, int]:
    """The number of the first entry that is wanted, and how many."""
    found = dict(pair.partition("=")[::2] for pair in query.split("&"))
    return int(found.get("marker") or 0), int(found.get("maxresults") or 5000)


@functools.cache
def _page(start: int, count: int) -> bytes:
    stop = min(start + count, LISTED)
    rows = "".join(
        f"<Blob><Name>a-folder-of-some-length/another-one/{number:024d}</Name><Properties>"
        f"<Creation-Time>{_MODIFIED}</Creation-Time><Last-Modified>{_MODIFIED}</Last-Modified>"
        f"<Etag>0x{number:015X}</Etag><Content-Length>{number}</Content-Length><Content-Type>text/plain</Content-Type>"
        "<Content-Encoding /><Content-Language /><Content-CRC64 />"
        f"<Content-MD5>{_MD5}</Content-MD5><Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType>"
        "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
        "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties>"
        "<Metadata><key>value</key></Metadata><OrMetadata /></Blob>"
        for number in range(start, stop)
    )
    marker = f"<NextMarker>{stop}</NextMarker>" if stop < LISTED else "<NextMarker />"
    body = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://host/" '
        f'ContainerName="box"><MaxResults>{count}</MaxResults><Blobs>{rows}</Blobs>{marker}</EnumerationResults>'
    ).encode()
    kind = "Content-Type: application/xml\r\nx-ms-request-id: 1\r\nx-ms-version: 2021-12-02\r\n"
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{kind}\r\n".encode() + body


def main() -> None:
    """Serve until the process is ended; prints the port."""
    with tempfile.TemporaryFile() as file:
        file.truncate(LARGE_SIZE)
        serve(functools.partial(_answer, file.fileno()))


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the server in a process of its own; gives the URL of its account."""
    with serving.running("test.benchmarks.azure.stub") as port:
        yield f"http://127.0.0.1:{port}/devstoreaccount1"


if __name__ == "__main__":
    main()
