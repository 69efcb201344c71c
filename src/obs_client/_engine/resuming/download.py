"""`download_file` with `resume`: the file beside the target stays, and its bytes are read again before they count."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

from obs_client._engine.border import Border
from obs_client._engine.resuming import records
from obs_client._engine.resuming.journal import Journal, Line
from obs_client._engine.resuming.records import Record
from obs_client._engine.transfers import download
from obs_client._engine.transfers.parts import Range
from obs_client._engine.transfers.progress import Meter, Progress
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend import stopping
from obs_client.backend.atomic import (
    DIRECTORY_FLAGS,
    TEMPORARY_NAME,
    AtomicFile,
    TemporaryFileRemovedError,
    named_by,
    remove_left,
)
from obs_client.backend.body import BLOCK_SIZE
from obs_client.backend.integrity import ContentCheck, ContentDigest, Hash, new_hash
from obs_client.errors import IntegrityError, NotFoundError, ObjectChangedError


def to_file(
    border: Border, container: str, name: str, path: str, progress: Progress | None, known: str | None = None
) -> bool:
    """As that of `download`, going on with what an earlier call got of the same version."""
    location = border.location(container)
    store = records.store_text(location)
    if store is None or download.is_special(path):
        return download.to_file(border, container, name, path, progress, known)
    with download.naming(path), GuardedReader(border, container, name, known=known) as reader:
        info = reader.info
        size = info.size or 0
        if info.hash is None or not records.is_worth_noting(size, border.options.part_size):
            with AtomicFile.beside(path) as file:
                download.fill(border, reader, file.descriptor, Meter(progress))
                file.publish()
            return True
        folder, base = os.path.split(path)
        absolute = os.path.join(os.path.realpath(folder or "."), base)  # a link in its place is replaced
        record = Record(
            "download", time.time(), records.place_text(location, name), store, container, name, absolute, size,
            border.options.part_size, os.urandom(8).hex(), hash=info.hash, boot=records.boot(),
            command=records.command_told(),
        )  # fmt: skip
        with records.open_journal("download", store, name, absolute) as journal:
            file, lines = _file(record, journal, path)
            _get(border, reader, file, journal, _Kept(file.descriptor, journal, lines, record), Meter(progress))
    return True


def _get(border: Border, reader: GuardedReader, file: AtomicFile, journal: Journal, kept: _Kept, meter: Meter) -> None:
    try:
        download.fill(border, reader, file.descriptor, meter, kept)
        file.publish()
    except (IntegrityError, NotFoundError, ObjectChangedError):
        file.discard()
        journal.remove()
        raise
    except BaseException as error:
        file.leave()
        error.add_note("what was downloaded is kept: call it again with resume=True to continue")
        raise
    journal.remove()


def _file(record: Record, journal: Journal, path: str) -> tuple[AtomicFile, Sequence[Line]]:
    """The file beside the target, of an earlier call or new, and what is noted of it."""
    earlier, lines = Record.of(journal.lines), tuple(journal.lines)
    if earlier is not None:
        draft = draft_in(lines, earlier)
        same = (earlier.hash, earlier.size, earlier.part_size) == (record.hash, record.size, record.part_size)
        if same and not earlier.is_old:
            try:
                file = AtomicFile.beside(path, again=draft)
            except TemporaryFileRemovedError:
                pass
            else:
                journal.say_who()
                return file, lines
        forget_draft(earlier.path, draft)
    journal.begin(record.line())
    journal.say_who()
    try:
        file = AtomicFile.beside(path, mark=record.write_id)
    except BaseException:
        journal.remove()
        raise
    journal.note({"draft": os.fsdecode(file.name)})
    return file, journal.lines


def moved_in(lines: Sequence[Line], record: Record) -> int:
    """Bytes that are noted as fetched."""
    ranges = {line["range"]: line["size"] for line in lines if "range" in line}
    until = [line["until"] for line in lines if "until" in line]
    return min(record.size, sum(ranges.values()) or (until[-1] if until else 0))


def draft_in(lines: Sequence[Line], record: Record) -> bytes:
    """The name of the file beside the target."""
    told = next((line["draft"] for line in lines if "draft" in line), None)
    return named_by(record.write_id) if told is None else os.fsencode(told)


def forget_draft(path: str, draft: bytes) -> None:
    """Remove what an earlier call left beside the target, if it is there, and nobody writes it."""
    if not TEMPORARY_NAME.fullmatch(draft):
        return
    try:
        directory = os.open(os.path.dirname(path), DIRECTORY_FLAGS)
    except FileNotFoundError:
        return
    try:
        remove_left(directory, draft)
    finally:
        os.close(directory)


class _Kept(download.Kept):
    """By the journal, and what is in the file now."""

    def __init__(self, descriptor: int, journal: Journal, lines: Sequence[Line], record: Record) -> None:
        self._descriptor = descriptor
        self._journal = journal
        self._step = record.part_size
        same_boot = bool(record.boot) and record.boot == lines[0]["boot"]
        self._ranges = {(line["range"], line["size"]): line for line in lines if "range" in line}
        self._unproved = same_boot
        self._marks = sorted({line["until"]: line["hash"] for line in lines if "until" in line}.items())
        self._until = self._marks[-1][0] if self._marks else 0

    def holds(self, wanted: Range, check: ContentCheck | None) -> bool:
        line = self._ranges.get((wanted.offset, wanted.size))
        if line is None:
            return False
        if check is None:
            # Nothing tells what the bytes should be; what this run of the system was given to write is there.
            return self._unproved and os.fstat(self._descriptor).st_size >= wanted.end
        try:
            for block in _blocks(self._descriptor, wanted.offset, wanted.end):
                check.update(block)
        except IntegrityError:
            return False
        return bool([digest.hex() for digest in check.digests] == line["digests"])

    def note(self, wanted: Range, check: ContentCheck | None) -> None:
        digests = [digest.hex() for digest in check.digests] if check else []
        self._journal.note({"range": wanted.offset, "size": wanted.size, "digests": digests})

    def first_bytes(self, digest: ContentDigest) -> tuple[int, Hash]:
        hashed, proved, position = new_hash(digest.algorithm), new_hash(digest.algorithm), 0
        count = 0
        for until, told in self._marks:
            for block in _blocks(self._descriptor, position, until):
                hashed.update(block)
            position = until
            if hashed.hexdigest() != told:
                break
            count, proved = until, hashed.copy()
        self._until = count
        return count, proved

    def note_until(self, position: int, hashed: Hash) -> None:
        if position - self._until >= self._step:
            self._until = position
            self._journal.note({"until": position, "hash": hashed.copy().hexdigest()})


def _blocks(descriptor: int, position: int, end: int) -> Iterator[memoryview]:
    """The bytes of a file from one place to another, or to where it ends."""
    buffer = memoryview(bytearray(BLOCK_SIZE))
    while position < end and (count := os.preadv(descriptor, [buffer[: end - position]], position)):
        stopping.check_stopped()
        yield buffer[:count]
        position += count
