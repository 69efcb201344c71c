"""Reading an object into memory, a stream or a file: by ranges in parallel where that keeps the check of its bytes.

One version only: every range is pinned to the hash that the first answer gave. An object with one digest of the whole
is read in one stream, since its bytes must be hashed in order.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from typing import IO, Protocol

from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map, ended
from obs_client._engine.transfers.parts import Range, ranges_of
from obs_client._engine.transfers.progress import Gauge, Meter, Progress
from obs_client._engine.transfers.reading import GuardedReader, note_unverified
from obs_client.backend.integrity import ContentCheck

_OF_A_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def read(
    border: Border,
    container: str,
    name: str,
    start: int,
    stop: int | None,
    if_hash: str | None = None,
    known: str | None = None,
) -> bytes:
    """The bytes of an object, or of a range of it."""
    with GuardedReader(border, container, name, start, stop, if_hash=if_hash, known=known) as reader:
        if reader.left is None:
            return b"".join(map(bytes, blocks(border, reader)))
        content = bytearray(reader.left)
        view = memoryview(content)
        if start == 0 and stop is None and (ranges := _parallel_ranges(border, reader)):
            for _ in _fetch(border, reader, ranges, lambda r: _MemoryTarget(view[r.offset : r.end]), Meter(None)):
                pass
        else:
            reader.read_fully(view)
            _finish(reader)
    return bytes(content)


def to_stream(
    border: Border,
    container: str,
    name: str,
    stream: IO[bytes],
    progress: Progress | None,
    known: str | None = None,
) -> bool:
    """Write an object's bytes to a stream, in order."""
    with GuardedReader(border, container, name, known=known) as reader:
        for block in blocks(border, reader, Meter(progress)):
            _write_all(stream, block)
    return True


def to_file(
    border: Border, container: str, name: str, path: str, progress: Progress | None, known: str | None = None
) -> bool:
    """As `to_stream`, to a file; a failure of the file system names the path as it was given."""
    try:
        return _to_file(border, container, name, path, progress, known)
    except OSError as error:
        # The file beside the target has a name that nobody knows; and writing names none.
        if error.errno in _OF_A_DISK or isinstance(error.filename, bytes):
            error.filename = path
        raise


def _to_file(
    border: Border, container: str, name: str, path: str, progress: Progress | None, known: str | None
) -> bool:
    """Write an object to a local file, which is replaced when all bytes are there."""
    from obs_client.backend.atomic import AtomicFile

    if _is_special(path):
        with open(path, "wb", buffering=0) as stream:
            return to_stream(border, container, name, stream, progress, known)
    with GuardedReader(border, container, name, known=known) as reader, AtomicFile.beside(path) as file:
        ranges = _parallel_ranges(border, reader)
        meter = Meter(progress)
        if ranges:
            for _ in _fetch(border, reader, ranges, lambda r: _FileTarget(file.descriptor, r.offset), meter):
                pass
        else:
            target = _FileTarget(file.descriptor, 0)
            meter.run(lambda: target.take_from(reader), reader.left, lambda: reader.position)
        file.publish()
    return True


def _is_special(path: str) -> bool:
    """Whether there is something that cannot be replaced by a file: a pipe, a device. A directory raises."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{path!r} is a directory; give the name of a file in it")
    return not stat.S_ISREG(mode)


def _parallel_ranges(border: Border, reader: GuardedReader) -> list[Range]:
    """How to read the whole object in parallel; empty if it is small, or must be read in one stream."""
    options, size = border.options, reader.info.size
    digest = reader.digest if options.check_content else None
    if options.workers == 1 or size is None or size <= options.part_size or reader.info.hash is None:
        return []
    if digest and digest.whole:
        return []
    ranges = ranges_of(size, options.part_size, digest)
    return ranges if len(ranges) > 1 else []


class _Target(Protocol):
    """Where the bytes of one range go."""

    def take_from(self, reader: GuardedReader) -> None: ...


class _MemoryTarget:
    def __init__(self, view: memoryview) -> None:
        self.view = view

    def take_from(self, reader: GuardedReader) -> None:
        reader.read_fully(self.view)


class _FileTarget:
    """A place in a file, written block by block from one buffer."""

    def __init__(self, descriptor: int, offset: int) -> None:
        self._descriptor = descriptor
        self._offset = offset

    def take_from(self, reader: GuardedReader) -> None:
        buffer = memoryview(bytearray(reader.block_size))
        while count := reader.readinto(buffer):
            block = buffer[:count]
            while block:
                written = os.pwrite(self._descriptor, block, self._offset)
                self._offset += written
                block = block[written:]


def _fetch(
    border: Border,
    first: GuardedReader,
    ranges: list[Range],
    target_of: Callable[[Range], _Target],
    meter: Meter,
) -> Iterator[int]:
    """Bring each range to its target; gives their sizes in order, and checks the whole at the end.

    The first range comes from the reader that is open already.
    """
    digest = first.digest if border.options.check_content else None

    def fetch(item: tuple[Range, Gauge]) -> tuple[int, ContentCheck | None]:
        wanted, gauge = item
        check = ContentCheck(digest, wanted.first_part) if digest else None
        with _reader_of(border, first, wanted, check) as reader:
            gauge.follow(lambda: reader.position - wanted.offset)
            target_of(wanted).take_from(reader)
        gauge.finish()
        return wanted.size, check

    checks: list[ContentCheck] = []
    gauged = ((wanted, meter.begin(wanted.size)) for wanted in ranges)
    with ended(bounded_map(fetch, gauged, border.options.workers, meter.while_waiting)) as fetched:
        for size, check in fetched:
            checks += [check] if check else []
            meter.tell()
            yield size
    digests = [each for check in checks for each in check.digests]
    first.verified = digest is not None and all(c.fits for c in checks) and digest.check_composite(digests)
    if not first.verified:
        note_unverified(first.name)


def _reader_of(border: Border, first: GuardedReader, wanted: Range, check: ContentCheck | None) -> GuardedReader:
    if wanted.offset == 0:
        first.end_at(wanted.end)
        first.with_check(check)
        return first
    return GuardedReader(border, first.container, first.name, wanted.offset, wanted.end, pinned=first.info, check=check)


def blocks(border: Border, reader: GuardedReader, meter: Meter | None = None) -> Iterator[memoryview]:
    """An object's bytes in order, each block valid until the next is asked for.

    Args:
        meter: Tells of all that came from the store, be it read ahead.
    """
    meter = meter or Meter(None)
    ranges = _parallel_ranges(border, reader)
    if ranges and max(r.size for r in ranges) <= 2 * border.options.part_size:
        yield from _ordered_ranges(border, reader, ranges, meter)
        return
    meter.begin(reader.left).follow(lambda: reader.position)
    buffer = memoryview(bytearray(reader.block_size))
    while count := reader.readinto(buffer):
        yield buffer[:count]
        meter.tell()


def _ordered_ranges(border: Border, reader: GuardedReader, ranges: list[Range], meter: Meter) -> Iterator[memoryview]:
    """Ranges that are read ahead by the workers, each into one of (workers + 1) buffers."""
    size = max(r.size for r in ranges)
    free: list[bytearray] = []
    targets: dict[int, memoryview] = {}

    def target_of(wanted: Range) -> _Target:
        try:
            buffer = free.pop()
        except IndexError:
            buffer = bytearray(size)
        targets[wanted.offset] = memoryview(buffer)[: wanted.size]
        return _MemoryTarget(targets[wanted.offset])

    offset = 0
    for count in _fetch(border, reader, ranges, target_of, meter):
        block = targets.pop(offset)
        yield block
        assert isinstance(block.obj, bytearray)
        free.append(block.obj)
        offset += count


def _finish(reader: GuardedReader) -> None:
    """Let the reader check what it gave: an object of no bytes has not been asked for any yet."""
    reader.readinto(memoryview(bytearray(1)))


def _write_all(stream: IO[bytes], block: memoryview) -> None:
    while block:
        count = stream.write(block)
        if count is None and isinstance(stream, io.RawIOBase):
            raise BlockingIOError("the stream takes no bytes now; give one that waits (it is set non-blocking)")
        # Streams that are no raw files take all; some of them answer nothing.
        block = block[len(block) if count is None else count :]
