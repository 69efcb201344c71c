"""A server whose every byte a script decides."""

import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from traceback import clear_frames

Script = Callable[[socket.socket, int], None]
"""Is given a connection and its number from 0; what it leaves open is closed when it returns."""

PATIENCE_SECONDS = 10.0


@dataclass
class RawServer:
    """A listening socket, and what came to it; `serving` counts the connections whose scripts have not ended."""

    listener: socket.socket
    script: Script
    tls: ssl.SSLContext | None = None
    connections: list[socket.socket] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    serving: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.port = int(self.listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Scheme, address and port, without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def run(self) -> None:
        """Take connections, each in a thread of its own, until the listener closes."""
        while True:
            try:
                accepted = self.listener.accept()[0]
            except OSError:
                return
            accepted.settimeout(PATIENCE_SECONDS)
            # Else a last answer waits for an acknowledgement, and is lost if the script closes with input unread.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.serving += 1
            Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def stop(self) -> None:
        """Close the listener and all connections."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                secured = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
                with secured:
                    with self._lock:
                        number = len(self.connections)
                        self.connections.append(secured)
                    self.script(secured, number)
        except Exception as error:  # noqa: BLE001 - clients that go away are part of the tests
            clear_frames(error.__traceback__)  # they hold bodies
            self.errors.append(error)
        finally:
            with self._lock:
                self.serving -= 1


@contextmanager
def raw_server(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Run a script for each connection, over TLS if a context is given."""
    server = RawServer(socket.create_server(("127.0.0.1", 0), backlog=128), script, tls)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


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
