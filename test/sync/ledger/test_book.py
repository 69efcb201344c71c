"""What a ledger claims: of a file that was cut anywhere, that another sync wrote, or that another process has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_client import ConfigurationError, ConflictError, LocalClient
from obs_client.sync.ledger.book import Ledger, Row, _row, joined, without
from obs_client.sync.ledger.header import Header
from obs_client.sync.ledger.in_file import InFile
from obs_client.sync.ledger.in_store import InStore
from obs_client.sync.ranges import EVERYTHING, Range

HEADER: Header = {"source": "here a/", "target": "there b/", "delete": False, "include": ["*.jpg"]}
ROWS = [
    Row(Range("", "ab"), 1, 10, 0, 0),
    Row(Range('q"\n', "é"), 3, 4, 5, 6),
    Row(Range("ab", "c"), 2, 0, 7, 0),
    Row(Range("\U0010ffff", None), 0, 0, 0, 1),
]


def opened(path: Path, header: Header = HEADER) -> Ledger:
    return Ledger(InFile(str(path)), header, path.name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with all rows."""
    path = tmp_path / "ledger"
    with opened(path) as ledger:
        for row in ROWS:
            ledger.add(row)
    return path


def test_a_ledger_has_what_was_done_joined_and_knows_the_rest(path: Path) -> None:
    with opened(path) as ledger:
        assert ledger.rows == [Row(Range("", "c"), 3, 10, 7, 0), ROWS[1], ROWS[3]]
        assert ledger.rest() == [Range("c", 'q"\n'), Range("é", "\U0010ffff")]
        assert ledger.names == 18


@pytest.mark.slow
def test_cut_at_any_byte_it_claims_no_more_than_the_lines_that_are_whole_and_goes_on(path: Path) -> None:
    content = path.read_bytes()
    ends = [len(content.splitlines(keepends=True)[0])]
    for line in content.splitlines(keepends=True)[1:]:
        ends.append(ends[-1] + len(line))
    for cut in range(len(content) + 1):
        path.write_bytes(content[:cut])
        whole = sum(end <= cut for end in ends) - 1
        with opened(path) as ledger:
            assert ledger.rows == joined(ROWS[: max(0, whole)]), cut
            ledger.add(Row(Range("x", "y"), 9))
        with opened(path) as ledger:
            assert ledger.rows == joined([*ROWS[: max(0, whole)], Row(Range("x", "y"), 9)]), cut


@pytest.mark.parametrize("spoiled", [b"\0", b"}", b"x", b'"'])
def test_what_follows_a_spoiled_line_is_not_believed(path: Path, spoiled: bytes) -> None:
    first, *lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = spoiled + lines[1][1:]
    path.write_bytes(first + b"".join(lines))
    with opened(path) as ledger:
        assert ledger.rows == ROWS[:1]


@pytest.mark.parametrize(
    "line", ["[]", "1", '{"after": "a"}', '{"after": "b", "up_to": "a", "copied": 1}', '{"after": 1, "up_to": null}']
)
def test_a_line_that_is_no_row_ends_what_is_believed(path: Path, line: str) -> None:
    first, *lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + line.encode() + b"\n" + b"".join(lines))
    with opened(path) as ledger:
        assert ledger.rows == []


def test_a_ledger_of_another_sync_is_refused_with_what_differs_and_left(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(ConfigurationError) as caught:
        opened(path, {**HEADER, "target": "elsewhere", "delete": True})
    assert str(caught.value).startswith(
        "the ledger 'ledger' is of another sync: target is 'there b/' there, and 'elsewhere' here; "
        "delete is False there, and True here"
    )
    assert path.read_bytes() == before
    with opened(path):
        pass


@pytest.mark.parametrize("content", [b"dear diary,\n", b"{}", b'{"ledger": "another"}\n', b"x" * 100])
def test_what_is_no_ledger_is_not_written_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diary"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not a ledger"):
        opened(path)
    assert path.read_bytes() == content


def test_a_ledger_of_another_version_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(ConfigurationError, match="another version"):
        opened(path)


def test_two_processes_do_not_have_one_ledger(path: Path) -> None:
    with opened(path) as ledger:
        with pytest.raises(ConflictError, match="another process uses the ledger"):
            opened(path)
        ledger.add(Row(Range("x", "y")))
    with opened(path) as ledger:
        assert Row(Range("x", "y")) in ledger.rows
        ledger.remove()
    assert not path.exists()


def in_store(root: Path) -> Ledger:
    client = LocalClient(root)
    client.container_create("ops")
    return Ledger(InStore(client, "ops", "moves/album"), HEADER, "ops")


def test_in_a_store_the_last_one_has_it_and_those_before_end(tmp_path: Path) -> None:
    with in_store(tmp_path) as ledger:
        ledger.add(ROWS[0])
    older = in_store(tmp_path)
    assert older.rows == ROWS[:1]
    newer = in_store(tmp_path)
    newer.add(ROWS[2])
    with pytest.raises(ConflictError, match="another process"), older:
        older.add(ROWS[1])
    with newer:
        pass
    with in_store(tmp_path) as ledger:
        assert ledger.rows == joined([ROWS[0], ROWS[2]])
        ledger.remove()
    assert LocalClient(tmp_path).object_info("moves/album", "ops") is None


def test_an_error_goes_before_that_of_a_ledger_that_was_taken(tmp_path: Path) -> None:
    older = in_store(tmp_path)
    with pytest.raises(KeyboardInterrupt), older:
        in_store(tmp_path).add(ROWS[0])
        older.add(ROWS[1])
        raise KeyboardInterrupt


TEXTS = st.lists(st.text("abc", min_size=1, max_size=2), unique=True, max_size=8).map(sorted)


@pytest.mark.slow
@given(TEXTS, st.data())
def test_done_and_rest_are_all_names_and_none_twice(bounds: list[str], data: st.DataObject) -> None:
    pieces = EVERYTHING.cut(bounds)
    done = data.draw(st.permutations(pieces))[: data.draw(st.integers(0, len(pieces)))]
    rows = joined(Row(piece, 1, 2, 3, data.draw(st.integers(0, 1))) for piece in done)
    rest = without(EVERYTHING, [row.within for row in rows])
    assert sum(row.copied for row in rows) == len(done)
    assert sum(row.skipped for row in rows) == 3 * len(done)
    for name in ("a", "aa", "ab", "b", "bc", "c", "cc", "d"):
        assert sum(each.holds(name) for each in [*rest, *(row.within for row in rows)]) == 1
        assert any(each.holds(name) for each in rest) == (not any(each.holds(name) for each in done))


def test_ranges_that_overlap_leave_no_name_twice() -> None:
    done = [Range("", "m"), Range("b", "c"), Range("p", "q")]
    assert without(EVERYTHING, done) == [Range("m", "p"), Range("q", None)]
    assert without(EVERYTHING, [Range("k", None)]) == [Range("", "k")]


@pytest.mark.parametrize("changed", [{"copied": -1}, {"extra": -5}, {"up_to": ""}, {"after": "z"}, {"skipped": None}])
def test_a_line_with_values_that_cannot_be_is_no_row(changed: dict[str, object]) -> None:
    values: dict[str, object] = {"after": "a", "up_to": "m", "copied": 1, "copied_size": 2, "skipped": 3, "extra": 4}
    assert _row(values) == Row(Range("a", "m"), 1, 2, 3, 4)
    assert _row({**values, **changed}) is None


def test_lines_are_added_behind_what_is_good_whole_also_by_short_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b"first\nsecond\ntorn li")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    keeper = InFile(str(path))
    assert keeper.read() == b"first\nsecond\ntorn li"
    keeper.begin(len(b"first\nsecond\n"), lambda: b"all")
    keeper.add(b"another line\n", lambda: b"all")
    keeper.close()
    assert path.read_bytes() == b"first\nsecond\nanother line\n"
