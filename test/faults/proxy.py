"""The proxy: hands requests on to a server, keeps a journal of them, and spoils those that a fault wants."""

from __future__ import annotations

import contextlib
import dataclasses
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from test.faults.wire import BLOCK, Answer, Request, parse_request, read_answer
from test.loopback.raw import RawServer, raw_server, read_head

Rewrite = Callable[[Request, bytes], tuple[str, Mapping[str, str]] | None]
"""Gives another target and other headers for a request, or None to hand it on as it came."""

LONGEST_STALL = 180.0


@dataclasses.dataclass
class Entry:
    """One request in the journal; `status` is None until an answer was sent, `fault` the name of what spoiled it."""

    request: Request
    status: int | None = None
    fault: str | None = None


@dataclasses.dataclass
class Fault:
    """What to do to which requests.

    Attributes:
        name: For the journal.
        wants: Whether a request is one to spoil.
        act: Spoils it.
        times: How many; None: all.
        skip: How many that it wants are let through before.
        fired: How many it spoiled.
    """

    name: str
    wants: Callable[[Request], bool]
    act: Callable[[Exchange], None]
    times: int | None = 1
    skip: int = 0
    fired: int = 0
    met: int = 0

    def takes(self, request: Request) -> bool:
        """Whether this request is to be spoiled; counts it."""
        if (self.times is not None and self.fired >= self.times) or not self.wants(request):
            return False
        self.met += 1
        if self.met <= self.skip:
            return False
        self.fired += 1
        return True


class Exchange:
    """One request at the proxy, and all that can be done to it."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, request: Request, ahead: bytes, entry: Entry) -> None:
        self.request = request
        self.open = True
        self._proxy = proxy
        self._client = client
        self._ahead = ahead
        self._left = request.size - len(ahead)
        self._entry = entry
        self._invited = "expect" not in request.headers

    def read(self, count: int | None = None) -> bytes:
        """The next bytes of the request's body, None: all; the client is told to go on if it waits for that."""
        if not self._invited:
            self._invited = True
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        data = bytearray(self._ahead)
        while self._left and (count is None or len(data) < count):
            received = self._client.recv(min(BLOCK, self._left))
            if not received:
                raise ConnectionError("the client closed within its request")
            data += received
            self._left -= len(received)
        self._ahead = bytes(data[count:]) if count is not None else b""
        return bytes(data[:count])

    def forward(self, rewrite: Rewrite | None = None) -> Answer:
        """Let the server do it, and give its answer."""
        return self._proxy.ask(self.request, self.read(), rewrite)

    def ask(self, body: bytes) -> Answer:
        """The server's answer to this request with another body of the same size."""
        return self._proxy.ask(self.request, body)

    def forward_half(self) -> None:
        """Give the server half of the request, and nothing more."""
        self._proxy.begin(self.request, self.read(max(1, self.request.size // 2)))

    def send(self, data: bytes) -> None:
        """Send bytes to the client."""
        self._client.sendall(data)

    def answer(self, answer: Answer) -> None:
        """Send a whole answer."""
        self._entry.status = answer.status
        self.send(answer.encode() if self.request.method != "HEAD" else answer.head())
        if (answer.get("connection") or "").lower() == "close":
            self.hang_up()

    def hang_up(self, *, reset: bool = False) -> None:
        """Close the connection, by FIN or by RST; what was sent before arrives, whatever of the request is unread."""
        self.open = False
        if reset:
            time.sleep(0.01)  # else the bytes before it may be lost too
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self._client.shutdown(socket.SHUT_WR)
            self._drain()
        self._client.close()

    def stall(self) -> None:
        """Do nothing until the client goes away, reading nothing."""
        self.open = False
        until = time.monotonic() + LONGEST_STALL
        poller = select.poll()
        poller.register(self._client, select.POLLRDHUP | select.POLLHUP)
        while time.monotonic() < until and not self._proxy.stopped.is_set():
            if poller.poll(50):
                return

    def _drain(self) -> None:
        # To close with bytes unread is to reset, which would be another fault.
        self._client.settimeout(0.2)
        with contextlib.suppress(OSError):
            while self._client.recv(BLOCK):
                pass


class FaultProxy:
    """A proxy before the server of one URL."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        assert parts.hostname
        assert parts.port
        self._address = parts.hostname, parts.port
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

    def aim(self, *faults: Fault) -> None:
        """Begin anew, with an empty journal and these faults; the first that wants a request has it."""
        with self._lock:
            self.faults = list(faults)
            self.journal = []

    def ask(self, request: Request, body: bytes, rewrite: Rewrite | None = None) -> Answer:
        """The server's answer."""
        changed = (rewrite or self.rewrite or _as_it_is)(request, body)
        target, headers = changed or (request.target, request.headers)
        with socket.create_connection(self._address, 60) as server:
            server.sendall(_head(request.method, target, headers) + body)
            return read_answer(server, request.method)

    def begin(self, request: Request, body: bytes) -> None:
        """Send the server a request that ends before its announced end."""
        with socket.create_connection(self._address, 10) as server:
            server.sendall(_head(request.method, request.target, request.headers) + body)

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
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """Run a proxy before the server of a URL."""
    proxy = FaultProxy(upstream)
    with raw_server(proxy.serve) as proxy.server:
        try:
            yield proxy
        finally:
            proxy.stopped.set()


def _as_it_is(_request: Request, _body: bytes) -> None:
    return None


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    kept = {name: value for name, value in headers.items() if name not in ("expect", "connection")}
    lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
