"""Ctrl-C, SIGTERM and SIGHUP: what is under way is undone in order; if that takes too long, the process ends anyway.

Python runs a signal's handler in the main thread, and only when that comes back from what it does in C: it may sleep in
a read for ever. So a thread waits for the signal too, and wakes the main thread until it has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

GRACE = 1.5
"""Seconds for what is under way to be undone."""

ONE_SIGNAL = 1.0
"""Seconds in which a SIGTERM that comes again is the same one: `timeout` sends it to a process and to its group."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WAKE = signal.SIGURG
"""Interrupts what the main thread waits for; does nothing else."""

_AT_ONCE = (
    b"\nobs: stopped before all was undone; no object is half-written, but unfinished pieces may be left: "
    b"obs cleanup removes them\n"
)
_SHOW_CURSOR = b"\x1b[?25h"


_grace = [GRACE]
"""The last is that which counts."""


class Stopped(KeyboardInterrupt):
    """A signal asked the command to stop; raised in the main thread, wherever that was."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within the block the signals raise `Stopped`; a second one, but for an echo, ends the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    threading.Thread(target=_watch, args=(reader,), daemon=True, name="obs-stop").start()
    # What is ignored (under nohup, or in the background of a script) stays so.
    handled = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    handlers = {number: signal.signal(number, _stop) for number in handled}
    handlers[_WAKE] = signal.signal(_WAKE, lambda *_: None)
    wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
        os.close(writer)


@contextlib.contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Within the block so many seconds are given to what is under way, where more than usual is to be undone."""
    _grace.append(seconds)
    try:
        yield
    finally:
        _grace.pop()


def _watch(reader: int) -> None:
    """Wait for a signal, or for the end of the block."""
    while number := os.read(reader, 1):
        if number[0] in _SIGNALS:
            _hurry(number[0])
    os.close(reader)


def _hurry(number: int) -> NoReturn:
    """Wake the main thread until it has ended the process; do it if it takes too long."""
    until = time.monotonic() + _grace[-1]
    main = threading.main_thread().ident
    assert main is not None
    while time.monotonic() < until:
        signal.pthread_kill(main, _WAKE)
        time.sleep(0.05)
    _end(number)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    came = time.monotonic()

    def again(other: int, _: FrameType | None) -> None:
        if number == other == signal.SIGTERM and time.monotonic() < came + ONE_SIGNAL:
            return
        _end(other)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, again)
    raise Stopped(number)


def _end(number: int) -> NoReturn:
    with contextlib.suppress(OSError):
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + _AT_ONCE)
    os._exit(128 + number)
