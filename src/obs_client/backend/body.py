"""What a write sends: a rewindable reader of known size, over memory or over a range of a file.

A body is an `io.RawIOBase`, which is what the SDKs take. It reads into the buffers of whoever sends it, so that no
part of an object is ever built as a new `bytes` object.
"""

from __future__ import annotations

import abc
import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from obs_client.backend import stopping
from obs_client.backend.integrity import new_hash
from obs_client.errors import ObjectChangedError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

BLOCK_SIZE = 256 * 1024


class CallerError(Exception):
    """Carries what the caller's own file or stream raised through a backend; the border unwraps it."""

    def __init__(self, original: BaseException) -> None:
        super().__init__(str(original))
        self.original = original


class Body(io.RawIOBase):
    """The bytes of one request, from their start; `size` says how many. Safe to read again after `rewind`.

    Attributes:
        sent: How many of the first bytes were given to who sends them, in the try that came furthest.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.sent: int = 0
        self._position = 0
        self._digests: dict[str, bytes] = {}

    @abc.abstractmethod
    def _read_at(self, position: int, buffer: memoryview) -> int:
        """Fill the start of `buffer` with the bytes from `position`, which is below `size`; never 0."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count = self._read_next(memoryview(buffer).cast("B"))
        if self._position > self.sent:
            self.sent = self._position
        return count

    def _read_next(self, view: memoryview) -> int:
        stopping.check_stopped()
        wanted = min(len(view), self.size - self._position)
        if wanted <= 0:
            return 0
        count = self._read_at(self._position, view[:wanted])
        self._position += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def __len__(self) -> int:
        return self.size

    def rewind(self) -> None:
        """Go back to the first byte, for another try."""
        self._position = 0

    @property
    def known_digests(self) -> Mapping[str, bytes]:
        """By algorithm, the digests of all bytes that are known by now, without reading them."""
        return self._digests

    def note_digest(self, algorithm: str, value: bytes) -> None:
        """Keep a digest of all bytes that somebody computed elsewhere."""
        self._digests[algorithm] = value

    def digest(self, algorithm: str) -> bytes:
        """The digest of all bytes by an algorithm of `integrity.new_hash`; reads them once, then rewinds."""
        if algorithm not in self._digests:
            self.rewind()
            hasher = new_hash(algorithm)
            view = memoryview(bytearray(min(BLOCK_SIZE, self.size)))
            while count := self._read_next(view):
                hasher.update(view[:count])
            self.rewind()
            self._digests[algorithm] = hasher.digest()
        return self._digests[algorithm]


class BytesBody(Body):
    """Bytes that are in memory already; they must not change until the write has ended.

    Args:
        digests: Those that are known, by algorithm.
    """

    def __init__(self, data: ReadableBuffer, digests: Mapping[str, bytes] | None = None) -> None:
        self._view = memoryview(data).cast("B")
        super().__init__(len(self._view))
        self._digests.update(digests or {})

    def view(self) -> memoryview:
        """All bytes, for who need not copy them."""
        return self._view

    def digest(self, algorithm: str) -> bytes:
        """As that of any body, without copying."""
        if algorithm not in self._digests:
            hasher = new_hash(algorithm)
            hasher.update(self._view)
            self._digests[algorithm] = hasher.digest()
        return self._digests[algorithm]

    def _read_at(self, position: int, buffer: memoryview) -> int:
        buffer[:] = self._view[position : position + len(buffer)]
        return len(buffer)


class FileBody(Body):
    """A range of an open regular file, read at its offset, so that many bodies share one descriptor."""

    def __init__(self, source: SourceFile, start: int, size: int) -> None:
        super().__init__(size)
        self._source = source
        self._start = start

    def _read_at(self, position: int, buffer: memoryview) -> int:
        count = self._source.read_at(self._start + position, buffer)
        if position + count >= self.size:
            # Before the last byte is handed over: a request that lacks it cannot be taken for whole.
            self._source.check_unchanged()
        return count


class SourceFile:
    """A regular file of the caller's, as it was when its upload began."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._state = _state(descriptor)
        self.size: int = self._state[1]

    def read_at(self, offset: int, buffer: memoryview) -> int:
        """Fill the start of `buffer` from `offset` bytes on; a file that ends early has changed."""
        try:
            count = os.preadv(self._descriptor, [buffer], offset)
        except OSError as error:
            raise CallerError(error) from error
        if count == 0:
            self._refuse("became shorter")
        return count

    def has_its_size(self, start: int) -> bool:
        """Whether the file ends where its status says; files of `/proc` and `/sys`, and of some FUSE systems, do not.

        Args:
            start: From where on it is to be read; what is before is not looked at.
        """
        end = max(self.size, start)
        as_it_says = not os.pread(self._descriptor, 1, end) and (end == start or bool(self._byte_before(end)))
        return as_it_says or _state(self._descriptor) != self._state

    def _byte_before(self, end: int) -> bytes:
        return os.pread(self._descriptor, 1, end - 1)

    def check_unchanged(self) -> None:
        """Raise `ObjectChangedError` if the file was written to or cut since the upload began."""
        if _state(self._descriptor) != self._state:
            self._refuse("changed")

    def _refuse(self, what: str) -> None:
        raise ObjectChangedError(f"the source file {what} while it was uploaded; nothing was written, upload it again")


def _state(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_ino, status.st_size, status.st_mtime_ns
