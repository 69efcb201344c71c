"""Copies with `resume`: parts that the journal and the target agree on are not copied again, of one version only.

Within a store the store itself copies the parts. Between two, each is read and written. Its bytes were compared with
the source's digest as far as that is one of parts, or can be put together from those of pieces; what they hashed to is
noted, so that the whole can be judged though the part is not read again. Where only the bytes in order tell, as with an
MD5 of the whole, all is read again, and what is kept is not sent.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from obs_client._engine.border import Border, marked_by_id
from obs_client._engine.parallel import WorkerPool, bounded_map, ended
from obs_client._engine.resuming import records
from obs_client._engine.resuming.journal import Journal, Line
from obs_client._engine.resuming.records import Record
from obs_client._engine.resuming.upload import KeptUpload, Sending, stored_in
from obs_client._engine.transfers import download, parts
from obs_client._engine.transfers.memory import Share
from obs_client._engine.transfers.parts import Range
from obs_client._engine.transfers.progress import Gauge, Meter, Progress
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend.body import BytesBody
from obs_client.backend.integrity import ContentCheck, ContentDigest
from obs_client.backend.multipart import MultipartUpload, NeedsReading, Part
from obs_client.backend.values import NewObject
from obs_client.errors import IntegrityError
from obs_client.models import Capabilities, ObjectInfo

Piece = tuple[Part, memoryview | None, Sequence[str]]
"""A part, its bytes unless it is kept, and what is noted of them in the source."""


def within(border: Border, container: str, source: ObjectInfo, new: NewObject) -> bool:
    """Let the store copy an object by parts. False: as any other, without a journal.

    Raises:
        NeedsReading: An earlier process found out that the store cannot, and has read and written some of it.
    """
    size = source.size or 0
    part_size = parts.part_size(size, border.capabilities.copy_part_size, border.capabilities)
    found = _journal_of((border, container, source), border, new, part_size)
    if found is None:
        return False
    marked, record, journal = found
    with journal:
        earlier = Record.of(journal.lines)
        if earlier is not None and earlier.reads:
            raise NeedsReading
        _CopyingWithin(border, container, source, marked, record, journal).run(Meter(None))
    return True


def between(source: Border, reader: GuardedReader, target: Border, new: NewObject, progress: Progress | None) -> bool:
    """Write what a reader of `source` gives as a new object. False: as any other, without a journal."""
    size = reader.info.size or 0
    part_size, _ = _layout(size, target.options.part_size, _digest(source, reader), target.capabilities)
    found = _journal_of((source, reader.container, reader.info), target, new, part_size, reads=True)
    if found is None:
        return False
    marked, record, journal = found
    with journal:
        _CopyingBetween(source, reader, target, marked, record, journal).run(Meter(progress))
    return True


def _journal_of(
    source: tuple[Border, str, ObjectInfo], target: Border, new: NewObject, part_size: int, reads: bool = False
) -> tuple[NewObject, Record, Journal] | None:
    """The target, marked, and the open journal of a copy with its record; None: there is none to go on with."""
    border, container, info = source
    places = border.location(container), target.location(new.container)
    stores = tuple(map(records.store_text, places))
    can_be = target.capabilities.resumable_uploads and info.size is not None and info.hash is not None
    if stores[0] is None or stores[1] is None or not can_be:
        return None
    if not records.is_worth_noting(info.size or 0, part_size):
        return None
    marked = marked_by_id(dataclasses.replace(new, size=info.size, part_size=part_size))
    record = Record(
        "copy", time.time(), records.place_text(places[1], new.name), stores[1], new.container, new.name,
        records.place_text(places[0], info.name), info.size or 0, part_size, marked.attributes.write_id or "",
        hash=info.hash or "", attributes=records.attributes_text(new.attributes), boot=records.boot(),
        command=records.command_told(), reads=reads,
    )  # fmt: skip
    return marked, record, records.open_journal("copy", stores[1], new.name, json.dumps([stores[0], info.name]))


class _KeptCopy(KeptUpload):
    # What differs from its source, or must be copied in another way, is not gone on with.
    ends = (*KeptUpload.ends, IntegrityError, NeedsReading)


class _Copying(Sending):
    """What copies of both kinds have in common: they are of one version of the source."""

    kind = _KeptCopy

    def _is_of_this(self, earlier: Record) -> bool:
        now = self._record
        return (earlier.hash, earlier.size, earlier.reads) == (now.hash, now.size, now.reads)

    def _believed(self, earlier: Record) -> dict[Part, Line]:
        return stored_in(self._journal.lines, earlier) if self._is_of_this(earlier) else {}


class _CopyingWithin(_Copying):
    """A copy of which the store copies the parts."""

    def __init__(
        self, border: Border, container: str, source: ObjectInfo, new: NewObject, record: Record, journal: Journal
    ) -> None:
        super().__init__(border, new, record, journal)
        self._source = container, source

    def _upload(self, new: NewObject) -> KeptUpload:
        return _KeptCopy(self._border, new, self._journal, self._source)

    def _reopened(self, new: NewObject, identity: str) -> MultipartUpload:
        return self._border.object_reopen_copy(*self._source, new, identity)

    def _send(self, guarded: KeptUpload, meter: Meter) -> None:
        wanted = parts.parts_of(self._record.size, guarded.part_size)
        try:
            with ended(bounded_map(guarded.copy_part, wanted, self._border.options.workers)) as copied:
                for _ in copied:
                    pass
            guarded.complete()
        except BaseException as error:
            guarded.abort_after(error)
            raise


class _CopyingBetween(_Copying):
    """A copy whose bytes pass through this process: read ahead by some workers, and sent by as many."""

    def __init__(
        self,
        source: Border,
        reader: GuardedReader,
        border: Border,
        new: NewObject,
        record: Record,
        journal: Journal,
    ) -> None:
        super().__init__(border, new, record, journal)
        self._from = source
        self._reader = reader
        self._digest = _digest(source, reader)

    def _ranges(self, part_size: int) -> list[Range] | None:
        """The ranges by which parts of this size are read; None: in order."""
        found, ranges = _layout(self._record.size, part_size, self._digest, self._border.capabilities)
        return ranges if found == part_size else None

    def _believed(self, earlier: Record) -> dict[Part, Line]:
        stored = super()._believed(earlier)
        ranges, digest = self._ranges(earlier.part_size), self._digest
        if ranges is None or digest is None:
            return stored
        counts = {wanted.offset: count for wanted, count in _digests_in(ranges, digest)}
        return {part: line for part, line in stored.items() if _tells(line, digest, counts[part.offset])}

    def _send(self, guarded: KeptUpload, meter: Meter) -> None:
        workers = self._border.options.workers
        try:
            with Share(self._border) as share, WorkerPool(_put_by(guarded), workers) as pool:
                count = share.buffers(guarded.part_size, workers)
                for part, content, told in self._pieces(guarded, share):
                    gauge = meter.begin(part.size)
                    if content is None:
                        gauge.finish()
                        continue
                    if pool.pending >= count:
                        pool.result(while_waiting=meter.while_waiting)
                    pool.submit((part, content, told, gauge))
                    meter.tell()
                while pool.pending:
                    pool.result(while_waiting=meter.while_waiting)
                    meter.tell()
            guarded.complete()
        except BaseException as error:
            guarded.abort_after(error)
            raise
        meter.tell()

    def _pieces(self, guarded: KeptUpload, share: Share) -> Iterator[Piece]:
        ranges = self._ranges(guarded.part_size)
        if ranges is None:
            return self._in_order(guarded)
        return self._side_by_side(guarded, ranges, share.buffers(guarded.part_size, self._from.options.workers))

    def _in_order(self, guarded: KeptUpload) -> Iterator[Piece]:
        """All parts, each read, of which some are kept."""
        for part in parts.parts_of(self._record.size, guarded.part_size):
            content = memoryview(bytearray(part.size))
            self._reader.read_fully(content)
            yield part, None if part.number in guarded.kept else content, ()

    def _side_by_side(self, guarded: KeptUpload, ranges: list[Range], workers: int) -> Iterator[Piece]:
        """All parts; those that are kept are not read."""
        wanted = {part.offset: part for part in parts.parts_of(self._record.size, guarded.part_size)}
        lines = {line["part"]: line for line in self._journal.lines if "part" in line}
        kept = {part.offset: lines[part.number] for part in wanted.values() if part.number in guarded.kept}
        held = _Held(kept, self._digest)
        buffers: dict[int, memoryview] = {}

        def target_of(each: Range) -> download.MemoryTarget:
            buffers[each.offset] = memoryview(bytearray(each.size))
            return download.MemoryTarget(buffers[each.offset])

        fetched = download.fetch(self._from, self._reader, ranges, target_of, Meter(None), held, workers)
        with ended(fetched):
            for each in ranges:
                next(fetched)
                yield wanted[each.offset], buffers.pop(each.offset, None), held.told.pop(each.offset, ())
            for _ in fetched:
                pass  # it judges the whole at its end


class _Held(download.KeptRanges):
    """The parts that the target has, and what the others are found to be."""

    def __init__(self, lines: Mapping[int, Line], digest: ContentDigest | None) -> None:
        """Args: lines: Of each part that is kept, by its offset."""
        self.told: dict[int, Sequence[str]] = {}
        self._lines = lines
        self._digest = digest

    def holds(self, wanted: Range, check: ContentCheck | None) -> bool:
        line = self._lines.get(wanted.offset)
        if line is not None and check is not None:
            check.digests += [bytes.fromhex(each) for each in line["source"][1:]]
        return line is not None

    def note(self, wanted: Range, check: ContentCheck | None) -> None:
        if check is not None and self._digest is not None:
            self.told[wanted.offset] = [self._digest.algorithm, *(each.hex() for each in check.digests)]


def _digest(source: Border, reader: GuardedReader) -> ContentDigest | None:
    return reader.digest if source.options.check_content else None


def _layout(
    size: int, wanted: int, digest: ContentDigest | None, capabilities: Capabilities
) -> tuple[int, list[Range] | None]:
    """Bytes of a part of the target, and the ranges that its parts are; None: parts cannot be checked one by one."""
    wanted = parts.part_size(size, wanted, capabilities)
    if (digest and digest.whole) or not size:
        return wanted, None
    ranges = parts.ranges_of(size, wanted, digest)
    length = ranges[0].size
    of_one_size = [each.offset for each in ranges] == [*range(0, size, length)]
    if of_one_size and length <= 2 * wanted and parts.part_size(size, length, capabilities) == length:
        return length, ranges
    return wanted, None


def _digests_in(ranges: Sequence[Range], digest: ContentDigest) -> Iterator[tuple[Range, int]]:
    """How many of the digest's parts are in each range."""
    ends = [*(each.first_part for each in ranges[1:]), len(digest.part_sizes)]
    for each, end in zip(ranges, ends, strict=True):
        yield each, end - each.first_part


def _tells(line: Line, digest: ContentDigest, count: int) -> bool:
    """Whether it is noted what the parts of the digest were, that are in this part."""
    told = line.get("source", ())
    return len(told) == 1 + count and told[0] == digest.algorithm


def _put_by(guarded: KeptUpload) -> Callable[[tuple[Part, memoryview, Sequence[str], Gauge]], None]:
    def put(item: tuple[Part, memoryview, Sequence[str], Gauge]) -> None:
        part, content, told, gauge = item
        body = BytesBody(content)
        gauge.follow(lambda: body.sent)
        guarded.put_part(part, body, told)
        gauge.finish()

    return put
