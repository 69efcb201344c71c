"""Copying and moving objects between any two clients."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import tracemalloc
from collections.abc import Hashable
from pathlib import Path
from typing import Any, cast

import pytest

from obs_client import (
    Capabilities,
    ClientOptions,
    ConflictError,
    ContainerNotFoundError,
    IntegrityError,
    InvalidNameError,
    LocalClient,
    MemoryClient,
    NotSupportedError,
    ObjectChangedError,
    ObjectInfo,
    ObjectNotFoundError,
    Place,
    PreconditionError,
    copying,
)
from obs_client._engine.resuming import copy as resuming
from obs_client._engine.transfers import memory
from obs_client.backend.body import BytesBody
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.models import METADATA_KEY_CHARACTERS, Attributes
from obs_client.testing.faults import FaultyClient
from obs_client.testing.wrapper import RecordingClient
from obs_client.wrappers import prefixed
from test.engine.scripted import ScriptedClient
from test.sync.support import PAIRS, PART, QUICK, fill, make_place, shown, tree

NO_UNDERSCORE = METADATA_KEY_CHARACTERS.replace("_", "")


def store(content: bytes = b"content", **attributes: Any) -> MemoryClient:
    client = MemoryClient("box", options=QUICK)
    client.container_create("box")
    client.object_write("name", content, **attributes)
    return client


def empty() -> MemoryClient:
    client = MemoryClient("box", options=QUICK)
    client.container_create("box")
    return client


def box(client: ObjectStorageClient) -> Place:
    return Place(client, "box")


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_every_object_arrives_whole_with_all_attributes(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    things = tree()
    fill(source, things)
    for name, thing in things.items():
        seen: list[int] = []
        assert copying.object_copy(source, name, target, progress=seen.append)
        assert sum(seen) == len(thing.content)
        before = source.client.object_info(source.full_name(name), source.container_name)
        after = target.client.object_info(target.full_name(name), target.container_name)
        assert before is not None
        assert after is not None
        assert shown(before) == shown(after)
        assert target.client.object_read(target.full_name(name), target.container_name) == thing.content


def test_a_small_object_takes_one_request_on_each_side() -> None:
    source, target = RecordingClient(store()), RecordingClient(empty())
    assert copying.object_copy(box(source), "name", box(target))
    assert (source.calls, target.calls) == (["object_open"], ["object_write"])


def test_within_one_client_the_store_copies() -> None:
    client = RecordingClient(store())
    assert copying.object_copy(box(client), "name", box(client), "other")
    assert client.calls == ["object_info", "object_copy"]


def test_an_absent_source_is_no_copy() -> None:
    target = empty()
    assert not copying.object_copy(box(store()), "absent", box(target), "name")
    assert not copying.object_copy(Place(empty(), "nowhere"), "absent", box(target), "name")
    assert not copying.object_move(box(store()), "absent", box(target), "name")
    assert target.object_list() == []


def test_an_absent_target_container_is_an_error() -> None:
    with pytest.raises(ContainerNotFoundError):
        copying.object_copy(box(store()), "name", Place(empty(), "nowhere"))


@pytest.mark.parametrize("size", [3, 5 * PART])
def test_if_absent_holds(size: int) -> None:
    source, target = store(b"s" * size), store(b"old")
    with pytest.raises(PreconditionError):
        copying.object_copy(box(source), "name", box(target), if_absent=True)
    assert target.object_read("name") == b"old"
    assert copying.object_copy(box(source), "name", box(target), "new", if_absent=True)
    assert target.object_info("new").metadata == {}  # type: ignore[union-attr]


class Narrow(MemoryClient):
    """Keeps no metadata keys with an underscore, and no conditions."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), metadata_key_characters=NO_UNDERSCORE, if_absent=False)


def narrow() -> Narrow:
    client = Narrow("box", options=QUICK)
    client.container_create("box")
    return client


def test_what_the_target_cannot_keep_is_named_and_nothing_is_written() -> None:
    source, target = store(metadata={"snake_case": "1"}), narrow()
    with pytest.raises(InvalidNameError, match="snake_case"):
        copying.object_copy(box(source), "name", box(target))
    with pytest.raises(NotSupportedError):
        copying.object_copy(box(store()), "name", box(target), if_absent=True)
    assert target.object_list() == []


def test_a_function_of_the_callers_maps_attributes() -> None:
    def map_attributes(attributes: Attributes) -> Attributes:
        keys = {key.replace("_", "-"): value for key, value in attributes.metadata.items()}
        return dataclasses.replace(attributes, metadata=keys, content_type="text/plain")

    source, target = store(metadata={"snake_case": "1"}), narrow()
    assert copying.object_copy(box(source), "name", box(target), map_attributes=map_attributes)
    info = target.object_info("name")
    assert info is not None
    assert (info.metadata, info.content_type) == ({"snake-case": "1"}, "text/plain")
    assert copying.object_copy(box(source), "name", box(source), map_attributes=map_attributes)
    assert source.object_info("name").metadata == {"snake-case": "1"}  # type: ignore[union-attr]


class Flipping(MemoryClient):
    """Gives one wrong byte, beside the right digest."""

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        content = bytearray(self._stored(container, name).content)
        content[len(content) // 2] ^= 1
        cast("Any", reader)._left = memoryview(content)[start:stop]
        return reader


@pytest.mark.parametrize("size", [10, 7 * PART])
def test_wrong_bytes_are_never_published(size: int) -> None:
    source = Flipping("box", options=QUICK)
    source.container_create("box")
    source.object_write("name", b"x" * size)
    target = store(b"old")
    with pytest.raises(IntegrityError):
        copying.object_copy(box(source), "name", box(target))
    assert target.object_read("name") == b"old"


@pytest.mark.parametrize("size", [10, 7 * PART])
def test_over_stores_that_fail_all_the_time(size: int) -> None:
    content = bytes(range(256)) * 28
    source, target = FaultyClient(store(content[:size])), FaultyClient(empty())
    assert copying.object_copy(box(source), "name", box(target))
    assert target.object_read("name") == content[:size]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_object(tmp_path: Path) -> None:
    options = ClientOptions(part_size=256 * 1024, workers=2)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    source, target = LocalClient(tmp_path, "one", options=options), LocalClient(tmp_path, "two", options=options)
    with source.object_open("name", "wb") as file:
        for _ in range(64):
            file.write(b"x" * options.part_size)
    tracemalloc.start()
    try:
        assert copying.object_copy(Place(source, "one"), "name", Place(target, "two"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * options.part_size
    digest = hashlib.md5()
    sink = io.BytesIO()
    target.object_download("name", sink)
    digest.update(sink.getvalue())
    assert digest.digest() == hashlib.md5(b"x" * 64 * options.part_size).digest()


def test_a_move_leaves_the_copy_only() -> None:
    source, target = store(metadata={"a": "ü"}), empty()
    assert copying.object_move(box(source), "name", box(target), "there")
    assert source.object_list() == []
    assert target.object_read("there") == b"content"
    assert target.object_info("there").metadata == {"a": "ü"}  # type: ignore[union-attr]


def test_a_move_onto_itself_keeps_the_object(tmp_path: Path) -> None:
    client = store()
    assert copying.object_move(box(client), "name", box(client))
    assert client.object_read("name") == b"content"
    (tmp_path / "box").mkdir()
    one, other = LocalClient(tmp_path, "box"), LocalClient(tmp_path, "box")
    one.object_write("name", b"content")
    with pytest.raises(Exception, match=r"stays|replaced"):
        copying.object_move(box(one), "name", box(other))
    assert one.object_read("name") == b"content"


@pytest.mark.parametrize("kind", ["store", "directory"])
def test_an_object_that_two_clients_reach_is_not_even_written_by_a_move(kind: str, tmp_path: Path) -> None:
    (tmp_path / "box" / "in").mkdir(parents=True)
    (tmp_path / "box" / "in" / "name").write_bytes(b"content")
    one = Place(LocalClient(tmp_path), "box")
    within = Place(prefixed(LocalClient(tmp_path), "in"), "box")
    if kind == "directory":
        within = Place.of_directory(tmp_path / "box" / "in")
    before = os.stat(tmp_path / "box" / "in" / "name")
    for source, name, target, end in ((one, "in/name", within, "name"), (within, "name", one, "in/name")):
        with pytest.raises(ConflictError, match="stays"):
            copying.object_move(source, name, target, end)
    assert os.stat(tmp_path / "box" / "in" / "name") == before


class Stopped(MemoryClient):
    """Its clock tells whole seconds, as those of S3 and Swift do, and this one does not go on."""

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return dataclasses.replace(super()._object_info(container, name), last_modified=1.0)


class Elsewhere(RecordingClient):
    """The same store by another name, which nobody knows to be the same."""

    def _location(self, container: str) -> tuple[Hashable, str]:
        return self, f"{container}/"


@pytest.mark.parametrize(("name", "end"), [("in/name", "name"), ("name", "in/name"), ("name", "name")])
def test_the_only_copy_is_never_deleted_by_a_move(name: str, end: str) -> None:
    """Two clients, which nobody knows to be of one store, and a copy within the second of the source."""
    store = Stopped("box", options=QUICK)
    store.container_create("box")
    source: ObjectStorageClient = Elsewhere(store)
    target: ObjectStorageClient = Elsewhere(store)
    if end != name:
        longer = name == "in/name"
        source, target = (source, prefixed(target, "in")) if longer else (prefixed(source, "in"), target)
    source.object_write(name, b"content", container_name="box")
    with pytest.raises(ConflictError, match="stays"):
        copying.object_move(box(source), name, box(target), end)
    assert source.object_read(name, "box") == b"content"


@pytest.mark.parametrize("seen", [None, 6, 8])
def test_a_source_stays_if_its_copy_is_not_there_whole(seen: int | None) -> None:
    class Losing(MemoryClient):
        def _object_info(self, container: str, name: str) -> ObjectInfo:
            if seen is None:
                raise ObjectNotFoundError("lost")
            return dataclasses.replace(super()._object_info(container, name), size=seen)

    source, target = store(), Losing("box", options=QUICK)
    target.container_create("box")
    with pytest.raises(IntegrityError, match="is not complete; the source stays"):
        copying.object_move(box(source), "name", box(target))
    assert source.object_read("name") == b"content"


def test_a_move_at_once_to_another_store_under_another_name_is_one() -> None:
    """Equal content and times alone do not make two objects one."""
    source, target = Stopped("box", options=QUICK), Stopped("box", options=QUICK)
    for client in (source, target):
        client.container_create("box")
    source.object_write("name", b"content")
    assert copying.object_move(box(source), "name", box(target), "other")
    assert source.object_info("name") is None
    assert target.object_read("other") == b"content"


def test_a_source_that_is_replaced_during_a_move_stays() -> None:
    source = store()

    def replace(_: int) -> None:
        source.object_write("name", b"newer")

    with pytest.raises(ObjectChangedError):
        copying.object_move(box(source), "name", box(empty()), progress=replace)
    assert source.object_read("name") == b"newer"


def test_a_move_whose_copy_fails_keeps_the_source() -> None:
    source, target = store(), ScriptedClient(options=QUICK)
    target.before["_object_write"].append(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        copying.object_move(box(cast("ObjectStorageClient", source)), "name", box(target))
    assert source.object_read("name") == b"content"


def test_names_are_those_below_the_prefixes() -> None:
    source, target = Place(store(), "box", "in"), Place(empty(), "box", "out/")
    source.client.object_write("in/deep/name", b"1")
    assert not copying.object_copy(source, "name", target)
    assert copying.object_copy(source, "deep/name", target)
    assert copying.object_move(source, "deep/name", target, "moved")
    assert [entry.name for entry in target.objects()] == ["out/deep/name", "out/moved"]
    assert list(source.objects()) == []
    within = Place(source.client, "box")
    assert copying.object_copy(within, "name", source)
    assert copying.object_move(source, "name", within, "in/name"), "it is the same object"
    assert source.client.object_read("in/name") == b"content"


@pytest.mark.parametrize("name", ["", "..", "a/../b"])
def test_a_name_that_leads_out_of_the_place_is_refused(name: str) -> None:
    source, target = RecordingClient(store()), RecordingClient(empty())
    places = Place(source, "box", "in"), Place(target, "box", "out")
    with pytest.raises(InvalidNameError):
        copying.object_copy(places[0], name, places[1], "ok")
    with pytest.raises(InvalidNameError):
        copying.object_copy(places[0], "ok", places[1], name)
    assert source.calls == target.calls == []


def test_a_copy_within_one_store_asks_once_for_what_it_copies() -> None:
    client, seen = RecordingClient(store()), list[int]()
    assert copying.object_copy(box(client), "name", box(client), "other", progress=seen.append)
    assert (client.calls, seen) == (["object_info", "object_copy"], [7])


def never(*_: object) -> bool:
    raise AssertionError("nothing is to be noted")


@pytest.mark.parametrize("same", [True, False])
def test_nothing_is_noted_of_a_copy_that_is_not_to_go_on(same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "between", never)
    monkeypatch.setattr(resuming, "within", never)
    source = store(b"s" * 5 * PART)
    target = source if same else empty()
    assert copying.object_copy(box(source), "name", box(target), "copy")
    assert copying.copy_checked(box(source), "name", box(target), "copy")
    assert copying.object_move(box(source), "name", box(target), "moved")
    assert target.object_read("copy") == target.object_read("moved") == b"s" * 5 * PART


def test_a_switch_that_is_none_and_a_condition_that_is_not_kept_are_told() -> None:
    class Advising(Narrow):
        condition_hint = "; give if_absent=False"

    target = Advising("box", options=QUICK)
    with pytest.raises(NotSupportedError) as caught:
        copying.object_copy(box(store()), "name", box(target), if_absent=True)
    assert str(caught.value).endswith("(capabilities.if_absent is False); give if_absent=False")
    wrong: Any = "yes"
    with pytest.raises(TypeError, match=r"^resume must be True or False, not str"):
        copying.object_copy(box(store()), "name", box(empty()), resume=wrong)


@pytest.mark.parametrize("same", [True, False])
def test_a_move_keeps_its_conditions_and_maps_attributes(same: bool) -> None:
    def map_attributes(attributes: Attributes) -> Attributes:
        return dataclasses.replace(attributes, cache_control="no-store")

    source = store(metadata={"a": "1"})
    target = source if same else empty()
    target.object_write("there", b"old")
    with pytest.raises(PreconditionError):
        copying.object_move(box(source), "name", box(target), "there", if_absent=True)
    assert (source.object_read("name"), target.object_read("there")) == (b"content", b"old")
    told: list[int] = []
    assert copying.object_move(
        box(source), "name", box(target), "there", map_attributes=map_attributes, progress=told.append
    )
    info = target.object_info("there")
    assert info is not None
    assert (info.cache_control, info.metadata, info.size, told) == ("no-store", {"a": "1"}, 7, [7])
    assert source.object_info("name") is None
    wrong: Any = lambda attributes: attributes.metadata  # noqa: E731 - what a caller may give
    with pytest.raises(TypeError, match=r"^map_attributes must give Attributes, not dict$"):
        copying.object_copy(box(target), "there", box(target), "again", map_attributes=wrong)
    assert target.object_info("again") is None


def test_a_move_is_of_the_places_containers_whatever_its_clients_have_chosen() -> None:
    source, target = store(), empty()
    for client in (source, target):
        client.container_create("chosen")
        client.use_container("chosen")
    source.object_write("name", b"another")
    assert copying.object_move(Place(source, "box"), "name", Place(target, "box"))
    assert source.object_read("name") == b"another"
    assert target.object_list() == []
    assert target.object_read("name", "box") == b"content"
    assert [entry.name for entry in source.object_list(container_name="box")] == []


def test_a_move_within_one_client_needs_no_clock() -> None:
    """Names of one client are two objects, though their content and times are equal."""
    client = Stopped("box", options=QUICK)
    client.container_create("box")
    client.object_write("in/name", b"content")
    assert copying.object_move(box(client), "in/name", box(client), "name")
    assert [entry.name for entry in client.object_list()] == ["name"]


def test_a_source_that_is_gone_before_it_is_copied_is_not_moved() -> None:
    class Going(MemoryClient):
        def _object_open(
            self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
        ) -> ObjectReader:
            raise ObjectNotFoundError("gone")

    source = Going("box", options=QUICK)
    source.container_create("box")
    source.object_write("name", b"content")
    assert copying.object_move(box(source), "name", box(empty())) is False
    assert source.object_info("name") is not None


@pytest.mark.parametrize("same", [True, False])
def test_what_is_about_to_be_copied_is_shown_and_may_be_refused(same: bool) -> None:
    source = store(b"content", metadata={"a": "1"})
    target = source if same else empty()
    target.object_write("copy", b"old")
    seen: list[ObjectInfo] = []
    info = copying.copy_checked(box(source), "name", box(target), "copy", check=seen.append)
    assert info is not None
    assert [(each.name, each.size, each.metadata) for each in (info, *seen)] == [("name", 7, {"a": "1"})] * 2
    assert target.object_read("copy") == b"content"
    with pytest.raises(PreconditionError):
        copying.copy_checked(box(source), "name", box(target), "copy", if_absent=True)

    def refuse(_: ObjectInfo) -> None:
        raise ObjectChangedError("not what was planned")

    with pytest.raises(ObjectChangedError, match="planned"):
        copying.copy_checked(box(source), "name", box(target), "other", check=refuse)
    assert target.object_info("other") is None
    assert copying.copy_checked(box(source), "absent", box(target), "other") is None


@pytest.mark.parametrize("same", [True, False])
def test_a_name_that_the_target_does_not_take_is_refused_before_anything_is_read(same: bool) -> None:
    class Short(MemoryClient):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), object_name_maximum=6)

    target = Short("box", options=QUICK)
    target.container_create("box")
    target.object_write("name", b"content")
    source = target if same else store()
    with pytest.raises(InvalidNameError, match="'longer1': this store takes object names of at most 6 bytes"):
        copying.object_copy(box(source), "name", box(target), "longer1")
    assert copying.object_copy(box(source), "name", box(target), "longer")


@pytest.mark.parametrize(("size", "limit", "parts"), [(PART, None, 0), (PART + 1, None, 1), (90, 90, 0), (91, 90, 1)])
def test_one_request_writes_what_fits_into_one_part(size: int, limit: int | None, parts: int) -> None:
    class Limited(ScriptedClient):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), part_size_maximum=limit, part_size_minimum=1)

    source, target, told = store(b"s" * size), Limited(options=QUICK), list[int]()
    assert copying.object_copy(box(source), "name", box(target), progress=told.append)
    assert (target.calls["_object_multipart"], target.calls["_object_write"]) == (parts, 1 - parts)
    assert target.object_read("name") == b"s" * size
    assert sum(told) == size


def test_an_empty_object_moves_no_bytes() -> None:
    told: list[int] = []
    source, target = store(b""), empty()
    assert copying.object_copy(box(source), "name", box(target), progress=told.append)
    assert copying.object_copy(box(source), "name", box(source), "other", progress=told.append)
    assert told == []
    assert target.object_read("name") == b""


@pytest.mark.parametrize(
    ("field", "value", "error", "message"),
    [
        ("size", 8, ObjectChangedError, "'name' was replaced or deleted while it was moved; the copy is there too"),
        ("hash", "x", ObjectChangedError, "'name' was replaced or deleted while it was moved; the copy is there too"),
        (
            "last_modified",
            2.0,
            ObjectChangedError,
            "'name' was replaced or deleted while it was moved; the copy is there too",
        ),
    ],
)
def test_a_source_that_differs_in_anything_after_the_copy_stays(
    field: str, value: Any, error: type[Exception], message: str
) -> None:
    before = ObjectInfo("name", 7, "h", None, {}, 1.0)
    copy = dataclasses.replace(before, last_modified=3.0)
    copying._check_moved(before, before, copy, same_store=False)
    for after in (dataclasses.replace(before, **{field: value}), None):
        with pytest.raises(error) as caught:
            copying._check_moved(before, after, copy, same_store=False)
        assert str(caught.value) == message


def test_a_copy_that_may_be_the_source_itself_is_told_so() -> None:
    before = ObjectInfo("in/name", 7, "h", None, {}, 1.0)
    for name, same_store, one in (
        ("name", False, True),
        ("name", True, False),
        ("further/in/name", False, True),
        ("other", False, False),
    ):
        copy = dataclasses.replace(before, name=name)
        for other in (copy, dataclasses.replace(copy, hash="i"), dataclasses.replace(copy, last_modified=2.0)):
            if one and other is copy:
                with pytest.raises(ConflictError) as caught:
                    copying._check_moved(before, before, other, same_store)
                assert str(caught.value) == (
                    "the copy of 'in/name' cannot be distinguished from the source; the source stays, "
                    "so that nothing is lost"
                )
            else:
                copying._check_moved(before, before, other, same_store)


class Short:
    """A short way that reads one object, for whoever says that it is small."""

    def __init__(self, digests: dict[str, bytes]) -> None:
        self.digests = digests
        self.asked: list[tuple[str, int]] = []

    def read(self, name: str, most: int) -> tuple[ObjectInfo, bytes, dict[str, bytes]] | None:
        self.asked.append((name, most))
        if name != "in/small":
            return None
        return ObjectInfo(name, 5, "h", "text/x", {"a": "1"}, 1.0), b"short", self.digests


def test_a_short_way_is_taken_for_what_is_small_and_proved_as_any_other() -> None:
    source, target, seen, told = store(), empty(), list[ObjectInfo](), list[int]()
    source.object_write("in/name", b"content")
    way = Short({"md5": hashlib.md5(b"short").digest()})
    with copying.Copying(Place(source, "box", "in"), Place(target, "box", "out"), reads=way) as copier:
        assert copier.copy("small", "small") is None, "it is not said to be small"
        assert way.asked == []
        info = copier.copy("small", "copy", check=seen.append, progress=told.append, small=True)
        assert info == seen[0] == ObjectInfo("in/small", 5, "h", "text/x", {"a": "1"}, 1.0)
        with pytest.raises(PreconditionError):
            copier.copy("small", "copy", if_absent=True, small=True)
        assert copier.copy("name", "name", small=True)
    assert way.asked == [("in/small", PART), ("in/small", PART), ("in/name", PART)]
    assert told == [5]
    assert target.object_read("out/copy") == b"short"
    assert target.object_info("out/copy").metadata == {"a": "1"}  # type: ignore[union-attr]
    assert target.object_read("out/name") == b"content"
    with copying.Copying(box(source), box(target)) as plain:
        assert plain.copy("in/name", "plain", small=True)
    assert target.object_read("plain") == b"content"


class ShortWrites:
    """A short way that writes what has a short name, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[NewObject, bytes]] = []

    def write(self, new: NewObject, body: BytesBody) -> bool:
        self.asked.append((new, bytes(body.view())))
        return len(new.name) < 6


def test_a_short_way_writes_what_is_small_and_without_conditions_and_leaves_the_rest() -> None:
    source, target, told = store(b"c" * PART, metadata={"key": "1"}), Requests(options=QUICK), list[int]()
    source.object_write("more", b"c" * (PART + 1))
    way = ShortWrites()
    with copying.Copying(box(source), Place(target, "box"), writes=way) as copier:
        assert copier.copy("name", "short", progress=told.append)
        assert target.written == [], "the short way wrote it"
        assert copier.copy("name", "longer", progress=told.append)
        assert copier.copy("name", "any", if_absent=True, progress=told.append)
        assert copier.copy("more", "large", progress=told.append)
    assert [(new.name, new.size, new.attributes.metadata, content) for new, content in way.asked] == [
        ("short", PART, {"key": "1"}, b"c" * PART),
        ("longer", PART, {"key": "1"}, b"c" * PART),
    ]
    assert [(new.name, new.size, new.if_absent) for new in target.written] == [
        ("longer", PART, False),
        ("any", PART, True),
    ]
    assert sum(told) == 4 * PART + 1


class Requests(MemoryClient):
    """Notes what is written by one request, and with which digests."""

    def __init__(self, **options: Any) -> None:
        super().__init__("box", **options)
        self.container_create("box")
        self.written: list[NewObject] = []
        self.digests: list[dict[str, bytes]] = []

    def _object_write(self, new: NewObject, body: Any) -> ObjectInfo | None:
        self.written.append(new)
        self.digests.append(dict(body.known_digests))
        return super()._object_write(new, body)


def test_what_proved_the_source_goes_with_its_bytes_to_the_target() -> None:
    """What was changed in memory between the two would else be stored with a digest of what it became."""
    source, target = store(), Requests(options=QUICK)
    proof = {"md5": hashlib.md5(b"short").digest()}
    assert copying.object_copy(box(source), "name", box(target))
    with copying.Copying(Place(source, "box", "in"), box(target), reads=Short(proof)) as copier:
        assert copier.copy("small", "small", small=True)
    assert target.digests == [{"md5": hashlib.md5(b"content").digest()}, proof]


@pytest.mark.parametrize("check_content", [False, True])
@pytest.mark.parametrize("proved", [False, True])
def test_what_a_short_way_could_not_prove_is_said_where_content_is_checked(
    check_content: bool, proved: bool, caplog: pytest.LogCaptureFixture
) -> None:
    source, target = MemoryClient("box", options=ClientOptions(check_content=check_content)), empty()
    way = Short({"md5": hashlib.md5(b"short").digest()} if proved else {})
    with (
        caplog.at_level("DEBUG", "obs_client"),
        copying.Copying(Place(source, "box", "in"), box(target), reads=way) as copier,
    ):
        assert copier.copy("small", "small", small=True)
    said = [record.getMessage() for record in caplog.records if "small" in record.getMessage()]
    assert bool(said) == (check_content and not proved)


def test_an_object_that_came_without_its_bytes_is_no_empty_copy() -> None:
    class Broken(MemoryClient):
        def _object_open(
            self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
        ) -> ObjectReader:
            reader = super()._object_open(container, name, start, stop, if_hash)
            reader.digest = ContentDigest("md5", [0], ["0" * 32])
            return reader

    source, target = Broken("box", options=QUICK), empty()
    source.container_create("box")
    source.object_write("name", b"")
    with pytest.raises(IntegrityError, match="00000000"):
        copying.object_copy(box(source), "name", box(target))
    assert target.object_info("name") is None


@pytest.mark.parametrize("size", [copying.SMALL, copying.SMALL + 1])
def test_what_is_held_of_memory_is_what_is_copied_and_given_back(size: int) -> None:
    held: list[int] = []

    class Weighed(MemoryClient):
        def _object_write(self, new: NewObject, body: Any) -> ObjectInfo | None:
            held.append(memory.budget_of(self).held)
            return super()._object_write(new, body)

    options = ClientOptions(part_size=4 * copying.SMALL)
    source, target = MemoryClient("box", options=options), Weighed("box", options=options)
    for client in (source, target):
        client.container_create("box")
    content, told = os.urandom(size), list[int]()
    source.object_write("name", content, {"key": "1"})
    source.object_write("half", content[: size // 2])
    with copying.Copying(box(source), box(target)) as copier:
        assert copier.copy("half", "half")
        assert copier.copy("name", "name", progress=told.append)
        assert copier.copy("name", "again")
    assert held[0] == size // 2
    assert held[1:] == ([size, size] if size == copying.SMALL else [size + size // 2] * 2)
    assert memory.budget_of(target).held == 0
    assert told == [size]
    assert (target.object_read("name"), target.object_info("name").metadata) == (content, {"key": "1"})  # type: ignore[union-attr]


def test_a_copy_replaces_and_leaves_no_journal_unless_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "between", lambda *_: pytest.fail("nobody asked to go on"))
    source, target = store(), empty()
    target.object_write("name", b"old")
    with copying.Copying(box(source), box(target)) as copier:
        assert copier.copy("name", "name")
    assert target.object_read("name") == b"content"
