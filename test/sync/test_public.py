"""What a program of somebody else's needs of a sync: a plan to look at, progress, a report, and a way to stop it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from obs_client import ContainerNotFoundError, ObjectChangedError
from obs_client.sync import Place, SavedPlan, SyncOptions, apply, parse_both, plan_sync, read_steps, sync, write_steps
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import Thing, contents, fill, make_place, tree

Places = tuple[Place, Place]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A tree, and a target with one of its names and one of its own."""
    source, target = make_place("memory", tmp_path), make_place("folder", tmp_path)
    fill(source, tree())
    fill(target, {"empty": Thing(b"", {}), "old": Thing(b"old", {})})
    return source, target


def test_a_saved_plan_tells_what_it_comes_to_and_is_done(places: Places) -> None:
    source, target = places
    moved: list[int] = []
    ended: list[str] = []
    with SavedPlan(plan_sync(source, target, SyncOptions(delete=True))) as plan:
        assert (plan.copies, plan.deletions, plan.skips) == (len(tree()) - 1, 1, 1)
        assert plan.size == sum(len(thing.content) for thing in tree().values())
        assert list(plan) == list(plan) == list(plan_sync(source, target, SyncOptions(delete=True)))
        report = apply(
            plan,
            source,
            target,
            SyncOptions(max_delete=plan.deletions),
            progress=moved.append,
            on_done=lambda done: ended.append(done.step.name),
        )
    assert (report.copied, report.skipped, report.deleted) == (plan.copies, plan.skips, plan.deletions)
    assert report.ok
    assert sum(moved) == report.copied_size == plan.size
    assert sorted(ended) == sorted([*tree(), "old"])
    assert contents(target) == contents(source)


def test_skips_that_are_counted_only_are_in_the_report(places: Places) -> None:
    source, target = places
    sync(source, target)
    with SavedPlan(plan_sync(source, target, SyncOptions(delete=True)), keep_skips=False) as plan:
        assert [step.action for step in plan] == ["delete"]
        assert (plan.skips, plan.dropped) == (len(tree()), len(tree()))
        report = apply(plan, source, target)
    assert (report.copied, report.skipped, report.deleted) == (0, len(tree()), 1)
    assert report.ok, "the source is not empty, so that what only the target has is deleted"


def test_a_plan_that_fails_is_no_plan(places: Places) -> None:
    source, target = places
    gone = Place(source.client, "never")
    with pytest.raises(ContainerNotFoundError):
        SavedPlan(plan_sync(gone, target, SyncOptions(delete=True)))


def test_a_fresh_plan_takes_no_more_requests_than_a_sync(places: Places) -> None:
    source, target = places
    first, second = RecordingClient(source.client), RecordingClient(target.client)
    watched = Place(first, "box"), Place(second, "box", target.prefix)
    with SavedPlan(plan_sync(*watched)) as plan:
        first.calls.clear()
        second.calls.clear()
        apply(plan, *watched, ask=False)
    assert "object_info" not in first.calls + second.calls
    assert first.calls.count("object_open") >= plan.copies


def test_without_asking_a_changed_object_is_copied_as_it_is_and_a_changed_one_is_never_deleted(places: Places) -> None:
    source, target = places
    plan = list(plan_sync(source, target, SyncOptions(delete=True)))
    fill(source, {"a!": Thing(b"changed", {})})
    fill(target, {"old": Thing(b"changed too", {})})
    report = apply(plan, source, target, ask=False)
    assert contents(target)["a!"] == b"changed"
    assert {name: type(error) for name, error in report.failures.items()} == {"old": ObjectChangedError}
    assert contents(target)["old"] == b"changed too"


def test_a_dry_run_of_a_plan_writes_nothing(places: Places) -> None:
    source, target = places
    before = contents(target)
    report = apply(plan_sync(source, target, SyncOptions(delete=True)), source, target, SyncOptions(dry_run=True))
    assert (report.copied, report.deleted, report.dry_run) == (len(tree()) - 1, 1, True)
    assert contents(target) == before


@pytest.mark.parametrize("callback", ["progress", "on_done"])
@pytest.mark.parametrize("kind", ["memory", "directory"])
def test_an_exception_in_a_callback_stops_it_and_it_goes_on_later(callback: str, kind: str, tmp_path: Path) -> None:
    source, target = make_place("memory", tmp_path), make_place(kind, tmp_path)
    fill(source, tree())
    fill(target, {"old": Thing(b"old", {})})
    told: list[object] = []

    def stop(what: object) -> None:
        told.append(what)
        if len(told) == 5:
            raise InterruptedError("enough")

    callbacks = {callback: stop}
    before = threading.active_count()
    with pytest.raises(InterruptedError, match="enough"):
        sync(source, target, SyncOptions(delete=True, workers=2), **callbacks)
    assert threading.active_count() == before
    left = contents(target)
    assert left.pop("old") == b"old", "nothing was deleted"
    assert len(left) < len(tree())
    assert left.items() <= contents(source).items(), "what was copied is whole"
    report = sync(source, target, SyncOptions(delete=True))
    assert report.ok
    assert report.copied == len(tree()) - len(left)
    assert contents(target) == contents(source)
    assert not list(tmp_path.rglob("%obs_*"))


def test_a_plan_goes_through_a_file_of_the_program_s_own(places: Places, tmp_path: Path) -> None:
    source, target = places
    with (tmp_path / "plan").open("w") as file:
        count = write_steps(plan_sync(source, target), file)
    with (tmp_path / "plan").open() as file:
        assert apply(read_steps(file), source, target).copied == count - 1


def test_two_urls_of_one_store_share_a_client(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = parse_both(f"file://{tmp_path}?container_name=one", f"file://{tmp_path}?container_name=two")
    assert first.client is second.client
    assert (first.container_name, second.container_name) == ("one", "two")
