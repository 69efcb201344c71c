"""Whether conditions of writes are kept: of single writes, large objects and copies, and of writers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from obs_client._engine.copying import copy_by_parts
from obs_client._engine.parallel import bounded_map
from obs_client.backend.multipart import NeedsParts
from obs_client.errors import NotFoundError, ObjectStorageClientError, PreconditionError
from obs_client.probing.ground import Ground, Told, fails, holds, refused
from obs_client.probing.profile import Finding

TOPIC = "conditions"
SINGLE_ROUNDS = 5
LARGE_ROUNDS = 3

_OLD, _NEW = b"the old content", b"the new content"

IF_ABSENT = "a write if the name is free"
IF_HASH = "a write if the hash matches"
LARGE_IF_ABSENT = "a large object if the name is free"
LARGE_IF_HASH = "a large object if the hash matches"
COPY_IF_ABSENT = "a copy if the name is free"
RACE = "of two writers at once, one succeeds"
LARGE_RACE = "of two writers of large objects at once, one succeeds"

Write = Callable[[str, bytes, bool, str | None], None]
"""Writes a content under a name, if that is free, or if the hash there is this."""


def conditions(ground: Ground) -> Iterator[Finding]:
    """What becomes of conditions, whether the client declares them or not."""

    def single(text: str, content: bytes, if_absent: bool, if_hash: str | None) -> None:
        ground.write(text, content, if_absent=if_absent, if_hash=if_hash)

    def large(text: str, content: bytes, if_absent: bool, if_hash: str | None) -> None:
        ground.upload(text, content, if_absent=if_absent, if_hash=if_hash)

    def copy(text: str, content: bytes, if_absent: bool, _: str | None) -> None:
        ground.write("source", content)
        copy_within(ground, "source", text, if_absent=if_absent)

    yield ground.tell(TOPIC, IF_ABSENT, lambda: _if_absent(ground, "1", single))
    yield ground.tell(TOPIC, IF_HASH, lambda: _if_hash(ground, "2", single))
    yield ground.tell(TOPIC, LARGE_IF_ABSENT, lambda: _if_absent(ground, "3", large))
    yield ground.tell(TOPIC, LARGE_IF_HASH, lambda: _if_hash(ground, "4", large))
    yield ground.tell(TOPIC, COPY_IF_ABSENT, lambda: _if_absent(ground, "5", copy))
    yield ground.tell(TOPIC, RACE, lambda: _race(ground, "6", single, SINGLE_ROUNDS))
    yield ground.tell(TOPIC, LARGE_RACE, lambda: _race(ground, "7", large, LARGE_ROUNDS))


def copy_within(ground: Ground, source: str, target: str, *, if_absent: bool = False) -> None:
    """Let the store copy an object, by parts if it wants that."""
    info = ground.info(source)
    new = ground.new(target, info.size, if_absent=if_absent)
    try:
        ground.border.object_copy(ground.container, info, new)
    except NeedsParts:
        copy_by_parts(ground.border, ground.container, info, new)


def _if_absent(ground: Ground, folder: str, write: Write) -> Told:
    taken, free = f"{folder}/taken", f"{folder}/free"
    ground.write(taken, _OLD)
    error = refused(lambda: write(taken, _NEW, True, None))
    if found := _not_kept(ground, taken, error):
        return found
    error = refused(lambda: write(free, _NEW, True, None))
    if error is not None:
        return fails(f"it is refused also where the name is free: {error}")
    return _written(ground, free)


def _if_hash(ground: Ground, folder: str, write: Write) -> Told:
    text = f"{folder}/object"
    ground.write(text, b"an older content")
    stale = ground.info(text).hash
    ground.write(text, _OLD)
    fresh = ground.info(text).hash
    if stale is None or fresh is None or stale == fresh:
        return fails(f"the hashes of two contents, {stale!r} and {fresh!r}, are the same")
    error = refused(lambda: write(text, _NEW, False, stale))
    if found := _not_kept(ground, text, error):
        return found
    error = refused(lambda: write(text, _NEW, False, fresh))
    if error is not None:
        return fails(f"it is refused even if the hash matches: {error}")
    return _written(ground, text)


def _not_kept(ground: Ground, text: str, error: ObjectStorageClientError | None) -> Told | None:
    """What is to be said if a condition that does not hold was not the reason of a refusal."""
    try:
        overwritten = ground.read(text) != _OLD
    except NotFoundError:
        return fails("the object that was there is gone")
    if overwritten:
        told = "and that was told" if error is None else f"though the answer was: {error}"
        return fails(f"an object that was not to be touched was overwritten, {told}")
    if error is None:
        return fails("success was reported, but it was not done")
    if not isinstance(error, PreconditionError):
        return fails(f"such a request is refused: {error}")
    return None


def _written(ground: Ground, text: str) -> Told:
    if not ground.is_there(text) or ground.read(text) != _NEW:
        return fails("where the condition holds, success was reported, but it was not done")
    return holds()


def _race(ground: Ground, folder: str, write: Write, rounds: int) -> Told:
    for number in range(rounds):
        text = f"{folder}/{number}"
        barrier = threading.Barrier(2, timeout=5.0)

        def attempt(
            content: bytes, text: str = text, barrier: threading.Barrier = barrier
        ) -> ObjectStorageClientError | None:
            barrier.wait()
            return refused(lambda: write(text, content, True, None))

        errors = list(bounded_map(attempt, [_OLD, _NEW], 2))
        if errors == [None, None]:
            return fails(f"both were, in round {number + 1} of {rounds}")
        if None not in errors:
            return fails(f"none was, in round {number + 1} of {rounds}: {errors[0]}")
    if not ground.border.capabilities.atomic_conditions and not ground.takes("atomic_conditions"):
        return fails(f"it was so in {rounds} rounds, but this store is known to look before it writes: both may be")
    return holds(f"in each of {rounds} rounds")
