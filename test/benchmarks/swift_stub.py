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
import subprocess
import sys
import threading
from collections.abc import Iterator

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

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection until it closes."""
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
                self._pass_body(connection, head, received, space)
                self._answer(connection, head)

    def _pass_body(self, connection: socket.socket, head: str, received: bytearray, space: memoryview) -> None:
        if "\r\nexpect: 100-continue" in head.lower():
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if re.search(r"\r\ntransfer-encoding: *chunked", head, re.IGNORECASE):
            while not received.endswith(b"0\r\n\r\n"):
                received[:] = received[-5:] + bytes(space[: connection.recv_into(space)])
            received.clear()
            return
        found = re.search(r"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        left = int(found[1]) if found else 0
        taken = min(left, len(received))
        del received[:taken]
        left -= taken
        while left:
            left -= connection.recv_into(space[: min(left, _BLOCK)])

    def _answer(self, connection: socket.socket, head: str) -> None:
        method, target = head.split(" ", 2)[:2]
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
            self._send_object(connection, method, head)
        elif target.count("/") <= 3:
            counts = b"X-Container-Object-Count: 0\r\nX-Container-Bytes-Used: 0\r\n"
            connection.sendall(b"HTTP/1.1 204 No Content\r\n" + _COMMON + counts + b"\r\n")
        else:
            _send(connection, b"404 Not Found", b"")

    def _send_object(self, connection: socket.socket, method: str, head: str) -> None:
        found = re.search(r"\r\nrange: *bytes=(\d+)-(\d*)", head, re.IGNORECASE)
        start, stop = 0, self.size
        status, more = b"200 OK", f'X-Static-Large-Object: True\r\nETag: "{self.whole}"\r\nContent-Type: a/b\r\n'
        if found:
            start, stop = int(found[1]), int(found[2]) + 1 if found[2] else self.size
            status, more = b"206 Partial Content", more + f"Content-Range: bytes {start}-{stop - 1}/{self.size}\r\n"
        headers = _COMMON + more.encode() + b"Content-Length: %d\r\n\r\n" % (stop - start)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + headers)
        while start < stop and method == "GET":
            place = start % len(self.segment)
            block = self.segment[place : place + stop - start]
            connection.sendall(block)
            start += len(block)


def _send(connection: socket.socket, status: bytes, body: bytes, more: bytes = b"") -> None:
    head = b"HTTP/1.1 " + status + b"\r\n" + _COMMON + more + b"Content-Length: %d\r\n\r\n" % len(body)
    connection.sendall(head + body)


def serve(size: int) -> None:
    """Serve until the process is ended; prints the port."""
    store = Store(size)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=store.serve, args=(connection,), daemon=True).start()


@contextlib.contextmanager
def running(size: int) -> Iterator[str]:
    """Run the server, whose segments have so many bytes, in a process of its own; gives its URL."""
    command = [sys.executable, "-m", "test.benchmarks.swift_stub", str(size)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(int(sys.argv[1]))
