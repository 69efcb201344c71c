"""Calls of the asynchronous client: listings, bodies, sources, files, progress, context, threads, forks."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from obs_client import (
    IntegrityError,
    MemoryClient,
    ObjectNotFoundError,
    ObjectStorageClient,
    PreconditionError,
    aio,
)
from obs_client.aio import AsyncClient, threads
from obs_client.wrappers.wrapped import WrappedClient
from test.adapters.aio.stores import EMBEDDED, OPTIONS

Result = TypeVar("Result")
MIB = 1024 * 1024
LARGE = bytes(range(256)) * (10 * 1024) + b"the end"


@pytest.fixture(params=sorted(EMBEDDED))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStorageClient]:
    with EMBEDDED[request.param](tmp_path) as client:
        yield client


@pytest.fixture
def memory() -> MemoryClient:
    client = MemoryClient("box")
    client.container_create("box")
    return client


def run(client: ObjectStorageClient, work: Callable[[AsyncClient], Awaitable[Result]], threads: int = 32) -> Result:
    async def main() -> Result:
        async with AsyncClient(client, threads) as asynchronous:
            return await work(asynchronous)

    return asyncio.run(main())


async def source(data: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    """Blocks of some data."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def test_a_client_by_its_url(tmp_path: Path) -> None:
    async def main() -> None:
        async with aio.from_url(f"file://{tmp_path}", container_name="box", threads=2) as client:
            assert (client.container_name, client.client.container_name) == ("box", "box")
            assert await client.container_create("box")
            assert await client.object_write("a/cat.txt", b"meow")
            assert [entry.name async for entry in client.object_iter(prefix="a/")] == ["a/cat.txt"]
            assert (await client.capabilities()).if_absent
            assert await client.endpoint_facts() == client.client.endpoint_facts
            assert repr(client).endswith("threads=2)")

    asyncio.run(main())
    assert (tmp_path / "box/a/cat.txt").read_bytes() == b"meow"


@pytest.mark.parametrize("wrong", [0, -1])
def test_threads_are_at_least_one(wrong: int) -> None:
    with pytest.raises(ValueError, match="threads must be at least 1"):
        AsyncClient(MemoryClient(), wrong)


def test_wrong_types_are_refused() -> None:
    with pytest.raises(TypeError, match="threads must be an int"):
        AsyncClient(MemoryClient(), 1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="client must be an ObjectStorageClient"):
        AsyncClient("memory:")  # type: ignore[arg-type]


# ---- bodies ---------------------------------------------------------------------------------------------------------


def test_a_body_tells_of_the_object_before_its_first_block(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> list[bytes]:
        await client.object_write("large", LARGE, {"colour": "blue"})
        async with client.object_stream("large") as body:
            assert body.info == await client.object_info("large")
            assert body.size == len(LARGE)
            return [block async for block in body]

    blocks = run(store, work)
    assert b"".join(blocks) == LARGE
    assert [len(block) for block in blocks] == [MIB, MIB, len(LARGE) - 2 * MIB]


def test_a_body_of_a_range(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("large", LARGE)
        for start, stop in ((5, 12), (0, None), (len(LARGE) - 3, None), (len(LARGE), None), (7, 7)):
            async with client.object_stream("large", start=start, stop=stop) as body:
                assert body.info.size == len(LARGE)
                assert b"".join([block async for block in body]) == LARGE[start:stop]

    run(store, work)


def test_a_body_of_one_version_only(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("object", b"one")
        info = await client.object_info("object")
        assert info
        body = await client.object_stream("object", if_hash=info.hash)
        assert [block async for block in body] == [b"one"]
        await body.close()
        await client.object_write("object", b"another")
        with pytest.raises(PreconditionError):
            await client.object_stream("object", if_hash=info.hash)
        with pytest.raises(ObjectNotFoundError):
            await client.object_stream("absent")
        with pytest.raises(ObjectNotFoundError):
            await client.object_stream("absent", "absent-container")

    run(store, work)


def test_a_body_that_was_closed_gives_no_more(memory: MemoryClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("large", LARGE)
        async with client.object_stream("large") as body:
            assert len(await anext(body)) == MIB
        with pytest.raises(ValueError, match="was closed"):
            await anext(body)

    run(memory, work)


# ---- listings -------------------------------------------------------------------------------------------------------


class CountingClient(WrappedClient):
    pages = 0

    def _through(self, primitive: str, call: Callable[[], Result]) -> Result:
        self.pages += primitive == "object_list"
        return call()


@pytest.mark.slow
def test_a_listing_gives_each_entry_once_and_asks_for_no_more_than_is_taken(memory: MemoryClient) -> None:
    names = [f"{number:05}" for number in range(5000)]
    for name in names:
        memory.object_write(name, b"")
    counting = CountingClient(memory)

    async def work(client: AsyncClient) -> None:
        async with client.object_iter() as entries:
            assert (await anext(entries)).name == "00000"
            await asyncio.sleep(0.01)
            assert counting.pages == 1
        with pytest.raises(StopAsyncIteration):
            await anext(entries)
        assert [entry.name async for entry in client.object_iter()] == names
        assert [entry.name async for entry in client.object_glob("*99")] == names[99::100]
        assert len(await client.object_list()) == len(names)

    run(counting, work)


# ---- sources --------------------------------------------------------------------------------------------------------


def test_an_upload_from_an_asynchronous_source(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        assert await client.object_upload(source(LARGE), "large", {"colour": "blue"}, size=len(LARGE))
        assert await client.object_read("large") == LARGE
        assert await client.object_upload(source(b""), "empty")
        assert await client.object_read("empty") == b""
        if (await client.capabilities()).if_absent:
            assert not await client.object_upload(source(b"other"), "large", if_absent=True)
        with pytest.raises(IntegrityError):
            await client.object_upload(source(LARGE), "short", size=len(LARGE) + 1)
        assert not await client.object_exists("short")

    run(store, work)


def test_an_upload_from_asynchronous_files(store: ObjectStorageClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("large", LARGE)
        async with client.object_open("large") as file:
            assert await client.object_upload(file, "by file")
        async with client.object_stream("large") as body:
            assert await client.object_upload(body, "by body")
        reader = asyncio.StreamReader()
        reader.feed_data(LARGE)
        reader.feed_eof()
        assert await client.object_upload(reader, "by reader")
        for name in ("by file", "by body", "by reader"):
            assert await client.object_read(name) == LARGE

    run(store, work, threads=1)  # the source's calls do not wait for the thread of the upload


def test_a_source_is_read_two_blocks_ahead_at_most(memory: MemoryClient) -> None:
    taken = 0
    gate = threading.Event()

    class SlowClient(WrappedClient):
        def object_upload(self, stream, name, *_, **__):  # type: ignore[no-untyped-def, override]
            gate.wait(5)
            return len(stream.read()) == 100

    async def counted() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b"."

    async def work(client: AsyncClient) -> None:
        task = asyncio.create_task(client.object_upload(counted(), "object"))
        await asyncio.sleep(0.05)
        assert taken <= 3
        gate.set()
        assert await task

    run(SlowClient(memory), work)


def test_a_source_that_fails_publishes_nothing(store: ObjectStorageClient) -> None:
    failure = RuntimeError("the client went away")

    async def failing() -> AsyncIterator[bytes]:
        yield LARGE
        raise failure

    async def work(client: AsyncClient) -> None:
        with pytest.raises(RuntimeError) as caught:
            await client.object_upload(failing(), "object")
        assert caught.value is failure
        assert await client.object_list() == []
        assert (await client.cleanup(older_than=0)).removed == ()

    run(store, work)


def test_a_source_of_text_is_refused(memory: MemoryClient) -> None:
    async def text() -> AsyncIterator[str]:
        yield "text"

    async def work(client: AsyncClient) -> None:
        with pytest.raises(TypeError, match="returned str instead of bytes"):
            await client.object_upload(text(), "object")  # type: ignore[arg-type]
        assert not await client.object_exists("object")

    run(memory, work)


def test_an_endless_source_is_left_when_the_upload_failed(memory: MemoryClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0)
            yield b"x" * 1000

    async def work(client: AsyncClient) -> None:
        with pytest.raises(ValueError, match="name"):
            await client.object_upload(endless(), "")

    run(memory, work)


def test_a_block_that_the_source_uses_again_is_copied(memory: MemoryClient) -> None:
    async def reusing() -> AsyncIterator[bytes]:
        block = bytearray(3)
        for number in range(20):
            block[:] = b"%03d" % number
            yield block  # type: ignore[misc]

    async def work(client: AsyncClient) -> None:
        await client.object_upload(reusing(), "object")
        assert await client.object_read("object") == b"".join(b"%03d" % number for number in range(20))

    run(memory, work)


def test_a_sink_that_must_be_awaited_is_refused(memory: MemoryClient) -> None:
    async def work(client: AsyncClient) -> None:
        await client.object_write("object", b"data")
        async with client.object_open("copy", "wb") as file:
            with pytest.raises(TypeError, match="object_stream"):
                await client.object_download("object", file)  # type: ignore[arg-type]

    run(memory, work)


# ---- progress, context, threads -------------------------------------------------------------------------------------


def test_progress_is_called_in_the_loop(store: ObjectStorageClient, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    async def work(client: AsyncClient) -> None:
        def progress(count: int) -> None:
            asyncio.get_running_loop()
            seen.append((threading.get_ident(), count))

        transfers: list[Callable[[], Awaitable[bool]]] = [
            lambda: client.object_write("object", LARGE, progress=progress),
            lambda: client.object_upload(source(LARGE), "object", progress=progress),
            lambda: client.download_file("object", tmp_path / "copy", progress=progress),
        ]
        for transfer in transfers:
            seen.clear()
            assert await transfer()
            assert {thread for thread, _ in seen} == {threading.get_ident()}
            assert sum(count for _, count in seen) == len(LARGE)

    run(store, work)


def test_progress_that_fails_ends_the_transfer(memory: MemoryClient) -> None:
    memory.options = OPTIONS

    def refuse(_: int) -> None:
        raise RuntimeError("enough")

    async def work(client: AsyncClient) -> None:
        with pytest.raises(RuntimeError, match="enough"):
            await client.object_write("object", LARGE, progress=refuse)
        assert not await client.object_exists("object")

    run(memory, work)


def test_context_variables_reach_what_a_call_does(memory: MemoryClient) -> None:
    request_id = contextvars.ContextVar("request_id", default="none")
    seen: list[str] = []

    class Told(WrappedClient):
        def _through(self, primitive: str, call: Callable[[], Result]) -> Result:
            seen.append(request_id.get())
            return call()

    async def work(client: AsyncClient) -> None:
        request_id.set("42")
        await client.object_write("object", b"data")
        assert [entry async for entry in client.object_iter()]
        async with client.object_stream("object") as body:
            assert [block async for block in body] == [b"data"]

    run(Told(memory), work)
    assert seen
    assert set(seen) == {"42"}


def test_no_more_calls_run_at_once_than_there_are_threads(memory: MemoryClient) -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow(WrappedClient):
        def _through(self, primitive: str, call: Callable[[], Result]) -> Result:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.001)
            with lock:
                running -= 1
            return call()

    async def work(client: AsyncClient) -> None:
        await asyncio.gather(*(client.object_info("object") for _ in range(100)))

    run(Slow(memory), work, threads=3)
    assert most == 3


def test_a_client_that_was_closed_can_be_used_again_and_its_threads_end(memory: MemoryClient) -> None:
    before = set(threading.enumerate())

    async def main() -> None:
        client = AsyncClient(memory)
        async with client:
            await client.object_write("object", b"data")
        assert await client.object_read("object") == b"data"
        await client.aclose()

    asyncio.run(main())
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


def test_one_client_in_several_loops_and_after_a_fork(memory: MemoryClient) -> None:
    client = AsyncClient(memory, threads=2)

    async def work() -> bytes:
        await client.object_write("object", b"data")
        return await client.object_read("object")

    assert [asyncio.run(work()) for _ in range(3)] == [b"data"] * 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os._exit(0 if asyncio.run(work()) == b"data" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asyncio.run(work()) == b"data"
    asyncio.run(client.close())


def test_a_thread_that_is_free_takes_the_next_call_and_ends_when_none_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LINGER", 5.0)

    async def main() -> None:
        own = threads.Threads(3)
        first = await own.run(threading.current_thread)
        while own._runners[threads.Lane.CALL]._free < 1:
            await asyncio.sleep(0.001)
        assert await own.run(threading.current_thread) is first
        together = threading.Barrier(3)
        assert len(await asyncio.gather(*(own.run(lambda: together.wait(10)) for _ in range(3)))) == 3
        assert first.is_alive()
        own.close()
        first.join(2)
        assert not first.is_alive(), "it waits for calls of which there can be none"
        assert await own.run(threading.current_thread) is not first
        own.close()

    asyncio.run(main())


def test_calls_that_come_when_threads_are_about_to_end_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LINGER", 0.0)

    async def main() -> None:
        own = threads.Threads(4)

        async def work() -> int:
            return sum([await own.run(lambda: 1) for _ in range(50)])

        assert await asyncio.wait_for(asyncio.gather(*(work() for _ in range(8))), 30) == [50] * 8
        runners = own._runners[threads.Lane.CALL]
        assert runners._count <= 4
        own.close()

    asyncio.run(main())


def test_what_is_collected_while_a_call_begins_does_not_lock_the_threads(memory: MemoryClient) -> None:
    """A collection may come while a call is handed to its thread, when locks are held."""
    closed: list[str] = []

    def entries(name: str) -> Iterator[str]:
        try:
            yield from "abc"
        finally:
            closed.append(name)

    async def work(client: AsyncClient) -> None:
        threads = client._threads
        forgotten = [aio.AsyncEntries(threads, entries("listing"))]
        await anext(forgotten[0])
        threads.start(lambda: None)
        with threads._lock:
            forgotten.clear()
        while not closed:
            await asyncio.sleep(0.001)

    run(memory, work)
    assert closed == ["listing"]
