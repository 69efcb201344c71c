"""A server whose every byte a script decides."""

import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from traceback import clear_frames

Script = Callable[[socket.socket, int], None]
"""Is given a connection and its number from 0; what it leaves open is closed when it returns."""

PATIENCE_SECONDS = 10.0

ENDING_SECONDS = 70.0
"""How long a script may go on after its connection was shut down."""


@dataclass
class RawServer:
    """A listening socket, and what came to it; `serving` counts the connections whose scripts have not ended.

    Attributes:
        stopped: Set when the server is to stop: for scripts that wait for something else than their connection.
    """

    listener: socket.socket
    script: Script
    tls: ssl.SSLContext | None = None
    connections: list[socket.socket] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    serving: int = 0
    stopped: Event = field(default_factory=Event)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[Thread] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.port = int(self.listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Scheme, address and port, without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Take connections, each in a thread of its own, until the server stops."""
        self._begin(self._run)

    def stop(self) -> None:
        """End all threads, then close: each of them closes its own connection.

        A descriptor that is closed while another thread reads from it may be somebody else's connection by the time
        at which that thread goes on reading.
        """
        with self._lock:
            self.stopped.set()
            for connection in [self.listener, *self._open]:
                _wake(connection)
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
            pass  # where it is not enough to shut a listener down
        for thread in self._threads:
            thread.join(ENDING_SECONDS)
        self.listener.close()
        assert not any(thread.is_alive() for thread in self._threads), "a script goes on after its server was stopped"

    def _begin(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while True:
            try:
                accepted = self.listener.accept()[0]
            except OSError:
                return
            with self._lock:
                if self.stopped.is_set():
                    accepted.close()
                    return
                self.serving += 1
                self._begin(lambda accepted=accepted: self._serve(accepted))  # type: ignore[misc]

    def _serve(self, accepted: socket.socket) -> None:
        accepted.settimeout(PATIENCE_SECONDS)
        # Else a last answer waits for an acknowledgement, and is lost if the script closes with input unread.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = accepted
        try:
            if self.tls:
                connection = self.tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
            self.script(connection, self._enter(connection))
        except Exception as error:  # noqa: BLE001 - clients that go away are part of the tests
            clear_frames(error.__traceback__)  # they hold bodies
            self.errors.append(error)
        finally:
            with self._lock:
                if connection in self._open:
                    self._open.remove(connection)
                connection.close()
                self.serving -= 1

    def _enter(self, connection: socket.socket) -> int:
        """The number of a connection, over which TLS is spoken by then if it is to be."""
        with self._lock:
            if self.stopped.is_set():
                raise ConnectionAbortedError("the server was stopped")
            self._open.append(connection)
        if isinstance(connection, ssl.SSLSocket):
            connection.do_handshake()
        with self._lock:
            self.connections.append(connection)
            return len(self.connections) - 1


def _wake(connection: socket.socket) -> None:
    """End what another thread waits for; past TLS, whose own `shutdown` would let that thread go on in the clear."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


@contextmanager
def raw_server(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Run a script for each connection, over TLS if a context is given."""
    server = RawServer(socket.create_server(("127.0.0.1", 0), backlog=128), script, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def saying(*replies: bytes) -> Script:
    """A script: answers the requests of all connections with these, in turn, and closes after each."""
    left = iter(replies)

    def script(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(next(left))

    return script


def replying(reply: bytes) -> Script:
    """A script: answers every request with this, and keeps connections."""

    def script(connection: socket.socket, _number: int) -> None:
        while read_request(connection)[0]:
            connection.sendall(reply)

    return script


def read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    """A head up to its blank line, and what came behind it; both empty if the other side closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            return b"", b""
        data += received
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of a request, whose length its head tells; both empty if the other side closed."""
    head, rest = read_head(connection)
    length = int(header(head, b"content-length") or 0)
    body = bytearray(rest)
    while len(body) < length:
        received = connection.recv(65536)
        if not received:
            break
        body += received
    return head, bytes(body)


def header(head: bytes, name: bytes) -> bytes | None:
    """The value of a header, None if there is none."""
    for line in head.split(b"\r\n")[1:]:
        found, _, value = line.partition(b":")
        if found.lower() == name.lower():
            return value.strip()
    return None


def answer(body: bytes = b"", status: bytes = b"200 OK", headers: bytes = b"") -> bytes:
    """A whole answer with its length; `headers` are whole lines."""
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), headers, body)


def echo(connection: socket.socket, _number: int) -> None:
    """A script: answers each request with its request line and its body."""
    while True:
        head, body = read_request(connection)
        if not head:
            return
        connection.sendall(answer(head.split(b"\r\n")[0] + b"\n" + body))


def join(first: socket.socket, second: socket.socket) -> None:
    """Hand over bytes both ways, in this one thread as TLS needs it, until one end closes."""
    other = {first: second, second: first}
    while True:
        waiting = [end for end in other if isinstance(end, ssl.SSLSocket) and end.pending()]
        for source in waiting or select.select(list(other), [], [], PATIENCE_SECONDS)[0]:
            data = source.recv(65536)
            if not data:
                return
            other[source].sendall(data)
