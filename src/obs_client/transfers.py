"""Transfers with `resume` that did not end: which there are, and how to end one for good.

    for transfer in obs_client.transfers.read_transfers():
        print(transfer.place, transfer.moved, "of", transfer.size)

`upload_file`, `download_file` and `object_copy` with `resume` note what they have moved in the state folder of the
platform, or where the variable `OBS_TRANSFERS` says; the same call goes on with it. What is noted holds no secrets, is
for its owner's eyes only, and is removed when the transfer has ended.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from obs_client._engine.resuming import download, records, upload
from obs_client._engine.resuming.journal import Journal, Line, is_in_use, who_in
from obs_client._engine.resuming.records import Record
from obs_client._engine.resuming.records import noting as noting
from obs_client.backend.values import NewObject
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError
from obs_client.models import Attributes

__all__ = ["Transfer", "can_be_noted", "forget", "noting", "read_transfers"]


@dataclasses.dataclass(frozen=True, slots=True)
class Transfer:
    """One that did not end, or has not yet.

    Attributes:
        id: By which `forget` knows it.
        what: `upload`, `download` or `copy`.
        begun: Epoch seconds.
        place: The store and the object in it, for people.
        container, name: The object; of a copy, its target.
        path: The file; of a copy, the store of its source and the object in it, for people.
        size: Bytes of it.
        moved: Bytes that are noted as moved.
        in_use: A process is at it.
        who: Which process was last.
        command: The words that `noting` was given.
    """

    id: str
    what: str
    begun: float
    place: str
    container: str
    name: str
    path: str
    size: int
    moved: int
    in_use: bool
    who: str
    command: tuple[str, ...]


def read_transfers() -> list[Transfer]:
    """All transfers that are noted, the oldest first."""
    found = ((path, lines, Record.of(lines)) for path, lines in records.read_all())
    known = [_transfer(path, lines, record) for path, lines, record in found if record is not None]
    return sorted(known, key=lambda transfer: transfer.begun)


def can_be_noted() -> bool:
    """Whether there is a place for what is moved: the state folder is there, or can be made."""
    folder = records.folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def forget(transfer_id: str, client: ObjectStorageClient | None = None) -> bool:
    """End a transfer for good: remove what it has moved, and what is noted of it. False: there is none.

    Args:
        client: One of its store, as made for the upload, or for the target of the copy; a download needs none.

    Raises:
        ConflictError: A process is at it.
        ConfigurationError: The client is missing, or of another store.
    """
    path = records.folder() / f"{transfer_id}.jsonl"
    if path.parent != records.folder() or not path.exists():
        return False
    with Journal(path) as journal:
        record = Record.of(journal.lines)
        if record is not None and record.what == "download":
            download.forget_draft(record.path, download.draft_in(journal.lines, record))
        elif record is not None:
            _forget_upload(record, journal.lines, client)
        journal.remove()
    return True


def _forget_upload(record: Record, lines: Sequence[Line], client: ObjectStorageClient | None) -> None:
    if client is None or records.store_text(client._border.location(record.container)) != record.store:
        raise ConfigurationError(
            f"the parts of {record.place} are in its store; give a client of that store",
            hint="or leave it: after a week cleanup() removes them",
        )
    attributes = Attributes("application/octet-stream", {}, write_id=record.write_id)
    new = NewObject(record.container, record.name, attributes, record.size, record.part_size)
    upload.forget_upload(client._border, new, lines, record)


def _transfer(path: Path, lines: Sequence[Line], record: Record) -> Transfer:
    moved = (download if record.what == "download" else upload).moved_in(lines, record)
    return Transfer(
        path.stem, record.what, record.begun, record.place, record.container, record.name, record.path, record.size,
        moved, is_in_use(path), who_in(list(lines)), record.command,
    )  # fmt: skip
