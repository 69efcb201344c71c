"""Streams as callers have them: without seek, in short reads, failing midway, from a pipe."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Iterator
from typing import IO, cast


class ProducerError(Exception):
    """What a caller's own stream raises."""


class PlainStream:
    """A stream that can only `read`, as an HTTP answer can; `limit` makes each read short."""

    def __init__(self, data: bytes, limit: int | None = None) -> None:
        self._rest = io.BytesIO(data)
        self._limit = limit
        self.closed: bool = False

    def read(self, size: int = -1) -> bytes:
        """At most `size` and at most `limit` bytes."""
        if self._limit is not None:
            size = self._limit if size < 0 else min(size, self._limit)
        return self._rest.read(size)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


class FailingStream(PlainStream):
    """Gives some bytes, then raises `error`."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.error: ProducerError = ProducerError("the producer failed")

    def read(self, size: int = -1) -> bytes:
        """Some bytes, or the error in place of the end."""
        block = super().read(size)
        if not block:
            raise self.error
        return block


class FailingSink(io.RawIOBase):
    """Takes some bytes, then raises `error`."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.error: OSError = OSError(28, "no room")
        self._room = room

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        size = len(memoryview(data))  # type: ignore[arg-type]
        self._room -= size
        if self._room < 0:
            raise self.error
        return size


class ShortSink(io.RawIOBase):
    """Takes a few bytes of what each write offers, as a raw stream may."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.taken: bytearray = bytearray()
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(memoryview(data)[: self._limit])  # type: ignore[arg-type]
        self.taken += piece
        return len(piece)


def binary(stream: object) -> IO[bytes]:
    """Something with `read` or `write`, as the type that the client's methods name."""
    return cast("IO[bytes]", stream)


@contextlib.contextmanager
def pipe_of(data: bytes) -> Iterator[IO[bytes]]:
    """The reading end of a pipe through which the data comes, written by a thread."""
    reading, writing = os.pipe()
    thread = threading.Thread(target=_feed, args=(writing, data), daemon=True)
    thread.start()
    with open(reading, "rb") as stream:
        yield stream
    thread.join()


def _feed(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), open(descriptor, "wb") as stream:
        stream.write(data)
