"""Processes that copy one object with `resume`, and are killed."""

from __future__ import annotations

import dataclasses
import multiprocessing
import multiprocessing.context
import time
from pathlib import Path

from obs_client import Capabilities, ObjectInfo, ObjectStorageClient, Place
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, NeedsParts, Part
from obs_client.backend.values import NewObject
from obs_client.copying import object_copy
from obs_client.wrappers.wrapped import Through, WrappedClient, WrappedUpload

NAME = "object"
COPY = "copy"
_SPAWN = multiprocessing.get_context("spawn")


class Slow(WrappedClient):
    """A store that copies by parts of so many bytes; each part, copied or written, is counted, and then begins.

    Args:
        count: A file with the size of each part that began.
        pause: Seconds before each.
    """

    def __init__(self, inner: ObjectStorageClient, part: int, count: Path, pause: float) -> None:
        super().__init__(inner)
        self._part = part
        self.count = count
        self.pause = pause

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), copy_part_size=self._part)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        raise NeedsParts

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _SlowUpload(super()._object_multipart(new), self._through, self)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        return _SlowUpload(super()._object_reopen(new, identity), self._through, self)

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return _SlowUpload(super()._object_begin_copy(container, source, new), self._through, self)

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        return _SlowUpload(super()._object_reopen_copy(container, source, new, identity), self._through, self)


class _SlowUpload(WrappedUpload):
    def __init__(self, inner: MultipartUpload, through: Through, client: Slow) -> None:
        super().__init__(inner, through)
        self._client = client

    def put_part(self, part: Part, body: Body) -> None:
        self._begin(part)
        super().put_part(part, body)

    def copy_part(self, part: Part) -> None:
        self._begin(part)
        super().copy_part(part)

    def _begin(self, part: Part) -> None:
        time.sleep(self._client.pause)
        with self._client.count.open("a") as file:
            file.write(f"{part.size}\n")


def copied(count: Path) -> int:
    """Bytes of all parts that began."""
    return sum(int(line) for line in count.read_text().splitlines()) if count.exists() else 0


def copy(
    source: ObjectStorageClient, target: ObjectStorageClient | None, part: int, count: Path, pause: float = 0.0
) -> None:
    """Copy the object of a store, with `resume`, to another store or, for None, within it."""
    slow = Slow(target or source, part, count, pause)
    start = source if target else slow
    assert source.container_name
    assert slow.inner.container_name
    assert object_copy(
        Place(start, source.container_name), NAME, Place(slow, slow.inner.container_name), COPY, resume=True
    )


class KilledCopy:
    """A process that copies the object, until `kill`."""

    def __init__(
        self, source: ObjectStorageClient, target: ObjectStorageClient | None, part: int, count: Path, pause: float
    ) -> None:
        self._count = count
        self._process = _SPAWN.Process(target=copy, args=(source, target, part, count, pause))
        self._process.start()

    def wait_until(self, moved: int) -> None:
        """Wait until parts of so many bytes, of all processes, began, or the process has ended."""
        until = time.monotonic() + 120
        while copied(self._count) < moved and self._process.exitcode is None:
            assert time.monotonic() < until
            time.sleep(0.002)

    def kill(self) -> bool:
        """Kill it; gives whether it was still at work."""
        self._process.kill()
        self._process.join()
        assert self._process.exitcode in (0, -9)
        return self._process.exitcode != 0
