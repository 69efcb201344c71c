"""Files of the asynchronous client: opened by `async with` or `await`, read, written, discarded."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from obs_client import ObjectNotFoundError, ObjectStorageClient, PreconditionError
from obs_client.aio import AsyncClient
from test.adapters.aio.stores import EMBEDDED

LARGE = bytes(range(256)) * 1000


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStorageClient]:
    with EMBEDDED[request.param](tmp_path) as client:
        yield client


def run(client: ObjectStorageClient, work: Callable[[AsyncClient], Awaitable[None]]) -> None:
    async def main() -> None:
        async with AsyncClient(client, 4) as asynchronous:
            await work(asynchronous)

    asyncio.run(main())


def test_a_writer_publishes_at_the_end_of_its_block(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        async with client.object_open("object", "wb", metadata={"Key": "value"}) as file:
            for start in range(0, len(LARGE), 7000):
                await file.write(LARGE[start : start + 7000])
            assert await file.tell() == len(LARGE)
            assert not await client.object_exists("object")
            with pytest.raises(ValueError, match="not closed yet"):
                file.info  # noqa: B018 - the access is the test
        assert (file.closed, file.info.size) == (True, len(LARGE))
        assert await client.object_read("object") == LARGE
        info = await client.object_info("object")
        assert info
        assert info.metadata == {"key": "value"}

    run(store, work)


def test_a_writer_is_discarded_by_what_its_block_raises(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("object", b"old")
        failure = RuntimeError("in the block")
        for mode, data in (("wb", LARGE), ("w", "text" * 50_000)):
            with pytest.raises(RuntimeError) as caught:
                async with client.object_open("object", mode) as file:
                    await file.write(data)
                    raise failure
            assert caught.value is failure
        file = await client.object_open("object", "wb")
        await file.write(LARGE)
        await file.discard()
        await file.close()
        assert await client.object_read("object") == b"old"
        assert (await client.cleanup(older_than=0)).removed == ()

    run(store, work)


def test_a_writer_keeps_conditions(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("object", b"old")
        with pytest.raises(PreconditionError):
            async with client.object_open("object", "wb", if_absent=True) as file:
                await file.write(b"new")
        assert await client.object_read("object") == b"old"

    run(store, work)


def test_a_reader_reads_and_seeks(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("object", LARGE)
        async with client.object_open("object") as file:
            assert file.info.size == len(LARGE)
            assert await file.read(10) == LARGE[:10]
            assert await file.seek(-5, io.SEEK_END) == len(LARGE) - 5
            assert await file.read() == LARGE[-5:]
            assert await file.seek(1000) == await file.tell() == 1000
            assert await file.read() == LARGE[1000:]
        assert file.closed
        file = await client.object_open("object")
        assert await file.read() == LARGE
        assert isinstance(file.verified, bool)
        await file.aclose()
        with pytest.raises(ObjectNotFoundError):
            await client.object_open("absent")

    run(store, work)


def test_text_and_its_lines(store: ObjectStorageClient) -> None:
    lines = [f"Zeile {number}: Grüße\n" for number in range(10_000)]

    async def work(client: AsyncClient) -> None:
        async with client.object_open("text", "w") as file:
            for start in range(0, len(lines), 500):
                await file.write("".join(lines[start : start + 500]))
        async with client.object_open("text", "r") as text:
            assert text.info.name == "text"
            assert await text.readline() == lines[0]
            assert [line async for line in text] == lines[1:]
        async with client.object_open("text") as binary:
            assert [line async for line in binary] == [line.encode() for line in lines]
            await binary.seek(0)
            assert await binary.readlines() == [line.encode() for line in lines]

    run(store, work)


def test_two_tasks_do_not_use_one_file_at_once(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        async with client.object_open("object", "wb") as file:
            done = await asyncio.gather(file.write(b"one"), file.write(b"two"), return_exceptions=True)
            assert done[0] == 3
            assert isinstance(done[1], RuntimeError)
        assert await client.object_read("object") == b"one"

    run(store, work)


def test_wrong_modes_and_options_are_refused(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        with pytest.raises(ValueError, match="mode must be one of"):
            await client.object_open("object", "ab")
        with pytest.raises(TypeError, match="only for writing"):
            await client.object_open("object", "rb", metadata={"key": "value"})  # type: ignore[call-overload]

    run(store, work)
