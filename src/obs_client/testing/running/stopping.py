"""Ctrl-C and SIGTERM while the suite runs: the tests at work are finished, and no other begins."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

_STOPS = (signal.SIGINT, signal.SIGTERM)

ONE_SIGNAL = 1.0
"""Seconds in which a signal that comes again is the same one: `timeout` sends it to a process and to its group."""


class Stopping:
    """Notes the first signal in a `with`; a second one does what it did before.

    Attributes:
        number: The signal that came; 0 if none did.
    """

    number: int = 0

    def __init__(self) -> None:
        self._defaults: dict[int, Any] = {}
        self._came = 0.0

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._defaults = {number: signal.signal(number, self._interrupted) for number in _STOPS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._restore()

    def _interrupted(self, number: int, _: FrameType | None) -> None:
        if not self.number:
            self.number, self._came = number, time.monotonic()
        elif time.monotonic() > self._came + ONE_SIGNAL:
            self._restore()
            os.kill(os.getpid(), number)

    def _restore(self) -> None:
        for number, default in self._defaults.items():
            signal.signal(number, default)
        self._defaults = {}
