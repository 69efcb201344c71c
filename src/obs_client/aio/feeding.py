"""Uploads from asynchronous sources: the task reads the source, a thread sends what it gave."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import queue
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar, cast, runtime_checkable

from obs_client.aio.calls import Call
from obs_client.aio.threads import Lane, Threads
from obs_client.backend import stopping

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Result = TypeVar("Result")

AHEAD = 2
"""Blocks that the source may be ahead of the thread that sends them."""

READ_SIZE = 1024 * 1024
"""Bytes that an asynchronous file is asked for."""


@runtime_checkable
class AsyncReadable(Protocol):
    """An asynchronous file: Starlette's `UploadFile`, an `asyncio.StreamReader`, one of aiofiles or of this library."""

    async def read(self, size: int = -1, /) -> bytes: ...


Source = IO[bytes] | AsyncIterable[bytes] | AsyncReadable
"""What can be uploaded: a binary stream, which is read by a thread, or what the task itself must read."""


def blocks_of(source: object) -> AsyncIterator[bytes] | None:
    """The blocks of an asynchronous source; None: it is none."""
    if inspect.iscoroutinefunction(getattr(source, "read", None)):
        return _read_blocks(cast("AsyncReadable", source))
    if isinstance(source, AsyncIterable):
        return aiter(source)
    return None


async def _read_blocks(file: AsyncReadable) -> AsyncIterator[bytes]:
    while block := await file.read(READ_SIZE):
        yield block


async def feed(threads: Threads, blocks: AsyncIterator[bytes], upload: Callable[[IO[bytes]], Result]) -> Result:
    """Run an upload in a thread, and give it the blocks, which the task that waits here takes from the source.

    What the source raises goes out as it is, after the upload has ended, and nothing is published. If the upload ends
    before the source, no further block is taken.
    """
    stream = _FedStream()
    call = threads.start(lambda: upload(cast("IO[bytes]", stream)), Lane.UPLOAD)
    call.when_ended(stream.take_no_more)
    try:
        await _fill(stream, blocks, call)
    except asyncio.CancelledError:
        stream.fail(stopping.Stopped())
        await call.stopped()
        raise
    except GeneratorExit:  # nothing can be waited for
        stream.fail(stopping.Stopped())
        call.stop()
        raise
    except BaseException as error:
        stream.fail(error)
        await call.finished()
        raise
    return await call.result()


async def _fill(stream: _FedStream, blocks: AsyncIterator[bytes], call: Call[Any]) -> None:
    while not call.ended:
        try:
            block = await anext(blocks)
        except StopAsyncIteration:
            stream.end()
            return
        await stream.put(block)


class _FedStream(io.RawIOBase):
    """A stream that is read in a thread, of blocks that come from the loop."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._given: queue.SimpleQueue[bytes | BaseException | None] = queue.SimpleQueue()
        self._ahead = 0
        self._over = False
        self._room: asyncio.Future[None] | None = None
        self._block = memoryview(b"")
        self._ended = False

    # ---- in the loop ----

    async def put(self, block: bytes) -> None:
        """Give a block to the thread; waits while it has enough."""
        data = block if isinstance(block, bytes) else _copied(block)
        if not data:
            return
        self._given.put(data)
        self._ahead += 1
        if self._ahead >= AHEAD and not self._over:
            self._room = self._loop.create_future()
            await self._room

    def take_no_more(self) -> None:
        """Nobody reads any longer, so nobody needs to wait for it."""
        self._over = True
        self._make_room()

    def _make_room(self) -> None:
        if self._room and not self._room.done():
            self._room.set_result(None)

    def end(self) -> None:
        """There is no more."""
        self._given.put(None)

    def fail(self, error: BaseException) -> None:
        """The source failed: whoever reads gets its error."""
        self._given.put(error)

    def _taken(self) -> None:
        self._ahead -= 1
        if self._ahead < AHEAD:
            self._make_room()

    # ---- in the thread ----

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._block and not self._ended:
            self._block = self._next_block()
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._block))
        view[:count] = self._block[:count]
        self._block = self._block[count:]
        return count

    def _next_block(self) -> memoryview:
        given = self._wait()
        if isinstance(given, BaseException):
            raise given
        if given is None:
            self._ended = True
            return memoryview(b"")
        self._loop.call_soon_threadsafe(self._taken)
        return memoryview(given)

    def _wait(self) -> bytes | BaseException | None:
        while True:
            with contextlib.suppress(queue.Empty):
                return self._given.get(timeout=stopping.CHECK_INTERVAL)
            stopping.check_stopped()
            if self._loop.is_closed():
                raise stopping.Stopped


def _copied(block: object) -> bytes:
    """A block that the source may write to again."""
    if not isinstance(block, bytearray | memoryview):
        raise TypeError(f"the stream returned {type(block).__name__} instead of bytes; open it in binary mode")
    return bytes(block)
