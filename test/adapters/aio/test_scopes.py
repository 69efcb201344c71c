"""Cancelled by timeouts, task groups, anyio's scopes, and more than once; with anyio loaded and without it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import anyio
import pytest

from obs_client import MemoryClient
from obs_client.aio import AsyncClient
from obs_client.wrappers.wrapped import WrappedClient
from test.adapters.aio.halting import LONG, Halt, HaltingClient, until_halted

pytestmark = pytest.mark.slow  # it takes seconds in all

Result = TypeVar("Result")


@pytest.fixture(params=["with anyio", "without anyio"])
def anyio_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without anyio":
        monkeypatch.delitem(sys.modules, "anyio")


@pytest.fixture
def halting() -> HaltingClient:
    memory = MemoryClient("box")
    memory.container_create("box")
    client = HaltingClient(memory)
    client.halt = Halt(0)
    return client


class StubbornClient(WrappedClient):
    """A store that cannot be stopped while it answers, which takes some time."""

    seconds = 0.3

    def _through(self, primitive: str, call: Callable[[], Result]) -> Result:
        time.sleep(self.seconds)
        return call()


@pytest.fixture
def stubborn() -> StubbornClient:
    memory = MemoryClient("box")
    memory.container_create("box")
    return StubbornClient(memory)


def run(client: WrappedClient, work: Callable[[AsyncClient], Awaitable[Result]], threads: int = 4) -> Result:
    async def main() -> Result:
        async with AsyncClient(client, threads) as asynchronous:
            return await work(asynchronous)

    return asyncio.run(main())


async def never() -> AsyncIterator[bytes]:
    """A source that gives a little, and then nothing for long."""
    yield b"a little"
    await asyncio.sleep(30)


@pytest.mark.usefixtures("anyio_or_not")
def test_a_timeout_ends_a_call(halting: HaltingClient) -> None:
    async def work(client: AsyncClient) -> None:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.object_write("object", b"data")
        assert time.monotonic() - began < LONG / 2
        assert halting.halt.running == 0
        assert not await client.object_exists("object")

    run(halting, work)


@pytest.mark.usefixtures("anyio_or_not")
def test_a_timeout_ends_an_upload_whose_source_gives_nothing(halting: HaltingClient) -> None:
    halting.halt = Halt()

    async def work(client: AsyncClient) -> None:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.object_upload(never(), "object")
        assert time.monotonic() - began < LONG / 2
        assert not await client.object_exists("object")

    run(halting, work)


def test_a_failure_in_a_task_group_ends_the_other_tasks(halting: HaltingClient) -> None:
    async def work(client: AsyncClient) -> None:
        async def fail() -> None:
            while not halting.halt.halted.is_set():
                await asyncio.sleep(0.001)
            raise RuntimeError("another task failed")

        with pytest.RaisesGroup(pytest.RaisesExc(RuntimeError, match="another task failed")):
            async with asyncio.TaskGroup() as group:
                group.create_task(client.object_write("object", b"data"))
                group.create_task(fail())
        assert halting.halt.running == 0
        assert not await client.object_exists("object")

    run(halting, work)


def test_a_scope_of_anyio_waits_for_the_end_and_does_not_spin(stubborn: StubbornClient) -> None:
    async def work(client: AsyncClient) -> None:
        with anyio.move_on_after(10):  # its first scope loads a good part of anyio
            await anyio.sleep(0)
        began, used = time.monotonic(), time.process_time()
        with anyio.move_on_after(0.02) as scope:
            await client.object_info("object")
        assert scope.cancelled_caught
        assert time.monotonic() - began >= 0.25, "the call was left at work"
        assert time.process_time() - used < 0.15, "the loop span"

    run(stubborn, work)


def test_a_scope_of_anyio_ends_an_upload_a_stream_and_a_file(halting: HaltingClient) -> None:
    halting.halt = Halt()

    async def work(client: AsyncClient) -> None:
        with anyio.move_on_after(0.05) as scope:
            await client.object_upload(never(), "object")
        assert scope.cancelled_caught
        with anyio.move_on_after(0.05) as scope:
            async with client.object_open("object", "wb") as file:
                await file.write(b"data")
                await anyio.sleep(30)
        assert scope.cancelled_caught
        assert file.closed
        assert not await client.object_exists("object")
        await client.object_write("object", b"data" * 1_000_000)
        with anyio.move_on_after(0.05) as scope:
            async with client.object_stream("object") as body:
                async for _ in body:
                    await anyio.sleep(30)
        assert scope.cancelled_caught
        with pytest.raises(ValueError, match="closed"):
            await anext(body)

    run(halting, work)


@pytest.mark.usefixtures("anyio_or_not")
def test_a_task_that_is_cancelled_again_and_again_still_waits_for_the_end(stubborn: StubbornClient) -> None:
    async def work(client: AsyncClient) -> None:
        task = asyncio.create_task(client.object_info("object"))
        began = time.monotonic()
        for _ in range(5):
            await asyncio.sleep(0.02)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began >= 0.25

    run(stubborn, work)


@pytest.mark.usefixtures("anyio_or_not")
def test_a_call_that_waits_for_its_turn_is_dropped(halting: HaltingClient) -> None:
    async def work(client: AsyncClient) -> None:
        first: asyncio.Task[object] = asyncio.create_task(client.object_write("first", b"data"))
        assert await until_halted(halting.halt, first)
        second = asyncio.create_task(client.object_write("second", b"data"))
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.wait([second], timeout=1)
        assert second.cancelled()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await client.object_list() == []

    run(halting, work, threads=1)


def test_the_loop_is_free_while_a_call_ends(stubborn: StubbornClient) -> None:
    async def work(client: AsyncClient) -> None:
        task = asyncio.create_task(client.object_info("object"))
        await asyncio.sleep(0.02)
        task.cancel()
        turns = 0
        while not task.done():
            await asyncio.sleep(0.005)
            turns += 1
        assert turns > 10

    run(stubborn, work)


def test_a_cancelled_listing_does_not_end_as_if_it_were_complete(halting: HaltingClient) -> None:
    async def work(client: AsyncClient) -> None:
        entries = client.object_iter()
        task: asyncio.Task[object] = asyncio.create_task(anext(entries))
        assert await until_halted(halting.halt, task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RuntimeError, match="was cancelled"):
            await anext(entries)

    run(halting, work)


def test_a_cancelled_write_discards_the_file_also_if_it_was_not_begun(halting: HaltingClient) -> None:
    async def work(client: AsyncClient) -> None:
        file = await client.object_open("object", "wb")
        await file.write(b"first")
        busy: asyncio.Task[object] = asyncio.create_task(client.object_info("other"))
        assert await until_halted(halting.halt, busy)
        writing = asyncio.create_task(file.write(b"second"))
        await asyncio.sleep(0.01)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy
        with pytest.raises(ValueError, match="discarded"):
            await file.write(b"third")
        await file.close()
        assert not await client.object_exists("object"), "it was published without its second piece"

    run(halting, work, threads=1)


def test_what_ended_a_program_ends_its_calls(halting: HaltingClient) -> None:
    """As Ctrl-C does: the main task is cancelled when the loop is left."""

    async def main() -> None:
        client = AsyncClient(halting)
        task = asyncio.create_task(client.object_write("object", b"data"))
        assert await until_halted(halting.halt, task)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert halting.halt.running == 0
    assert not halting.inner.object_exists("object")
    assert threading.active_count() < 100
