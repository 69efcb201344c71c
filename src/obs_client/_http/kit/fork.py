"""Locks, and what holds locks, after a fork: a thread of the parent may have held one, and the child has it not."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol


class Renewable(Protocol):
    """What begins anew in a forked process."""

    def renew(self) -> None:
        """Drop locks, and whatever holds locks or connections of the parent's."""


_renewables: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renew_in_children(owner: Renewable) -> None:
    """Let `owner.renew()` be called first of all in each process that is forked from this one, while it lives."""
    _renewables.add(owner)


class ForkLock:
    """A lock that every forked process has for itself, and finds free."""

    def __init__(self) -> None:
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Let nobody hold it."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exception: object) -> None:
        self._lock.release()


def _renew_all() -> None:
    for each in list(_renewables):
        each.renew()


os.register_at_fork(after_in_child=_renew_all)
