"""Time for the tests of pauses."""

from __future__ import annotations

import threading

import pytest

from obs_client._engine import retry
from obs_client.backend import stopping


class Clock:
    """Time that passes only by sleeping, or where a test adds to it.

    Attributes:
        pauses: Each pause, in seconds.
        slept: The seconds that each thread slept itself; the time of all passes by the pauses of each.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []
        self.slept: dict[threading.Thread, float] = {}
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """What the library takes for the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """What the library takes for a pause."""
        with self._lock:
            self.now += seconds
            self.pauses.append(seconds)
            thread = threading.current_thread()
            self.slept[thread] = self.slept.get(thread, 0.0) + seconds

    def rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let retries go by this clock."""
        monkeypatch.setattr(retry, "time", self)
        monkeypatch.setattr(stopping, "sleep", self.sleep)
