"""The threads that copy small objects: each takes step after step, so that none is handed over by itself."""

from __future__ import annotations

import collections
import contextlib
import functools
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from obs_client._engine import cores
from obs_client._engine.parallel import WorkerPool
from obs_client.backend import stopping
from obs_client.sync.report import Done
from obs_client.sync.steps import Step

_AHEAD = 4

Copy = Callable[[Step], Done]


class Crew:
    """Threads of this process, which begin as there are steps for them; gives what became of steps as they end.

    At the end of the `with` block none runs any more: what has not begun is dropped, and what runs is told to stop.

    Args:
        begin: Gives what copies the steps of one thread, for all the time that the thread lasts.
        in_flight: The bytes of objects that may be on their way at once.

    Attributes:
        ahead: How many steps may be in it.
        pending: How many are, with those that have ended, and were not taken.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Copy]], workers: int, in_flight: int) -> None:
        self.in_flight = in_flight
        self.ahead: int = _AHEAD * workers
        self.pending: int = 0
        self._begin = begin
        self._workers = workers
        self._begun = 0
        self._is_over = False
        self._pool = WorkerPool(self._work, workers)
        self._pinned = cores.pinned()
        self._steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self._ended: collections.deque[Done | BaseException] = collections.deque()
        self._wanted = sys.maxsize
        """How many are to have ended when the thread that waits for them is woken."""
        self._woken = threading.Event()

    def submit(self, step: Step) -> None:
        """Take a step."""
        self.pending += 1
        self._steps.put(step)
        if self._begun < min(self._workers, self.pending):
            self._begun += 1
            self._pool.submit(None)

    def result(self) -> Done:
        """Wait until one has ended; gives what became of it, or raises what its copy raised.

        If the crew has all that it may have, until half has ended, or for `CHECK_INTERVAL`: for each by itself the
        thread that waits would fight with the workers for the interpreter's lock.
        """
        if not self._ended:
            self._wait(self.pending // 2 if self.pending >= self.ahead else 1)
        while not self._ended:
            self._wait(1)
        self.pending -= 1
        done = self._ended.popleft()
        if isinstance(done, BaseException):
            raise done
        return done

    def _wait(self, count: int) -> None:
        """Wait until so many have ended, for `CHECK_INTERVAL` at most."""
        stopping.check_stopped()
        self._woken.clear()
        self._wanted = count
        if len(self._ended) < count:
            self._woken.wait(stopping.CHECK_INTERVAL)
        self._wanted = sys.maxsize

    def _work(self, _: None) -> None:
        try:
            with self._begin() as copy:
                while (step := self._next()) is not None:
                    self._end(self._pinned.call(functools.partial(copy, step)) if self._pinned else copy(step))
        except BaseException as error:
            self._end(error)
            raise

    def _next(self) -> Step | None:
        """The next step; None: there will be none."""
        while True:
            # Now and then without one, so that a thread ends even where an interrupt kept others from telling it so.
            with contextlib.suppress(queue.Empty):
                step = self._steps.get(timeout=stopping.CHECK_INTERVAL)
                stopping.check_stopped()
                return None if self._is_over else step
            stopping.check_stopped()

    def _end(self, done: Done | BaseException) -> None:
        self._ended.append(done)
        if len(self._ended) >= self._wanted:
            self._woken.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._is_over = True
            for _ in range(self._begun):
                self._steps.put(None)
        finally:
            self._pool.__exit__(kind, error, traceback)
