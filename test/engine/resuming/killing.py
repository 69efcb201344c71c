"""Processes that move one object with `resume`, and are killed."""

from __future__ import annotations

import multiprocessing
import multiprocessing.context
import os
import time
from pathlib import Path

from obs_client import ObjectStorageClient
from obs_client.backend.values import ObjectReader
from obs_client.testing.contents.resuming import DyingClient
from obs_client.wrappers import limited
from obs_client.wrappers.wrapped import WrappedReader

NAME = "object"
_SPAWN = multiprocessing.get_context("spawn")


class Counting(DyingClient):
    """Another client, which counts what is sent, as its parts are stored, and what is read."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.read: int = 0

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return _Reader(super()._object_open(container, name, start, stop, if_hash), self)


class _Reader(WrappedReader):
    def __init__(self, inner: ObjectReader, client: Counting) -> None:
        super().__init__(inner)
        self._client = client

    def readinto(self, buffer: memoryview) -> int:
        count = super().readinto(buffer)
        self._client.read += count
        return count


def move(
    way: str, client: ObjectStorageClient, path: Path, rate: float | None = None, count: Path | None = None
) -> int:
    """Upload a file, or download one, with `resume`; gives the bytes that were moved.

    Args:
        rate: Bytes a second at most.
        count: Where these are written all the time.
    """
    counting = Counting(client)
    used = counting if rate is None else limited(counting, bytes_per_second=rate)

    def tell(_: int) -> None:
        if count is not None:
            count.write_text(str(counting.sent + counting.read))

    if way == "up":
        assert used.upload_file(path, NAME, resume=True, progress=tell)
    else:
        assert used.download_file(NAME, path, resume=True, progress=tell)
    return counting.sent + counting.read


class Killed:
    """A process that moves the object, until `kill`."""

    def __init__(self, way: str, client: ObjectStorageClient, path: Path, rate: float | None, count: Path) -> None:
        count.write_text("0")
        self._count = count
        self._process = _SPAWN.Process(target=move, args=(way, client, path, rate, count))
        self._process.start()

    @property
    def moved(self) -> int:
        """Bytes so far."""
        return int(self._count.read_text() or 0)

    def wait_until(self, moved: int) -> None:
        """Wait until so many bytes were moved, or the process has ended."""
        until = time.monotonic() + 120
        while self.moved < moved and self._process.exitcode is None:
            assert time.monotonic() < until
            time.sleep(0.002)

    def kill(self) -> bool:
        """Kill it; gives whether it was still at work."""
        self._process.kill()
        self._process.join()
        killed = self._process.exitcode != 0
        assert self._process.exitcode in (0, -9)
        return killed


def notes() -> list[str]:
    """The journals that there are."""
    folder = Path(os.environ["OBS_TRANSFERS"])
    return os.listdir(folder) if folder.exists() else []
