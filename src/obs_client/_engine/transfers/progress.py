"""How far a transfer has come: workers move its parts; the thread that waits for them looks, and tells a callback."""

from __future__ import annotations

import collections
import time
from collections.abc import Callable

from obs_client._engine.parallel import bounded_map
from obs_client.backend.body import BLOCK_SIZE
from obs_client.backend.stopping import CHECK_INTERVAL

Progress = Callable[[int], object]
"""Told, in the caller's thread, the count of bytes moved since its last call: never 0, and in sum the size."""


class Gauge:
    """How far one part has come. Its worker says where to look, which costs nothing while the part is under way."""

    def __init__(self, size: int | None) -> None:
        """Args: size: Bytes of the part; None: nobody knows."""
        self._size = size
        self._moved: Callable[[], int] = lambda: 0
        self._finished = False

    def follow(self, moved: Callable[[], int]) -> None:
        """Look here from now on: it gives bytes, from any thread, and never fewer than it gave before."""
        self._moved = moved

    def finish(self) -> None:
        """All bytes of the part were moved, whatever was seen of it."""
        self._finished = True

    @property
    def moved(self) -> int:
        """Bytes of the part, no more than it has."""
        if self._size is None:
            return self._moved()
        return self._size if self._finished else min(self._moved(), self._size)

    @property
    def full(self) -> bool:
        """Whether no more can come, though the part may not have ended."""
        return self._finished if self._size is None else self.moved == self._size


class Meter:
    """The sum of all parts of a transfer, told in the thread that made it; only a gauge may be used by another.

    A part that is tried again does not count twice: what is told is how far it came at its best.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._gauges: collections.deque[Gauge] = collections.deque()
        self._full = 0
        self._told = 0
        self._told_at = 0.0

    @property
    def while_waiting(self) -> Callable[[], object] | None:
        """What a wait for a worker is to call now and then; None: nobody wants to know."""
        return self.tell if self._progress else None

    def begin(self, size: int | None) -> Gauge:
        """The gauge of one more part; None as its size: nobody knows it."""
        gauge = Gauge(size)
        if self._progress:
            self._gauges.append(gauge)
        return gauge

    def tell_at_times(self) -> None:
        """As `tell`, each `CHECK_INTERVAL` seconds at most: for who works in the caller's thread, and does not wait."""
        if self._progress and time.monotonic() - self._told_at >= CHECK_INTERVAL:
            self.tell()

    def tell(self) -> None:
        """Tell what was moved since the last time, if anything was; what the callback raises goes out."""
        self._told_at = time.monotonic()
        while self._gauges and self._gauges[0].full:
            self._full += self._gauges.popleft().moved
        count = self._full + sum(gauge.moved for gauge in self._gauges) - self._told
        if self._progress and count > 0:
            self._told += count
            self._progress(count)

    def run(self, call: Callable[[], object], size: int | None, moved: Callable[[], int]) -> None:
        """Do all of a transfer by one call, in a worker if it may last and somebody is to be told meanwhile."""
        gauge = self.begin(size)
        gauge.follow(moved)
        if self._progress is None or (size is not None and size <= BLOCK_SIZE):
            call()
        else:
            for _ in bounded_map(lambda _: call(), [None], 1, self.while_waiting):
                pass
        gauge.finish()
        self.tell()
