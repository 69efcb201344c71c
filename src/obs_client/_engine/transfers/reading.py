"""Reading one object or one range of it: resumed where a body breaks off, of one version only, and checked."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from obs_client._engine.border import Border
from obs_client._engine.retry import Retries
from obs_client.backend import stopping
from obs_client.backend.body import BLOCK_SIZE
from obs_client.backend.integrity import ContentCheck, ContentDigest, Hash
from obs_client.backend.values import ObjectReader
from obs_client.errors import NotFoundError, ObjectChangedError, ObjectUnchangedError, PreconditionError, TemporaryError
from obs_client.models import ObjectInfo

if TYPE_CHECKING:
    import logging


class GuardedReader(ObjectReader):
    """A backend's reader behind the border; the engine holds no other.

    Args:
        start, stop: The range in bytes; None as stop: the end. A start below 0 counts from there, as in a slice.
        pinned: The object as it was first seen; another version raises `ObjectChangedError`.
        check: What to hash the bytes of a range with; a whole object brings its own.
        if_hash: The hash that the object must have when it is first seen, else `PreconditionError`.
        known: The hash that it must not have then, else `ObjectUnchangedError`.
    """

    def __init__(
        self,
        border: Border,
        container: str,
        name: str,
        start: int = 0,
        stop: int | None = None,
        *,
        pinned: ObjectInfo | None = None,
        check: ContentCheck | None = None,
        if_hash: str | None = None,
        known: str | None = None,
    ) -> None:
        self._border = border
        self.container = container
        self.name = name
        self._asked_stop = stop
        self.position: int = start
        self._retries: Retries | None = None
        self._failed_at = start
        self._pinned = pinned
        self._if_hash = if_hash
        self._known = known
        self._inner = self._open()
        if start < 0:
            start = self.position = max(0, (self._inner.info.size or 0) + start)
        self.info: ObjectInfo = pinned if pinned and pinned.size is not None else self._inner.info
        self.digest: ContentDigest | None = self._inner.digest
        self._start = start
        self.stop = _least(stop, self.info.size)
        self._finished = False
        self._whole = start == 0 and self.stop == self.info.size and check is None
        self._own_check = self._whole and border.options.check_content
        self._check = ContentCheck(self.digest) if self._own_check and self.digest else check

    @property
    def left(self) -> int | None:
        """Bytes of the range that are still to come; None: the store does not say, and the end will show."""
        return None if self.info.size is None else self._most

    @property
    def block_size(self) -> int:
        """Bytes of a buffer to read with, which is no larger than what is left."""
        return BLOCK_SIZE if self._most is None else min(BLOCK_SIZE, self._most)

    @property
    def _most(self) -> int | None:
        """Bytes that may still come; None: any number."""
        return None if self.stop is None else max(0, self.stop - self.position)

    @property
    def content_digests(self) -> Mapping[str, bytes]:
        """By algorithm, what the whole content was hashed to; empty before its end, and if nothing was compared."""
        if not self.verified or not self._check or not self.digest or len(self._check.digests) != 1:
            return {}
        return {self.digest.algorithm: self._check.digests[0]}

    def readinto(self, buffer: memoryview) -> int:
        """Fill the start of `buffer`; gives how many bytes, 0 only at the end of the range, checked by then."""
        stopping.check_stopped()
        view = buffer[: self._most]
        if not view:
            if self._most == 0:
                self._finish()
            return 0
        count = self._read(view)
        if not count:
            self._end_here()
        self.position += count
        if self._check:
            self._check.update(view[:count])
        if self._most == 0:
            self._finish()
        return count

    def read_fully(self, buffer: memoryview) -> None:
        """Fill all of `buffer`, which is no longer than what is left."""
        while buffer:
            buffer = buffer[self.readinto(buffer) :]

    def end_at(self, stop: int) -> None:
        """Read no further than to `stop`, though more was asked for; the rest is for others."""
        self.stop = _least(self.stop, stop)

    def with_check(self, check: ContentCheck | None) -> None:
        """Hash what is read from here on with this, in place of the check of the whole."""
        self._check = check
        self._own_check = self._whole = False

    @property
    def hash_so_far(self) -> Hash | None:
        """The hash of all bytes until now, where one digest covers the whole that is read; not to be changed."""
        return self._check.so_far if self._own_check and self._check and self.digest and self.digest.whole else None

    def go_on_from(self, position: int, hashed: Hash) -> None:
        """Read on from here, as if all bytes before, which have this hash, had been read."""
        assert self._check is not None
        self._check.go_on(hashed, position)
        self.position = position
        self._inner.close()
        self._pinned = self.info
        self._inner = self._open()

    def close(self) -> None:
        self._inner.close()

    def _finish(self) -> None:
        """At the last byte: compare the digest, or say that none could be compared."""
        if self._finished:
            return
        if self._own_check and self._check and self.digest:
            self._check.finish()
            self.verified: bool = self._check.fits and self.digest.check_composite(self._check.digests)
        self._finished = True
        if self._retries:
            self._retries.end()
        if self._whole and not self.verified:
            note_unverified(self.name)

    def _end_here(self) -> None:
        """The answer ended as it should, and the store had not said where that would be."""
        self.stop = self.position
        if self.position > self._start or not self._start:
            self.info = dataclasses.replace(self.info, size=self.position)

    def _read(self, view: memoryview) -> int:
        """Some bytes, or 0 at an end that could not be known before."""
        while True:
            try:
                count = self._inner.readinto(view)
            except Exception as raised:  # noqa: BLE001 - the border tells which are the store's
                error = self._border.typed("read", raised, self.container, self.name)
                if not isinstance(error, TemporaryError):
                    raise error from error.__cause__
            else:
                if count or self.info.size is None:
                    return count
                error = TemporaryError(
                    f"{self.name!r} broke off after {self.position:,} of {self.stop:,} bytes",
                    container=self.container,
                    object_name=self.name,
                )
            self._resume(error)

    def _resume(self, error: TemporaryError) -> None:
        self._inner.close()
        # Tries are counted anew only after a good piece came through: a store that gives a byte a try is down.
        if self._retries is None or self.position - self._failed_at >= BLOCK_SIZE:
            self._retries = self._border.retries()
        self._failed_at = self.position
        self._retries.wait(error, self._border.retry_after(error))
        self._pinned = self.info
        self._inner = self._open()

    def _open(self) -> ObjectReader:
        if self._pinned:
            return self._open_again(self._pinned)
        inner = self._open_first()
        try:
            self._check_version(inner.info.hash)
        except BaseException:
            inner.close()
            raise
        return inner

    def _open_first(self) -> ObjectReader:
        if self.position < 0:
            return self._open_end()
        if self._known is not None:
            return self._open_changed(self._known)
        return self._border.object_open(self.container, self.name, self.position, self._asked_stop, self._if_hash)

    def _check_version(self, found: str | None) -> None:
        """Refuse a version that was not asked for: some servers ignore `If-Match` in reads (`rclone serve s3`)."""
        if self._if_hash is not None and found not in (None, self._if_hash):
            raise PreconditionError(
                f"{self._border.place_of(self.container, self.name)} has the hash {found!r}, not {self._if_hash!r};"
                " nothing was read",
                container=self.container,
                object_name=self.name,
            )

    def _open_again(self, pinned: ObjectInfo) -> ObjectReader:
        """The rest of the version that was seen first."""
        try:
            inner = self._border.object_open(self.container, self.name, self.position, self._asked_stop, pinned.hash)
        except (PreconditionError, NotFoundError) as error:
            raise self._changed() from error
        if not _same_version(pinned, inner.info):
            inner.close()
            raise self._changed()
        return inner

    def _open_changed(self, known: str) -> ObjectReader:
        inner = self._border.object_open_changed(self.container, self.name, self.position, self._asked_stop, known)
        if inner is None:
            raise self._unchanged(known)
        return inner

    def _open_end(self) -> ObjectReader:
        """The last bytes; no request asks for those of another version, so a look goes before."""
        known = self._known
        if known is not None and self._border.object_info(self.container, self.name).hash == known:
            raise self._unchanged(known)
        return self._border.object_open_end(self.container, self.name, -self.position, self._if_hash)

    def _unchanged(self, known: str) -> ObjectUnchangedError:
        return ObjectUnchangedError(
            f"{self.name!r} in container {self.container!r} still has the hash {known!r}; nothing was read",
            container=self.container,
            object_name=self.name,
            hint="use the copy that you hold",
        )

    def _changed(self) -> ObjectChangedError:
        place = self._border.place_of(self.container, self.name)
        return ObjectChangedError(
            f"{place} was replaced or deleted while it was read; read it again",
            container=self.container,
            object_name=self.name,
        )


def note_unverified(name: str) -> None:
    """Say that an object was read whole, but that the store told no digest to compare it with."""
    _logger().debug("%r was read completely, but there was no digest to compare it with", name)


@functools.cache
def _logger() -> logging.Logger:
    """Asked for once: to look it up takes a lock each time."""
    import logging  # slow to load, and seldom needed

    return logging.getLogger("obs_client")


def _least(stop: int | None, size: int | None) -> int | None:
    """The lesser of two ends; one that nobody told is no end."""
    return stop if size is None else size if stop is None else min(stop, size)


def _same_version(first: ObjectInfo, second: ObjectInfo) -> bool:
    """Whether two answers tell of the same content; some answers give times in whole seconds.

    What one of them does not tell proves nothing: an answer of a range may have the size, the one of the whole not.
    """
    if None not in (first.size, second.size) and first.size != second.size:
        return False
    if first.hash != second.hash:
        return False
    return first.hash is not None or _second_of(first) == _second_of(second)


def _second_of(info: ObjectInfo) -> int | None:
    return None if info.last_modified is None else int(info.last_modified)
