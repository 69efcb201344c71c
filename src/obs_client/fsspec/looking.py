"""What is there: one entry, one level, or all below, by as few requests as that takes."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from obs_client.errors import ContainerNotFoundError
from obs_client.fsspec.base import Address, Base, Entry
from obs_client.fsspec.errors import absent, translated
from obs_client.models import ObjectInfo, SubdirInfo

_MAGIC = re.compile(r"[*?\[]")
_NAME = operator.itemgetter("name")

Found = dict[str, ObjectInfo | Entry | None]
"""What was found, by its path; None: a folder."""


class Looking(Base):
    """`info`, `ls`, `find` and what is made of them. What cannot be found out is an error, and never a no."""

    def info(self, path: str, **_: object) -> Entry:
        """One object, or one folder, which is there if an object is in it; the object, where both have the name."""
        address, stripped = self._address(path), self._bare(path)
        with translated(path, reading=True):
            found = self.client.object_info(address.name, address.container) if address.name else None
            if found is not None:
                return _object(stripped, found)
            if self._is_folder(address):
                return _folder(stripped)
        raise absent(path)

    def exists(self, path: str, **_: object) -> bool:
        """Whether there is such an object or folder.

        Raises:
            OSError: That could not be found out.
        """
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def isdir(self, path: str) -> bool:
        """Whether it is a folder; errors as `exists`."""
        return self._kind(path) == "directory"

    def isfile(self, path: str) -> bool:
        """Whether it is an object; errors as `exists`."""
        return self._kind(path) == "file"

    def _kind(self, path: str) -> str | None:
        try:
            return str(self.info(path)["type"])
        except FileNotFoundError:
            return None

    def _is_folder(self, address: Address) -> bool:
        if not address.container:
            return True
        if not address.name:
            return self.client.container_info(address.container) is not None
        # Not by a listing with a delimiter: some servers list folders that nothing is in any more.
        entries = self.client.object_iter(prefix=f"{address.name}/", container_name=address.container, limit=1)
        return next(_existing(entries), None) is not None

    # ---- one level --------------------------------------------------------------------------------------------------

    def ls(self, path: str, detail: bool = True, refresh: bool = False, prefix: str = "", **_: object) -> list[Any]:
        """What is in a folder, or an object alone.

        Args:
            prefix: Only what begins with it.
        """
        stripped = self._bare(path)
        entries = None if refresh else self.dircache.get((stripped, prefix))
        if entries is None:
            with translated(path, reading=True):
                entries = self._level(stripped, self._address(path), prefix)
            self.dircache[(stripped, prefix)] = entries
        return list(entries) if detail else [entry["name"] for entry in entries]

    def _level(self, path: str, address: Address, prefix: str) -> list[Entry]:
        if not address.container:
            return [_folder(each.name) for each in self.client.container_list(prefix or None)]
        start = _inside(address.name)
        listed = self.client.object_iter(prefix=start + prefix, delimiter="/", container_name=address.container)
        entries = list(self._entries(address.container, listed, start))
        if not entries and address.name and not prefix:
            entries = [self.info(path)]
            return entries if entries[0]["type"] == "file" else []
        return sorted(entries, key=_NAME)

    def _entries(self, container: str, listed: Iterable[ObjectInfo | SubdirInfo], start: str) -> Iterator[Entry]:
        before = self._before(container)
        for each in listed:
            if isinstance(each, SubdirInfo):
                yield _folder(before + each.subdir.removesuffix("/"))
            elif each.size or each.name != start:
                yield _object(before + each.name, each)

    # ---- all below --------------------------------------------------------------------------------------------------

    def find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        prefix: str = "",
        **_: object,
    ) -> Any:
        """All objects below a folder, by one listing; or an object alone. Not what has just the folder's name.

        Args:
            prefix: Only what begins with it, in the folder.
        """
        if maxdepth is not None and maxdepth < 1:
            raise ValueError("maxdepth must be at least 1")
        stripped = self._bare(path)
        found = self._below(stripped, maxdepth, prefix, withdirs) or ({} if prefix else self._alone(stripped))
        if withdirs and found and stripped:
            found.setdefault(stripped)
        names = sorted(name for name, each in found.items() if each is not None or (withdirs and name))
        return {name: _told(name, found[name]) for name in names} if detail else names

    def _below(self, path: str, maxdepth: int | None, prefix: str, withdirs: bool) -> Found:
        """Objects below a folder, and the folders that they are in, as deep as is wanted."""
        if maxdepth == 1:
            return self._one_level(path, prefix)
        found: Found = {}
        with translated(path, reading=True):
            for start, listed in self._listings(self._address(path), prefix):
                if maxdepth is None and not withdirs:
                    found.update({start + each.name: each for each in listed if each.size or not _is_marker(each)})
                    continue
                for each in listed:
                    _add_with_folders(found, _inside(path), start + each.name, each, maxdepth)
        return found

    def _one_level(self, path: str, prefix: str) -> Found:
        try:
            entries = self.ls(path, prefix=prefix)
        except FileNotFoundError:
            return {}
        return {each["name"]: _unless_folder(each) for each in entries if each["name"] != path}

    def _alone(self, path: str) -> Found:
        """What has this path, if anything."""
        try:
            return {path: _unless_folder(self.info(path))}
        except FileNotFoundError:
            return {}

    def _listings(self, address: Address, prefix: str) -> Iterator[tuple[str, Iterator[ObjectInfo]]]:
        """The objects in a folder, and how their paths begin; of all containers, if it is above them."""
        containers = [address.container]
        if not address.container:
            containers = [each.name for each in self.client.container_list(prefix or None)]
            prefix = ""
        for container in containers:
            listed = self.client.object_iter(prefix=_inside(address.name) + prefix, container_name=container)
            yield self._before(container), _existing(listed)

    def walk(
        self,
        path: str,
        maxdepth: int | None = None,
        topdown: bool = True,
        on_error: str | Callable[[OSError], object] = "omit",
        **options: Any,
    ) -> Iterator[Any]:
        """As fsspec's, by one listing of all; with `maxdepth` by one of each folder."""
        if maxdepth is not None:
            yield from super().walk(path, maxdepth, topdown, on_error, **options)
            return
        stripped = self._bare(path)
        found = self.find(stripped, withdirs=True, detail=True)
        if not found and not self.exists(stripped):
            if on_error == "raise":
                raise absent(path)
            if callable(on_error):
                on_error(absent(path))
            return
        yield from _walk(stripped, _by_folder(stripped, found), topdown, bool(options.get("detail")))

    def du(
        self, path: str, total: bool = True, maxdepth: int | None = None, withdirs: bool = False, **_: object
    ) -> Any:
        """Bytes of all objects below, or of each, by one listing."""
        found = self.find(path, maxdepth=maxdepth, withdirs=withdirs, detail=True)
        sizes = {name: entry["size"] or 0 for name, entry in found.items()}
        return sum(sizes.values()) if total else sizes

    def glob(self, path: str, maxdepth: int | None = None, **options: Any) -> Any:
        """As fsspec's; only what begins as the pattern does is listed."""
        stripped = self._bare(path)
        prefix = _MAGIC.split(stripped, maxsplit=1)[0].rpartition("/")[2] if is_pattern(stripped) else ""
        return super().glob(path, maxdepth, prefix=prefix, **options)

    def expand_path(
        self,
        path: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        assume_literal: bool = False,
        **_: object,
    ) -> list[str]:
        """As fsspec's, but a pattern that is an object's name is that object; of folders only those that are given."""
        if maxdepth is not None and maxdepth < 1:
            raise ValueError("maxdepth must be at least 1")
        paths = list(path) if isinstance(path, list | tuple | set) else [path]
        found = {full for each in paths for full in self._expanded(each, recursive, maxdepth, assume_literal)}
        if not found:
            raise absent(str(path))
        return sorted(found)

    def _expanded(self, path: Any, recursive: bool, maxdepth: int | None, literal: bool) -> Iterable[str]:
        if literal or not (is_pattern(path) or str(path).endswith("/")):
            return self._with_all_below(self._bare(path), maxdepth) if recursive else [self._bare(path)]
        if self._is_object(path):
            return [self._whole(path)]
        if not is_pattern(path):
            return self._expanded(path, recursive, maxdepth, True)
        matched = [str(each) for each in self.glob(path, maxdepth=maxdepth)]
        if not recursive or maxdepth == 1:
            return matched
        deeper = None if maxdepth is None else maxdepth - 1
        return [*matched, *(full for each in matched for full in self._with_all_below(each, deeper))]

    def _with_all_below(self, path: str, maxdepth: int | None) -> list[str]:
        below = list(self.find(path, maxdepth=maxdepth))
        if path in below or not (below or self.exists(path)):
            return below
        return [path, *below]

    def _matched(self, path: Any, maxdepth: int | None = None) -> dict[str, Entry] | None:
        """What a pattern is of, told by its listing; None: it is none, or an object's name.

        Raises:
            FileNotFoundError: It is of nothing.
        """
        if not isinstance(path, str) or not is_pattern(path) or self._is_object(path):
            return None
        matched: dict[str, Entry] = self.glob(path, maxdepth=maxdepth, detail=True)
        if not matched:
            raise absent(path)
        return matched

    def _is_object(self, path: Any) -> bool:
        """Whether what reads as a pattern, or as a folder, is an object's name."""
        address = self._address(path, file=True)
        if not address.container or not address.name:
            return False
        with translated(path, reading=True):
            found = self.client.object_info(address.name, address.container)
        return found is not None and not _is_marker(found)


def is_pattern(path: Any) -> bool:
    """Whether a path reads as a pattern."""
    return _MAGIC.search(str(path)) is not None


def _object(path: str, info: ObjectInfo) -> Entry:
    """What fsspec, and those who use it, look for: `mtime` is in epoch seconds."""
    return {
        "name": path,
        "size": info.size,
        "type": "file",
        "mtime": info.last_modified,
        "hash": info.hash,
        "content_type": info.content_type,
    }


def _folder(path: str) -> Entry:
    return {"name": path, "size": 0, "type": "directory"}


def _unless_folder(entry: Entry) -> Entry | None:
    return None if entry["type"] == "directory" else entry


def _told(path: str, found: ObjectInfo | Entry | None) -> Entry:
    """What is told of what was found."""
    if found is None:
        return _folder(path)
    return _object(path, found) if isinstance(found, ObjectInfo) else found


def _add_with_folders(found: Found, top: str, path: str, info: ObjectInfo, maxdepth: int | None) -> None:
    """Add an object, unless it is too deep, and the folders on the way to it."""
    for folder in _folders_between(top, path, maxdepth):
        found.setdefault(folder)
    if (maxdepth is None or path.count("/", len(top)) < maxdepth) and not _is_marker(info):
        found[path] = info


def _inside(name: str) -> str:
    """What all begins with that is in a folder, or in a container, whose own name is empty."""
    return f"{name}/" if name else ""


def _is_marker(info: ObjectInfo) -> bool:
    """Whether this is how some tools keep an empty folder."""
    return info.name.endswith("/") and not info.size


def _folders_between(top: str, path: str, maxdepth: int | None) -> Iterator[str]:
    """The folders on the way from the top to an object, as many as are wanted."""
    end, depth = path.find("/", len(top)), 1
    while end >= 0 and (maxdepth is None or depth <= maxdepth):
        yield path[:end]
        end, depth = path.find("/", end + 1), depth + 1


def _existing(entries: Iterator[ObjectInfo]) -> Iterator[ObjectInfo]:
    """Entries of a container; none if it is absent."""
    try:
        yield from entries
    except ContainerNotFoundError:
        return


# ---- walking through what was listed at once ------------------------------------------------------------------------

Folder = tuple[dict[str, Entry], dict[str, Entry]]
"""The folders and the files in one folder, by their names in it."""


def _by_folder(top: str, found: dict[str, Entry]) -> dict[str, Folder]:
    """What is right in each folder; an object may have the name of a folder."""
    folders: dict[str, Folder] = {top: ({}, {})}
    for path, entry in found.items():
        is_file = entry["type"] == "file"
        for folder in _folders_between(_inside(top), path if is_file else f"{path}/", None):
            parent, _, name = folder.rpartition("/")
            folders.setdefault(folder, ({}, {}))
            folders[parent][0].setdefault(name, _folder(folder))
        if is_file:
            parent, _, name = path.rpartition("/")
            folders[top if path == top else parent][1]["" if path == top else name] = entry
    return folders


def _walk(path: str, folders: dict[str, Folder], topdown: bool, detail: bool) -> Iterator[Any]:
    """Each folder, with what is in it; a caller may take folders out of what it was given."""
    inner, files = folders[path]
    told: tuple[str, Any, Any] = (path, inner, files) if detail else (path, list(inner), list(files))
    entries = dict(inner)
    if topdown:
        yield told
    for name in list(told[1]) if topdown else entries:
        yield from _walk(entries[name]["name"], folders, topdown, detail)
    if not topdown:
        yield told
