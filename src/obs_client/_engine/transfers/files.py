"""`object_open`: file objects over an object.

A reader can seek and sees one version. A writer publishes by an explicit `close()` or a clean `with` only: whatever
else ends it (an exception in the block, garbage collection, the end of the interpreter) discards what was written.
"""

from __future__ import annotations

import codecs
import dataclasses
import io
import os
import warnings
import weakref
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from obs_client._engine.attributes import Headers
from obs_client._engine.border import Border
from obs_client._engine.transfers.part_writer import PartWriter
from obs_client._engine.transfers.read_file import ReadFile, open_object
from obs_client.backend.values import NewObject
from obs_client.errors import ContainerNotFoundError, ObjectNotFoundError
from obs_client.models import ObjectInfo

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MODES = {"rb": "r", "r": "r", "rt": "r", "wb": "w", "w": "w", "wt": "w"}


def check_mode(mode: str, encoding: str | None) -> str:
    """`r` or `w`; refuses other modes, and an encoding of bytes."""
    if mode not in _MODES:
        raise ValueError(f"mode must be one of {', '.join(_MODES)}, not {mode!r}; objects cannot be changed in place")
    if encoding is not None:
        if "b" in mode:
            raise ValueError(f"encoding is for text; leave it out, or use mode {_MODES[mode]!r}")
        codecs.lookup(encoding)
    return _MODES[mode]


def open_reader(
    border: Border,
    container: str,
    name: str,
    mode: str,
    encoding: str | None,
    if_hash: str | None = None,
    known: str | None = None,
) -> ReadFile | TextIO:
    """A seekable file object over an object that is there."""
    try:
        file = open_object(border, container, name, if_hash, known)
    except ContainerNotFoundError as error:
        raise ObjectNotFoundError(str(error), container=container, object_name=name) from error
    return file if "b" in mode else io.TextIOWrapper(file, encoding=encoding or "utf-8")


def refuse_in_reading(headers: Headers, metadata: Mapping[str, str] | None, if_absent: bool) -> None:
    """Raise `TypeError` for what only a writer takes, if it is given."""
    given = {**dataclasses.asdict(headers), "metadata": metadata, "if_absent": if_absent or None}
    names = [name for name, value in given.items() if value is not None]
    if names:
        raise TypeError(f"{', '.join(names)}: only for writing; what an object has is in the .info of a file object")


def open_writer(border: Border, new: NewObject, mode: str, encoding: str | None) -> WriteFile | TextWriteFile:
    """A file object that becomes an object when it is closed."""
    file = WriteFile(border, new)
    return file if "b" in mode else TextWriteFile(file, encoding=encoding or "utf-8")


class WriteFile(io.RawIOBase):
    """A writer whose object appears, whole, when it is closed."""

    def __init__(self, border: Border, new: NewObject) -> None:
        super().__init__()
        self.name: str = new.name
        self._new = new
        self._writer = PartWriter(border, new)
        # Also for the end of the interpreter, when nobody calls __del__ on what is still alive.
        self._forgotten = weakref.finalize(self, _discard_forgotten, self._writer, new.name, os.getpid())

    @property
    def info(self) -> ObjectInfo:
        """The object that was written, after it was closed: what was sent, and what the store's answer told of it.

        No request is made for it. The hash is None where the answer told none (some servers that speak S3 do not), and
        the time where it told none (S3): there `object_info` asks, which may find another version by then.

        Raises:
            ValueError: It is not closed yet, or was discarded.
        """
        if self._writer.info is None:
            reason = "was discarded" if self.closed else "is not closed yet: info is known when the object is"
            raise ValueError(f"{self.name!r} {reason}")
        return self._writer.info

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        self._check_open()
        return self._writer.size

    def write(self, data: ReadableBuffer, /) -> int:
        """Take all of the bytes; after a failure nothing more can be written, and nothing is published."""
        self._check_open()
        if isinstance(data, str):
            raise TypeError("a str was given where bytes are needed; open with mode 'w' for text")
        view = memoryview(data).cast("B")
        try:
            self._writer.write(view)
        except BaseException as error:
            self._end(error)
            raise
        return len(view)

    def close(self) -> None:
        """Publish the object; does nothing if it was published or discarded before.

        Raises:
            PreconditionError: `if_absent` or `if_hash` does not hold; nothing was written.
        """
        if self.closed:
            return
        try:
            self._writer.publish()
        except BaseException as error:
            self._end(error)
            raise
        self._finish()

    def discard(self) -> None:
        """Forget what was written; the old object, if any, stays."""
        if not self.closed:
            self._end(RuntimeError("discarded"))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        elif not self.closed:
            self._end(error)

    def __del__(self) -> None:
        """Never publish: `io.IOBase` would close."""

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError(f"{self.name!r} was published or discarded; open it again")

    def _end(self, error: BaseException) -> None:
        self._writer.discard(error)
        self._finish()

    def _finish(self) -> None:
        self._forgotten.detach()
        super().close()


class TextWriteFile(io.TextIOWrapper):
    """The same for text; what is discarded is not even encoded."""

    def __init__(self, file: WriteFile, *, encoding: str) -> None:
        self._file = file
        # What io.TextIOWrapper leaves out over a file that cannot seek: the byte order mark of these two.
        self._mark = "".encode(encoding) if codecs.lookup(encoding).name in ("utf-16", "utf-32") else b""
        super().__init__(file, encoding=encoding, newline="")

    def write(self, text: str, /) -> int:
        """Take all of the text."""
        if self._mark and text:
            self._file.write(self._mark)
            self._mark = b""
        return super().write(text)

    @property
    def info(self) -> ObjectInfo:
        """As that of a binary writer."""
        return self._file.info

    def discard(self) -> None:
        """Forget what was written; the old object, if any, stays."""
        self._file.discard()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._file.__exit__(kind, error, traceback)

    def __del__(self) -> None:
        """Never publish: `io.TextIOWrapper` would close."""


def _discard_forgotten(writer: PartWriter, name: str, process: int) -> None:
    if os.getpid() != process:
        return
    warnings.warn(f"{name!r} was written to but never closed; it is discarded", ResourceWarning, stacklevel=2)
    writer.discard(RuntimeError("never closed"))
