"""What a run counts and tells, what it leaves for later, and when it deletes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from obs_client import ClientOptions, ConflictError, ObjectStorageClientError, ServiceError, TemporaryError
from obs_client.backend.values import NewObject
from obs_client.sync import Done, Place, Step, SyncOptions, SyncReport, Version, sync
from obs_client.sync.plan import Kept
from obs_client.sync.report import failed
from obs_client.sync.running.run import Run
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import PART, contents, memory

OPTIONS = SyncOptions(workers=1)


def copy(name: str, size: int | None) -> Step:
    return Step("copy", name, "new", Version(size, None, None))


def run(source: Place, target: Place, steps: Any, options: SyncOptions = OPTIONS, **how: Any) -> SyncReport:
    kept = how.pop("kept", None)
    how = {"ask": False, "progress": None, "on_done": None, **how}
    return Run(source, target, options, **how).run(steps, kept)


def test_each_step_is_told_and_counted_once() -> None:
    source, target = memory(a=b"1", l=b"x" * (PART + 1)), memory(old=b"22")
    info = target.client.object_info("old", "box")
    assert info is not None
    steps = [
        copy("a", 1),
        Step("skip", "b", "the same"),
        copy("gone", 5),
        copy("l", PART + 1),
        Step("delete", "old", "extra", None, Version.of(info)),
    ]
    told, moved = list[Done](), list[int]()
    report = run(source, target, steps, on_done=told.append, progress=moved.append, kept=Kept(3))
    assert report == SyncReport(2, PART + 2, 5, 1, {}, {"gone": "gone from the source meanwhile"})
    assert {done.step.name: (done.outcome, done.note, done.size) for done in told} == {
        "a": ("copied", "new", 1),
        "b": ("skipped", "the same", 0),
        "gone": ("skipped", "gone from the source meanwhile", 0),
        "l": ("copied", "new", PART + 1),
        "old": ("deleted", "extra", 0),
    }
    assert (len(told), sum(moved)) == (5, PART + 2)


def test_what_is_refused_fails_by_name_and_nothing_is_deleted() -> None:
    source, target = memory(a=b"1"), memory(old=b"1")
    steps = [copy("a", 1), Step("refuse", "r", "no path"), Step("delete", "old", "extra")]
    report = run(source, target, steps)
    error = report.failures["r"]
    assert (type(error), error.args[0]) == (ConflictError, "no path")
    assert isinstance(error, ConflictError)
    assert error.object_name == "r"
    assert (report.copied, report.deleted, report.withheld, report.withheld_reason) == (1, 0, 1, "1 name failed")
    assert "old" in contents(target)


@pytest.mark.parametrize(
    ("steps", "kept", "deleted"),
    [([], None, 0), ([], Kept(), 0), ([], Kept(1), 1), ([Step("skip", "s", "")], None, 1), ([copy("a", 1)], None, 1)],
)
def test_a_source_of_which_nothing_was_seen_deletes_nothing(steps: list[Step], kept: Any, deleted: int) -> None:
    source, target = memory(a=b"1"), memory(old=b"1")
    info = target.client.object_info("old", "box")
    assert info is not None
    report = run(source, target, [*steps, Step("delete", "old", "extra", None, Version.of(info))], kept=kept)
    assert (report.deleted, report.withheld) == (deleted, 1 - deleted)
    assert (report.withheld_reason is None) is bool(deleted)


def test_a_dry_run_counts_as_a_run_and_moves_nothing() -> None:
    source, target = memory(a=b"1", l=b"x" * (PART + 1)), memory(old=b"1")
    steps = [copy("a", 1), copy("l", PART + 1), Step("delete", "old", "extra"), Step("refuse", "r", "no")]
    moved: list[int] = []
    report = run(source, target, steps[:3], SyncOptions(dry_run=True), progress=moved.append)
    assert report == SyncReport(2, PART + 2, 0, 1, {}, {}, dry_run=True)
    assert (moved, list(contents(target))) == ([], ["old"])
    report = run(source, target, steps, SyncOptions(dry_run=True))
    assert (report.copied, report.deleted, report.withheld) == (2, 0, 1)


class Pool:
    """Ends steps when it is asked for a result; keeps how much was in it at most."""

    ahead = 3
    in_flight = 10

    def __init__(self) -> None:
        self.steps = deque[Step]()
        self.most = [0, 0]
        self.entered = self.left = 0

    @property
    def pending(self) -> int:
        return len(self.steps)

    def submit(self, step: Step) -> None:
        self.steps.append(step)
        self.most = [max(self.most[0], self.pending), max(self.most[1], sum(each.source_size for each in self.steps))]

    def result(self) -> Done:
        step = self.steps.popleft()
        return Done(step, "copied", step.reason, step.source_size)

    def __enter__(self) -> Self:
        self.entered += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.left += 1


@pytest.mark.parametrize(
    ("sizes", "most"),
    [
        ((1, 1, 1, 1, 1, 1, 1), [3, 3]),
        ((5, 5, 5, 5, 5), [2, 10]),
        ((6, 5, 6, 5, 1), [2, 6]),
        ((500, 1, 9, 1), [2, 500]),
        ((0, 0, 0, 0), [3, 0]),
    ],
)
def test_small_objects_are_in_flight_within_bounds_and_all_end(sizes: tuple[int, ...], most: list[int]) -> None:
    pool, told = Pool(), list[str]()
    steps = [copy(f"n{number}", size) for number, size in enumerate(sizes)]
    run_here = Run(
        memory(), memory(), OPTIONS, ask=False, progress=None, on_done=lambda done: told.append(done.step.name),
        pool=lambda: pool,
    )  # fmt: skip
    report = run_here.run(steps)
    assert (report.copied, report.copied_size, told) == (len(sizes), sum(sizes), [step.name for step in steps])
    assert pool.most[0] <= most[0]
    assert pool.most == most
    assert (pool.entered, pool.left) == (1, 1)


def test_what_is_large_or_of_unknown_size_goes_by_itself() -> None:
    source, target, pool = memory(l=b"x" * (PART + 1), u=b"12"), memory(), Pool()
    steps = [copy("l", PART + 1), copy("p", PART), copy("u", None)]
    report = Run(
        source, target, OPTIONS, ask=False, progress=None, on_done=None, pool=lambda: pool
    ).run(steps)  # fmt: skip
    assert (report.copied, report.copied_size) == (3, 2 * PART + 3)
    assert (pool.most, sorted(contents(target))) == ([1, PART], ["l", "u"])


@pytest.mark.parametrize("copied", [0, 1, 2])
def test_an_error_of_the_plan_says_what_was_done_before(copied: int) -> None:
    source, target = memory(), memory()

    def steps() -> Iterator[Step]:
        for number in range(copied):
            source.client.object_write(f"l{number}", b"x" * (PART + 1), container_name="box")
            yield copy(f"l{number}", PART + 1)
        raise ServiceError("broke off", hint="try again")

    with pytest.raises(ObjectStorageClientError) as raised:
        run(source, target, steps())
    before = ("", "; before, 1 name was copied", "; before, 2 names were copied")[copied]
    assert raised.value.args[0] == f"broke off{before}"


@pytest.mark.parametrize(("workers", "enough"), [(1, 20), (4, 20), (5, 25)])
def test_how_many_failures_in_a_row_are_enough(workers: int, enough: int) -> None:
    class Down(RecordingClient):
        def _object_write(self, new: NewObject, body: Any) -> None:
            raise TemporaryError("it is down")

    names = [f"{number:03}" for number in range(40)]
    source = memory(**dict.fromkeys(names, b"1"))
    client = Down(memory().client)
    client.options = ClientOptions(attempts=1)
    with pytest.raises(TemporaryError, match=f"^{enough} names in a row failed"):
        run(source, Place(client, "box"), [copy(name, 1) for name in names], SyncOptions(workers=workers))


def test_skips_between_failures_do_not_begin_the_row_anew() -> None:
    class Down(Pool):
        def result(self) -> Done:
            return failed(self.steps.popleft(), TemporaryError("it is down"))

    names = [f"{number:03}" for number in range(40)]
    steps = [each for name in names for each in (copy(name, 1), Step("skip", f"{name}s", "the same"))]
    with pytest.raises(TemporaryError, match="20 names in a row failed"):
        Run(memory(), memory(), OPTIONS, ask=False, progress=None, on_done=None, pool=Down).run(steps)


# ---- what stands in the way in a directory --------------------------------------------------------------------------


def tree(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) + "/" * each.is_dir() for each in path.rglob("*"))


def test_a_file_in_the_place_of_a_folder_goes_first_if_only_the_target_had_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    source, target = memory(**{"a/b": b"1", "z": b"2"}), Place.of_directory(tmp_path)
    report = sync(source, target)
    assert (list(report.failures), report.copied, tree(tmp_path)) == (["a/b"], 1, ["a", "z"])
    assert isinstance(report.failures["a/b"], ConflictError)
    report = sync(source, target, SyncOptions(delete=True, max_delete=0))
    assert (list(report.failures), report.withheld, tree(tmp_path)) == (["a/b"], 1, ["a", "z"])
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.ok, report.copied, report.deleted, tree(tmp_path)) == (True, 1, 1, ["a/", "a/b", "z"])


@pytest.mark.parametrize("large", [False, True])
def test_a_folder_in_the_place_of_a_file_goes_with_its_files(large: bool, tmp_path: Path) -> None:
    (tmp_path / "a" / "empty").mkdir(parents=True)
    (tmp_path / "a" / "b").write_bytes(b"old")
    source, target = memory(a=b"x" * (PART + 1 if large else 1)), Place.of_directory(tmp_path)
    assert list(sync(source, target).failures) == ["a"]
    report = sync(source, target, SyncOptions(delete=True, dry_run=True))
    assert (report.copied, report.deleted, tree(tmp_path)) == (1, 1, ["a/", "a/b", "a/empty/"])
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.ok, report.copied, report.deleted, tree(tmp_path)) == (True, 1, 1, ["a"])


def test_what_the_patterns_leave_out_stays_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "kept.txt").write_bytes(b"mine")
    (tmp_path / "a" / "old").write_bytes(b"old")
    source, target = memory(a=b"1", b=b"2"), Place.of_directory(tmp_path)
    report = sync(source, target, SyncOptions(delete=True, exclude=["*.txt"]))
    assert (list(report.failures), report.deleted) == (["a"], 0)
    assert (tmp_path / "a" / "kept.txt").read_bytes() == b"mine"
    assert (tmp_path / "a" / "old").exists(), "nothing is deleted when a name failed"
