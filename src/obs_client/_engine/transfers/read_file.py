"""File objects in reading: places in one version of an object, and the requests that bring what is there.

A file that is opened may be read from its start to its end, or here and there (parquet, zip, HDF5). The first request
brings the head only, and serves small objects whole. Who reads straight on from it gets the object in one stream, and
its digest is compared; who seeks gets what is read, and more and more as long as reading goes straight on.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from obs_client._engine.border import Border
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.errors import IntegrityError
from obs_client.models import ObjectInfo

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD = 64 * 1024
"""Bytes of the first request, where opening an object moves content."""

READ_BUFFER = 256 * 1024
"""Bytes that are read at least, if so many are left: also of the first request after a seek."""

WINDOW = 1024 * 1024
"""Bytes of the request after that; doubled as long as reading goes straight on."""


def open_object(border: Border, container: str, name: str, if_hash: str | None, known: str | None) -> ReadFile:
    """A file object over an object that is there, and has the hash that is given, or another than `known`."""
    if border.opens_whole:
        return ReadFile(_Reader(border, GuardedReader(border, container, name, if_hash=if_hash, known=known), b""))
    with GuardedReader(border, container, name, stop=HEAD, if_hash=if_hash, known=known) as reader:
        return ReadFile(_Reader(border, reader, _rest_of(reader)))


def _rest_of(reader: GuardedReader) -> bytes:
    content = memoryview(bytearray(reader.block_size))[:HEAD]
    count = 0
    while got := reader.readinto(content[count:]):
        count += got
    return bytes(content[:count])


class _Reader(io.RawIOBase):
    """Positions over `GuardedReader`s, all pinned to the version that was there at first.

    Args:
        reader: The one that was there at first; it stands after the head.
        head: The first bytes, if they were read already.

    Attributes:
        expected: The end of what is known to be wanted.
    """

    def __init__(self, border: Border, reader: GuardedReader, head: bytes) -> None:
        super().__init__()
        self._border = border
        self._reader = reader
        self._head = head
        self._at_head = bool(head)  # no request was made after the one for the head
        self._position = 0
        self._in_order = 0  # as far as all bytes were read
        self._window = 0
        self._verified = False
        self.info: ObjectInfo = reader.info
        self.name: str = reader.name
        self.expected: int = 0

    @property
    def verified(self) -> bool:
        """Whether all bytes were read in order, and proved to be what the store's digest says."""
        return self._verified

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = self._base(whence)
        if base + offset < 0:
            raise ValueError(f"cannot seek to {base + offset}, before the start")
        self._position = base + offset
        return self._position

    def _base(self, whence: int) -> int:
        """From where on a place is counted.

        Raises:
            io.UnsupportedOperation: From the end, and the store does not say where that is.
        """
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise ValueError(f"whence must be 0, 1 or 2, not {whence}")
        base = (0, self._position, self.info.size)[whence]
        if base is None:
            raise io.UnsupportedOperation("the store does not report the object's size; read to its end first")
        return base

    def readall(self) -> bytes:
        if self.info.size is None:
            return super().readall()
        self.expected = self.info.size
        content = memoryview(bytearray(max(0, self.info.size - self._position)))
        count = 0
        while got := self.readinto(content[count:]):
            count += got
        return bytes(content[:count])

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self.closed:
            raise ValueError("I/O operation on closed file")
        view = memoryview(buffer).cast("B")
        count = self._from_head(view) if self._position < len(self._head) else self._from_store(view)
        if self._position <= self._in_order:
            self._in_order = max(self._in_order, self._position + count)
        self._position += count
        if self.info.size is None:
            self.info = self._reader.info  # who read to the end knows where it is
        proved = self._reader.verified or self.info.size == 0
        self._verified = self._verified or (proved and self._in_order == self.info.size)
        return count

    def _from_head(self, view: memoryview) -> int:
        part = self._head[self._position : self._position + len(view)]
        view[: len(part)] = part
        return len(part)

    def _from_store(self, view: memoryview) -> int:
        straight = self._reader.position == self._position
        if self._is_past_end:
            return self._reader.readinto(view[:1]) if straight else 0  # which compares the digest
        if not straight or self._at_head or self._reader.left == 0:
            self._go_on(len(view), straight)
        return self._fill(view)

    @property
    def _is_past_end(self) -> bool:
        return self.info.size is not None and self._position >= self.info.size

    def _fill(self, view: memoryview) -> int:
        """All that is asked for, or was: an answer that is read to its end leaves its connection to others."""
        count = 0
        while count < len(view) and (got := self._reader.readinto(view[count:])):
            count += got
        return count

    def _go_on(self, wanted: int, straight: bool) -> None:
        """Ask for the bytes at the position."""
        first = straight and self._at_head
        self._at_head = False
        self._reader.close()
        if first:
            self._stream()
            return
        self._window = max(WINDOW, 2 * self._window) if straight else 0
        most = max(wanted, self.expected - self._position, self._window)
        self._ask(self._position, None if self.info.size is None else self._position + most)

    def _stream(self) -> None:
        """Ask for all that follows the head; with the head before it where a digest is compared, which needs both."""
        if not self._border.options.check_content:
            self._ask(self._position, None)
            return
        self._ask(0, None)
        again = memoryview(bytearray(len(self._head)))
        self._reader.read_fully(again)
        if again != self._head:
            raise IntegrityError(
                f"the first bytes of {self.name!r} came as others before",
                container=self._reader.container,
                object_name=self.name,
            )

    def _ask(self, start: int, stop: int | None) -> None:
        first = self._reader
        self._reader = GuardedReader(self._border, first.container, first.name, start, stop, pinned=self.info)

    def close(self) -> None:
        if not self.closed:
            self._reader.close()
        super().close()


class ReadFile(io.BufferedReader):
    """A seekable, buffered reader of one version of an object."""

    def __init__(self, raw: _Reader) -> None:
        self._reader = raw
        super().__init__(raw, READ_BUFFER)

    @property
    def info(self) -> ObjectInfo:
        """The object that is read, as the store told of it with its content, without another request."""
        return self._reader.info

    @property
    def verified(self) -> bool:
        """Whether all bytes were read in order, and proved to be what the store's digest says."""
        return self._reader.verified

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to so many bytes, None or -1: all that are left; by one request, however many they are."""
        if size is not None and size > READ_BUFFER:
            self._reader.expected = self.tell() + size
        return super().read(size)
