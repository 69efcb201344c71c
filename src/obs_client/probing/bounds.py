"""The border as a probe uses it: few tries, within bounds, and with a note of all that may be there because of it."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from obs_client._engine.border import Border
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.primitives import Backend
from obs_client.backend.values import NewObject
from obs_client.models import ClientOptions, ObjectInfo

T = TypeVar("T")

TRIES = 3
TRY_SECONDS = 10.0


class Exhausted(Exception):
    """A bound of the probe is reached: what is still to be tried cannot be told."""


@dataclasses.dataclass(frozen=True, slots=True)
class Bounds:
    """How much a probe may take.

    Attributes:
        seconds: In all, without the removal of what it made.
        requests: Calls of the store, without those that remove.
        size: Bytes that are sent.
    """

    seconds: float = 60.0
    requests: int = 1000
    size: int = 16 * 1024 * 1024


class Ledger:
    """What one probe has taken so far, and the names that it may have left; shared by threads.

    Attributes:
        has_written: Whether there may be anything to remove.
    """

    def __init__(self, prefix: str, bounds: Bounds) -> None:
        self.prefix = prefix
        self.bounds = bounds
        self.names: dict[str, None] = {}
        self.has_written: bool = False
        self._began = time.monotonic()
        self._requests = 0
        self._size = 0
        self._lock = threading.Lock()
        self._ended = False

    @property
    def seconds_left(self) -> float:
        """Until the probe must be over."""
        return self._began + self.bounds.seconds - time.monotonic()

    def end(self) -> None:
        """Let nothing more be begun: an interrupt can leave a thread of a trial behind."""
        with self._lock:
            self._ended = True

    def count_request(self) -> None:
        """Count a call; raises `Exhausted` in place of one too many, or too late."""
        with self._lock:
            self._requests += 1
            if self._ended:
                raise Exhausted("the probe had ended")
            if self._requests > self.bounds.requests:
                raise Exhausted(f"the probe had made its {self.bounds.requests:,} requests")
        if self.seconds_left <= 0:
            raise Exhausted(f"the {self.bounds.seconds:,g} s of the probe were over")

    def count_size(self, size: int) -> None:
        """Count bytes that are to be sent; raises `Exhausted` in place of too many."""
        with self._lock:
            if self._size + size > self.bounds.size:
                raise Exhausted(f"the probe would have sent more than its {self.bounds.size:,} bytes")
            self._size += size

    def note(self, name: str) -> None:
        """Remember a name, before anything is written under it."""
        if not name.startswith(self.prefix):
            raise ValueError(f"{name!r} is outside of the probe's own prefix {self.prefix!r}")
        self.names[name] = None
        self.has_written = True

    def forget(self, name: str) -> None:
        """Remember no more a name under which nothing was written after all."""
        self.names.pop(name, None)
        self.has_written = bool(self.names)


class BoundedBorder(Border):
    """A border that keeps a ledger."""

    def __init__(self, backend: Backend, ledger: Ledger) -> None:
        super().__init__(backend)
        self._ledger = ledger

    @property
    def options(self) -> ClientOptions:
        return quick(super().options)

    def run(self, verb: str, call: Callable[[], T], container: str | None = None, object_name: str | None = None) -> T:
        self._ledger.count_request()
        return super().run(verb, call, container, object_name)

    def object_write(self, new: NewObject, body: Body) -> ObjectInfo:
        self._ledger.note(new.name)
        self._ledger.count_size(body.size)
        return super().object_write(new, body)

    def object_multipart(self, new: NewObject) -> MultipartUpload:
        self._ledger.note(new.name)
        return super().object_multipart(new)

    def object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        self._ledger.note(new.name)
        super().object_copy(container, source, new)

    def object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        self._ledger.note(new.name)
        return super().object_begin_copy(container, source, new)


class TidyingBorder(Border):
    """A border for the removal of what a probe made: it is not counted, and tries a little longer."""

    @property
    def options(self) -> ClientOptions:
        return dataclasses.replace(quick(super().options), attempts=2 * TRIES, give_up_after=2 * TRY_SECONDS)


def quick(options: ClientOptions) -> ClientOptions:
    """A client's options, with few and quick tries: what fails again and again is an outcome too."""
    return dataclasses.replace(
        options, attempts=TRIES, first_pause=0.1, longest_pause=1.0, give_up_after=TRY_SECONDS, workers=4
    )
