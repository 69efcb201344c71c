"""The matrix has all that it says, its pieces do what they say, and its table counts what it was given."""

from __future__ import annotations

import collections
import re
import socket
from pathlib import Path

from test.faults.matrix.cells import Cell, Outcome
from test.faults.matrix.matrix import SCENARIOS, cells, quick, table
from test.faults.wire.messages import Answer, read_answer
from test.faults.wire.thief import thief

PAGE = (Path(__file__).parents[3] / "src/obs_client/docs/reliability.md").read_text(encoding="utf-8")


def test_a_thief_notes_what_it_is_sent() -> None:
    with thief() as one:
        assert one.server
        with socket.create_connection(("127.0.0.1", one.server.port), 5) as connection:
            connection.sendall(b"GET /x HTTP/1.1\r\nX-Auth-Token: secret\r\n\r\n")
            assert read_answer(connection, "GET").body == b"stolen"
        assert "X-Auth-Token: secret" in one.seen[0]


def test_an_answer_keeps_its_bytes_until_it_is_changed() -> None:
    first = Answer(200, "OK", (("etag", "x"),), b"abc", b"HTTP/1.1 200 Fine\r\netag:x\r\n\r\nabc")
    assert first.encode().startswith(b"HTTP/1.1 200 Fine")
    assert first.with_header("ETag", "y").encode() == b"HTTP/1.1 200 OK\r\nETag: y\r\n\r\nabc"


def test_the_matrix_has_every_scenario_and_names_its_cells_apart() -> None:
    every = cells()
    assert [scenario.id for scenario in SCENARIOS] == [
        *(f"D{number:02d}" for number in range(1, 28)),
        *(f"L{number:02d}" for number in range(1, 12)),
        *(f"O{number:02d}" for number in range(1, 8)),
        *(f"U{number:02d}" for number in range(1, 21)),
    ]
    assert len({cell.id for cell in every}) == len(every)
    assert {cell.scenario.id for cell in quick(every)} == {scenario.id for scenario in SCENARIOS}


def test_every_operation_meets_faults_on_every_server_that_has_it() -> None:
    every = cells()
    met = {(cell.store, cell.operation.name) for cell in every}
    assert {("seaweedfs", "copy"), ("swift", "url upload"), ("swift", "login"), ("keystone", "login")} <= met
    assert len({name for store, name in met if store == "swift"}) >= 40


def test_the_totals_of_the_page_are_those_of_the_matrix() -> None:
    every = cells()
    scenarios = len({cell.scenario.id for cell in every})
    operations = len({cell.operation.name for cell in every})
    assert f"{scenarios} scenarios, {operations} operations\n" in PAGE
    assert f"plays {scenarios} kinds of fault" in PAGE
    shown = {line.split()[0]: line.split()[1:] for line in PAGE.splitlines() if re.match(r"\w+( +\d+){10}$", line)}
    counts = collections.Counter(cell.store for cell in every) + collections.Counter(all=len(every))
    assert shown == {store: [str(count), str(count), *["0"] * 8] for store, count in counts.items()}


def test_the_table_counts_what_is_wrong() -> None:
    cell = next(each for each in cells() if each.scenario.id == "D01")
    outcomes = [_outcome(cell, "ok"), _outcome(cell, "silent"), _outcome(cell, "unreached"), _outcome(cell, "raised")]
    outcomes.append(_outcome(cell, "ok", "leftovers on the server: some"))
    text = table(outcomes)
    assert "1 scenarios, 1 operations" in text
    total = next(line.split() for line in text.splitlines() if line.startswith("all"))
    assert total[:3] == ["all", "5", "1"]
    names = next(line.split() for line in text.splitlines() if line.startswith("server"))
    counted = dict(zip(names[4:], total[3:], strict=True))
    assert {name for name, count in counted.items() if count == "1"} == {"unreached", "silent", "leftovers"}


def _outcome(cell: Cell, result: str, *problems: str) -> Outcome:
    return Outcome(cell, result, "", problems, 0.0)
