"""How a worker whose result nobody waits for any more ends: whoever waits, or moves much, looks now and then."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

CHECK_INTERVAL = 0.25
"""Seconds after which a wait looks whether its result is still wanted."""

_worker = threading.local()


def begin(stop: threading.Event) -> None:
    """Say that this thread is a worker, whose result is unwanted once the event is set."""
    _worker.stop = stop


@contextlib.contextmanager
def stoppable(stop: threading.Event) -> Iterator[None]:
    """Within the block, calls of a client in this thread end with `Stopped` soon after another thread sets the event.

        stop = threading.Event()
        with contextlib.suppress(Stopped), stoppable(stop):
            client.upload_file("movie.mkv", "movie.mkv")      # and elsewhere: stop.set()

    What they had begun they undo as after any failure: nothing half-written is published, nothing is left behind.
    Between two calls it is looked for too: a call that begins after the event was set ends at once.
    """
    outer: threading.Event | None = getattr(_worker, "stop", None)
    begin(stop)
    try:
        check_stopped()
        yield
    finally:
        if outer is None:
            del _worker.stop
        else:
            begin(outer)


def is_worker() -> bool:
    """Whether this thread is a worker of a pool."""
    return hasattr(_worker, "stop")


class Stopped(BaseException):
    """Raised by a call whose result nobody waits for any more, as soon as it notices; see `stoppable`.

    No `except Exception` takes it for a failure.
    """


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
