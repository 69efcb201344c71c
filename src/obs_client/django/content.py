"""What is saved, as a binary stream for an upload."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, cast

from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def stream_of(content: Any) -> IO[bytes]:
    """The content from its start on: the open file itself if it is one on disk, otherwise its chunks.

    A file on disk is read by the threads that send it, so that a large one takes little memory.
    """
    if type(content) in (File, TemporaryUploadedFile) and "chunks" not in vars(content):  # others may have their own
        file = content.file
        inner = file.file if isinstance(file, tempfile._TemporaryFileWrapper) else file
        if type(inner) in (io.BufferedReader, io.BufferedRandom):
            inner.seek(0)
            return cast("IO[bytes]", inner)
    return cast("IO[bytes]", _ChunkStream(content.chunks()))


def rewound(content: Any) -> bool:
    """Set content back to its start; False: it cannot be read again."""
    try:
        content.seek(0)
    except (AttributeError, io.UnsupportedOperation):
        return False
    return True


class _ChunkStream(io.RawIOBase):
    """A binary stream of chunks, which may be text."""

    def __init__(self, chunks: Iterable[bytes | str]) -> None:
        super().__init__()
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk.encode() if isinstance(chunk, str) else chunk).cast("B")
        space = memoryview(buffer).cast("B")
        count = min(len(space), len(self._rest))
        space[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
