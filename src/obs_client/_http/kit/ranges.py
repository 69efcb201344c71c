"""Ranges of bytes: how one is asked for, and what an answer holds of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer

_CONTENT_RANGE = r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)"


class Place(NamedTuple):
    """Where in an answer the bytes are that were asked for.

    Attributes:
        size: Bytes of the whole object; None: the answer does not say.
        skip: Bytes at the start of the answer that were not asked for.
        take: Bytes after those that were; fewer follow only where the size is not told. None: all that follow.
    """

    size: int | None
    skip: int
    take: int | None


def range_header(start: int, stop: int | None) -> str | None:
    """The value of `Range` for the bytes from `start` up to `stop`, None if that is all; `stop` is past `start`."""
    if stop is None:
        return f"bytes={start}-" if start else None
    return f"bytes={start}-{stop - 1}"


def end_header(count: int) -> str:
    """The value of `Range` for the last bytes, so many, or all if there are fewer."""
    return f"bytes=-{count}"


def is_part(answer: HttpAnswer) -> bool:
    """Whether a response holds a range, and not the whole object.

    The status says so. `rclone serve s3` sends a range with the status of a whole object; there only `Content-Range`
    says so.
    """
    if answer.status == 206:
        return True
    told = _told(answer)
    return told is not None and (told.first, told.end) != (0, told.size) and answer.length != told.size


def find_end(answer: HttpAnswer, count: int) -> Place | None:
    """Where the last bytes are, also if the server ignored that only those were asked for; None: it does not say."""
    if not is_part(answer):
        size = answer.length
        return None if size is None else Place(size, max(0, size - count), min(size, count))
    told = _told(answer)
    if told is None or told.size is None:
        return None
    fits = told.end == told.size and told.first == max(0, told.size - count)
    return Place(told.size, 0, told.end - told.first) if fits and _is_as_long(answer, told) else None


def find_place(answer: HttpAnswer, start: int, stop: int | None) -> Place:
    """Where the bytes from `start` up to `stop` are, also if the server ignored that only those were asked for.

    Raises:
        StrangeAnswer: The answer is of another range, or does not say of which.
    """
    if is_part(answer):
        return _place_of_range(answer, start, stop)
    size = answer.length
    if size is None:
        return Place(None, start, None if stop is None else stop - start)
    end = size if stop is None else min(stop, size)
    return Place(size, min(start, size), max(0, end - start))


def _place_of_range(answer: HttpAnswer, start: int, stop: int | None) -> Place:
    told = _told(answer)
    if told is None:
        raise StrangeAnswer("the response is a range, but does not say which one")
    first, end, size = told
    fits = (stop is None or end <= stop) if size is None else end == (size if stop is None else min(stop, size))
    if first != start or not fits or not _is_as_long(answer, told):
        wanted = "to the end" if stop is None else f"to {stop - 1}"
        raise StrangeAnswer(f"the response has bytes {first} to {end - 1}, requested were {start} {wanted}")
    return Place(size, 0, end - start)


class _Told(NamedTuple):
    """What `Content-Range` says: the first byte, the one after the last, and the size of the object if known."""

    first: int
    end: int
    size: int | None


def _told(answer: HttpAnswer) -> _Told | None:
    match = re.fullmatch(_CONTENT_RANGE, answer.headers.get("content-range", ""))
    return match and _Told(int(match[1]), int(match[2]) + 1, None if match[3] == "*" else int(match[3]))


def _is_as_long(answer: HttpAnswer, told: _Told) -> bool:
    return answer.length in (None, told.end - told.first)
