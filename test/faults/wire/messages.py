"""Requests and answers of HTTP/1.1 as bytes that can be spoiled."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from test.loopback.raw import read_head

BLOCK = 256 * 1024


@dataclasses.dataclass(frozen=True)
class Request:
    """The head of a request.

    Attributes:
        number: In the journal, from 0.
        turn: Which request of its connection it is, from 1.
        method: GET and so on.
        target: Path and query as they were sent.
        headers: Names in lower case.
    """

    number: int
    turn: int
    method: str
    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """The path, unquoted."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The parameters, unquoted."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return int(self.headers.get("content-length") or 0)


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer: its head in pieces, its content, and, as long as nothing was changed, the bytes as they came."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    raw: bytes = b""

    @property
    def says(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """What it comes to, however it is written."""
        return self.status, sorted((name.lower(), value) for name, value in self.headers), self.body

    def get(self, name: str) -> str | None:
        """The value of a header."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def without(self, *names: str) -> Answer:
        """The same answer without some headers."""
        left = tuple((key, value) for key, value in self.headers if key.lower() not in names)
        return dataclasses.replace(self, headers=left, raw=b"")

    def with_header(self, name: str, value: str) -> Answer:
        """The same answer with a header set."""
        left = self.without(name.lower())
        return dataclasses.replace(left, headers=(*left.headers, (name, value)))

    def with_body(self, body: bytes) -> Answer:
        """The same answer with other content, and a length that agrees."""
        left = self.without("transfer-encoding").with_header("Content-Length", str(len(body)))
        return dataclasses.replace(left, body=body)

    def head(self) -> bytes:
        """The head with its blank line."""
        if self.raw:
            return self.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return f"HTTP/1.1 {self.status} {self.reason}\r\n{lines}\r\n".encode("latin-1")

    def encode(self) -> bytes:
        """All bytes."""
        return self.raw or self.head() + self.body


def made(status: int, reason: str, body: bytes = b"", **headers: str) -> Answer:
    """An answer of our own; `_` in the name of a header stands for `-`."""
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, reason, given).with_body(body)


def parse_request(head: bytes, number: int, turn: int) -> Request:
    """Read the head of a request, without its blank line."""
    method, target, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
    return Request(number, turn, method, target, {name.lower(): value for name, value in _fields(head)})


def read_answer(connection: socket.socket, method: str) -> Answer:
    """Read a whole answer; raises `ConnectionError` if it ends early."""
    head, rest = read_head(connection)
    while head.split(b" ", 2)[1:2] == [b"100"]:
        more, rest = (rest.partition(b"\r\n\r\n")[::2]) if b"\r\n\r\n" in rest else read_head(connection)
        head = more
    if not head:
        raise ConnectionError("the server closed without an answer")
    line = head.split(b"\r\n")[0].decode("latin-1").split(" ", 2)
    answer = Answer(int(line[1]), line[2] if len(line) > 2 else "", tuple(_fields(head)))
    raw, body = _read_body(connection, answer, rest, method)
    return dataclasses.replace(answer, body=body, raw=head + b"\r\n\r\n" + raw)


def _fields(head: bytes) -> list[tuple[str, str]]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def _read_body(connection: socket.socket, answer: Answer, rest: bytes, method: str) -> tuple[bytes, bytes]:
    if method == "HEAD" or answer.status in (204, 304):
        return b"", b""
    feed = _Feed(connection, rest)
    if (answer.get("transfer-encoding") or "").lower() == "chunked":
        body = _read_chunks(feed)
        return bytes(feed.taken), body
    length = answer.get("content-length")
    body = feed.take(int(length)) if length is not None else feed.take_all()
    return body, body


class _Feed:
    """Bytes of a connection, and all that were taken of them."""

    def __init__(self, connection: socket.socket, ahead: bytes) -> None:
        self._receive: Callable[[int], bytes] = connection.recv
        self._ahead = bytearray(ahead)
        self.taken = bytearray()

    def take(self, count: int) -> bytes:
        while len(self._ahead) < count:
            data = self._receive(BLOCK)
            if not data:
                raise ConnectionError("the server closed within its answer")
            self._ahead += data
        data = bytes(self._ahead[:count])
        del self._ahead[:count]
        self.taken += data
        return data

    def take_line(self) -> bytes:
        while b"\r\n" not in self._ahead:
            self._ahead += self._receive(BLOCK) or b"\r\n"
        return self.take(self._ahead.index(b"\r\n") + 2)

    def take_all(self) -> bytes:
        while data := self._receive(BLOCK):
            self._ahead += data
        return self.take(len(self._ahead))


def _read_chunks(feed: _Feed) -> bytes:
    body = b""
    while size := int(feed.take_line().split(b";")[0], 16):
        body += feed.take(size)
        feed.take_line()
    while feed.take_line() != b"\r\n":
        pass
    return body
