"""A server that only looks like Swift, so that a benchmark measures the client: `python -m test.benchmarks.swift_stub`.

It keeps nothing: every segment has the same content, objects called `stored…` are static large objects of 16 of them,
all others are absent, and any write succeeds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import re
import socket
import sys
from collections.abc import Iterator

from test.benchmarks import serving
from test.benchmarks.serving import Request, serve

SEGMENTS = 16
_COMMON = b"X-Trans-Id: tx1\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\nLast-Modified: Mon, 23 Nov 2026 08:00:00 GMT\r\n"
_BLOCK = 1024 * 1024


def segment_of(size: int) -> bytes:
    """The content of every segment."""
    return random.Random(2026).randbytes(min(size, _BLOCK)) * max(1, size // _BLOCK)


class Store:
    """What there seems to be.

    Args:
        size: Bytes of a segment.
    """

    def __init__(self, size: int) -> None:
        self.segment = memoryview(segment_of(size))
        self.size = SEGMENTS * size
        self.tag = hashlib.md5(self.segment, usedforsecurity=False).hexdigest()
        self.whole = hashlib.md5((self.tag * SEGMENTS).encode(), usedforsecurity=False).hexdigest()
        row = {"bytes": size, "hash": self.tag, "content_type": "a/b", "last_modified": "2026-11-23T08:00:00.000000"}
        self.manifest = json.dumps([{**row, "name": f"/benchmark_segments/{n:032x}"} for n in range(SEGMENTS)]).encode()

    def answer(self, connection: socket.socket, request: Request) -> None:
        """Answer a request."""
        request.read_body()
        method, target = request.method, request.target
        name = target.partition("?")[0].rpartition("/")[2]
        if target == "/info":
            _send(connection, b"200 OK", b'{"swift": {}, "slo": {}}')
        elif target.startswith("/auth"):
            port = connection.getsockname()[1]
            url = b"X-Storage-Url: http://127.0.0.1:%d/v1/AUTH_x\r\nX-Auth-Token: t\r\n" % port
            _send(connection, b"200 OK", b"", url)
        elif method == "PUT":
            tag = f'"{self.whole}"' if "multipart-manifest" in target else self.tag
            _send(connection, b"201 Created", b"", f"ETag: {tag}\r\n".encode())
        elif "multipart-manifest=get" in target:
            _send(connection, b"200 OK", self.manifest, b"X-Static-Large-Object: True\r\n")
        elif name.startswith("stored"):
            self._send_object(connection, request)
        elif target.count("/") <= 3:
            counts = b"X-Container-Object-Count: 0\r\nX-Container-Bytes-Used: 0\r\n"
            connection.sendall(b"HTTP/1.1 204 No Content\r\n" + _COMMON + counts + b"\r\n")
        else:
            _send(connection, b"404 Not Found", b"")

    def _send_object(self, connection: socket.socket, request: Request) -> None:
        found = re.match(r"bytes=(\d+)-(\d*)", request.header("range") or "")
        start, stop = 0, self.size
        status, more = b"200 OK", f'X-Static-Large-Object: True\r\nETag: "{self.whole}"\r\nContent-Type: a/b\r\n'
        if found:
            start, stop = int(found[1]), int(found[2]) + 1 if found[2] else self.size
            status, more = b"206 Partial Content", more + f"Content-Range: bytes {start}-{stop - 1}/{self.size}\r\n"
        headers = _COMMON + more.encode() + b"Content-Length: %d\r\n\r\n" % (stop - start)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + headers)
        while start < stop and request.method == "GET":
            place = start % len(self.segment)
            block = self.segment[place : place + stop - start]
            connection.sendall(block)
            start += len(block)


def _send(connection: socket.socket, status: bytes, body: bytes, more: bytes = b"") -> None:
    head = b"HTTP/1.1 " + status + b"\r\n" + _COMMON + more + b"Content-Length: %d\r\n\r\n" % len(body)
    connection.sendall(head + body)


@contextlib.contextmanager
def running(size: int) -> Iterator[str]:
    """Run the server, whose segments have so many bytes, in a process of its own; gives its URL."""
    with serving.running("test.benchmarks.swift_stub", str(size)) as port:
        yield f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(Store(int(sys.argv[1])).answer)
