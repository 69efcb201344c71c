"""Large objects: made of parts, read, tagged and copied."""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Iterator

from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client.backend.multipart import Part
from obs_client.models import ObjectInfo
from obs_client.probing.ground import Ground, Told, fails, holds
from obs_client.probing.profile import Finding

TOPIC = "large objects"
PART_SIZE = 64 * 1024
PART_SIZE_TRIED = 6 * 1024 * 1024
"""Bytes of the largest part that a probe sends."""

_REST = b"the last part is a short one"


def large(ground: Ground) -> Iterator[Finding]:
    """One object of two parts, which all trials share."""
    big = _Large(ground)
    yield ground.tell(TOPIC, "an object is made of parts", big.made)
    yield ground.tell(TOPIC, "a range over the border of two parts", big.ranged)
    yield ground.tell(TOPIC, "the hash is that of the MD5s of the parts", big.tagged)
    yield ground.tell(TOPIC, "a copy by parts within the store", big.copied)


class _Large:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._failure: Exception | None = None

    @functools.cached_property
    def _parts(self) -> tuple[bytes, bytes]:
        """The parts of the object, which is there afterwards; it is sent once, whatever comes of it."""
        if self._failure:
            raise self._failure
        try:
            return self._sent()
        except Exception as error:
            self._failure = error
            raise

    def _sent(self) -> tuple[bytes, bytes]:
        size = max(self._ground.border.capabilities.part_size_minimum, PART_SIZE)
        if size > PART_SIZE_TRIED:
            raise LookupError(f"parts have {size:,} bytes at least, which is more than a probe sends")
        parts = secrets.token_bytes(size), _REST
        self._ground.upload("large", *parts)
        return parts

    def made(self) -> Told:
        content = b"".join(self._parts)
        info = self._ground.info("large")
        if info.size != len(content):
            return fails(f"{len(content):,} bytes in two parts are reported as {info.size}")
        return holds() if self._ground.read("large") == content else fails("it comes back as other bytes")

    def ranged(self) -> Told:
        start, stop = len(self._parts[0]) - 5, len(self._parts[0]) + 5
        found = self._ground.read("large", start, stop)
        return (
            holds() if found == b"".join(self._parts)[start:stop] else fails(f"it came with {len(found)} other bytes")
        )

    def tagged(self) -> Told:
        digests = [hashlib.md5(part, usedforsecurity=False) for part in self._parts]
        joined = {b"".join(each.digest() for each in digests), "".join(each.hexdigest() for each in digests).encode()}
        wanted = {hashlib.md5(each, usedforsecurity=False).hexdigest() for each in joined}
        found = self._ground.info("large").hash or ""
        return holds(found) if found.partition("-")[0] in wanted else fails(f"it is {found!r}")

    def copied(self) -> Told:
        if not self._ground.border.capabilities.server_side_copy:
            return fails("it is read and written by the client")
        content = b"".join(self._parts)
        self._copy(self._ground.info("large"), len(self._parts[0]))
        return holds() if self._ground.read("copy of large") == content else fails("the copy has another content")

    def _copy(self, source: ObjectInfo, size: int) -> None:
        ground = self._ground
        new = ground.new("copy of large", source.size, part_size=size)
        upload = GuardedUpload(ground.border, new, (ground.container, source))
        try:
            upload.copy_part(Part(1, 0, size))
            upload.copy_part(Part(2, size, sum(map(len, self._parts)) - size))
            upload.complete()
        except BaseException as error:
            upload.abort_after(error)
            raise
