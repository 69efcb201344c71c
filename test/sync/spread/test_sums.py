"""What pieces of a sync come to together: no failure and no withheld deletion is lost, none goes out for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from typing import Any, NamedTuple, cast

import pytest

from obs_client.errors import TemporaryError
from obs_client.sync.options import SyncOptions
from obs_client.sync.ranges import EVERYTHING, Bounds, Range, Taken
from obs_client.sync.report import SyncReport
from obs_client.sync.spread.by_ranges import each_range
from obs_client.sync.spread.sums import Sums
from obs_client.sync.spread.work import FAILURES_MAXIMUM, Job, _few_failures
from obs_client.sync.spread.workers import TRIES, Here, Workers


def report(failures: int = 0, withheld: int = 0) -> SyncReport:
    failed: dict[str, Exception] = {str(number): ValueError() for number in range(failures)}
    return SyncReport(2, 20, 3, 0, failed, {}, withheld)


def test_a_piece_tells_some_failures_by_name_and_of_the_others_how_many() -> None:
    few, more = _few_failures(report(FAILURES_MAXIMUM + 7))
    assert (len(few.failures), more) == (FAILURES_MAXIMUM, 7)
    assert _few_failures(report(5))[1] == 0


def test_failures_that_have_no_name_in_the_report_are_counted_and_nothing_is_deleted() -> None:
    sums = Sums(SyncOptions(delete=True), None)
    sums.add(report(FAILURES_MAXIMUM - 1), 0)
    sums.add(report(0), 5)
    assert sums.why_not(1) == f"{FAILURES_MAXIMUM + 4:,} names failed"
    found = sums.report()
    assert (len(found.failures), found.more_failures, found.ok) == (FAILURES_MAXIMUM - 1, 5, False)
    assert (found.copied, found.copied_size, found.skipped) == (4, 40, 6)


def test_one_failure_without_a_name_is_enough() -> None:
    sums = Sums(SyncOptions(delete=True), None)
    sums.add(report(), 1)
    assert sums.why_not(1) == "1 name failed"


def test_what_one_piece_withheld_is_told_of_all() -> None:
    sums = Sums(SyncOptions(delete=True), None)
    for withheld in (2, 0, 1):
        sums.add(report(withheld=withheld), 0)
    found = sums.report(4, "too many")
    assert (found.withheld, found.withheld_reason, found.ok) == (7, "too many", False)


class Losing(futures.Executor):
    """Loses each piece with its worker."""

    def __init__(self) -> None:
        self.given = 0

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> futures.Future[Any]:
        self.given += 1
        future = futures.Future[Any]()
        future.set_exception(RuntimeError("the worker is gone"))
        return future


def test_a_piece_that_is_lost_each_time_is_given_out_a_few_times() -> None:
    executor = Losing()
    with Workers(lambda: executor, 2) as workers:
        workers.give("key", len, "abc")
        with pytest.raises(TemporaryError, match=f"was lost {TRIES} times"):
            workers.next()
    assert executor.given == TRIES


class Piece(NamedTuple):
    """What came of a range: it does one name, and leaves the others in two."""

    names: str
    rests: tuple[Range, ...]


def one_of(_job: object, within: Range, _bounds: Bounds, _number: int) -> Piece:
    names = [name for name in "abcdefgh" if within.holds(name)]
    first, rest = names[0], Range(names[0], within.up_to)
    return Piece(first, tuple(rest.cut([names[len(names) // 2]])) if len(names) > 2 else (rest,) if names[1:] else ())


def test_all_that_pieces_leave_is_given_out_again() -> None:
    with Workers(Here, 1) as workers:
        done = list(each_range(cast("Job", None), workers, one_of, [EVERYTHING], lambda *_: 2))
    assert sorted(piece.names for piece in done) == [*"abcdefgh"]


def test_a_range_is_after_its_first_name_and_up_to_its_last() -> None:
    within = Range("b", "d")
    assert [name for name in ("a", "b", "ba", "c", "d", "da", "e") if within.holds(name)] == ["ba", "c", "d"]
    pieces = within.cut(["c", "b", "a", "d", "e", "c"])
    assert pieces == [Range("b", "c"), Range("c", "d")]
    assert all(sum(piece.holds(name) for piece in pieces) == within.holds(name) for name in ("b", "ba", "c", "cc", "d"))


@pytest.mark.parametrize(("bounds", "names"), [(Bounds(names=2), 2), (Bounds(size=15), 2), (Bounds(), 4)])
def test_names_are_taken_until_a_bound_is_reached(bounds: Bounds, names: int) -> None:
    taken = Taken(Range("", "z"), bounds)
    seen = []
    for name, _, _ in taken.take(iter([(name, None, None) for name in "abcd"])):
        seen.append(name)
        taken.add_size(10)
    assert "".join(seen) == "abcd"[:names]
    assert taken.rest == (None if names == 4 else Range("b", "z"))
