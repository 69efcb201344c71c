"""Content of objects: one, many at once, ranges of many, and into local files."""

from __future__ import annotations

import os
from typing import Any

from fsspec.callbacks import DEFAULT_CALLBACK, Callback, NoOpCallback
from fsspec.utils import isfilelike

from obs_client.fsspec import ranges
from obs_client.fsspec.errors import absent, translated
from obs_client.fsspec.ranges import Ends
from obs_client.fsspec.transfers import Pairs, Transfers


class Reading(Transfers):
    """`cat` and `get`, by several threads."""

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: object) -> bytes:
        """An object's bytes, or some of them: negative numbers count from its end, as in slices."""
        address = self._file(path)
        with translated(path, reading=True):
            if (end or 0) < 0 or ((start or 0) < 0 and end is not None):
                start, end = ranges.from_the_start(start, end, self._size(path))
            if end is not None and end <= (start or 0):
                return b""
            return self.client.object_read(address.name, address.container, start=start or 0, stop=end)

    def _size(self, path: str) -> int:
        address = self._file(path)
        found = self.client.object_info(address.name, address.container)
        if found is None:
            raise absent(path)
        if found.size is None:
            raise NotImplementedError(f"the store does not report the size of {path!r}")
        return found.size

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **options: Any) -> Any:
        """As fsspec's: the bytes of one object, or by paths those of several."""
        paths = self.expand_path(path, recursive=recursive)
        if isinstance(path, str) and not recursive and paths in ([self._bare(path)], [self._whole(path)]):
            return self.cat_file(paths[0], **options)
        files = self._objects(paths) if recursive else paths
        contents = self._all(lambda each: ranges.attempted(lambda: self.cat_file(each, **options)), files)
        return ranges.sorted_out(dict(zip(files, contents, strict=True)), on_error)

    def cat_ranges(
        self,
        paths: list[str],
        starts: Ends,
        ends: Ends,
        max_gap: int | None = None,
        on_error: str = "return",
        **options: Any,
    ) -> list[Any]:
        """Ranges of objects; those of one object that are near to each other by one request.

        Args:
            max_gap: Bytes between two ranges that are rather read than left out.
        """
        pieces = ranges.merged(ranges.wanted(paths, starts, ends), ranges.GAP if max_gap is None else max_gap)

        def content(piece: ranges.Piece) -> bytes | Exception:
            return ranges.attempted(lambda: self.cat_file(piece.path, piece.start, piece.end, **options))

        found: dict[int, bytes | Exception] = {}
        for piece, read in zip(pieces, self._all(content, pieces), strict=True):
            found.update(piece.cut(read))
        told = ranges.sorted_out(found, on_error)
        return [told[position] for position in sorted(told)]

    def head(self, path: str, size: int = 1024) -> bytes:
        """The first bytes."""
        return self.cat_file(path, 0, size)

    def tail(self, path: str, size: int = 1024) -> bytes:
        """The last bytes."""
        return self.cat_file(path, -size) if size else b""

    # ---- into local files -------------------------------------------------------------------------------------------

    def get_file(
        self,
        rpath: str,
        lpath: Any = None,
        callback: Callback = DEFAULT_CALLBACK,
        outfile: Any = None,
        later: Pairs | None = None,
        **_: object,
    ) -> None:
        """One object to a local file, which is the old one or the new one, whole; a folder makes a folder."""
        if later is not None:
            later.append((rpath, lpath))
            return
        target = lpath if outfile is None else outfile
        if not isfilelike(target) and os.path.isdir(target) and self.isdir(rpath):
            return
        with translated(rpath, reading=True):
            found = self._get_object(rpath, target, callback)
        if found:
            return
        if isfilelike(target) or not self.isdir(rpath):
            raise absent(rpath)
        os.makedirs(target, exist_ok=True)

    def _get_object(self, path: str, target: Any, callback: Callback) -> bool:
        container, name = self._address(path, file=True)
        if not name:
            return False
        if not isinstance(callback, NoOpCallback):
            found = self.client.object_info(name, container)
            callback.set_size(found and found.size)
        progress = callback.relative_update
        if isfilelike(target):
            return self.client.object_download(name, target, container, progress=progress)
        os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
        return self.client.download_file(name, target, container, progress=progress)

    def get(
        self,
        rpath: Any,
        lpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **options: Any,
    ) -> None:
        """As fsspec's, several files at once."""
        pairs: Pairs = []
        if isfilelike(lpath):
            self.get_file(rpath, lpath, callback=callback)
            return
        sources, targets = rpath, lpath
        if not recursive:
            sources, targets = self._literally(rpath, lpath, os.path.isdir, maxdepth)
        super().get(sources, targets, recursive=recursive, maxdepth=maxdepth, later=pairs, **options)
        if not isinstance(lpath, list):
            _check_inside(lpath, [target for _, target in pairs])
        found = [source for source, _ in pairs]
        files, folders = set(self._objects(found)), _folders_of(found)
        if both := sorted(files & folders):
            raise IsADirectoryError(
                f"{both[0]!r} is an object, and a folder with others in it: no local folder holds both"
            )
        self._transfer(self.get_file, [pair for pair in pairs if pair[0] in files], callback)

    def _objects(self, paths: list[str]) -> list[str]:
        """The paths that are objects; those that others are in may be."""
        folders = _folders_of(paths)
        return [path for path in paths if path not in folders or self._is_object(path)]


def _check_inside(folder: str | os.PathLike[str], paths: list[str]) -> None:
    """Refuse targets that are not in the folder that was asked for: names of objects may hold `..`."""
    top = os.path.abspath(folder)
    for each in paths:
        if os.path.commonpath((top, os.path.abspath(each))) != top:
            raise ValueError(f"{each!r} is outside of {os.fspath(folder)!r}; get this object by its name")


def _folders_of(paths: list[str]) -> set[str]:
    """All that the paths are in."""
    return {path[:end] for path in paths for end in range(len(path)) if path[end] == "/"}
