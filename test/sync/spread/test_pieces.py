"""What one piece of a sync tells: its names, what it left, what it counted; and how ranges are cut."""

from __future__ import annotations

import bisect
import time
from collections.abc import Callable
from typing import Any

import pytest

from obs_client.sync import Done, Place, Step, SyncOptions, SyncReport, Version
from obs_client.sync.ledger.book import Ledger, Row
from obs_client.sync.ranges import EVERYTHING, Bounds, Range, Taken
from obs_client.sync.spread import sums as spread_sums
from obs_client.sync.spread import work
from obs_client.sync.spread.splitting import split
from obs_client.sync.spread.sums import Sums
from obs_client.sync.spread.work import JobHere, Outcomes, copy_range, delete_range, probe
from test.sync.support import PART, contents, memory


def job(source: Place, target: Place, told: list[Done] | None = None, **options: Any) -> JobHere:
    return JobHere(source, target, SyncOptions(workers=1, **options), None, None if told is None else told.append)


def places() -> tuple[Place, Place]:
    """Of the source `a` to `f` the target has `a` as it is, `b` with other content, and two names of its own."""
    source = memory("from", **dict.fromkeys("abcdef", b"12"))
    return source, memory("to", a=b"12", b=b"1", bb=b"1", e1=b"1")


def test_a_piece_copies_its_range_and_tells_what_it_left_and_what_is_to_be_deleted() -> None:
    source, target = places()
    done = copy_range(job(source, target, delete=True), EVERYTHING, Bounds(names=4), 1)
    assert (done.within, done.rests) == (Range("", "c"), (Range("c", None),))
    assert done.report == SyncReport(2, 4, 1, 0, {}, {})
    assert (done.deletions, done.in_target, done.more_failures) == (1, 4, 0)
    assert sorted(contents(target)) == ["a", "b", "bb", "c", "e1"], "deletions come later"
    rest = copy_range(job(source, target, delete=True), done.rests[0], Bounds(), 1)
    assert (rest.within, rest.rests) == (Range("c", None), ())
    assert (rest.report.copied, rest.deletions, rest.in_target) == (3, 1, 4)
    again = copy_range(job(source, target, delete=True), EVERYTHING, Bounds(), 1)
    assert (again.report.copied, again.report.skipped, again.deletions, again.in_target) == (0, 6, 2, 8)


def test_a_piece_ends_after_bytes_that_were_moved() -> None:
    source, target = memory(**dict.fromkeys("abcdef", b"x" * (PART + 1))), memory()
    done = copy_range(job(source, target), Range("b", "f"), Bounds(size=2 * PART), 1)
    assert (done.within, done.rests) == (Range("b", "d"), (Range("d", "f"),))
    assert list(contents(target)) == ["c", "d"]


def test_the_rest_of_a_piece_is_cut_where_names_are() -> None:
    source, target = places()
    done = copy_range(job(source, target), EVERYTHING, Bounds(names=1), 3)
    assert done.within == Range("", "a")
    assert len(done.rests) > 1
    assert (done.rests[0].after, done.rests[-1].up_to) == ("a", None)
    assert all(one.up_to == other.after for one, other in zip(done.rests, done.rests[1:], strict=False))


def test_a_piece_deletes_what_only_the_target_has_and_no_more_than_it_may() -> None:
    source, target = places()
    told: list[Done] = []
    done = delete_range(job(source, target, told), EVERYTHING, Bounds(), 1)
    assert (done.report.deleted, done.report.withheld, done.deletions, done.in_target) == (0, 2, 2, 4)
    assert (told, len(contents(target))) == ([], 4)
    done = delete_range(job(source, target, told), Range("", "d"), Bounds(), 1)
    assert (done.within, done.rests, done.report) == (Range("", "d"), (), SyncReport(0, 0, 0, 1, {}, {}))
    assert [each.step.name for each in told] == ["bb"]
    assert contents(target) == {"a": b"12", "b": b"1", "e1": b"1"}, "nothing is copied by it"
    done = delete_range(job(source, target), EVERYTHING, Bounds(names=2), 9)
    assert (done.within, done.rests) == (Range("", "b"), (Range("b", None),))


def test_steps_that_are_told_are_not_counted_twice() -> None:
    source, target = places()
    told: list[Done] = []
    done = copy_range(job(source, target, told), EVERYTHING, Bounds(), 1)
    assert (done.report.copied, done.report.skipped, len(told)) == (5, 1, 6)


def test_of_steps_that_went_as_planned_nothing_travels() -> None:
    steps = [Step("copy", name, "new", Version(size, None, None)) for name, size in (("a", 1), ("b", 2), ("c", 3))]
    other = Done(steps[0], "failed", "no")
    assert list(Outcomes({0: other}).of(steps)) == [
        other, Done(steps[1], "copied", "new", 2), Done(steps[2], "copied", "new", 3),
    ]  # fmt: skip


def test_the_first_name_after_a_text_is_looked_for_below_the_place() -> None:
    source = memory("from", b=b"1", c=b"1")
    source.client.object_write("fro", b"1", container_name="box")
    source.client.object_write("z", b"1", container_name="box")
    first = probe(source)
    assert [first(after) for after in ("", "a", "b", "bb", "c", "d")] == ["b", "b", "c", "c", None, None]


def test_of_many_failures_a_hundred_are_told_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "FAILURES_MAXIMUM", 2)
    failures: dict[str, Exception] = {name: ValueError(name) for name in "abc"}
    few, more = work._few_failures(SyncReport(1, 2, 3, 4, failures, {"n": "note"}, 5))
    assert (list(few.failures), more) == (["a", "b"], 1)
    assert few == SyncReport(1, 2, 3, 4, few.failures, {"n": "note"}, 5)


# ---- sums -----------------------------------------------------------------------------------------------------------


def test_pieces_come_to_one_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread_sums, "FAILURES_MAXIMUM", 3)
    moved: list[int] = []
    sums = Sums(SyncOptions(dry_run=True), moved.append)
    one, other = ({name: ValueError(name) for name in names} for names in ("ab", "cd"))
    sums.add(SyncReport(1, 10, 2, 3, dict(one), {"n": "1"}), 4)
    sums.add(SyncReport(5, 0, 6, 7, dict(other), {"m": "2"}), 8)
    assert sums.names == 14
    found = sums.report()
    assert found == SyncReport(
        6, 10, 8, 10, {**one, "c": other["c"]}, {"n": "1", "m": "2"}, dry_run=True, more_failures=13
    )  # fmt: skip
    assert moved == [10]
    sums.add(SyncReport(0, 0, 0, 0, {"e": ValueError("e")}, {}), 0)
    assert (list(sums.report().failures), sums.report().more_failures) == (["a", "b", "c"], 14)
    assert (sums.report(3).withheld, sums.report(3).withheld_reason) == (3, None)


@pytest.mark.parametrize(("copied", "skipped"), [(0, 0), (1, 0), (0, 1)])
def test_all_is_deleted_only_if_the_source_has_a_name(copied: int, skipped: int) -> None:
    sums = Sums(SyncOptions(delete=True), None)
    sums.add(SyncReport(copied, 0, skipped, 0, {}, {}), 0)
    assert (sums.why_not(5) is None) is bool(copied + skipped)
    limited = Sums(SyncOptions(delete=True, max_delete=4), None)
    assert (limited.why_not(4), limited.why_not(5)) == (None, "5 names would be deleted, max_delete is 4")


def test_what_was_done_before_is_counted_and_told() -> None:
    class Before(Ledger):
        def __init__(self, rows: int) -> None:
            self.rows = [Row(EVERYTHING, 1, 1, 1, 0)] * rows
            self.begun = 5.0

        names = 7

    found = Sums(SyncOptions(), None, Before(1))
    assert (found.names, found.why_not(1)) == (7, None)
    assert (found.report().done_before, found.report().done_since) == (7, 5.0)
    assert Sums(SyncOptions(), None, Before(0)).report().done_since is None


# ---- ranges ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("within", "start", "may"),
    [
        (Range("b", "d"), "b", True), (Range("b", "d"), "c/", True), (Range("b", "d"), "d", True),
        (Range("b", "d"), "a", False), (Range("b", "d"), "da", False), (Range("b", "d"), "", True),
        (Range("b/c", "d"), "b/", True), (Range("b/c", "d"), "a/", False), (Range("b/c", None), "zz", True),
        (Range("b/c", "b/d"), "b/e", False),
    ],
)  # fmt: skip
def test_a_folder_is_looked_into_if_any_name_in_it_may_be_in_the_range(within: Range, start: str, may: bool) -> None:
    assert within.may_hold(start) is may


@pytest.mark.parametrize(("name", "held"), [("a", False), ("b", False), ("b!", True), ("d", True), ("d!", False)])
def test_which_names_a_range_holds(name: str, held: bool) -> None:
    assert Range("b", "d").holds(name) is held
    assert Range("b").holds(name) is (name > "b")
    assert EVERYTHING.holds(name)


def test_time_is_a_bound_too_but_one_name_is_always_taken() -> None:
    rows = [(name, None, name if name < "c" else None) for name in "abcdef"]
    late = Taken(EVERYTHING, Bounds(seconds=0.0))
    assert [row[0] for row in late.take(iter(rows))] == ["a"]
    assert (late.rest, late.names, late.in_target) == (Range("a", None), 1, 1)
    taken, began = Taken(Range("", "x"), Bounds(seconds=0.005)), time.monotonic()
    for _ in taken.take(iter(rows * 1000)):
        assert time.monotonic() - began < 1
        if taken.names == 3:
            time.sleep(0.006)
    assert (taken.names, taken.in_target, taken.rest) == (3, 2, Range("c", "x"))


def test_a_range_of_which_the_last_name_is_taken_leaves_nothing() -> None:
    taken = Taken(Range("", "b"), Bounds(names=2))
    assert len(list(taken.take(iter([("a", None, None), ("b", None, None), ("c", None, None)])))) == 2
    assert taken.rest is None
    ended = Taken(Range("", "x"), Bounds())
    assert ended.rest == Range("", "x")
    assert len(list(ended.take(iter([("a", None, None)])))) == 1
    assert ended.rest is None


def probe_of(names: list[str]) -> Callable[[str], str | None]:
    ordered = sorted(names)

    def first(after: str) -> str | None:
        at = bisect.bisect_right(ordered, after)
        return ordered[at] if at < len(ordered) else None

    return first


@pytest.mark.parametrize("within", [EVERYTHING, Range("n/2", None), Range("", "n/6"), Range("n/2", "n/6"), Range("z")])
@pytest.mark.parametrize(
    "names",
    [
        [f"n/{number}" for number in range(9)],
        [f"n/{number}{letter}" for number in range(9) for letter in "aBz"],
        ["n/2", "n/22", "n/222", "n/2222"],
        ["n", "n/", "n/a", "n/B", "n/é", "m", "n/2\U0010ffff", "n/2\ue000", "n/2\ud7ff"],
        [],
    ],
)
@pytest.mark.parametrize("pieces", [1, 2, 3, 8])
def test_a_split_holds_each_name_of_the_range_once(within: Range, names: list[str], pieces: int) -> None:
    found = split(within, probe_of(names), pieces)
    assert 1 <= len(found) <= pieces
    assert (found[0].after, found[-1].up_to) == within
    for name in names:
        assert sum(piece.holds(name) for piece in found) == within.holds(name)


@pytest.mark.parametrize(("pieces", "counts"), [(2, [5, 5]), (5, [2, 2, 2, 2, 2]), (10, [1] * 10), (20, [1] * 10)])
def test_pieces_have_the_same_count_of_characters_between_them(pieces: int, counts: list[int]) -> None:
    names = [f"in/{digit}x" for digit in "0123456789"]
    found = split(EVERYTHING, probe_of(names), pieces)
    assert [sum(piece.holds(name) for name in names) for piece in found] == counts
