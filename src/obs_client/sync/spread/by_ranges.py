"""Ranges of names go out; each worker lists, plans and copies its own, and cuts what it leaves where others wait."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator

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
"""Of the first piece, which all others come from."""


NEXT = Bounds()
"""Of all others."""


def sync_by_ranges(job: Job, workers: Workers, progress: Callable[[int], object] | None) -> SyncReport:
    """Do the copies of all ranges, and then the deletions, if all went well."""
    sums, extra = Sums(job.options, progress), dict[Range, int]()

    def pieces(_: Range, about: int) -> int:
        return max(1, min(PIECES, ENOUGH * workers.slots - about))

    for done in _done(job, workers, copy_range, (EVERYTHING,), pieces):
        sums.add(done.report, done.more_failures)
        if done.deletions:
            extra[done.within] = done.deletions
    count = sum(extra.values())
    reason = sums.why_not(count) if count else None
    if reason is not None:
        return sums.report(count, reason)
    for done in _done(job, workers, delete_range, extra, lambda within, _: extra.get(within, count)):
        sums.add(done.report, done.more_failures)
    return sums.report()


def _done(
    job: Job,
    workers: Workers,
    function: Callable[..., RangeDone],
    ranges: Iterable[Range],
    number: Callable[[Range, int], int],
) -> Iterator[RangeDone]:
    """What came of each piece, as they end; what is left of one goes out again.

    Args:
        number: Gives the function's last argument, from a range and how many others are out or wait.
    """
    waiting = collections.deque(ranges)
    bounds = FIRST if len(waiting) == 1 else NEXT
    while waiting or workers.out:
        while waiting and not workers.are_full:
            within = waiting.popleft()
            workers.give(within, function, job, within, bounds, number(within, len(waiting) + workers.out))
            bounds = NEXT
        _, done = workers.next()
        waiting.extend(done.rests)
        yield done
