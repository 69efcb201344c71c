"""Many files at once: fsspec says which goes where, and several threads move them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fsspec.callbacks import Callback
from fsspec.utils import other_paths

from obs_client.fsspec.looking import Looking, is_pattern

Pairs = list[tuple[str, str]]
"""Sources with their targets. Methods for one file take such a list as `later`, and only add to it."""


class Transfers(Looking):
    """What `get`, `put`, `copy` and `mv` share."""

    def _literally(
        self, source: Any, target: Any, is_folder: Callable[[str], bool], maxdepth: int | None = None
    ) -> tuple[Any, Any]:
        """Source and target of a copy of what a pattern says; as lists, of which nobody asks what they are.

        Of an object's name that reads as a pattern, of this object; what is no pattern, as it is.
        """
        if not (isinstance(source, str) and isinstance(target, str) and is_pattern(source)):
            return source, target
        matched = self._matched(source, maxdepth)
        if matched is None:
            name = self._whole(source)
            into = target.endswith("/") or is_folder(target)
            return [name], [f"{target.rstrip('/')}/{name.rpartition('/')[2]}" if into else target]
        files = sorted(path for path, entry in matched.items() if entry["type"] == "file")
        return files, other_paths(files, target, exists=len(files) == 1) if files else []

    def _transfer(self, one: Callable[..., object], pairs: Pairs, callback: Callback) -> None:
        """Transfer each pair, several at once."""
        callback.set_size(len(pairs))

        def transferred(pair: tuple[str, str]) -> None:
            with callback.branched(*pair) as child:
                one(*pair, callback=child)

        for _ in self._as_they_end(transferred, pairs):
            callback.relative_update(1)
