"""`ObjectFile`: what `ObjectStorage.open` gives."""

from __future__ import annotations

import io
import os
import sys
from types import TracebackType
from typing import Any, Self

from django.core.files import File

from obs_client.client import ObjectStorageClient
from obs_client.errors import NotFoundError

MODES = ("r", "rt", "rb", "w", "wt", "wb", "x", "xt", "xb")


def open_object(client: ObjectStorageClient, name: str, mode: str, cache_control: str | None) -> Any:
    """A file object over an object.

    Raises:
        FileNotFoundError: There is no such object, in reading.
        io.UnsupportedOperation: The mode appends, or reads and writes.
    """
    if mode not in MODES:
        raise io.UnsupportedOperation(
            f"mode must be one of {', '.join(MODES)}, not {mode!r}: objects are written completely"
        )
    try:
        if mode.startswith("r"):
            return client.object_open(name, mode)
        opened: Any = client.object_open  # by a mode that is known only now
        absent = mode.startswith("x")
        return opened(name, mode.replace("x", "w"), cache_control=cache_control, if_absent=absent)
    except NotFoundError as error:
        raise absent_file(name) from error


def absent_file(name: str) -> FileNotFoundError:
    """As the system says it."""
    return FileNotFoundError(2, os.strerror(2), name)


class ObjectFile(File):
    """A file of a storage, open for reading or writing.

    A file that is written appears when it is closed, or at the end of a `with` block that raised nothing. An exception
    in the block discards it. A closed file can be opened again.
    """

    def __init__(self, client: ObjectStorageClient, name: str, mode: str, cache_control: str | None) -> None:
        self._client = client
        self._cache_control = cache_control
        self._exception = sys.exception()
        super().__init__(open_object(client, name, mode, cache_control), name)
        self.mode: str = mode

    @property
    def size(self) -> int:
        """Bytes: of the object that is read, or those written up to now."""
        raw = self.file if "b" in self.mode else self.file.buffer
        if self.mode.startswith("r") or self.closed:
            return self._counted() if raw.info.size is None else int(raw.info.size)
        self.file.flush()
        return int(raw.tell())

    def _counted(self) -> int:
        """The size where the store does not say: found by reading."""
        with self._client.object_open(self.name) as file:
            return sum(iter(lambda: len(file.read(1024 * 1024)), 0))

    def open(self, mode: str | None = None) -> Self:
        """Go back to the start; opens the object again if the file was closed, or for another mode."""
        wanted = mode or self.mode
        if not self.closed and wanted == self.mode:
            self.seek(0)
            return self
        self.close()
        self._exception = sys.exception()
        self.file: Any = open_object(self._client, self.name, wanted, self._cache_control)
        self.mode = wanted
        return self

    def close(self) -> None:
        """Release the connection, and publish what was written.

        If an exception is being handled that was raised after the file was opened, the file is discarded, and the
        exception is raised again, so that the file is not taken for saved. The end of a `with` over a `FieldFile` that
        failed can only be seen in this way.
        """
        error = sys.exception()
        if self.closed or self.mode.startswith("r") or error is None or error is self._exception:
            self.file.close()
            return
        self.file.discard()
        error.add_note(f"{self.name!r} was closed while this exception was handled, and is discarded")
        raise error

    def discard(self) -> None:
        """Forget what was written; the old object, if any, stays."""
        self.file.discard()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.file.__exit__(kind, error, traceback)
