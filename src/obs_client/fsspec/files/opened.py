"""File objects: a reader, a writer that publishes nothing of what failed, and several writers that publish together."""

from __future__ import annotations

import io
import os
import sys
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from fsspec.transaction import Transaction as FsspecTransaction

from obs_client.fsspec.errors import translated

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

    from obs_client._engine.transfers.files import WriteFile
    from obs_client._engine.transfers.read_file import ReadFile

BLOCK_SIZE = 4 * 1024 * 1024
"""What callers that read by blocks are told."""


class Owner(Protocol):
    """What a file asks its file system for."""

    def info(self, path: str) -> dict[str, Any]: ...


class Reader(io.IOBase):
    """A seekable reader of one version of an object, with the attributes that fsspec's files have."""

    mode = "rb"

    def __init__(self, fs: Owner, path: str, file: ReadFile, fetch: Callable[[int, int], bytes]) -> None:
        self.fs = fs
        self.path = path
        self.blocksize = BLOCK_SIZE
        self.cache: Any = None
        """Where those who keep blocks put what they have; then all is read through it."""
        self._file = file
        self._fetch = fetch
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @closed.setter
    def closed(self, closed: bool) -> None:
        self._closed = closed

    @property
    def size(self) -> int | None:
        """Bytes of the object."""
        return self._file.info.size

    @property
    def details(self) -> dict[str, Any]:
        """What the file system tells of it now."""
        return self.fs.info(self.path)

    @property
    def loc(self) -> int:
        """Where it stands."""
        return self.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes; all that is left if there is no number, or a negative one."""
        with translated(self.path, reading=True):
            return self._file.read(size) if self.cache is None else self._read_kept(size)

    def _read_kept(self, size: int | None) -> bytes:
        start = self.tell()
        end = self.size if size is None or size < 0 else min(start + size, self.size or 0)
        content = bytes(self.cache._fetch(start, end))
        self.seek(start + len(content))
        return content

    def read1(self, size: int = -1, /) -> bytes:
        """Some bytes, at most `size`."""
        with translated(self.path, reading=True):
            return self._file.read1(size)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer as far as there are bytes."""
        with translated(self.path, reading=True):
            return self._file.readinto(buffer)

    def readline(self, size: int | None = -1, /) -> bytes:
        with translated(self.path, reading=True):
            return self._file.readline(size)

    def readuntil(self, char: bytes = b"\n", blocks: int | None = None) -> bytes:
        """Up to and with some bytes, as fsspec's files have it."""
        found: list[bytes] = []
        while char not in b"".join(found[-2:]):
            block = self.read(blocks or BLOCK_SIZE // 64)
            if not block:
                break
            found.append(block)
        text = b"".join(found)
        end = text.find(char) + len(char) if char in text else len(text)
        self.seek(end - len(text), os.SEEK_CUR)
        return text[:end]

    def _fetch_range(self, start: int, end: int) -> bytes:
        """A range of the same version, for those who cache blocks."""
        with translated(self.path, reading=True):
            return self._fetch(start, end)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._file.close()


class Writer(io.IOBase):
    """A file that becomes an object when it is closed: not before, and not if an exception closes it.

    Those who wrap files (fsspec, pandas, gzip) close them in whatever way they end. So a `close` while an exception is
    handled that was not when the file was opened discards what was written, and raises this exception again, with a
    note.
    """

    def __init__(
        self, fs: Owner, path: str, mode: str, file: WriteFile, published: Callable[[], object], *, at_once: bool
    ) -> None:
        self.fs = fs
        self.path = path
        self.mode = mode
        self.blocksize = BLOCK_SIZE
        self._file = file
        self._published = published
        self._at_once = at_once
        self._closed = False
        self._handled = _handled()

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def loc(self) -> int:
        """Bytes written by now."""
        return self.tell()

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def write(self, data: ReadableBuffer, /) -> int:
        """Take all of the bytes."""
        if self._closed:
            raise ValueError(f"{self.path!r} is closed")
        with translated(self.path):
            return self._file.write(data)

    def flush(self, force: bool = False) -> None:
        """Do nothing: readers see the object when it is whole."""

    def close(self) -> None:
        """Publish the object, unless an exception ended the writing; in a transaction, leave that to its end."""
        if self._closed:
            return
        error = _raised_since(self._handled)
        if error is not None:
            self.discard()
            error.add_note(
                f"{self.path!r} was not written: its file was closed while this exception was handled; if the content "
                f"is right all the same, close it after the `except` block"
            )
            raise error
        self._closed = True
        if self._at_once:
            self.commit()

    def commit(self) -> None:
        """Publish the object."""
        with translated(self.path):
            self._file.close()
        self._published()

    def discard(self) -> None:
        """Forget what was written; an old object stays."""
        self._closed = True
        self._file.discard()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        """Never publish: `io.IOBase` would close."""


class Transaction(FsspecTransaction):
    """Files that appear at its end, or not at all.

    It ends in any case, also by an error: a file system that stayed in one would never publish anything again.
    """

    fs: Any
    files: deque[Writer]

    def complete(self, commit: bool = True) -> None:
        """Publish all files, one after another; if one fails, those after it are discarded.

        Raises:
            ValueError: A file was not closed, so that something of it may be missing; nothing was published.
        """
        files, self.files = self.files, deque()
        try:
            if commit:
                _check_closed(files)
                while files:
                    files.popleft().commit()
        finally:
            for each in files:
                each.discard()
            self.fs._intrans = False
            self.fs._transaction = None
            self.fs = None


def _check_closed(files: deque[Writer]) -> None:
    opened = [each.path for each in files if not each.closed]
    if opened:
        raise ValueError(f"{opened[0]!r} is open at the end of its transaction, of which nothing was published")


Handled = tuple[BaseException, TracebackType | None] | None


def _handled() -> Handled:
    """The exception that is handled now, and how far it had come."""
    error = sys.exception()
    return None if error is None else (error, error.__traceback__)


def _raised_since(before: Handled) -> BaseException | None:
    """The exception that is handled now, if it was raised, or raised again, since then."""
    now = _handled()
    return None if now is None or now == before else now[0]
