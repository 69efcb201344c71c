"""The directories of one container, by descriptors, so that no symbolic link is ever followed.

Every step opens one component relative to the descriptor of the directory before it. Nothing in the tree can lead out
of it, not even while other programs swap things, and the length of a path does not matter.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import stat
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple, Self

from obs_client.backend.atomic import DIRECTORY_FLAGS
from obs_client.backends.local.lock import exclusive
from obs_client.backends.local.names import Kind, Naming, Path
from obs_client.backends.local.spelling import ExactDevices, is_held

STEP_FLAGS = DIRECTORY_FLAGS | os.O_NOFOLLOW
NO_DIRECTORY = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)

_OPEN_MAXIMUM = 48
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class State(enum.Enum):
    """What is at a path; the value says it in messages."""

    ABSENT = "is absent"
    FILE = "is a file"
    DIRECTORY = "is a directory"
    LINK = "is a symbolic link"
    SPECIAL = "is a FIFO, socket or device"
    OTHER_SPELLING = "is there in another spelling, which this file system takes for the same"


class NotFollowed(Exception):
    """A symbolic link leads to nothing that may be read; the message says why."""


class _Opened(NamedTuple):
    descriptor: int
    file: tuple[int, int]
    """Its device and inode number."""


class Tree:
    """A container's directories, opened as they are needed; keeps the last ones, and closes them with itself.

    A descriptor that `directory` gives is good until the next call. Not for several threads at once.

    Attributes:
        container: The descriptor of the container's directory.
        names: The rule by which names are paths in it.
        follows_links: Whether `follow` and `real_path` know more than what is there itself.
    """

    follows_links = False

    def __init__(self, container: int, names: Naming, exact: ExactDevices) -> None:
        """Args: container: Its directory's descriptor, which belongs to the tree from here on."""
        self.container: int = container
        self.names = names
        self._exact = exact
        self._opened: dict[Path, _Opened] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def refresh(self) -> None:
        """Forget all directories that are no longer at their paths, which others may have removed and made anew."""
        for path in sorted(self._opened, key=len):
            if not self._is_still_at(path):
                self.forget(path)

    def is_current(self, path: Path) -> bool:
        """Whether a directory that is open is at its path still, as all those above it."""
        return all(path[:end] in self._opened and self._is_still_at(path[:end]) for end in range(1, len(path) + 1))

    def keep_only(self, path: Path) -> None:
        """Close all directories but one, and those above it."""
        for opened in [each for each in self._opened if each != path[: len(each)]]:
            self.forget(opened)

    def close(self) -> None:
        """Close all descriptors; safe to repeat."""
        while self._opened:
            os.close(self._opened.popitem()[1].descriptor)
        container, self.container = self.container, -1
        if container >= 0:
            os.close(container)

    def changing(self, *, for_all: bool = False) -> contextlib.AbstractContextManager[None]:
        """For the time of a change: the container's lock, where a name has several places, or one is told (`for_all`).

        Raises:
            TemporaryError: Somebody held it for too long.
            NotSupportedError: `for_all`, and the file system has no such locks.
        """
        if self.names.one_place and not for_all:
            return contextlib.nullcontext()
        return exclusive(self.container, for_all=for_all)

    def directory(self, path: Path) -> int:
        """A descriptor of the directory at a path.

        Raises:
            FileNotFoundError: A component is absent, or no directory.
        """
        if not path:
            return self.container
        if (known := self._opened.get(path)) is not None:
            return known.descriptor
        depth = len(path) - 1
        while depth and path[:depth] not in self._opened:
            depth -= 1
        descriptor = self._opened[path[:depth]].descriptor if depth else self.container
        for end in range(depth + 1, len(path) + 1):
            descriptor = self._step(descriptor, path[:end])
        return descriptor

    def is_directory(self, path: Path) -> bool:
        """Whether there is a directory at a path."""
        try:
            self.directory(path)
        except FileNotFoundError:
            return False
        return True

    def forget(self, path: Path) -> None:
        """Close the descriptor of a directory that is gone."""
        if (known := self._opened.pop(path, None)) is not None:
            os.close(known.descriptor)

    def look(self, path: Path) -> tuple[State, os.stat_result | None]:
        """What is at a path whose directory may be absent too; the status of a file."""
        try:
            directory = self.directory(path[:-1])
            status = os.stat(path[-1], dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return State.ABSENT, None
        if not is_held(directory, path[-1], status, self._exact):
            return State.OTHER_SPELLING, None
        if stat.S_ISREG(status.st_mode):
            return State.FILE, status
        if stat.S_ISDIR(status.st_mode):
            return State.DIRECTORY, None
        return (State.LINK if stat.S_ISLNK(status.st_mode) else State.SPECIAL), None

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

    def follow(self, path: Path) -> tuple[Kind, Path]:
        """What a symbolic link leads to, and where that is.

        Raises:
            NotFollowed: Always here; see `follows_links`.
        """
        raise NotFollowed("is a symbolic link, which is not followed")

    def real_path(self, path: Path) -> Path:
        """The same place without the symbolic links that this tree follows.

        Raises:
            NotFollowed: A link leads to nothing that may be read.
            FileNotFoundError: Nothing is there.
        """
        return path

    def make_directories(self, base: Path, form: Path, made: list[Path]) -> None:
        """Make the directories of a form as far as they are absent; those made are added to `made`."""
        for end in range(1, len(form) + 1):
            path = base + form[:end]
            with contextlib.suppress(FileExistsError):
                os.mkdir(path[-1], 0o777, dir_fd=self.directory(path[:-1]))
                made.append(path)

    def open_file(self, path: Path) -> int:
        """Open a file for reading; whoever calls has seen that it is one.

        Raises:
            FileNotFoundError: It is gone, or something else by now.
        """
        return _open_in(self.directory(path[:-1]), path[-1], _FILE_FLAGS)

    def is_spelled(self, path: Path, status: os.stat_result) -> bool:
        """Whether a file that was found at a path is there in just this spelling."""
        return is_held(self.directory(path[:-1]), path[-1], status, self._exact)

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

    def _step(self, parent: int, path: Path) -> int:
        descriptor = _open_in(parent, path[-1], STEP_FLAGS)
        try:
            status = os.fstat(descriptor)
            if not is_held(parent, path[-1], status, self._exact):
                raise FileNotFoundError(errno.ENOENT, "only another spelling is there", os.fsdecode(path[-1]))
        except BaseException:
            os.close(descriptor)
            raise
        self._opened[path] = _Opened(descriptor, (status.st_dev, status.st_ino))
        if len(self._opened) > _OPEN_MAXIMUM:
            os.close(self._opened.pop(next(iter(self._opened))).descriptor)
        return descriptor

    def _is_still_at(self, path: Path) -> bool:
        parent = self._opened.get(path[:-1])
        if parent is None and len(path) > 1:
            return False
        directory = self.container if parent is None else parent.descriptor
        try:
            status = os.stat(path[-1], dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
        is_same = (status.st_dev, status.st_ino) == self._opened[path].file
        return is_same and is_held(directory, path[-1], status, self._exact)


def _open_in(directory: int, component: bytes, flags: int) -> int:
    """Open what is in a directory; what is there as something else is as absent."""
    try:
        return os.open(component, flags, dir_fd=directory)
    except OSError as error:
        if error.errno not in NO_DIRECTORY:
            raise
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), error.filename) from error
