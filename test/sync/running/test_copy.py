"""How one object is copied: how many requests it takes, which attributes go with it, and what changes under way."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    InvalidNameError,
    MemoryClient,
    ObjectChangedError,
)
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.models import METADATA_KEY_CHARACTERS, Attributes, Capabilities, ObjectInfo
from obs_client.sync import (
    Place,
    SyncOptions,
    apply,
    plan_sync,
    sync,
)
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import (
    PART,
    QUICK,
    contents,
    fill,
    make_place,
    memory,
    set_time,
    tree,
)

NO_UNDERSCORE = METADATA_KEY_CHARACTERS.replace("_", "")


def test_a_small_object_takes_one_request_on_each_side() -> None:
    source, target = memory(a=b"1", b=b"2", c=b"3"), memory()
    one, other = RecordingClient(source.client), RecordingClient(target.client)
    sync(Place(one, "box"), Place(other, "box"))
    assert sorted(one.calls) == ["object_list", *["object_open"] * 3]
    assert sorted(other.calls) == ["object_list", *["object_write"] * 3]


def test_within_one_client_the_store_copies() -> None:
    source = memory("one", a=b"1", large=b"x" * 5 * PART)
    client = RecordingClient(source.client)
    report = sync(Place(client, "box", "one"), Place(client, "box", "other"))
    assert report.copied == 2
    assert set(client.calls) == {"object_list", "object_info", "object_copy"}
    assert contents(Place(client, "box", "other")) == contents(source)


def test_an_object_that_is_gone_meanwhile_is_a_skip_with_a_note() -> None:
    source, target = memory(a=b"1", b=b"2"), memory()

    class Vanishing(RecordingClient):
        def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
            if name == "b":
                self.inner.object_delete(name, container)
            return super()._object_open(container, name, *rest)

    report = sync(Place(Vanishing(source.client), "box"), target)
    assert (report.copied, report.skipped) == (1, 1)
    assert "gone" in report.notes["b"]
    assert report.ok


def test_attributes_are_mapped_or_refused_by_name() -> None:
    class Narrow(MemoryClient):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), metadata_key_characters=NO_UNDERSCORE)

    source = memory()
    source.client.object_write("a", b"1", {"snake_case": "x"}, "box")
    client = Narrow(options=QUICK)
    client.container_create("box")
    report = sync(source, Place(client, "box"))
    assert isinstance(report.failures["a"], InvalidNameError)
    assert "snake_case" in str(report.failures["a"])

    def plain(attributes: Attributes) -> Attributes:
        return dataclasses.replace(attributes, metadata={})

    assert sync(source, Place(client, "box"), SyncOptions(map_attributes=plain)).ok


def test_a_target_that_changed_is_never_taken_for_a_copy_since_it_is_newer(tmp_path: Path) -> None:
    source = Place.of_directory(tmp_path)
    for name in ("changed", "made", "same"):
        (tmp_path / name).write_bytes(b"right")
        set_time(source, name, 1_000_000_000)
    target = memory(changed=b"wrong")
    steps = list(plan_sync(source, target, SyncOptions(checksum=True)))
    target.client.object_write("changed", b"WRONG", container_name="box")
    target.client.object_write("made", b"other", container_name="box")
    target.client.object_write("same", b"right", container_name="box")
    report = apply(steps, source, target)
    assert set(report.failures) == {"changed", "made"}
    assert all(isinstance(error, ObjectChangedError) for error in report.failures.values())
    assert set(report.notes) == {"same"}, "read, and found to be a copy"
    assert contents(target) == {"changed": b"WRONG", "made": b"other", "same": b"right"}


def test_a_copy_is_proved_by_reading_where_no_hash_is_told(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for name in ("same", "other", "gone"):
        (tmp_path / "one" / name).write_bytes(b"right")
    source, target = Place.of_directory(tmp_path / "one"), Place.of_directory(tmp_path / "two")
    steps = list(plan_sync(source, target))
    for name, content in {"same": b"right", "other": b"WRONG", "gone": b"right"}.items():
        (tmp_path / "two" / name).write_bytes(content)
    (tmp_path / "one" / "gone").unlink()
    assert {info.hash for place in (source, target) for info in place.objects()} == {None}
    report = apply(steps, source, target)
    assert (set(report.notes), set(report.failures)) == ({"same"}, {"other", "gone"})
    assert all(isinstance(error, ObjectChangedError) for error in report.failures.values())


class Editing(RecordingClient):
    """Edits a file each time one is written, a few times: the change keeps the size."""

    def __init__(self, inner: ObjectStorageClient, path: Path, edits: int) -> None:
        super().__init__(inner)
        self._path = path
        self._left = edits

    def _object_write(self, new: NewObject, body: Any) -> None:
        if self._left:
            self._left -= 1
            self._path.write_bytes(b"new%d" % self._left)
            time.sleep(0.01)
        super()._object_write(new, body)


@pytest.mark.parametrize("ask", [False, True])
@pytest.mark.parametrize("recorded", [False, True], ids=["plain", "with a recorded hash"])
def test_an_edit_of_equal_size_while_a_file_is_copied_is_copied_too(ask: bool, recorded: bool, tmp_path: Path) -> None:
    source, target = Place.of_directory(tmp_path / "source"), memory()
    path = tmp_path / "source" / "file"
    source.client.object_write("file", b"old!")
    if not recorded:
        path.write_bytes(b"old!")
        set_time(source, "file", 1_000_000_000.5)
    assert (next(source.objects()).hash is not None) == recorded
    report = apply(plan_sync(source, target), source, Place(Editing(target.client, path, 1), "box"), ask=ask)
    assert (report.ok, report.copied) == (True, 1)
    assert contents(target) == {"file": b"new0"} == contents(source)
    assert sync(source, target).copied == 0


def test_a_file_that_changes_all_the_time_fails_by_name(tmp_path: Path) -> None:
    source, target = Place.of_directory(tmp_path), memory()
    (tmp_path / "file").write_bytes(b"old!")
    report = sync(source, Place(Editing(target.client, tmp_path / "file", 100), "box"))
    assert isinstance(report.failures["file"], ObjectChangedError)
    assert sync(source, target, SyncOptions(checksum=True)).ok
    assert contents(target) == contents(source)


def test_a_file_of_a_directory_takes_one_read_and_the_target_one_request(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"1")
    target = RecordingClient(memory().client)
    assert sync(Place.of_directory(tmp_path), Place(target, "box")).copied == 2
    assert sorted(target.calls) == ["object_list", "object_write", "object_write"]


class Replacing(RecordingClient):
    """Replaces the object `one/a` when it was asked for the first time."""

    replaced = False

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        info = super()._object_info(container, name)
        if name == "one/a" and not self.replaced:
            self.replaced = True
            self.inner.object_write(name, b"quite another", container_name=container)
        return info


@pytest.mark.parametrize("by_store", [True, False])
def test_within_one_store_what_is_copied_is_what_was_checked(by_store: bool) -> None:
    class Client(Replacing):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), server_side_copy=by_store)

        def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
            if not by_store:
                self._object_info(container, name)
            return super()._object_open(container, name, *rest)

    plain = memory("one", a=b"1").client
    steps = list(plan_sync(Place(plain, "box", "one"), Place(plain, "box", "two")))
    client = Client(plain)
    report = apply(steps, Place(client, "box", "one"), Place(client, "box", "two"))
    assert isinstance(report.failures["a"], ObjectChangedError)
    assert contents(Place(plain, "box", "two")) == {}


def test_within_one_store_the_size_is_that_of_what_was_copied() -> None:
    plain = memory("one", a=b"1").client
    source, target = Place(plain, "box", "one"), Place(plain, "box", "two")
    steps = list(plan_sync(source, target))
    plain.object_write("one/a", b"quite another", container_name="box")
    client, seen = RecordingClient(plain), list[int]()
    report = apply(steps, Place(client, "box", "one"), Place(client, "box", "two"), ask=False, progress=seen.append)
    assert (report.copied, report.copied_size, seen) == (1, 13, [13])
    assert sorted(client.calls) == ["object_copy", "object_info"]


@pytest.mark.parametrize("wrong", [None, {"content_type": "a/b"}])
def test_a_map_of_attributes_must_give_attributes(wrong: Any, tmp_path: Path) -> None:
    source, target = make_place("memory", tmp_path), make_place("memory", tmp_path)
    fill(source, {"a": tree()["large"]})
    report = sync(source, target, SyncOptions(map_attributes=lambda _: wrong))
    assert "must give Attributes, not" in str(report.failures["a"])
    assert contents(target) == {}
