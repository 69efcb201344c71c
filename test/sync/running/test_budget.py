"""A sync that may copy only so much, or only for so long: it ends cleanly, and the next goes on."""

from __future__ import annotations

from typing import Any

import pytest

from obs_client.sync import Place, SavedPlan, SyncOptions, SyncReport, apply, plan_sync, sync
from test.sync.support import Thing, contents, fill, memory


def places(count: int = 6) -> tuple[Place, Place]:
    source, target = memory(), memory()
    fill(source, {f"n{number}": Thing(b"x" * 100, {}) for number in range(count)})
    return source, target


def test_it_ends_before_the_copy_that_would_pass_the_bytes() -> None:
    source, target = places()
    report = sync(source, target, SyncOptions(max_transfer=350))
    assert (report.copied, report.copied_size, report.stopped_at, report.ok) == (3, 300, "n3", False)
    assert report.stopped == "max_transfer allows 350 bytes: 300 were copied, this has 100"
    assert sorted(contents(target)) == ["n0", "n1", "n2"]


def test_the_next_goes_on_until_all_is_done() -> None:
    source, target = places()
    reports = [sync(source, target, SyncOptions(max_transfer=200)) for _ in range(3)]
    assert [(report.copied, report.stopped_at) for report in reports] == [(2, "n2"), (2, "n4"), (2, None)]
    assert reports[-1].ok
    assert contents(target) == contents(source)


def test_what_just_fits_is_done() -> None:
    source, target = places()
    assert sync(source, target, SyncOptions(max_transfer=600, max_duration=3600)).ok


def test_what_needs_no_copy_counts_nothing() -> None:
    source, target = places()
    sync(source, target)
    report = sync(source, target, SyncOptions(max_transfer=0))
    assert (report.ok, report.skipped) == (True, 6)


def test_nothing_is_deleted_when_not_all_was_copied() -> None:
    source, target = places()
    fill(target, {"a-extra": Thing(b"1", {}), "z-extra": Thing(b"1", {})})
    report = sync(source, target, SyncOptions(delete=True, max_transfer=300))
    assert (report.withheld, report.withheld_reason, report.deleted) == (1, "not all was copied", 0)
    assert {"a-extra", "z-extra"} <= set(contents(target))
    assert sync(source, target, SyncOptions(delete=True)).deleted == 2


def test_an_object_larger_than_the_limit_is_told_as_such() -> None:
    source, target = places()
    report = sync(source, target, SyncOptions(max_transfer=99))
    assert (report.copied, report.stopped_at) == (0, "n0")
    assert report.stopped == "max_transfer allows 99 bytes, this alone has 100"


def test_after_the_time_no_copy_begins() -> None:
    source, target = places()
    report = sync(source, target, SyncOptions(max_duration=0.0))
    assert (report.copied, report.stopped_at, contents(target)) == (0, "n0", {})
    assert report.stopped == "0 seconds have passed, which max_duration allows"


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_plan_is_applied_within_them(dry_run: bool) -> None:
    source, target = places()
    options = SyncOptions(max_transfer=250, dry_run=dry_run)
    with SavedPlan(plan_sync(source, target, options)) as plan:
        assert plan.copies == 6
        report: SyncReport = apply(plan, source, target, options)
    assert (report.copied, report.stopped_at, report.dry_run) == (2, "n2", dry_run)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"max_transfer": -1}, ValueError, "max_transfer must be 0 or more"),
        ({"max_transfer": 1.5}, TypeError, "max_transfer must be an int"),
        ({"max_duration": -1}, ValueError, "max_duration must be 0 or more"),
        ({"max_duration": float("nan")}, ValueError, "max_duration must be 0 or more"),
        ({"max_duration": "1h"}, TypeError, "max_duration must be a number of seconds"),
    ],
)
def test_what_is_no_bound_is_refused(given: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        SyncOptions(**given)
