"""New objects, copies and deletions."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
from collections.abc import Iterable
from typing import Any

from fsspec.callbacks import DEFAULT_CALLBACK, Callback

from obs_client.errors import ContainerNotFoundError
from obs_client.fsspec.base import Address, Entry
from obs_client.fsspec.errors import absent, translated
from obs_client.fsspec.transfers import Pairs, Transfers


class Writing(Transfers):
    """`pipe`, `put`, `cp`, `mv`, `rm`, and containers as the folders at the top."""

    def pipe_file(self, path: str, value: Any, mode: str = "overwrite", **attributes: Any) -> None:
        """Write an object, whole; with `mode="create"` only if none has this name.

        Args:
            attributes: As `object_write` takes them: `metadata`, `content_type` and others.
        """
        if self._intrans:
            with self.open(path, "xb" if mode == "create" else "wb", **attributes) as file:
                file.write(value)
            return
        container, name = self._file(path)
        with translated(path):
            new = mode == "create" and self._is_free(path)
            if not self.client.object_write(name, value, container_name=container, if_absent=new, **attributes):
                raise _exists(path)
        self.invalidate_cache(path)

    def _is_free(self, path: str) -> bool:
        """Whether the store will see to it, too, that nothing gets this name before it is written.

        Raises:
            FileExistsError: There is one.
        """
        container, name = self._file(path)
        if self.client.object_exists(name, container):
            raise _exists(path)
        return self.client.capabilities.if_absent

    def pipe(self, path: Any, value: Any = None, **attributes: Any) -> None:
        """As fsspec's; several objects at once."""
        items = path if isinstance(path, dict) else {path: value}
        if self._intrans or len(items) == 1:
            for each, content in items.items():
                self.pipe_file(each, content, **attributes)
        else:
            self._all(lambda item: self.pipe_file(*item, **attributes), items.items())

    def touch(self, path: str, truncate: bool = True, **attributes: Any) -> None:
        """An empty object; one that is there becomes empty, or stays as it is.

        Raises:
            NotImplementedError: Without `truncate`: there is one, and stores do not set its time.
        """
        if truncate:
            self.pipe_file(path, b"", **attributes)
            return
        try:
            self.pipe_file(path, b"", mode="create", **attributes)
        except FileExistsError as error:
            raise NotImplementedError(f"{path!r} is there, and no store sets the time of an object") from error

    def put_file(
        self,
        lpath: Any,
        rpath: str,
        callback: Callback = DEFAULT_CALLBACK,
        mode: str = "overwrite",
        later: Pairs | None = None,
        **attributes: Any,
    ) -> None:
        """A local file as an object; of a folder nothing is written."""
        if later is not None:
            later.append((lpath, rpath))
            return
        if os.path.isdir(lpath):
            return
        if self._intrans:
            super().put_file(lpath, rpath, callback=callback, mode=mode, **attributes)
            return
        container, name = self._file(rpath)
        callback.set_size(os.path.getsize(lpath))
        with translated(rpath):
            new = mode == "create" and self._is_free(rpath)
            progress = callback.relative_update
            options = {"container_name": container, "if_absent": new, "progress": progress, **attributes}
            if not self.client.upload_file(lpath, name, **options):
                raise _exists(rpath)
        self.invalidate_cache(rpath)

    def put(
        self,
        lpath: Any,
        rpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **options: Any,
    ) -> None:
        """As fsspec's, several files at once."""
        pairs: Pairs = []
        super().put(lpath, rpath, recursive=recursive, maxdepth=maxdepth, later=pairs, **options)
        self._transfer(functools.partial(self.put_file, **options), pairs, callback)

    # ---- copying ----------------------------------------------------------------------------------------------------

    def cp_file(self, path1: str, path2: str, later: Pairs | None = None, **_: object) -> None:
        """Copy an object, by the store; of a folder nothing is written."""
        if later is not None:
            later.append((path1, path2))
            return
        source, target = self._address(path1, file=True), self._file(path2)
        with translated(path1):
            copied = bool(source.name) and self.client.object_copy(
                source.name, target.name, source.container, target_container_name=target.container
            )
        if not copied and not self.isdir(path1):
            raise absent(path1)
        self.invalidate_cache(path2)

    def copy(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        on_error: str | None = None,
        **options: Any,
    ) -> None:
        """As fsspec's, several objects at once."""
        self._copy(path1, path2, recursive, maxdepth, on_error or ("ignore" if recursive else "raise"), **options)

    def _copy(
        self, path1: Any, path2: Any, recursive: bool, maxdepth: int | None, on_error: str, **options: Any
    ) -> Pairs:
        pairs: Pairs = []
        if not recursive:
            path1, path2 = self._literally(path1, path2, self.isdir, maxdepth)
        super().copy(path1, path2, recursive=recursive, maxdepth=maxdepth, later=pairs, **options)

        def copied(pair: tuple[str, str]) -> None:
            try:
                self.cp_file(*pair)
            except FileNotFoundError:
                if on_error == "raise":
                    raise

        self._all(copied, pairs)
        return pairs

    def mv(self, path1: Any, path2: Any, recursive: bool = False, maxdepth: int | None = None, **options: Any) -> None:
        """Copy by the store, then delete just what was copied.

        Raises:
            IsADirectoryError: Without `recursive`: there is no object to move, but a folder.
        """
        if self._whole(path1) == self._whole(path2):
            return
        pairs = self._copy(path1, path2, recursive, maxdepth, "raise", **options)
        if not pairs and not recursive:
            raise IsADirectoryError(errno.EISDIR, "a folder moves with recursive=True", path1)
        staying = {self._address(target, file=True) for _, target in pairs}
        moved = [self._address(source, file=True) for source, _ in pairs]
        with translated(path1):
            self._delete(each for each in moved if each.name and each not in staying)

    # ---- deleting ---------------------------------------------------------------------------------------------------

    def rm_file(self, path: str) -> None:
        """Delete an object.

        Raises:
            FileNotFoundError: There is none.
        """
        self._remove_objects([path])

    _rm = rm_file

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Delete objects; with `recursive` also folders, and containers, with all that is in them.

        Raises:
            FileNotFoundError: One of them is absent or, without `recursive`, a folder; nothing was deleted.
            ValueError: One of them is a folder with an empty name, as `a//`, which would be taken for `a`.
        """
        self._refuse_empty_names(path, recursive)
        tops = self._all_there(self.expand_path(path)) if recursive else []
        if recursive and maxdepth is None:
            for each in tops:
                self._remove_tree(each)
        elif not recursive and (matched := self._matched(path, maxdepth)) is not None:
            self._remove_listed(matched)
        else:
            self._remove_objects(self._files(path, recursive, maxdepth))
        self.invalidate_cache()

    def _refuse_empty_names(self, path: Any, recursive: bool) -> None:
        for each in path if isinstance(path, list | tuple | set) else [path]:
            if self._whole(each).endswith("//") and (recursive or not self._is_object(each)):
                raise ValueError(f"{str(each)!r} ends with an empty name; delete what is in it by the objects' names")

    def _all_there(self, paths: list[str]) -> list[str]:
        """The paths, each of which is an object or a folder."""
        there = self._all(self.exists, paths)
        if not all(there):
            raise absent(paths[there.index(False)])
        return paths

    def _files(self, path: Any, recursive: bool, maxdepth: int | None) -> list[str]:
        paths = self.expand_path(path, recursive=recursive, maxdepth=maxdepth)
        return [each for each in paths if self.isfile(each)] if recursive else paths

    def _remove_listed(self, entries: dict[str, Entry]) -> None:
        for each, entry in entries.items():
            if entry["type"] != "file":
                raise absent(each)
        with translated(f"{len(entries):,} objects"):
            self._delete(map(self._file, entries))

    def _remove_objects(self, paths: list[str]) -> None:
        addresses = [self._file(each) for each in paths]
        with translated(paths[0] if len(paths) == 1 else f"{len(paths):,} objects"):
            there = self._all(lambda each: self.client.object_exists(each.name, each.container), addresses)
            if not all(there):
                raise absent(paths[there.index(False)])
            self._delete(addresses)

    def _delete(self, addresses: Iterable[Address]) -> None:
        containers: dict[str, list[str]] = {}
        for each in addresses:
            containers.setdefault(each.container, []).append(each.name)
        for container, names in containers.items():
            self.client.object_delete_many(names, container)
        self.invalidate_cache()

    def _remove_tree(self, path: str) -> None:
        container, name = self._address(path)
        if not container:
            raise ValueError("to delete all containers, name them")
        with translated(path), contextlib.suppress(ContainerNotFoundError):
            if name or self._root is not None:
                self._empty(container, name)
            else:
                self.client.container_delete(container, force=True)

    def _empty(self, container: str, name: str) -> None:
        """Delete an object, and all in the folder of its name; or all in the container, which is not deleted itself."""
        if name:
            self.client.object_delete_prefix(f"{name}/", container)
            self.client.object_delete(name, container)
        else:
            everything = [each.name for each in self.client.object_iter(container_name=container)]
            self.client.object_delete_many(everything, container)

    # ---- containers -------------------------------------------------------------------------------------------------

    def mkdir(self, path: str, create_parents: bool = True, **_: object) -> None:
        """Create a container. In it, folders are there with their first object, and nothing is done."""
        address = self._address(path)
        if address.name or self._root is not None:
            return
        with translated(path):
            if not self.client.container_create(address.container):
                raise _exists(path)
        self.invalidate_cache(path)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """As `mkdir`."""
        try:
            self.mkdir(path)
        except FileExistsError:
            if not exist_ok:
                raise

    def rmdir(self, path: str) -> None:
        """Delete an empty container; a folder in it ends with its last object.

        Raises:
            OSError: It holds something.
        """
        address = self._address(path)
        with translated(path):
            if address.name or self._root is not None:
                removed = not self.exists(path)
            elif self.client.container_info(address.container) is None:
                raise absent(path)
            else:
                removed = self.client.container_delete(address.container)
        if not removed:
            raise OSError(errno.ENOTEMPTY, "it holds objects", path)
        self.invalidate_cache(path)


def _exists(path: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "there is one of this name already", path)
