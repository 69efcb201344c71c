"""A backend's upload behind the border: parts are tried again, and what fails leaves nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from obs_client._engine import parallel
from obs_client._engine.border import Border, marked_by_id
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.errors import ObjectStorageClientError, TemporaryError
from obs_client.models import ObjectInfo

LAST_SECONDS = 8.0
"""How long an interrupted program waits for a store to remove what it had sent."""


SHORTEST_SECONDS = 0.5
"""How long a store that failed to the end is asked to remove what it had been sent."""


class GuardedUpload:
    """A backend's upload behind the border; the engine holds no other."""

    def __init__(self, border: Border, new: NewObject, source: tuple[str, ObjectInfo] | None = None) -> None:
        """Begin the upload, marked so that a lost answer to `complete` can be found out.

        Args:
            source: Container and object of which the store copies the parts; None: they are sent.
        """
        marked = marked_by_id(new)
        begun = border.object_begin_copy(*source, marked) if source else border.object_multipart(marked)
        self._hold(border, marked, begun)

    def _hold(self, border: Border, new: NewObject, upload: MultipartUpload) -> None:
        """Guard an upload that was begun, of an object that is marked."""
        self._border = border
        self._new = new
        self._upload = upload
        self._process = os.getpid()
        self._completing = False

    def put_part(self, part: Part, body: Body) -> None:
        """Store one part."""

        def attempt() -> None:
            body.rewind()
            self._upload.put_part(part, body)

        self._border.run(f"write part {part.number} of", attempt, self._new.container, self._new.name)

    def copy_part(self, part: Part) -> None:
        """Let the store copy one part."""
        self._border.run(
            f"copy part {part.number} of", lambda: self._upload.copy_part(part), self._new.container, self._new.name
        )

    def complete(self) -> ObjectInfo:
        """Publish the object; gives what is known of it."""
        self._completing = True
        return self._border.publish("complete", self._upload.complete, self._new)

    def abort_after(self, error: BaseException) -> None:
        """Remove the parts after an error; what cannot be removed is noted on the error, which stays the one raised.

        After an interrupt the store has `LAST_SECONDS` to answer, in an outage what is left of the time to give up. A
        child process leaves its parent's upload alone.
        """
        if os.getpid() != self._process:
            return
        place = self._border.place_of(self._new.container, self._new.name)
        abort_in_time(lambda: self._abort(error), error, f"{self._upload} of {place}")

    def _abort(self, error: BaseException) -> None:
        if self._completing and self._border.stored(self._new):
            error.add_note("the object was published: only the store's response was lost")
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
        reason = str(failure) or "no response in time"
        error.add_note(f"{what} may have left parts; cleanup() removes them later: {reason}")


def _seconds_left(error: BaseException) -> float | None:
    """How long the store may take to remove parts after an error; None: as long as any request."""
    if not isinstance(error, Exception):
        return LAST_SECONDS
    if isinstance(error, TemporaryError) and error.deadline is not None:
        return max(error.deadline - time.monotonic(), SHORTEST_SECONDS)
    return None
