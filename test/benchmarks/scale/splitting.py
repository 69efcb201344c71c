"""How near to the ideal a spread sync of 10^8 names comes, by simulation: `python -m test.benchmarks.scale.splitting`.

Nothing is listed: names come by formula, and a page of a listing and a probe take one unit of time each. The pieces,
and into how many a rest is cut, are those of `sync.spread`. The ideal is that all workers list pages until the end.
"""

from __future__ import annotations

import bisect
import collections
import heapq
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from obs_client.sync.ranges import EVERYTHING, Bounds, Range
from obs_client.sync.spread import by_ranges
from obs_client.sync.spread.splitting import split
from obs_client.sync.spread.workers import OUT

PAGE = 1000
COUNT = 100_000_000
WORKERS = (16, 64)

Formula = Callable[[int, int], str]
"""Gives the name of a number, of so many; the names of higher numbers come later."""


def flat(number: int, count: int) -> str:
    """All in one folder, counted up."""
    return f"img-{number:012d}.jpg"


def hashed(number: int, count: int) -> str:
    """Two folders by the digits of a hash."""
    digits = f"{number * 16**16 // count:016x}"
    return f"{digits[:2]}/{digits[2:4]}/{digits[4:]}"


def logs(number: int, count: int) -> str:
    """A folder a day for 3,000 days, each with more than the one before, from 40 hosts."""
    day = int(3000 * (number / count) ** 0.5)
    first, last = -(-(day**2) * count // 3000**2), -(-((day + 1) ** 2) * count // 3000**2)
    host = max(0, min(39, (number - first) * 40 // max(1, last - first)))
    year, of_year = divmod(day, 372)
    return f"logs/{2017 + year}/{of_year // 31 + 1:02d}/{of_year % 31 + 1:02d}/host-{host:02d}-{number:09d}.gz"


def tenants(number: int, count: int) -> str:
    """A folder for each of 100,000 tenants, one of whom has 30 % of all."""
    large, before = count * 3 // 10, count * 28 // 100
    if before <= number < before + large:
        return f"tenants/040000/obj-{number:012d}"
    others = number if number < before else number - large
    tenant = others * 100_000 // (count - large)
    return f"tenants/{tenant + (number >= before):06d}/obj-{number:012d}"


FORMULAS: tuple[Formula, ...] = (flat, hashed, logs, tenants)


class Names(Sequence[str]):
    """Names by formula, in order."""

    def __init__(self, formula: Formula, count: int) -> None:
        self._formula = formula
        self._count = count
        self.probes = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> str:  # type: ignore[override]
        if not 0 <= number < self._count:
            raise IndexError
        return self._formula(number, self._count)

    def probe(self, after: str) -> str | None:
        """The first name after a text."""
        self.probes += 1
        number = bisect.bisect_right(self, after)
        return self[number] if number < self._count else None

    def bounds(self, within: Range) -> tuple[int, int]:
        """The numbers of the names of a range: the first, and that after the last."""
        last = self._count if within.up_to is None else bisect.bisect_right(self, within.up_to)
        return bisect.bisect_right(self, within.after), last


class Run(NamedTuple):
    """What came of a simulated sync.

    Attributes:
        over: The time that it took, over the ideal.
        probes: Their number, over that of the pages.
        pages: Pages that were listed, over as many as hold all names.
        names: How many names were listed.
        pieces: How many pieces went out.
    """

    over: float
    probes: float
    pages: float
    names: int
    pieces: int


class _Sync:
    """One simulated sync."""

    def __init__(self, names: Names, workers: int, page: int) -> None:
        self._names, self._workers, self._page = names, workers, page
        self._waiting: collections.deque[Range] = collections.deque([EVERYTHING])
        self._given: collections.deque[tuple[Range, Bounds, int]] = collections.deque()
        self._running: list[tuple[int, int, list[Range]]] = []
        self._pages = self._listed = self._pieces = 0

    def run(self) -> Run:
        now = 0
        while self._waiting or self._given or self._running:
            self._give()
            while self._given and len(self._running) < self._workers:
                took, rests = self._do(*self._given.popleft())
                heapq.heappush(self._running, (now + took, self._pieces, rests))
            now, _, rests = heapq.heappop(self._running)
            self._waiting.extend(rests)
        least = len(self._names) / self._page
        over, shares = now * self._workers / least, (self._names.probes / least, self._pages / least)
        return Run(over, *shares, self._listed, self._pieces)

    def _give(self) -> None:
        """As `by_ranges.each_range` does."""
        out = len(self._given) + len(self._running)
        while self._waiting and out < OUT * self._workers:
            within = self._waiting.popleft()
            bounds = by_ranges.NEXT if self._pieces or self._given else by_ranges.FIRST
            number = by_ranges.pieces_for(self._workers, within, len(self._waiting) + out)
            self._given.append((within, bounds, number))
            out += 1

    def _do(self, within: Range, bounds: Bounds, pieces: int) -> tuple[int, list[Range]]:
        """The time that a piece takes, and its rests."""
        self._pieces += 1
        first, last = self._names.bounds(within)
        stop = min(last, first + bounds.names * self._page // PAGE)
        pages, before, rests = max(1, -(-(stop - first) // self._page)), self._names.probes, list[Range]()
        if stop < last:
            rest = Range(self._names[stop - 1], within.up_to)
            rests = split(rest, self._names.probe, pieces) if pieces > 1 else [rest]
        self._pages += pages
        self._listed += stop - first
        return pages + self._names.probes - before, rests


def simulate(formula: Formula, count: int, workers: int, page: int = PAGE) -> Run:
    """A sync of so many names by so many workers, each of which does one piece at a time.

    Args:
        page: Names in a page; with fewer, fewer names behave as more do.
    """
    return _Sync(Names(formula, count), workers, page).run()


def main(count: int) -> None:
    """Print a line for each distribution of names and number of workers."""
    for formula in FORMULAS:
        for workers in WORKERS:
            run = simulate(formula, count, workers)
            figures = f"{run.over:5.3f} of the ideal, probes {run.probes:6.2%} of the pages, pages {run.pages:6.4f} x"
            print(f"{formula.__name__:8} {workers:3} workers: {figures}, {run.pieces:6,} pieces", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
