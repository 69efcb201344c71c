"""`object_open`: file objects over an object, each method of which is awaited."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from types import TracebackType
from typing import IO, TYPE_CHECKING, AnyStr, Generic, Self, TextIO, cast

from obs_client.aio.opening import OneAtATime
from obs_client.aio.threads import Threads
from obs_client.models import ObjectInfo

if TYPE_CHECKING:
    from obs_client._engine.transfers.files import TextWriteFile, WriteFile
    from obs_client._engine.transfers.read_file import ReadFile

LINES = 64 * 1024
"""Bytes, or characters, of which the lines are fetched at once."""


class AsyncReader(OneAtATime, Generic[AnyStr]):
    """A seekable reader of one version of an object. A read that is cancelled closes it: what it had got is lost."""

    def __init__(self, threads: Threads, file: IO[AnyStr]) -> None:
        super().__init__(threads)
        self._file: IO[AnyStr] = file
        self._lines: Iterator[AnyStr] = iter(())

    @property
    def _binary(self) -> ReadFile:
        return cast("ReadFile", getattr(self._file, "buffer", self._file))

    @property
    def info(self) -> ObjectInfo:
        """The object that is read, as the store told of it with its content."""
        return self._binary.info

    @property
    def verified(self) -> bool:
        """Whether all bytes were read in order, and proved to be what the store's digest says."""
        return self._binary.verified

    @property
    def closed(self) -> bool:
        return bool(self._file.closed)

    async def read(self, size: int = -1) -> AnyStr:
        """Up to so many bytes, or characters; -1: all that is left."""
        return await self._do(lambda: self._file.read(size))

    async def readline(self, size: int = -1) -> AnyStr:
        """One line with its end; empty at the end of the object."""
        return await self._do(lambda: self._file.readline(size))

    async def readlines(self, hint: int = -1) -> list[AnyStr]:
        """All lines that are left, or those within about so many bytes."""
        return await self._do(lambda: self._file.readlines(hint))

    async def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; returns where that is."""
        return await self._do(lambda: self._file.seek(offset, whence))

    async def tell(self) -> int:
        """The place from which is read next."""
        return await self._do(self._file.tell)

    def __aiter__(self) -> Self:
        """Iterate over the lines, which are read ahead: do not mix it with `read`, nor with `tell`."""
        return self

    async def __anext__(self) -> AnyStr:
        for line in self._lines:
            return line
        self._lines = iter(await self.readlines(LINES))
        for line in self._lines:
            return line
        raise StopAsyncIteration

    async def close(self) -> None:
        """Let go of the connection; safe to repeat."""
        await self._threads.end(self._drop)

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def _drop(self) -> None:
        self._file.close()


class AsyncWriter(OneAtATime, Generic[AnyStr]):
    """A writer whose object appears, whole, by `close()`, or at the end of an `async with` that raised nothing.

    A write that is cancelled discards all: nothing is published that misses a piece. A `close` that is cancelled has
    published the object or discarded it.
    """

    def __init__(self, threads: Threads, file: WriteFile | TextWriteFile) -> None:
        super().__init__(threads)
        self._file = file

    @property
    def info(self) -> ObjectInfo:
        """The object that was written, after it was closed, without another request.

        Raises:
            ValueError: It is not closed yet, or was discarded.
        """
        return self._file.info

    @property
    def closed(self) -> bool:
        return self._file.closed

    async def write(self, data: AnyStr) -> int:
        """Take all of it; after a failure nothing more can be written, and nothing is published."""
        file = cast("IO[AnyStr]", self._file)
        return await self._do(lambda: file.write(data))

    async def tell(self) -> int:
        """Bytes written until now."""
        return await self._do(self._file.tell)

    async def close(self) -> None:
        """Publish the object; does nothing if it was published or discarded before.

        Raises:
            PreconditionError: `if_absent` or `if_hash` does not hold; nothing was written.
        """
        await self._do(self._file.close)

    aclose = close

    async def discard(self) -> None:
        """Forget what was written; the old object, if any, stays."""
        await self._threads.end(self._drop)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            await self.close()
        else:
            await self._threads.end(lambda: self._file.__exit__(kind, error, traceback))

    def _drop(self) -> None:
        self._file.discard()


def reader_or_writer(
    threads: Threads, file: ReadFile | TextIO | WriteFile | TextWriteFile
) -> AsyncReader[bytes] | AsyncReader[str] | AsyncWriter[bytes] | AsyncWriter[str]:
    """What fits to a file that was opened."""
    from obs_client._engine.transfers.files import TextWriteFile, WriteFile
    from obs_client._engine.transfers.read_file import ReadFile

    if isinstance(file, TextWriteFile):
        return AsyncWriter[str](threads, file)
    if isinstance(file, WriteFile):
        return AsyncWriter[bytes](threads, file)
    if isinstance(file, ReadFile):
        return AsyncReader[bytes](threads, cast("IO[bytes]", file))
    assert isinstance(file, io.TextIOBase)
    return AsyncReader[str](threads, cast("TextIO", file))
