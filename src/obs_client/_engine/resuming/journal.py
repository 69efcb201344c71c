"""A transfer's journal: lines that are added one by one, each after what it tells was done.

It lives in the platform's state folder, for its owner only, and holds no secrets. A line that was cut, and whatever
follows it, counts for nothing, so that a journal that was cut anywhere claims less, never more. A lock of the system
says that a process is at work on it; it ends with the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from obs_client.errors import ConfigurationError, ConflictError

Line = Mapping[str, Any]

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_SYNCED_EACH = 1.0
"""Seconds within which at most one line is forced to the disk: one that is lost makes more to be done, no harm."""


class Journal:
    """The journal of one transfer, open and locked; use it as a context manager.

    Attributes:
        lines: What is in it, in order.
    """

    def __init__(self, path: Path) -> None:
        """Open it, or make it.

        Raises:
            ConflictError: Another process, or another thread, is at this transfer.
            ConfigurationError: There can be no journal.
        """
        self.path = path
        self.lines: list[Line] = []
        self._guard = threading.Lock()
        self._broken = False
        self._synced_at = 0.0
        try:
            self._descriptor: int | None = _open_locked(path)
            content = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
            self.lines, end = read_lines(content)
            os.ftruncate(self._descriptor, end)
        except OSError as error:
            hint = "OBS_TRANSFERS names another folder; without resume none is needed"
            raise ConfigurationError(f"no transfer can be noted in {path}: {error.strerror}", hint=hint) from error

    def begin(self, header: Line) -> None:
        """Forget what is in it, and begin again.

        Raises:
            ConfigurationError: It cannot be written.
        """
        assert self._descriptor is not None
        os.ftruncate(self._descriptor, 0)
        self.lines, self._broken = [], False
        self.note(header)
        if self._broken:
            raise ConfigurationError(f"no transfer can be noted in {self.path}", hint="is its disk full?")

    def note(self, line: Line) -> None:
        """Add a line, by any thread. One that cannot be added makes more to be done later, and no harm."""
        text = (json.dumps(line) + "\n").encode()
        with self._guard:
            if self._descriptor is None or self._broken:
                return
            try:
                self._broken = os.write(self._descriptor, text) != len(text)
                self._sync()
            except OSError:
                self._broken = True
            self.lines.append(line)

    def _sync(self) -> None:
        if self._descriptor is not None and time.monotonic() - self._synced_at > _SYNCED_EACH:
            getattr(os, "fdatasync", os.fsync)(self._descriptor)
            self._synced_at = time.monotonic()

    def say_who(self) -> None:
        """Note who is at work on it."""
        self.note({"pid": os.getpid(), "host": socket.gethostname()})

    def remove(self) -> None:
        """Nothing is left to go on with."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def close(self) -> None:
        """Let others at it. Safe to repeat."""
        with self._guard:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self.lines:
            self.remove()
        self.close()


def read_lines(content: bytes) -> tuple[list[Line], int]:
    """The lines before the first that is not whole, and where that begins."""
    lines: list[Line] = []
    end = 0
    while (after := content.find(b"\n", end) + 1) > 0:
        try:
            line = json.loads(content[end:after])
        except ValueError:
            break
        if not isinstance(line, dict):
            break
        lines.append(line)
        end = after
    return lines, end


def _open_locked(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        descriptor = os.open(path, _FLAGS, 0o600)
        try:
            _lock(descriptor, path)
            if _is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its owner removed it meanwhile


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConflictError(
            f"{_who_is_at(path)} is at this transfer", hint="wait for it, or end it; `obs transfers` lists them"
        ) from None
    except OSError:
        pass  # a file system without locks


def _who_is_at(path: Path) -> str:
    try:
        return who_in(read_lines(path.read_bytes())[0])
    except FileNotFoundError:  # its owner has just ended
        return who_in([])


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def who_in(lines: list[Line]) -> str:
    """Who was at work on it last."""
    last = next((line for line in reversed(lines) if "pid" in line), None)
    return f"process {last['pid']} on {last['host']}" if last else "another process"


def is_in_use(path: Path) -> bool:
    """Whether a process is at work on it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # it is gone, or a link, which is no journal of ours
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
