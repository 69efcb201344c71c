"""A store in memory whose primitives fail as a test says: for what the engine must do when a store does not behave."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from typing import Any

import pytest

from obs_client import ClientOptions, MemoryClient, TemporaryError
from obs_client.backend.values import ObjectReader
from obs_client.backends import memory
from obs_client.errors import ObjectStorageClientError

QUICK = ClientOptions(part_size=1000, workers=3, first_pause=0.001, longest_pause=0.002)


class Outage(Exception):
    """A vendor's exception that may pass; `retry_after` is what the store asked for, in seconds."""

    def __init__(self, message: str = "the store is busy", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refusal(Exception):
    """A vendor's exception that does not pass."""


class ScriptedClient(MemoryClient):
    """Before each call of a primitive the first of its script's steps runs, if there is one: it may raise.

    `after` holds steps that run once the call was done, so that its answer is lost.
    """

    def __init__(self, container_name: str | None = "box", *, options: ClientOptions = QUICK) -> None:
        super().__init__(container_name, options=options)
        self.before: dict[str, collections.deque[Exception | None]] = collections.defaultdict(collections.deque)
        self.after: dict[str, collections.deque[Exception | None]] = collections.defaultdict(collections.deque)
        self.calls: collections.Counter[str] = collections.Counter()
        self._script_lock = threading.Lock()
        self._container_create("box")
        self.calls.clear()

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return TemporaryError if isinstance(error, Outage) else None

    def _retry_after(self, error: Exception) -> float | None:
        return error.retry_after if isinstance(error, Outage) else None

    def step(self, script: dict[str, collections.deque[Exception | None]], name: str) -> None:
        """Run the next step of a script."""
        with self._script_lock:
            error = script[name].popleft() if script[name] else None
        if error is not None:
            raise error


def _scripted(name: str) -> Callable[..., Any]:
    original = getattr(MemoryClient, name)

    def primitive(self: ScriptedClient, *arguments: Any) -> Any:
        self.calls[name] += 1
        self.step(self.before, name)
        result = original(self, *arguments)
        self.step(self.after, name)
        return result

    return primitive


for _name in (
    "_container_create",
    "_container_delete",
    "_container_info",
    "_container_list",
    "_object_copy",
    "_object_delete",
    "_object_delete_many",
    "_object_info",
    "_object_list",
    "_object_multipart",
    "_object_open",
    "_object_replace_metadata",
    "_object_write",
):
    setattr(ScriptedClient, _name, _scripted(_name))


class BreakingReader(ObjectReader):
    """A reader that breaks off after so many bytes."""

    def __init__(self, inner: ObjectReader, count: int, error: Exception | None) -> None:
        self.info = inner.info
        self.digest = inner.digest
        self._inner = inner
        self._left = count
        self._error = error

    def readinto(self, buffer: memoryview) -> int:
        if self._left <= 0:
            if self._error:
                raise self._error
            return 0
        count = self._inner.readinto(buffer[: self._left])
        self._left -= count
        return count

    def close(self) -> None:
        self._inner.close()


def count_aborts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that gets an entry for each upload in memory that is aborted."""
    aborted: list[int] = []
    original = memory._Upload.abort

    def abort(self: Any) -> None:
        aborted.append(1)
        original(self)

    monkeypatch.setattr(memory._Upload, "abort", abort)
    return aborted
