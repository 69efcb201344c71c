"""Readers of objects: whole, of a range, and of a range past the end."""

from __future__ import annotations

import re

from obs_client._http.pool import BrokenAnswer, HttpAnswer
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.models import ObjectInfo

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_SKIP_SIZE = 64 * 1024


class S3Reader(ObjectReader):
    """The bytes of an answer; `left` of them, after so many that were not asked for."""

    def __init__(
        self, info: ObjectInfo, answer: HttpAnswer, digest: ContentDigest | None, skip: int, left: int
    ) -> None:
        self.info = info
        self.digest = digest
        self._answer = answer
        self._skip = skip
        self._left = left

    def readinto(self, buffer: memoryview) -> int:
        if self._skip:
            self._pass_over()
        if not self._left:
            return 0
        count = self._answer.readinto(buffer[: self._left])
        self._left -= count
        return count

    def close(self) -> None:
        self._answer.close()

    def _pass_over(self) -> None:
        view = memoryview(bytearray(min(_SKIP_SIZE, self._skip)))
        while self._skip:
            count = self._answer.readinto(view[: self._skip])
            if not count:
                raise BrokenAnswer("the answer ended before the range that was asked for")
            self._skip -= count


class EmptyReader(ObjectReader):
    """No bytes, of an object that is there."""

    def __init__(self, info: ObjectInfo) -> None:
        self.info = info

    def readinto(self, buffer: memoryview) -> int:
        return 0

    def close(self) -> None:
        pass


def range_header(start: int, stop: int | None) -> str | None:
    """The header that asks for a range, None for all."""
    if stop is None:
        return f"bytes={start}-" if start else None
    return f"bytes={start}-{stop - 1}"


def place(answer: HttpAnswer, start: int, stop: int | None) -> tuple[int, int, int]:
    """The size of the object, and the bytes of the answer to pass over and then to take.

    Raises:
        BrokenAnswer: The answer is of another range than was asked for, or does not say of which.
    """
    if answer.status == 206:
        return _place_of_range(answer, start, stop)
    size = answer.length
    if size is None:
        raise BrokenAnswer("the answer does not say how many bytes the object has")
    end = size if stop is None else min(stop, size)
    return size, min(start, size), max(0, end - start)


def _place_of_range(answer: HttpAnswer, start: int, stop: int | None) -> tuple[int, int, int]:
    match = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if not match:
        raise BrokenAnswer("the answer is of a range, but does not say of which")
    first, last, size = map(int, match.groups())
    end = size if stop is None else min(stop, size)
    if first != start or last + 1 != end or answer.length not in (None, end - start):
        raise BrokenAnswer(f"the answer is of bytes {first} to {last}, asked for were {start} to {end - 1}")
    return size, 0, end - start
