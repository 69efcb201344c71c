"""A server that only looks like Azure, so that a benchmark measures the client: `python -m test.benchmarks.azure.stub`.

It keeps nothing: every object is there with the same content, `large` is a GiB of zeros that was written by blocks, the
listing has 100,000 entries, and any write succeeds.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator

from obs_client.backend.crcs import CRC64, has_crc64
from obs_client.backend.integrity import new_hash
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.backends.azure.names import METADATA, encode_key
from obs_client.backends.azure.reading import note_of_crc64, note_of_parts

SMALL = bytes(range(256)) * 16
LISTED = 100_000
LARGE_SIZE = 1024 * 1024 * 1024
LARGE_PART = 16 * 1024 * 1024
_BLOCK = 1024 * 1024
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


def serve(connection: socket.socket, zeros: int) -> None:
    """Answer the requests of one connection until it closes; `zeros`: a file of them."""
    received = bytearray()
    space = memoryview(bytearray(_BLOCK))
    with connection, contextlib.suppress(ConnectionError):
        while True:
            while (end := received.find(b"\r\n\r\n")) < 0:
                count = connection.recv_into(space)
                if not count:
                    return
                received += space[:count]
            head = bytes(received[:end]).decode("latin-1")
            del received[: end + 4]
            digest = _pass_body(connection, head, received, space)
            _answer(connection, head, zeros, digest)


def _pass_body(connection: socket.socket, head: str, received: bytearray, space: memoryview) -> str:
    """Receive the body of a request; gives the header for its digest: as on Azure the CRC-64, if it brought no MD5."""
    left = int(_header(head, "content-length") or 0)
    digest = _header(head, "content-md5")
    hasher = new_hash(CRC64) if digest is None and "comp=block&" in head and has_crc64() else None
    taken = min(left, len(received))
    if hasher:
        hasher.update(bytes(received[:taken]))
    del received[:taken]
    left -= taken
    while left and (count := connection.recv_into(space[: min(left, _BLOCK)])):
        if hasher:
            hasher.update(space[:count])
        left -= count
    if hasher:
        return f"x-ms-content-crc64: {base64.b64encode(hasher.digest()[::-1]).decode()}\r\n"
    return f"Content-MD5: {digest}\r\n" if digest else ""


def _answer(connection: socket.socket, head: str, zeros: int, digest: str) -> None:
    method, target = head.split(" ", 2)[:2]
    path, _, query = target.partition("?")
    if "comp=list" in query:
        connection.sendall(_page(*_place(query)))
    elif method == "GET" and path.endswith("/large"):
        _send_large(connection, head, zeros)
    elif method == "GET":
        connection.sendall(_small(head))
    elif method == "HEAD":
        size, more = (LARGE_SIZE, _MARK) if path.endswith("/large") else (len(SMALL), f"Content-MD5: {_MD5}\r\n")
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n{_COMMON}{more}\r\n".encode())
    else:
        status = "202 Accepted" if method == "DELETE" else "201 Created"
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n{_COMMON}{digest}\r\n".encode())


def _small(head: str) -> bytes:
    status, place = "200 OK", ""
    if _range(head):
        status, place = "206 Partial Content", f"Content-Range: bytes 0-{len(SMALL) - 1}/{len(SMALL)}\r\n"
    more = f"{place}Accept-Ranges: bytes\r\nContent-MD5: {_MD5}\r\n"
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(SMALL)}\r\n{_COMMON}{more}\r\n".encode() + SMALL


def _send_large(connection: socket.socket, head: str, zeros: int) -> None:
    first, _, last = _range(head).removeprefix("bytes=").partition("-")
    start, stop = int(first or 0), min(int(last or LARGE_SIZE - 1) + 1, LARGE_SIZE)
    place = f"Content-Range: bytes {start}-{stop - 1}/{LARGE_SIZE}\r\n"
    answer = f"HTTP/1.1 206 Partial Content\r\nContent-Length: {stop - start}\r\n{_COMMON}{_MARK}{place}\r\n"
    connection.sendall(answer.encode())
    with open(zeros, "rb", closefd=False) as file:
        connection.sendfile(file, start, stop - start)


def _range(head: str) -> str:
    return _header(head, "range") or _header(head, "x-ms-range") or ""


def _header(head: str, name: str) -> str | None:
    found = re.search(rf"\r\n{name}: *([^\r]*)", head, re.IGNORECASE)
    return found[1] if found else None


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
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server, tempfile.TemporaryFile() as file:
        file.truncate(LARGE_SIZE)
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection, file.fileno()), daemon=True).start()


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the server in a process of its own; gives the URL of its account."""
    command = [sys.executable, "-m", "test.benchmarks.azure.stub"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/devstoreaccount1"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
