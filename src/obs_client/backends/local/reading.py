"""Reading: the file of a name, opened with its record, so that both are of one version."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import stat
import sys
from collections.abc import Iterator

from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.backends.local.attributes import ReplacedError, load
from obs_client.backends.local.names import Path
from obs_client.backends.local.places import Place, first_place
from obs_client.backends.local.record import Record, digest_of, info_of, valid_hash
from obs_client.backends.local.tree import Tree
from obs_client.errors import ObjectChangedError, ObjectNotFoundError, PreconditionError, TemporaryError
from obs_client.models import ObjectInfo

_TRIES = 200


@dataclasses.dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is open for reading, as it was when it was opened; whoever has it closes the descriptor.

    Attributes:
        unsized: It is told to have no bytes, and has some, as in `/proc`: only reading to its end tells how many.
    """

    descriptor: int
    path: Path
    status: os.stat_result
    record: Record | None
    unsized: bool = False

    @property
    def hash(self) -> str | None:
        return valid_hash(self.status, self.record)

    def info(self, name: str) -> ObjectInfo:
        """The object, under the name it was asked for."""
        info = info_of(name, self.status, self.record)
        return dataclasses.replace(info, size=None, hash=None) if self.unsized else info

    def check_hash(self, container: str, name: str, wanted: str | None) -> None:
        """Raise `PreconditionError` unless it has this hash; None: any will do."""
        if wanted is not None and self.hash != wanted:
            raise PreconditionError(
                f"the object {name!r} has the hash {self.hash}, not {wanted}", container=container, object_name=name
            )

    def check_is_still(self, source: ObjectInfo) -> None:
        """Raise `ObjectChangedError` if it is not the object that was looked at."""
        if source.hash is not None and self.hash != source.hash:
            raise ObjectChangedError(f"{source.name!r} was replaced before it was copied", object_name=source.name)

    def is_unchanged(self) -> bool:
        """Whether no other program wrote into the file since it was opened."""
        status = os.fstat(self.descriptor)
        return (status.st_size, status.st_mtime_ns) == (self.status.st_size, self.status.st_mtime_ns)

    def check_unchanged(self, name: str) -> None:
        """Raise `ObjectChangedError` if another program wrote into the file since it was opened."""
        if not self.is_unchanged():
            raise ObjectChangedError(
                f"the file of {name!r} was written to by another program while it was read; read it again",
                object_name=name,
            )


def open_path(tree: Tree, path: Path) -> OpenFile | None:
    """Open the file at a path; None: none is there, or another one by now.

    Raises:
        OSError: It cannot be read.
    """
    try:
        descriptor = tree.open_file(path)
    except FileNotFoundError:
        return None
    try:
        found = _with_record(tree, path, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    if found is None:
        os.close(descriptor)
    return found


def read_whole(tree: Tree, path: Path, name: str, most: int) -> tuple[ObjectInfo, bytes, dict[str, bytes]] | None:
    """A file of at most so many bytes: the object, its content, and its MD5 if that was compared with the stored one.

    None: it is larger, or is not simply this file, or its content is not that of one time, or not what is stored of
    it: `open_object` and a reader tell.

    Raises:
        OSError: It cannot be read.
    """
    found = open_path(tree, path)
    if found is None:
        return None
    try:
        size = found.status.st_size
        if found.unsized or size > most or not tree.is_spelled(path, found.status):
            return None
        content = os.pread(found.descriptor, size + 1, 0)
        if len(content) != size or not found.is_unchanged():
            return None
    finally:
        os.close(found.descriptor)
    digests = {}
    if (known := found.hash) is not None:
        digests["md5"] = hashlib.md5(content, usedforsecurity=False).digest()
        if digests["md5"].hex() != known:
            return None
    return found.info(name), content, digests


def open_object(tree: Tree, container: str, name: str) -> OpenFile:
    """Open the file of a name.

    Raises:
        ObjectNotFoundError: There is none.
        TemporaryError: It was replaced each time before it was open.
    """
    for _ in range(_TRIES):
        place = first_place(tree, name)
        if place is None:
            raise ObjectNotFoundError(
                f"there is no object {name!r} in container {container!r}", container=container, object_name=name
            )
        found = open_path(tree, place.path)
        if found is not None:
            return found
    raise TemporaryError(f"{name!r} was replaced each time before it could be opened; try again")


@contextlib.contextmanager
def opened(tree: Tree, container: str, name: str) -> Iterator[OpenFile]:
    """`open_object` for the time of a `with`."""
    found = open_object(tree, container, name)
    try:
        yield found
    finally:
        os.close(found.descriptor)


def hash_at(tree: Tree, place: Place) -> str | None:
    """The hash of a file that was found, None if it is not known, or gone."""
    found = open_path(tree, place.path)
    if found is None:
        return None
    os.close(found.descriptor)
    return found.hash


def check_hash_at(tree: Tree, place: Place, container: str, name: str, wanted: str) -> None:
    """Raise `PreconditionError` unless the file that was found has this hash."""
    there = hash_at(tree, place)
    if there != wanted:
        raise PreconditionError(
            f"the object {name!r} has the hash {there}, not {wanted}", container=container, object_name=name
        )


def _with_record(tree: Tree, path: Path, descriptor: int) -> OpenFile | None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return None
    try:
        record = load(descriptor, tree.directory(path[:-1]), path[-1], status)
    except (ReplacedError, FileNotFoundError):
        return None
    return OpenFile(descriptor, path, status, record, _is_unsized(descriptor, status))


def _is_unsized(descriptor: int, status: os.stat_result) -> bool:
    if status.st_size:
        return False
    try:
        return bool(os.pread(descriptor, 1, 0))
    except OSError:  # then reading tells
        return False


class LocalReader(ObjectReader):
    """The bytes of a range of an open file."""

    def __init__(self, file: OpenFile, name: str, start: int, stop: int | None) -> None:
        """The file's descriptor belongs to the reader from here on."""
        self.info: ObjectInfo = file.info(name)
        self.digest: ContentDigest | None = None if file.unsized else digest_of(file.status, file.record)
        self.verified = False
        self._file = file
        self._position = start
        size = sys.maxsize if file.unsized else file.status.st_size
        self._stop = size if stop is None else min(stop, size)
        self._closed = False

    def readinto(self, buffer: memoryview) -> int:
        view = buffer[: max(0, self._stop - self._position)]
        if not view:
            return 0
        if self._closed:
            raise ValueError("the reader is closed")
        count = os.preadv(self._file.descriptor, [view], self._position)
        self._position += count
        if count == 0 or self._position == self._stop:
            # Before the last bytes are handed over: whoever has them all need not ask again.
            self._file.check_unchanged(self.info.name)
        if count == 0 and not self._file.unsized:
            raise ObjectChangedError(f"the file of {self.info.name!r} ended early", object_name=self.info.name)
        return count

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            os.close(self._file.descriptor)
