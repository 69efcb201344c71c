"""Listing in the byte order of names, lazily, and from any name on without a look at what comes before."""

from __future__ import annotations

import dataclasses
import itertools
import os
import time
from collections.abc import Callable, Iterator

from obs_client.backend import content_types
from obs_client.backend.listing import fold, name_of
from obs_client.backend.values import Page
from obs_client.backends.local.attributes import glance
from obs_client.backends.local.names import MARK, NAME_MAXIMUM, Path, path_of
from obs_client.backends.local.places import (
    Item,
    Scan,
    Skipped,
    Unlisted,
    folders,
    holds_object,
    path_of_key,
    refuse,
    unreadable,
)
from obs_client.backends.local.reading import OpenFile, open_object, open_path
from obs_client.backends.local.record import info_of
from obs_client.backends.local.tree import State, Tree
from obs_client.errors import InvalidNameError, ObjectNotFoundError, ServiceError
from obs_client.models import ObjectInfo, SubdirInfo

PAGE_SIZE = 10_000

FOLDER_TYPE = "application/x-directory"
"""The content type of an object that marks a folder, as most tools have it."""

Enter = Callable[[str], bool]
"""Says whether a folder, whose name ends with a slash, is to be looked into."""

_SETTLED = 3_000_000_000
"""Nanoseconds by which a file's last change must lie before a scan to be surely before it; some systems round by two
seconds."""


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Which names are wanted: all that start with `prefix` and come after `after` (None: from the first on)."""

    prefix: str
    after: str | None

    def holds(self, name: str) -> bool:
        """Whether an object of this name is wanted. Text compares as its UTF-8 does."""
        return name.startswith(self.prefix) and (self.after is None or name > self.after)

    def may_hold(self, folder: str) -> bool:
        """Whether any name may be wanted that starts with this, which ends with a slash."""
        if not folder.startswith(self.prefix):
            return self.prefix.startswith(folder)
        return self.after is None or folder > self.after or self.after.startswith(folder)

    def bound(self, folder: str) -> str | None:
        """After which keys in a folder the wanted ones come; None: there is no such bound."""
        if self.after is None or not self.after.startswith(folder):
            return None
        return self.after[len(folder) :]


@dataclasses.dataclass(slots=True)
class _Folder:
    """One folder of names; its objects may be spread over several directories.

    Attributes:
        prefix: What all names in it start with.
        paths: Its directories, the one that wins first.
        keys: What is still to be listed, the next one last; a folder ends with a slash.
        odd: The paths of those keys that are not simply in the first directory under their own text.
        since: When reading it began (epoch nanoseconds).
        has_sidecars: Whether attributes may be in files of their own.
    """

    prefix: str
    paths: list[Path]
    keys: list[str] = dataclasses.field(default_factory=list)
    odd: dict[str, list[Path]] = dataclasses.field(default_factory=dict)
    since: int = dataclasses.field(default_factory=time.time_ns)
    has_sidecars: bool = False

    def places_of(self, key: str) -> list[Path]:
        """Where a key is, the path that wins first."""
        return self.odd.get(key) or [path_of_key(self.paths[0], key)]


def page(
    tree: Tree,
    prefix: str,
    delimiter: str | None,
    start_after: str | None,
    marker: str | None,
    skipped: Skipped,
    most: int = PAGE_SIZE,
) -> Page[ObjectInfo | SubdirInfo]:
    """One page; a marker is the last entry of the page before, after an `o` (object) or `s` (subdir)."""
    last = marker[1:] if marker else start_after
    entries = _Walk(tree, Range(prefix, last), delimiter == "/", skipped).entries()
    if delimiter not in (None, "/"):
        if marker and marker.startswith("s"):
            entries = itertools.dropwhile(lambda entry: name_of(entry).startswith(marker[1:]), entries)
        entries = fold(_only_objects(entries), prefix, delimiter)
    found = list(itertools.islice(entries, most))
    if next(entries, None) is None:
        return Page(found, None)
    return Page(found, ("s" if isinstance(found[-1], SubdirInfo) else "o") + name_of(found[-1]))


def _only_objects(entries: Iterator[ObjectInfo | SubdirInfo]) -> Iterator[ObjectInfo]:
    return (entry for entry in entries if isinstance(entry, ObjectInfo))


def walk(
    tree: Tree, prefix: str, enter: Enter, skipped: Skipped, unlisted: Unlisted, *, folders: bool, folded: bool
) -> Iterator[ObjectInfo | SubdirInfo]:
    """All objects whose names start with the prefix, in order, but for those in folders that are not to be entered.

    Args:
        folders: A folder is an object too, of no bytes and with a slash at the end of its name.
        folded: Folders at a slash after the prefix are one entry each.
    """
    for entry in _Walk(tree, Range(prefix, None), folded, skipped, enter, unlisted, folders).entries():
        yield _marker(tree, entry.subdir) if folders and isinstance(entry, SubdirInfo) else entry


def _marker(tree: Tree, folder: str) -> ObjectInfo:
    """A folder as other stores mark one."""
    try:
        changed = os.fstat(tree.directory(path_of(folder[:-1]))).st_mtime
    except (FileNotFoundError, InvalidNameError):  # it is gone, or a link leads to it
        changed = 0.0
    return ObjectInfo(folder, 0, None, FOLDER_TYPE, {}, changed)


def _any(_: str) -> bool:
    return True


class _Walk:
    """One walk over a container.

    Args:
        folded: Folders at a slash after the prefix are one entry each.
    """

    def __init__(
        self,
        tree: Tree,
        wanted: Range,
        folded: bool,
        skipped: Skipped,
        enter: Enter = _any,
        unlisted: Unlisted = refuse,
        folders: bool = False,
    ) -> None:
        self._tree = tree
        self._wanted = wanted
        self._folded = folded
        self._skipped = skipped
        self._enter = enter
        self._unlisted = unlisted
        self._folders = folders

    def entries(self) -> Iterator[ObjectInfo | SubdirInfo]:
        """The objects, and the folders if they are folded, in order.

        Raises:
            ServiceError: A file that no object name leads to; what comes before it may have been listed.
        """
        base = self._base()
        stack = [self._read(_Folder(base, _directories(self._tree, base)))]
        while stack:
            folder = stack[-1]
            if not folder.keys:
                stack.pop()
                continue
            key = folder.keys.pop()
            name = folder.prefix + key
            if not key.endswith("/"):
                info = self._info(folder, key, name)
                if info is not None:
                    yield info
            else:
                yield from self._folder(_Folder(name, folder.places_of(key)), stack)

    def _folder(self, folder: _Folder, stack: list[_Folder]) -> Iterator[SubdirInfo]:
        """The entry that a folder is, if it is one; what is in it, if that is to be listed, comes next."""
        name = folder.prefix
        if self._is_folded(name):
            try:
                if holds_object(self._tree, folder.paths):
                    yield SubdirInfo(name)
            except (OSError, ServiceError) as error:
                self._unlisted(name, error)
        elif not self._is_loop(folder, stack):
            if self._folders and name.startswith(self._wanted.prefix) and name != self._wanted.prefix:
                yield SubdirInfo(name)
            stack.append(self._read(folder))

    def _base(self) -> str:
        """The folder that all wanted names are in; the root where links are followed, so that loops are seen."""
        return "" if self._tree.follows_links else self._wanted.prefix[: self._wanted.prefix.rfind("/") + 1]

    def _is_folded(self, folder: str) -> bool:
        return self._folded and folder.startswith(self._wanted.prefix) and folder != self._wanted.prefix

    def _is_loop(self, folder: _Folder, stack: list[_Folder]) -> bool:
        if not self._tree.follows_links or all(folder.paths != outer.paths for outer in stack):
            return False
        self._skipped(folder.prefix.removesuffix("/"), "is a symbolic link to a directory that it is in")
        return True

    def _read(self, folder: _Folder) -> _Folder:
        for number, path in enumerate(folder.paths):
            try:
                self._read_directory(folder, path, first=number == 0)
            except OSError as error:
                if not folder.prefix:
                    raise
                self._unlisted(folder.prefix, error)
        if folder.odd:
            _merge(folder)
        folder.keys.sort(reverse=True)
        return folder

    def _wanted_of(self, prefix: str, items: Iterator[Item]) -> Iterator[Item]:
        """Those items of a folder that are wanted; most are known to be, or not to be, by their keys alone."""
        bound = self._wanted.bound(prefix)
        all_may_be = prefix.startswith(self._wanted.prefix)
        for item in items:
            key = item[0]
            if bound is not None and key <= bound:
                if key.endswith("/") and bound.startswith(key) and self._is_wanted(prefix, key):
                    yield item
            elif all_may_be or self._is_wanted(prefix, key):
                yield item

    def _read_directory(self, folder: _Folder, path: Path, *, first: bool) -> None:
        scan = Scan(
            self._tree,
            path,
            lambda name, reason: self._skipped(folder.prefix + name, reason),
            lambda name, error: self._unlisted(folder.prefix + name, error),
        )
        for key, place in self._wanted_of(folder.prefix, scan.items()):
            if key.endswith("/") and not self._enter(folder.prefix + key):
                continue
            if place is None and first:
                folder.keys.append(key)
            else:
                folder.odd.setdefault(key, []).append(path_of_key(path, key) if place is None else place)
        folder.has_sidecars |= scan.has_sidecars

    def _is_wanted(self, prefix: str, key: str) -> bool:
        name = prefix + key
        if key.endswith("/") and not self._is_folded(name):
            return self._wanted.may_hold(name)
        return self._wanted.holds(name)

    def _info(self, folder: _Folder, key: str, name: str) -> ObjectInfo | None:
        """The object of a key; None: it is gone."""
        if not _is_possible(name):
            reason = f"its object name would have {len(name.encode()):,} bytes, 1 to 1,024 are possible; rename it"
            self._unlisted(name, unreadable(folder.places_of(key)[0], reason))
            return None
        if key not in folder.odd and not folder.has_sidecars:
            info = self._info_at_a_glance(folder, key, name)
            if info is not None:
                return info
        return _first_info(self._tree, folder.places_of(key), name)

    def _info_at_a_glance(self, folder: _Folder, key: str, name: str) -> ObjectInfo | None:
        try:
            found = glance(self._tree.directory(folder.paths[0]), key.encode(), folder.since - _SETTLED)
        except FileNotFoundError:
            return None
        return None if found is None else info_of(name, *found)


def _directories(tree: Tree, prefix: str) -> list[Path]:
    """The directories of all names that start with a prefix, which is empty or ends with a slash."""
    found: list[Path] = [()]
    for segment in prefix.split("/")[:-1]:
        found = [path for base in found for path in folders(tree, base, segment)]
    return found


def _merge(folder: _Folder) -> None:
    """Make each key one key, whose paths stand in the order in which they win."""
    plain = set(folder.keys)
    for key, places in folder.odd.items():
        # Of one directory's forms the escape in hexadecimal comes last; a scan gives them in no order.
        places.sort(key=lambda place: _rank(place, folder.paths))
        if key in plain:
            places.insert(0, path_of_key(folder.paths[0], key))
        else:
            folder.keys.append(key)


def _rank(place: Path, paths: list[Path]) -> tuple[int, int]:
    index = next((index for index, path in enumerate(paths) if place[: len(path)] == path), 0)
    component = place[len(paths[index])] if len(place) > len(paths[index]) else b""
    return index, 2 if component.startswith(b"%obs_x") else 1 if component.startswith(MARK) else 0


def _first_info(tree: Tree, paths: list[Path], name: str) -> ObjectInfo | None:
    """The object at the first of its paths that is still there."""
    for path in paths:
        try:
            info = _closed(open_path(tree, path), name)
        except PermissionError:
            info = _info_without_reading(tree, path, name)
        if info is not None:
            return info
    try:
        return _closed(open_object(tree, "", name), name)
    except ObjectNotFoundError:
        return None


def _closed(found: OpenFile | None, name: str) -> ObjectInfo | None:
    if found is None:
        return None
    os.close(found.descriptor)
    return found.info(name)


def _info_without_reading(tree: Tree, path: Path, name: str) -> ObjectInfo | None:
    """What can be said of a file that may not be read; without metadata, which only `object_info` would ask for."""
    state, status = tree.look(path)
    if state is not State.FILE or status is None:
        return None
    return ObjectInfo(name, status.st_size, None, content_types.guess_content_type(name), None, status.st_mtime)


def _is_possible(name: str) -> bool:
    """Whether an object can have a name, by its length."""
    # Four bytes a character at the most: most names are seen to be short enough at once.
    return bool(name) and (4 * len(name) <= NAME_MAXIMUM or len(name.encode()) <= NAME_MAXIMUM)
