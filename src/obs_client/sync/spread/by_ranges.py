"""Ranges of names go out; each worker lists, plans and copies its own, and cuts what it leaves where others wait."""

from __future__ import annotations

import collections
import dataclasses
import functools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, TypeVar

from obs_client.sync.ledger.book import Ledger, Row
from obs_client.sync.ranges import EVERYTHING, Bounds, Range
from obs_client.sync.report import SyncReport
from obs_client.sync.spread.sums import Sums
from obs_client.sync.spread.work import Job, RangeDone, copy_range, delete_range
from obs_client.sync.spread.workers import Workers

PIECES = 8
"""Into how many pieces a rest is cut, where workers wait."""

ENOUGH = 2
"""Pieces for each worker, out or waiting, from which on none is cut: to look where costs requests."""

FIRST = Bounds(names=1000)
"""Of the first piece, which all others come from: a page of most stores."""


NEXT = Bounds()
"""Of all others."""


LOST = 40
"""With a ledger, all pieces that are at work have no more than this part of what is done, which a kill may lose."""


class _HasRests(Protocol):
    @property
    def rests(self) -> tuple[Range, ...]:
        """What is left of a piece."""


Piece = TypeVar("Piece", bound=_HasRests)


class _Due(NamedTuple):
    """Of a range: how many names only the target had, and how many names it had, before any was deleted."""

    extra: int
    in_target: int

    @property
    def lost(self) -> int:
        """When all of the range was looked at again: how many names workers had deleted that were then lost.

        The target has so many less than it had. No more than are missing among those that only it had: a listing may
        tell late of what was just copied. A name that the source has again is missing there, and the target has it.
        """
        return max(0, min(self))

    def without(self, done: RangeDone) -> _Due:
        """What is left when a part of the range was looked at again."""
        return _Due(self.extra - done.deletions, self.in_target - done.in_target)


def sync_by_ranges(
    job: Job,
    workers: Workers,
    progress: Callable[[int], object] | None,
    ledger: Ledger | None = None,
    max_duration: float | None = None,
) -> SyncReport:
    """Do the copies of all ranges, but those in the ledger, and then the deletions, if all went well.

    Args:
        max_duration: Seconds after which no name is looked at; what is left is not in the ledger. The job has none, for
            a piece that ended in the middle would be taken for done.
    """
    until = None if max_duration is None else time.monotonic() + max_duration
    sums = Sums(job.options, progress, ledger)
    waiting = collections.deque([EVERYTHING] if ledger is None else ledger.rest())
    before = [] if ledger is None else ledger.rows
    due = {row.within: _Due(row.extra, row.copied + row.skipped + row.extra) for row in before if row.extra}

    def bounds() -> Bounds:
        chosen = NEXT if ledger is None else few(sums.names, workers.slots)
        return chosen if until is None else _until(chosen, until)

    number = functools.partial(pieces_for, workers.slots)
    for done in each_range(job, workers, copy_range, waiting, number, bounds, until):
        sums.add(done.report, done.more_failures)
        if done.deletions:
            due[done.within] = _Due(done.deletions, done.in_target)
        if ledger is not None and not done.report.failures:
            ledger.add(_row(done))
    if waiting and max_duration is not None:
        stopped = f"{max_duration:g} seconds have passed, which max_duration allows"
        count = sum(each.extra for each in due.values())
        left = sums.report(count, "the sync ended before all was copied" if count else None)
        return dataclasses.replace(left, stopped=stopped, stopped_at=min(each.after for each in waiting))
    report = _delete(job, workers, sums, due)
    if ledger is not None and report.ok:
        ledger.remove()
    return report


def pieces_for(slots: int, _: Range, about: int) -> int:
    """Into how many pieces a rest is cut for so many workers, when so many are out or wait."""
    return 1 if slots == 1 else max(1, min(PIECES, ENOUGH * slots - about))


def few(names: int, slots: int) -> Bounds:
    """With a ledger, the bounds of the next piece of one that so many workers do, when so many names are done.

    Whole pages, as far as both sides have the same names: what a piece leaves of one is listed again.
    """
    pages = max(1, names // (LOST * slots) // FIRST.names)
    return NEXT._replace(names=min(NEXT.names, pages * FIRST.names))


def _least(first: Bounds | None, others: Bounds) -> Bounds:
    """Those of the first piece, which has no more time than the others."""
    return others if first is None else first._replace(seconds=min(first.seconds, others.seconds))


def _until(bounds: Bounds, until: float) -> Bounds:
    return bounds._replace(seconds=max(0.0, min(bounds.seconds, until - time.monotonic())))


def _delete(job: Job, workers: Workers, sums: Sums, due: dict[Range, _Due]) -> SyncReport:
    """Delete what only the target has in these ranges, if all went well; the report."""
    count = sum(each.extra for each in due.values())
    reason = sums.why_not(count) if count else None
    if reason is not None:
        return sums.report(count, reason)
    left = {within.after: each for within, each in due.items()}
    for done in each_range(job, workers, delete_range, due, lambda within, _: max(0, left[within.after].extra)):
        rest, report = left.pop(done.within.after).without(done), done.report
        if done.rests:
            left.update((within.after, rest) for within in done.rests)
        else:
            report = dataclasses.replace(report, deleted=report.deleted + rest.lost)
        sums.add(report, done.more_failures)
    return sums.report()


def _row(done: RangeDone) -> Row:
    report = done.report
    return Row(done.within, report.copied, report.copied_size, report.skipped, done.deletions)


def each_range(
    job: Job,
    workers: Workers,
    function: Callable[..., Piece],
    ranges: Iterable[Range],
    number: Callable[[Range, int], int],
    bounds: Callable[[], Bounds] = lambda: NEXT,
    until: float | None = None,
) -> Iterator[Piece]:
    """What came of each piece, as they end; what is left of one goes out again.

    Args:
        ranges: If it is a deque, it has in the end what was not given out.
        number: Gives the function's last argument, from a range and how many others are out or wait.
        bounds: Gives those of the next piece; one that all others come from has few names.
        until: When none goes out any more, by `time.monotonic`; None: never.
    """
    waiting = ranges if isinstance(ranges, collections.deque) else collections.deque(ranges)
    first = FIRST if len(waiting) == 1 else None

    def may_give() -> bool:
        if until is None:
            return not workers.are_full
        # None waits beside those that run: its time is what is left when it is given.
        return workers.out < workers.slots and time.monotonic() < until

    while workers.out or (waiting and may_give()):
        while waiting and may_give():
            within = waiting.popleft()
            others = len(waiting) + workers.out
            workers.give(within, function, job, within, _least(first, bounds()), number(within, others))
            first = None
        _, done = workers.next()
        waiting.extend(done.rests)
        yield done
