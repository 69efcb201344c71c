"""Ranges of bytes: how one is asked for, and what an answer holds of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer

_CONTENT_RANGE = r"bytes (\d+)-(\d+)/(\d+)"


class Place(NamedTuple):
    """Where in an answer the bytes are that were asked for.

    Attributes:
        size: Bytes of the whole object.
        skip: Bytes at the start of the answer that were not asked for.
        take: Bytes after those that were.
    """

    size: int
    skip: int
    take: int


def range_header(start: int, stop: int | None) -> str | None:
    """The value of `Range` for the bytes from `start` up to `stop`, None if that is all; `stop` is past `start`."""
    if stop is None:
        return f"bytes={start}-" if start else None
    return f"bytes={start}-{stop - 1}"


def find_place(answer: HttpAnswer, start: int, stop: int | None) -> Place:
    """Where the bytes from `start` up to `stop` are, also if the server ignored that only those were asked for.

    Raises:
        StrangeAnswer: The answer is of another range, or does not say of which, or not how large the object is.
    """
    if answer.status == 206:
        return _place_of_range(answer, start, stop)
    size = answer.length
    if size is None:
        raise StrangeAnswer("the answer does not say how many bytes the object has")
    end = size if stop is None else min(stop, size)
    return Place(size, min(start, size), max(0, end - start))


def _place_of_range(answer: HttpAnswer, start: int, stop: int | None) -> Place:
    match = re.fullmatch(_CONTENT_RANGE, answer.headers.get("content-range", ""))
    if not match:
        raise StrangeAnswer("the answer is of a range, but does not say of which")
    first, last, size = map(int, match.groups())
    end = size if stop is None else min(stop, size)
    if first != start or last + 1 != end or answer.length not in (None, end - start):
        raise StrangeAnswer(f"the answer is of bytes {first} to {last}, asked for were {start} to {end - 1}")
    return Place(size, 0, end - start)
