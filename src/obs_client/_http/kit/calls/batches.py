"""Many requests as one: `multipart/mixed` with a part of `application/http` for each, and the answers to them.

By RFC 2046, 5.1.3, as Azure's "Blob Batch" and Google's "Batch requests" use it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.head import parse_head

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NUMBER = re.compile(rb"(?im)^content-id:[^\r\n]*?(\d{1,9})>?\r?$")


class Batch(NamedTuple):
    """A batch as it is sent."""

    content_type: str
    content: bytes


class PartAnswer(NamedTuple):
    """The answer to one request of a batch."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def make_batch(requests: Iterable[tuple[str, str, Mapping[str, str]]]) -> Batch:
    """A batch of requests without content: of each its method, its target and its headers."""
    boundary = f"batch_{secrets.token_hex(16)}"
    parts = []
    for number, (method, target, headers) in enumerate(requests):
        lines = [f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
        lines += [f"Content-ID: {number}", "", f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        parts.append("\r\n".join([*lines, "", ""]))
    content = "\r\n".join([*parts, f"--{boundary}--", ""])
    return Batch(f"multipart/mixed; boundary={boundary}", content.encode("latin-1"))


def read_batch(content_type: str, content: bytes) -> dict[int, PartAnswer]:
    """The answers in an answer to a batch, by the numbers of their requests.

    Raises:
        StrangeAnswer: It is no answer to a batch.
        BrokenAnswer: It ends before its last boundary.
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or not found:
        raise StrangeAnswer("the response to a batch is not multipart/mixed")
    mark = b"--" + found[1].encode("latin-1")
    _, *parts = content.split(mark)
    end = parts.pop() if parts else b""
    if not end.startswith(b"--"):
        raise BrokenAnswer("the response to a batch ends before its last boundary")
    return dict(map(_read_part, parts))


def failures_of(
    names: Iterable[str], answers: Mapping[int, PartAnswer], error_of: Callable[[PartAnswer], Exception | None]
) -> dict[str, Exception]:
    """The error of each name whose request failed, or of which the answers say nothing.

    Args:
        names: In the order of their requests.
        error_of: What an answer means; None: the request was done.
    """
    failures: dict[str, Exception] = {}
    for number, name in enumerate(names):
        answer = answers.get(number)
        error = error_of(answer) if answer else BrokenAnswer("the response to a batch has no result for this name")
        if error is not None:
            failures[name] = error
    return failures


def _read_part(part: bytes) -> tuple[int, PartAnswer]:
    envelope, _, answer = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
    number = _NUMBER.search(envelope)
    head, _, content = answer.partition(b"\r\n\r\n")
    parsed = parse_head(head.rstrip(b"\r\n"))
    # What refuses the batch as a whole names no request.
    return int(number[1]) if number else -1, PartAnswer(parsed.status, parsed.headers, content.rstrip(b"\r\n"))
