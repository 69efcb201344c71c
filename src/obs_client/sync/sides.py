"""What a sync must know of its places: whether they are apart and there, which is a directory, which keeps names."""

from __future__ import annotations

import re
from collections.abc import Hashable

from obs_client._engine.border import Border
from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.store import FileStore
from obs_client.errors import ConfigurationError, ContainerNotFoundError, InvalidNameError
from obs_client.models import ObjectInfo
from obs_client.places import Place
from obs_client.sync.options import SyncOptions
from obs_client.sync.patterns import Patterns


def directory_of(place: Place) -> DirectoryClient | None:
    """The client of a local directory; None for any other place."""
    return place.client if isinstance(place.client, DirectoryClient) else None


def files_of(place: Place) -> FileStore | None:
    """The client of a place in files, a directory or a root of containers; None for any other place."""
    return place.client if isinstance(place.client, FileStore) else None


def in_files(place: Place) -> bool:
    """Whether the objects of a place are files, which any program may change."""
    return Border(place.client).location(place.container_name)[0] == "file"


def left_out(place: Place, options: SyncOptions) -> dict[str, str]:
    """Names in a directory that its last listing left out since they are no files, as far as patterns let through."""
    directory = directory_of(place)
    skipped = {} if directory is None else directory.skipped
    patterns = Patterns(options.include, options.exclude)
    return {name: reason for name, reason in skipped.items() if patterns.fits(name)}


def check_apart(source: Place, target: Place) -> None:
    """Raise `ConfigurationError` if one place is in the other, so that a sync would read what it writes."""
    (store, first), (other_store, second) = _location(source), _location(target)
    if store == other_store and (first.startswith(second) or second.startswith(first)):
        raise ConfigurationError(
            f"{_shown(source)} and {_shown(target)} are one place, or one is in the other; choose two apart"
        )


def check_is_there(source: Place) -> None:
    """Raise `ContainerNotFoundError` if the source is gone, container and all: then it does not count as empty."""
    container = source.container_name
    if source.client.container_info(container) is None:
        raise ContainerNotFoundError(
            f"the source {_shown(source)} is gone; nothing more is deleted", container=container
        )


def _location(place: Place) -> tuple[Hashable, str]:
    store, start = Border(place.client).location(place.container_name)
    return store, start + place.prefix


def _shown(place: Place) -> str:
    directory = directory_of(place)
    return str(place) if directory is None else repr(directory.path)


def check_kept(target: Place, name: str) -> None:
    """Look after a copy to an odd name whether it is now another's; other names cost nothing.

    Some servers take names for paths, and store the object under another (SeaweedFS). Without this the next sync would
    find the other name, which the source lacks, and delete the copy.

    Raises:
        InvalidNameError: It is not listed, and what is at the path that it stands for is the same object.
    """
    if "\\" not in name and "//" not in name and name[:1] != "/" and name[-1:] != "/":
        return
    path = re.sub("/+", "/", name.replace("\\", "/")).strip("/")
    if not path or not _speaks_s3(target):
        return
    infos = [target.client.object_info(each, target.container_name) for each in (name, path)]
    if len({info and (info.hash, info.last_modified) for info in infos}) == 1 and not _is_listed(target, name):
        raise InvalidNameError(
            f"the target's server stores {name!r} as {path!r}, because it treats names as "
            f"paths; rename it, or exclude it",
            container=target.container_name,
            object_name=name,
        )


def _speaks_s3(place: Place) -> bool:
    """Whether a place is kept by a server of S3's API that is not Amazon's; all others are known to keep names."""
    store, _ = Border(place.client).location(place.container_name)
    return isinstance(store, tuple) and store[0] == "s3"


def _is_listed(target: Place, name: str) -> bool:
    """Whether a name is in a listing; not in one by itself, since such servers give back the prefix that they got."""
    prefix = re.split(r"\\|//|^/|/$", name, maxsplit=1)[0]
    found = target.client.object_iter(prefix=prefix, container_name=target.container_name)
    return any(isinstance(entry, ObjectInfo) and entry.name == name for entry in found)
