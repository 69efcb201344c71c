"""A forward proxy: absolute URLs for http, tunnels for https, with or without a password."""

import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from test.loopback.raw import RawServer, answer, header, join, raw_server, read_head


@dataclass
class ForwardProxy:
    """A running proxy; `request_lines` are those that it was sent, in order."""

    credentials: str | None
    request_lines: list[str] = field(default_factory=list)
    server: RawServer | None = None

    @property
    def url(self) -> str:
        """The URL that clients are configured with, with the credentials that it wants."""
        assert self.server
        userinfo = f"{self.credentials}@" if self.credentials else ""
        return f"http://{userinfo}127.0.0.1:{self.server.port}"

    def serve(self, connection: socket.socket, _number: int) -> None:
        """Serve one connection, to one server."""
        head, rest = read_head(connection)
        if not head:
            return
        line = head.split(b"\r\n")[0].decode()
        self.request_lines.append(line)
        if not self._allows(head):
            connection.sendall(answer(b"who are you?", b"407 Proxy Authentication Required"))
            return
        method, target, _ = line.split(" ")
        if method == "CONNECT":
            self._tunnel(connection, target)
        else:
            self._forward(connection, target, head + b"\r\n\r\n" + rest)

    def _allows(self, head: bytes) -> bool:
        if not self.credentials:
            return True
        wanted = b"Basic " + base64.b64encode(self.credentials.encode())
        return header(head, b"proxy-authorization") == wanted

    def _tunnel(self, connection: socket.socket, target: str) -> None:
        host, _, port = target.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), 10) as server:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            join(connection, server)

    def _forward(self, connection: socket.socket, target: str, data: bytes) -> None:
        parts = urlsplit(target)
        assert parts.hostname
        with socket.create_connection((parts.hostname, parts.port or 80), 10) as server:
            relative = target.split("/", 3)[3]
            server.sendall(data.replace(target.encode(), f"/{relative}".encode(), 1))
            join(connection, server)


@contextmanager
def forward_proxy(credentials: str | None = None) -> Iterator[ForwardProxy]:
    """Run a proxy; `credentials` are `user:password`, without them everybody may use it."""
    proxy = ForwardProxy(credentials)
    with raw_server(proxy.serve) as proxy.server:
        yield proxy
