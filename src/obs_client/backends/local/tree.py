"""The directories of one container, by descriptors, so that no symbolic link is ever followed.

Every step opens one component relative to the descriptor of the directory before it. Nothing in the tree can lead out
of it, not even while other programs swap things, and the length of a path does not matter.
"""

from __future__ import annotations

import enum
import errno
import os
import stat
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from obs_client.backend.atomic import DIRECTORY_FLAGS
from obs_client.backends.local import spelling as local_spelling
from obs_client.backends.local.names import Path
from obs_client.backends.local.spelling import ExactDevices

_OPEN_MAXIMUM = 48
_STEP_FLAGS = DIRECTORY_FLAGS | os.O_NOFOLLOW
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class State(enum.Enum):
    """What is at a path."""

    ABSENT = enum.auto()
    FILE = enum.auto()
    DIRECTORY = enum.auto()
    OTHER_SPELLING = enum.auto()
    """On a file system that takes two spellings for one, something of another spelling."""
    OBSTACLE = enum.auto()
    """A symbolic link, FIFO, socket or device."""


class Tree:
    """A container's directories, opened as they are needed; keeps the last ones, and closes them with itself.

    A descriptor that `directory` gives is good until the next call. Not for several threads at once.
    """

    def __init__(self, container: int, exact: ExactDevices) -> None:
        """Args: container: Its directory's descriptor, which belongs to the tree from here on."""
        self.container = container
        self._exact = exact
        self._opened: dict[Path, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def refresh(self) -> None:
        """Forget all directories but the container's, which others may have removed and made anew meanwhile."""
        while self._opened:
            os.close(self._opened.popitem()[1])

    def close(self) -> None:
        """Close all descriptors; safe to repeat."""
        self.refresh()
        container, self.container = self.container, -1
        if container >= 0:
            os.close(container)

    def directory(self, path: Path) -> int:
        """A descriptor of the directory at a path.

        Raises:
            FileNotFoundError: A component is absent, or no directory.
        """
        if not path:
            return self.container
        if (known := self._opened.get(path)) is not None:
            return known
        depth = len(path) - 1
        while depth and path[:depth] not in self._opened:
            depth -= 1
        for end in range(depth + 1, len(path) + 1):
            self._step(path[:end])
        return self._opened[path]

    def forget(self, path: Path) -> None:
        """Close the descriptor of a directory that is gone."""
        if (known := self._opened.pop(path, None)) is not None:
            os.close(known)

    def look(self, path: Path) -> tuple[State, os.stat_result | None]:
        """What is at a path whose directory may be absent too; the status of a file."""
        try:
            directory = self.directory(path[:-1])
            status = os.stat(path[-1], dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return State.ABSENT, None
        if not local_spelling.is_held(directory, path[-1], status, self._exact):
            return State.OTHER_SPELLING, None
        if stat.S_ISREG(status.st_mode):
            return State.FILE, status
        return (State.DIRECTORY if stat.S_ISDIR(status.st_mode) else State.OBSTACLE), None

    def look_through(self, base: Path, form: Path) -> tuple[State, os.stat_result | None]:
        """What is at the end of a form; if one of its directories is none, what is in that one's place."""
        for end in range(1, len(form)):
            state, _ = self.look(base + form[:end])
            if state is not State.DIRECTORY:
                return (State.OTHER_SPELLING if state is State.FILE else state), None
        return self.look(base + form)

    def holds(self, base: Path, component: bytes) -> bool:
        """Whether anything has this name in a directory; cheaper than `look` where the answer is mostly no."""
        try:
            os.stat(component, dir_fd=self.directory(base), follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def make_directories(self, base: Path, form: Path) -> list[Path]:
        """Make the directories of a form as far as they are absent; gives those made."""
        made = []
        for end in range(1, len(form) + 1):
            path = base + form[:end]
            try:
                os.mkdir(path[-1], 0o777, dir_fd=self.directory(path[:-1]))
                made.append(path)
            except FileExistsError:
                pass
        return made

    def open_file(self, path: Path) -> int:
        """Open a file for reading; whoever calls has seen that it is one.

        Raises:
            FileNotFoundError: It is gone, or something else by now.
        """
        try:
            return os.open(path[-1], _FILE_FLAGS, dir_fd=self.directory(path[:-1]))
        except OSError as error:
            raise _as_absent(error) from error

    def prune(self, path: Path, keep: int = 0) -> None:
        """Remove a directory that is empty, and those above it, but not the first `keep` components."""
        for end in range(len(path), keep, -1):
            self.forget(path[:end])
            try:
                os.rmdir(path[end - 1], dir_fd=self.directory(path[: end - 1]))
            except FileNotFoundError:
                continue  # another one removed it, but perhaps not those above it
            except OSError:
                return  # not empty, or not ours to remove: an empty directory is no object and does no harm

    def scan(self, path: Path) -> Iterator[os.DirEntry[str]]:
        """The entries of a directory, in no order; none if it is gone."""
        try:
            directory = self.directory(path)
        except FileNotFoundError:
            return
        with os.scandir(directory) as entries:
            yield from entries

    def _step(self, path: Path) -> None:
        parent = self.directory(path[:-1])
        try:
            descriptor = os.open(path[-1], _STEP_FLAGS, dir_fd=parent)
        except OSError as error:
            raise _as_absent(error) from error
        try:
            self._check_spelling(parent, path[-1], descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._opened[path] = descriptor
        if len(self._opened) > _OPEN_MAXIMUM:
            os.close(self._opened.pop(next(iter(self._opened))))

    def _check_spelling(self, parent: int, component: bytes, descriptor: int) -> None:
        if not local_spelling.is_held(parent, component, os.fstat(descriptor), self._exact):
            raise FileNotFoundError(errno.ENOENT, "only another spelling is there", os.fsdecode(component))


def _as_absent(error: OSError) -> OSError:
    if error.errno in _NOT_THERE:
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), error.filename)
    return error
