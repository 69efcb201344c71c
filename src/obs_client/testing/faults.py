"""A store that fails all the time, in a way that passes: whatever holds over a good store must hold over it."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.errors import ObjectStorageClientError, TemporaryError
from obs_client.models import ClientOptions, ObjectInfo
from obs_client.testing.wrapper import WrappedClient
from obs_client.wrappers.wrapped import WrappedReader, WrappedUpload

Answer = TypeVar("Answer")


class InjectedError(Exception):
    """What the fault layer raises, as an SDK would: not an error of this library."""


class FaultyClient(WrappedClient):
    """Fails every second call of every primitive, by turns before it was done and after; breaks every second reader.

    Calls are counted for each thread, so that a try that follows a failed one succeeds, whatever other threads do. It
    can be pickled, and used after a fork, if the inner client can.
    """

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.options: ClientOptions = dataclasses.replace(inner.options, first_pause=0.0002, longest_pause=0.005)
        self._calls = _CallCounts()
        self._faults: dict[str, itertools.count[int]] = collections.defaultdict(itertools.count)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.inner, self.container_name, self.options)

    def _through(
        self, primitive: str, call: Callable[[], Answer], undo: Callable[[Answer], object] | None = None
    ) -> Answer:
        """Make a call, or fail it; `undo` takes back what a lost answer would have handed over."""
        if self._calls.count(primitive) % 2:
            return call()
        if next(self._faults[primitive]) % 2 == 0:
            raise InjectedError(f"{primitive} failed before it was done")
        answer = call()
        if undo is not None:
            undo(answer)
        raise InjectedError(f"{primitive} was done, but its response was lost")

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = self._through(
            "object_open",
            lambda: self.inner._object_open(container, name, start, stop, if_hash),
            lambda lost: lost.close(),
        )
        if self._calls.count("reader") % 2:
            return reader
        ends = [end for end in (stop, reader.info.size) if end is not None]
        return _BreakingReader(reader, max(0, min(ends, default=start + 1) - start) // 2)

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        return self._through(
            "object_open_changed",
            lambda: self.inner._object_open_changed(container, name, start, stop, known),
            lambda lost: lost and lost.close(),
        )

    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        reader = self._through(
            "object_open_end",
            lambda: self.inner._object_open_end(container, name, count, if_hash),
            lambda lost: lost.close(),
        )
        if self._calls.count("reader") % 2:
            return reader
        return _BreakingReader(reader, min(count, reader.info.size or 0) // 2)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        # A real store lets an upload expire whose id nobody has.
        upload = self._through("object_multipart", lambda: self.inner._object_multipart(new), lambda lost: lost.abort())
        return WrappedUpload(upload, self._through)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        upload = self._through(
            "object_reopen", lambda: self.inner._object_reopen(new, identity), lambda lost: lost.leave()
        )
        return WrappedUpload(upload, self._through)

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        upload = self._through(
            "object_reopen_copy",
            lambda: self.inner._object_reopen_copy(container, source, new, identity),
            lambda lost: lost.leave(),
        )
        return WrappedUpload(upload, self._through)

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        upload = self._through(
            "object_begin_copy",
            lambda: self.inner._object_begin_copy(container, source, new),
            lambda lost: lost.abort(),
        )
        return WrappedUpload(upload, self._through)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        if isinstance(error, InjectedError):
            return TemporaryError
        return self.inner._classify_error(error)

    def _hint(self, error: Exception) -> str:
        return "" if isinstance(error, InjectedError) else self.inner._hint(error)

    def _request_id(self, error: Exception) -> str | None:
        return None if isinstance(error, InjectedError) else self.inner._request_id(error)

    def _retry_after(self, error: Exception) -> float | None:
        if isinstance(error, InjectedError):
            return None
        return self.inner._retry_after(error)


class _CallCounts(threading.local):
    """How often this thread has called what; a thread of its own counts from 0."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def count(self, what: str) -> int:
        """How many calls went before this one."""
        before = self._counts.get(what, 0)
        self._counts[what] = before + 1
        return before


class _BreakingReader(WrappedReader):
    """Gives the first bytes of another reader, then fails."""

    def __init__(self, inner: ObjectReader, left: int) -> None:
        super().__init__(inner)
        self._left = left

    def readinto(self, buffer: memoryview) -> int:
        count = self.inner.readinto(buffer[: self._left]) if self._left else 0
        if count == 0:
            raise InjectedError("the body broke midway")
        self._left -= count
        return count


def _rebuild(inner: ObjectStorageClient, container_name: str | None, options: ClientOptions) -> FaultyClient:
    client = FaultyClient(inner)
    client.container_name = container_name
    client.options = options
    return client
