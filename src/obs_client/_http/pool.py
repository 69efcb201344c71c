"""The transport of the SDKs: HTTP/1.1 over connections that are kept open, for many threads.

An answer is whole or an error. Nothing is done that was not asked for: no redirects, cookies, `.netrc`, decompression
or changed paths. Proxies are those of the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`.
"""

from __future__ import annotations

import os
import time
import warnings
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from obs_client._http.answer import HttpAnswer
from obs_client._http.connection import Connection, connect
from obs_client._http.errors import BrokenAnswer, ClosedBeforeAnswer, ConnectFailure, StrangeAnswer
from obs_client._http.head import HttpHeaders, body_length, request_head
from obs_client._http.proxy import Route, find_route
from obs_client.backend import watching
from obs_client.backend.body import Body, BytesBody
from obs_client.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

__all__ = [
    "BrokenAnswer",
    "ConnectFailure",
    "HttpAnswer",
    "HttpHeaders",
    "HttpPool",
    "StrangeAnswer",
    "warn_if_unchecked",
]

BLOCK_SIZE = 512 * 1024
"""Bytes that are read from a body and sent at a time."""

IDLE_SECONDS = 60.0
"""How long a connection may lie idle and be used again; routers forget older ones without a word."""

_JOINED_SIZE = 64 * 1024

_UNCHECKED = (
    "verify=False: servers' certificates are not checked, so that whoever is on the way reads and changes everything; "
    "verify='/path/of/authorities.pem' trusts a server's own authority"
)


def warn_if_unchecked(verify: bool | str) -> None:
    """Warn the program that makes a client by `verify=False`; to be called by the client's constructor."""
    if verify is False:
        warnings.warn(_UNCHECKED, RuntimeWarning, stacklevel=3)


class HttpPool:
    """Sends requests and keeps connections; many threads may share it, and a forked process starts with none.

    The environment's proxies are looked up at the first request to each host.
    """

    def __init__(self, *, verify: bool | str = True, timeout: float = 60.0, connections: int = 64) -> None:
        """Make a pool; opens nothing.

        Args:
            verify: True checks servers' certificates against the system's authorities or those that
                `REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE` or `SSL_CERT_DIR` name; a string names a file or directory of
                them; False checks nothing.
            timeout: Longest wait in seconds for each single step: to connect (at most 10), to send some bytes, to
                receive some.
            connections: How many connections to one host are kept while nobody uses them. More may be open at a time.

        Raises:
            ConfigurationError: `verify` names nothing.
        """
        if not timeout > 0:
            raise ValueError("timeout must be more than 0 seconds")
        if isinstance(verify, str) and not os.path.exists(verify):
            raise ConfigurationError(f"verify: there is no file or directory {verify!r}")
        self._verify = verify
        self._timeout = timeout
        self._connections = connections
        self._context: ssl.SSLContext | None = None
        self._routes: dict[str, Route] = {}
        self._process = os.getpid()
        self._has_answered = False
        # No locks, which a fork could leave locked: the methods of `dict` and `deque` used here are atomic.
        self._idle: dict[Route, deque[Connection]] = {}
        self._buffers: deque[bytearray] = deque(maxlen=connections)
        weakref.finalize(self, _close_all, self._idle)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Body | bytes | None = None,
        *,
        expect_continue: bool = False,
    ) -> HttpAnswer:
        """Send a request and return its answer once its head has come; any status is an answer.

        Path and query are sent as they are. A kept connection that turns out closed before one byte of the answer
        came is opened anew, once, and a GET or HEAD sent again. What a body raises goes out unchanged.

        Args:
            headers: Values are sent as latin-1. `Content-Length` is that of the body, `Expect` as asked for here.
            expect_continue: Wait for leave to send the body, for a second at most.

        Raises:
            ValueError: The request cannot be sent as it is; nothing was.
            ConnectFailure: No connection; nothing was sent.
            BrokenAnswer: No whole head came.
            TimeoutError: No byte could be sent, or none came, in time.
        """
        origin, target = _split(url)
        route = self._routes.get(origin) or self._find_route(origin)
        size = None if body is None else len(body)
        expect_continue = expect_continue and bool(size)
        names = route.target(target), route.host_header
        head = request_head(method, *names, headers, size, expect_continue=expect_continue)
        if route.proxy_header:
            head = head[:-2] + route.proxy_header + b"\r\n"
        watch = watching.watch(method, route.host_header, target)
        try:
            answer = self._answer_to(route, method, head, body, expect_continue, watch)
        except BaseException as error:
            if not self._has_answered and isinstance(error, (BrokenAnswer, ConnectFailure)):
                error.first_contact = True
                if isinstance(error, BrokenAnswer) and route.scheme == "http" and error.args:
                    error.args = (f"{error}; if it speaks TLS, its URL begins with https://",)
            if watch:
                watch.end(error=error)
            raise
        if watch:
            watch.answered(answer.status, answer.headers)
            answer.watch(watch)
        return answer

    def close(self) -> None:
        """Close the connections that nobody uses; the others close when their answers end."""
        self._connections = 0
        _close_all(self._idle)

    def _answer_to(
        self,
        route: Route,
        method: str,
        head: bytes,
        body: Body | bytes | None,
        expect_continue: bool,
        watch: watching.Watch | None,
    ) -> HttpAnswer:
        kept = self._take(route)
        if kept:
            try:
                return self._exchange(kept, method, head, body, expect_continue, watch)
            except ClosedBeforeAnswer:
                # What changes something may have been done: whether to ask for it again is the border's to decide.
                if method not in ("GET", "HEAD"):
                    raise
        return self._exchange(self._open(route), method, head, body, expect_continue, watch)

    def _exchange(
        self,
        connection: Connection,
        method: str,
        head: bytes,
        body: Body | bytes | None,
        expect_continue: bool,
        watch: watching.Watch | None,
    ) -> HttpAnswer:
        try:
            whole = self._send(connection, head, body, expect_continue)
            answer = connection.receive_head()
            self._has_answered = True
            if not whole and answer.status < 300:
                raise BrokenAnswer("the server reported success before the request was sent")
            length = body_length(method, answer)
            # After a failure of the server the next try goes by another connection: behind a balancer, to another one.
            connection.keeps = whole and answer.keeps and answer.status < 500
            return HttpAnswer(answer, length, connection, self._release)
        except BaseException:
            connection.close()
            raise
        finally:
            if watch:
                watch.sent = max(0, connection.sent - len(head))

    def _send(self, connection: Connection, head: bytes, body: Body | bytes | None, expect_continue: bool) -> bool:
        if not body:
            return connection.send_request([head])
        if isinstance(body, (bytes, BytesBody)):
            return connection.send_request(_view_blocks(head, body, expect_continue), expect_continue=expect_continue)
        buffer = self._take_buffer()
        try:
            blocks = _body_blocks(head, body, memoryview(buffer), expect_continue)
            return connection.send_request(blocks, expect_continue=expect_continue)
        finally:
            self._buffers.append(buffer)

    def _take_buffer(self) -> bytearray:
        try:
            return self._buffers.pop()
        except IndexError:
            return bytearray(BLOCK_SIZE)

    def _take(self, route: Route) -> Connection | None:
        """An idle connection that seems well, the one used last."""
        if self._process != os.getpid():
            # Those are the connections of the process that this one was forked from; only our copies are closed.
            _close_all(self._idle)
            self._process = os.getpid()
        idle = self._idle.get(route)
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was faster
                return None
            if time.monotonic() - connection.idle_since < IDLE_SECONDS and connection.is_quiet:
                return connection
            connection.close()
        return None

    def _release(self, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end, if it may be used again."""
        idle = self._idle.get(connection.route)
        if idle is None:
            idle = self._idle.setdefault(connection.route, deque())
        if connection.keeps and connection.process == os.getpid() and len(idle) < self._connections:
            connection.idle_since = time.monotonic()
            idle.append(connection)
        else:
            connection.close()

    def _open(self, route: Route) -> Connection:
        if route.scheme == "https" and not self._context:
            self._context = _make_context(self._verify)
        return connect(route, self._context if route.scheme == "https" else None, self._timeout)

    def _find_route(self, origin: str) -> Route:
        return self._routes.setdefault(origin, find_route(origin))


def _close_all(idle: dict[Route, deque[Connection]]) -> None:
    for connections in list(idle.values()):
        with suppress(IndexError):  # once it is empty, by us or by another thread
            while True:
                connections.pop().close()


def _split(url: str) -> tuple[str, str]:
    """Origin and target of a URL; what is not allowed in them is found later."""
    start = url.find("/", url.find("://") + 3)
    if start < 0:
        raise ValueError("the URL has no path, not even /")
    if "#" in url:
        raise ValueError("the URL has a fragment, which is never sent: quote the #")
    return url[:start], url[start:]


def _view_blocks(head: bytes, body: bytes | BytesBody, apart: bool) -> Iterator[bytes | memoryview]:
    """Head and body from memory; the first block has both unless they go `apart`."""
    view = memoryview(body) if isinstance(body, bytes) else body.view()
    joined = 0 if apart else _JOINED_SIZE
    yield head + view[:joined]
    for start in range(joined, len(view), BLOCK_SIZE):
        if not isinstance(body, bytes):
            body.sent = max(body.sent, start)
        yield view[start : start + BLOCK_SIZE]


def _body_blocks(head: bytes, body: Body, buffer: memoryview, apart: bool) -> Iterator[bytes | memoryview]:
    """Head and body by way of `buffer`, each block to be sent before the next is taken."""
    body.rewind()
    left = body.size
    filled = len(head)
    if apart or filled > len(buffer) // 2:
        yield head
        filled = 0
    else:
        buffer[:filled] = head
    while left:
        count = body.readinto(buffer[filled : filled + left])
        if not count:
            raise ValueError(f"the body ended {left} bytes before its size")
        left -= count
        filled += count
        if filled == len(buffer) or not left:
            yield buffer[:filled]
            filled = 0


def _make_context(verify: bool | str) -> ssl.SSLContext:
    import ssl  # slow to load, and not needed for servers without TLS

    if verify is False:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        authorities = os.environ.get("REQUESTS_CA_BUNDLE") if verify is True else verify
        context = _checking_context(authorities)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _checking_context(authorities: str | None) -> ssl.SSLContext:
    import ssl

    if not authorities:
        return ssl.create_default_context()
    try:
        if os.path.isdir(authorities):
            return ssl.create_default_context(capath=authorities)
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise ConfigurationError(f"verify: no authorities can be read from {authorities!r}") from error
