"""Plans: their steps, kept in a file or as JSON lines, and done later."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    ContainerNotFoundError,
    ObjectChangedError,
    ServiceError,
)
from obs_client.sync import (
    Place,
    SavedPlan,
    Step,
    SyncOptions,
    Version,
    apply,
    plan_sync,
    read_steps,
    sync,
    write_steps,
)
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import (
    PAIRS,
    Slow,
    Thing,
    contents,
    fill,
    make_place,
    memory,
    state,
    threads,
    tree,
)


def plan_file(source: Place, target: Place, path: Path) -> Path:
    with path.open("w") as file:
        write_steps(plan_sync(source, target, SyncOptions(delete=True)), file)
    return path


def apply_file(path: Path, source: Place, target: Place) -> Any:
    with path.open() as file:
        return apply(read_steps(file), source, target)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_plan_is_written_read_and_applied_later(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    fill(source, tree())
    target.client.object_write(target.full_name("old"), b"old", container_name=target.container_name)
    path = plan_file(source, target, tmp_path / "plan")
    steps = list(plan_sync(source, target, SyncOptions(delete=True)))
    with path.open() as file:
        assert list(read_steps(file)) == steps
    report = apply_file(path, source, target)
    assert report.ok
    assert state(target) == state(source)
    again = apply_file(path, source, target)
    assert again.ok
    assert (again.copied, again.deleted) == (0, 0)


def test_a_stale_step_is_refused_and_nothing_is_deleted(tmp_path: Path) -> None:
    names = ("a", "source_changed", "target_made", "target_changed", "source_gone")
    source = memory(**dict.fromkeys(names, b"1"))
    target = memory(target_changed=b"22", old=b"3")
    path = plan_file(source, target, tmp_path / "plan")
    source.client.object_write("source_changed", b"2", container_name="box")
    target.client.object_write("target_made", b"9", container_name="box")
    target.client.object_write("target_changed", b"8", container_name="box")
    source.client.object_delete("source_gone", "box")
    report = apply_file(path, source, target)
    assert set(report.failures) == {"source_changed", "target_made", "target_changed"}
    assert set(report.notes) == {"source_gone"}
    assert contents(target) == {"a": b"1", "target_made": b"9", "target_changed": b"8", "old": b"3"}
    assert report.withheld == 1


def test_a_plan_that_is_not_whole_is_refused_before_anything_is_deleted(tmp_path: Path) -> None:
    source, target = memory(z=b"1"), memory(a=b"2", z=b"1")
    path = plan_file(source, target, tmp_path / "plan")
    lines = path.read_text().splitlines(keepends=True)
    for broken in (lines[:-1], [*lines[:-2], lines[-1]], [lines[0][:-5]], ["[]\n"], ['{"action": "explode"}\n'], []):
        path.write_text("".join(broken))
        with pytest.raises(ServiceError, match="plan"):
            apply_file(path, source, target)
    assert set(contents(target)) == {"a", "z"}


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


def test_a_plan_goes_through_a_file_of_the_program_s_own(places: Places, tmp_path: Path) -> None:
    source, target = places
    with (tmp_path / "plan").open("w") as file:
        count = write_steps(plan_sync(source, target), file)
    with (tmp_path / "plan").open() as file:
        assert apply(read_steps(file), source, target).copied == count - 1


def test_a_saved_plan_gives_each_step_as_it_was_again_and_again() -> None:
    steps = [
        Step("copy", "n\ud800\n\0", "why", Version(2**70, "tag", 0.1), Version(None, None, None)),
        Step("delete", "b", "", None, Version(0, "", -1.5)),
        Step("skip", "c", "is"),
        Step("refuse", "d", "cannot", Version(1, None, float("1e300"))),
    ]
    with SavedPlan(iter(steps)) as plan:
        assert list(plan) == list(plan) == steps
        assert (plan.copies, plan.size, plan.deletions, plan.skips, plan.refusals) == (1, 2**70, 1, 1, 1)
        end = plan._file.seek(0, io.SEEK_END) - 4
        for cut in reversed(range(0, end, 3)):
            plan._file.truncate(cut)
            with pytest.raises(ServiceError, match=r"breaks off, [1-4] steps before its end"):
                list(plan)


class FullDisk:
    """A file on a disk without space."""

    def write(self, _: bytes) -> int:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        pass


def test_nothing_is_copied_after_the_file_of_the_plan_could_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    source = memory(**{f"{number:03}": b"1" for number in range(60)})
    target = Slow(memory(zz=b"1").client)
    before = threads()
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: FullDisk())
    with pytest.raises(OSError, match="No space") as kept:
        sync(source, Place(target, "box"), SyncOptions(delete=True, workers=4))
    assert threads() <= before, "none that could copy is left"
    assert target.moved < 60
    assert kept.value.errno == 28


def test_a_plan_that_cannot_be_saved_closes_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    def steps() -> Iterator[Any]:
        try:
            yield from plan_sync(memory(a=b"1", b=b"1"), memory())
        finally:
            closed.append("closed")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: FullDisk())
    given = steps()
    with pytest.raises(OSError, match="No space"):
        SavedPlan(given)
    assert closed == ["closed"]


VERSION = Version(1, None, 1.0)


def test_a_plan_is_of_lines_whatever_the_names_are() -> None:
    steps = [Step("copy", name, "not in the target", VERSION) for name in ("a\u2028b", "\x85", "ü", "\n", "\r\n")]
    stream = io.StringIO()
    assert write_steps(steps, stream) == 5
    assert list(read_steps(stream.getvalue().splitlines())) == steps


@pytest.mark.parametrize(
    "row",
    [
        {"action": "copy", "name": "", "reason": "x", "source": {"size": 1, "hash": None, "last_modified": 1.0}},
        {"action": "copy", "name": "a", "reason": "x"},
        {"action": "delete", "name": "a", "reason": "x"},
        {"action": "copy", "name": "a", "reason": "x", "source": {"size": 1, "hash": None, "last_modified": "nan"}},
        {"action": "copy", "name": "a", "reason": "x", "source": {"size": -1, "hash": None, "last_modified": 1.0}},
    ],
)
def test_a_step_that_cannot_be_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ServiceError, match="line 1 of the plan is not a step"):
        list(read_steps([json.dumps(row), json.dumps({"action": "end", "steps": 1})]))


WHOLE: dict[str, Any] = {
    "action": "copy",
    "name": "n",
    "reason": "new",
    "source": {"size": 1, "hash": "h", "last_modified": 5},
    "target": {"size": None, "hash": None, "last_modified": None},
}


def test_a_line_is_the_step_that_it_says() -> None:
    lines = [
        json.dumps(WHOLE),
        json.dumps({"action": "skip", "name": "s", "reason": ""}),
        '{"action": "end", "steps": 2}',
    ]
    assert list(read_steps(lines)) == [
        Step("copy", "n", "new", Version(1, "h", 5.0), Version(None, None, None)),
        Step("skip", "s", ""),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "explode"}, {"name": ""}, {"name": 5}, {"name": None}, {"reason": None}, {"source": None},
        {"action": "delete", "target": None}, {"source": {"size": 1, "hash": "h"}},
        *({"target": {**WHOLE["source"], **each}} for each in (
            {"size": -1}, {"size": "1"}, {"size": 1.5}, {"hash": 5}, {"last_modified": "x"},
            {"last_modified": float("nan")}, {"last_modified": float("inf")},
        )),
    ],
    ids=str,
)  # fmt: skip
def test_a_line_that_is_no_step_is_refused_with_its_number(wrong: dict[str, Any]) -> None:
    lines = [json.dumps(WHOLE), json.dumps({**WHOLE, **wrong}), '{"action": "end", "steps": 2}']
    found = read_steps(lines)
    assert next(found).name == "n"
    with pytest.raises(ServiceError) as raised:
        next(found)
    assert raised.value.args[0] == "line 2 of the plan is not a step; make a new plan"


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ([], "the plan breaks off after 1 steps; make a new plan"),
        (['{"action": "end", "steps": 2}'], "the plan has 1 steps, its last line has 2; make a new plan"),
        (['{"action": "end"}'], "the plan has 1 steps, its last line has None; make a new plan"),
    ],
)
def test_a_plan_without_its_end_is_refused(end: list[str], words: str) -> None:
    with pytest.raises(ServiceError) as raised:
        list(read_steps([json.dumps(WHOLE), *end]))
    assert raised.value.args[0] == words
