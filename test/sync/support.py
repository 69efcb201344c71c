"""Places and trees for the tests of copying and sync."""

from __future__ import annotations

import dataclasses
import os
import random
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from obs_client import ClientOptions, LocalClient, MemoryClient, ObjectInfo
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.backends.local.directory import DirectoryClient
from obs_client.client import ObjectStorageClient
from obs_client.errors import ServiceError
from obs_client.sync import Place, SyncOptions, plan_sync
from obs_client.testing.wrapper import RecordingClient

PART = 1000
QUICK = ClientOptions(part_size=PART, workers=3, first_pause=0.001, longest_pause=0.002)

KINDS = ("memory", "folder", "local", "directory")
ODD_NAMES = (
    "ü/é/日本", "line\nbreak", "esc\x1b[31m", "~", "$HOME", "-rf", "a%2e%2e", "%2F", "back\\slash", "C:x", "trailing. ",
    "con", "q?a=b#c", "...", "..x", "'\"<>&", "x" * 255,
)  # fmt: skip
NEXT = dict(zip(KINDS, KINDS[1:] + KINDS[:1], strict=True))
PAIRS = [
    pytest.param(one, other, marks=() if NEXT[one] == other else pytest.mark.slow) for one in KINDS for other in KINDS
]
"""For each commit each kind is once what is read and once what is written."""


class Thing(NamedTuple):
    """An object of a tree."""

    content: bytes
    attributes: dict[str, Any]


class Hashless(RecordingClient):
    """Lists no hashes."""

    def _object_list(self, *arguments: Any) -> Page[Any]:
        page: Page[Any] = super()._object_list(*arguments)
        return Page([dataclasses.replace(entry, hash=None) for entry in page.entries], page.next_marker)


def tree(odd_names: bool = True, large: int = 7 * PART + 123) -> dict[str, Thing]:
    """Empty files, odd names, all attributes, and objects of many parts."""
    noise = random.Random(5)
    full = {
        "metadata": {"author": "Zoë ☃", "empty-looking": "=?x", "n": "1"},
        "content_type": "text/x-odd; charset=latin-1",
        "content_encoding": "br",
        "content_disposition": 'attachment; filename="a b"',
        "content_language": "de-AT",
        "cache_control": "max-age=5",
    }
    things = {
        "empty": Thing(b"", {}),
        "empty with all": Thing(b"", full),
        "a/b/c/deep.txt": Thing(b"deep", full),
        "a!": Thing(b"before the slash", {}),
        "a-b/c": Thing(b"x", {}),
        "exactly one part": Thing(noise.randbytes(PART), {}),
        "one more": Thing(noise.randbytes(PART + 1), {}),
        "large": Thing(noise.randbytes(large), full),
    }
    if odd_names:
        things |= {name: Thing(name.encode(), {}) for name in ODD_NAMES}
    return things


def memory(prefix: str = "", /, **things: bytes) -> Place:
    """A new place in memory that holds these things."""
    client = MemoryClient(options=QUICK)
    client.container_create("box")
    place = Place(client, "box", prefix)
    for name, content in things.items():
        client.object_write(place.full_name(name), content, container_name="box")
    return place


def make_place(kind: str, path: Path, options: ClientOptions = QUICK) -> Place:
    """A new place of a kind, empty."""
    if kind == "directory":
        place = Place.of_directory(path / "directory")
        place.client.options = options
        return place
    if kind == "local":
        path.mkdir(parents=True, exist_ok=True)
        client: ObjectStorageClient = LocalClient(path, options=options)
    else:
        client = MemoryClient(options=options)
    client.container_create("box")
    return Place(client, "box", "some/folder" if kind == "folder" else "")


def fill(place: Place, things: dict[str, Thing]) -> None:
    """Write all objects of a tree."""
    for name, thing in things.items():
        place.client.object_write(
            place.full_name(name), thing.content, container_name=place.container_name, **thing.attributes
        )


def state(place: Place) -> dict[str, tuple[bytes, dict[str, Any]]]:
    """All that a place holds: contents, and what is told of each object but its hash and time."""
    found = {}
    for entry in place.objects():
        info = place.client.object_info(entry.name, place.container_name)
        assert info is not None
        content = place.client.object_read(entry.name, place.container_name)
        found[entry.name[len(place.prefix) :]] = content, shown(info)
    return found


def contents(place: Place) -> dict[str, bytes]:
    """The contents alone."""
    return {name: content for name, (content, _) in state(place).items()}


def shown(info: ObjectInfo) -> dict[str, Any]:
    """An object's attributes."""
    row = {field.name: getattr(info, field.name) for field in dataclasses.fields(info) if field.compare}
    return {key: row[key] for key in row if key not in ("name", "hash", "last_modified")}


def set_time(place: Place, name: str, seconds: float) -> None:
    """Make an object of a memory or directory place look as if written then."""
    if isinstance(place.client, DirectoryClient):
        path = Path(place.client.path) / name
        os.utime(path, (seconds, seconds))
        return
    assert isinstance(place.client, MemoryClient)
    container = place.client._containers[place.container_name]
    stored = container.get(place.full_name(name))
    assert stored is not None
    info = dataclasses.replace(stored.info, last_modified=seconds)
    container.put(dataclasses.replace(stored, info=info))


def without_hashes(place: Place) -> None:
    """Make the objects of a memory place look as if the store told no hash."""
    assert isinstance(place.client, MemoryClient)
    container = place.client._containers[place.container_name]
    for entry in list(place.objects()):
        stored = container.get(entry.name)
        assert stored is not None
        container.put(dataclasses.replace(stored, info=dataclasses.replace(stored.info, hash=None)))


class Refusing(RecordingClient):
    """Takes the whole body, and refuses it."""

    def _object_write(self, new: NewObject, body: Any) -> None:
        body.read()
        raise ServiceError("no space") from OSError("the cause has frames, too")


def threads() -> set[threading.Thread]:
    """The threads of pools that are alive; those of `aio` go on until their client is collected."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("obs_client_")}


class Slow(RecordingClient):
    """Takes its time, and counts."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.moved = 0

    def _object_open(self, *arguments: Any) -> ObjectReader:
        self.moved += 1
        time.sleep(0.02)
        return super()._object_open(*arguments)

    def _object_write(self, new: NewObject, body: Any) -> None:
        self.moved += 1
        time.sleep(0.02)
        super()._object_write(new, body)


def reasons(source: Place, target: Place, **options: Any) -> dict[str, tuple[str, str]]:
    """What a plan would do with each name, and why."""
    return {step.name: (step.action, step.reason) for step in plan_sync(source, target, SyncOptions(**options))}
