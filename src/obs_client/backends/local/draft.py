"""An object on its way into a file: a temporary file beside its path, filled, then published by one rename."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from obs_client.backend.atomic import AtomicFile, create, new_file_mode
from obs_client.backend.values import NewObject
from obs_client.backends.local import attributes
from obs_client.backends.local.names import Path
from obs_client.backends.local.places import Place, Survey, make_home, survey
from obs_client.backends.local.reading import hash_at
from obs_client.backends.local.record import Record
from obs_client.backends.local.tree import State, Tree
from obs_client.errors import PreconditionError, TemporaryError
from obs_client.models import ObjectInfo

_WALKS = 200
_LATE = 1.0
"""Seconds of waiting for the lock after which the attributes are stored again, since they tell when that was."""


class Draft:
    """Nothing of the object is visible before `publish`; `discard` leaves nothing of it."""

    _tree: Tree
    _home: Path
    _file: AtomicFile

    def __init__(self, open_tree: Callable[[], Tree], new: NewObject, again: bytes | None = None) -> None:
        """Begin; a directory that others remove just now is made again.

        Args:
            again: The temporary name of a draft of this object that another process left.

        Raises:
            ContainerNotFoundError: From `open_tree`.
            ConflictError: Something is in the way that is neither replaced nor gone round; or the other is at work.
            TemporaryFileRemovedError: There is no such draft any more.
        """
        self.new = new
        self._again = again
        self._made: list[Path] = []
        self._finished: tuple[os.stat_result, Record | None] | None = None
        self._finished_at = 0.0
        for _ in range(_WALKS):
            self._tree = open_tree()
            try:
                if self._begin():
                    return
            except BaseException:
                self._let_go()
                raise
            self._let_go()
        raise TemporaryError(f"the directories of {new.name!r} were removed as often as they were made; try again")

    @property
    def descriptor(self) -> int:
        """The file to be filled."""
        return self._file.descriptor

    @property
    def temporary_name(self) -> str:
        """The last component of the file's name until it is published."""
        return self._file.name.decode()

    def publish(self, content_hash: str, part_size: int | None = None) -> ObjectInfo:
        """Make it the object of its name, with its attributes, in one step; gives what it is now.

        Raises:
            PreconditionError: A condition does not hold.
            ConflictError: Something is in the way by now.
            TemporaryError: The container's lock was not to be had, or others remove the directories.
            ServiceError: Somebody removed the temporary file.
        """
        if self._finished is None:
            self._finished = self._finish(content_hash, part_size)
        with self._tree.changing(for_all=self.new.conditional):
            self._tree.refresh()
            if time.monotonic() - self._finished_at > _LATE:
                self._finished = self._finish(content_hash, part_size)
            try:
                target = self._replace(self._finished[0].st_ino, self._finished[1])
            except FileNotFoundError as error:
                raise TemporaryError(f"a directory of {self.new.name!r} was removed just now; try again") from error
        if target[:-1] == self._home[:-1]:
            self._made = []  # they are in use
        return self.new.written(content_hash, self._finished[0].st_mtime)

    def _finish(self, content_hash: str, part_size: int | None) -> tuple[os.stat_result, Record | None]:
        self._finished_at = time.monotonic()
        return attributes.finish(self.descriptor, self.new.attributes, content_hash, part_size)

    def _replace(self, inode: int, sidecar: Record | None) -> Path:
        """Put the file in the place of all that is read under its name; gives its path."""
        for _ in range(_WALKS):
            found = survey(self._tree, self.new.name)
            self._check_conditions(found)
            target = self._target(found)
            with contextlib.suppress(IsADirectoryError):  # another writer made one there meanwhile: look again
                self._put_in_place(target, found.places[0].status if found.places else None, inode, sidecar)
                for place in found.places[1:]:
                    remove(self._tree, place)
                return target
        raise TemporaryError(f"the place of {self.new.name!r} was taken as often as it was found; try again")

    def discard(self) -> None:
        """Remove what is not published, and the directories made for it that nobody uses. Safe to repeat."""
        try:
            self._file.discard()
        finally:
            self._let_go()

    def leave(self) -> None:
        """Let go of it, unpublished, for another process to go on with. Safe to repeat."""
        try:
            self._file.leave()
        finally:
            self._made = []
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def _begin(self) -> bool:
        try:
            self._home = make_home(self._tree, self.new.name, self._made)
            directory = os.dup(self._tree.directory(self._home[:-1]))
            self._file = AtomicFile(directory, self._home[-1], mark=self.new.attributes.write_id, name=self._again)
        except FileNotFoundError:
            return False
        return True

    def _let_go(self) -> None:
        made, self._made = self._made, []
        if self._tree.container >= 0:
            for path in reversed(made):
                self._tree.prune(path, keep=len(path) - 1)
        self._tree.close()

    def _check_conditions(self, found: Survey) -> None:
        new = self.new
        if new.if_absent and found.places:
            raise PreconditionError(
                f"there is an object {new.name!r} already", container=new.container, object_name=new.name
            )
        if new.if_hash is None:
            return
        there = hash_at(self._tree, found.places[0]) if found.places else None
        if there != new.if_hash:
            raise PreconditionError(
                f"the object {new.name!r} has the hash {there}, not {new.if_hash}",
                container=new.container,
                object_name=new.name,
            )

    def _target(self, found: Survey) -> Path:
        if found.places:
            return found.places[0].path
        if found.obstacle:
            raise found.obstacle
        target = found.free or make_home(self._tree, self.new.name, self._made)
        if not self._tree.is_directory(target[:-1]):
            self._tree.make_directories((), target[:-1], self._made)
        return target

    def _put_in_place(self, target: Path, old: os.stat_result | None, inode: int, sidecar: Record | None) -> None:
        """Give the file its name, in place of an old file or of none, with its sidecar if it has one."""
        directory, component = self._tree.directory(target[:-1]), target[-1]
        mode = stat.S_IMODE(old.st_mode) & 0o777 if old else new_file_mode()
        if sidecar is not None:
            attributes.write_sidecar(directory, component, inode, sidecar, mode)
        try:
            with attributes.leaving(directory, component, old.st_ino if old else None):
                self._file.publish_as(directory, component, mode)
        except BaseException:
            # An interrupt may come after the rename, and then the file needs its sidecar.
            if sidecar is not None and not attributes.is_at(directory, component, inode):
                attributes.remove_sidecar(directory, inode)
            raise
        if sidecar is not None:
            attributes.seal(directory, component, inode, sidecar, mode)


def write_whole(tree: Tree, path: Path, new: NewObject, content: memoryview, digest: bytes) -> bool:
    """Make a file of content that is in memory, as `Draft` does, where no other file has the name or an ordinary one.

    False: something is in the way, or has to be made, or changes meanwhile: a `Draft` sees to that. Nothing is left.

    Args:
        tree: One where each name has one place.
        digest: The MD5 of the content.

    Raises:
        OSError: The same, or it cannot be written.
    """
    state, old = tree.look(path)
    if new.conditional or state not in (State.FILE, State.ABSENT):
        return False
    directory, component = tree.directory(path[:-1]), path[-1]
    mode = stat.S_IMODE(old.st_mode) & 0o777 if old else new_file_mode()
    # Not locked, as that of a draft: if a cleanup takes it for abandoned in this moment, the rename fails.
    name, descriptor = create(directory)
    try:
        try:
            if os.write(descriptor, content) != len(content):
                return False
            _, sidecar = attributes.finish(descriptor, new.attributes, digest.hex(), None)
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)  # before the rename: some file systems (NFS) tell only now that the disk is full
        if sidecar is not None or not tree.is_current(path[:-1]):
            return False
        with attributes.leaving(directory, component, old.st_ino if old else None):
            os.rename(name, component, src_dir_fd=directory, dst_dir_fd=directory)
            name = b""
        return True
    finally:
        if name:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)


def remove(tree: Tree, place: Place) -> None:
    """Remove a file and its sidecar; a file that is gone is no failure."""
    directory = tree.directory(place.path[:-1])
    leaving = attributes.leaving(directory, place.path[-1], place.status.st_ino)
    with contextlib.suppress(FileNotFoundError), leaving:
        os.unlink(place.path[-1], dir_fd=directory)
