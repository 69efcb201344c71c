"""Cancelled means stopped: at every step of every transfer, and nothing works on, nothing is left.

A call is cancelled where the store takes long, before a step was done or after it. Then no thread is at work for it,
no unfinished upload and no temporary file is there, and an object that was written is there whole or not at all.
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from obs_client import ObjectStorageClient
from obs_client.aio import AsyncClient
from obs_client.backend import stopping
from test.adapters.aio.halting import Halt, HaltingClient, cancelled_at, workers
from test.adapters.aio.stores import EMBEDDED, SERVED
from test.servers.shared import Servers

Transfer = Callable[[AsyncClient, Path, bytes], Awaitable[object]]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers look often whether they are wanted, so that many cases take little time."""
    monkeypatch.setattr(stopping, "CHECK_INTERVAL", 0.02)


async def source(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 9000):
        yield data[start : start + 9000]


async def write(client: AsyncClient, _: Path, data: bytes) -> None:
    await client.object_write("target", data)


async def write_small(client: AsyncClient, _: Path, data: bytes) -> None:
    await client.object_write("target", data[:100])


async def upload(client: AsyncClient, _: Path, data: bytes) -> None:
    await client.object_upload(source(data), "target", {"colour": "blue"})


async def upload_file(client: AsyncClient, directory: Path, _: bytes) -> None:
    await client.upload_file(directory / "source", "target")


async def write_by_file(client: AsyncClient, _: Path, data: bytes) -> None:
    async with client.object_open("target", "wb") as file:
        async for block in source(data):
            await file.write(block)


async def copy(client: AsyncClient, _: Path, data: bytes) -> None:
    await client.object_copy("large", "target")


async def set_metadata(client: AsyncClient, _: Path, data: bytes) -> None:
    await client.object_set_metadata("large", "colour", "blue")


async def read(client: AsyncClient, _: Path, data: bytes) -> None:
    assert await client.object_read("large") == data


async def download(client: AsyncClient, _: Path, data: bytes) -> None:
    await client.object_download("large", io.BytesIO())


async def download_file(client: AsyncClient, directory: Path, data: bytes) -> None:
    await client.download_file("large", directory / "copy")


async def stream(client: AsyncClient, _: Path, data: bytes) -> None:
    async with client.object_stream("large") as body:
        assert b"".join([block async for block in body]) == data


async def read_by_file(client: AsyncClient, _: Path, data: bytes) -> None:
    async with client.object_open("large") as file:
        assert await file.read() == data


async def listing(client: AsyncClient, _: Path, data: bytes) -> None:
    assert [entry async for entry in client.object_iter(fetch_metadata=True)]


async def delete_many(client: AsyncClient, _: Path, data: bytes) -> None:
    await client.object_delete_many(["small 0", "small 1"])


TRANSFERS: tuple[Transfer, ...] = (
    write,
    write_small,
    upload,
    upload_file,
    write_by_file,
    copy,
    set_metadata,
    read,
    download,
    download_file,
    stream,
    read_by_file,
    listing,
    delete_many,
)


class Ground:
    """A store that halts, what is in it, and a directory."""

    def __init__(self, inner: ObjectStorageClient, directory: Path) -> None:
        self.client = HaltingClient(inner)
        self.inner = inner
        size = max(20_000, inner.capabilities.part_size_minimum)
        self.inner.options = self.client.options = dataclasses.replace(inner.options, part_size=size)
        self.data = os.urandom(3 * size + 7)
        self.directory = directory
        (directory / "source").write_bytes(self.data)

    def prepare(self) -> None:
        self.inner.object_delete("target")
        for name in ("large", "small 0", "small 1"):
            if not self.inner.object_exists(name):
                self.inner.object_write(name, self.data if name == "large" else b"small")
        (self.directory / "copy").unlink(missing_ok=True)

    def count_steps(self, transfer: Transfer) -> int:
        """How many steps a transfer has that is not disturbed: the fewest, as a body comes in more pieces or less."""
        counts = []
        for _ in range(3):
            self.prepare()
            self.client.halt = Halt()
            asyncio.run(self._run(transfer))
            counts.append(len(self.client.halt.steps))
        return min(counts)

    async def _run(self, transfer: Transfer) -> None:
        async with AsyncClient(self.client, 4) as client:
            await transfer(client, self.directory, self.data)

    async def cancel(self, transfer: Transfer, halt: Halt) -> bool:
        """Cancel a transfer at a step and look what is left; False: it never came there."""
        self.prepare()
        self.client.halt = halt
        async with AsyncClient(self.client, 4) as client:
            halted = await cancelled_at(halt, lambda: transfer(client, self.directory, self.data))
            assert (halt.running, workers()) == (0, []), halt
            steps = len(halt.steps)
            await asyncio.sleep(0.005)
            assert len(halt.steps) == steps, "something goes on"
        self.check_nothing_left(halt)
        return halted

    def check_nothing_left(self, halt: Halt) -> None:
        left = self.inner.cleanup(older_than=0).removed
        # An upload whose beginning was done, and whose answer nobody waited for, has no name to remove it by.
        unknown = halt.after and halt.at < len(halt.steps) and halt.steps[halt.at].endswith(("multipart", "begin_copy"))
        assert len(left) <= unknown, (halt, left)
        assert {path.name for path in self.directory.iterdir()} <= {"source", "copy", "box"}
        if (self.directory / "copy").exists():
            assert (self.directory / "copy").read_bytes() == self.data
        if self.inner.object_exists("target"):
            assert self.inner.object_read("target") in (self.data, self.data[:100]), halt
        assert self.inner.object_read("large") == self.data


def check(ground: Ground, transfer: Transfer) -> None:
    """Cancel a transfer at its steps: at all of them, or at some if it has many."""
    steps = ground.count_steps(transfer)
    chosen = sorted({*range(min(steps, 4)), *range(0, steps, max(1, steps // 8)), steps - 1})
    done = [asyncio.run(ground.cancel(transfer, Halt(at, after))) for at in chosen for after in (False, True)]
    assert sum(done) >= len(done) - 4, "most steps were never come to"


@pytest.fixture(scope="module", params=["local", "memory", pytest.param("loopback", marks=pytest.mark.full)])
def embedded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    directory = tmp_path_factory.mktemp("cancelled")
    with EMBEDDED[request.param](directory) as client:
        yield Ground(client, directory)


@pytest.mark.slow
@pytest.mark.parametrize("transfer", TRANSFERS, ids=lambda transfer: transfer.__name__)
def test_a_transfer_that_is_cancelled_leaves_nothing(embedded: Ground, transfer: Transfer) -> None:
    check(embedded, transfer)


@pytest.fixture(scope="module", params=sorted(SERVED))
def served(
    request: pytest.FixtureRequest, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    with SERVED[request.param](servers) as client:
        yield Ground(client, tmp_path_factory.mktemp("cancelled"))


@pytest.mark.parametrize("transfer", [upload, write_by_file, download_file, stream], ids=lambda each: each.__name__)
def test_a_transfer_with_a_server_that_is_cancelled_leaves_nothing(served: Ground, transfer: Transfer) -> None:
    check(served, transfer)
