"""An answer of HTTP: its head, and its body as it comes, to its announced end or an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self

from obs_client._http.connection import Connection
from obs_client._http.errors import BrokenAnswer
from obs_client._http.head import Head, HttpHeaders
from obs_client.backend.watching import Watch

_READ_SIZE = 64 * 1024
_TRAILERS = 100


class HttpAnswer:
    """An answer whose body is still to be read, by one thread; close it, or read it to its end.

    Attributes:
        length: Bytes of the body as announced, 0 where there is none (HEAD, 204, 304), None if it comes in chunks.
    """

    __slots__ = (
        "_closed",
        "_connection",
        "_ended",
        "_follows",
        "_left",
        "_passed",
        "_release",
        "_watch",
        "headers",
        "length",
        "reason",
        "status",
    )

    def __init__(
        self, head: Head, length: int | None, connection: Connection, release: Callable[[Connection], None]
    ) -> None:
        self.status: int = head.status
        self.reason: str = head.reason
        self.headers: HttpHeaders = head.headers
        self.length: int | None = length
        self._left = length or 0
        self._follows = False  # whether the end of a chunk's line comes before the next size
        self._connection = connection
        self._release = release
        self._passed = 0  # bytes of the chunks so far
        self._watch: Watch | None = None
        self._ended = self._closed = False
        if length == 0:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def readinto(self, buffer: memoryview) -> int:
        """Read some bytes of the body into the start of `buffer` and return their count, 0 only at the true end.

        Raises:
            BrokenAnswer: The body ended early, a chunk is broken, or the answer was closed before.
            TimeoutError: No byte came in time.
        """
        if self._ended or not buffer:
            return 0
        try:
            self._check_open()
            if self.length is None and not self._left and not self._next_chunk():
                return 0
            count = self._connection.receive_into(buffer[: self._left])
        except BaseException as error:
            self._fail(error)
            raise
        self._left -= count
        if not self._left and self.length is not None:
            self._end()
        return count

    def read(self, limit: int) -> bytes:
        """The whole rest of the body.

        Raises:
            BrokenAnswer: As `readinto`, or there are more than `limit` bytes.
        """
        if self.length is None:
            return self._read_chunks(limit)
        if self._left > limit:
            self._refuse(limit)
        if self._left and not self._closed and (data := self._connection.take(self._left)):
            self._left = 0
            self._end()
            return data
        return self._read_announced()

    def close(self) -> None:
        """Close the connection too, unless the body was read to its end: then the pool has it again.

        By the thread that reads, or when it has ended: a descriptor must not be closed under a read.
        """
        self._fail(None)

    def watch(self, watch: Watch) -> None:
        """Tell a watch when the body has ended."""
        self._watch = watch
        if self._ended:
            watch.end()

    def _fail(self, error: BaseException | None) -> None:
        """Close before the end, since that is not wanted, or because of an error."""
        if not self._ended and not self._closed:
            self._closed = True
            self._connection.close()
            if self._watch:
                self._watch.end(self._received, error)

    @property
    def _received(self) -> int:
        """Bytes of the body that were read."""
        return (self._passed if self.length is None else self.length) - self._left

    def _read_announced(self) -> bytes:
        data = bytearray(self._left)
        view = memoryview(data)
        while count := self.readinto(view):
            view = view[count:]
        return bytes(data)

    def _read_chunks(self, limit: int) -> bytes:
        data = bytearray()
        block = memoryview(bytearray(_READ_SIZE))
        while count := self.readinto(block):
            data += block[:count]
            if len(data) > limit:
                self._refuse(limit)
        return bytes(data)

    def _refuse(self, limit: int) -> NoReturn:
        self.close()
        raise BrokenAnswer(f"the response has more than {limit} bytes")

    def _check_open(self) -> None:
        if self._closed:
            raise BrokenAnswer("the response was closed before its end")
        if self._connection.process != os.getpid():
            raise BrokenAnswer("the response belongs to the parent process of this fork")

    def _next_chunk(self) -> int:
        if self._follows and self._connection.receive_line():
            raise BrokenAnswer("a chunk of the response is longer than its declared size")
        self._follows = True
        self._left = self._connection.receive_chunk_size()
        self._passed += self._left
        if not self._left:
            self._pass_trailers()
            self._end()
        return self._left

    def _pass_trailers(self) -> None:
        for _ in range(_TRAILERS):
            if not self._connection.receive_line():
                return
        raise BrokenAnswer("the response ends with too many trailers")

    def _end(self) -> None:
        self._ended = True
        self._release(self._connection)
        if self._watch:
            self._watch.end(self._received)
