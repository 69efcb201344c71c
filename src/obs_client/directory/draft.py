"""A file on its way into a directory: under a temporary name until it is whole, its attributes with it."""

from __future__ import annotations

import os
import stat
from types import TracebackType
from typing import Self

from obs_client.atomic import AtomicFile, new_file_mode
from obs_client.backends import local_attributes, local_spelling
from obs_client.backends.local_record import Record
from obs_client.backends.local_spelling import ExactDevices
from obs_client.directory.guarded_join import GuardedDirectory, Path, path_of
from obs_client.errors import ConflictError, TemporaryError
from obs_client.models import NewObject

_WALKS = 200

_exact: ExactDevices = set()


class DirectoryDraft:
    """An object to be a file: nothing of it is visible before `publish`; `discard` leaves nothing of it."""

    def __init__(self, directory: GuardedDirectory, new: NewObject) -> None:
        """Begin; directories that are absent are made.

        Raises:
            InvalidNameError: No path can have the name.
            ConflictError: A file or symbolic link stands where a directory must be.
        """
        self.new = new
        self._directory = directory
        self._path = path_of(new.name)
        self._made: list[Path] = []
        self._parent: int | None = None
        self._finished: tuple[int, Record | None] | None = None
        try:
            self._begin()
        except BaseException:
            self._let_go()
            raise

    @property
    def descriptor(self) -> int:
        """The file to be filled."""
        return self._file.descriptor

    def publish(self, content_hash: str, part_size: int | None = None) -> None:
        """Make it the file of its name, in one step, with its attributes.

        Raises:
            ConflictError: A directory, a device or a file of another spelling has the name.
        """
        assert self._parent is not None
        parent, component = self._parent, self._path[-1]
        old = self._replaced(parent, component)
        inode, sidecar = self._finish(content_hash, part_size)
        is_file = old is not None and stat.S_ISREG(old.st_mode)
        mode = stat.S_IMODE(old.st_mode) & 0o777 if old is not None and is_file else new_file_mode()
        if sidecar is not None:
            local_attributes.write_sidecar(parent, component, inode, sidecar, mode)
        with local_attributes.leaving(parent, component, old.st_ino if old is not None and is_file else None):
            self._file.publish_as(parent, component, mode)
        self._made = []

    def discard(self) -> None:
        """Remove what is not published, and the directories made for it. Safe to repeat."""
        try:
            self._file.discard()
        finally:
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def _begin(self) -> None:
        for _ in range(_WALKS):
            try:
                self._parent = self._directory.open(self._path[:-1], self._made)
                self._file = AtomicFile(os.dup(self._parent), self._path[-1])
            except FileNotFoundError:
                self._close_parent()  # another one removed the directory, which was empty yet
            else:
                return
        raise TemporaryError(f"the directories of {self.new.name!r} were removed as often as they were made; try again")

    def _finish(self, content_hash: str, part_size: int | None) -> tuple[int, Record | None]:
        """Give the file its attributes; gives its inode number, and the record if that must go into a sidecar."""
        if self._finished is None:
            self._finished = local_attributes.finish(
                self._file.descriptor, self.new.attributes, content_hash, part_size
            )
        return self._finished

    def _replaced(self, parent: int, component: bytes) -> os.stat_result | None:
        """What has the name; a symbolic link is replaced, not followed."""
        try:
            status = os.stat(component, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
            raise self._in_the_way("is a directory, FIFO or device")
        if not local_spelling.is_held(parent, component, status, _exact):
            raise self._in_the_way("is there in another spelling, and this file system takes the two for one")
        return status

    def _in_the_way(self, what: str) -> ConflictError:
        return ConflictError(
            f"{self.new.name!r} {what} in {self._directory.path!r}, and is not replaced; remove or rename it",
            object_name=self.new.name,
        )

    def _let_go(self) -> None:
        self._close_parent()
        made, self._made = self._made, []
        for path in reversed(made):
            self._directory.prune(path, keep=len(path) - 1)

    def _close_parent(self) -> None:
        parent, self._parent = self._parent, None
        if parent is not None:
            os.close(parent)
