"""Listings, as asynchronous iterators that ask for more only when what they have was taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Generic, Self, TypeVar

from obs_client.aio.threads import Threads

Entry_co = TypeVar("Entry_co", covariant=True)

LARGEST_BATCH = 1000
"""Entries that are fetched at once: a page of most stores. The first batches are smaller, so that they come soon."""


class AsyncEntries(Generic[Entry_co]):
    """The entries of a listing, to be iterated once, by one task at a time.

    A listing that is left before its end may be closed by `close()`, or by `async with`; otherwise that is done when it
    is collected.
    """

    def __init__(self, threads: Threads, entries: Iterator[Entry_co]) -> None:
        self._threads = threads
        self._entries = entries
        self._ready: Iterator[Entry_co] = iter(())
        self._size = 1
        self._begun = False
        self._ended = False
        self._broken = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry_co:
        for entry in self._ready:
            return entry
        if self._broken:
            raise RuntimeError("the listing was cancelled and is incomplete; start another")
        if not self._ended:
            await self._fetch()
            for entry in self._ready:
                return entry
        raise StopAsyncIteration

    async def _fetch(self) -> None:
        self._broken, self._begun = True, True
        batch = await self._threads.run(self._next_batch)
        self._broken = False
        self._ended = len(batch) < self._size
        self._size = min(10 * self._size, LARGEST_BATCH)
        self._ready = iter(batch)

    def _next_batch(self) -> list[Entry_co]:
        return list(itertools.islice(self._entries, self._size))

    async def close(self) -> None:
        """End the listing, and what is under way for it."""
        self._ended, self._ready = True, iter(())
        if not self._begun:
            return
        self._begun = False
        await self._threads.end(self._close)

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def __del__(self) -> None:
        if not self._begun or self._ended:
            return
        self._threads.end_later(self._close)

    def _close(self) -> None:
        close = getattr(self._entries, "close", None)
        if close:
            close()
