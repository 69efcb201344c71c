"""The lock under which a container changes: one writer publishes or deletes at a time, in all processes.

Some network file systems know no locks of directories. There the writers of this process still wait for each other, and
what needs a lock that holds for all is refused.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import threading
import time
from collections.abc import Iterator

from obs_client.backend import stopping
from obs_client.errors import NotSupportedError, TemporaryError

PATIENCE = 60.0
_FIRST_PAUSE = 0.00005
_LONGEST_PAUSE = 0.02


_NO_LOCKS = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)

_of_this_process = threading.Lock()


@contextlib.contextmanager
def exclusive(directory: int, *, for_all: bool = False) -> Iterator[None]:
    """Hold the lock of a directory's descriptor; it ends with the process at the latest.

    Args:
        for_all: It must hold for other processes too, whatever the file system.

    Raises:
        TemporaryError: Somebody held it for `PATIENCE` seconds.
        NotSupportedError: `for_all`, and the file system has no such locks.
    """
    try:
        _acquire(directory)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        if for_all:
            raise NotSupportedError("this file system has no locks of directories, which conditions need") from error
        with _among_threads():
            yield
        return
    try:
        yield
    finally:
        # Said aloud, not left to closing: a forked child may have a copy of the descriptor.
        fcntl.flock(directory, fcntl.LOCK_UN)


@contextlib.contextmanager
def _among_threads() -> Iterator[None]:
    if not _of_this_process.acquire(timeout=PATIENCE):
        raise TemporaryError(f"another thread held the container's lock for {PATIENCE:.0f} seconds; try again")
    try:
        yield
    finally:
        _of_this_process.release()


def _acquire(directory: int) -> None:
    pause = _FIRST_PAUSE
    deadline = None
    while not _try(directory):
        deadline = deadline or time.monotonic() + PATIENCE
        if time.monotonic() > deadline:
            raise TemporaryError(f"another writer held the container's lock for {PATIENCE:.0f} seconds; try again")
        stopping.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try(directory: int) -> bool:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
