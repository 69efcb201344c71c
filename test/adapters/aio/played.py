"""The asynchronous client, played by a synchronous one: each call in an event loop of its own."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent import futures
from typing import IO, Any, TypeVar

from obs_client import aio
from obs_client.client import ObjectStorageClient
from obs_client.testing.wrapper import RecordingClient
from obs_client.wrappers.wrapped import WrappedClient

Result = TypeVar("Result")

OTHERWISE = {"capabilities", "endpoint_facts", "object_open"}
"""Public names that are not played: a file is a thing of its own, which other tests try."""


def play(call: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine; asked for in a loop, by a callback, it is found in another thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(call)
    with futures.ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, call).result()


class Played(WrappedClient):
    """Every public method but `object_open` goes through an asynchronous client, which knows only the inner client."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        self.inner = inner
        self.asynchronous = aio.AsyncClient(inner, 8)
        super().__init__(inner)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("options", "container_name"):
            setattr(self.inner, name, value)
        super().__setattr__(name, value)

    @property
    def calls(self) -> list[str]:
        """The primitives that a recording client noted."""
        assert isinstance(self.inner, RecordingClient)
        return self.inner.calls


class PlayedByBlocks(Played):
    """The same; what is read comes by the stream of blocks, and what is uploaded from an asynchronous source."""


def _played(name: str) -> Callable[..., Any]:
    def method(self: Played, *arguments: Any, **options: Any) -> Any:
        result = play(getattr(self.asynchronous, name)(*arguments, **options))
        WrappedClient.__setattr__(self, "container_name", self.inner.container_name)  # which some of them choose
        return result

    return method


def _listed(name: str) -> Callable[..., Any]:
    def method(self: Played, *arguments: Any, **options: Any) -> Iterator[Any]:
        return _entries(getattr(self.asynchronous, name)(*arguments, **options))

    return method


def _entries(entries: aio.AsyncEntries[Any]) -> Iterator[Any]:
    while True:
        try:
            yield play(entries.__anext__())
        except StopAsyncIteration:
            return


def _read(self: PlayedByBlocks, *arguments: Any, **options: Any) -> bytes:
    async def read() -> bytes:
        async with self.asynchronous.object_stream(*arguments, **options) as body:
            return b"".join([block async for block in body])

    return play(read())


def _upload(self: PlayedByBlocks, stream: Any, *arguments: Any, **options: Any) -> bool:
    is_text = isinstance(stream, io.TextIOBase)
    source = _blocks(stream) if hasattr(stream, "read") and not is_text else stream
    return play(self.asynchronous.object_upload(source, *arguments, **options))


async def _blocks(stream: IO[bytes]) -> AsyncIterator[bytes]:
    while block := stream.read(7000):
        await asyncio.sleep(0)
        yield block


for _name in vars(ObjectStorageClient):
    if not _name.startswith("_") and _name not in OTHERWISE:
        setattr(Played, _name, (_listed if _name in ("object_iter", "object_glob") else _played)(_name))
PlayedByBlocks.object_read = _read  # type: ignore[method-assign, assignment]
PlayedByBlocks.object_upload = _upload  # type: ignore[method-assign, assignment]
