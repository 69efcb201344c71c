"""Copying within a local store: by the kernel where it can, which shares the blocks where the file system can."""

from __future__ import annotations

import errno
import hashlib
import os

from obs_client.backends.local.reading import OpenFile
from obs_client.backends.local.writing import Draft, block_buffer, write_all
from obs_client.errors import ObjectChangedError
from obs_client.models import ObjectInfo

_CHUNK = 1024 * 1024 * 1024
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM)


def check_is_still(file: OpenFile, source: ObjectInfo) -> None:
    """Raise `ObjectChangedError` if the open file is not the object that was looked at."""
    if source.hash is not None and file.hash != source.hash:
        raise ObjectChangedError(f"{source.name!r} was replaced before it was copied", object_name=source.name)


def copy_content(file: OpenFile, draft: Draft, name: str) -> tuple[str, int | None]:
    """Fill a draft with an open file's content; gives its hash and part size."""
    known = file.hash
    if known is not None and _copy_by_kernel(file, draft.descriptor):
        file.check_unchanged(name)
        return known, file.record.part_size if file.record else None
    computed = _copy_by_reading(file, draft.descriptor)
    file.check_unchanged(name)
    return computed, None


def _copy_by_kernel(file: OpenFile, target: int) -> bool:
    if not hasattr(os, "copy_file_range"):
        return False
    done = 0
    while done < file.status.st_size:
        try:
            count = os.copy_file_range(file.descriptor, target, _CHUNK, done, done)
        except OSError as error:
            if error.errno in _CANNOT:
                return False
            raise
        if count == 0:
            # Some file systems copy nothing and call it success; reading tells whether the file really ended.
            return False
        done += count
    return True


def _copy_by_reading(file: OpenFile, target: int) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    buffer = block_buffer()
    done = 0
    while count := os.preadv(file.descriptor, [buffer], done):
        hasher.update(buffer[:count])
        write_all(target, buffer[:count], done)
        done += count
    return hasher.hexdigest()
