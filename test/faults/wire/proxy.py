"""The proxy: hands requests on to a server, keeps a journal of them, and spoils those that a fault wants."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from test.faults.wire.exchange import Entry, Exchange, Fault, Rewrite
from test.faults.wire.messages import Answer, Request, parse_request, read_answer
from test.loopback.raw import RawServer, raw_server, read_head


class FaultProxy:
    """A proxy before the server of one URL.

    Args:
        others: URLs of other servers, by how the paths begin that are theirs.
    """

    def __init__(self, upstream: str, others: Mapping[str, str] | None = None) -> None:
        self._address = _address_of(upstream)
        self._others = {path: _address_of(url) for path, url in (others or {}).items()}
        self._lock = threading.Lock()
        self.stopped = threading.Event()
        self.faults: list[Fault] = []
        self.journal: list[Entry] = []
        self.rewrite: Rewrite | None = None
        self.server: RawServer | None = None

    @property
    def url(self) -> str:
        """Scheme, address and port, for clients in place of the server's."""
        assert self.server
        return self.server.url

    @property
    def struck(self) -> bool:
        """Whether every fault spoiled as many requests as it was to, and changed something by it.

        Raises:
            Exception: One that the proxy itself met; clients that go away are none.
        """
        assert self.server
        for error in self.server.errors:
            if not isinstance(error, OSError):
                raise error
        spoiled = any(entry.fault and not entry.missed for entry in self.journal)
        return not self.faults or (spoiled and all(fault.struck for fault in self.faults))

    def aim(self, *faults: Fault) -> None:
        """Begin anew, with an empty journal and these faults; the first that wants a request has it."""
        with self._lock:
            self.faults = list(faults)
            self.journal = []

    def ask(self, request: Request, body: bytes, rewrite: Rewrite | None = None) -> Answer:
        """The server's answer."""
        changed = (rewrite or self.rewrite or _as_it_is)(request, body)
        target, headers = changed or (request.target, request.headers)
        with socket.create_connection(self._server_of(request), 60) as server:
            server.sendall(_head(request.method, target, headers) + body)
            return read_answer(server, request.method)

    def begin(self, request: Request, body: bytes) -> None:
        """Send the server a request that ends before its announced end."""
        with socket.create_connection(self._server_of(request), 10) as server:
            server.sendall(_head(request.method, request.target, request.headers) + body)

    def _server_of(self, request: Request) -> tuple[str, int]:
        return next((place for path, place in self._others.items() if request.path.startswith(path)), self._address)

    def serve(self, client: socket.socket, _number: int) -> None:
        """Serve one connection of a client."""
        client.settimeout(60)
        turn = 0
        while not self.stopped.is_set():
            head, ahead = read_head(client)
            if not head:
                return
            turn += 1
            exchange, fault = self._enter(client, head, ahead, turn)
            if fault:
                fault.act(exchange)
            else:
                exchange.answer(exchange.forward())
            if not exchange.open:
                return

    def _enter(self, client: socket.socket, head: bytes, ahead: bytes, turn: int) -> tuple[Exchange, Fault | None]:
        with self._lock:
            request = parse_request(head, len(self.journal), turn)
            entry = Entry(request)
            self.journal.append(entry)
            fault = next((each for each in self.faults if each.takes(request)), None)
            entry.fault = fault.name if fault else None
        return Exchange(self, client, request, ahead, entry), fault


@contextlib.contextmanager
def fault_proxy(upstream: str, others: Mapping[str, str] | None = None) -> Iterator[FaultProxy]:
    """Run a proxy before the server of a URL."""
    proxy = FaultProxy(upstream, others)
    with raw_server(proxy.serve) as proxy.server:
        try:
            yield proxy
        finally:
            proxy.stopped.set()


def _address_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def _as_it_is(_request: Request, _body: bytes) -> None:
    return None


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    kept = {name: value for name, value in headers.items() if name not in ("expect", "connection")}
    lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
