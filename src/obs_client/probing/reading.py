"""How content comes back: ranges, tags that are digests, and codings."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator

from obs_client.errors import NotFoundError, PreconditionError
from obs_client.probing.ground import Ground, Told, fails, holds, refused
from obs_client.probing.profile import Finding

CONTENT = b"0123456789"


def reading(ground: Ground) -> Iterator[Finding]:
    """Ranges and codings, and whether the tag of an object is a digest."""
    yield ground.tell("ranges", "exactly the bytes that were asked for", lambda: _range(ground, 3, 7, CONTENT[3:7]))
    yield ground.tell(
        "ranges", "a range across the end returns the bytes up to the end", lambda: _range(ground, 7, 99, CONTENT[7:])
    )
    yield ground.tell("ranges", "a range after the end returns nothing", lambda: _range(ground, 50, 60, b""))
    yield ground.tell("ranges", "a range of one version only", lambda: _pinned(ground))
    yield ground.tell("tags", "the hash is the MD5 of the content", lambda: _tag(ground))
    yield ground.tell("codings", "gzip-coded content comes back as it is stored", lambda: _coding(ground))


def _range(ground: Ground, start: int, stop: int, wanted: bytes) -> Told:
    ground.write("range", CONTENT)
    found = ground.read("range", start, stop)
    return holds() if found == wanted else fails(f"bytes {start} to {stop} of {CONTENT!r} were {found!r}")


def _pinned(ground: Ground) -> Told:
    ground.write("pinned", CONTENT)
    first = ground.info("pinned").hash
    if first is None:
        return fails("the store reports no hash to pin a range to")
    if ground.read("pinned", 1, 3, first) != CONTENT[1:3]:
        return fails("a range of the version that is there came with other bytes")
    ground.write("pinned", CONTENT[::-1])
    error = refused(lambda: ground.read("pinned", 1, 3, first))
    if error is None:
        return fails("the response to a range of a replaced version was of the new one")
    if not isinstance(error, (NotFoundError, PreconditionError)):
        return fails(f"a range of a replaced version is refused: {error}")
    return holds("that of a replaced version is refused")


def _tag(ground: Ground) -> Told:
    ground.write("tag", CONTENT)
    wanted = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    found = ground.info("tag").hash
    return holds() if found == wanted else fails(f"it is {found!r} and not {wanted!r}")


def _coding(ground: Ground) -> Told:
    content = gzip.compress(CONTENT * 100, mtime=0)
    ground.write("coding", content, content_encoding="gzip")
    info = ground.info("coding")
    found = ground.read("coding")
    if found != content:
        decoded = "decoded" if found == CONTENT * 100 else f"as {len(found):,} other bytes"
        return fails(f"{len(content):,} bytes come back {decoded}")
    if (info.content_encoding, info.size) != ("gzip", len(content)):
        return fails(f"it is reported as {info.size} bytes with encoding {info.content_encoding!r}")
    return holds()
