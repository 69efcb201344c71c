"""A file that appears whole or not at all: written under another name beside its target, then renamed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import os
import re
import stat
import threading
from types import TracebackType
from typing import Self

from obs_client.errors import ConflictError, ServiceError

TEMPORARY_NAME = re.compile(rb"%obs_t_[0-9a-f]{16}")

DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CREATE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_umask_lock = threading.Lock()


class TemporaryFileRemovedError(ServiceError):
    """Somebody removed the file before it was published: a cleanup, or a deletion of the container."""


class AtomicFile:
    """A temporary file of this process, readable by its owner only, until `publish` gives it its name.

    Use it as a context manager: leaving the `with` without `publish` discards. A killed process leaves a file named
    `%obs_t_` and 16 hexadecimal digits, which `cleanup` of a `LocalClient` removes. Nothing is forced to the disk
    (no fsync): after a power cut a file that was just published may be empty or gone, as the file system likes.

    Attributes:
        name: The temporary name.
    """

    def __init__(self, directory: int, target: bytes, *, mark: str | None = None, name: bytes | None = None) -> None:
        """Begin a file that `publish` will name `target`.

        Args:
            directory: A descriptor of the directory; it belongs to the file from here on, also if this fails.
            mark: 16 hexadecimal digits for its name, unless they are taken; None: random ones.
            name: The temporary name of a file that another process left, to go on with it.

        Raises:
            OSError: The file cannot be made there.
            TemporaryFileRemovedError: There is no file of this name any more.
            ConflictError: A file of this name is in use.
        """
        self._directory: int | None = directory
        self._target = target
        self._process = os.getpid()
        self._descriptor: int | None = None
        self._on_disk = False
        self.name: bytes
        try:
            if name is None:
                self.name, self._descriptor = create(directory, mark)
                self._on_disk = True
                _mark_as_alive(self._descriptor)
            else:
                self.name, self._descriptor = name, _take_over(directory, name)
                self._on_disk = True
        except BaseException:
            self.discard()
            raise

    @classmethod
    def beside(cls, path: str | os.PathLike[str], *, mark: str | None = None, again: bytes | None = None) -> Self:
        """Begin a file that will replace `path`, or be new there.

        A symbolic link at `path` is replaced, not followed.

        Args:
            mark, again: As `mark` and `name` of the constructor.

        Raises:
            OSError: As `open` raises it: the directory is absent, or not writable, or `path` is a directory, a
                device or anything else that a file must not replace.
        """
        parent, name = os.path.split(os.fspath(path))
        if not name:
            raise IsADirectoryError(errno.EISDIR, "the path of a file must not end with a slash", os.fspath(path))
        directory = os.open(parent or ".", DIRECTORY_FLAGS)
        try:
            _refuse_what_is_no_file(directory, name, os.fspath(path))
        except BaseException:
            os.close(directory)
            raise
        return cls(directory, os.fsencode(name), mark=mark, name=again)

    @property
    def descriptor(self) -> int:
        """For reading and writing; closed by `publish` and `discard`."""
        if self._descriptor is None:
            raise ValueError("the file is published or discarded")
        return self._descriptor

    def publish(self) -> None:
        """Give the file its name, and the permission bits of the file it replaces, else those of any new file.

        Safe to repeat. If it fails, the file is still unpublished.
        """
        if self._on_disk and self._directory is not None:
            self.publish_as(self._directory, self._target, _replaced_mode(self._directory, self._target))

    def publish_as(self, directory: int, target: bytes, mode: int | None = None) -> None:
        """Publish in another directory of the same file system, or under another name; `mode` None: a new file's.

        Raises:
            TemporaryFileRemovedError: Somebody removed the temporary file.
        """
        if not self._on_disk:
            return
        if self._descriptor is not None:
            os.fchmod(self._descriptor, new_file_mode() if mode is None else mode)
            # Before the rename: some file systems (NFS) tell only now that the disk is full.
            self._close_descriptor()
        try:
            os.rename(self.name, target, src_dir_fd=self._directory, dst_dir_fd=directory)
        except FileNotFoundError as error:
            raise TemporaryFileRemovedError(
                f"the temporary file {os.fsdecode(self.name)!r} was removed before it was published, perhaps by a "
                f"cleanup of files that were too young; write it again"
            ) from error
        self._on_disk = False
        self._close_directory()

    def discard(self) -> None:
        """Remove the file, unless it is published. Safe to repeat; in a forked child it lets go and removes nothing."""
        try:
            if self._on_disk and self._directory is not None and self._process == os.getpid():
                os.unlink(self.name, dir_fd=self._directory)
        except FileNotFoundError:
            pass
        finally:
            self._on_disk = False
            try:
                self._close_descriptor()
            finally:
                self._close_directory()

    def leave(self) -> None:
        """Let go of the file where it is, for another process to go on with. Safe to repeat."""
        self._on_disk = False
        try:
            self._close_descriptor()
        finally:
            self._close_directory()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def _close_descriptor(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _close_directory(self) -> None:
        directory, self._directory = self._directory, None
        if directory is not None:
            os.close(directory)


def is_alive(directory: int, name: bytes) -> bool:
    """Whether the writer of an unfinished file still holds it open."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def new_file_mode() -> int:
    """The permission bits that `open` gives a new file in this process; read once."""
    return 0o666 & ~_umask()


@functools.cache
def _umask() -> int:
    try:
        # Not os.umask: to read it is to set it, for all threads.
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            return next(int(line.split()[1], 8) for line in status if line.startswith("Umask:"))
    except (OSError, StopIteration):
        return _umask_by_setting_it()


def _umask_by_setting_it() -> int:
    with _umask_lock:
        mask = os.umask(0o077)
        os.umask(mask)
        return mask


def create(directory: int, mark: str | None = None) -> tuple[bytes, int]:
    """A new file with a temporary name, readable by its owner only; gives the name, and a descriptor."""
    while True:
        name = named_by(mark or os.urandom(8).hex())
        mark = None  # it is tried once
        if not TEMPORARY_NAME.fullmatch(name):
            continue
        try:
            return name, os.open(name, _CREATE_FLAGS, 0o600, dir_fd=directory)
        except FileExistsError:
            continue


def named_by(mark: str) -> bytes:
    """The temporary name with these 16 hexadecimal digits."""
    return b"%obs_t_" + mark.encode()


def remove_left(directory: int, name: bytes) -> None:
    """Remove an unfinished file, if there is one of this name whose writer is dead."""
    if TEMPORARY_NAME.fullmatch(name) and not is_alive(directory, name):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)


def _take_over(directory: int, name: bytes) -> int:
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=directory)
    except FileNotFoundError as error:
        raise TemporaryFileRemovedError(f"the temporary file {os.fsdecode(name)!r} is there no more") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ConflictError(f"another process writes the temporary file {os.fsdecode(name)!r} just now") from error
    except OSError:
        pass  # a file system without locks
    return descriptor


def _mark_as_alive(descriptor: int) -> None:
    # A file system without locks: the file counts as abandoned once it is old.
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _replaced_mode(directory: int, target: bytes) -> int | None:
    try:
        status = os.stat(target, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return stat.S_IMODE(status.st_mode) & 0o777 if stat.S_ISREG(status.st_mode) else None


def _refuse_what_is_no_file(directory: int, name: str, path: str) -> None:
    try:
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a directory, not a file", path)
    if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
        raise FileExistsError(errno.EEXIST, "is neither a file nor a symbolic link; it was not replaced", path)
