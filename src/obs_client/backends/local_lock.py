"""The lock under which a container changes: one writer publishes or deletes at a time, in all processes."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator

from obs_client.errors import TemporaryError

PATIENCE = 60.0
_FIRST_PAUSE = 0.00005
_LONGEST_PAUSE = 0.02


@contextlib.contextmanager
def exclusive(directory: int) -> Iterator[None]:
    """Hold the lock of a directory's descriptor; it ends with the process at the latest.

    Raises:
        TemporaryError: Somebody held it for `PATIENCE` seconds.
    """
    _acquire(directory)
    try:
        yield
    finally:
        # Said aloud, not left to closing: a forked child may have a copy of the descriptor.
        fcntl.flock(directory, fcntl.LOCK_UN)


def _acquire(directory: int) -> None:
    pause = _FIRST_PAUSE
    deadline = None
    while not _try(directory):
        deadline = deadline or time.monotonic() + PATIENCE
        if time.monotonic() > deadline:
            raise TemporaryError(f"another writer held the container's lock for {PATIENCE:.0f} seconds; try again")
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try(directory: int) -> bool:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
