"""Time for the tests of pauses."""

from __future__ import annotations

import threading

import pytest

from obs_client._engine import retry
from obs_client.backend import stopping


class Clock:
    """Time that passes only by sleeping, or where a test adds to it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """What the library takes for the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """What the library takes for a pause."""
        with self._lock:
            self.now += seconds
            self.pauses.append(seconds)

    def rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let retries go by this clock."""
        monkeypatch.setattr(retry, "time", self)
        monkeypatch.setattr(stopping, "sleep", self.sleep)
