"""One connection of HTTP/1.1: it is opened, sends requests, and receives heads and bytes, never without a time limit.

Errors name the host and what happened, never a URL, a header or what the other side sent: these may hold secrets.
"""

from __future__ import annotations

import os
import re
import select
import socket
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from obs_client._http.errors import BrokenAnswer, ClosedBeforeAnswer, ConnectFailure, ProxyRefusal
from obs_client._http.head import Head, parse_head
from obs_client.backend import stopping

if TYPE_CHECKING:
    import ssl

    from obs_client._http.proxy import Route

T = TypeVar("T")

CONNECT_SECONDS = 10.0
"""Longest time for one address to take a connection, if the timeout is not shorter."""

CONTINUE_SECONDS = 1.0
"""How long `Expect: 100-continue` waits for a word; servers that know nothing of it never say one."""

_HEAD_LIMIT = 1024 * 1024
_INTERIM_HEADS = 1000
_LINE_LIMIT = 8 * 1024
_RECEIVE_SIZE = 16 * 1024
_SPEAKS_NO_TLS = ("HTTP_REQUEST", "WRONG_VERSION_NUMBER")
"""What OpenSSL calls it when it is answered by something else than TLS."""

_CHUNK_SIZE = rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?"


class Connection:
    """A socket and what it received ahead; used by one thread at a time, and only by the process that opened it.

    Attributes:
        sent: Bytes of the last request, its head included, as far as whole blocks were sent.
    """

    def __init__(self, opened: socket.socket, route: Route, timeout: float) -> None:
        self.route = route
        self.process: int = os.getpid()
        self.keeps = False
        self.sent: int = 0
        self.idle_since: float = 0.0
        self._socket = opened
        self._secured: ssl.SSLSocket | None = None
        self._peer = f"{route.proxy} on the way to {route.host}" if route.proxy else f"{route.host}:{route.port}"
        self._timeout = self._step = timeout
        self._received = b""
        self._position = 0
        self._silent = True
        self._early: Head | None = None
        self._either: select.poll | None = None
        self._incoming = select.poll()
        self._incoming.register(opened, select.POLLIN)

    def close(self) -> None:
        """Close the socket, without a word to the other side: a forked process may hold it too."""
        self._socket.close()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing came, no end either: what an idle connection must be to be used again."""
        if self._position < len(self._received) or self._incoming.poll(0):
            return False
        return self._secured is None or not self._secured.pending()

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on, with the host's name checked if the context checks names."""
        self._socket = self._secured = context.wrap_socket(self._socket, server_hostname=self.route.host)

    def limit_waits(self, timeout: float) -> None:
        """Let each single wait last `timeout` seconds at most."""
        self._timeout = timeout
        self._step = min(timeout, stopping.CHECK_INTERVAL)
        self._socket.settimeout(self._step)

    def send_request(self, blocks: Iterable[bytes | memoryview], *, expect_continue: bool = False) -> bool:
        """Send all blocks; False if the other side answered or closed before, and the rest was not sent.

        With `expect_continue` the first block is the head, and the others wait for a word of the other side.
        """
        self._silent = True
        self._early = None
        self.sent = 0
        for number, block in enumerate(blocks):
            if number == 1 and expect_continue and self._has_answered(min(CONTINUE_SECONDS, self._timeout)):
                return False
            if not self._send(block, watch=number > 0):
                return False
            self.sent += len(block)
        return True

    def _send(self, block: bytes | memoryview, *, watch: bool) -> bool:
        """Send one block; only the first bytes of a request find room for certain and need no `watch` for answers."""
        rest = memoryview(block)
        try:
            while rest:
                events = self._await_room() if watch else select.POLLOUT
                if events != select.POLLOUT and self._has_answered(0.0):
                    return False
                if events & select.POLLOUT:
                    rest = rest[self._patiently(partial(self._socket.send, rest)) :]
                watch = True
        except TimeoutError as error:
            if self._has_answered(0.0):
                return False
            raise TimeoutError(f"{self._peer} took no byte for {self._timeout:g} s") from error
        except BrokenAnswer:
            raise
        except OSError:
            # It closed: the answer that says why may wait to be read, and if none does, reading tells so.
            return False
        return True

    def _await_room(self) -> int:
        """Wait until bytes can be sent or came, and tell which: who waits for room alone misses an early answer."""
        if not self._either:
            self._either = select.poll()
            self._either.register(self._socket, select.POLLIN | select.POLLOUT)
        return self._patiently(partial(self._poll, self._either))

    def _poll(self, either: select.poll) -> int:
        events = either.poll(self._step * 1000)
        if not events:
            raise TimeoutError
        return events[0][1]

    def _patiently(self, call: Callable[[], T]) -> T:
        """Wait for the socket, step by step: a worker whose result nobody wants any more stops waiting."""
        until = time.monotonic() + self._timeout
        while True:
            try:
                return call()
            except TimeoutError:
                stopping.check_stopped()
                if time.monotonic() >= until:
                    raise

    def _has_answered(self, wait: float) -> bool:
        """Whether a final head or the end came within `wait` seconds; an interim head is leave to go on."""
        while not self._early and self._has_input(wait):
            head = self._next_head()
            self._early = head if head.status >= 200 else None
            wait = 0.0
        return self._early is not None

    def _has_input(self, wait: float) -> bool:
        if self._position < len(self._received):
            return True
        until = time.monotonic() + wait
        while self._incoming.poll(max(0.0, until - time.monotonic()) * 1000):
            if self._secured is None or self._fill_at_once(self._secured):
                return True
        return False

    def _fill_at_once(self, secured: ssl.SSLSocket) -> bool:
        """Receive what has arrived: over TLS that may be no byte of an answer, but a ticket for later."""
        secured.settimeout(0.0)
        try:
            self._fill()
        except OSError as error:
            if _wants_more(error):
                return False
            raise
        finally:
            secured.settimeout(self._step)
        return True

    def receive_head(self) -> Head:
        """The head of the final answer; interim ones are passed over."""
        if self._early:
            return self._early
        for _ in range(_INTERIM_HEADS):
            head = self._next_head()
            if head.status >= 200:
                return head
        raise BrokenAnswer(f"{self._peer} sent too many interim responses")

    def _next_head(self) -> Head:
        head = parse_head(self._receive_until(b"\r\n\r\n", _HEAD_LIMIT))
        if head.status == 101:
            raise BrokenAnswer(f"{self._peer} changed the protocol")
        return head

    def receive_chunk_size(self) -> int:
        """The next line as the size of a chunk, in bytes."""
        match = re.fullmatch(_CHUNK_SIZE, self.receive_line())
        if not match:
            raise BrokenAnswer(f"{self._peer} sent a broken chunk")
        return int(match[1], 16)

    def receive_line(self) -> bytes:
        """The next line, without its end."""
        return self._receive_until(b"\r\n", _LINE_LIMIT)

    def _receive_until(self, end: bytes, limit: int) -> bytes:
        found = self._received.find(end, self._position)
        while found < 0:
            if len(self._received) - self._position > limit:
                raise BrokenAnswer(f"{self._peer} sent a line or head of more than {limit} bytes")
            self._fill()
            found = self._received.find(end, self._position)
        line = self._received[self._position : found]
        self._position = found + len(end)
        return line

    def _fill(self) -> None:
        """Receive what is there, behind what was not used yet."""
        try:
            data = self._patiently(partial(self._socket.recv, _RECEIVE_SIZE))
        except OSError as error:
            raise self._failure(error) from error
        if not data:
            raise self._failure(None)
        self._silent = False
        self._received = self._received[self._position :] + data
        self._position = 0

    def receive_into(self, buffer: memoryview) -> int:
        """Some bytes of a body, at least one, into the start of `buffer`, which is not empty."""
        ahead = len(self._received) - self._position
        if ahead:
            count = min(ahead, len(buffer))
            buffer[:count] = self._received[self._position : self._position + count]
            self._position += count
            return count
        try:
            count = self._patiently(partial(self._socket.recv_into, buffer))
        except OSError as error:
            raise self._failure(error) from error
        if not count:
            raise self._failure(None)
        return count

    def take(self, count: int) -> bytes | None:
        """Exactly `count` bytes, if so many were received ahead, else None."""
        end = self._position + count
        if end > len(self._received):
            return None
        data = self._received[self._position : end]
        self._position = end
        return data

    def _failure(self, error: OSError | None) -> OSError:
        if error and self._secured and _wants_more(error):
            return error
        if isinstance(error, TimeoutError):
            return TimeoutError(f"{self._peer} sent no byte for {self._timeout:g} s")
        if self._silent:
            return ClosedBeforeAnswer(f"{self._peer} closed the connection without a response")
        return BrokenAnswer(f"{self._peer} closed the connection in the middle of its response")


def _wants_more(error: OSError) -> bool:
    """Whether TLS received no byte for its user yet."""
    import ssl  # slow to load, and loaded already where TLS is spoken

    return isinstance(error, ssl.SSLWantReadError)


def connect(route: Route, context: ssl.SSLContext | None, timeout: float) -> Connection:
    """A new connection along `route`, through its proxy if it has one, secured if `context` is given.

    Raises:
        ConnectFailure: There is none; the message names the host.
    """
    host, port = route.first_hop
    seconds = min(timeout, CONNECT_SECONDS)
    try:
        opened = _dial(host, port, seconds)
    except (OSError, UnicodeError) as error:
        whom = route.proxy or f"{host}:{port}"
        raise ConnectFailure(f"{whom}: no connection: {_reason(error)}") from error
    connection = Connection(opened, route, seconds)
    try:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            _open_tunnel(connection, route)
            connection.secure(context)
        connection.limit_waits(timeout)
    except (OSError, ValueError) as error:
        connection.close()
        raise ConnectFailure(f"{route.host}:{route.port}: no connection: {_reason(error)}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _dial(host: str, port: int, seconds: float) -> socket.socket:
    """A socket that leads to a host, by the first of its addresses that answers.

    `socket.create_connection` leaves its socket open if an interrupt comes meanwhile.
    """
    wanted = host.encode("ascii") if host.isascii() else host  # as text it would load the tables of other alphabets
    failure = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(wanted, port, 0, socket.SOCK_STREAM):
        dialled = socket.socket(family, kind, protocol)
        try:
            dialled.settimeout(seconds)
            dialled.connect(address)
        except OSError as error:
            dialled.close()
            failure = error
        except BaseException:
            dialled.close()
            raise
        else:
            return dialled
    raise failure


def _open_tunnel(connection: Connection, route: Route) -> None:
    if not route.proxy:
        return
    request = f"CONNECT {route.authority} HTTP/1.1\r\nHost: {route.authority}\r\n{route.proxy.authorization}\r\n"
    connection.send_request([request.encode("latin-1")])
    status = connection.receive_head().status
    if not 200 <= status < 300 or not connection.is_quiet:
        raise ProxyRefusal(f"{route.proxy} opened no tunnel, status {status}", status)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    if getattr(error, "reason", None) in _SPEAKS_NO_TLS:
        return f"{text}: the server there does not speak TLS; should the URL begin with http://?"
    return text
