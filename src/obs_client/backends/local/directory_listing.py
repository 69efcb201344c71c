"""The files below a directory as objects, in the byte order of their names, lazily, and from any name on."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat
from collections.abc import Callable, Iterator

from obs_client.backends.local import attributes as local_attributes
from obs_client.backends.local import names as local_names
from obs_client.backends.local import record as local_record
from obs_client.backends.local import scan as local_scan
from obs_client.backends.local.guarded_join import GuardedDirectory, LeadsOutside, Path
from obs_client.backends.local.record import Record
from obs_client.errors import ConflictError, ServiceError
from obs_client.models import ObjectInfo

Skipped = Callable[[str, str], None]
"""Told of a name that is left out, and why."""

_HAS_QUICK_ATTRIBUTES = hasattr(os, "getxattr") and os.path.isdir("/proc/self/fd")


@dataclasses.dataclass(slots=True)
class _Folder:
    """A folder of names.

    Attributes:
        prefix: What all names in it start with: empty, or with a slash at the end.
        path: Its directory, without symbolic links.
        keys: What is still to be listed, the next one last; a folder ends with a slash.
        links: Where those keys lead that are symbolic links.
        has_sidecars: Whether attributes may be in files of their own.
    """

    prefix: str
    path: Path
    keys: list[str] = dataclasses.field(default_factory=list)
    links: dict[str, Path] = dataclasses.field(default_factory=dict)
    has_sidecars: bool = False

    def place_of(self, key: str) -> Path:
        """The path of a key."""
        return self.links[key] if key in self.links else (*self.path, key.removesuffix("/").encode())


class Walk:
    """One walk over the files of a directory.

    Args:
        prefix: Only names that start with it.
        after: Only names that come after it; None: from the first on.
        follow: Follow symbolic links, as far as they stay below the directory; loops are cut.
        skipped: Told of what is no file.
    """

    def __init__(
        self, directory: GuardedDirectory, prefix: str, after: str | None, follow: bool, skipped: Skipped
    ) -> None:
        self._directory = directory
        self._prefix = prefix
        self._after = after
        self._follow = follow
        self._skipped = skipped

    def objects(self) -> Iterator[ObjectInfo]:
        """The files in order.

        Raises:
            ServiceError: A file that no object name leads to.
        """
        stack = [self._read(_Folder("", ()))]
        while stack:
            folder = stack[-1]
            if not folder.keys:
                stack.pop()
            elif folder.keys[-1].endswith("/"):
                key = folder.keys.pop()
                inner = _Folder(folder.prefix + key, folder.place_of(key))
                if not self._is_loop(inner, stack):
                    stack.append(self._read(inner))
            else:
                yield from self._files(folder)

    def _files(self, folder: _Folder) -> Iterator[ObjectInfo]:
        """The next files of a folder, up to a folder in it."""
        with contextlib.ExitStack() as resources:
            try:
                descriptor = resources.enter_context(self._directory.opened(folder.path))
            except (FileNotFoundError, ConflictError):
                folder.keys.clear()  # it was removed meanwhile
                return
            while folder.keys and not folder.keys[-1].endswith("/"):
                key = folder.keys.pop()
                info = self._info(folder, key, descriptor)
                if info is not None:
                    yield info

    def _info(self, folder: _Folder, key: str, descriptor: int) -> ObjectInfo | None:
        name = folder.prefix + key
        local_scan.check_name(name, folder.path)
        if key not in folder.links:
            return _info_at(descriptor, key.encode(), name, folder.has_sidecars)
        path = folder.links[key]
        with contextlib.suppress(FileNotFoundError, ConflictError), self._directory.opened(path[:-1]) as parent:
            return _info_at(parent, path[-1], name, sidecars=True)
        return None

    def _read(self, folder: _Folder) -> _Folder:
        with (
            contextlib.suppress(FileNotFoundError, ConflictError),
            self._directory.opened(folder.path) as descriptor,
            os.scandir(descriptor) as entries,
        ):
            for entry in entries:
                self._take(folder, entry)
        folder.keys.sort(reverse=True)
        return folder

    def _take(self, folder: _Folder, entry: os.DirEntry[str]) -> None:
        component = os.fsencode(entry.name)
        if local_scan.is_ours(component):
            folder.has_sidecars |= local_names.is_sidecar(component)
            return
        is_directory = entry.is_dir(follow_symlinks=False)
        if not is_directory and not entry.is_file(follow_symlinks=False):
            self._take_other(folder, entry, component)
        elif self._is_wanted(key := folder.prefix + _text(folder, component), is_directory):
            folder.keys.append(key[len(folder.prefix) :] + "/" * is_directory)

    def _take_other(self, folder: _Folder, entry: os.DirEntry[str], component: bytes) -> None:
        name = folder.prefix + component.decode(errors="replace")
        if not entry.is_symlink():
            self._skipped(name, "is a FIFO, socket or device, not a file")
            return
        if not self._follow:
            self._skipped(name, "is a symbolic link, which is not followed")
            return
        try:
            path = self._directory.real_path((*folder.path, component))
            is_directory = self._is_directory(path)
        except (LeadsOutside, FileNotFoundError) as error:
            reason = str(error) if isinstance(error, LeadsOutside) else "leads nowhere"
            self._skipped(name, f"is a symbolic link that {reason}")
            return
        if is_directory is None:
            self._skipped(name, "is a symbolic link to what is no file")
        elif self._is_wanted(folder.prefix + _text(folder, component), is_directory):
            key = component.decode() + "/" * is_directory
            folder.keys.append(key)
            folder.links[key] = path

    def _is_directory(self, path: Path) -> bool | None:
        if not path:
            return True
        with self._directory.opened(path[:-1]) as parent:
            mode = os.stat(path[-1], dir_fd=parent, follow_symlinks=False).st_mode
        return True if stat.S_ISDIR(mode) else False if stat.S_ISREG(mode) else None

    def _is_loop(self, folder: _Folder, stack: list[_Folder]) -> bool:
        if all(folder.path != outer.path for outer in stack):
            return False
        self._skipped(folder.prefix.removesuffix("/"), "is a symbolic link to a directory that it is in")
        return True

    def _is_wanted(self, name: str, is_directory: bool) -> bool:
        if is_directory:
            name += "/"
            if not name.startswith(self._prefix) and not self._prefix.startswith(name):
                return False
            return self._after is None or name > self._after or self._after.startswith(name)
        return name.startswith(self._prefix) and (self._after is None or name > self._after)


def _text(folder: _Folder, component: bytes) -> str:
    try:
        text = component.decode()
    except UnicodeDecodeError:
        raise _unreadable(folder, component, "its name is not UTF-8; rename it") from None
    if component.startswith(local_names.MARK):
        raise _unreadable(
            folder, component, "it is an escape of LocalClient; name the directory by a file: URL with container_name"
        )
    return text


def _unreadable(folder: _Folder, component: bytes, reason: str) -> ServiceError:
    shown = os.fsdecode(b"/".join((*folder.path, component)))
    return ServiceError(f"no object name leads to the file {shown!r}: {reason}")


def _info_at(descriptor: int, component: bytes, name: str, sidecars: bool) -> ObjectInfo | None:
    """A file as an object; None: it is gone, or no file by now."""
    try:
        status = os.stat(component, dir_fd=descriptor, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            return None
        quick = _HAS_QUICK_ATTRIBUTES and not sidecars
        record = _quick_record(descriptor, component) if quick else _record(descriptor, component, status)
    except FileNotFoundError:
        return None
    return local_record.info_of(name, status, record)


def _quick_record(descriptor: int, component: bytes) -> Record | None:
    try:
        path = b"/proc/self/fd/%d/%s" % (descriptor, component)
        return local_record.decode(os.getxattr(path, local_attributes.ATTRIBUTE, follow_symlinks=False))
    except FileNotFoundError:
        raise
    except (OSError, ValueError):
        return None  # it has none, may not be read, or it is damaged: as `local_attributes.load` has it


def _record(descriptor: int, component: bytes, status: os.stat_result) -> Record | None:
    try:
        file = os.open(component, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor)
    except PermissionError:
        return None
    try:
        return local_attributes.load(file, descriptor, component, status)
    except local_attributes.ReplacedError:
        return None
    finally:
        os.close(file)
