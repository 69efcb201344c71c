"""Heads of HTTP/1.1: the parser of answers' heads, strict, and the writer of requests' heads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar, overload

from obs_client._http.errors import BrokenAnswer

T = TypeVar("T")

_STATUS = re.compile(r"HTTP/1\.([01]) ([1-5]\d\d)(?: ([^\r\n]*))?")
_FIELDS_ANSWERED = re.compile(r"(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*)*")
_REQUEST_LINE = re.compile(r"[A-Z]+ [!-~]+ HTTP/1\.1\r\n")
_FIELDS = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\x01-\t\x0b\x0c\x0e-\xff]*\r\n)*")
_HANDLED = frozenset({"accept-encoding", "content-length", "expect", "host", "transfer-encoding"})
_LENGTH_DIGITS = 18


class HttpHeaders(Mapping[str, str]):
    """The headers of an answer: names in any case, given out in lower case; repeated ones joined by ", ".

    A value is text of latin-1, so that no byte is lost.
    """

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | T) -> str | T: ...
    def get(self, name: str, /, default: str | T | None = None) -> str | T | None:
        """As any mapping, without an exception inside: most answers have few of the headers that are looked for."""
        return self._values.get(name.lower(), default)

    @property
    def by_lower_name(self) -> Mapping[str, str]:
        """The same as a plain mapping, for who looks for many: names in lower case only."""
        return self._values

    def raw(self, name: str) -> bytes:
        """The bytes of a value as they came; `KeyError` if there is none."""
        return self[name].encode("latin-1")


class Head(NamedTuple):
    """The head of an answer; `keeps` says whether the connection stays open after the body."""

    status: int
    reason: str
    headers: HttpHeaders
    keeps: bool


def parse_head(data: bytes) -> Head:
    """Read a whole head, given without the blank line that ended it.

    Raises:
        BrokenAnswer: It is no head of HTTP/1.0 or HTTP/1.1.
    """
    text = data.decode("latin-1")
    first, *lines = text.split("\r\n")
    match = _STATUS.fullmatch(first)
    if not match:
        raise BrokenAnswer("the response is not HTTP")
    if not _FIELDS_ANSWERED.fullmatch(text, len(first)):
        raise BrokenAnswer("the response has a malformed header")
    values: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.lower()
        value = value.strip(" \t")
        values[name] = f"{values[name]}, {value}" if name in values else value
    status = int(match[2])
    return Head(status, match[3] or "", HttpHeaders(values), _keeps(match[1], status, values))


def _keeps(minor: str, status: int, values: dict[str, str]) -> bool:
    if status == 204 and values.get("content-length", "0") != "0":
        return False  # a body may follow where none is allowed
    options = values.get("connection", "").lower()
    return "close" not in options and (minor == "1" or "keep-alive" in options)


def body_length(method: str, head: Head) -> int | None:
    """The bytes of the body that follows a head, None if it comes in chunks.

    Raises:
        BrokenAnswer: There are several lengths or none, or a length and chunks, or an unknown coding.
    """
    announced = head.headers.get("content-length")
    length = None if announced is None else _parse_length(announced)
    coding = head.headers.get("transfer-encoding")
    if coding is not None and (coding.lower() != "chunked" or length is not None):
        raise BrokenAnswer("the response has an unknown transfer coding, or a length in addition to it")
    if method == "HEAD" or head.status in (204, 304):
        return 0
    if coding is None and length is None:
        advice = "; if the server speaks TLS, its URL begins with https://" if head.status == 400 else ""
        raise BrokenAnswer(f"the response has no length and no chunks{advice}")
    return length


def _parse_length(announced: str) -> int:
    first, *others = (part.strip() for part in announced.split(","))
    if not first.isdecimal() or len(first) > _LENGTH_DIGITS or any(other != first for other in others):
        raise BrokenAnswer("the response has a malformed length, or several")
    return int(first)


def request_head(
    method: str, target: str, host: str, headers: Mapping[str, str], size: int | None, *, expect_continue: bool
) -> bytes:
    """The head of a request; `size` is that of its body in bytes, None without one.

    The target and the values are sent as they are, text as latin-1. `Content-Length` and `Expect` follow from the
    arguments, whatever the headers say; `Host` and `Accept-Encoding` are added if they are not among them.

    Raises:
        ValueError: A method, target, name or value cannot be sent, or the headers tell another length than `size`.
    """
    lines = []
    given: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower in _HANDLED:
            given[lower] = value
        else:
            lines.append(name + ": " + value + "\r\n")
    _check_length(given, size or 0)
    lines.append("Host: " + given.get("host", host) + "\r\n")
    lines.append("Accept-Encoding: " + given.get("accept-encoding", "identity") + "\r\n")
    if size is not None or method in ("PUT", "POST"):
        lines.append(f"Content-Length: {size or 0}\r\n")
    if expect_continue:
        lines.append("Expect: 100-continue\r\n")
    first = f"{method} {target} HTTP/1.1\r\n"
    fields = "".join(lines)
    # As many line ends as lines: a value that brings its own is a header of somebody else's.
    if not _REQUEST_LINE.fullmatch(first) or not _FIELDS.fullmatch(fields) or fields.count("\n") != len(lines):
        raise ValueError("a method, target, header name or value holds characters that HTTP does not allow")
    return (first + fields + "\r\n").encode("latin-1")


def _check_length(given: dict[str, str], size: int) -> None:
    if "transfer-encoding" in given:
        raise ValueError("a body is sent with its length, never with Transfer-Encoding")
    if given.get("content-length", str(size)) != str(size):
        raise ValueError(f"the Content-Length in the headers is not the body's {size} bytes")
