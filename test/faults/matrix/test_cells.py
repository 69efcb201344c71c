"""The fault matrix, one test a cell; the last test prints it as a table. Some cells always, all of them with `full`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import Future
from typing import cast

import pytest

from test.faults.matrix.cells import Cell, Outcome
from test.faults.matrix.matrix import cells, playing, quick, table

_CELLS = cells()
_QUICK = {cell.id for cell in quick(_CELLS)}
_outcomes: list[Outcome] = []


class Played:
    """The cells of one server at a time, played ahead of the tests that ask for them."""

    def __init__(self, selected: list[Cell]) -> None:
        self._selected = selected
        self._kind = ""
        self._outcomes: dict[str, Future[Outcome]] = {}
        self._running = contextlib.ExitStack()

    def outcome(self, cell: Cell) -> Outcome:
        """What came of a cell."""
        if cell.store != self._kind:
            self.close()
            own = [each for each in self._selected if each.store == cell.store]
            self._outcomes = self._running.enter_context(playing(cell.store, own))
            self._kind = cell.store
        return self._outcomes[cell.id].result()

    def close(self) -> None:
        """Stop the server."""
        self._kind = ""
        self._running.close()


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Played]:
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    cells_of = [test.callspec.params["cell"] for test in tests if test.originalname == test_cell.__name__]
    with contextlib.closing(Played(cast("list[Cell]", cells_of))) as one:
        yield one


@pytest.mark.parametrize(
    "cell",
    [pytest.param(cell, id=cell.id, marks=() if cell.id in _QUICK else pytest.mark.full) for cell in _CELLS],
)
def test_cell(played: Played, cell: Cell) -> None:
    outcome = played.outcome(cell)
    _outcomes.append(outcome)
    assert outcome.good, f"{outcome}; wanted: {' or '.join(sorted(cell.scenario.wanted))}"


def test_the_table_counts_every_cell_that_was_played(capsys: pytest.CaptureFixture[str]) -> None:
    text = table(_outcomes)
    with capsys.disabled():
        print("\n" + text)
    total = next(line.split() for line in text.splitlines() if line.startswith("all "))
    assert total[1:3] == [str(len(_outcomes)), str(sum(outcome.good for outcome in _outcomes))]
    counts = [count.split("/") for count in re.findall(r"\b\d+/\d+\b", text)]
    assert sum(int(played) for _, played in counts) == len(_outcomes)
    assert text.count("not as wanted: ") == sum(not outcome.good for outcome in _outcomes)
