"""One request at the proxy, all that can be done to it, and the faults that say what is."""

from __future__ import annotations

import contextlib
import dataclasses
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from test.faults.wire.messages import BLOCK, Answer, Request

if TYPE_CHECKING:
    from test.faults.wire.proxy import FaultProxy

Rewrite = Callable[[Request, bytes], tuple[str, Mapping[str, str]] | None]
"""Gives another target and other headers for a request, or None to hand it on as it came."""

LONGEST_STALL = 180.0


@dataclasses.dataclass
class Entry:
    """One request in the journal.

    Attributes:
        request: Its head.
        status: Of the answer; None until one was sent whole.
        fault: The name of what spoiled it.
        missed: The fault found nothing to spoil: what it did is as if it had not been.
    """

    request: Request
    status: int | None = None
    fault: str | None = None
    missed: bool = False


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

    @property
    def struck(self) -> bool:
        """Whether it spoiled as many as it was to; of all, at least one."""
        return self.fired >= (1 if self.times is None else self.times)

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
        """End the connection, by FIN or by RST; what was sent before arrives, whatever of the request is unread.

        It is closed by the proxy's server, as soon as the fault has acted.
        """
        self.open = False
        if reset:
            time.sleep(0.01)  # else the bytes before it may be lost too
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self._client.shutdown(socket.SHUT_WR)
            self._drain()

    def miss(self) -> None:
        """Note that there is nothing to spoil."""
        self._entry.missed = True

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
