"""What a sync must know of its two places: whether they are apart, whether one is there, and which is a directory."""

from __future__ import annotations

from collections.abc import Hashable

from obs_client._engine.border import Border
from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.store import FileStore
from obs_client.errors import ConfigurationError, ContainerNotFoundError
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
