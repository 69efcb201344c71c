"""A ledger in a file: lines are added to it, under a lock that ends with the process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable

from obs_client.errors import ConflictError


class InFile:
    """A file that one process at a time has; what the file system raises goes out unchanged."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def read(self) -> bytes:
        """All of it."""
        self._descriptor = _locked(self._path)
        with open(self._descriptor, "rb", closefd=False) as file:
            return file.read()

    def begin(self, good: int, content: Callable[[], bytes]) -> None:
        """Cut off what is after the good bytes; if there are none, write all."""
        os.ftruncate(self._descriptor, good)
        os.lseek(self._descriptor, 0, os.SEEK_END)
        if not good:
            self.add(content(), content)

    def add(self, line: bytes, content: Callable[[], bytes]) -> None:
        """Write one more line; not as far as to the disk, since what a power cut takes is done again."""
        while line:
            line = line[os.write(self._descriptor, line) :]

    def remove(self) -> None:
        """Remove the file."""
        os.unlink(self._path)

    def close(self) -> None:
        """Close it, and with it the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def _locked(path: str) -> int:
    """The file, made if it is absent, and locked; not one that was removed while its lock was waited for."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, descriptor):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise ConflictError(
                f"another process uses the ledger {path!r}; wait until it ends, or use another one"
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
