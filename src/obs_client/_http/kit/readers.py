"""Readers of objects over HTTP: of what was asked for in an answer's body, and of nothing."""

from __future__ import annotations

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.ranges import Place
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.models import ObjectInfo

_SKIP_SIZE = 64 * 1024


class AnswerReader(ObjectReader):
    """The bytes of an answer's body that were asked for; others before them are read and dropped.

    Where the answer does not say how many bytes the object has, they go as far as the answer does.
    """

    def __init__(self, info: ObjectInfo, answer: HttpAnswer, place: Place, digest: ContentDigest | None = None) -> None:
        self.info = info
        self.digest = digest
        self._answer = answer
        self._open_ended = place.size is None
        self._skip = place.skip
        self._left = place.take

    def readinto(self, buffer: memoryview) -> int:
        if self._left == 0:
            return 0
        if self._skip:
            self._pass_over()
        count = self._next(buffer[: self._left])
        if self._left is not None:
            self._left -= count
        return count

    def close(self) -> None:
        self._answer.close()

    def _pass_over(self) -> None:
        view = memoryview(bytearray(min(_SKIP_SIZE, self._skip)))
        while self._skip and (count := self._next(view[: self._skip])):
            self._skip -= count

    def _next(self, buffer: memoryview) -> int:
        count = self._answer.readinto(buffer)
        if not count and buffer and not self._open_ended:
            raise BrokenAnswer("the response ended before the end of the requested range")
        return count


class EmptyReader(ObjectReader):
    """No bytes, of an object that is there: the range that was asked for is past its end."""

    def __init__(self, info: ObjectInfo) -> None:
        self.info = info

    def readinto(self, buffer: memoryview) -> int:
        return 0

    def close(self) -> None:
        pass


def read_fully(reader: ObjectReader, view: memoryview) -> None:
    """Fill all of `view`; raises `BrokenAnswer` if the reader ends before."""
    while view:
        count = reader.readinto(view)
        if not count:
            raise BrokenAnswer("the response ended before the end of the requested range")
        view = view[count:]
