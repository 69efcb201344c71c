"""`DirectoryClient`: one directory of the local file system, whose file names are the object names, as they are.

What `LocalClient` escapes is refused here, so that a directory that is filled looks to all other programs as its names
say. Attributes are kept with each file in the same way.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import stat
from collections.abc import Hashable

from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject, Page
from obs_client.backends.local.draft import write_whole
from obs_client.backends.local.names import PLAIN, Kind, Path, path_of, plain_path
from obs_client.backends.local.reading import read_whole
from obs_client.backends.local.spelling import ExactDevices
from obs_client.backends.local.store import FileStore, checked_path
from obs_client.backends.local.tree import NO_DIRECTORY, STEP_FLAGS, NotFollowed, State, Tree
from obs_client.errors import (
    ConflictError,
    ContainerExistsError,
    ContainerNotFoundError,
    InvalidNameError,
    NotSupportedError,
    ObjectStorageClientError,
)
from obs_client.models import Capabilities, ClientOptions, ContainerInfo, ObjectInfo

UNNAMED = "directory"
"""The container's name where the directory's own is none that a container can have, such as the root's."""

LINKS_MAXIMUM = 40

_FOLLOWING = Capabilities(
    equal_parts=True, ordered_listing=True, listing_has_metadata=True, container_delete=False, writable=False
)
_CAPABILITIES = dataclasses.replace(_FOLLOWING, server_side_copy=True, writable=True)
_LEADS_OUT = "is a symbolic link that leads out of the directory"


class DirectoryClient(FileStore):
    """A directory as a store of one container, which has its name; its regular files are the objects.

    A name that no path can have, or where a file or link stands in the way of a directory, is refused by an error.
    Nothing outside the directory is touched, ever. Empty directories are no objects: they are made as files need them,
    and removed with the last file in them. Permission bits are not kept: a new file has those of any new file, and one
    that is replaced keeps its own. A symbolic link in a file's place is replaced. Attributes are kept with the file, as
    `LocalClient` does.

    Writers hold no lock, since a name has one path: other programs may hold the directory's own.

    `cleanup` removes unfinished files of killed writers.

    Attributes:
        path: Absolute, without symbolic links: what the path given led to at first.
        follow_symlinks: Whether links are followed, as far as they lead to what is in the directory.
        skipped: Of the last listing: names that are no files, and what they are.
    """

    _names = PLAIN

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        follow_symlinks: bool = False,
        options: ClientOptions | None = None,
    ) -> None:
        """Nothing is looked at yet but the links in `path` itself.

        Args:
            path: The directory; it is made when the first file is written, if it is absent.
            follow_symlinks: Read what symbolic links lead to, as far as it is in the directory; nothing is written.
        """
        self.path: str = os.path.realpath(checked_path(path, "the path of a directory"))
        self._only_container = _container_name(self.path)
        super().__init__(self._only_container, options)
        self.follow_symlinks = follow_symlinks
        self.skipped: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"DirectoryClient({self.path!r})"

    def _capabilities(self) -> Capabilities:
        return _FOLLOWING if self.follow_symlinks else _CAPABILITIES

    def _location(self, container: str) -> tuple[Hashable, str]:
        return "file", os.path.join(self.path, "")

    def _container_create(self, container: str) -> None:
        try:
            self._container_info(container)
        except ContainerNotFoundError:
            self._open_home(container).close()
            return
        raise ContainerExistsError(f"{self.path!r} is there already", container=container)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        names = [self._only_container] if self._only_container.startswith(prefix) else []
        return Page([ContainerInfo(name, None, None) for name in names], None)

    def _container_delete(self, container: str) -> None:
        self._check_emptying(container)

    def _check_emptying(self, container: str) -> None:
        raise NotSupportedError("a directory is not deleted by this library: capabilities.container_delete is False")

    def make_folder(self, name: str) -> None:
        """Make a directory, and those above it; no failure if it is there.

        Raises:
            InvalidNameError: No path can have this name.
            ConflictError: There is something else.
        """
        with self._open_home(self._only_container) as tree:
            path = path_of(name.removesuffix("/"))
            with contextlib.suppress(FileNotFoundError):  # a file or link in the place of one of them
                tree.make_directories((), path, [])
            if tree.look_through((), path)[0] is not State.DIRECTORY:
                raise ConflictError(f"{name!r} in {self.path!r} is to be a directory, and there is something else")

    def remove_empty(self, name: str) -> None:
        """Remove a directory that holds nothing but empty directories; all else stays as it is."""
        with self._open_home(self._only_container) as tree, contextlib.suppress(OSError, InvalidNameError):
            path = path_of(name)
            if tree.look_through((), path)[0] is State.DIRECTORY:
                _remove_empty(tree, path)

    def has_folder(self, name: str) -> bool:
        """Whether a directory is there."""
        try:
            with self._open_tree(self._only_container) as tree:
                return tree.look_through((), path_of(name.removesuffix("/")))[0] is State.DIRECTORY
        except (ContainerNotFoundError, InvalidNameError):
            return False

    def has_as_before(self, info: ObjectInfo) -> bool:
        """Whether the file of an object has the size and the time still, by one look; False: that is not sure."""
        try:
            status = os.stat(f"{self.path}/{info.name}", follow_symlinks=self.follow_symlinks)
        except OSError:
            return False
        is_same = (status.st_size, status.st_mtime) == (info.size, info.last_modified)
        return is_same and stat.S_ISREG(status.st_mode)

    def visit(self, container: str) -> Visit | None:
        """The short way of small files, for one thread; to be closed. None: there is none where links are followed."""
        return None if self.follow_symlinks or type(self) is not DirectoryClient else Visit(self, container)

    def _begin_listing(self) -> None:
        self.skipped = {}

    def _skip(self, name: str, reason: str) -> None:
        self.skipped[name] = reason

    def _open_tree(self, container: str) -> Tree:
        try:
            descriptor = self._open(container)
        except OSError as error:
            if error.errno not in NO_DIRECTORY:
                raise
            raise ContainerNotFoundError(f"there is no directory {self.path!r}", container=container) from error
        if self.follow_symlinks:
            return _LinkedTree(descriptor, self.path, self._exact)
        return Tree(descriptor, self._names, self._exact)

    def _open_home(self, container: str) -> Tree:
        if self.follow_symlinks:
            raise _read_only()
        try:
            try:
                descriptor = self._open(container)
            except FileNotFoundError:
                os.makedirs(self.path, exist_ok=True)
                descriptor = self._open(container)
        except OSError as error:
            if error.errno not in (*NO_DIRECTORY, errno.EEXIST):
                raise
            raise ConflictError(f"{self.path!r}, or one of those above it, is not a directory") from error
        return Tree(descriptor, self._names, self._exact)

    def _open(self, container: str) -> int:
        if container != self._only_container:
            raise ContainerNotFoundError(
                f"there is no container {container!r}: the only one here is {self._only_container!r}",
                container=container,
            )
        return os.open(self.path, STEP_FLAGS)


class Visit:
    """Small files of a directory, one after another by one thread, which keeps open where it is: the short way.

    What it leaves undone is done, or refused with its reason, by the methods of the client.

    Args:
        container: Of which the names are.
    """

    def __init__(self, client: DirectoryClient, container: str) -> None:
        self._client = client
        self._container = container
        self._tree: Tree | None = None
        self._parent: Path = ()

    def read(self, name: str, most: int) -> tuple[ObjectInfo, bytes, dict[str, bytes]] | None:
        """An object of at most so many bytes, its content, and the MD5 by which that was proved, if one is stored.

        None: it was not read.
        """
        path = plain_path(name)
        if path is None:
            return None
        try:
            found = read_whole(self._tree_at(path), path, name, most)
        except (OSError, ObjectStorageClientError):
            found = None
        if found is None:
            self.close()
        return found

    def write(self, new: NewObject, body: BytesBody) -> bool:
        """Write an object without conditions. False: it was not written."""
        path = plain_path(new.name)
        if path is None:
            return False
        try:
            tree = self._tree_at(path)
            written = self._is_there(tree) and write_whole(tree, path, new, body.view(), body.digest("md5"))
        except (OSError, ObjectStorageClientError):
            written = False
        if not written:
            self.close()
        return written

    def close(self) -> None:
        """Let go of the directories. Safe to repeat; they are opened again as they are needed."""
        tree, self._tree = self._tree, None
        if tree is not None:
            tree.close()

    def _tree_at(self, path: Path) -> Tree:
        """The directories, those above the path alone: names come in order, and descriptors are few."""
        if self._tree is None:
            self._tree = self._client._open_tree(self._container)
        elif path[:-1] != self._parent:
            self._tree.keep_only(path[:-1])
        self._parent = path[:-1]
        return self._tree

    def _is_there(self, tree: Tree) -> bool:
        """Whether the directory is at its path still."""
        here, there = os.fstat(tree.container), os.stat(self._client.path, follow_symlinks=False)
        return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


class _LinkedTree(Tree):
    """A directory that is read through its symbolic links, as far as they stay in it."""

    follows_links = True

    def __init__(self, descriptor: int, root: str, exact: ExactDevices) -> None:
        """Args: root: The directory's path, which links may begin with."""
        super().__init__(descriptor, PLAIN, exact)
        self._root = os.fsencode(root)

    def changing(self, *, for_all: bool = False) -> contextlib.AbstractContextManager[None]:
        raise _read_only()

    def follow(self, path: Path) -> tuple[Kind, Path]:
        try:
            real = self.real_path(path)
            state = self.look(real)[0] if real else State.DIRECTORY
        except FileNotFoundError:
            state = State.ABSENT
        if state is State.ABSENT:
            raise NotFollowed("is a symbolic link that leads nowhere")
        if state not in (State.FILE, State.DIRECTORY):
            raise NotFollowed("is a symbolic link, and not to a file")
        return ("d" if state is State.DIRECTORY else "f"), real

    def real_path(self, path: Path) -> Path:
        left = list(reversed(path))
        done: list[bytes] = []
        links = 0
        while left:
            component = left.pop()
            if component == b"..":
                if not done:
                    raise NotFollowed(_LEADS_OUT)
                done.pop()
            elif component not in (b"", b"."):
                target = self._target(tuple(done), component)
                if target is None:
                    done.append(component)
                    continue
                links += 1
                if links > LINKS_MAXIMUM:
                    raise NotFollowed("is a symbolic link that leads in circles")
                if target.startswith(b"/"):
                    done, target = [], self._below_root(target)
                left.extend(reversed(target.split(b"/")))
        return tuple(done)

    def _target(self, parent: Path, component: bytes) -> bytes | None:
        """What a symbolic link says; None: there is something else."""
        try:
            return os.readlink(component, dir_fd=self.directory(parent))
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return None

    def _below_root(self, target: bytes) -> bytes:
        if target == self._root or target.startswith(self._root.rstrip(b"/") + b"/"):
            return target[len(self._root) :]
        raise NotFollowed(_LEADS_OUT)


def _remove_empty(tree: Tree, path: Path) -> None:
    """Remove a directory, the empty ones in it first.

    Raises:
        OSError: There is something else in it.
    """
    for entry in list(tree.scan(path)):
        if entry.is_dir(follow_symlinks=False):
            _remove_empty(tree, (*path, os.fsencode(entry.name)))
    tree.forget(path)
    os.rmdir(path[-1], dir_fd=tree.directory(path[:-1]))


def _container_name(path: str) -> str:
    try:
        return os.fsencode(os.path.basename(path)).decode() or UNNAMED
    except UnicodeDecodeError:
        return UNNAMED


def _read_only() -> NotSupportedError:
    return NotSupportedError(
        "a directory whose symbolic links are followed is read only: capabilities.writable is False"
    )
