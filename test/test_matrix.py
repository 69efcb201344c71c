"""The fault matrix, one test a cell; the last test prints it as a table. Some cells always, all of them with `full`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from test.faults.cells import Cell, Outcome, Stage
from test.faults.matrix import cells, quick, staged, table

_CELLS = cells()
_QUICK = {cell.id for cell in quick(_CELLS)}
_played: list[Outcome] = []


class Stages:
    """One server at a time, for as long as its cells are played."""

    def __init__(self) -> None:
        self._kind = ""
        self._stage: Stage | None = None
        self._running = contextlib.ExitStack()

    def of(self, kind: str) -> Stage:
        """The stage of a kind of server."""
        if self._stage is None or kind != self._kind:
            self.close()
            self._kind, self._stage = kind, self._running.enter_context(staged(kind, listed=True))
        return self._stage

    def close(self) -> None:
        """Stop the server."""
        self._stage = None
        self._running.close()


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with contextlib.closing(Stages()) as one:
        yield one


@pytest.mark.parametrize(
    "cell",
    [pytest.param(cell, id=cell.id, marks=() if cell.id in _QUICK else pytest.mark.full) for cell in _CELLS],
)
def test_cell(stages: Stages, cell: Cell) -> None:
    outcome = stages.of(cell.store).play(cell)
    _played.append(outcome)
    assert outcome.good, f"{outcome}; wanted: {' or '.join(sorted(cell.scenario.wanted))}"


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + table(_played))
