"""What is told of deletions when workers are lost that had done some of them, in this thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent import futures
from typing import Any

import pytest

from obs_client.sync import Place, SyncOptions, SyncReport
from obs_client.sync.ranges import Bounds
from obs_client.sync.report import Done
from obs_client.sync.spread import by_ranges
from obs_client.sync.spread.work import JobHere, delete_range
from obs_client.sync.spread.workers import Here, Workers
from test.sync.support import Thing, contents, fill, memory

EXTRA = 20


class Losing(Here):
    """Does pieces, of which those that delete are small, and each second of these is lost when it is done."""

    def __init__(self, loses: bool = True) -> None:
        self._loses = loses
        self.losses = 0
        self.before_deletions: Callable[[], object] | None = None
        self.after_loss: Callable[[], object] | None = None
        self._lost_before = False

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> futures.Future[Any]:
        if function is not delete_range:
            return super().submit(function, *arguments, **named)
        if self.before_deletions:
            self.before_deletions()
            self.before_deletions = None
        job, within, _, most = arguments
        future = super().submit(function, job, within, Bounds(names=7), most)
        self._lost_before = self._loses and not self._lost_before
        if not self._lost_before:
            return future
        self.losses += 1
        if self.after_loss:
            self.after_loss()
            self.after_loss = None
        lost = futures.Future[Any]()
        lost.set_exception(RuntimeError("the worker is gone"))
        return lost


def places() -> tuple[Place, Place]:
    """Of thirty names ten in the target already, and besides twenty that are its own."""
    names = [f"n{number:02d}" for number in range(30)]
    source, target = memory(), memory()
    fill(target, {name: Thing(b"x", {}) for name in [*names[:10], *(f"n{number:02d}old" for number in range(EXTRA))]})
    fill(source, {name: Thing(b"x", {}) for name in names})
    fill(target, {name: Thing(b"x", {}) for name in names[:10]})
    return source, target


def sync(source: Place, target: Place, executor: futures.Executor) -> SyncReport:
    job = JobHere(source, target, SyncOptions(delete=True), None, None)
    with Workers(lambda: executor, 2) as workers:
        return by_ranges.sync_by_ranges(job, workers, None)


@pytest.mark.parametrize("loses", [False, True])
def test_all_that_is_gone_was_deleted(loses: bool) -> None:
    source, target = places()
    executor = Losing(loses)
    report = sync(source, target, executor)
    assert contents(target) == contents(source)
    assert (report.copied, report.skipped, report.deleted, report.ok) == (20, 10, EXTRA, True)
    assert (executor.losses > 2) is loses


@pytest.mark.parametrize("name", ["n19old", "n00old"], ids=["in a later piece", "in the first"])
def test_a_name_that_the_source_has_again_before_it_is_deleted_is_kept_and_not_counted(name: str) -> None:
    source, target = places()
    executor = Losing(loses=False)
    executor.before_deletions = lambda: fill(source, {name: Thing(b"x", {})})
    report = sync(source, target, executor)
    assert name in contents(target)
    assert (report.deleted, report.ok) == (EXTRA - 1, True)


def test_a_name_that_the_source_has_again_when_a_worker_was_lost_is_kept_and_not_counted() -> None:
    source, target = places()
    executor = Losing()
    executor.after_loss = lambda: fill(source, {"n19old": Thing(b"x", {})})
    report = sync(source, target, executor)
    assert "n19old" in contents(target)
    assert (report.deleted, report.ok) == (EXTRA - 1, True)


def test_a_name_that_the_source_has_again_when_a_lost_worker_had_deleted_it_is_counted() -> None:
    source, target = places()
    executor = Losing()
    executor.after_loss = lambda: fill(source, {"n00old": Thing(b"x", {})})
    report = sync(source, target, executor)
    assert "n00old" not in contents(target)  # the next sync copies it
    assert (report.deleted, report.ok) == (EXTRA, True)


def test_names_that_a_listing_does_not_tell_yet_were_not_deleted() -> None:
    source, target = places()
    executor = Losing(loses=False)
    executor.before_deletions = lambda: target.client.object_delete("n15", "box")
    assert sync(source, target, executor).deleted == EXTRA


def test_names_to_delete_that_came_to_be_meanwhile_withhold_those_that_are_left() -> None:
    source, target = places()
    executor = Losing(loses=False)
    executor.before_deletions = lambda: fill(target, {"zzz": Thing(b"x", {})})
    report = sync(source, target, executor)
    assert "zzz" in contents(target)
    assert (report.withheld > 0, report.ok, report.withheld_reason) == (
        True, False, "more names were found to delete than before",
    )  # fmt: skip


def test_none_is_looked_at_after_max_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=5))
    source, target = places()

    def wait(_: Done) -> None:
        time.sleep(0.002)

    job = JobHere(source, target, SyncOptions(delete=True, workers=1), None, wait)
    with Workers(Here, 2) as workers:
        first = by_ranges.sync_by_ranges(job, workers, None, None, 0.02)
        assert first.stopped == "0.02 seconds have passed, which max_duration allows"
        assert (first.deleted, first.ok, first.copied + first.skipped < 30) == (0, False, True)
        again = by_ranges.sync_by_ranges(job, workers, None, None, 3600)
    assert (again.stopped, again.copied + again.skipped, again.deleted) == (None, 30, EXTRA)
    assert contents(target) == contents(source)
