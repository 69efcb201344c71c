"""Names that a directory cannot hold, or not beside each other or what is there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.names import path_of
from obs_client.backends.local.spelling import is_case_blind
from obs_client.backends.local.store import walk_files
from obs_client.errors import InvalidNameError
from obs_client.models import ObjectInfo
from obs_client.sync.listing import Pair, is_marker
from obs_client.sync.options import SyncOptions
from obs_client.sync.patterns import Patterns


def refusals(found: Iterator[Pair], directory: str) -> Iterator[tuple[Pair, str | None]]:
    """The same pairs, each with the reason why the directory at this path, which may be absent, cannot have it.

    Memory: constant; on a file system that takes `A` and `a` for one, an entry for each name and folder.
    """
    folders = _Files()
    spellings = _Spellings() if is_case_blind(directory) else _Exact()
    for pair in found:
        name, source, _ = pair
        if source is None or is_marker(source):
            yield pair, _why_no_path(name.removesuffix("/")) if source else None
            continue
        yield pair, _why_no_path(name) or folders.reason(name) or spellings.reason(name)


def goes_with_deletions(directory: DirectoryClient, name: str, options: SyncOptions) -> bool:
    """Whether what is in the way of a name are files that only the target has, and that the patterns let through.

    A link, a device, or a file that is left out stays, and so does what is in its way.
    """
    patterns = Patterns(options.include, options.exclude)
    parts = name.removesuffix("/").split("/")
    for end in range(1, len(parts) + name.endswith("/")):
        parent = "/".join(parts[:end])
        if not directory.has_folder(parent):
            return patterns.fits(parent) and directory.object_info(parent) is not None
    return _holds_only_such(directory, "/".join(parts), patterns)


def _holds_only_such(directory: DirectoryClient, folder: str, patterns: Patterns) -> bool:
    unlisted: dict[str, Exception] = {}
    container = directory.container_name
    assert container is not None
    found = walk_files(directory, container, f"{folder}/", lambda _: True, unlisted.__setitem__)
    fits = all(isinstance(entry, ObjectInfo) and patterns.fits(entry.name) for entry in found)
    return fits and not unlisted and not directory.skipped


def _why_no_path(name: str) -> str | None:
    try:
        path_of(name)
    except InvalidNameError as error:
        return str(error)
    return None


class _Files:
    """Finds a file whose name is also that of a folder, in names that come in order."""

    def __init__(self) -> None:
        self._open: list[str] = []

    def reason(self, name: str) -> str | None:
        # Between `a` and `a/b` there may be `a!` and `a-b/c`, but nothing that does not start with `a`.
        while self._open and not name.startswith(self._open[-1]):
            self._open.pop()
        for other in self._open:
            if name[len(other)] == "/":
                return (
                    f"{other!r} and {name!r} cannot both be in a directory: the first would be a file and a directory "
                    f"at once; leave one out, or take a file: URL with container_name as the target"
                )
        self._open.append(name)
        return None


class _Exact:
    """For file systems that keep all spellings apart."""

    def reason(self, name: str) -> str | None:
        return None


class _Spellings(_Exact):
    """Finds names and folders that differ in nothing but case or Unicode normalisation."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def reason(self, name: str) -> str | None:
        end = 0
        while end >= 0:
            end = name.find("/", end + 1)
            spelled = name if end < 0 else name[:end]
            other = self._known.setdefault(_folded(spelled), spelled)
            if other != spelled:
                return (
                    f"{other!r} and {spelled!r} cannot both be in this directory: its file system takes them for one; "
                    f"leave one out, or take a file: URL with container_name as the target"
                )
        return None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
