"""Listing in the byte order of names, lazily, and from any name on without a look at what comes before."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator

from obs_client.backend import content_types
from obs_client.backend.listing import fold, name_of
from obs_client.backend.values import Page
from obs_client.backends.local import reading as local_read
from obs_client.backends.local import scan as local_scan
from obs_client.backends.local import walk as local_walk
from obs_client.backends.local.names import Path
from obs_client.backends.local.reading import OpenFile
from obs_client.backends.local.tree import State, Tree
from obs_client.errors import ObjectNotFoundError
from obs_client.models import ObjectInfo, SubdirInfo

PAGE_SIZE = 10_000


@dataclasses.dataclass(slots=True)
class _Folder:
    """One folder of names; its objects may be spread over several directories.

    Attributes:
        prefix: What all names in it start with.
        paths: Its directories, the one that wins first.
        keys: What is still to be listed, the next one last; a folder ends with a slash.
        odd: The paths of those keys that are not simply in the first directory under their own text.
    """

    prefix: str
    paths: list[Path]
    keys: list[str]
    odd: dict[str, list[Path]]

    def take(self) -> tuple[str, list[Path]]:
        """The next key and where it is, the path that wins first."""
        key = self.keys.pop()
        paths = self.odd.pop(key, None)
        return key, paths or [(*self.paths[0], key.removesuffix("/").encode())]


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Which names are wanted: all that start with `prefix` and come after `after` (None: from the first on)."""

    prefix: str
    after: str | None


def page(
    tree: Tree, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
) -> Page[ObjectInfo | SubdirInfo]:
    """One page; a marker is the last entry of the page before, after an `o` (object) or `s` (subdir)."""
    last = marker[1:] if marker else start_after
    entries = objects(tree, Range(prefix, last), folded=delimiter == "/")
    if delimiter not in (None, "/"):
        if marker and marker.startswith("s"):
            entries = itertools.dropwhile(lambda entry: name_of(entry).startswith(marker[1:]), entries)
        entries = fold(_only_objects(entries), prefix, delimiter)
    found = list(itertools.islice(entries, PAGE_SIZE))
    if next(entries, None) is None:
        return Page(found, None)
    return Page(found, ("s" if isinstance(found[-1], SubdirInfo) else "o") + name_of(found[-1]))


def _only_objects(entries: Iterator[ObjectInfo | SubdirInfo]) -> Iterator[ObjectInfo]:
    return (entry for entry in entries if isinstance(entry, ObjectInfo))


def objects(tree: Tree, wanted: Range, folded: bool) -> Iterator[ObjectInfo | SubdirInfo]:
    """The objects of a container in order; `folded`: folders at a slash after the prefix as one entry each.

    Raises:
        ServiceError: A file that no object name leads to; what comes before it may have been listed.
    """
    folder_name, _, start = wanted.prefix.rpartition("/")
    base = folder_name + "/" if len(wanted.prefix) > len(start) else ""
    stack = [_read_folder(tree, base, _directories(tree, base), wanted, folded)]
    while stack:
        folder = stack[-1]
        if not folder.keys:
            stack.pop()
            continue
        key, paths = folder.take()
        name = folder.prefix + key
        if not key.endswith("/"):
            info = _info(tree, paths, name)
            if info is not None:
                yield info
        elif not folded:
            stack.append(_read_folder(tree, name, paths, wanted, folded))
        elif local_scan.holds_object(tree, paths):
            yield SubdirInfo(name)


def _directories(tree: Tree, prefix: str) -> list[Path]:
    """The directories of all names that start with a prefix, which is empty or ends with a slash."""
    found: list[Path] = [()]
    for segment in prefix.split("/")[:-1]:
        found = [path for base in found for path in local_walk.folders(tree, base, segment)]
    return found


def _read_folder(tree: Tree, prefix: str, paths: list[Path], wanted: Range, folded: bool) -> _Folder:
    keys: list[str] = []
    odd: dict[str, list[Path]] = {}
    for path in paths:
        for item in local_scan.scan(tree, path):
            if not _is_wanted(prefix + item.key, item.kind == "d" and not folded, wanted):
                continue
            if item.plain and path is paths[0]:
                keys.append(item.key)
            else:
                odd.setdefault(item.key, []).append(path + item.form)
    if odd:
        _merge(keys, odd, paths)
    keys.sort(reverse=True)
    return _Folder(prefix, paths, keys, odd)


def _merge(keys: list[str], odd: dict[str, list[Path]], paths: list[Path]) -> None:
    """Make each key one key, whose paths stand in the order in which they win."""
    plain = set(keys)
    for key, places in odd.items():
        # Of one directory's forms the escape in hexadecimal comes last; scan gives them in no order.
        places.sort(key=lambda place: _rank(place, paths))
        if key in plain:
            places.insert(0, (*paths[0], key.removesuffix("/").encode()))
        else:
            keys.append(key)


def _rank(place: Path, paths: list[Path]) -> tuple[int, int]:
    index = next(index for index, path in enumerate(paths) if place[: len(path)] == path)
    component = place[len(paths[index])]
    return index, 2 if component.startswith(b"%obs_x") else 1 if component.startswith(b"%obs_") else 0


def _is_wanted(name: str, to_be_entered: bool, wanted: Range) -> bool:
    """Whether an object of this name, or any in this folder, is wanted. Text compares as its UTF-8 does."""
    if not name.startswith(wanted.prefix):
        return False
    if wanted.after is None or name > wanted.after:
        return True
    return to_be_entered and wanted.after.startswith(name)


def _info(tree: Tree, paths: list[Path], name: str) -> ObjectInfo | None:
    """The object at the first of its paths that is still there; None: it is gone."""
    local_scan.check_name(name, paths[0])
    for path in paths:
        try:
            info = _info_at(tree, path, name)
        except PermissionError:
            info = _info_without_reading(tree, path, name)
        if info is not None:
            return info
    try:
        return _info_of(local_read.open_object(tree, "", name), name)
    except ObjectNotFoundError:
        return None


def _info_at(tree: Tree, path: Path, name: str) -> ObjectInfo | None:
    found = local_read.open_path(tree, path)
    return None if found is None else _info_of(found, name)


def _info_of(found: OpenFile, name: str) -> ObjectInfo:
    os.close(found.descriptor)
    return found.info(name)


def _info_without_reading(tree: Tree, path: Path, name: str) -> ObjectInfo | None:
    """What can be said of a file that may not be read; without metadata, which only `object_info` would ask for."""
    state, status = tree.look(path)
    if state is not State.FILE or status is None:
        return None
    return ObjectInfo(name, status.st_size, None, content_types.guess_content_type(name), None, status.st_mtime)
