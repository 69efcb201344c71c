"""A server behind the proxy that notes what it is sent, and a bare socket before it: for tests of the proxy itself."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from test.faults.wire.exchange import Fault
from test.faults.wire.proxy import FaultProxy
from test.faults.wire.spoiling import Action
from test.loopback.raw import RawServer, answer, raw_server, read_request

CONTENT = bytes(range(256)) * 40


class Origin:
    """A server that notes what it was sent, whole or not, and answers with content."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self.server: RawServer | None = None

    def serve(self, connection: socket.socket, _number: int) -> None:
        head, body = read_request(connection)
        self.requests.append((head, body))
        if b"chunked" in head:
            chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: x\r\n\r\n" + chunk)
        else:
            connection.sendall(answer(CONTENT, headers=b"ETag: x\r\n"))


@contextlib.contextmanager
def running_origin() -> Iterator[Origin]:
    """Run one."""
    one = Origin()
    with raw_server(one.serve) as one.server:
        yield one


def send(proxy: FaultProxy, request: bytes) -> socket.socket:
    """A connection by which this was sent."""
    assert proxy.server
    connection = socket.create_connection(("127.0.0.1", proxy.server.port), 5)
    connection.sendall(request)
    return connection


def get(proxy: FaultProxy, path: bytes = b"/thing") -> tuple[bytes, Exception | None]:
    """All bytes of an answer, and how its connection ended: None by FIN."""
    with send(proxy, b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path) as connection:
        connection.settimeout(0.4)
        data = b""
        try:
            while received := connection.recv(65536):
                data += received
        except OSError as error:
            return data, error
    return data, None


def aim(proxy: FaultProxy, action: Action, times: int | None = 1, skip: int = 0) -> None:
    """Spoil requests for `/thing`."""
    proxy.aim(Fault("test", lambda request: request.path == "/thing", action, times, skip))


def body_of(data: bytes) -> bytes:
    """What comes after the head."""
    return data.partition(b"\r\n\r\n")[2]
