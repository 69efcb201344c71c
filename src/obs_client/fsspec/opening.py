"""`open`: which file for which mode."""

from __future__ import annotations

from typing import Any

from obs_client.fsspec.errors import absent, translated
from obs_client.fsspec.files.layers import layered
from obs_client.fsspec.files.opened import Reader, Transaction, Writer
from obs_client.fsspec.writing import Writing

_TEXT = ("encoding", "errors", "newline")
_IGNORED = ("block_size", "cache_type", "cache_options", "fill_cache", "size")


class Opening(Writing):
    """Files over objects."""

    transaction_type = Transaction

    def open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **options: Any,
    ) -> Any:
        """A file object, as fsspec's: binary or text, compressed or not.

        Writing publishes the object by `close()`, or at the end of a `with` block that raised nothing.

        Args:
            mode: `r`, `w`, or `x` for a new object only; with `b` for bytes.
            block_size, cache_options: Ignored: a file reads ahead by itself, and of one version.
            compression: A name that fsspec knows, or `infer`.
            options: `encoding`, `errors` and `newline` of text; in writing, what `object_open` takes.

        Raises:
            ValueError: The mode is none of these: objects cannot be changed in place, nor appended to.
        """
        is_text = "b" not in mode
        text = {name: options.pop(name) for name in _TEXT if name in options}
        file = self._open(path, mode.replace("t", "").replace("b", "") + "b", **options)
        return layered(file, self._whole(path), compression, {"encoding": "utf-8", **text} if is_text else None)

    def _open(self, path: str, mode: str = "rb", autocommit: bool | None = None, **options: Any) -> Reader | Writer:
        for name in _IGNORED:
            options.pop(name, None)
        if mode == "rb":
            return self._reader(path, **options)
        if mode not in ("wb", "xb"):
            raise ValueError(f"mode must be r, w or x, with b or t, not {mode!r}: objects cannot be changed in place")
        at_once = not self._intrans if autocommit is None else autocommit
        file = self._writer(path, mode, at_once, options)
        if not at_once and self._intrans:
            self.transaction.files.append(file)
        return file

    def _reader(self, path: str, **options: Any) -> Reader:
        container, name = self._address(path, file=True)
        if not name:
            raise absent(path)
        with translated(path, reading=True):
            file = self.client.object_open(name, "rb", container, **options)

        def fetch(start: int, end: int) -> bytes:
            return self.client.object_read(name, container, start=start, stop=end, if_hash=file.info.hash)

        return Reader(self, self._whole(path), file, fetch)

    def _writer(self, path: str, mode: str, at_once: bool, options: dict[str, Any]) -> Writer:
        container, name = self._file(path)
        with translated(path):
            if_absent = mode == "xb" and self._is_free(path)
            file = self.client.object_open(name, "wb", container, if_absent=if_absent, **options)
        return Writer(self, self._whole(path), mode, file, self.invalidate_cache, at_once=at_once)
