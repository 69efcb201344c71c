"""HTTP/1.1 for the doubles: complete requests in, complete responses out, over connections that are kept."""

from __future__ import annotations

import dataclasses
import functools
import re
import socket
import ssl
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO, Protocol
from urllib.parse import parse_qsl, unquote

from test.loopback.raw import RawServer, Script, raw_server

IDLE_ERRORS = (TimeoutError, ConnectionError)


@dataclasses.dataclass(frozen=True)
class Request:
    """What a client asked for.

    Attributes:
        target: As sent, quoted.
        headers: Their names in lower case; values as sent, each byte one character.
        connection: The number of the connection, from 0.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    connection: int
    body: bytes = b""

    @property
    def raw_path(self) -> str:
        """The path as sent, quoted."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The query as sent, quoted."""
        return self.target.partition("?")[2]

    @functools.cached_property
    def path(self) -> str:
        """The path without quoting; what is not UTF-8 raises `UnicodeDecodeError`."""
        return unquote(self.raw_path, errors="strict")

    @functools.cached_property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query; one without a value is empty."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    def header(self, name: str) -> str:
        """The value of a header, empty if there is none."""
        return self.headers.get(name, "")


@dataclasses.dataclass
class Response:
    """What the server answers.

    Attributes:
        headers: With the names as sent; the length, the date and the framing are added.
        chunked: The body comes in chunks, and its length is not told.
        length_told: Whether the response to a HEAD has a length.
        close: Close the connection after it.
        lost: Do the work, and close the connection without an answer.
        cut: Bytes of the body after which the connection is closed, though more were announced.
    """

    status: int = 200
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    chunked: bool = False
    length_told: bool = True
    close: bool = False
    lost: bool = False
    cut: int | None = None


class Handler(Protocol):
    """What a double does with requests; many threads ask it at once."""

    def early(self, request: Request) -> Response | None:
        """A final response to a request that asks for `100 Continue`, before its body; None: it may be sent."""

    def respond(self, request: Request) -> Response:
        """The response to a complete request."""


@contextmanager
def serve(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Run a handler on loopback, over TLS if a context is given."""
    with raw_server(script_of(handler), tls) as server:
        yield server


def script_of(handler: Handler) -> Script:
    """A script that serves a connection until the client closes it, or a response says so."""

    def script(connection: socket.socket, number: int) -> None:
        with connection.makefile("rb") as stream:
            try:
                while _serve_one(handler, connection, stream, number):
                    pass
            except IDLE_ERRORS:
                return  # the client went away, or keeps a connection that it does not use

    return script


def _serve_one(handler: Handler, connection: socket.socket, stream: BinaryIO, number: int) -> bool:
    """Serve one request; False: the connection is not used any more."""
    request = _read_head(stream, number)
    if request is None:
        return False
    response = None
    if request.header("expect").lower() == "100-continue":
        response = handler.early(request)
        if response is None:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        else:
            response.close = True  # whether the body comes all the same is not known
    if response is None:
        response = _responded(handler, dataclasses.replace(request, body=_read_body(stream, request)))
    if response.lost:
        return False
    _send(connection, request, response)
    return response.cut is None and not response.close and request.header("connection").lower() != "close"


def _responded(handler: Handler, request: Request) -> Response:
    try:
        return handler.respond(request)
    except Exception:  # noqa: BLE001 - a fault of the double's own is to be seen by who asked
        return Response(500, {"Content-Type": "text/plain"}, traceback.format_exc().encode(), close=True)


def _read_head(stream: BinaryIO, number: int) -> Request | None:
    line = stream.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").rstrip("\r\n").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := stream.readline()) not in (b"\r\n", b"\n"):
        if not line:
            return None
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(method, re.sub(r"^https?://[^/]+", "", target), headers, number)


def _read_body(stream: BinaryIO, request: Request) -> bytes:
    if request.header("transfer-encoding").lower() == "chunked":
        return b"".join(iter(lambda: _read_chunk(stream), b""))
    return _read_exactly(stream, int(request.header("content-length") or 0))


def _read_chunk(stream: BinaryIO) -> bytes:
    chunk = _read_exactly(stream, int(stream.readline().partition(b";")[0], 16))
    while not chunk and stream.readline().strip():
        pass
    if chunk:
        stream.readline()
    return chunk


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ConnectionAbortedError("the client sent less than it announced")
    return data


def _send(connection: socket.socket, request: Request, response: Response) -> None:
    lines = [f"HTTP/1.1 {response.status} {_reason(response.status)}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if "Date" not in response.headers:
        lines.append(f"Date: {http_date(time.time())}")
    lines += _framing(request, response)
    lines += ["Connection: close"] if response.close else []
    connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    if request.method == "HEAD" or response.status in (204, 304):
        return
    if response.chunked:
        _send_chunks(connection, response.body)
    else:
        connection.sendall(response.body[: response.cut])


def _framing(request: Request, response: Response) -> list[str]:
    if response.status in (204, 304) or (request.method == "HEAD" and not response.length_told):
        return []
    if response.chunked:
        return [] if request.method == "HEAD" else ["Transfer-Encoding: chunked"]
    return [f"Content-Length: {len(response.body)}"]


def _send_chunks(connection: socket.socket, body: bytes, size: int = 65536) -> None:
    for start in range(0, len(body), size):
        block = body[start : start + size]
        connection.sendall(b"%x\r\n%b\r\n" % (len(block), block))
    connection.sendall(b"0\r\n\r\n")


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"


def http_date(moment: float) -> str:
    """A time as HTTP writes it, in whole seconds."""
    return formatdate(moment, usegmt=True)
