"""The fault matrix, one test a cell; the last test prints it as a table. Some cells always, all of them with `full`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from test.faults.cells import Cell, Outcome, Stage
from test.faults.matrix import cells, quick, staged, table

_CELLS = cells()
_QUICK = {cell.id for cell in quick(_CELLS)}
_played: list[Outcome] = []


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with staged(request.param, listed=True) as one:
        yield one


@pytest.mark.parametrize(
    ("stage", "cell"),
    [
        pytest.param(cell.store, cell, id=cell.id, marks=() if cell.id in _QUICK else pytest.mark.full)
        for cell in _CELLS
    ],
    indirect=["stage"],
)
def test_cell(stage: Stage, cell: Cell) -> None:
    outcome = stage.play(cell)
    _played.append(outcome)
    assert outcome.good, f"{outcome}; wanted: {' or '.join(sorted(cell.scenario.wanted))}"


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + table(_played))
