"""Copies, changes of metadata and deletions of the version that was meant, and of no other."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from obs_client import (
    Attributes,
    Capabilities,
    ConflictError,
    ContainerNotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectInfo,
    ObjectNotFoundError,
    Place,
    PreconditionError,
    SubdirInfo,
    copying,
)
from obs_client._engine import copying as within
from obs_client._engine import deleting
from obs_client._engine.border import Border
from obs_client._engine.resuming import copy as resuming
from obs_client.backend import stopping
from obs_client.backend.multipart import NeedsParts, NeedsReading
from obs_client.backend.values import NewObject, Page
from obs_client.errors import AuthorizationError, ContainerNotEmptyError, PartialFailureError
from test.engine.scripted import QUICK, Outage, ScriptedClient, count_aborts

LARGE = bytes(range(250)) * 20


class Reading(ScriptedClient):
    """Copies nothing by itself."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), server_side_copy=False)


class NeedingToRead(ScriptedClient):
    """Finds out with each object that it cannot copy it."""

    def _object_copy(self, *_: Any) -> None:
        raise NeedsReading


stores = pytest.mark.parametrize("store", [ScriptedClient, Reading, NeedingToRead])


def refuse(_: ObjectInfo) -> None:
    raise ObjectChangedError("not what was planned")


@stores
def test_what_a_check_refuses_is_not_copied(store: type[ScriptedClient]) -> None:
    client = store()
    client.object_write("name", b"content")
    with pytest.raises(ObjectChangedError, match="not what was planned"):
        within.copy_checked(Border(client), ("box", "name"), ("box", "copy"), check=refuse)
    assert client.object_info("copy") is None
    seen: list[int | None] = []
    found = within.copy_checked(
        Border(client), ("box", "name"), ("box", "copy"), check=lambda info: seen.append(info.size)
    )
    assert found
    assert set(seen) == {7}
    assert client.object_read("copy") == b"content"


@stores
def test_a_copy_onto_itself_is_none_and_takes_its_own_name(store: type[ScriptedClient]) -> None:
    client = store()
    client.object_write("name", b"content", {"key": "value"})
    before = client.object_info("name")
    assert client.object_copy("name", "name")
    assert client.object_info("name") == before
    with pytest.raises(PreconditionError, match="the source itself"):
        client.object_copy("name", "name", if_absent=True)
    assert client.calls["_object_write"] == 1


@stores
def test_a_copy_replaces_what_is_there_unless_none_may_be(store: type[ScriptedClient]) -> None:
    client = store()
    client.object_write("name", b"content")
    client.object_write("copy", b"older")
    with pytest.raises(PreconditionError):
        within.copy_checked(Border(client), ("box", "name"), ("box", "copy"), if_absent=True)
    assert client.object_read("copy") == b"older"
    assert within.copy_checked(Border(client), ("box", "name"), ("box", "copy"))
    assert client.object_read("copy") == b"content"
    with pytest.raises(PreconditionError) as caught:
        within.copy(Border(client), ("box", "name"), ("box", "name"), True)
    assert str(caught.value) == "'name' is there: it is the source itself"
    assert (caught.value.container, caught.value.object_name) == ("box", "name")


def test_a_source_of_no_known_size_is_read() -> None:
    class Unmeasured(ScriptedClient):
        def _object_info(self, container: str, name: str) -> ObjectInfo:
            return dataclasses.replace(super()._object_info(container, name), size=None)

    client = Unmeasured()
    client.object_write("name", b"content")
    assert client.object_copy("name", "copy")
    assert client.calls["_object_copy"] == 0
    assert client.object_read("copy") == b"content"
    info = Border(client).object_info("box", "name")
    with pytest.raises(NotSupportedError) as caught:
        within.copy_by_parts(Border(client), "box", info, NewObject("box", "copy", Attributes.of(info), None))
    assert str(caught.value) == ("the store does not report the size of 'name', so it cannot be copied in parts")


def test_a_store_is_told_what_it_copies_and_to_what() -> None:
    told: list[tuple[str, ObjectInfo, NewObject]] = []

    class Noting(ScriptedClient):
        def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
            told.append((container, source, new))

    client = Noting()
    client.object_write("name", b"content", {"key": "value"}, cache_control="no-store")
    client.container_create("other")
    for if_absent in (False, True):
        assert within.copy(Border(client), ("box", "name"), ("other", "copy"), if_absent)
        container, source, new = told.pop()
        assert (container, source) == ("box", client.object_info("name"))
        assert (new.container, new.name, new.size, new.if_absent) == ("other", "copy", 7, if_absent)
        assert (new.attributes.metadata, new.attributes.cache_control) == ({"key": "value"}, "no-store")


def test_only_so_often_is_a_source_that_is_replaced_looked_at() -> None:
    class Replaced(ScriptedClient):
        def _object_copy(self, *_: Any) -> None:
            self.calls["_object_copy"] += 1
            raise ObjectChangedError("replaced")

    client = Replaced()
    client.object_write("name", b"content")
    seen: list[ObjectInfo] = []
    with pytest.raises(ObjectChangedError):
        within.copy_checked(Border(client), ("box", "name"), ("box", "copy"), check=seen.append)
    assert client.calls["_object_copy"] == len(seen) == QUICK.attempts


@stores
def test_an_absent_source_or_target_container_is_told_at_once(store: type[ScriptedClient]) -> None:
    client = store()
    client.object_write("name", b"content")
    assert client.object_copy("absent", "copy") is False
    with pytest.raises(ContainerNotFoundError):
        client.object_copy("name", "copy", target_container_name="nowhere")
    assert client.calls["_object_copy"] <= 1
    assert client.calls["_object_info"] <= 3


def test_a_source_that_is_replaced_before_it_is_copied_is_looked_at_again() -> None:
    class Replaced(ScriptedClient):
        times = 1

        def _object_copy(self, container: str, source: ObjectInfo, new: Any) -> None:
            if self.times:
                self.times -= 1
                self.object_write("name", b"newer %d" % self.times, {"version": "2"})
            super()._object_copy(container, source, new)

    client = Replaced()
    client.object_write("name", b"older", {"version": "1"})
    assert client.object_copy("name", "copy")
    info = client.object_info("copy")
    assert info
    assert (client.object_read("copy"), info.metadata) == (b"newer 0", {"version": "2"})
    client.times = 1000
    with pytest.raises(ObjectChangedError):
        client.object_copy("name", "other")
    assert client.object_info("other") is None


class ByParts(ScriptedClient):
    """Copies large objects by parts."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), copy_part_size=1000)

    def _object_copy(self, *_: Any) -> None:
        raise NeedsParts

    def _object_replace_metadata(self, *_: Any) -> None:
        raise NeedsParts

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: Any) -> Any:
        upload, content = self._object_multipart(new), self._stored(container, source.name).content

        def copy_part(part: Any) -> None:
            self.calls["copy_part"] += 1
            self.step(self.before, "copy_part")
            body = content[part.offset : part.offset + part.size]
            upload._parts[part.number] = body  # type: ignore[attr-defined]

        upload.copy_part = copy_part  # type: ignore[method-assign]
        return upload


def test_a_copy_by_parts_is_whole_and_one_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    client, aborted = ByParts(), count_aborts(monkeypatch)
    client.object_write("name", LARGE, {"key": "value"})
    client.before["copy_part"].append(Outage("busy"))
    assert client.object_copy("name", "copy")
    assert client.object_read("copy") == LARGE
    assert client.calls["copy_part"] == 6
    assert client.object_replace_metadata("copy", {"other": "one"})
    info = client.object_info("copy")
    assert info
    assert (client.object_read("copy"), info.metadata) == (LARGE, {"other": "one"})
    assert aborted == []
    client.before["copy_part"].append(AuthorizationError("not allowed"))
    with pytest.raises(AuthorizationError):
        client.object_copy("name", "another")
    assert aborted == [1]
    assert client.object_info("another") is None


@pytest.mark.parametrize("store", [Reading, NeedingToRead, ByParts])
def test_only_a_copy_that_is_to_go_on_is_noted(store: type[ScriptedClient], monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[Any, ...]] = []

    def go_on(*given: Any) -> bool:
        noted.append(given)
        return True

    monkeypatch.setattr(resuming, "between", go_on)
    monkeypatch.setattr(resuming, "within", go_on)
    client = store()
    client.object_write("name", LARGE, {"key": "value"})
    border, spots = Border(client), (("box", "name"), ("box", "copy"))
    assert within.copy(border, *spots, False)
    assert within.copy_checked(border, *spots)
    assert noted == []
    assert client.object_read("copy") == LARGE
    client.object_delete("copy")
    assert within.copy(border, *spots, False, True)
    assert client.object_info("copy") is None, "it is left to who goes on"
    (given,) = noted
    assert given[0] is border
    if store is ByParts:
        assert given[1:3] == ("box", client.object_info("name"))
        new = given[3]
    else:
        assert given[1].info == client.object_info("name")
        assert given[2] is border
        assert given[4] is None
        new = given[3]
    assert (new.container, new.name, new.size, new.attributes.metadata) == ("box", "copy", 5000, {"key": "value"})
    for answer in (False, True):
        monkeypatch.setattr(resuming, "within", lambda *_, answer=answer: answer)
        monkeypatch.setattr(resuming, "between", lambda *_, answer=answer: answer)
        assert within.copy(border, *spots, False, True)
        assert (client.object_info("copy") is None) is answer
        client.object_delete("copy")


class TestMetadata:
    """A change is of the version whose metadata were read."""

    def test_a_change_in_between_is_not_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stopping, "sleep", lambda _: None)
        changes: list[int] = []

        class Raced(ScriptedClient):
            def _object_replace_metadata(self, container: str, name: str, attributes: Any, if_hash: Any) -> None:
                assert if_hash is not None
                if not changes:
                    changes.append(1)
                    self.object_write("name", b"newer", {"theirs": "1"})
                super()._object_replace_metadata(container, name, attributes, if_hash)

        client = Raced()
        client.object_write("name", b"older", {"old": "1"})
        assert client.object_set_metadata("name", "mine", "2")
        info = client.object_info("name")
        assert info
        assert (client.object_read("name"), info.metadata) == (b"newer", {"theirs": "1", "mine": "2"})

    def test_who_is_always_overtaken_is_told_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(stopping, "sleep", pauses.append)

        class Overtaken(ScriptedClient):
            def _object_replace_metadata(self, *_: Any) -> None:
                self.calls["_object_replace_metadata"] += 1
                raise PreconditionError("replaced")

        client = Overtaken()
        client.object_write("name", b"content")
        with pytest.raises(ObjectChangedError, match="each time"):
            client.object_set_metadata("name", "key", "value")
        assert client.calls["_object_replace_metadata"] == QUICK.attempts
        assert len(pauses) == QUICK.attempts - 1
        assert max(pauses) <= within.LONGEST_WAIT

    def test_pauses_are_drawn_up_to_a_bound_that_doubles(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bounds: list[tuple[float, float]] = []

        def draw(least: float, most: float) -> float:
            bounds.append((least, most))
            return 0.125

        monkeypatch.setattr(random, "uniform", draw)
        pauses: list[float] = []
        monkeypatch.setattr(stopping, "sleep", pauses.append)
        client = ScriptedClient()
        client.object_write("name", b"content")
        client.before["_object_replace_metadata"].extend([PreconditionError("replaced") for _ in range(8)])
        with pytest.raises(ObjectChangedError) as caught:
            client.object_set_metadata("name", "key", "value")
        assert bounds == [(0.0, most) for most in (0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0)]
        assert pauses == [0.125] * 7
        assert str(caught.value) == (
            "'name' was replaced each time before its metadata could be changed; try again when it is quiet"
        )
        assert (caught.value.container, caught.value.object_name) == ("box", "name")

    def test_a_change_whose_answer_was_lost_is_not_made_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stopping, "sleep", lambda _: None)
        client = ScriptedClient()
        client.object_write("name", b"content", {"old": "1"})
        client.after["_object_replace_metadata"].append(PreconditionError("another hash by now"))
        assert client.object_set_metadata("name", "key", "value")
        assert client.calls["_object_replace_metadata"] == 1
        info = client.object_info("name")
        assert info
        assert info.metadata == {"old": "1", "key": "value"}

    @pytest.mark.parametrize("kept", [True, False])
    def test_a_condition_is_given_only_where_the_store_keeps_it(self, kept: bool) -> None:
        given: list[tuple[Any, ...]] = []

        class Noting(ScriptedClient):
            def _capabilities(self) -> Capabilities:
                return dataclasses.replace(super()._capabilities(), if_hash=kept)

            def _object_info(self, container: str, name: str) -> ObjectInfo:
                return dataclasses.replace(super()._object_info(container, name), write_id="mark", cache_control="no")

            def _object_replace_metadata(self, *arguments: Any) -> None:
                given.append(arguments)

        client = Noting()
        client.object_write("name", b"content", {"old": "1"})
        info = client.object_info("name")
        assert info
        assert client.object_set_metadata("name", "key", "value")
        ((container, name, attributes, if_hash),) = given
        assert (container, name, if_hash) == ("box", "name", info.hash if kept else None)
        assert (attributes.metadata, attributes.cache_control) == ({"old": "1", "key": "value"}, "no")
        assert attributes.write_id == "mark"

    def test_a_change_by_parts_is_of_the_version_that_was_meant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stopping, "sleep", lambda _: None)

        class Raced(ByParts):
            raced = False

            def _object_begin_copy(self, container: str, source: ObjectInfo, new: Any) -> Any:
                assert (container, new.container, new.name, new.size) == ("box", "box", "name", len(LARGE))
                assert (new.part_size, new.if_hash) == (1000, source.hash)
                if not self.raced:
                    self.raced = True
                    self.object_write("name", LARGE[::-1], {"theirs": "1"})
                return super()._object_begin_copy(container, source, new)

        client = Raced()
        client.object_write("name", LARGE, {"old": "1"})
        assert client.object_set_metadata("name", "mine", "2")
        info = client.object_info("name")
        assert info
        assert (client.object_read("name"), info.metadata) == (LARGE[::-1], {"theirs": "1", "mine": "2"})

    def test_equal_metadata_are_written_all_the_same(self) -> None:
        """Only of a try that was repeated it may be that the one before was done."""
        client = ScriptedClient()
        client.object_write("name", b"content", {"key": "value"})
        assert client.object_set_metadata("name", "key", "value")
        assert client.calls["_object_replace_metadata"] == 1
        assert client.object_set_metadata("absent", "key", "value") is False


class TestDeleting:
    """One object under a condition, many, and a container with all."""

    def test_only_the_version_that_was_meant(self) -> None:
        client = ScriptedClient()
        client.object_write("name", b"older")
        older = client.object_info("name")
        client.object_write("name", b"newer")
        newer = client.object_info("name")
        assert older
        assert newer
        assert client.object_delete("name", if_hash=older.hash) is False
        assert client.object_read("name") == b"newer"
        assert client.object_delete("name", if_hash=newer.hash) is True
        assert client.object_info("name") is None

    def test_what_fails_is_told_by_name_and_nothing_else(self) -> None:
        class Refusing(ScriptedClient):
            def _capabilities(self) -> Capabilities:
                return dataclasses.replace(super()._capabilities(), delete_batch_maximum=2, listing_has_metadata=False)

            def _object_list(self, *arguments: Any) -> Page[ObjectInfo | SubdirInfo]:
                page = super()._object_list(*arguments)
                entries = [entry for entry in page.entries if isinstance(entry, ObjectInfo)]
                return Page([dataclasses.replace(entry, metadata=None) for entry in entries], None)

            def _object_delete_many(self, container: str, names: Any) -> dict[str, Exception]:
                assert 1 <= len(names) <= 2
                failures = super()._object_delete_many(container, [name for name in names if name not in "be"])
                return {**failures, **{name: AuthorizationError("not yours") for name in names if name in "be"}}

        client = Refusing()
        for name in "abcdef":
            client.object_write(name, b"content")
        with pytest.raises(PartialFailureError, match="2 objects were not deleted") as caught:
            client.object_delete_many([*"abcdef", "absent"])
        assert set(caught.value.failures) == {"b", "e"}
        assert [entry.name for entry in client.object_list()] == ["b", "e"]
        with pytest.raises(PartialFailureError):
            client.container_delete("box", force=True)
        with pytest.raises(PartialFailureError):
            deleting.delete_prefix(Border(client), "box", "")
        assert client.calls["_object_info"] == 0, "what is deleted is not looked at"
        assert len(client.object_list()) == 2

    def test_a_container_that_others_fill_is_emptied_a_few_times(self) -> None:
        class Filled(ScriptedClient):
            times = 2

            def _container_delete(self, container: str) -> None:
                self.calls["_container_delete"] += 1
                if self.times:
                    self.times -= 1
                    self._object_write_late()
                super()._container_delete(container)

            def _object_write_late(self) -> None:
                self.object_write("late", b"content", container_name="box")

        client = Filled()
        assert client.container_delete("box", force=True)
        client.use_container("box", create=True)
        assert client.object_list() == []
        client.times = 1000
        with pytest.raises(ContainerNotEmptyError):
            client.container_delete("box", force=True)
        assert client.container_delete("box") is False
        assert deleting.ROUNDS == 3

    def test_failures_are_counted_and_the_first_is_told_with_its_advice(self) -> None:
        client = ScriptedClient()
        failures: dict[str, Exception] = {"a": AuthorizationError("not yours", hint="ask"), "b": ValueError("odd")}
        client._object_delete_many = lambda *_: failures  # type: ignore[method-assign]
        with pytest.raises(PartialFailureError) as caught:
            client.object_delete_many(["a", "b", "c"])
        assert str(caught.value) == "2 objects were not deleted, all others were; the first, 'a': not yours (ask)"
        assert (caught.value.container, caught.value.hint, caught.value.failures) == ("box", "ask", failures)
        failures.clear()
        failures["b"] = ValueError()
        with pytest.raises(PartialFailureError) as single:
            client.object_delete_many(["a", "b", "c"])
        assert str(single.value) == "1 object was not deleted, all others were; the first, 'b': "
        assert single.value.hint == ""
        failures["b"] = ObjectNotFoundError("gone")
        client.object_delete_many(["a", "b", "c"])

    def test_a_prefix_is_deleted_and_what_was_is_counted(self) -> None:
        client = ScriptedClient()
        for name in ("in/a", "in/b", "in/c", "out"):
            client.object_write(name, b"content")
        border = Border(client)
        assert deleting.delete_prefix(border, "box", "in/") == 3
        assert [entry.name for entry in client.object_list()] == ["out"]
        assert deleting.delete_prefix(border, "box", "in/") == 0
        client._capabilities = lambda: Capabilities(writable=False)  # type: ignore[method-assign]
        with pytest.raises(NotSupportedError):
            deleting.delete_prefix(border, "box", "")
        assert [entry.name for entry in client.object_list()] == ["out"]

    def test_versions_that_come_back_are_deleted_too_and_what_may_not_be_is_told(self) -> None:
        """Stores that keep versions answer a deletion that brings back the one before with a conflict."""
        kind: type[Exception] = ConflictError
        asked: list[list[str]] = []

        class Versioned(ScriptedClient):
            def _object_delete_many(self, container: str, names: Any) -> dict[str, Exception]:
                asked.append(list(names))
                if len(asked) <= 2:
                    return {"a": kind("the version before is back")}
                return dict(super()._object_delete_many(container, names))

        client = Versioned()
        client.object_write("a", b"content")
        assert client.container_delete("box", force=True) is True
        assert asked == [["a"]] * 3
        assert client.container_info("box") is None
        assert client.container_delete("box", force=True) is True
        asked.clear()
        kind = PreconditionError
        client.use_container("box", create=True)
        client.object_write("a", b"content")
        with pytest.raises(PartialFailureError):
            client.container_delete("box", force=True)
        assert asked == [["a"]]
        assert client.object_read("a") == b"content"

    def test_a_container_that_holds_objects_stays_unless_they_may_be_deleted(self) -> None:
        client = ScriptedClient()
        client.object_write("a", b"content")
        assert client.container_delete("box") is False
        assert client.object_read("a") == b"content"
        client.object_delete("a")
        assert client.container_delete("box") is True
        assert client.container_delete("box") is True
        assert client.container_list() == []

    def test_what_may_not_be_emptied_is_asked_first(self) -> None:
        class Kept(ScriptedClient):
            def _check_emptying(self, container: str) -> None:
                raise AuthorizationError(f"the versions of {container} are kept")

        client = Kept()
        client.object_write("name", b"content")
        with pytest.raises(AuthorizationError, match="versions of box are kept"):
            client.container_delete("box", force=True)
        assert client.object_read("name") == b"content"


def test_a_move_within_one_store_deletes_what_it_copied_only() -> None:
    client = ScriptedClient()
    client.object_write("name", b"content")
    place = Place(client, "box")
    assert copying.object_move(place, "name", place, "other")
    assert [entry.name for entry in client.object_list()] == ["other"]
