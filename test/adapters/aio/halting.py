"""A store that halts at one step of a transfer, as a server does that takes long, and what a test then finds."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from obs_client.backend import stopping
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.models import ObjectInfo
from obs_client.wrappers.wrapped import WrappedClient, WrappedReader, WrappedUpload

Answer = TypeVar("Answer")

LONG = 30.0


@dataclasses.dataclass
class Halt:
    """Where to halt.

    Attributes:
        at: The number of the step, from 0; -1: nowhere.
        after: When it was done, before its answer is given; else before it is begun.
        steps: Those that were come to.
        halted: Set once it halts.
        running: Steps that are at work now.
    """

    at: int = -1
    after: bool = False
    steps: list[str] = dataclasses.field(default_factory=list)
    halted: threading.Event = dataclasses.field(default_factory=threading.Event)
    running: int = 0


class HaltingClient(WrappedClient):
    """Halts once, for `LONG` seconds, but ends as a request does when it is stopped."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.halt = Halt()
        self._count = threading.Lock()

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        halt = self.halt
        with self._count:
            here = len(halt.steps) == halt.at
            halt.steps.append(primitive)
            halt.running += 1
        try:
            if here and not halt.after:
                self._wait(halt)
            answer = super()._through(primitive, call)
            if here and halt.after:
                self._wait(halt)
            return answer
        finally:
            with self._count:
                halt.running -= 1

    def _wait(self, halt: Halt) -> None:
        halt.halted.set()
        stopping.sleep(LONG)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        opened: list[ObjectReader] = []
        try:
            self._through(
                "object_open", lambda: opened.append(self.inner._object_open(container, name, start, stop, if_hash))
            )
        except BaseException:
            for reader in opened:  # it comes after the answer: a client that stops before has no reader to close
                reader.close()
            raise
        return _Reader(opened[0], self)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return WrappedUpload(super()._object_multipart(new), self._through)

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return WrappedUpload(super()._object_begin_copy(container, source, new), self._through)

    def _tidy(self, container: str) -> None:
        self.inner._tidy(container)


class _Reader(WrappedReader):
    def __init__(self, inner: ObjectReader, client: HaltingClient) -> None:
        super().__init__(inner)
        self._client = client

    def readinto(self, buffer: memoryview) -> int:
        return self._client._through("readinto", lambda: self.inner.readinto(buffer))


async def until_halted(halt: Halt, task: asyncio.Task[object]) -> bool:
    """Wait until a task has come to where it halts; False: it ended without."""
    while not halt.halted.is_set():
        if task.done():
            return False
        await asyncio.sleep(0.001)
    return True


async def cancelled_at(halt: Halt, call: Callable[[], Awaitable[object]]) -> bool:
    """Run a call, cancel it where it halts; False: it never came there."""

    async def run() -> object:
        return await call()

    task: asyncio.Task[object] = asyncio.create_task(run())
    if not await until_halted(halt, task):
        await task
        return False
    task.cancel()
    await asyncio.wait([task], timeout=LONG / 2)
    assert task.cancelled(), task
    return True


def workers() -> list[str]:
    """The threads of transfers that are still there."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("obs_client_")]
