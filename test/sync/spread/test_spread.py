"""A sync by several workers: the target is exact, and so are the counts, whatever becomes of the workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    ConfigurationError,
    ContainerNotFoundError,
    LocalClient,
    MemoryClient,
    ObjectStorageClient,
    ServiceError,
    TemporaryError,
    wrappers,
)
from obs_client.backend import ObjectInfo, Page, SubdirInfo
from obs_client.sync import Done, Place, SavedPlan, SyncOptions, SyncReport, apply, plan_sync, sync
from obs_client.sync.ranges import Bounds
from obs_client.sync.spread import by_ranges, by_steps
from obs_client.wrappers import prefixed
from test.sync.spread.chaos import Chaos
from test.sync.spread.ways import Ways, by_their_steps, filled, in_ranges, place
from test.sync.support import Thing, contents, fill

pytestmark = pytest.mark.slow

WAYS = pytest.mark.parametrize("ways", [by_their_steps, in_ranges])


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    monkeypatch.setattr(by_steps, "STEPS", 7)
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=3))
    monkeypatch.setattr(by_ranges, "NEXT", Bounds(names=11))


@WAYS
@pytest.mark.parametrize("seed", range(4))
def test_the_target_and_the_counts_are_exact_whatever_is_lost(
    ways: Callable[[Path], Ways], seed: int, tmp_path: Path
) -> None:
    source, target = filled(ways, tmp_path)
    chaos = Chaos(seed, lost=0.3, twice=0.0)
    report = sync(source, target, SyncOptions(delete=True), processes=2, executor=chaos)
    assert contents(target) == contents(source)
    assert report.ok
    assert (report.copied + report.skipped, report.deleted) == (100, 20)
    assert chaos.losses > 0


@WAYS
def test_pieces_that_are_done_twice_change_nothing(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    report = sync(source, target, SyncOptions(delete=True), processes=3, executor=Chaos(7, lost=0.0, twice=1.0))
    assert contents(target) == contents(source)
    assert (report.ok, report.deleted) == (True, 20)
    again = sync(source, target, SyncOptions(delete=True), processes=3, executor=Chaos(8, lost=0.0))
    assert (again.copied, again.skipped, again.deleted) == (0, 100, 0)


@WAYS
def test_without_losses_the_report_is_that_of_one_process(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    told: list[int] = []
    report = sync(
        source, target, SyncOptions(delete=True), processes=2, executor=Chaos(1, 0.0, 0.0), progress=told.append
    )
    assert (report.copied, report.copied_size, report.skipped, report.deleted) == (100, sum(range(100)), 0, 20)
    assert sum(told) == sum(range(100))


@WAYS
def test_what_is_lost_again_and_again_ends_it_and_nothing_is_deleted(
    ways: Callable[[Path], Ways], tmp_path: Path
) -> None:
    source, target = filled(ways, tmp_path)
    with pytest.raises(TemporaryError, match="lost 5 times"):
        sync(source, target, SyncOptions(delete=True), processes=2, executor=Chaos(1, lost=1.0))
    assert sum("old" in name for name in contents(target)) == 20


class Refusing(LocalClient):
    """A store of which one object cannot be read."""

    def _object_open(self, container: str, name: str, *arguments: Any, **options: Any) -> Any:
        if name.endswith("n050"):
            raise ServiceError("not this one")
        return super()._object_open(container, name, *arguments, **options)


@WAYS
def test_a_failure_withholds_the_deletions(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    refusing: ObjectStorageClient = Refusing(tmp_path / "one", "box")
    source = Place(prefixed(refusing, "p") if ways is in_ranges else refusing, "box")
    report = sync(source, target, SyncOptions(delete=True), processes=2, executor=Chaos(1, 0.0, 0.0))
    assert [(name, str(error)) for name, error in report.failures.items()] == [("2/n050", "not this one")]
    assert (report.copied, report.withheld, report.withheld_reason) == (99, 20, "1 name failed")
    assert sum("old" in name for name in contents(target)) == 20


@WAYS
def test_more_deletions_than_are_allowed_are_none(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    options = SyncOptions(delete=True, max_delete=19)
    report = sync(source, target, options, processes=2, executor=Chaos(1, 0.0, 0.0))
    assert (report.deleted, report.withheld) == (0, 20)
    assert report.withheld_reason == "20 names would be deleted, max_delete is 19"


@WAYS
def test_it_ends_after_max_duration_and_the_next_does_the_rest(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    slow = wrappers.limited(target.client, requests_per_second=100)
    first, again = (
        sync(source, each, SyncOptions(delete=True, max_duration=seconds), processes=2, executor=Chaos(1, 0.0, 0.0))
        for each, seconds in ((Place(slow, "box", target.prefix), 0.3), (target, 3600))
    )
    assert first.stopped == "0.3 seconds have passed, which max_duration allows"
    assert first.stopped_at is not None
    assert (first.deleted, first.copied < 100, first.ok) == (0, True, False)
    assert (again.stopped, again.copied + again.skipped, again.deleted) == (None, 100, 20)
    assert first.copied + again.copied == 100
    assert contents(target) == contents(source)


@WAYS
def test_an_empty_source_deletes_nothing(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = ways(tmp_path)
    fill(target, {"a": Thing(b"1", {})})
    report = sync(source, target, SyncOptions(delete=True), processes=2, executor=Chaos(1, 0.0, 0.0))
    assert (report.withheld, list(contents(target))) == (1, ["a"])


@WAYS
def test_a_dry_run_writes_nothing(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    before = contents(target)
    options = SyncOptions(delete=True, dry_run=True)
    report = sync(source, target, options, processes=2, executor=Chaos(1, 0.0, 0.0))
    assert (report.copied, report.deleted, report.dry_run) == (100, 20, True)
    assert contents(target) == before


@WAYS
def test_an_absent_container_is_told(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = ways(tmp_path)
    absent = Place(source.client, "absent")
    with pytest.raises(ContainerNotFoundError):
        sync(absent, target, processes=2, executor=Chaos(1, 0.0, 0.0))


def test_each_step_is_told_where_steps_are_planned_here(tmp_path: Path) -> None:
    source, target = filled(by_their_steps, tmp_path)
    told: list[Done] = []
    sync(source, target, SyncOptions(delete=True), processes=2, executor=Chaos(3), on_done=told.append)
    assert len({done.step.name for done in told}) == len(told) == 120
    copies = [done.step.name for done in told if done.step.action == "copy"]
    assert copies == sorted(copies)


@WAYS
def test_a_plan_is_applied_by_them(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    options, told = SyncOptions(delete=True), list[Done]()
    with SavedPlan(plan_sync(source, target, options)) as plan:
        source.client.object_write(source.full_name("0/n003"), b"changed since", container_name="box")
        report = apply(plan, source, target, options, on_done=told.append, processes=2, executor=Chaos(1, 0.0, 0.0))
    assert list(report.failures) == ["0/n003"]
    assert (report.copied, report.withheld, len(told)) == (99, 20, 100)


@WAYS
def test_processes_of_its_own(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    report = sync(source, target, SyncOptions(delete=True), processes=2)
    assert contents(target) == contents(source)
    assert (report.copied, report.deleted, report.ok) == (100, 20, True)


def _killed_once(flag: str) -> None:
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class Murdered(LocalClient):
    """A store whose client dies by a signal at its first copy, with its process; only the first does."""

    def object_info(self, *arguments: Any, **options: Any) -> Any:
        return super().object_info(*arguments, **options)

    def _object_write(self, *arguments: Any) -> Any:
        if os.environ.get("TEST_PARENT") != str(os.getpid()):
            _killed_once(os.environ["TEST_FLAG"])
        return super()._object_write(*arguments)


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PARENT", str(os.getpid()))
    monkeypatch.setenv("TEST_FLAG", str(tmp_path / "killed"))
    source, target = place(LocalClient(tmp_path / "one", "box")), place(Murdered(tmp_path / "two", "box"))
    fill(source, {f"n{number:03d}": Thing(b"x" * number, {}) for number in range(60)})
    report = sync(source, target, SyncOptions(delete=True), processes=2)
    assert (tmp_path / "killed").exists()
    assert contents(target) == contents(source)
    assert (report.copied + report.skipped, report.ok) == (60, True)


def test_an_executor_of_others_is_not_ended(tmp_path: Path) -> None:
    source, target = filled(by_their_steps, tmp_path)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert sync(source, target, processes=1, executor=pool).copied == 100
        assert pool.submit(len, "abc").result() == 3


@WAYS
def test_max_transfer_is_not_exceeded_and_the_next_goes_on(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = filled(ways, tmp_path)
    options, reports = SyncOptions(delete=True, max_transfer=1000, workers=2), list[SyncReport]()
    while not reports or reports[-1].stopped:
        before = sum(report.copied_size for report in reports)
        reports.append(sync(source, target, options, processes=2, executor=Chaos(1, 0.0, 0.0)))
        assert 0 < reports[-1].copied_size <= 1000
        had = {f"{number % 3}/n{number:03d}" for number in range(100)} & set(contents(target))
        assert sum(int(name[-3:]) for name in had) == before + reports[-1].copied_size
        assert (reports[-1].deleted > 0) is (reports[-1].stopped is None)
    assert "max_transfer allows 1,000 bytes" in (reports[0].stopped or "")
    assert len(reports) >= 5
    assert contents(target) == contents(source)


def test_what_cannot_go_to_another_process_is_refused_before_anything(tmp_path: Path) -> None:
    source, target = place(MemoryClient()), place(LocalClient(tmp_path / "two"))
    with pytest.raises(ConfigurationError, match="MemoryClient cannot be pickled"):
        sync(source, target, processes=2)
    one, two = in_ranges(tmp_path)
    with pytest.raises(ConfigurationError, match="cannot go to another process"):
        sync(one, two, SyncOptions(map_attributes=lambda attributes: attributes), processes=2)
    with pytest.raises(ConfigurationError, match="on_done is not for several processes"):
        sync(one, two, on_done=print, processes=2)
    with pytest.raises(ConfigurationError, match="processes must be"):
        sync(one, two, processes=0)
    with pytest.raises(ConfigurationError, match="one place"):
        sync(one, one, processes=2)


class Unordered(LocalClient):
    """A store that says that it lists in order, and does not."""

    def _object_list(self, *arguments: Any) -> Page[ObjectInfo | SubdirInfo]:
        page = super()._object_list(*arguments)
        return Page(list(reversed(page.entries)), page.next_marker)


def test_a_store_that_lists_out_of_order_is_an_error_and_no_gap(tmp_path: Path) -> None:
    source = place(prefixed(Unordered(tmp_path / "one", "box"), "p"))
    target = place(prefixed(LocalClient(tmp_path / "two", "box"), "p"))
    fill(source, {f"n{number}": Thing(b"x", {}) for number in range(9)})
    with pytest.raises(ServiceError, match="out of order"):
        sync(source, target, processes=2, executor=Chaos(1, 0.0, 0.0))
