"""What is opened: `async with` opens and closes it, `await` opens it for the caller to close."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from obs_client.aio.threads import Threads

Inner = TypeVar("Inner")
Result = TypeVar("Result")


class Opened(Protocol):
    """An asynchronous file or stream."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


File = TypeVar("File", bound=Opened)


class Opening(Generic[File]):
    """A file or stream that is opened when it is awaited, or entered by `async with`."""

    def __init__(self, threads: Threads, call: Callable[[], Inner], made: Callable[[Threads, Inner], File]) -> None:
        self._threads = threads
        self._open: Callable[[], File] = lambda: made(threads, call())
        self._file: File | None = None

    def __await__(self) -> Generator[object, None, File]:
        return self._opened().__await__()

    async def __aenter__(self) -> File:
        self._file = await self._opened()
        return self._file

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._file is not None
        await self._file.__aexit__(kind, error, traceback)

    async def _opened(self) -> File:
        opened: list[File] = []
        try:
            await self._threads.run(lambda: opened.append(self._open()))
        except asyncio.CancelledError as cancelled:
            for file in opened:  # it ended well, just before it noticed
                await file.__aexit__(type(cancelled), cancelled, None)
            raise
        return opened[0]


class OneAtATime:
    """What one task may use at a time, and nobody after a call that was cancelled."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._busy = False

    async def _do(self, call: Callable[[], Result]) -> Result:
        if self._busy:
            raise RuntimeError("another task is using this file; let one wait for the other")
        self._busy = True
        try:
            return await self._threads.run(call)
        except asyncio.CancelledError:
            await self._threads.end(self._drop)
            raise
        finally:
            self._busy = False

    def _drop(self) -> None:
        """Close it, so that nothing is published that misses what was cancelled, and nothing read beside its place."""
        raise NotImplementedError
