"""How a worker whose result nobody waits for any more ends: whoever waits, or moves much, looks now and then."""

from __future__ import annotations

import threading

CHECK_INTERVAL = 0.25
"""Seconds after which a wait looks whether its result is still wanted."""

_worker = threading.local()


def begin(stop: threading.Event) -> None:
    """Say that this thread is a worker, whose result is unwanted once the event is set."""
    _worker.stop = stop


def is_worker() -> bool:
    """Whether this thread is a worker of a pool."""
    return hasattr(_worker, "stop")


class Stopped(BaseException):
    """Raised in a worker whose result nobody waits for any more: it ends as soon as it notices."""


def check_stopped() -> None:
    """Raise `Stopped` in a worker whose pool was left; called wherever much is moved, or waited for."""
    stop: threading.Event | None = getattr(_worker, "stop", None)
    if stop is not None and stop.is_set():
        raise Stopped


def sleep(seconds: float) -> None:
    """Wait; raises `Stopped` as soon as nobody waits for this worker."""
    stop: threading.Event | None = getattr(_worker, "stop", None)
    (stop or threading.Event()).wait(seconds)
    check_stopped()
