"""A file on its way into a directory: under a temporary name until it is whole, its attributes with it."""

from __future__ import annotations

import os
import stat

from obs_client.backend.atomic import AtomicFile
from obs_client.backend.values import NewObject
from obs_client.backends.local import spelling as local_spelling
from obs_client.backends.local.draft import FileDraft
from obs_client.backends.local.guarded_join import GuardedDirectory, Path, path_of
from obs_client.backends.local.spelling import ExactDevices
from obs_client.errors import ConflictError, TemporaryError

_WALKS = 200

_exact: ExactDevices = set()


class DirectoryDraft(FileDraft):
    """A draft of a file in a directory."""

    def __init__(self, directory: GuardedDirectory, new: NewObject) -> None:
        """Begin; directories that are absent are made.

        Raises:
            InvalidNameError: No path can have the name.
            ConflictError: A file or symbolic link stands where a directory must be.
        """
        super().__init__(new)
        self._directory = directory
        self._path = path_of(new.name)
        self._made: list[Path] = []
        self._parent: int | None = None
        try:
            self._begin()
        except BaseException:
            self._let_go()
            raise

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
        self._put_in_place(parent, component, old if is_file else None, inode, sidecar)
        self._made = []

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
