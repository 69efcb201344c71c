"""A store that is used no faster than so many bytes and requests a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from obs_client._http.kit.fork import ForkLock
from obs_client.backend import stopping
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.models import ObjectInfo
from obs_client.wrappers.wrapped import Through, WrappedClient, WrappedReader, WrappedUpload

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Answer = TypeVar("Answer")

_BLOCKS_PER_SECOND = 20
"""In how many blocks the bytes of a second are moved, so that they flow."""


class Rate:
    """So many of something a second, shared by all threads: whoever takes some waits until those before are due."""

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._lock = ForkLock()
        self._due = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        return Rate, (self.per_second,)

    def take(self, amount: float) -> None:
        """Take some, as soon as they are due."""
        with self._lock:
            start = max(self._due, time.monotonic())
            self._due = start + amount / self.per_second
        wait = start - time.monotonic()
        if wait > 0:
            stopping.sleep(wait)

    @property
    def block(self) -> int:
        """How many to take at a time."""
        return max(1, int(self.per_second / _BLOCKS_PER_SECOND))


class LimitedClient(WrappedClient):
    """See `obs_client.wrappers.limited`."""

    def __init__(
        self, inner: ObjectStorageClient, bytes_per_second: float | None, requests_per_second: float | None
    ) -> None:
        super().__init__(inner)
        if bytes_per_second is None and requests_per_second is None:
            raise ValueError("give bytes_per_second, requests_per_second, or both")
        self._bytes = _rate("bytes_per_second", bytes_per_second)
        self._requests = _rate("requests_per_second", requests_per_second)

    def __repr__(self) -> str:
        rates = {"bytes_per_second": self._bytes, "requests_per_second": self._requests}
        shown = (f"{name}={rate.per_second:g}" for name, rate in rates.items() if rate)
        return f"limited({self.inner!r}, {', '.join(shown)})"

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        if self._requests is not None and primitive not in ("tidy", "check_emptying"):
            self._requests.take(1)
        return call()

    def _slowed(self, body: Body) -> Body:
        return body if self._bytes is None else _SlowBody(body, self._bytes)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        return reader if self._bytes is None else _SlowReader(reader, self._bytes)

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        reader = super()._object_open_changed(container, name, start, stop, known)
        return reader if self._bytes is None or reader is None else _SlowReader(reader, self._bytes)

    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        reader = super()._object_open_end(container, name, count, if_hash)
        return reader if self._bytes is None else _SlowReader(reader, self._bytes)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        return super()._object_write(new, self._slowed(body))

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _SlowUpload(super()._object_multipart(new), self._through, self._slowed)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        return _SlowUpload(super()._object_reopen(new, identity), self._through, self._slowed)

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        upload = super()._object_reopen_copy(container, source, new, identity)
        return _SlowUpload(upload, self._through, self._slowed)

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return _SlowUpload(super()._object_begin_copy(container, source, new), self._through, self._slowed)


def _rate(name: str, per_second: float | None) -> Rate | None:
    if per_second is None:
        return None
    if not isinstance(per_second, (int, float)) or isinstance(per_second, bool):
        raise TypeError(f"{name} must be a number, not {type(per_second).__name__}")
    if not per_second > 0:
        raise ValueError(f"{name} must be more than 0, not {per_second}")
    return Rate(per_second)


class _SlowBody(Body):
    """Another body, whose bytes are given as they are due; a digest of them costs nothing."""

    def __init__(self, inner: Body, rate: Rate) -> None:
        super().__init__(inner.size)
        self._inner = inner
        self._rate = rate

    def _read_at(self, position: int, buffer: memoryview) -> int:
        count = self._inner._read_at(position, buffer[: self._rate.block])
        self._rate.take(count)
        return count

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count = super().readinto(buffer)
        self._inner.sent = max(self._inner.sent, self.sent)
        return count

    @property
    def known_digests(self) -> Mapping[str, bytes]:
        return self._inner.known_digests

    def note_digest(self, algorithm: str, value: bytes) -> None:
        self._inner.note_digest(algorithm, value)

    def digest(self, algorithm: str) -> bytes:
        return self._inner.digest(algorithm)


class _SlowReader(WrappedReader):
    """Another reader, whose bytes are asked for as they are due."""

    def __init__(self, inner: ObjectReader, rate: Rate) -> None:
        super().__init__(inner)
        self._rate = rate

    def readinto(self, buffer: memoryview) -> int:
        count = self.inner.readinto(buffer[: self._rate.block])
        self._rate.take(count)
        return count


class _SlowUpload(WrappedUpload):
    """Another upload, each step of which is a request."""

    def __init__(self, inner: MultipartUpload, through: Through, slowed: Callable[[Body], Body]) -> None:
        super().__init__(inner, through)
        self._slowed = slowed

    def put_part(self, part: Part, body: Body) -> None:
        super().put_part(part, self._slowed(body))
