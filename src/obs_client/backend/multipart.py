"""A large object on its way into a store, part by part: nothing is visible before `complete`."""

from __future__ import annotations

import abc
import dataclasses
import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from obs_client.backend.body import Body, FileBody, SourceFile
from obs_client.backend.values import NewObject
from obs_client.models import ObjectInfo


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One part. `number` counts from 1, `offset` and `size` are bytes; parts may come in any order."""

    number: int
    offset: int
    size: int


class NeedsParts(Exception):
    """Raised by a primitive that copies: this object is to be copied by parts (`_object_begin_copy`)."""


class NeedsReading(Exception):
    """Raised by `_object_copy` or `copy_part`: the store cannot copy this object; the engine reads and writes it."""


class UploadGone(Exception):
    """Raised by `_object_reopen`, or by the upload that it gave: the store has no such upload any more."""


class MultipartUpload(abc.ABC):
    """What a backend's `_object_multipart` gives.

    `put_part` is called by several threads at once, each with another part, and again with the same part after a
    failure; `copy_part` likewise, in a copy by parts. `complete` is called once all parts are there, and again after a
    failure. `abort` may come at any time, more than once, and also after `complete` failed.
    """

    def __str__(self) -> str:
        """The upload as its store knows it, for messages."""
        return "an unfinished upload"

    @abc.abstractmethod
    def put_part(self, part: Part, body: Body) -> None:
        """Store a part's bytes, and check the store's digest of them where it tells one (`IntegrityError`)."""

    @property
    def identity(self) -> str | None:
        """By which `_object_reopen` finds it again, in another process too; None: it cannot. It is no secret."""
        return None

    def receipt(self, part: Part) -> str:
        """What `take_up` must be told of a part that `put_part` has stored, in another process; it is no secret."""
        raise NotImplementedError(f"{type(self).__name__} cannot be gone on with")

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        """Go on with parts that another process has stored, as if `put_part` had stored them here.

        Called once, on what `_object_reopen` gave, and again after a failure.

        Args:
            receipts: What `receipt` gave for each. They may be wrong: a part is taken up only if the store is asked,
                now, and has it with this content.

        Returns:
            Those that are taken up; the others are sent again.

        Raises:
            UploadGone: The store has no such upload.
        """
        return ()

    def leave(self) -> None:  # noqa: B027 - most stores hold nothing for it
        """Let go of what this process holds for it, and remove nothing: another process may go on with it."""

    def copy_part(self, part: Part) -> None:
        """Let the store copy a part from the source with which `_object_begin_copy` began; only called on its uploads.

        Raises:
            ObjectChangedError: The source is another by now.
            NeedsReading: The store cannot copy it after all.
        """
        raise NotImplementedError(f"{type(self).__name__} copies no parts")

    def replaces(self) -> Sequence[str]:
        """What the object that `complete` would replace leaves behind in the store; it is no secret.

        Called before `complete` of an upload with an `identity`, and noted, for `remove_replaced` in another process.

        Returns:
            Names as the store knows them; none where an object is replaced with all that is its.
        """
        return ()

    def remove_replaced(self, names: Sequence[str]) -> None:  # noqa: B027 - most stores leave nothing behind
        """Have `_tidy` remove what `complete` replaced in another process, which may have died before it could.

        Called on what `_object_reopen` gave, instead of all else.

        Args:
            names: What `replaces` gave. They may be wrong: none is removed unless the store is asked, now, and this
                upload is the object of its name, which does not use it.

        Raises:
            UploadGone: The store has no such upload.
        """

    @abc.abstractmethod
    def complete(self) -> ObjectInfo | None:
        """Publish the object in one step, under the conditions of the `NewObject` that it was begun with.

        Returns:
            As `_object_write`; the size may be left out.

        Raises:
            PreconditionError: A condition does not hold.
        """

    @abc.abstractmethod
    def abort(self) -> None:
        """Remove all parts; the object of this name, if any, stays as it is. Never called once it is published.

        A store that shows parts to nobody and drops them by itself may leave that to it; its docstring says how long
        they cost.
        """


class SpooledUpload(MultipartUpload):
    """The default for stores without parts: they are put together in a temporary file, then written in one request."""

    def __init__(self, new: NewObject, write: Callable[[NewObject, Body], ObjectInfo | None]) -> None:
        self._new = new
        self._write = write
        import tempfile  # much of which other stores never need

        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by complete and abort
        self._lock = threading.Lock()
        self._size = 0
        self._written: ObjectInfo | None = None

    def put_part(self, part: Part, body: Body) -> None:
        import shutil

        with self._lock:
            self._file.seek(part.offset)
            shutil.copyfileobj(body, self._file)
            self._size = max(self._size, part.offset + part.size)

    def complete(self) -> ObjectInfo | None:
        if self._file.closed:
            return self._written  # it was done, and the answer to the first call was lost
        self._file.flush()
        new = dataclasses.replace(self._new, size=self._size)
        self._written = self._write(new, FileBody(SourceFile(self._file.fileno()), 0, self._size))
        self._file.close()
        return self._written

    def abort(self) -> None:
        self._file.close()
