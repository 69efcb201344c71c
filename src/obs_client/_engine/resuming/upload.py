"""`upload_file` with `resume`: parts that the journal and the store agree on are not sent again."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import io
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Self

from obs_client._engine.border import Border, marked_by_id
from obs_client._engine.resuming import records
from obs_client._engine.resuming.journal import Journal, Line
from obs_client._engine.resuming.records import Record
from obs_client._engine.transfers import parts, upload
from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client._engine.transfers.progress import Meter, Progress
from obs_client.backend.body import Body, FileBody, SourceFile
from obs_client.backend.multipart import MultipartUpload, Part, UploadGone
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
        _SendingFile(border, marked, source, record, journal).run(Meter(progress))
    return True


class KeptUpload(GuardedUpload):
    """An upload whose parts are noted as they are stored, and that stays where it is when its process fails.

    Attributes:
        kept: The numbers of the parts that are there already, which are not sent again.
        part_size: Bytes of all parts but the last.
    """

    ends: tuple[type[BaseException], ...] = (
        ConflictError, InvalidNameError, NotFoundError, NotSupportedError, ObjectChangedError,
    )  # fmt: skip
    """After which the same call could not go on with it."""

    def __init__(
        self, border: Border, new: NewObject, journal: Journal, source: tuple[str, ObjectInfo] | None = None
    ) -> None:
        """Begin an upload, of an object that is marked.

        Args:
            source: Container and object of which the store copies the parts; None: they are sent.
        """
        begun = border.object_begin_copy(*source, new) if source else border.object_multipart(new)
        self._hold(border, new, begun)
        self._journal = journal
        self._go_on(())
        if begun.identity is not None:
            journal.note({"upload": begun.identity})

    @classmethod
    def reopen(
        cls,
        border: Border,
        new: NewObject,
        journal: Journal,
        open_again: Callable[[], MultipartUpload],
        stored: Mapping[Part, Line],
        *,
        same: bool,
    ) -> Self | None:
        """Go on with an upload; None: there is nothing of it to go on with.

        Args:
            same: Whether all that was sent to it is of this content. Then it is gone on with though no part is there:
                what is still on its way, as a copy that the store makes, would else be left behind.
        """
        receipts = {part: line["receipt"] for part, line in stored.items()}
        try:
            reopened = open_again()
            taken = border.run("look at", lambda: reopened.take_up(receipts), new.container, new.name)
        except UploadGone:
            return None
        if not (taken or same):
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

    def put_part(self, part: Part, body: Body, of_source: Sequence[str] = ()) -> None:
        """Store one part, unless it is there already, and note it.

        Args:
            of_source: What is noted of where its bytes came from.
        """
        if part.number in self.kept:
            return
        super().put_part(part, body)
        digests = {name: value.hex() for name, value in body.known_digests.items()}
        self._note(part, {"digests": digests, **({"source": [*of_source]} if of_source else {})})

    def copy_part(self, part: Part) -> None:
        """Let the store copy one part, unless it is there already, and note it."""
        if part.number in self.kept:
            return
        super().copy_part(part)
        self._note(part, {})

    def _note(self, part: Part, more: Line) -> None:
        if self._upload.identity is not None:
            self._journal.note({"part": part.number, "receipt": self._upload.receipt(part), **more})

    def complete(self) -> ObjectInfo:
        """Publish the object, which is noted before, with what it replaces."""
        # What an earlier process asked for, with its last words, may have been done late.
        remove_replaced(self._border, self._new, self._journal.lines)
        replaced = self._border.run("look at", self._upload.replaces, self._new.container, self._new.name)
        self._journal.note({"completing": True, **({"replaces": [*replaced]} if replaced else {})})
        return super().complete()

    def abort_after(self, error: BaseException) -> None:
        """Leave what was sent, if the same call may go on with it; else remove it."""
        if os.getpid() != self._process:
            return
        if isinstance(error, self.ends):
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


class Sending(abc.ABC):
    """One transfer into a store, by its journal: what an earlier process has sent, and the rest."""

    kind: type[KeptUpload] = KeptUpload
    """How its upload ends."""

    def __init__(self, border: Border, new: NewObject, record: Record, journal: Journal) -> None:
        """Args: new: The object, marked. record: Of this transfer, if it begins now."""
        self._border = border
        self._new = new
        self._record = record
        self._journal = journal

    def run(self, meter: Meter) -> None:
        """Send what is not there yet, and publish it."""
        earlier = Record.of(self._journal.lines)
        published = earlier is not None and self._was_published(earlier)
        if earlier is not None and published and self._is_same(earlier):
            remove_replaced(self._border, self._new_of(earlier), self._journal.lines)
            meter.begin(self._record.size).finish()
            meter.tell()
        else:
            # What is an object by now is not gone on with: its parts would be changed under its readers.
            guarded = self._again(earlier) if earlier and not published else None
            self._send(guarded or self._begin(earlier), meter)
        self._journal.remove()

    @abc.abstractmethod
    def _send(self, guarded: KeptUpload, meter: Meter) -> None:
        """Send what an upload has not, and complete it; or end it after an error."""

    @abc.abstractmethod
    def _is_of_this(self, earlier: Record) -> bool:
        """Whether what an earlier process has sent is, as far as its record says, of the same content."""

    @abc.abstractmethod
    def _believed(self, earlier: Record) -> dict[Part, Line]:
        """The parts that are noted, and are what this transfer would send, with their lines."""

    def _upload(self, new: NewObject) -> KeptUpload:
        return self.kind(self._border, new, self._journal)

    def _reopened(self, new: NewObject, identity: str) -> MultipartUpload:
        return self._border.object_reopen(new, identity)

    def _note_again(self, kept: Collection[int]) -> None:  # noqa: B027 - a copy has nothing to note
        """Note with which parts it goes on."""

    def _was_published(self, earlier: Record) -> bool:
        """Whether an earlier process completed it, and only the answer, or the process, was lost."""
        return was_completed(self._journal.lines) and self._border.stored(self._new_of(earlier)) is not None

    def _is_same(self, earlier: Record) -> bool:
        return earlier.attributes == self._record.attributes and self._is_of_this(earlier)

    def _new_of(self, record: Record) -> NewObject:
        attributes = dataclasses.replace(self._new.attributes, write_id=record.write_id)
        return dataclasses.replace(self._new, attributes=attributes, part_size=record.part_size)

    def _again(self, earlier: Record) -> KeptUpload | None:
        """The upload that an earlier process began, if there is any part of it to go on with."""
        lines, now = self._journal.lines, self._record
        identity = _identity_in(lines)
        same = (earlier.size, earlier.attributes) == (now.size, now.attributes)
        if identity is None or not same or earlier.is_old:
            return None
        new = self._new_of(earlier)
        believed = self._believed(earlier)
        kept = self.kind.reopen(
            self._border,
            new,
            self._journal,
            lambda: self._reopened(new, identity),
            believed,
            same=self._is_of_this(earlier),
        )
        if kept is not None:
            self._note_again(kept.kept)
        return kept

    def _begin(self, earlier: Record | None) -> KeptUpload:
        if earlier is not None:
            forget_upload(self._border, self._new_of(earlier), self._journal.lines, earlier)
        self._journal.begin(self._record.line())
        self._journal.say_who()
        try:
            return self._upload(self._new)
        except Exception:
            self._journal.remove()
            raise


class _SendingFile(Sending):
    """One upload of a file."""

    def __init__(self, border: Border, new: NewObject, source: SourceFile, record: Record, journal: Journal) -> None:
        super().__init__(border, new, record, journal)
        self._source = source

    def _send(self, guarded: KeptUpload, meter: Meter) -> None:
        wanted = parts.parts_of(self._record.size, guarded.part_size)
        upload.send_parts(self._border, guarded, wanted, self._slice_of, meter, self._source.check_unchanged)

    def _slice_of(self, part: Part) -> Body:
        return FileBody(self._source, part.offset, part.size)

    def _is_of_this(self, earlier: Record) -> bool:
        return earlier.state == self._record.state

    def _believed(self, earlier: Record) -> dict[Part, Line]:
        lines = self._journal.lines
        stored = stored_in(lines, earlier)
        if state_in(lines, earlier) != self._record.state:
            stored = {part: line for part, line in stored.items() if self._is_still(part, line)}
        return stored

    def _is_still(self, part: Part, line: Line) -> bool:
        """Whether the file, which may be another by now, has the same bytes where this part was read."""
        digest = line["digests"].get(_SURE)
        return digest is not None and self._slice_of(part).digest(_SURE).hex() == digest

    def _note_again(self, kept: Collection[int]) -> None:
        self._journal.note({"state": self._record.state, "kept": sorted(kept)})


def was_completed(lines: Sequence[Line]) -> bool:
    """Whether the object was to be published, and perhaps was."""
    return any("completing" in line for line in lines)


def state_in(lines: Sequence[Line], record: Record) -> records.State:
    """Of the file, when it was last looked at."""
    told = [tuple(line["state"]) for line in lines[1:] if "state" in line]
    return told[-1] if told else record.state


def stored_in(lines: Sequence[Line], record: Record) -> dict[Part, Line]:
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
    return sum(part.size for part in stored_in(lines, record))


def forget_upload(border: Border, new: NewObject, lines: Sequence[Line], record: Record) -> None:
    """Remove what an earlier process has sent, and left; what is gone is gone."""
    identity = _identity_in(lines)
    if identity is None:
        border.object_end_begun(new, record.begun)
        return
    remove_replaced(border, new, lines)
    with contextlib.suppress(UploadGone, NotFoundError):
        reopened = border.object_reopen(new, identity)
        border.run("abort", reopened.abort, new.container, new.name)


def remove_replaced(border: Border, new: NewObject, lines: Sequence[Line]) -> None:
    """Remove what an earlier process has replaced, if it published its upload, and ended before it could."""
    identity = _identity_in(lines)
    completions = [line for line in lines if "completing" in line]
    names = completions[-1].get("replaces") if completions else None
    if identity is None or not names:
        return
    with contextlib.suppress(UploadGone, NotFoundError):
        reopened = border.object_reopen(new, identity)
        border.run("look at", lambda: reopened.remove_replaced(names), new.container, new.name)
        border.tidy(new.container)


def _identity_in(lines: Sequence[Line]) -> str | None:
    """Of the upload that an earlier process began; None: it did not come so far."""
    return next((line["upload"] for line in lines if "upload" in line), None)
