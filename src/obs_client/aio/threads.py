"""Calls of a client in threads, for tasks to wait for: a bounded number, and a call whose task is cancelled is stopped.

The standard library's own ways are not enough: a cancelled future of an executor is taken for done while its thread
works on, and the default executor is shared with all that looks up host names.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import threading
from collections.abc import Callable
from concurrent import futures
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from obs_client.aio.calls import Bell, Call

Result = TypeVar("Result")

LINGER = 0.05
"""Seconds that a thread waits for one more call before it ends: to ask the executor for it again costs more than all
else that a small read costs the loop. The interpreter's own end may have to wait so long.
"""


class Lane(enum.Enum):
    """What threads are for: those of one purpose never wait for one of another to become free."""

    CALL = "call"
    UPLOAD = "upload"  # whose source may itself need calls
    ENDING = "ending"  # closing and discarding, for which nobody should wait behind a queue


class Threads:
    """The threads of one asynchronous client, which any number of event loops may use; new ones after a fork.

    Args:
        limit: Calls that run at once; further ones wait for their turn. Uploads from asynchronous sources are counted
            by themselves.
    """

    def __init__(self, limit: int) -> None:
        if not isinstance(limit, int) or isinstance(limit, bool):
            raise TypeError(f"threads must be an int, not {type(limit).__name__}")
        if limit < 1:
            raise ValueError(f"threads must be at least 1, not {limit}")
        self.limit = limit
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._runners: dict[Lane, _Runners] = {}
        self._bell: Bell | None = None

    def start(self, function: Callable[[], Result], lane: Lane = Lane.CALL) -> Call[Result]:
        """Begin a call, with the context variables of the task."""
        if self._process != os.getpid():
            self._begin_anew()
        call = Call(self._bell_of(asyncio.get_running_loop()), function)
        with self._lock:
            if lane not in self._runners:
                self._runners[lane] = _Runners(self.limit, f"obs_client.aio.{lane.value}")
            self._runners[lane].add(call)
        return call

    def _bell_of(self, loop: asyncio.AbstractEventLoop) -> Bell:
        bell = self._bell
        if bell is None or bell.loop is not loop:
            bell = self._bell = Bell(loop)
        return bell

    async def run(self, function: Callable[[], Result]) -> Result:
        """The result of a call; if the task is cancelled, the call is stopped, and has ended when this returns."""
        return await self.start(function).result()

    async def end(self, function: Callable[[], Result]) -> Result:
        """The result of a call that tidies up: it is done to its end, also if the task is cancelled."""
        return await self.start(function, Lane.ENDING).result_in_any_case()

    def end_later(self, function: Callable[[], object]) -> None:
        """Tidy up what nobody waits for, when the loop comes to it; without one nothing is done.

        For `__del__`, which may run anywhere, in the midst of `start` too: nothing is started here, and no lock taken.
        """
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().call_soon_threadsafe(self.start, function, Lane.ENDING)

    def close(self) -> None:
        """Let the threads end as soon as they have nothing to do; later calls begin new ones."""
        with self._lock:
            lanes = list(self._runners.values())
            self._runners = {}
        for runners in lanes:
            runners.close()


class _Runners:
    """The threads of one lane: each runs calls as long as any wait, in their order.

    Where there is work for more threads, one begins the next: to begin a thread takes milliseconds in a busy
    interpreter, and the loop waits for one at most.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._executor = futures.ThreadPoolExecutor(limit, name)
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[Call[Any] | None] = SimpleQueue()
        self._count = 0
        self._free = 0  # runners that wait for calls, less the calls that wait for runners
        self._comes = False  # one was begun, and has not looked yet

    def add(self, call: Call[Any]) -> None:
        """Run a call as soon as there is a thread for it.

        Raises:
            RuntimeError: The interpreter ends.
        """
        with self._lock:
            self._waiting.put(call)
            self._free -= 1
            wanted = self._wants_more()
        if wanted:
            self._begin()

    def close(self) -> None:
        """Let the threads end when all calls have."""
        self._executor.shutdown(wait=False)
        with self._lock:
            self._limit = 0
            for _ in range(self._count):
                self._waiting.put(None)
                self._free -= 1

    def _wants_more(self) -> bool:
        """Whether one more runner is to be begun, which is counted then. With the lock."""
        if self._free >= 0 or self._comes or self._count >= self._limit:
            return False
        self._comes = True
        self._count += 1
        return True

    def _begin(self) -> None:
        try:
            self._executor.submit(self._run)
        except RuntimeError:
            with self._lock:
                self._comes = False
                self._count -= 1
                if self._count:  # the threads were closed: those that run do what is left
                    return
                self._waiting = SimpleQueue()
                self._free = 0
            raise

    def _run(self) -> None:
        with self._lock:
            self._comes = False
        while call := self._next():
            call.run()
            del call  # before the next one is waited for

    def _next(self) -> Call[Any] | None:
        with self._lock:
            self._free += 1
            wanted = self._wants_more()
        if wanted:
            self._begin()
        while True:
            try:
                call = self._waiting.get(timeout=LINGER)
            except Empty:
                if self._leaves():
                    return None
                continue
            if call is None:
                with self._lock:
                    self._count -= 1
            return call

    def _leaves(self) -> bool:
        """Whether this runner has nothing to do, and ends; no call was added meanwhile."""
        with self._lock:
            if self._free <= 0:
                return False
            self._free -= 1
            self._count -= 1
            return True
