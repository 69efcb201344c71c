"""A check by several workers: each proves a range of names, or a group of pairs that listings do not prove."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from obs_client._engine.parallel import bounded_map
from obs_client.sync.content import Comparison, Proof
from obs_client.sync.ledger.book import Ledger, Row
from obs_client.sync.listing import Pair
from obs_client.sync.proof import CheckReport, Compared, Finding, Findings, at_once, check_here, compare
from obs_client.sync.ranges import EVERYTHING, Bounds, Range, Taken
from obs_client.sync.sides import left_out
from obs_client.sync.spread import by_ranges
from obs_client.sync.spread.by_ranges import each_range, few, pieces_for
from obs_client.sync.spread.by_steps import SIZE, STEPS
from obs_client.sync.spread.splitting import split
from obs_client.sync.spread.work import FAILURES_MAXIMUM, Job, probe
from obs_client.sync.spread.workers import Workers

Found = list[tuple[Finding, Proof | Exception | None]]


class RangeChecked(NamedTuple):
    """A range that was compared, in part or as a whole.

    Attributes:
        within: The names of it.
        rests: What was given and not done, in pieces.
        report: What was found; it lists no more than `FAILURES_MAXIMUM` names of a finding.
        names: How many were looked at.
    """

    within: Range
    rests: tuple[Range, ...]
    report: CheckReport
    names: int


def check_by_ranges(
    job: Job, workers: Workers, function: Callable[..., RangeChecked], ledger: Ledger | None = None
) -> CheckReport:
    """Compare all names, range by range, but for those in the ledger; it keeps the ranges that are wholly equal.

    Args:
        function: `check_range`; of one process, with what it tells of names.
    """
    findings = Findings(FAILURES_MAXIMUM)
    pieces = functools.partial(pieces_for, workers.slots)
    before = names = 0 if ledger is None else ledger.names
    since = None if ledger is None or not ledger.rows else ledger.begun
    ranges = (EVERYTHING,) if ledger is None else ledger.rest()

    def bounds() -> Bounds:
        return by_ranges.NEXT if ledger is None else few(names, workers.slots)

    for done in each_range(job, workers, function, ranges, pieces, bounds):
        findings.add_report(done.report)
        names += done.names
        if ledger is not None and done.report.ok:
            ledger.add(Row(done.within, skipped=done.report.same))
    report = dataclasses.replace(findings.report({}), done_before=before, done_since=since)
    if ledger is not None and report.ok:
        ledger.remove()
    return report


def check_range(
    job: Job,
    within: Range,
    bounds: Bounds,
    pieces: int,
    on_done: Callable[[str, Finding, int], object] | None = None,
    on_compared: Callable[[str, Proof], object] | None = None,
) -> RangeChecked:
    """Compare the names of a range, as far as the bounds allow; the rest is cut into so many pieces, if it can be."""
    source, target = job.places
    taken, findings = Taken(within, bounds), Findings(FAILURES_MAXIMUM)
    check_here(source, target, job.options, findings, on_done, on_compared, taken)
    rests = () if taken.rest is None else tuple(split(taken.rest, probe(source), pieces))
    return RangeChecked(taken.done, rests, findings.report(left_out(source, job.options)), taken.names)


def compared(job: Job, workers: Workers, comparison: Comparison, listed: Iterator[Pair]) -> Iterator[Compared]:
    """What is found of each pair; those that the listings do not prove go to the workers, and come when they come."""
    group, size = list[Pair](), 0
    try:
        for pair in listed:
            found = at_once(comparison, pair)
            if found is not None:
                yield found
                continue
            group.append(pair)
            size += (pair[1] and pair[1].size) or 0
            if len(group) >= STEPS or size >= SIZE:
                while workers.are_full:
                    yield from _next(workers)
                workers.give(group, compare_pairs, job, group)
                group, size = [], 0
        if group:
            workers.give(group, compare_pairs, job, group)
        while workers.out:
            yield from _next(workers)
    finally:
        workers.drop()


def compare_pairs(job: Job, group: list[Pair]) -> Found:
    """Compare the contents of some names."""
    by_content = functools.partial(compare, Comparison(*job.places))
    return [(finding, by) for _, finding, by in bounded_map(by_content, group, job.options.workers)]


def _next(workers: Workers) -> Iterator[Compared]:
    group, found = workers.next()
    for pair, (finding, by) in zip(group, found, strict=True):
        yield pair, finding, by
