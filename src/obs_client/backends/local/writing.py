"""Writing: a temporary file beside the object's path, filled, then published under the container's lock."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable

from obs_client.backend.atomic import AtomicFile
from obs_client.backend.body import BLOCK_SIZE, Body, BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.local import attributes as local_attributes
from obs_client.backends.local import lock as local_lock
from obs_client.backends.local import reading as local_read
from obs_client.backends.local import walk as local_walk
from obs_client.backends.local.draft import FileDraft
from obs_client.backends.local.names import Path
from obs_client.backends.local.tree import Tree
from obs_client.backends.local.walk import Place, Survey
from obs_client.errors import IntegrityError, PreconditionError, TemporaryError

_WALKS = 200

_memory = threading.local()


class Draft(FileDraft):
    """A draft of an object in the container of a tree."""

    def __init__(self, open_tree: Callable[[], Tree], new: NewObject) -> None:
        """Begin; a directory that others remove just now is made again.

        Raises:
            ContainerNotFoundError: From `open_tree`.
            ConflictError: Something that is neither file nor directory is in the way.
        """
        super().__init__(new)
        self._made: list[Path] = []
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

    def publish(self, content_hash: str, part_size: int | None = None) -> None:
        """Make it the object of its name, with its attributes, in one step.

        Raises:
            PreconditionError: A condition does not hold.
            TemporaryError: The container's lock was not to be had.
            ServiceError: Somebody removed the temporary file.
        """
        inode, sidecar = self._finish(content_hash, part_size)
        with local_lock.exclusive(self._tree.container, for_all=self.new.conditional):
            self._tree.refresh()
            found = local_walk.survey(self._tree, self.new.name)
            check_conditions(self._tree, self.new, found)
            target = self._target(found)
            old = found.places[0].status if found.places else None
            self._put_in_place(self._tree.directory(target[:-1]), target[-1], old, inode, sidecar)
            for place in found.places[1:]:
                remove(self._tree, place)
        if target[:-1] == self._home[:-1]:
            self._made = []  # they are in use

    def _begin(self) -> bool:
        try:
            self._home = local_walk.make_home(self._tree, self.new.name, self._made)
            self._file = AtomicFile(os.dup(self._tree.directory(self._home[:-1])), self._home[-1])
        except FileNotFoundError:
            return False
        return True

    def _let_go(self) -> None:
        made, self._made = self._made, []
        if self._tree.container >= 0:
            for path in reversed(made):
                self._tree.prune(path, keep=len(path) - 1)
        self._tree.close()

    def _target(self, found: Survey) -> Path:
        if found.places:
            return found.places[0].path
        if found.obstacle:
            raise local_walk.obstructed(found.obstacle)
        target = found.free or local_walk.make_home(self._tree, self.new.name, self._made)
        if not local_walk.is_directory(self._tree, target[:-1]):
            self._made += self._tree.make_directories((), target[:-1])
        return target


def check_conditions(tree: Tree, new: NewObject, found: Survey) -> None:
    """Raise `PreconditionError` unless the conditions of a new object hold for what is there."""
    if new.if_absent and found.places:
        raise PreconditionError(
            f"there is an object {new.name!r} already", container=new.container, object_name=new.name
        )
    if new.if_hash is not None:
        there = local_read.hash_at(tree, found.places[0]) if found.places else None
        if there != new.if_hash:
            raise PreconditionError(
                f"the object {new.name!r} has the hash {there}, not {new.if_hash}",
                container=new.container,
                object_name=new.name,
            )


def remove(tree: Tree, place: Place) -> None:
    """Remove a file and its sidecar; a file that is gone is no failure."""
    directory = tree.directory(place.path[:-1])
    leaving = local_attributes.leaving(directory, place.path[-1], place.status.st_ino)
    with contextlib.suppress(FileNotFoundError), leaving:
        os.unlink(place.path[-1], dir_fd=directory)


def copy_body(body: Body, descriptor: int, offset: int) -> bytes:
    """Write a body to a file from `offset` bytes on; gives its MD5."""
    if isinstance(body, BytesBody):
        write_all(descriptor, body.view(), offset)
        return body.digest("md5")
    hasher = hashlib.md5(usedforsecurity=False)
    count = 0
    buffer = block_buffer()
    while found := body.readinto(buffer):
        hasher.update(buffer[:found])
        write_all(descriptor, buffer[:found], offset + count)
        count += found
    if count != body.size:
        raise IntegrityError(f"the content ended after {count:,} of {body.size:,} bytes; nothing was written")
    return hasher.digest()


def write_all(descriptor: int, view: memoryview, offset: int) -> None:
    """Write all bytes at an offset; the system may take fewer at a time."""
    while view:
        count = os.pwrite(descriptor, view, offset)
        view = view[count:]
        offset += count


def block_buffer() -> memoryview:
    """This thread's own buffer: fresh memory costs more than the copying."""
    buffer: memoryview | None = getattr(_memory, "buffer", None)
    if buffer is None:
        buffer = _memory.buffer = memoryview(bytearray(BLOCK_SIZE))
    return buffer
