"""What the servers of the benchmarks share: their start in a process of its own, and the requests of a connection."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NoReturn

_BLOCK = 1024 * 1024

Update = Callable[[memoryview], object]
"""Is called with the bytes of a body, piece by piece."""


class Request:
    """A request whose head has been received; its body is received, and forgotten, by `read_body`."""

    def __init__(self, head: str, connection: socket.socket, received: bytearray, space: memoryview) -> None:
        self.head = head
        self.method, self.target = head.split(" ", 2)[:2]
        self._connection = connection
        self._received = received
        self._space = space

    def header(self, name: str) -> str | None:
        """The value of a header, by its name in lower case."""
        found = re.search(rf"\r\n{name}: *([^\r]*)", self.head, re.IGNORECASE)
        return found[1] if found else None

    def read_body(self, update: Update | None = None) -> int:
        """Receive the body; returns its size, which is not counted if it comes in chunks."""
        if self.header("expect"):
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.header("transfer-encoding"):
            return self._pass_chunks()
        size = left = int(self.header("content-length") or 0)
        left -= self._take(min(left, len(self._received)), update)
        while left and (count := self._connection.recv_into(self._space[: min(left, _BLOCK)])):
            if update:
                update(self._space[:count])
            left -= count
        return size

    def _take(self, count: int, update: Update | None) -> int:
        """What came with the head."""
        if update:
            update(memoryview(bytes(self._received[:count])))
        del self._received[:count]
        return count

    def _pass_chunks(self) -> int:
        while not self._received.endswith(b"0\r\n\r\n"):
            self._received[:] = self._received[-5:] + bytes(self._space[: self._connection.recv_into(self._space)])
        self._received.clear()
        return 0


Answer = Callable[[socket.socket, Request], None]
"""Receives the body of a request, and answers it."""


def serve(answer: Answer) -> NoReturn:
    """Serve until the process is ended, each connection by a thread; prints the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        tell(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(connection, answer), daemon=True).start()


def _serve(connection: socket.socket, answer: Answer) -> None:
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
            answer(connection, Request(head, connection, received, space))


def tell(port: int) -> None:
    """Print the port, for who started this process."""
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def running(module: str, *arguments: str) -> Iterator[int]:
    """Run a server in a process of its own; gives its port."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
