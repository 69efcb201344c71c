"""Reading an object into memory, a stream or a file: by ranges in parallel where that keeps the check of its bytes.

One version only: every range is pinned to the hash that the first answer gave. An object with one digest of the whole
is read in one stream, since its bytes must be hashed in order.
"""

from __future__ import annotations

import abc
import contextlib
import errno
import io
import os
import stat
import threading
from collections.abc import Callable, Iterator
from typing import IO, Protocol

from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map, ended
from obs_client._engine.transfers.memory import Share
from obs_client._engine.transfers.parts import Range, ranges_of
from obs_client._engine.transfers.progress import Gauge, Meter, Progress
from obs_client._engine.transfers.reading import GuardedReader, note_unverified
from obs_client.backend.integrity import ContentCheck, ContentDigest, Hash

_STEP = 1024 * 1024
"""Bytes of memory that are cleared at once."""

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
        ranges = _parallel_ranges(border, reader) if start == 0 and stop is None else []
        if not ranges and reader.left <= _STEP:
            return _small(reader, reader.left)
        space = _Space(reader.left)
        if ranges:
            for _ in fetch(border, reader, ranges, lambda r: _SpaceTarget(space, r.offset), Meter(None)):
                pass
        else:
            _SpaceTarget(space, 0).take_from(reader)
    return space.content()


def _small(reader: GuardedReader, size: int) -> bytes:
    content = bytearray(size)
    reader.read_fully(memoryview(content))
    if not size:
        _finish(reader)
    return bytes(content)


class _Space:
    """Room for so many bytes, made step by step, filled anywhere, and given without another copy.

    While memory is cleared or copied, no other thread runs: 1 ms for each MB, of which an event loop has to wait. It is
    filled by copies, never by views: what a stopped call leaves to the garbage collector must not have any, of which
    Python 3.12 dies, and 3.13 complains.
    """

    def __init__(self, size: int) -> None:
        self._bytes = io.BytesIO()
        self._lock = threading.Lock()
        for end in (*range(_STEP, size, _STEP), size):
            self.put(end - 1, b"\0")

    def put(self, offset: int, block: bytes | memoryview) -> None:
        with self._lock:
            self._bytes.seek(offset)
            self._bytes.write(block)

    def content(self) -> bytes:
        return self._bytes.getvalue()


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
    """As `to_stream`, to a file, which is replaced when all bytes are there."""
    from obs_client.backend.atomic import AtomicFile

    with naming(path):
        if is_special(path):
            with open(path, "wb", buffering=0) as stream:
                return to_stream(border, container, name, stream, progress, known)
        with GuardedReader(border, container, name, known=known) as reader, AtomicFile.beside(path) as file:
            fill(border, reader, file.descriptor, Meter(progress))
            file.publish()
    return True


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """Within the block a failure of the file system names the path as it was given."""
    try:
        yield
    except OSError as error:
        # The file beside the target has a name that nobody knows; and writing names none.
        if error.errno in _OF_A_DISK or isinstance(error.filename, bytes):
            error.filename = path
        raise


class KeptRanges(abc.ABC):
    """Which ranges are there already, of the same version."""

    @abc.abstractmethod
    def holds(self, wanted: Range, check: ContentCheck | None) -> bool:
        """Whether the bytes of a range are there, as far as that can be seen; they have been checked then."""

    @abc.abstractmethod
    def note(self, wanted: Range, check: ContentCheck | None) -> None:
        """The bytes of a range are there."""


class Kept(KeptRanges):
    """What is in a file of an earlier download of the same version, and what is noted of this one."""

    @abc.abstractmethod
    def first_bytes(self, digest: ContentDigest) -> tuple[int, Hash]:
        """How many of the first bytes are there, of an object that is read in order, and their hash."""

    @abc.abstractmethod
    def note_until(self, position: int, hashed: Hash) -> None:
        """All bytes until here are there; told often."""


def fill(border: Border, reader: GuardedReader, descriptor: int, meter: Meter, kept: Kept | None = None) -> None:
    """Write an object to an empty file, or what is not there yet to one with some of its bytes."""
    ranges = _parallel_ranges(border, reader, always=kept is not None)
    if ranges:
        for _ in fetch(border, reader, ranges, lambda r: _FileTarget(descriptor, r.offset), meter, kept):
            pass
        return
    target = _FileTarget(descriptor, 0, kept)

    def fetch_all() -> None:
        if kept and reader.hash_so_far and reader.digest:
            target.offset, hashed = kept.first_bytes(reader.digest)
            if target.offset:
                reader.go_on_from(target.offset, hashed)
        target.take_from(reader)

    meter.run(fetch_all, reader.left, lambda: reader.position)


def is_special(path: str) -> bool:
    """Whether there is something that cannot be replaced by a file: a pipe, a device. A directory raises."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{path!r} is a directory; use the name of a file in it")
    return not stat.S_ISREG(mode)


def _parallel_ranges(border: Border, reader: GuardedReader, always: bool = False) -> list[Range]:
    """How to read the whole object in parallel; empty if it is small, or must be read in one stream.

    Args:
        always: By ranges wherever that can be, for one worker too.
    """
    options, size = border.options, reader.info.size
    digest = reader.digest if options.check_content else None
    if size is None or size <= options.part_size or reader.info.hash is None:
        return []
    if options.workers == 1 and not always:
        return []
    if digest and digest.whole:
        return []
    ranges = ranges_of(size, options.part_size, digest)
    return ranges if len(ranges) > 1 else []


class _Target(Protocol):
    """Where the bytes of one range go."""

    def take_from(self, reader: GuardedReader) -> None: ...


class MemoryTarget:
    """A buffer that one range fills."""

    def __init__(self, view: memoryview) -> None:
        self.view = view

    def take_from(self, reader: GuardedReader) -> None:
        reader.read_fully(self.view)


class _SpaceTarget:
    """A place in memory, written block by block from one buffer."""

    def __init__(self, space: _Space, offset: int) -> None:
        self._space = space
        self._offset = offset

    def take_from(self, reader: GuardedReader) -> None:
        buffer = memoryview(bytearray(reader.block_size))
        while count := reader.readinto(buffer):
            self._space.put(self._offset, buffer[:count])
            self._offset += count


class _FileTarget:
    """A place in a file, written block by block from one buffer."""

    def __init__(self, descriptor: int, offset: int, kept: Kept | None = None) -> None:
        self._descriptor = descriptor
        self.offset = offset
        self._kept = kept

    def take_from(self, reader: GuardedReader) -> None:
        buffer = memoryview(bytearray(reader.block_size))
        while count := reader.readinto(buffer):
            block = buffer[:count]
            while block:
                written = os.pwrite(self._descriptor, block, self.offset)
                self.offset += written
                block = block[written:]
            if self._kept and (hashed := reader.hash_so_far):
                self._kept.note_until(self.offset, hashed)


def fetch(
    border: Border,
    first: GuardedReader,
    ranges: list[Range],
    target_of: Callable[[Range], _Target],
    meter: Meter,
    kept: KeptRanges | None = None,
    workers: int | None = None,
) -> Iterator[int]:
    """Bring each range to its target; gives their sizes in order, and checks the whole at the end.

    The first range comes from the reader that is open already; what is kept of the others is there.
    """
    digest = first.digest if border.options.check_content else None

    def fetch_one(item: tuple[Range, Gauge]) -> tuple[int, ContentCheck | None]:
        wanted, gauge = item
        check = ContentCheck(digest, wanted.first_part) if digest else None
        if kept is None or not kept.holds(wanted, check):
            check = ContentCheck(digest, wanted.first_part) if digest else None
            with _reader_of(border, first, wanted, check) as reader:
                gauge.follow(lambda: reader.position - wanted.offset)
                target_of(wanted).take_from(reader)
            if kept:
                kept.note(wanted, check)
        gauge.finish()
        return wanted.size, check

    checks: list[ContentCheck] = []
    gauged = ((wanted, meter.begin(wanted.size)) for wanted in ranges)
    with ended(bounded_map(fetch_one, gauged, workers or border.options.workers, meter.while_waiting)) as fetched:
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
    """Ranges that are read ahead by the workers, each into a buffer; by as many as the client's memory has room for."""
    size = max(r.size for r in ranges)
    with Share(border) as share:
        workers = share.buffers(size, border.options.workers)
        yield from _in_buffers(border, reader, ranges, meter, workers)


def _in_buffers(
    border: Border, reader: GuardedReader, ranges: list[Range], meter: Meter, workers: int
) -> Iterator[memoryview]:
    size = max(r.size for r in ranges)
    free: list[bytearray] = []
    targets: dict[int, memoryview] = {}

    def target_of(wanted: Range) -> _Target:
        try:
            buffer = free.pop()
        except IndexError:
            buffer = bytearray(size)
        targets[wanted.offset] = memoryview(buffer)[: wanted.size]
        return MemoryTarget(targets[wanted.offset])

    offset = 0
    for count in fetch(border, reader, ranges, target_of, meter, workers=workers):
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
            raise BlockingIOError("the stream takes no bytes now; use a blocking one")
        # Streams that are no raw files take all; some of them answer nothing.
        block = block[len(block) if count is None else count :]
