"""A large object on its way into a store, part by part: nothing is visible before `complete`."""

from __future__ import annotations

import abc
import dataclasses
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from obs_client import parallel, write_id
from obs_client.body import Body, FileBody, SourceFile
from obs_client.errors import ObjectStorageClientError, TemporaryError
from obs_client.models import NewObject

if TYPE_CHECKING:
    from obs_client.border import Border


LAST_SECONDS = 8.0
"""How long an interrupted program waits for a store to remove what it had sent."""


SHORTEST_SECONDS = 0.5
"""How long a store that failed to the end is asked to remove what it had been sent."""


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One part. `number` counts from 1, `offset` and `size` are bytes; parts may come in any order."""

    number: int
    offset: int
    size: int


class MultipartUpload(abc.ABC):
    """What a backend's `_object_multipart` gives.

    `put_part` is called by several threads at once, each with another part, and again with the same part after a
    failure. `complete` is called once all parts are there, and again after a failure. `abort` may come at any time,
    more than once, and also after `complete` failed.
    """

    def __str__(self) -> str:
        """The upload as its store knows it, for messages."""
        return "an unfinished upload"

    @abc.abstractmethod
    def put_part(self, part: Part, body: Body) -> None:
        """Store a part's bytes, and check the store's digest of them where it tells one (`IntegrityError`)."""

    @abc.abstractmethod
    def complete(self) -> None:
        """Publish the object in one step, under the conditions of the `NewObject` that it was begun with.

        Raises:
            PreconditionError: A condition does not hold.
        """

    @abc.abstractmethod
    def abort(self) -> None:
        """Remove all parts; the object of this name, if any, stays as it is. Never called once it is published."""


class SpooledUpload(MultipartUpload):
    """The default for stores without parts: they are put together in a temporary file, then written in one request."""

    def __init__(self, new: NewObject, write: Callable[[NewObject, Body], None]) -> None:
        self._new = new
        self._write = write
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by complete and abort
        self._lock = threading.Lock()
        self._size = 0

    def put_part(self, part: Part, body: Body) -> None:
        with self._lock:
            self._file.seek(part.offset)
            shutil.copyfileobj(body, self._file)
            self._size = max(self._size, part.offset + part.size)

    def complete(self) -> None:
        if self._file.closed:
            return  # it was done, and the answer to the first call was lost
        self._file.flush()
        new = dataclasses.replace(self._new, size=self._size)
        self._write(new, FileBody(SourceFile(self._file.fileno()), 0, self._size))
        self._file.close()

    def abort(self) -> None:
        self._file.close()


class GuardedUpload:
    """A backend's upload behind the border; the engine holds no other."""

    def __init__(self, border: Border, new: NewObject) -> None:
        """Begin the upload, marked so that a lost answer to `complete` can be found out."""
        self._border = border
        self._new = write_id.add(new)
        self._upload = border.object_multipart(self._new)
        self._process = os.getpid()
        self._completing = False

    def put_part(self, part: Part, body: Body) -> None:
        """Store one part."""

        def attempt() -> None:
            body.rewind()
            self._upload.put_part(part, body)

        self._border.run(f"write part {part.number} of", attempt, self._new.container, self._new.name)

    def complete(self) -> None:
        """Publish the object."""
        self._completing = True
        self._border.publish("complete", self._upload.complete, self._new)

    def abort_after(self, error: BaseException) -> None:
        """Remove the parts after an error; what cannot be removed is noted on the error, which stays the one raised.

        After an interrupt the store has `LAST_SECONDS` to answer, in an outage what is left of the time to give up. A
        child process leaves its parent's upload alone.
        """
        if os.getpid() != self._process:
            return
        place = f"{self._new.name!r} in container {self._new.container!r}"
        abort_in_time(lambda: self._abort(error), error, f"{self._upload} of {place}")

    def _abort(self, error: BaseException) -> None:
        if self._completing and self._border.is_there(self._new):
            error.add_note("the object was published all the same: only the store's answer was lost")
            return
        self._border.run("abort", self._upload.abort, self._new.container, self._new.name)


def abort_in_time(abort: Callable[[], None], error: BaseException, what: str) -> None:
    """Abort an upload after an error, within the time that is left; a failure of that is noted on the error."""
    seconds = _seconds_left(error)
    try:
        if seconds is None:
            abort()
        else:
            parallel.within(abort, seconds)
    except (ObjectStorageClientError, TimeoutError) as failure:
        reason = str(failure) or "no answer in time"
        error.add_note(f"{what} may have left parts; cleanup() removes them later: {reason}")


def _seconds_left(error: BaseException) -> float | None:
    """How long the store may take to remove parts after an error; None: as long as any request."""
    if not isinstance(error, Exception):
        return LAST_SECONDS
    if isinstance(error, TemporaryError) and error.deadline is not None:
        return max(error.deadline - time.monotonic(), SHORTEST_SECONDS)
    return None
