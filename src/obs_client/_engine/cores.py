"""Threads that are kept on one core: those that send small requests fight for the interpreter's lock on several.

A thread that waits for the lock on another core is woken there, finds it taken, and sleeps again; on one core the
next simply goes on. Python that has no such lock needs none of this. Only workers are kept, never a thread of the
caller's: they end with their pool, so that nothing is to be put back. What a worker starts in its turn to move large
parts gets all cores that the caller had.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable

VARIABLE = "OBS_CLIENT_ONE_CORE"
"""Set to 0, it leaves all threads where the system puts them."""

_kept = threading.local()


def keeper(one_core: bool) -> Callable[[], None] | None:
    """What each thread of a pool is to call as it starts; None: nothing.

    Args:
        one_core: Whether they are to be kept on one core, chosen by chance of those that the caller may use.
    """
    if not _can_keep():
        return None
    before: set[int] | None = getattr(_kept, "before", None)
    if not one_core:
        return None if before is None else lambda: os.sched_setaffinity(0, before)
    allowed = before or os.sched_getaffinity(0)
    core = random.choice(sorted(allowed))  # noqa: S311 - so that processes side by side do not all take one
    return lambda: _keep(core, allowed)


def _keep(core: int, allowed: set[int]) -> None:
    _kept.before = allowed
    os.sched_setaffinity(0, {core})


def _can_keep() -> bool:
    """Whether the platform can, and there is a lock to fight for."""
    has_lock: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    return hasattr(os, "sched_setaffinity") and has_lock() and os.environ.get(VARIABLE) != "0"
