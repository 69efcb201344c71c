"""What a ledger is of: the places, and those options that decide what is done to a name."""

from __future__ import annotations

import hashlib
import pickle
from typing import Literal

from obs_client._engine.border import Border
from obs_client.client import ObjectStorageClient
from obs_client.copying import AttributesMap
from obs_client.errors import ConfigurationError
from obs_client.places import Place
from obs_client.sync.options import SyncOptions
from obs_client.sync.sides import directory_of

Work = Literal["sync", "check"]
"""What a ledger is of."""

Value = str | bool | list[str] | None

Header = dict[str, Value]
"""By the names of what must be the same."""

OPTIONS = ("delete", "checksum", "folder_markers")
"""Besides the patterns and what changes attributes; all others decide how it is done, and how much of it."""


def header_of(source: Place, target: Place, options: SyncOptions) -> Header:
    """What identifies a sync, or a check; there is no secret in it.

    Raises:
        ConfigurationError: A place, or what changes attributes, could not be known again by another process.
    """
    header: Header = {"source": _place(source), "target": _place(target)}
    header |= {name: getattr(options, name) for name in OPTIONS}
    header |= {"include": list(options.include), "exclude": list(options.exclude)}
    header["map_attributes"] = None if options.map_attributes is None else _function(options.map_attributes)
    return header


def check_same(header: Header, other: Header, name: str, work: Work) -> None:
    """Raise `ConfigurationError` with what differs, if this ledger is of another sync or check."""
    differing = [key for key in header if header[key] != other.get(key)]
    if differing:
        told = "; ".join(f"{key} is {other.get(key)!r} there, and {header[key]!r} here" for key in differing)
        raise ConfigurationError(
            f"the ledger {name!r} is of another {work}: {told}",
            hint="use another ledger, or remove this one to start again",
        )


def _place(place: Place) -> str:
    store, start = Border(place.client).location(place.container_name)
    if isinstance(store, ObjectStorageClient):
        raise ConfigurationError(f"{store!r} exists in this process only, so a ledger cannot know it again")
    directory = directory_of(place)
    links = " with what its symbolic links lead to" if directory is not None and directory.follow_symlinks else ""
    return f"{_text(store)} {start}{place.prefix}{links}"


def _text(store: object) -> str:
    return " ".join(map(str, store)) if isinstance(store, tuple) else str(store)


def _function(function: AttributesMap) -> str:
    """What tells a function from others: those of a module by their names, objects by what they hold."""
    try:
        return hashlib.sha256(pickle.dumps(function, protocol=4)).hexdigest()
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        raise ConfigurationError(
            f"map_attributes must be a function of a module, so that a ledger knows it again: {error}"
        ) from error
