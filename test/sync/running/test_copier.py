"""What becomes of each copy by itself: what was planned is copied, and nothing else is taken for it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, cast

import pytest

from obs_client import ConfigurationError, ContainerNotFoundError, ObjectChangedError, ServiceError
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.backends.local.directory import DirectoryClient, Visit
from obs_client.models import ObjectInfo
from obs_client.sync import Done, Place, Step, Version, apply, plan_sync
from obs_client.sync.running.copy import Copier
from obs_client.sync.steps import MARKER
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import Hashless, contents, memory


def version(place: Place, name: str = "a") -> Version:
    info = place.client.object_info(place.full_name(name), place.container_name)
    assert info is not None
    return Version.of(info)


def step(source: Version | None, target: Version | None = None, *, name: str = "a", reason: str = "new") -> Step:
    return Step("copy", name, reason, source, target)


def copied(source: Place, target: Place, given: Step, *, ask: bool = True) -> Done:
    return Copier(source, target, ask, None).copy(given)


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("ask", [True, False])
def test_a_copy_is_told_with_its_reason_and_its_size(short: bool, ask: bool) -> None:
    source, target = memory("from", a=b"123"), memory("to")
    given = step(version(source))
    copier = Copier(source, target, ask, None)
    if short:
        with copier.begin() as copy:
            done = copy(given)
    else:
        done = copier.copy(given)
    assert done == Done(given, "copied", "new", 3)
    assert contents(target) == {"a": b"123"}


def test_a_target_that_is_what_it_was_is_replaced() -> None:
    source, target = memory("from", a=b"123"), memory("to", a=b"45")
    assert copied(source, target, step(version(source), version(target))).outcome == "copied"
    assert contents(target) == {"a": b"123"}


@pytest.mark.parametrize("planned", [True, False], ids=["replaced", "made"])
def test_what_is_a_copy_already_is_skipped_and_all_else_is_refused(planned: bool) -> None:
    source = memory("from", a=b"123")
    before = Version(2, "0" * 32, 1.0) if planned else None
    given = step(version(source), before)
    there = memory("to", a=b"123")
    client = RecordingClient(there.client)
    assert copied(source, Place(client, "box", "to"), given) == Done(given, "skipped", "already in the target")
    assert "object_write" not in client.calls
    for content in (b"12", b"124", b"1234", b""):
        other = memory("to", a=content)
        done = copied(source, other, given)
        assert (done.outcome, type(done.error), done.size) == ("failed", ObjectChangedError, 0)
        assert done.note == "'a': the target was replaced, made or deleted since the plan was made; make a new plan"
        assert contents(other) == {"a": content}


def test_a_target_that_went_is_not_made_again() -> None:
    source, target = memory(a=b"123"), memory()
    done = copied(source, target, step(version(source), Version(2, "0" * 32, 1.0)))
    assert isinstance(done.error, ObjectChangedError)
    assert contents(target) == {}


def test_a_copy_is_proved_where_the_plan_has_no_version_of_the_source() -> None:
    source, target = memory(a=b"123"), memory(a=b"123")
    assert isinstance(copied(source, target, step(None)).error, ObjectChangedError)
    source.client.object_delete("a", "box")
    given = step(Version(3, None, 1.0))
    assert isinstance(copied(source, Place(Hashless(target.client), "box"), given).error, ObjectChangedError)


def test_a_source_that_is_not_what_was_planned_is_refused_only_if_asked() -> None:
    source, target = memory(a=b"123"), memory()
    given = step(Version(3, "0" * 32, 1.0))
    done = copied(source, target, given)
    assert done.note == "'a': the source was replaced since the plan was made; make a new plan"
    assert (type(done.error), contents(target)) == (ObjectChangedError, {})
    assert copied(source, target, given, ask=False) == Done(given, "copied", "new", 3)


@pytest.mark.parametrize("ask", [True, False])
def test_a_source_that_went_is_a_skip_and_a_container_that_went_is_an_error(ask: bool) -> None:
    source, target = memory("from"), memory("to")
    given = step(Version(1, "0" * 32, 1.0))
    assert copied(source, target, given, ask=ask) == Done(given, "skipped", "gone from the source meanwhile")
    source.client.container_delete("box")
    with pytest.raises(ContainerNotFoundError):
        copied(source, target, given, ask=ask)


class Failing(RecordingClient):
    """Takes nothing."""

    error: Exception = ServiceError("no space")

    def _object_write(self, new: NewObject, body: Any) -> None:
        raise self.error


def test_a_failure_is_told_by_its_step_and_what_fails_for_all_goes_out() -> None:
    source, target = memory(a=b"123"), memory()
    given, failing = step(version(source)), Failing(target.client)
    done = copied(source, Place(failing, "box"), given)
    assert (done.step, done.outcome, done.note, done.error) == (given, "failed", "no space", failing.error)
    failing.error = ConfigurationError("for all")
    with pytest.raises(ConfigurationError, match="for all"):
        copied(source, Place(failing, "box"), given)


def test_a_failure_is_told_though_there_is_progress_and_its_own_exception_goes_out() -> None:
    source, target = memory(a=b"123"), memory()
    given, seen = step(version(source)), list[int]()
    copier = Copier(source, Place(Failing(target.client), "box"), False, None)
    assert copier.copy(given, seen.append).note == "no space"
    error = RuntimeError("enough")

    def stop(_: int) -> None:
        raise error

    with pytest.raises(RuntimeError) as raised:
        Copier(source, target, False, None).copy(given, stop)
    assert raised.value is error
    assert Copier(source, target, False, None).copy(given, seen.append).size == sum(seen) == 3


# ---- folders --------------------------------------------------------------------------------------------------------


def test_a_marker_becomes_a_folder_of_a_directory_and_a_folder_a_marker(tmp_path: Path) -> None:
    (tmp_path / "one" / "f").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    one, two, other = Place.of_directory(tmp_path / "one"), Place.of_directory(tmp_path / "two"), memory("to")
    given = step(Version(0, None, 1.0), name="f/", reason=MARKER)
    assert copied(one, two, given) == Done(given, "copied", MARKER)
    assert (tmp_path / "two" / "f").is_dir()
    assert copied(one, two, given) == Done(given, "skipped", "already in the target")
    assert copied(one, two, given, ask=False) == Done(given, "copied", MARKER)
    assert copied(one, other, given) == Done(given, "copied", MARKER)
    info = other.client.object_info("to/f/", "box")
    assert info is not None
    assert (info.size, info.content_type) == (0, "application/x-directory")
    assert list(contents(other)) == ["f/"]
    assert copied(one, other, given) == Done(given, "skipped", "already in the target")
    assert copied(memory("from", **{"g/": b""}), two, step(Version(0, None, 1.0), name="g/", reason=MARKER)).size == 0
    assert (tmp_path / "two" / "g").is_dir()


def test_a_plan_with_folders_is_applied_to_a_directory_and_again(tmp_path: Path) -> None:
    source, target = memory(**{"f/": b"", "a": b"1"}), Place.of_directory(tmp_path)
    steps = list(plan_sync(source, target))
    first, again = apply(steps, source, target), apply(steps, source, target)
    assert (first.ok, first.copied, again.ok, again.copied, again.skipped) == (True, 2, True, 0, 2)
    assert (tmp_path / "f").is_dir()


def test_between_stores_a_marker_is_an_object_like_others() -> None:
    source, target = memory(), memory()
    source.client.object_write("f/", b"", {"key": "value"}, "box")
    given = step(version(source, "f/"), name="f/", reason=MARKER)
    assert copied(source, target, given) == Done(given, "copied", MARKER, 0)
    info = target.client.object_info("f/", "box")
    assert info is not None
    assert info.metadata == {"key": "value"}


def test_a_file_is_no_folder_whatever_its_name(tmp_path: Path) -> None:
    source, target = memory(a=b"1"), Place.of_directory(tmp_path)
    assert copied(source, target, step(version(source))).outcome == "copied"
    assert (tmp_path / "a").read_bytes() == b"1"


# ---- what changes while it is copied --------------------------------------------------------------------------------


class Changing(RecordingClient):
    """Tells no hashes; changes what was read, when one asks whether it is still the same."""

    left = 0
    contents = (b"new", b"newer", b"newest", b"last")
    gone = unsized = False

    def _object_open(self, *arguments: Any) -> ObjectReader:
        reader = super()._object_open(*arguments)
        reader.info = dataclasses.replace(reader.info, hash=None)
        return reader

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        if self.gone:
            self.inner.object_delete(name, container)
        if self.left:
            self.left -= 1
            self.inner.object_write(name, self.contents[self.left], container_name=container)
        info = super()._object_info(container, name)
        return dataclasses.replace(info, hash=None, size=None if self.unsized else info.size)


def changing(place: Place, **how: Any) -> Place:
    return Place(type("Told", (Changing,), how)(place.client), place.container_name, place.prefix)


def test_what_is_changed_after_it_was_read_is_copied_again() -> None:
    source, target = memory("from", a=b"123"), memory("to")
    given = step(None)
    watched = changing(source, left=2)
    assert copied(watched, target, given, ask=False) == Done(given, "copied", "new", 3)
    assert contents(target) == {"a": b"new"} == contents(source)
    watched = changing(source, left=4)
    done = copied(watched, target, given, ask=False)
    assert done.note == "'a' was changed each time it was copied; sync again with checksum when nobody writes to it"
    assert isinstance(done.error, ObjectChangedError)
    assert cast("Changing", watched.client).calls.count("object_open") == 3


@pytest.mark.parametrize("how", ["gone", "unsized"])
def test_what_goes_or_is_made_as_it_is_read_was_copied(how: str) -> None:
    source, target = memory(a=b"123"), memory()
    watched = changing(source, **{how: True})
    assert copied(watched, target, step(None), ask=False).outcome == "copied"
    assert cast("Changing", watched.client).calls.count("object_open") == 1
    assert contents(target) == {"a": b"123"}


def test_of_what_has_a_hash_is_not_asked_after_the_copy() -> None:
    source, target = memory(a=b"123"), memory()
    client = RecordingClient(source.client)
    assert copied(Place(client, "box"), target, step(None), ask=False).outcome == "copied"
    assert client.calls == ["object_open"]


def test_small_files_go_the_short_way_of_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visited, short = [], DirectoryClient.visit

    def visit(client: DirectoryClient, container: str) -> Visit | None:
        visited.append((client.path, container))
        return short(client, container)

    monkeypatch.setattr(DirectoryClient, "visit", visit)
    (tmp_path / "top").mkdir()
    directory, other = Place.of_directory(tmp_path / "top"), memory(a=b"123")
    for source, target in ((other, directory), (directory, other)):
        with Copier(source, target, False, None).begin() as copy:
            assert copy(step(None)).outcome == "copied"
    assert visited == [(str(tmp_path / "top"), "top")] * 2
