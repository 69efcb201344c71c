"""An object written piece by piece, whose end is not known: from a stream, or from a file object's `write`."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from obs_client._engine.border import Border
from obs_client._engine.parallel import WorkerPool
from obs_client._engine.transfers import parts
from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client._engine.transfers.memory import Share
from obs_client._engine.transfers.progress import Gauge, Meter, Progress
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.errors import NotSupportedError
from obs_client.models import ObjectInfo

FIRST_BUFFER = 64 * 1024
"""Bytes of a writer's buffer at first: programs hold many writers open at once, of which most get little."""
GROWTH = 4


class PartWriter:
    """Collects bytes into parts and sends them by `workers` threads; one request if they fit into one part.

    At most `workers` parts are being sent while one is being filled, in buffers that are used again; fewer where other
    transfers of the client hold its memory. Three cases give this class its shape:

    - Nobody says where the stream ends. An object of exactly one part must still be one request, since an upload in
      parts costs three and gives another kind of hash. So a full first part is held back until one more byte comes.
    - A store takes only so many parts. A stream that ends with the last byte of the last part is complete; one more
      byte makes it too long. So after the last part there is a buffer of one byte, only to see whether that byte comes.
    - Programs hold many writers open that get little. So the first buffer begins small, and grows.

    Attributes:
        info: What is known of the object once it is published.
    """

    def __init__(self, border: Border, new: NewObject, progress: Progress | None = None) -> None:
        self.size = 0
        self.info: ObjectInfo | None = None
        self._border = border
        self._new = new
        self._meter = Meter(progress)
        self._sizes = self._part_sizes()
        self._free: list[bytearray] = []
        self._share = Share(border)
        self._first_size = next(self._sizes)
        self._buffer = self._new_buffer(min(self._first_size, new.size or FIRST_BUFFER))
        self._filled = 0
        self._held: memoryview | None = None
        self._probing = False
        self._upload: _Upload | None = None
        self._process = os.getpid()
        self._over = False

    def space(self) -> memoryview:
        """Where the next bytes go: at least one byte long. Say with `advance` how many were put there."""
        if self._filled == len(self._buffer) and not self._grow():
            self._held, self._buffer, self._filled = self._buffer, self._next_buffer(), 0
        return self._buffer[self._filled :]

    def advance(self, count: int) -> None:
        """Take the first bytes of what `space` gave."""
        if not count:
            return
        if self._probing:
            raise self._too_long()
        if self._held is not None:
            self._upload = self._upload or _Upload(self._border, self._begun(), self._meter)
            self._send(self._held)
            self._held = None
        self._filled += count
        self.size += count
        self._meter.tell_at_times()
        if self._upload and self._filled == len(self._buffer):
            self._send(self._buffer)
            self._buffer, self._filled = self._next_buffer(), 0

    def write(self, data: memoryview) -> None:
        """Take all of these bytes."""
        while data:
            space = self.space()
            count = min(len(space), len(data))
            space[:count] = data[:count]
            self.advance(count)
            data = data[count:]

    def publish(self) -> None:
        """Send what is left and make the object visible."""
        if self._upload is None:
            whole = self._held if self._held is not None else self._buffer[: self._filled]
            new = dataclasses.replace(self._new, size=self.size)
            body = BytesBody(whole)
            self._meter.run(lambda: self._write(new, body), body.size, lambda: body.sent)
        else:
            if self._filled:
                self._send(self._buffer[: self._filled])
            self.info = dataclasses.replace(self._upload.complete(), size=self.size)
        self._share.close()
        self._over = True

    def _write(self, new: NewObject, body: BytesBody) -> None:
        self.info = self._border.object_write(new, body)

    def discard(self, error: BaseException) -> None:
        """Remove what was sent; the old object, if any, stays. A child process leaves its parent's writer alone."""
        if not self._over and self._upload and os.getpid() == self._process:
            self._upload.abort_after(error)
        self._share.close()
        self._over = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.discard(error)

    def _part_sizes(self) -> Iterator[int]:
        wanted, capabilities = self._border.options.part_size, self._border.capabilities
        if self._new.size is None:
            return parts.stream_part_sizes(wanted, capabilities)
        return itertools.repeat(parts.part_size(self._new.size, wanted, capabilities))

    def _begun(self) -> NewObject:
        assert self._held is not None
        part_size = len(self._held) if self._border.capabilities.equal_parts else None
        return dataclasses.replace(self._new, part_size=part_size)

    def _send(self, part: memoryview) -> None:
        assert self._upload is not None
        self._free.extend(self._upload.send(part))

    def _grow(self) -> bool:
        """Make the buffer of the first part larger; False if it holds a whole part."""
        size = min(GROWTH * len(self._buffer), self._first_size)
        if size == len(self._buffer):
            return False
        larger = self._new_buffer(size)
        larger[: self._filled] = self._buffer
        self._share.give_back(len(self._buffer))
        self._buffer = larger
        return True

    def _next_buffer(self) -> memoryview:
        size = next(self._sizes, None)
        if size is None:
            self._probing = True
            return memoryview(bytearray(1))
        if (free := self._freed(size)) is not None:
            return free
        if self._upload and self._upload.pending:
            if self._share.more(size):
                return memoryview(bytearray(size))
            self._free.append(self._upload.take_back())
            if (free := self._freed(size)) is not None:
                return free
        return self._new_buffer(size)

    def _freed(self, size: int) -> memoryview | None:
        """One that is used again; those of other sizes are given back."""
        while self._free:
            buffer = self._free.pop()
            if len(buffer) == size:
                return memoryview(buffer)
            self._share.give_back(len(buffer))
        return None

    def _new_buffer(self, size: int) -> memoryview:
        self._share.need(size)
        return memoryview(bytearray(size))

    def _too_long(self) -> NotSupportedError:
        return NotSupportedError(
            f"the stream for {self._new.name!r} is longer than the {self.size:,} bytes that fit into the "
            f"parts of this size that this store allows; pass its size, or a larger ClientOptions.part_size",
            container=self._new.container,
            object_name=self._new.name,
        )


class _Upload:
    """Parts on their way."""

    def __init__(self, border: Border, new: NewObject, meter: Meter) -> None:
        self._guarded = GuardedUpload(border, new)
        self._meter = meter
        self._workers = border.options.workers
        self._pool = WorkerPool(self._put, self._workers)
        self._number = 0
        self._offset = 0

    def send(self, data: memoryview) -> list[bytearray]:
        """Send a part; waits while as many are on their way as there are workers. Gives the buffers set free."""
        free = [self.take_back()] if self._pool.pending >= self._workers else []
        self._number += 1
        self._pool.submit((Part(self._number, self._offset, len(data)), data, self._meter.begin(len(data))))
        self._offset += len(data)
        self._meter.tell()
        return free

    @property
    def pending(self) -> int:
        """How many parts are on their way."""
        return self._pool.pending

    def complete(self) -> ObjectInfo:
        with self._pool:
            while self._pool.pending:
                self.take_back()
        return self._guarded.complete()

    def abort_after(self, error: BaseException) -> None:
        self._pool.__exit__(None, None, None)
        self._guarded.abort_after(error)

    def _put(self, item: tuple[Part, memoryview, Gauge]) -> memoryview:
        part, data, gauge = item
        body = BytesBody(data)
        gauge.follow(lambda: body.sent)
        self._guarded.put_part(part, body)
        gauge.finish()
        return data

    def take_back(self) -> bytearray:
        """Wait for the oldest part; gives its buffer."""
        data = self._pool.result(while_waiting=self._meter.while_waiting)
        self._meter.tell()
        assert isinstance(data.obj, bytearray)
        return data.obj
