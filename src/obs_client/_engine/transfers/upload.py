"""Writing an object: by one request if it is small, by parts in parallel if not; all of it or nothing.

Memory: of a regular file, workers x a block; of bytes, nothing; of a stream, (workers + 1) x a part, by `PartWriter`.
"""

from __future__ import annotations

import dataclasses
import io
import os
import stat
from collections.abc import Callable, Iterable
from typing import IO

from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map, ended
from obs_client._engine.transfers import parts
from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client._engine.transfers.part_writer import PartWriter
from obs_client._engine.transfers.progress import Gauge, Meter, Progress
from obs_client.backend.body import Body, BytesBody, FileBody, SourceFile
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.errors import IntegrityError


def upload(border: Border, new: NewObject, stream: IO[bytes], progress: Progress | None) -> None:
    """Write an object from a stream, from where it stands to its end; `new.size` is what the caller said of it."""
    if isinstance(stream, io.IOBase) and is_plain_file(stream):
        _upload_plain_file(border, new, stream, progress)
    else:
        _upload_stream(border, new, stream, progress)


def upload_bytes(border: Border, new: NewObject, body: BytesBody, progress: Progress | None) -> None:
    """Write an object from memory; large ones by parts that are views of it."""

    def slice_of(part: Part) -> Body:
        return body if part.size == body.size else BytesBody(body.view()[part.offset : part.offset + part.size])

    _write(border, new, body.size, slice_of, progress)


def _upload_plain_file(border: Border, new: NewObject, stream: IO[bytes], progress: Progress | None) -> None:
    source = SourceFile(stream.fileno())
    start = stream.tell()
    if not source.has_its_size(start):
        _upload_stream(border, new, stream, progress)
        return
    size = max(0, source.size - start)
    if new.size is not None and new.size != size:
        raise _other_size(new, size)

    def slice_of(part: Part) -> Body:
        return FileBody(source, start + part.offset, part.size)

    _write(border, new, size, slice_of, progress, source.check_unchanged)
    stream.seek(start + size)


def is_plain_file(stream: io.IOBase) -> bool:
    """Whether the bytes of the stream are those of a regular file, from its position on.

    Only the standard library's own classes: others (a `GzipFile`, say) have a descriptor whose bytes are not theirs.
    """
    if type(stream) is io.BufferedRandom:
        stream.flush()
    raw = stream.raw if type(stream) in (io.BufferedReader, io.BufferedRandom) else stream  # type: ignore[attr-defined]
    return type(raw) is io.FileIO and raw.readable() and stat.S_ISREG(os.fstat(raw.fileno()).st_mode)


def _upload_stream(border: Border, new: NewObject, stream: IO[bytes], progress: Progress | None) -> None:
    with PartWriter(border, new, progress) as writer:
        while count := _read_into(stream, writer.space()):
            writer.advance(count)
            if new.size is not None and writer.size > new.size:
                raise _other_size(new, writer.size, "at least ")
        if new.size is not None and writer.size != new.size:
            raise _other_size(new, writer.size)
        writer.publish()


def _other_size(new: NewObject, found: int, hedge: str = "") -> IntegrityError:
    return IntegrityError(
        f"size said {new.size:,} bytes for {new.name!r}, the stream has {hedge}{found:,}; nothing was written",
        container=new.container,
        object_name=new.name,
    )


def _read_into(stream: IO[bytes], space: memoryview) -> int:
    """Some bytes of a stream; 0 only at its end."""
    count = _read_by_readinto(stream, space) if hasattr(stream, "readinto") else _read_by_read(stream, space)
    if count is None:
        raise BlockingIOError("the stream has no bytes yet; use a blocking one")
    if not 0 <= count <= len(space):
        raise _other_count(count, space)
    return int(count)


def _read_by_readinto(stream: IO[bytes], space: memoryview) -> int | None:
    try:
        count: int | None = stream.readinto(space)  # type: ignore[attr-defined]
    except NotImplementedError:
        # A subclass of `io.RawIOBase` has the method, whether or not it wrote one.
        count = _read_by_read(stream, space)
    return count


def _read_by_read(stream: IO[bytes], space: memoryview) -> int | None:
    data = stream.read(len(space))
    return None if data is None else _put(data, space)


def _put(data: bytes, space: memoryview) -> int:
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"the stream returned {type(data).__name__} instead of bytes; open it in binary mode")
    if len(data) > len(space):
        raise _other_count(len(data), space)
    space[: len(data)] = data
    return len(data)


def _other_count(count: int, space: memoryview) -> ValueError:
    return ValueError(f"the stream returned {count:,} bytes where {len(space):,} were asked for")


def _write(
    border: Border,
    new: NewObject,
    size: int,
    slice_of: Callable[[Part], Body],
    progress: Progress | None,
    check: Callable[[], None] | None = None,
) -> None:
    """Write what can be read at any place, each part by the worker that sends it."""
    part_size = parts.part_size(size, border.options.part_size, border.capabilities)
    if new.size != size:
        new = dataclasses.replace(new, size=size)
    meter = Meter(progress)
    if size <= part_size:
        body = slice_of(Part(1, 0, size))
        meter.run(lambda: border.object_write(new, body), size, lambda: body.sent)
        return
    guarded = GuardedUpload(border, dataclasses.replace(new, part_size=part_size))
    send_parts(border, guarded, parts.parts_of(size, part_size), slice_of, meter, check)


def send_parts(
    border: Border,
    guarded: GuardedUpload,
    wanted: Iterable[Part],
    slice_of: Callable[[Part], Body],
    meter: Meter,
    check: Callable[[], None] | None = None,
) -> None:
    """Put all parts of an upload that was begun, and complete it; `check` looks at their source before that."""
    try:
        _put_parts(border, guarded, wanted, slice_of, meter)
        if check:
            check()
        guarded.complete()
    except BaseException as error:
        guarded.abort_after(error)
        raise


def _put_parts(
    border: Border, guarded: GuardedUpload, wanted: Iterable[Part], slice_of: Callable[[Part], Body], meter: Meter
) -> None:
    def put(item: tuple[Part, Gauge]) -> None:
        part, gauge = item
        body = slice_of(part)
        gauge.follow(lambda: body.sent)
        guarded.put_part(part, body)
        gauge.finish()

    gauged = ((part, meter.begin(part.size)) for part in wanted)
    with ended(bounded_map(put, gauged, border.options.workers, meter.while_waiting)) as done:
        for _ in done:
            meter.tell()
