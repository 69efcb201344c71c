"""Ctrl-C and SIGTERM: what is under way is undone in order; if that takes too long, the process ends all the same."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

GRACE = 1.5
"""Seconds for what is under way to be undone."""

_AT_ONCE = (
    b"\nobs: stopped before all was undone; no object is half-written, but unfinished pieces may be left: "
    b"obs cleanup removes them\n"
)
_SHOW_CURSOR = b"\x1b[?25h"


class Stopped(KeyboardInterrupt):
    """A signal asked the command to stop; raised in the main thread, wherever that was."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within the block SIGINT and SIGTERM raise `Stopped`; a second one ends the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, _stop) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    # What blocks in another thread (a store that does not answer) cannot be interrupted; the timer does not wait.
    timer = threading.Timer(GRACE, _end, (number,))
    timer.daemon = True
    timer.start()
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, lambda number, _: _end(number))
    raise Stopped(number)


def _end(number: int) -> NoReturn:
    with contextlib.suppress(OSError):
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + _AT_ONCE)
    os._exit(128 + number)
