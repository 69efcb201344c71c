"""Copies within the store, changes of metadata, and deleting many objects at once."""

from __future__ import annotations

from collections.abc import Iterator

from obs_client._engine.copying import change_metadata
from obs_client.errors import NotFoundError
from obs_client.probing.conditions import copy_within
from obs_client.probing.ground import Ground, Told, fails, holds
from obs_client.probing.profile import Finding

COUNT = 3
_METADATA = {"obs-probe": "value"}


def copies(ground: Ground) -> Iterator[Finding]:
    """What the store does by itself."""
    yield ground.tell("copies", "an object is copied within the store", lambda: _copy(ground))
    yield ground.tell("copies", "metadata are changed without sending the content", lambda: _change(ground))
    yield ground.tell("deleting", f"{COUNT + 1} objects by one call, absent ones too", lambda: _bulk(ground))


def _copy(ground: Ground) -> Told:
    if not ground.border.capabilities.server_side_copy:
        return fails("it is read and written by the client")
    ground.write("original", b"content", metadata=_METADATA)
    copy_within(ground, "original", "copy")
    return holds() if ground.read("copy") == b"content" else fails("the copy has another content")


def _change(ground: Ground) -> Told:
    ground.write("changed", b"content", metadata={"old": "value"})
    name = ground.name("changed")
    if not change_metadata(ground.border, ground.container, name, lambda _: _METADATA):
        return fails("the object is reported as absent")
    found = ground.info("changed").metadata
    if found != _METADATA:
        return fails(f"they are reported as {found} instead of {_METADATA}")
    return holds() if ground.read("changed") == b"content" else fails("the content is another afterwards")


def _bulk(ground: Ground) -> Told:
    most = ground.border.capabilities.delete_batch_maximum
    if most <= COUNT:
        return fails("objects are deleted one by one")
    texts = [f"bulk/{number}" for number in range(COUNT)]
    for text in texts:
        ground.write(text, b"")
    batch = [ground.name(text) for text in [*texts, "bulk/absent"]]
    failures = ground.border.object_delete_many(ground.container, batch)
    refused = {name: error for name, error in failures.items() if not isinstance(error, NotFoundError)}
    if refused:
        name, error = next(iter(refused.items()))
        return fails(f"{name[len(ground.ledger.prefix) :]!r} is refused: {error}")
    left = [text for text in texts if ground.is_there(text)]
    return fails(f"{left} are still there, though reported as deleted") if left else holds()
