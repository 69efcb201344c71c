"""An object on its way into a file: an unfinished file with attributes, whichever tree it will stand in."""

from __future__ import annotations

import abc
import os
import stat
from types import TracebackType
from typing import Self

from obs_client.backend.atomic import AtomicFile, new_file_mode
from obs_client.backend.values import NewObject
from obs_client.backends.local import attributes as local_attributes
from obs_client.backends.local.record import Record


class FileDraft(abc.ABC):
    """Nothing of the object is visible before `publish`; `discard` leaves nothing of it."""

    _file: AtomicFile

    def __init__(self, new: NewObject) -> None:
        self.new = new
        self._finished: tuple[int, Record | None] | None = None

    @property
    def descriptor(self) -> int:
        """The file to be filled."""
        return self._file.descriptor

    @property
    def temporary_name(self) -> str:
        """The last component of the file's name until it is published."""
        return self._file.name.decode()

    @abc.abstractmethod
    def publish(self, content_hash: str, part_size: int | None = None) -> None:
        """Make it the object of its name, with its attributes, in one step."""

    @abc.abstractmethod
    def _let_go(self) -> None:
        """Close what was opened for it, and remove the directories made for it that nobody uses."""

    def discard(self) -> None:
        """Remove what is not published, and the directories made for it. Safe to repeat."""
        try:
            self._file.discard()
        finally:
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def _finish(self, content_hash: str, part_size: int | None) -> tuple[int, Record | None]:
        """Give the file its attributes; gives its inode number, and the record if that must go into a sidecar."""
        if self._finished is None:
            self._finished = local_attributes.finish(
                self._file.descriptor, self.new.attributes, content_hash, part_size
            )
        return self._finished

    def _put_in_place(
        self, directory: int, component: bytes, old: os.stat_result | None, inode: int, sidecar: Record | None
    ) -> None:
        """Give the file its name, in place of an old file or of none, with its sidecar if it has one."""
        mode = stat.S_IMODE(old.st_mode) & 0o777 if old else new_file_mode()
        if sidecar is not None:
            local_attributes.write_sidecar(directory, component, inode, sidecar, mode)
        try:
            with local_attributes.leaving(directory, component, old.st_ino if old else None):
                self._file.publish_as(directory, component, mode)
        except BaseException:
            # An interrupt may come after the rename, and then the file needs its sidecar.
            if sidecar is not None and not local_attributes.is_at(directory, component, inode):
                local_attributes.remove_sidecar(directory, inode)
            raise
