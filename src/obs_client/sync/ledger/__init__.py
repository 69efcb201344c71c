"""What of a sync or a check is done, kept where it outlasts the process: the next with the same ledger does the rest.

A ledger is for one sync of much: it is made by the first run, grows as ranges of names are done, and is removed when
all is done and nothing failed. What is done by it is not looked at again until then: the next sync does that. Of a
check those ranges are done that are wholly equal, and it is removed when all are.
"""

from __future__ import annotations

import os

from obs_client._engine.border import Border
from obs_client.errors import ConfigurationError
from obs_client.places import Place
from obs_client.sync.ledger.book import Ledger
from obs_client.sync.ledger.header import Work, header_of
from obs_client.sync.ledger.in_file import InFile
from obs_client.sync.ledger.in_store import InStore
from obs_client.sync.options import SyncOptions
from obs_client.sync.sides import directory_of

_WITHOUT = "leave out the ledger: a sync that was stopped is started again, and copies what is missing"


def open_ledger(
    where: str | os.PathLike[str], source: Place, target: Place, options: SyncOptions, work: Work
) -> Ledger:
    """The ledger at a path, or at the storage URL of an object; it is made if it is not there.

    Raises:
        ConfigurationError: It is of another sync or check, or no ledger; the message says what differs.
        ConflictError: Another process works with it.
        NotSupportedError: It is in a store that keeps no conditions, so that two processes could overwrite it.
    """
    header = header_of(source, target, options)
    text = os.fspath(where)
    place = Place.parse(text)
    directory = directory_of(place)
    if directory is not None:
        return Ledger(InFile(directory.path), header, text, work)
    if not place.prefix:
        raise ConfigurationError(f"{text!r} names no object; a ledger is a file or an object, as s3://container/name")
    return Ledger(InStore(place.client, place.container_name, place.prefix[:-1]), header, text, work)


def check_for_ledger(source: Place, target: Place, options: SyncOptions) -> None:
    """Raise `ConfigurationError` if no range of names can be synced by itself, which is what a ledger keeps."""
    if options.dry_run:
        raise ConfigurationError("dry_run does nothing that a ledger could record; use one of the two")
    if options.max_transfer is not None:
        raise ConfigurationError("max_transfer and a ledger exclude each other; use one of the two")
    if directory_of(target) is not None:
        raise ConfigurationError(
            "a sync to a directory looks at the complete directory first, so it cannot use a ledger",
            hint=_WITHOUT,
        )
    check_order(source, target, "sync", _WITHOUT)


def check_order(source: Place, target: Place, work: Work, hint: str) -> None:
    """Raise `ConfigurationError` if a place cannot be listed range by range."""
    for place in (source, target):
        if not Border(place.client).lists_in_order(place.container_name):
            raise ConfigurationError(
                f"the store of {place} does not list in order, so a {work} of it cannot use a ledger", hint=hint
            )
