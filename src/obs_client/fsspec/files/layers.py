"""Text and compression above a file: closed, and discarded, together with it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fsspec.compression import compr
from fsspec.core import get_compression

from obs_client.fsspec.files.opened import Reader, Writer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Layers:
    """The uppermost of files that lie above each other, with all its methods; closed, all of them are.

    What a wrapper's end (garbage collection too) does to the file below it does not reach that: only `close` does, and
    the clean end of a block.
    """

    def __init__(self, top: Any, bottom: Reader | Writer) -> None:
        self._top = top
        self._bottom = bottom

    def __getattr__(self, name: str) -> Any:
        return getattr(self._top, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._top)

    def __next__(self) -> Any:
        return next(self._top)

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._bottom.closed

    def close(self) -> None:
        """Write what is left, and publish; nothing, if that fails."""
        if self._bottom.closed:
            return
        try:
            self._top.close()
        except BaseException:
            self.discard()
            raise
        self._bottom.close()

    def discard(self) -> None:
        """Forget what was written; an old object stays."""
        if isinstance(self._bottom, Writer):
            self._bottom.discard()
        else:
            self._bottom.close()
        with contextlib.suppress(OSError, ValueError):  # what it has left has no place any more
            self._top.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.discard()


class _Inlet(io.RawIOBase):
    """Where the layers write to: the file itself without its end."""

    def __init__(self, file: Writer) -> None:
        super().__init__()
        self._file = file

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True  # it is not; but text begins with its byte order mark only in files that say so

    def tell(self) -> int:
        return self._file.tell()

    def write(self, data: ReadableBuffer, /) -> int:
        return self._file.write(data)


def layered(file: Reader | Writer, path: str, compression: str | None, text: dict[str, Any] | None) -> Any:
    """A file with compression and text above it, as far as they are wanted."""
    top: Any = _Inlet(file) if isinstance(file, Writer) else file
    codec = get_compression(path, compression)
    if codec is not None:
        top = compr[codec](top, mode=file.mode[0].replace("x", "w"))
    if text is not None:
        top = io.TextIOWrapper(top, **text)
    return file if top is file or codec is text is None else Layers(top, file)
