"""What becomes of each deletion by itself: asked first on both sides, told by its own name, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from obs_client import AuthorizationError, ConfigurationError, InvalidNameError, ObjectChangedError, ServiceError
from obs_client.models import Capabilities, ObjectInfo
from obs_client.sync import Done, Place, Step, SyncOptions, Version, sync
from obs_client.sync.running.delete import Deleter
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import contents, memory


def step(place: Place, name: str) -> Step:
    info = place.client.object_info(place.full_name(name), "box")
    return Step("delete", name, "not in the source", None, None if info is None else Version.of(info))


def deleted(source: Place, target: Place, steps: list[Step], *, dry_run: bool = False) -> list[Done]:
    return list(Deleter(source, target, SyncOptions(workers=2, dry_run=dry_run)).delete(iter(steps)))


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_the_mark_of_a_folder_that_came_back_stays(tmp_path: Path, marked: bool, there: bool) -> None:
    target = memory(**{"f/": b""})
    steps = [step(target, "f/")]
    if there:
        (tmp_path / "f").mkdir()
    options = SyncOptions(delete=True, folder_markers=marked)
    [done] = Deleter(Place.parse(str(tmp_path)), target, options).delete(iter(steps))
    stays = marked and there
    assert (done.outcome, list(contents(target))) == (("failed", ["f/"]) if stays else ("deleted", []))


class Some(RecordingClient):
    """Keeps some names; deletes one by one, or several at once."""

    bulk = True
    kept: tuple[str, ...] = ()

    def _capabilities(self) -> Capabilities:
        found = super()._capabilities()
        return found if self.bulk else dataclasses.replace(found, delete_batch_maximum=1)

    def _object_delete_many(self, container: str, names: Any) -> Mapping[str, Exception]:
        held = {name: AuthorizationError(f"{name} is held") for name in names if name.rpartition("/")[2] in self.kept}
        return {**super()._object_delete_many(container, [name for name in names if name not in held]), **held}


@pytest.mark.parametrize("bulk", [True, False])
@pytest.mark.parametrize("kept", [("a",), ("b",), ("a", "b"), ("a", "d"), ()])
def test_of_a_batch_each_name_has_its_own_outcome(bulk: bool, kept: tuple[str, ...]) -> None:
    target = memory("in", a=b"1", b=b"2", c=b"3", d=b"4", e=b"5")
    names = [*"abcde"]
    steps = [step(target, name) for name in names]
    kind = type("Keeping", (Some,), {"bulk": bulk, "kept": kept})
    done = deleted(memory(), Place(kind(target.client), "box", "in"), steps)
    assert [each.step for each in done] == steps
    assert [each.outcome for each in done] == ["failed" if name in kept else "deleted" for name in names]
    assert [each.note for each in done] == [
        f"in/{name} is held" if name in kept else "not in the source" for name in names
    ]
    assert [type(each.error) for each in done if each.error] == [AuthorizationError] * len(kept)
    assert list(contents(target)) == list(kept)


@pytest.mark.parametrize("bulk", [True, False])
def test_what_is_not_as_it_was_stays_and_says_why(bulk: bool) -> None:
    names = ("back", "changed", "gone", "old", "unplanned")
    target = memory(**dict.fromkeys(names, b"1"))
    steps = [step(target, name) for name in names[:-1]] + [Step("delete", "unplanned", "not in the source")]
    source = memory(back=b"1")
    target.client.object_write("changed", b"22", container_name="box")
    target.client.object_delete("gone", "box")
    client = type("Each", (Some,), {"bulk": bulk})(target.client)
    done = {each.step.name: each for each in deleted(source, Place(client, "box"), steps)}
    assert {name: (each.outcome, each.note) for name, each in done.items()} == {
        "back": ("failed", "'back': the source has it again since the plan was made; make a new plan"),
        "changed": ("failed", "'changed': the target was replaced since the plan was made; make a new plan"),
        "gone": ("skipped", "gone from the target already"),
        "old": ("deleted", "not in the source"),
        "unplanned": ("failed", "'unplanned': the target was replaced since the plan was made; make a new plan"),
    }
    assert all(isinstance(done[name].error, ObjectChangedError) for name in ("back", "changed", "unplanned"))
    assert set(contents(target)) == {"back", "changed", "unplanned"}


def test_prefixes_of_both_places_are_asked_for() -> None:
    """A name is below the prefix of each: one that only the other folder has is no reason to keep it."""
    source, target = memory("one", a=b"1"), memory("two", a=b"1", b=b"2")
    source.client.object_write("b", b"elsewhere", container_name="box")
    steps = [step(target, name) for name in "ab"]
    assert [(each.step.name, each.outcome) for each in deleted(source, target, steps)] == [
        ("a", "failed"), ("b", "deleted"),
    ]  # fmt: skip
    assert list(contents(target)) == ["a"]


class Asked(RecordingClient):
    """Fails when it is asked for an object."""

    error: Exception = ServiceError("no")

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        if name == "odd":
            raise self.error
        return super()._object_info(container, name)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_name_that_cannot_be_asked_for_is_kept_and_fails(side: str) -> None:
    target = memory(odd=b"1", old=b"2")
    steps = [step(target, name) for name in ("odd", "old")]
    places = {"source": memory(), "target": target}
    places[side] = Place(Asked(places[side].client), "box")
    done = deleted(places["source"], places["target"], steps)
    assert [(each.outcome, each.note) for each in done] == [("failed", "no"), ("deleted", "not in the source")]
    assert list(contents(target)) == ["odd"]


def test_a_name_that_the_source_cannot_have_is_deleted() -> None:
    target = memory(odd=b"1")
    client = type("Refusing", (Asked,), {"error": InvalidNameError("no such names")})(memory().client)
    assert [each.outcome for each in deleted(Place(client, "box"), target, [step(target, "odd")])] == ["deleted"]
    assert contents(target) == {}


@pytest.mark.parametrize("side", ["source", "target"])
def test_what_fails_for_all_ends_the_deletions(side: str) -> None:
    target = memory(odd=b"1")
    steps = [step(target, "odd")]
    places = {"source": memory(), "target": target}
    kind = type("Hopeless", (Asked,), {"error": ConfigurationError("for all")})
    places[side] = Place(kind(places[side].client), "box")
    with pytest.raises(ConfigurationError, match="for all"):
        deleted(places["source"], places["target"], steps)
    assert list(contents(target)) == ["odd"]


def test_a_dry_run_asks_nothing_and_says_what_would_go() -> None:
    target = memory(a=b"1")
    steps = [step(target, "a"), step(target, "never there")]
    client = RecordingClient(target.client)
    assert deleted(memory(), Place(client, "box"), steps, dry_run=True) == [
        Done(each, "deleted", "not in the source") for each in steps
    ]
    assert (client.calls, list(contents(target))) == ([], ["a"])


@pytest.mark.parametrize("bulk", [True, False])
def test_all_batches_are_deleted_and_the_source_is_looked_after_before_each(bulk: bool) -> None:
    names = [f"{number:03}" for number in range(20)]
    target = memory(**dict.fromkeys(names, b"1"))
    client = type("Each", (Some,), {"bulk": bulk})(target.client)
    source = RecordingClient(memory(keep=b"1").client)
    report = sync(Place(source, "box"), Place(client, "box"), SyncOptions(delete=True, workers=2))
    assert (report.deleted, list(contents(target))) == (20, ["keep"])
    assert source.calls.count("container_info") == (3 if bulk else 10)
    assert client.calls.count("object_delete_many") + client.calls.count("object_delete") == (3 if bulk else 20)
