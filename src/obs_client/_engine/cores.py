"""Threads that are kept on one core: those that send small requests fight for the interpreter's lock on several.

A thread that waits for the lock on another core is woken there, finds it taken, and sleeps again; on one core the
next simply goes on. Where the cores are busy with other work there is no such fight, and a thread that is kept only
waits for its core: so both ways are tried, again and again, and the one that takes less CPU time for a call is kept to.

Only workers are kept, each by itself, never a thread of the caller's: they end with their pool, so that nothing is to
be put back. What a worker starts in its turn to move large parts gets all cores that the caller had, and so does a
process that is forked by one.
"""

from __future__ import annotations

import collections
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

VARIABLE = "OBS_CLIENT_ONE_CORE"
"""Set to 0, it leaves all threads where the system puts them."""

TRIAL = 150
"""Calls by which one way is compared with the other."""

LEAST, MOST = 2_000, 64_000
"""Calls after which the other way is tried again: more, from time to time, while it is found to be the worse."""

SAVED = 0.85
"""The part of the CPU time of a call, among threads on all cores, that it must take at most on one."""


class _Thread(threading.local):
    """Of a worker that may be on one core: the cores that the caller may use, and those that it has itself."""

    allowed: set[int] | None = None
    cores: set[int] | None = None

    def move(self, cores: set[int]) -> None:
        if self.cores != cores:
            self.cores = cores
            # Where the system refuses, the thread stays where it is.
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, cores)


class _Process:
    """What all pools of a process share: they fight for one lock, so that they take one core."""

    def __init__(self) -> None:
        self.on_one = _seem_idle()
        self.core: int | None = None

    def one_of(self, allowed: set[int]) -> set[int]:
        """The core; chosen by chance, so that processes side by side do not all take one."""
        if self.core not in allowed:
            import random  # slow to load, and most commands send few requests

            self.core = random.choice(sorted(allowed))  # noqa: S311 - nothing to guess
        return {self.core}


def _seem_idle() -> bool:
    """Whether the cores seem to have little other work, before anything is measured."""
    try:
        return os.getloadavg()[0] < (os.cpu_count() or 1)
    except (AttributeError, OSError):
        return True


_thread = _Thread()
_process = _Process()


class Pinned:
    """Makes the calls of the workers of one pool: on one core, or on all that the caller may use.

    Args:
        allowed: Those.
    """

    def __init__(self, allowed: set[int]) -> None:
        self._allowed = allowed
        self.on_one = _process.on_one
        self._is_trial = False
        self._left = TRIAL
        self._pause = LEAST
        self._costs = {way: collections.deque[float](maxlen=TRIAL) for way in (True, False)}

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function in this thread."""
        on_one = self.on_one
        _thread.allowed = self._allowed
        _thread.move(_process.one_of(self._allowed) if on_one else self._allowed)
        before = time.thread_time()
        try:
            return function()
        finally:
            self._add(on_one, time.thread_time() - before)

    def _add(self, on_one: bool, seconds: float) -> None:
        # Without a lock: there is the interpreter's, and a call that is lost here matters nothing.
        if on_one is self.on_one:
            self._costs[on_one].append(seconds)
            self._left -= 1
            if not self._left:
                self._turn()

    def _turn(self) -> None:
        """Try the other way for a while; or stay with the better of the two."""
        self._is_trial = not self._is_trial
        if self._is_trial:
            self._choose(not self.on_one)
            self._left = TRIAL
            return
        better = _median(self._costs[True]) <= SAVED * _median(self._costs[False])
        self._pause = LEAST if better is self.on_one else min(2 * self._pause, MOST)
        self._choose(better)
        _process.on_one = better
        self._left = self._pause

    def _choose(self, on_one: bool) -> None:
        if on_one and not self.on_one and not _process.on_one:
            _process.core = None  # another may be less busy
        self._costs[on_one].clear()
        self.on_one = on_one


def pinned() -> Pinned | None:
    """What makes the calls of a pool of small requests, started by this thread; None: nothing need."""
    if not _can_keep():
        return None
    allowed = _thread.allowed or os.sched_getaffinity(0)
    return Pinned(allowed) if len(allowed) > 1 else None


def freed() -> Callable[[], None] | None:
    """What each thread of another pool is to call as it starts; None: nothing, since this thread is not kept."""
    allowed = _thread.allowed
    return None if allowed is None else lambda: _thread.move(allowed)


def _median(costs: collections.deque[float]) -> float:
    return sorted(costs)[len(costs) // 2]


def _can_keep() -> bool:
    """Whether the platform can, and there is a lock to fight for."""
    has_lock: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    return hasattr(os, "sched_setaffinity") and has_lock() and os.environ.get(VARIABLE) != "0"


def _forked() -> None:
    """Give a process that a worker forked all cores, and its own choice of one."""
    global _process
    _process = _Process()
    if _thread.allowed is not None:
        _thread.move(_thread.allowed)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
