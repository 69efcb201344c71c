"""Processes of this machine that work for this one, and end with it, whatever ends it.

They are spawned: a fork would copy threads and connections in the middle of their work. Each has the end of a pipe that
has its other end here: when that closes, since this process wants no more or is gone, what they do is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from obs_client.sync.spread.workers import Workers

GRACE = 5.0
"""Seconds for what is under way to be undone."""


class _Pool(futures.ProcessPoolExecutor):
    """Processes of which each may be interrupted in a piece, and only there."""

    def __init__(self, count: int, reader: Connection) -> None:
        super().__init__(count, mp_context=get_context("spawn"), initializer=_begin, initargs=(reader,))

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> futures.Future[Any]:
        """Give a piece to one of them."""
        return super().submit(_interruptible, function, *arguments, **named)


@contextlib.contextmanager
def own_processes(count: int) -> Iterator[Workers]:
    """Workers in so many processes, which end with the block."""
    reader, writer = get_context("spawn").Pipe(duplex=False)
    pools: list[_Pool] = []

    def make() -> futures.Executor:
        pools.append(_Pool(count, reader))
        return pools[-1]

    try:
        with Workers(make, count) as workers:
            yield workers
    finally:
        writer.close()  # if all went well, nothing runs any more
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)
        reader.close()


def _begin(reader: Connection) -> None:
    """Wait, beside the work, for the end of the process that gave it. Ctrl-C on a terminal reaches that one, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_after, args=(reader,), daemon=True, name="obs-end").start()


def _end_after(reader: Connection) -> None:
    with contextlib.suppress(OSError, EOFError):
        reader.poll(None)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE)
    os._exit(1)


def _interruptible(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Do a piece, which a signal interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return function(*arguments, **named)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
