"""Answers cut at every byte of the head and of the first 300 of the body: nothing passes for whole that is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from test.faults.endurance.sweep import OPERATIONS, Swept, sweep
from test.faults.matrix.cells import Stage
from test.faults.matrix.matrix import staged

COARSE = 41


_SWEPT = [
    pytest.param(store, swept, id=f"{store}-{swept.name.replace(' ', '-')}")
    for store in ("seaweedfs", "swift", "google", "azurite")
    for swept in OPERATIONS
    if store in swept.stores
]


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Stage]:
    with staged(request.param, listed=True) as one:
        yield one


@pytest.mark.parametrize("step", [pytest.param(COARSE, id="coarse"), pytest.param(1, id="all", marks=pytest.mark.full)])
@pytest.mark.parametrize(("stage", "swept"), _SWEPT, indirect=["stage"])
def test_no_cut_passes_for_a_whole_answer(stage: Stage, swept: Swept, step: int) -> None:
    count, silent = sweep(stage, swept, step)
    print(f"{swept.name} on {stage.store.label}: {count} cuts, {len(silent)} wrong")
    assert count >= 200 // step
    assert not silent, f"{len(silent)} of {count} cuts: {silent[:5]}"
