"""Names that no directory can hold beside each other, found before anything is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from obs_client.backends.local.names import path_of
from obs_client.backends.local.spelling import is_case_blind
from obs_client.errors import ConflictError
from obs_client.sync.listing import Pair


def without_collisions(found: Iterator[Pair], directory: str) -> Iterator[Pair]:
    """The same pairs, if the directory at this path, which may be absent, can have all their names.

    Memory: constant; on a file system that takes `A` and `a` for one, an entry for each name and folder.

    Raises:
        InvalidNameError: No path can have a name of the source.
        ConflictError: Of two names one would be a file and a directory, or they are one here; both are named.
    """
    folders = _Files()
    spellings = _Spellings() if is_case_blind(directory) else _Exact()
    for pair in found:
        name, source, _ = pair
        if source is not None:
            path_of(name)
        folders.check(name, source is not None)
        spellings.check(name)
        yield pair


class _Files:
    """Finds a file whose name is also that of a folder, in names that come in order."""

    def __init__(self) -> None:
        self._open: list[tuple[str, bool]] = []

    def check(self, name: str, is_copied: bool) -> None:
        # Between `a` and `a/b` there may be `a!` and `a-b/c`, but nothing that does not start with `a`.
        while self._open and not name.startswith(self._open[-1][0]):
            self._open.pop()
        for other, other_is_copied in self._open:
            if name[len(other)] == "/" and (is_copied or other_is_copied):
                advice = "leave one out, or take a file: URL with container_name as the target"
                if not (is_copied and other_is_copied):
                    advice = f"{(other if is_copied else name)!r} is in the target only: remove it there and sync again"
                raise ConflictError(
                    f"{other!r} and {name!r} cannot both be in a directory: the first would be a file and a "
                    f"directory at once; {advice}",
                    object_name=name,
                )
        self._open.append((name, is_copied))


class _Exact:
    """For file systems that keep all spellings apart."""

    def check(self, name: str) -> None:
        pass


class _Spellings(_Exact):
    """Finds names and folders that differ in nothing but case or Unicode normalisation."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def check(self, name: str) -> None:
        end = 0
        while end >= 0:
            end = name.find("/", end + 1)
            spelled = name if end < 0 else name[:end]
            other = self._known.setdefault(_folded(spelled), spelled)
            if other != spelled:
                raise ConflictError(
                    f"{other!r} and {spelled!r} cannot both be in this directory: its file system takes them for one; "
                    f"leave one out, or take a file: URL with container_name as the target",
                    object_name=name,
                )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
