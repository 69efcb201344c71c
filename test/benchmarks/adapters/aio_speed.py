"""The asynchronous client against aiobotocore and obstore: `python -m test.benchmarks.adapters.aio_speed [TOPIC ...]`.

`small` is 1,000 reads of 100 bytes, 32 and 256 at once; `large` is 200 MB up and down. Both on SeaweedFS, taking turns.
Beside the seconds stands how late the event loop was while they lasted: of a task that asks to be woken each
millisecond, at the 50th and 99th percentile, and at most. What is not installed takes no part.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent import futures
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from obs_client import S3Client, aio
from test.benchmarks.measuring import MIB
from test.servers import start_seaweedfs

CONTAINER = "benchmark"
COUNT = 1000
LARGE = 200 * MIB
BLOCK = MIB
ROUNDS = 5

Read = Callable[[str], Awaitable[object]]
Run = Callable[[], Awaitable[object]]


class Peers:
    """The clients of one server, by what they are called."""

    def __init__(self, url: str, keys: dict[str, str]) -> None:
        self.url = url
        self.keys = keys
        self.ours = S3Client(CONTAINER, region="us-east-1", endpoint_url=url, credentials=keys)

    async def enter(self, stack: AsyncExitStack) -> dict[str, Read]:
        """How each reads a small object."""
        self.client = await stack.enter_async_context(aio.AsyncClient(self.ours))
        readers: dict[str, Read] = {"obs_client.aio": self.client.object_read}
        if importlib.util.find_spec("aiobotocore"):
            self.botocore = await self._aiobotocore(stack)
            readers["aiobotocore"] = self._read_by_aiobotocore
        if importlib.util.find_spec("obstore"):
            import obstore

            self.obstore = self._obstore()
            readers["obstore"] = lambda name: obstore.get_async(self.obstore, name)
        return readers

    async def _aiobotocore(self, stack: AsyncExitStack) -> Any:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session

        return await stack.enter_async_context(
            get_session().create_client(
                "s3",
                region_name="us-east-1",
                endpoint_url=self.url,
                aws_access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
                config=AioConfig(max_pool_connections=256),
            )
        )

    async def _read_by_aiobotocore(self, name: str) -> object:
        answer = await self.botocore.get_object(Bucket=CONTAINER, Key=name)
        async with answer["Body"] as body:
            return await body.read()

    def _obstore(self) -> Any:
        from obstore.store import S3Store

        return S3Store(
            CONTAINER,
            endpoint=self.url,
            region="us-east-1",
            access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
            secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
            client_options={"allow_http": True},
        )


class Lateness:
    """How late a task is woken that asks for each millisecond."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            self.late.append(time.perf_counter() - started - 0.001)

    def __str__(self) -> str:
        late = sorted(self.late) or [0.0]
        shown = (late[len(late) // 2], late[len(late) * 99 // 100], late[-1])
        return "late " + " / ".join(f"{each * 1000:6.1f}" for each in shown) + " ms"


@contextmanager
def server() -> Iterator[Peers]:
    """A server with an empty container."""
    with start_seaweedfs() as running:
        peers = Peers(running.endpoint_url, dict(running.s3_credentials))
        peers.ours.container_create(CONTAINER)
        yield peers


async def compare(runs: dict[str, Run], rounds: int = ROUNDS) -> None:
    """Let each have its turns, and print the medians, and what ours is in times of the others."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    cpu: dict[str, list[float]] = {name: [] for name in runs}
    late = {name: Lateness() for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            gc.collect()
            before = time.perf_counter(), time.process_time()
            async with late[name] if number else Lateness():
                await run()
            if number:
                seconds[name].append(time.perf_counter() - before[0])
                cpu[name].append(time.process_time() - before[1])
    ours = statistics.median(seconds["obs_client.aio"])
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        shown = f"{middle:6.3f} s  cpu {statistics.median(cpu[name]):6.3f}  {late[name]}"
        sys.stdout.write(f"  {name:20} {shown}  {middle / ours:5.2f} x ours\n")


async def small(peers: Peers) -> None:
    """Many small reads at once."""
    names = [f"small/{number}" for number in range(COUNT)]
    with futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda name: peers.ours.object_write(name, b"x" * 100), names))
        async with AsyncExitStack() as stack:
            readers = await peers.enter(stack)
            for at_once in (32, 256):
                sys.stdout.write(f"{COUNT} reads of 100 bytes, {at_once} at once\n")
                runs = {name: bounded(read, names, at_once) for name, read in readers.items()}
                await compare(runs)
        started = time.perf_counter()
        list(pool.map(peers.ours.object_read, names))
        sys.stdout.write(f"  threads, no loop     {time.perf_counter() - started:6.3f} s\n")


def bounded(read: Read, names: list[str], at_once: int) -> Run:
    """Read all, by so many tasks."""

    async def run() -> None:
        left = iter(names)

        async def work() -> None:
            for name in left:
                await read(name)

        await asyncio.gather(*(work() for _ in range(at_once)))

    return run


async def idle() -> None:
    """Nothing, for a second: how late the machine alone makes a loop."""
    await asyncio.sleep(1)


async def large(peers: Peers) -> None:
    """200 MB up and down, and how late the loop is meanwhile."""
    with tempfile.TemporaryDirectory() as directory:
        source, copy = Path(directory) / "source", Path(directory) / "copy"
        source.write_bytes(bytes(range(256)) * (LARGE // 256))
        async with AsyncExitStack() as stack:
            readers = await peers.enter(stack)
            client = peers.client
            for what, ours in (
                ("in no transfer", idle),
                ("upload_file", lambda: client.upload_file(source, "large")),
                ("object_upload of an async iterator", lambda: client.object_upload(blocks(), "large")),
                ("download_file", lambda: client.download_file("large", copy)),
            ):
                sys.stdout.write(f"200 MB, {what}\n")
                await compare({"obs_client.aio": ours}, 3)
            sys.stdout.write("200 MB, by blocks of 1 MiB\n")
            others = {"aiobotocore": _stream_by_aiobotocore, "obstore": _stream_by_obstore}
            theirs = {name: (lambda stream=stream: stream(peers)) for name, stream in others.items() if name in readers}
            await compare({"obs_client.aio": lambda: _stream(client), **theirs}, 3)


async def blocks() -> AsyncIterator[bytes]:
    """A source that is read by the loop."""
    block = bytes(range(256)) * 256
    for _ in range(LARGE // len(block)):
        yield block


async def _stream(client: aio.AsyncClient) -> None:
    async with client.object_stream("large") as body:
        assert sum([len(block) async for block in body]) == LARGE


async def _stream_by_aiobotocore(peers: Peers) -> None:
    answer = await peers.botocore.get_object(Bucket=CONTAINER, Key="large")
    size = 0
    async with answer["Body"] as body:  # its own `read` takes a size in some versions only
        while block := await body.content.read(BLOCK):
            size += len(block)
    assert size == LARGE


async def _stream_by_obstore(peers: Peers) -> None:
    import obstore

    answer = await obstore.get_async(peers.obstore, "large")
    size = 0
    async for block in answer.stream(min_chunk_size=BLOCK):
        size += len(block)
    assert size == LARGE


TOPICS = {"small": small, "large": large}


def main(names: list[str]) -> None:
    """Run some topics, or all."""
    with server() as peers:
        for name in names or TOPICS:
            asyncio.run(TOPICS[name](peers))


if __name__ == "__main__":
    main(sys.argv[1:])
