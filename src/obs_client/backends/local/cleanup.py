"""What killed writers left: found again, and removed. No object is ever touched."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from obs_client.backend import atomic
from obs_client.backends.local.lock import exclusive
from obs_client.backends.local.names import (
    Path,
    inode_of_sidecar,
    is_ours,
    is_sidecar,
    is_temporary,
    logical_prefix,
)
from obs_client.backends.local.places import display
from obs_client.backends.local.tree import Tree
from obs_client.errors import ContainerNotEmptyError
from obs_client.models import CleanupReport

WEEK = 7 * 24 * 3600.0


def clean(tree: Tree, prefix: str, older_than: float, kept: frozenset[bytes] = frozenset()) -> CleanupReport:
    """Remove leftovers older than so many seconds, in directories whose objects' names all start with `prefix`.

    Args:
        kept: Names of temporary files that stay.
    """
    limit = time.time() - older_than
    removed: list[str] = []
    size = 0
    touched: list[Path] = []
    for path in _directories(tree, prefix):
        if not _lies_under(path, prefix):
            continue
        with exclusive(tree.container):
            for component, status in _leftovers(tree, path, limit):
                if component in kept or not _remove(tree, path, component):
                    continue
                removed.append(display((*path, component)))
                size += status.st_size
                touched.append(path)
    _prune(tree, touched)
    return CleanupReport(tuple(removed), size)


def empty(tree: Tree, container: str) -> None:
    """Remove the leftovers and empty directories of a container without objects; called under its lock.

    Raises:
        ContainerNotEmptyError: It holds objects, something that is no object and not ours, or a writer is at work.
    """
    directories = list(_directories(tree, ""))
    ours = [(path, name) for path in directories for name in _only_ours(tree, path, container)]
    for path, component in ours:
        _remove(tree, path, component)
    for path in reversed(directories):
        if path:
            tree.forget(path)
            os.rmdir(path[-1], dir_fd=tree.directory(path[:-1]))


def _remove(tree: Tree, path: Path, component: bytes) -> bool:
    """Remove a file; False: somebody else did."""
    try:
        os.unlink(component, dir_fd=tree.directory(path))
    except FileNotFoundError:
        return False
    return True


def _status(tree: Tree, path: Path, component: bytes) -> os.stat_result | None:
    """A file's status; None: it is gone."""
    try:
        return os.stat(component, dir_fd=tree.directory(path), follow_symlinks=False)
    except FileNotFoundError:
        return None


def _directories(tree: Tree, prefix: str) -> Iterator[Path]:
    """A container's directories that the prefix may concern, each before those in it."""
    left: list[Path] = [()]
    while left:
        path = left.pop()
        yield path
        below = [(*path, os.fsencode(entry.name)) for entry in tree.scan(path) if entry.is_dir(follow_symlinks=False)]
        left.extend(path for path in below if _may_lie_under(path, prefix))


def _may_lie_under(path: Path, prefix: str) -> bool:
    """Whether leftovers of the prefix may be in a directory, or below."""
    logical = logical_prefix(path)
    return not prefix or (logical is not None and (logical.startswith(prefix) or prefix.startswith(logical)))


def _lies_under(path: Path, prefix: str) -> bool:
    logical = logical_prefix(path)
    return not prefix or (logical is not None and logical.startswith(prefix))


def _leftovers(tree: Tree, path: Path, limit: float) -> list[tuple[bytes, os.stat_result]]:
    """Unfinished writes, and sidecars whose file is gone, that were last changed before `limit` (epoch seconds)."""
    ours = []
    inodes = set()
    for entry in tree.scan(path):
        component = os.fsencode(entry.name)
        if not entry.is_file(follow_symlinks=False):
            continue
        if is_ours(component):
            ours.append(component)
        else:
            inodes.add(entry.inode())
    old = []
    for component in ours:
        status = _status(tree, path, component)
        needed = is_sidecar(component) and inode_of_sidecar(component) in inodes
        if status is not None and status.st_mtime <= limit and not needed:
            old.append((component, status))
    return old


def _prune(tree: Tree, touched: list[Path]) -> None:
    for path in dict.fromkeys(reversed(touched)):
        tree.prune(path)


def _only_ours(tree: Tree, path: Path, container: str) -> Iterator[bytes]:
    """Our own files in a directory; raises `ContainerNotEmptyError` at anything else that is no directory."""
    for entry in tree.scan(path):
        component = os.fsencode(entry.name)
        if entry.is_dir(follow_symlinks=False):
            continue
        problem = _problem(tree, path, entry)
        if problem:
            raise ContainerNotEmptyError(
                f"container {container!r} is not empty: {display((*path, component))!r} {problem}", container=container
            )
        yield component


def _problem(tree: Tree, path: Path, entry: os.DirEntry[str]) -> str | None:
    component = os.fsencode(entry.name)
    if not entry.is_file(follow_symlinks=False):
        return "is neither a file nor a directory; it was not removed: remove it yourself"
    if not is_ours(component):
        return "is there"
    if not is_temporary(component):
        return None
    status = _status(tree, path, component)
    if status is None or time.time() - status.st_mtime > WEEK:
        return None
    return "is just being written" if atomic.is_alive(tree.directory(path), component) else None
