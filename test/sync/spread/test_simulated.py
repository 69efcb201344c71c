"""Ranges are split near to the ideal, whatever the names are like; counted in a simulation, not timed."""

from __future__ import annotations

import pytest

from test.benchmarks.scale.splitting import FORMULAS, Formula, Names, simulate

COUNT = 100_000
"""Pages; each has one name, so that there are as many as of 10^8 names."""

BY_NAME = pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)


@BY_NAME
def test_names_come_in_order(formula: Formula) -> None:
    for count in (1000, 10**8):
        some = [Names(formula, count)[number] for number in range(0, count, count // 1000)]
        assert some == sorted(set(some))


@pytest.mark.slow
@BY_NAME
@pytest.mark.parametrize(("workers", "most"), [(16, 1.1), (64, 1.35)])
def test_a_sync_by_ranges_comes_near_to_the_ideal(formula: Formula, workers: int, most: float) -> None:
    run = simulate(formula, COUNT, workers, page=1)
    assert run.names == COUNT
    assert run.over <= most
    assert run.probes <= 0.1
    assert run.pages <= 1.01
