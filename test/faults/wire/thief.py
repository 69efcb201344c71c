"""A host to which a redirect leads: it says yes to all, and notes what it is sent."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from test.loopback.raw import RawServer, answer, raw_server, read_head


class Thief:
    """What came: request lines, with the names of the headers that hold credentials."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.server: RawServer | None = None

    @property
    def url(self) -> str:
        """Another origin than the proxy's."""
        assert self.server
        return self.server.url

    def serve(self, connection: socket.socket, _number: int) -> None:
        """Take one request."""
        head, _ = read_head(connection)
        if head:
            self.seen.append(head.decode("latin-1")[:400])
            connection.sendall(answer(b"stolen", headers=b'ETag: "x"\r\nX-Trans-Id: tx1\r\nConnection: close\r\n'))


@contextlib.contextmanager
def thief() -> Iterator[Thief]:
    """Run one."""
    one = Thief()
    with raw_server(one.serve) as one.server:
        yield one
