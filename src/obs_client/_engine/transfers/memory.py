"""What all transfers of a client hold in buffers at once: within `ClientOptions.memory`, but for two parts of each.

Two parts, which it cannot do without, a transfer always gets: it never waits for another one, which the same thread may
have begun before. It gets more, to have further parts on their way, only while there is room.
"""

from __future__ import annotations

import os
import threading
import weakref
from types import TracebackType
from typing import Self

from obs_client._engine.border import Border


class _Budget:
    """Bytes that are held of a client's memory, and were at most."""

    def __init__(self) -> None:
        self.held = 0
        self.peak = 0

    def add(self, size: int) -> None:
        with _lock:
            self.held += size
            self.peak = max(self.peak, self.held)


_lock = threading.RLock()  # a share may be collected, and given back, by the thread that has it
_budgets: weakref.WeakKeyDictionary[object, _Budget] = weakref.WeakKeyDictionary()


def budget_of(client: object) -> _Budget:
    """What the transfers of a client hold."""
    with _lock:
        return _budgets.setdefault(client, _Budget())


class Share:
    """What one transfer holds; given back when it is closed, or is no more."""

    def __init__(self, border: Border) -> None:
        self._budget = budget_of(border.client)
        self._most = border.options.memory
        self._held = 0

    def need(self, size: int) -> None:
        """Take so many bytes, whatever others hold."""
        self._held += size
        self._budget.add(size)

    def more(self, size: int) -> bool:
        """Take so many bytes, if there is room for them."""
        with _lock:
            has_room = self._budget.held + size <= self._most
            if has_room:
                self.need(size)
        return has_room

    def buffers(self, size: int, most: int) -> int:
        """Take up to so many buffers of a size; gives for how many there was room, but one at least."""
        self.need(size)
        count = 1
        while count < most and self.more(size):
            count += 1
        return count

    def give_back(self, size: int) -> None:
        """Give back some of it."""
        self.need(-size)

    def close(self) -> None:
        """Give back all."""
        if self._held:
            self.give_back(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _forked() -> None:
    """Start anew: what the parent's transfers hold is not the child's, and another thread may have had the lock."""
    global _lock
    _lock = threading.RLock()
    _budgets.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
