"""What stands in the way of a copy in a directory: a file in the place of a folder, or a folder in that of a file."""

from __future__ import annotations

from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.store import walk_files
from obs_client.models import ObjectInfo
from obs_client.sync.options import SyncOptions
from obs_client.sync.patterns import Patterns


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
