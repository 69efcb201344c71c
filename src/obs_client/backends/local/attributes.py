"""Where a file's record is kept: one extended attribute, or a sidecar file where that cannot be.

A sidecar stands in the file's own directory and is named after its inode number. It is written before the file gets
its name, and removed after the file has lost it, so that a file is never seen without its attributes. Once the file has
its name, it is bound to the file's change time too (`seal`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import logging
import os
import stat
import time
from collections.abc import Iterator

from obs_client.backend.atomic import AtomicFile
from obs_client.backends.local.names import sidecar_name
from obs_client.backends.local.record import Record, decode, make
from obs_client.models import Attributes

ATTRIBUTE = "user.obs_client"
SIDECAR_MAXIMUM = 64 * 1024 * 1024

_has_extended_attributes = hasattr(os, "setxattr")
_has_paths_of_descriptors = os.path.isdir("/proc/self/fd")
_NO_ROOM = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSPC, errno.E2BIG, errno.ERANGE)
_NONE_THERE = (errno.ENODATA, errno.ENOTSUP, errno.EOPNOTSUPP)
_HOLD_FLAGS = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_NOFOLLOW | os.O_CLOEXEC

_logger = logging.getLogger("obs_client")


class ReplacedError(Exception):
    """The file was replaced or removed while its attributes were read; look it up anew."""


def load(descriptor: int, directory: int, component: bytes, status: os.stat_result) -> Record | None:
    """The record of an open file, None if it has none.

    Raises:
        ReplacedError: The path leads to another file by now, or to none.
    """
    stored = _read_attribute(descriptor)
    if stored is not None:
        return _decoded(stored, component)
    record = _read_sidecar(directory, component, status)
    # A file that has lost its name has another change time by that alone.
    is_there = is_at(directory, component, status.st_ino) if record is None else status.st_nlink > 0
    if not is_there:
        raise ReplacedError
    return record


def glance(directory: int, component: bytes, since: int) -> tuple[os.stat_result, Record | None] | None:
    """The status and record of a file without opening it; None: they cannot be had so, or may be of two versions.

    Only for a directory that had no sidecars at the time `since` (epoch nanoseconds).

    Raises:
        FileNotFoundError: Nothing has this name.
    """
    if not (_has_extended_attributes and _has_paths_of_descriptors):
        return None
    try:
        record = _record_by_path(b"/proc/self/fd/%d/%s" % (directory, component))
    except (OSError, ValueError):
        return None
    status = os.stat(component, dir_fd=directory, follow_symlinks=False)
    # In this order: a file that came between the two has another time than the record, or than it had at `since`.
    is_one_version = status.st_ctime_ns < since if record is None else record.is_of(status)
    return (status, record) if is_one_version and stat.S_ISREG(status.st_mode) else None


def finish(
    descriptor: int, attributes: Attributes, content_hash: str | None, part_size: int | None
) -> tuple[os.stat_result, Record | None]:
    """Give a written file its attributes; gives its status, and the record if that must go into a sidecar."""
    now = time.time_ns()
    # The kernel's own times are coarse: set finely, a later change by another program always shows.
    os.utime(descriptor, ns=(now, now))
    status = os.fstat(descriptor)
    record = make(attributes, status, content_hash, part_size, _stored_now(status))
    if _store(descriptor, record):
        return status, None
    return status, dataclasses.replace(record, stored_ns=None)


def store_in_file(descriptor: int, record: Record, status: os.stat_result) -> bool:
    """Put a record into an open file's extended attribute; False: it takes none, or not so much.

    Args:
        status: As it is now.
    """
    return _store(descriptor, dataclasses.replace(record, stored_ns=_stored_now(status)))


def _stored_now(status: os.stat_result) -> int:
    """The time by the later of two clocks (epoch nanoseconds): the file system may be another machine's."""
    return max(time.time_ns(), status.st_ctime_ns)


def _store(descriptor: int, record: Record) -> bool:
    if not _has_extended_attributes:
        return False
    try:
        os.setxattr(descriptor, ATTRIBUTE, record.encode())
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        return False
    return True


def write_sidecar(directory: int, component: bytes, inode: int, record: Record, mode: int) -> None:
    """Write the sidecar of the file that has, or will have, this last component and inode number."""
    named = dataclasses.replace(record, name=component.decode())
    with AtomicFile(os.dup(directory), sidecar_name(inode)) as file:
        view = memoryview(named.encode())
        while view:
            view = view[os.write(file.descriptor, view) :]
        file.publish_as(directory, sidecar_name(inode), mode)


def seal(directory: int, component: bytes, inode: int, record: Record, mode: int) -> None:
    """Bind a sidecar to the change time that its file has now, by which any later change of the file is seen."""
    # Without it the sidecar is as good as an attribute in the file, and what was written stays written.
    with contextlib.suppress(OSError):
        status = os.stat(component, dir_fd=directory, follow_symlinks=False)
        if status.st_ino == inode and record.describes(status):
            bound = dataclasses.replace(record, ctime_ns=status.st_ctime_ns)
            write_sidecar(directory, component, inode, bound, mode)


def remove_sidecar(directory: int, inode: int) -> None:
    """Remove a file's sidecar, if it has one."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(sidecar_name(inode), dir_fd=directory)


def replace(descriptor: int, directory: int, component: bytes, status: os.stat_result, record: Record) -> None:
    """Put a record in the place of an open file's own; readers see the old one or the new one."""
    # A record that is in a sidecar stays in one: a reader looks there last, and must not find nothing in both places.
    in_sidecar = _read_attribute(descriptor) is None and _read_sidecar(directory, component, status) is not None
    if not in_sidecar and store_in_file(descriptor, record, os.fstat(descriptor)):
        return
    mode = stat.S_IMODE(status.st_mode) & 0o777
    write_sidecar(directory, component, status.st_ino, record, mode)
    if _read_attribute(descriptor) is not None:
        os.removexattr(descriptor, ATTRIBUTE)
    seal(directory, component, status.st_ino, record, mode)


@contextlib.contextmanager
def leaving(directory: int, component: bytes, inode: int | None) -> Iterator[None]:
    """While a file (None: there is none) loses its name: afterwards its sidecar is removed, if it has one."""
    if inode is None or not _has_name(directory, sidecar_name(inode)):
        yield
        return
    # Held open, so that no new file gets the inode number before the sidecar is gone.
    held = os.open(component, _HOLD_FLAGS, dir_fd=directory)
    try:
        yield
        remove_sidecar(directory, inode)
    finally:
        os.close(held)


def _record_by_path(path: bytes) -> Record | None:
    try:
        stored = os.getxattr(path, ATTRIBUTE, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (*_NONE_THERE, errno.ENOENT):
            raise
        return None
    return decode(stored)


def _read_attribute(descriptor: int) -> bytes | None:
    if not _has_extended_attributes:
        return None
    try:
        return os.getxattr(descriptor, ATTRIBUTE)
    except OSError as error:
        if error.errno not in _NONE_THERE:
            raise
        return None


def _read_sidecar(directory: int, component: bytes, status: os.stat_result) -> Record | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(sidecar_name(status.st_ino), flags, dir_fd=directory)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ELOOP):
            raise
        return None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        record = _decoded(file.read(SIDECAR_MAXIMUM), component)
    return record if record is not None and _belongs(record, component, status) else None


def _belongs(record: Record, component: bytes, status: os.stat_result) -> bool:
    """Whether a sidecar is this file's: after the file was deleted, another one may have got its inode number."""
    return record.describes(status) or record.name == component.decode("utf-8", "replace")


def _decoded(stored: bytes, component: bytes) -> Record | None:
    try:
        return decode(stored)
    except ValueError as error:
        _logger.debug("the stored attributes of %r are damaged and are left out: %s", component, error)
        return None


def is_at(directory: int, component: bytes, inode: int) -> bool:
    """Whether the file with this inode number has this name."""
    try:
        return os.stat(component, dir_fd=directory, follow_symlinks=False).st_ino == inode
    except FileNotFoundError:
        return False


def _has_name(directory: int, component: bytes) -> bool:
    try:
        os.stat(component, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
