"""The whole content of an answer as text, by way of buffers that are used again: fresh memory is dear in listings."""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import not_utf8

CONTENT_LIMIT = 64 * 1024 * 1024
"""Bytes of the largest document that is read into memory."""

_BUFFERS = 2
_BUFFER_LIMIT = 4 * 1024 * 1024


class Buffers:
    """A few buffers, which many threads may share."""

    def __init__(self) -> None:
        self._free: deque[bytearray] = deque(maxlen=_BUFFERS)

    def clear(self) -> None:
        """Give the memory back."""
        self._free.clear()

    def read_text(self, answer: HttpAnswer) -> str:
        """The rest of an answer's body.

        Raises:
            BrokenAnswer: It was cut, or is longer than `CONTENT_LIMIT`.
            StrangeAnswer: It is whole, and not in UTF-8.
        """
        try:
            if answer.length is None or answer.length > _BUFFER_LIMIT:
                return answer.read(CONTENT_LIMIT).decode()
            return self._read_announced(answer, answer.length)
        except UnicodeDecodeError as error:
            raise not_utf8(error) from error

    def _read_announced(self, answer: HttpAnswer, size: int) -> str:
        buffer = self._take(size)
        rest = memoryview(buffer)[:size]
        while count := answer.readinto(rest):
            rest = rest[count:]
        text = str(memoryview(buffer)[:size], "utf-8")
        self._free.append(buffer)
        return text

    def _take(self, size: int) -> bytearray:
        with suppress(IndexError):  # there is none, or another thread was faster
            buffer = self._free.pop()
            if len(buffer) >= size:
                return buffer
        return bytearray(size)
