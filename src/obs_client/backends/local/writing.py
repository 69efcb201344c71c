"""Content on its way into a file: of one body, of parts by several threads, or of another file."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Collection, Mapping, Sequence

from obs_client.backend import stopping
from obs_client.backend.body import BLOCK_SIZE, Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backends.local.draft import Draft
from obs_client.backends.local.reading import OpenFile
from obs_client.errors import IntegrityError
from obs_client.models import ObjectInfo

_CHUNK = 1024 * 1024 * 1024
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM)

_memory = threading.local()


def copy_body(body: Body, descriptor: int, offset: int) -> bytes:
    """Write a body to a file from `offset` bytes on; gives its MD5."""
    if isinstance(body, BytesBody):
        _write_all(descriptor, body.view(), offset)
        return body.digest("md5")
    hasher = hashlib.md5(usedforsecurity=False)
    count = 0
    buffer = _block_buffer()
    while found := body.readinto(buffer):
        hasher.update(buffer[:found])
        _write_all(descriptor, buffer[:found], offset + count)
        count += found
    if count != body.size:
        raise IntegrityError(f"the content ended after {count:,} of {body.size:,} bytes; nothing was written")
    return hasher.digest()


def copy_content(file: OpenFile, descriptor: int, name: str) -> tuple[str, int | None]:
    """Write the content of another file, by the kernel where it can; gives its hash and part size."""
    known = file.hash
    if known is not None and _copy_by_kernel(file, descriptor):
        file.check_unchanged(name)
        return known, file.record.part_size if file.record else None
    computed = _copy_by_reading(file, descriptor)
    file.check_unchanged(name)
    return computed, None


class LocalUpload(MultipartUpload):
    """The parts of one draft, and the MD5 of each."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._parts: dict[int, tuple[Part, bytes]] = {}
        self._written: ObjectInfo | None = None

    def __str__(self) -> str:
        return f"the temporary file {self._draft.temporary_name!r}"

    def put_part(self, part: Part, body: Body) -> None:
        if body.size != part.size:
            raise IntegrityError(f"part {part.number} has {body.size:,} bytes in place of {part.size:,}")
        digest = copy_body(body, self._draft.descriptor, part.offset)
        body.note_digest("md5", digest)
        self._parts[part.number] = (part, digest)

    @property
    def identity(self) -> str:
        return self._draft.temporary_name

    def receipt(self, part: Part) -> str:
        return self._parts[part.number][1].hex()

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        """Read each part again, since after a power cut there may be other bytes in its place."""
        for part, receipt in receipts.items():
            digest = _digest_at(self._draft.descriptor, part.offset, part.size)
            if digest.hex() == receipt:
                self._parts[part.number] = (part, digest)
        return [part for part, _ in self._parts.values()]

    def leave(self) -> None:
        self._draft.leave()

    def complete(self) -> ObjectInfo:
        if self._written is not None:
            return self._written
        ordered = [self._parts[number] for number in sorted(self._parts)]
        part_size = _check_whole([part for part, _ in ordered], self._draft.new.size)
        digests = [digest for _, digest in ordered]
        if len(digests) > 1:
            self._written = self._draft.publish(f"{_md5(b''.join(digests))}-{len(digests)}", part_size)
        else:
            self._written = self._draft.publish(digests[0].hex() if digests else _md5(b""))
        self._draft.discard()
        return self._written

    def abort(self) -> None:
        self._draft.discard()


def _digest_at(descriptor: int, offset: int, size: int) -> bytes:
    """The MD5 of a range of a file; of what there is of it, if it ends before."""
    hasher = hashlib.md5(usedforsecurity=False)
    buffer = _block_buffer()
    while size and (count := os.preadv(descriptor, [buffer[:size]], offset)):
        stopping.check_stopped()
        hasher.update(buffer[:count])
        offset, size = offset + count, size - count
    return hasher.digest()


def _check_whole(parts: Sequence[Part], size: int | None) -> int:
    """The size of all parts but the last; raises `IntegrityError` if one is missing or of another size."""
    part_size = parts[0].size if parts else 0
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        fits = 0 < part.size <= part_size if last and number > 1 else part.size == part_size
        if part.number != number or part.offset != (number - 1) * part_size or not fits:
            raise IntegrityError(f"part {number} is missing, or is not as long as the first; nothing was written")
    total = sum(part.size for part in parts)
    if size is not None and total != size:
        raise IntegrityError(f"the parts have {total:,} bytes in all, not {size:,}; nothing was written")
    return part_size


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _copy_by_kernel(file: OpenFile, target: int) -> bool:
    """Share the blocks where the file system can; False: it cannot, or not all."""
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
    buffer = _block_buffer()
    done = 0
    while count := os.preadv(file.descriptor, [buffer], done):
        hasher.update(buffer[:count])
        _write_all(target, buffer[:count], done)
        done += count
    return hasher.hexdigest()


def _write_all(descriptor: int, view: memoryview, offset: int) -> None:
    """Write all bytes at an offset; the system may take fewer at a time."""
    while view:
        count = os.pwrite(descriptor, view, offset)
        view = view[count:]
        offset += count


def _block_buffer() -> memoryview:
    """This thread's own buffer: fresh memory costs more than the copying."""
    buffer: memoryview | None = getattr(_memory, "buffer", None)
    if buffer is None:
        buffer = _memory.buffer = memoryview(bytearray(BLOCK_SIZE))
    return buffer
