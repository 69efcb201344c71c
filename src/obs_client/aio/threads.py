"""Calls of a client in threads, for tasks to wait for: a bounded number, and a call whose task is cancelled is stopped.

The standard library's own ways are not enough: a cancelled future of an executor is taken for done while its thread
works on, and the default executor is shared with all that looks up host names.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import enum
import os
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from obs_client.backend import stopping

Result = TypeVar("Result")


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
        self._executors: dict[Lane, futures.ThreadPoolExecutor] = {}

    def start(self, function: Callable[[], Result], lane: Lane = Lane.CALL) -> Call[Result]:
        """Begin a call, with the context variables of the task."""
        if self._process != os.getpid():
            self._begin_anew()
        with self._lock:
            if lane not in self._executors:
                self._executors[lane] = futures.ThreadPoolExecutor(self.limit, f"obs_client.aio.{lane.value}")
            return Call(self._executors[lane], function)

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
            executors = list(self._executors.values())
            self._executors = {}
        for executor in executors:
            executor.shutdown(wait=False)


class Call(Generic[Result]):
    """One call in a thread, for the task that began it to wait for."""

    def __init__(self, executor: futures.Executor, function: Callable[[], Result]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._waiter: asyncio.Future[None] | None = None
        self._when_ended: list[Callable[[], object]] = []
        self._future = executor.submit(contextvars.copy_context().run, self._run, function)
        self._future.add_done_callback(self._tell_loop)

    @property
    def ended(self) -> bool:
        """Whether nothing runs any more."""
        return self._future.done()

    def when_ended(self, function: Callable[[], object]) -> None:
        """Have a function called in the loop at the end."""
        self._when_ended.append(function)
        if self.ended:
            self._loop.call_soon(function)

    def stop(self) -> None:
        """Have the call end as soon as it notices; one that has not begun is dropped."""
        self._stop.set()
        self._future.cancel()

    async def result(self) -> Result:
        """What the call returned or raised. If the task is cancelled, it is stopped first, and has ended."""
        try:
            await self._until_ended()
        except asyncio.CancelledError as cancelled:
            await self.stopped()
            self._keep_notes(cancelled)
            raise
        except BaseException:  # the coroutine is closed, and cannot wait
            self.stop()
            raise
        return self._future.result()

    async def result_in_any_case(self) -> Result:
        """What the call returned or raised; a task that is cancelled waits for the end all the same."""
        try:
            await self._until_ended()
        except asyncio.CancelledError:
            await self._shielded_until_ended()
            raise
        return self._future.result()

    async def stopped(self) -> None:
        """Stop the call, and wait until it has ended, however often the task is cancelled meanwhile."""
        self.stop()
        await self._shielded_until_ended()

    async def finished(self) -> None:
        """Wait until the call has ended, however it did; if the task is cancelled, it is stopped first."""
        with contextlib.suppress(Exception, futures.CancelledError, stopping.Stopped):
            await self.result()

    def _run(self, function: Callable[[], Result]) -> Result:
        with stopping.stoppable(self._stop):
            return function()

    def _tell_loop(self, _: object) -> None:
        # A loop that is closed has no task that waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)
        for function in self._when_ended:
            function()

    async def _until_ended(self) -> None:
        while not self.ended:
            self._waiter = self._loop.create_future()
            await self._waiter

    async def _shielded_until_ended(self) -> None:
        with _shield():
            while not self.ended:
                with contextlib.suppress(asyncio.CancelledError):
                    await self._until_ended()

    def _keep_notes(self, cancelled: asyncio.CancelledError) -> None:
        """What could not be removed is noted on the error that ended the call."""
        error = None if self._future.cancelled() else self._future.exception()
        for note in getattr(error, "__notes__", []):
            cancelled.add_note(note)


def _shield() -> AbstractContextManager[object]:
    """Nothing, or where anyio is used a shield: its scopes cancel at each await, and would spin until the end."""
    anyio: Any = sys.modules.get("anyio")
    return anyio.CancelScope(shield=True) if hasattr(anyio, "CancelScope") else contextlib.nullcontext()
