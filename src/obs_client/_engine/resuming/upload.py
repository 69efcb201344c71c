"""`upload_file` with `resume`: parts that the journal and the store agree on are not sent again."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import time
from collections.abc import Collection, Mapping, Sequence

from obs_client._engine.border import Border, marked_by_id
from obs_client._engine.resuming import records
from obs_client._engine.resuming.journal import Journal, Line
from obs_client._engine.resuming.records import Record
from obs_client._engine.transfers import parts, upload
from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client._engine.transfers.progress import Meter, Progress
from obs_client.backend.body import Body, FileBody, SourceFile
from obs_client.backend.multipart import Part, UploadGone
from obs_client.backend.values import NewObject
from obs_client.errors import (
    ConflictError,
    InvalidNameError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectStorageClientError,
)
from obs_client.models import ObjectInfo

_SURE = "md5"
"""The digest by which bytes are known again in a file that may be another by now."""


def send(border: Border, new: NewObject, stream: io.IOBase, path: str, progress: Progress | None) -> bool:
    """Write an object from an open file, going on with what was sent of it. False: as any other, without a journal."""
    source = SourceFile(stream.fileno()) if upload.is_plain_file(stream) else None
    capabilities = border.capabilities
    if source is None or not capabilities.resumable_uploads or not source.has_its_size(0):
        return False
    part_size = parts.part_size(source.size, border.options.part_size, capabilities)
    location = border.location(new.container)
    store = records.store_text(location)
    if store is None or not records.is_worth_noting(source.size, part_size):
        return False
    marked = marked_by_id(dataclasses.replace(new, size=source.size, part_size=part_size))
    absolute = os.path.realpath(path)
    record = Record(
        "upload", time.time(), records.place_text(location, new.name), store, new.container, new.name, absolute,
        source.size, part_size, marked.attributes.write_id or "", records.state_of(stream.fileno()),
        attributes=records.attributes_text(new.attributes), boot=records.boot(), command=records.command_told(),
    )  # fmt: skip
    with records.open_journal("upload", store, new.name, absolute) as journal:
        _Sending(border, marked, source, record, journal).run(Meter(progress))
    return True


class _Sending:
    """One upload of a file, by its journal."""

    def __init__(self, border: Border, new: NewObject, source: SourceFile, record: Record, journal: Journal) -> None:
        self._border = border
        self._new = new
        self._source = source
        self._record = record
        self._journal = journal

    def run(self, meter: Meter) -> None:
        """Send what is not there yet, and publish it."""
        earlier = Record.of(self._journal.lines)
        if earlier is not None and self._was_published(earlier):
            meter.begin(self._record.size).finish()
            meter.tell()
        else:
            guarded = self._again(earlier) if earlier else None
            guarded = guarded or self._begin(earlier)
            wanted = parts.parts_of(self._record.size, guarded.part_size)
            upload.send_parts(self._border, guarded, wanted, self._slice_of, meter, self._source.check_unchanged)
        self._journal.remove()

    def _slice_of(self, part: Part) -> Body:
        return FileBody(self._source, part.offset, part.size)

    def _was_published(self, earlier: Record) -> bool:
        """Whether an earlier process completed it, of this very file, and only the answer, or the process, was lost."""
        completing = was_completed(self._journal.lines)
        same = (earlier.state, earlier.attributes) == (self._record.state, self._record.attributes)
        return completing and same and self._border.stored(self._new_of(earlier)) is not None

    def _new_of(self, record: Record) -> NewObject:
        attributes = dataclasses.replace(self._new.attributes, write_id=record.write_id)
        return dataclasses.replace(self._new, attributes=attributes, part_size=record.part_size)

    def _again(self, earlier: Record) -> KeptUpload | None:
        """The upload that an earlier process began, if there is any part of it to go on with."""
        lines, now = self._journal.lines, self._record
        identity = next((line["upload"] for line in lines if "upload" in line), None)
        same = (earlier.size, earlier.attributes) == (now.size, now.attributes)
        if identity is None or not same or earlier.is_old:
            return None
        stored = _stored_in(lines, earlier)
        if state_in(lines, earlier) != now.state:
            stored = {part: line for part, line in stored.items() if self._is_still(part, line)}
        kept = KeptUpload.reopen(self._border, self._new_of(earlier), self._journal, identity, stored)
        if kept is not None:
            self._journal.note({"state": now.state, "kept": sorted(kept.kept)})
        return kept

    def _is_still(self, part: Part, line: Line) -> bool:
        """Whether the file, which may be another by now, has the same bytes where this part was read."""
        digest = line["digests"].get(_SURE)
        return digest is not None and self._slice_of(part).digest(_SURE).hex() == digest

    def _begin(self, earlier: Record | None) -> KeptUpload:
        if earlier is not None:
            forget_upload(self._border, self._new_of(earlier), self._journal.lines, earlier)
        self._journal.begin(self._record.line())
        self._journal.say_who()
        try:
            return KeptUpload(self._border, self._new, self._journal)
        except Exception:
            self._journal.remove()
            raise


def was_completed(lines: Sequence[Line]) -> bool:
    """Whether the object was to be published, and perhaps was."""
    return any("completing" in line for line in lines)


def state_in(lines: Sequence[Line], record: Record) -> records.State:
    """Of the file, when it was last looked at."""
    told = [tuple(line["state"]) for line in lines[1:] if "state" in line]
    return told[-1] if told else record.state


def _stored_in(lines: Sequence[Line], record: Record) -> dict[Part, Line]:
    """The parts of which the journal says that they were stored, with their lines."""
    wanted = {part.number: part for part in parts.parts_of(record.size, record.part_size)}
    stored: dict[int, Line] = {}
    for line in lines:
        if "kept" in line:
            stored = {number: stored[number] for number in line["kept"] if number in stored}
        elif line.get("part") in wanted:
            stored[line["part"]] = line
    return {wanted[number]: line for number, line in stored.items()}


def moved_in(lines: Sequence[Line], record: Record) -> int:
    """Bytes of the parts that were stored."""
    return sum(part.size for part in _stored_in(lines, record))


def forget_upload(border: Border, new: NewObject, lines: Sequence[Line], record: Record) -> None:
    """Remove what an earlier process has sent, and left; what is gone is gone."""
    identity = next((line["upload"] for line in lines if "upload" in line), None)
    if identity is None:
        border.object_end_begun(new, record.begun)
        return
    with contextlib.suppress(UploadGone, NotFoundError):
        reopened = border.object_reopen(new, identity)
        border.run("abort", reopened.abort, new.container, new.name)


class KeptUpload(GuardedUpload):
    """An upload whose parts are noted as they are stored, and that stays where it is when its process fails.

    Attributes:
        kept: The numbers of the parts that are there already, which are not sent again.
        part_size: Bytes of all parts but the last.
    """

    def __init__(self, border: Border, new: NewObject, journal: Journal) -> None:
        """Begin an upload, of an object that is marked."""
        begun = border.object_multipart(new)
        self._hold(border, new, begun)
        self._journal = journal
        self._go_on(())
        if begun.identity is not None:
            journal.note({"upload": begun.identity})

    @classmethod
    def reopen(
        cls, border: Border, new: NewObject, journal: Journal, identity: str, stored: Mapping[Part, Line]
    ) -> KeptUpload | None:
        """Go on with an upload; None: there is nothing of it to go on with."""
        receipts = {part: line["receipt"] for part, line in stored.items()}
        try:
            reopened = border.object_reopen(new, identity)
            taken = border.run("look at", lambda: reopened.take_up(receipts), new.container, new.name)
        except UploadGone:
            return None
        if not taken:
            reopened.leave()
            return None
        made = cls.__new__(cls)
        made._hold(border, new, reopened)
        made._journal = journal
        made._go_on(taken)
        journal.say_who()
        return made

    def _go_on(self, taken: Collection[Part]) -> None:
        self.kept: set[int] = {part.number for part in taken}
        self.part_size: int = self._new.part_size or 0

    def put_part(self, part: Part, body: Body) -> None:
        """Store one part, unless it is there already, and note it."""
        if part.number in self.kept:
            return
        super().put_part(part, body)
        if self._upload.identity is None:
            return
        digests = {name: value.hex() for name, value in body.known_digests.items()}
        self._journal.note({"part": part.number, "receipt": self._upload.receipt(part), "digests": digests})

    def complete(self) -> ObjectInfo:
        """Publish the object, which is noted before."""
        self._journal.note({"completing": True})
        return super().complete()

    def abort_after(self, error: BaseException) -> None:
        """Leave what was sent, if the same call may go on with it; else remove it."""
        if os.getpid() != self._process:
            return
        if isinstance(error, (ConflictError, InvalidNameError, NotFoundError, NotSupportedError, ObjectChangedError)):
            super().abort_after(error)
            self._journal.remove()
            return
        if self._upload.identity is None:
            super().abort_after(error)
            if not was_completed(self._journal.lines):
                self._journal.remove()
            return
        with contextlib.suppress(OSError, ObjectStorageClientError):
            self._upload.leave()
        error.add_note("what was sent is kept: call it again with resume=True to continue")
