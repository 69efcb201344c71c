"""What a journal says: of which transfer it is, and what of it was done."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import hashlib
import json
import os
import sys
import time
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from obs_client._engine.border import Border
from obs_client._engine.resuming.journal import Journal, Line, read_lines
from obs_client.models import Attributes

VARIABLE = "OBS_TRANSFERS"
"""Names another folder."""

VERSION = 1
WEEK = 7 * 24 * 3600.0
"""How long a transfer is gone on with; stores, and `cleanup`, drop what is older."""

_noted: contextvars.ContextVar[tuple[tuple[str, ...], int]] = contextvars.ContextVar("noted", default=((), 0))

State = tuple[int, ...]
"""Of a file: bytes, modification and change time, device, inode."""


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """The first line: which transfer it is.

    Attributes:
        what: `upload`, `download` or `copy`.
        begun: Epoch seconds.
        place: The store and the object in it, for people.
        store: The same of the store and the container, as JSON; of one container it is always the same.
        container, name: The object.
        path: The local file; of a copy, the store of its source and the object in it, for people.
        size: Bytes.
        part_size: Bytes of a part.
        write_id: The mark of an upload; of a download, of its temporary file.
        state: Of the file that is uploaded.
        hash: Of the object that is downloaded or copied.
        attributes: A digest of those that the object gets.
        boot: Of which run of the system it is; what a later one finds on the disk need not be what was written.
        command: The words with which the command can do it again.
        reads: The bytes of a copy pass through this machine.
    """

    what: str
    begun: float
    place: str
    store: str
    container: str
    name: str
    path: str
    size: int
    part_size: int
    write_id: str
    state: State = ()
    hash: str = ""
    attributes: str = ""
    boot: str = ""
    command: tuple[str, ...] = ()
    reads: bool = False

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Self | None:
        """What the first line says; None: nothing that this version can go on with."""
        if not lines or lines[0].get("version") != VERSION:
            return None
        fields: dict[str, Any] = {key: value for key, value in lines[0].items() if key != "version"}
        try:
            found = cls(**fields)
            return dataclasses.replace(found, state=tuple(found.state), command=tuple(found.command))
        except TypeError:
            return None

    def line(self) -> Line:
        """It as a line."""
        return {"version": VERSION, **dataclasses.asdict(self)}

    @property
    def is_old(self) -> bool:
        """Whether stores may have dropped what was sent."""
        return not 0 <= time.time() - self.begun < WEEK


@contextlib.contextmanager
def noting(*command: str, at_least: int = 0) -> Iterator[None]:
    """Within the block, transfers with `resume` note the words of a command that does the same again.

    Args:
        at_least: Bytes; smaller ones are moved as if there were no `resume`.
    """
    token = _noted.set((command, at_least))
    try:
        yield
    finally:
        _noted.reset(token)


def command_told() -> tuple[str, ...]:
    """The words that `noting` was given."""
    return _noted.get()[0]


def is_worth_noting(size: int, part_size: int) -> bool:
    """Whether a transfer of so many bytes is to be gone on with."""
    return size > part_size and size >= _noted.get()[1]


def folder() -> Path:
    """Where the journals are: in the state folder of the platform, or where `OBS_TRANSFERS` says."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/obs_client/transfers").expanduser()
    state = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(state) / "obs_client" / "transfers"


def store_text(location: tuple[Hashable, str]) -> str | None:
    """A place in a store, the same in each process; None: the store is of this process only."""
    kind, base = location
    parts = kind if isinstance(kind, tuple) else (kind,)
    return json.dumps([*parts, base]) if all(isinstance(part, str) for part in parts) else None


def place_text(location: tuple[Hashable, str], name: str) -> str:
    """An object in a store, for people."""
    kind, base = location
    return " ".join([*map(str, kind if isinstance(kind, tuple) else (kind,)), base + name])


def open_journal(what: str, store: str, name: str, path: str) -> Journal:
    """The journal of one transfer; one of the same transfer is the same file."""
    key = json.dumps([what, store, name, path])
    return Journal(folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.jsonl")


def read_all() -> Iterator[tuple[Path, list[Line]]]:
    """The lines of each journal there is."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        for path in sorted(folder().glob("*.jsonl")):
            with contextlib.suppress(FileNotFoundError):
                yield path, read_lines(path.read_bytes())[0]


def kept_uploads(border: Border) -> frozenset[str]:
    """The identities of all uploads that somebody means to go on with, to whichever store they are."""
    if not border.capabilities.resumable_uploads:
        return frozenset()
    live = (lines for _, lines in read_all() if (record := Record.of(lines)) and not record.is_old)
    return frozenset(line["upload"] for lines in live for line in lines if "upload" in line)


def state_of(descriptor: int) -> State:
    """Of an open file: what changes when its content does, and what changes when it is another file."""
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino


def attributes_text(attributes: Attributes) -> str:
    """A digest of what an object is to carry, the mark of its writer left out."""
    fields: dict[str, Any] = dataclasses.asdict(dataclasses.replace(attributes, write_id=None))
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def boot() -> str:
    """Which run of the system this is; empty: it does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
