"""`object_stream`: an object's bytes, block by block, with what the store told of it before the first."""

from __future__ import annotations

from typing import Self

from obs_client._engine.transfers.reading import GuardedReader
from obs_client.aio.opening import OneAtATime
from obs_client.aio.threads import Threads
from obs_client.models import ObjectInfo

BLOCK_SIZE = 1024 * 1024
"""Bytes of a block."""


class AsyncBody(OneAtATime):
    """The bytes of one version of an object, or of a range of it: an asynchronous iterator of blocks of 1 MiB.

    A block is read when it is asked for. A body that broke off on the way is resumed; one that was replaced meanwhile
    raises `ObjectChangedError`, and one whose bytes are not what the store's digest says raises `IntegrityError` in
    place of its last block.

    Attributes:
        info: The object, whatever the range, as the store told of it with its content.
    """

    def __init__(self, threads: Threads, reader: GuardedReader) -> None:
        super().__init__(threads)
        self._reader = reader
        self._closed = False
        self.info: ObjectInfo = reader.info

    @property
    def size(self) -> int | None:
        """Bytes that are still to come; None: the store does not say."""
        return self._reader.left

    @property
    def verified(self) -> bool:
        """Whether all bytes of the object were read, and proved to be what the store's digest says."""
        return self._reader.verified

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._closed:
            raise ValueError("the body was closed; open it again")
        block = await self._do(self._read)
        if not block:
            raise StopAsyncIteration
        return block

    def _read(self) -> bytes:
        left = self._reader.left
        buffer = memoryview(bytearray(BLOCK_SIZE if left is None else max(1, min(BLOCK_SIZE, left))))
        filled = 0
        while filled < len(buffer):
            count = self._reader.readinto(buffer[filled:])
            if not count:
                break
            filled += count
        return bytes(buffer[:filled])

    async def close(self) -> None:
        """Let go of the connection; safe to repeat."""
        if not self._closed:
            await self._threads.end(self._drop)

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def __del__(self) -> None:
        """A body that nobody asked for its blocks, as web servers do when a client goes away, lets go all the same."""
        if not self._closed:
            self._threads.end_later(self._reader.close)

    def _drop(self) -> None:
        self._closed = True
        self._reader.close()
