"""One call in a thread, and how the loop learns that it has ended.

Made of less than the standard library's futures are: for a small read, those cost as much as all else in the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent import futures
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar, cast

from obs_client.backend import stopping

Result = TypeVar("Result")


class Bell:
    """Wakes a loop for calls that have ended; for all that end before it comes to that, once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ended: deque[Call[Any]] = deque()
        self._rung = False

    def ring(self, call: Call[Any]) -> None:
        """Have the loop look at a call that has ended; from any thread."""
        self._ended.append(call)
        if not self._rung:
            self._rung = True
            with contextlib.suppress(RuntimeError):  # a loop that is closed has no task that waits
                self.loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        self._rung = False  # before looking: what ends from here on rings again
        while self._ended:
            self._ended.popleft().wake()


class Call(Generic[Result]):
    """One call in a thread, for the task that began it to wait for.

    Attributes:
        ended: Whether nothing runs any more.
    """

    def __init__(self, bell: Bell, function: Callable[[], Result]) -> None:
        self.ended: bool = False
        self._bell = bell
        self._function = function
        self._context = contextvars.copy_context()
        self._stop = threading.Event()
        self._taken = threading.Lock()  # whoever locks it runs the call, or drops it
        self._woken = False  # the loop knows that it has ended: whoever waits lets it go on at least once
        self._waiter: asyncio.Future[None] | None = None
        self._when_ended: list[Callable[[], object]] = []
        self._value: Result | None = None
        self._error: BaseException | None = None

    # ---- in a thread ----

    def run(self) -> None:
        """Do it, unless it was dropped."""
        if not self._taken.acquire(blocking=False):
            return
        try:
            self._value = self._context.run(self._stoppable)
        except BaseException as error:  # noqa: BLE001 - the task that waits raises it
            self._error = error
        self._end()
        del self  # the frame is held by the error's traceback

    def _stoppable(self) -> Result:
        stopping.begin(self._stop)  # until the next call in this thread, which is ours alone, says its own
        stopping.check_stopped()
        return self._function()

    def _end(self) -> None:
        self.ended = True
        self._bell.ring(self)

    # ---- in the loop ----

    def when_ended(self, function: Callable[[], object]) -> None:
        """Have a function called in the loop at the end."""
        self._when_ended.append(function)
        if self.ended:
            self._bell.loop.call_soon(function)

    def stop(self) -> None:
        """Have the call end as soon as it notices; one that has not begun is dropped."""
        self._stop.set()
        if self._taken.acquire(blocking=False):
            self._error = futures.CancelledError()
            self._end()

    def wake(self) -> None:
        """It has ended: let the task go on."""
        self._woken = True
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)
        for function in self._when_ended:
            function()

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
        return self._outcome()

    async def result_in_any_case(self) -> Result:
        """What the call returned or raised; a task that is cancelled waits for the end all the same."""
        try:
            await self._until_ended()
        except asyncio.CancelledError:
            await self._shielded_until_ended()
            raise
        return self._outcome()

    async def stopped(self) -> None:
        """Stop the call, and wait until it has ended, however often the task is cancelled meanwhile."""
        self.stop()
        await self._shielded_until_ended()

    async def finished(self) -> None:
        """Wait until the call has ended, however it did; if the task is cancelled, it is stopped first."""
        with contextlib.suppress(Exception, futures.CancelledError, stopping.Stopped):
            await self.result()

    def _outcome(self) -> Result:
        if self._error is None:
            return cast("Result", self._value)
        try:
            raise self._error
        finally:
            del self  # the frame is held by the error's traceback

    async def _until_ended(self) -> None:
        while not self._woken:
            self._waiter = self._bell.loop.create_future()
            await self._waiter

    async def _shielded_until_ended(self) -> None:
        with _shield():
            while not self._woken:
                with contextlib.suppress(asyncio.CancelledError):
                    await self._until_ended()

    def _keep_notes(self, cancelled: asyncio.CancelledError) -> None:
        """What could not be removed is noted on the error that ended the call."""
        for note in getattr(self._error, "__notes__", []):
            cancelled.add_note(note)


def _shield() -> AbstractContextManager[object]:
    """Nothing, or where anyio is used a shield: its scopes cancel at each await, and would spin until the end."""
    anyio: Any = sys.modules.get("anyio")
    return anyio.CancelScope(shield=True) if hasattr(anyio, "CancelScope") else contextlib.nullcontext()
