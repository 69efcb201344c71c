"""`obs sync --processes` and `obs check --processes`: small objects by several processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from test.cli.running import done, file_url, run

pytestmark = pytest.mark.slow


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    for number in range(20):
        (tmp_path / "source" / f"n{number:02d}").write_bytes(b"x" * number)
    return tmp_path / "source"


def test_a_directory_is_copied_and_what_only_the_target_has_is_deleted(source: Path, tmp_path: Path) -> None:
    store = tmp_path / "store" / "box"
    store.mkdir(parents=True)
    (store / "old").write_text("old")
    said = done("sync", "--processes", "2", "--delete", "--yes", source, file_url(store))
    assert said.startswith("copied 20 (190 B), deleted 1, left 0 as they are, failed 0")
    assert "20 objects the same" in done("check", source, file_url(store))


def test_each_name_is_told_and_the_bounds_are_kept(source: Path, tmp_path: Path) -> None:
    store = tmp_path / "store" / "box"
    store.mkdir(parents=True)
    found = run("sync", "--processes", "2", "--json", "--max-transfer", "100", source, file_url(store))
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert (found.exit_code, rows[-1]["copied"], rows[-1]["stopped_at"]) == (1, 14, "n14")
    assert [row["name"] for row in rows[:-1]] == [f"n{number:02d}" for number in range(14)]


def test_a_check_by_processes_lists_what_differs(tmp_path: Path) -> None:
    contents = {"one/same": b"1", "two/same": b"1", "one/other": b"1", "two/other": b"2", "two/new": b""}
    for name, content in contents.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    found = run("check", "--processes", "2", "--json", tmp_path / "one", tmp_path / "two")
    assert found.exit_code == 1
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert rows[:2] == [{"type": "differing", "name": "other"}, {"type": "extra", "name": "new"}]
    assert (rows[-1]["same"], rows[-1]["differing"], rows[-1]["extra"]) == (1, 1, 1)
    (tmp_path / "two" / "new").unlink()
    (tmp_path / "two" / "other").write_bytes(b"1")
    assert "2 objects the same" in done("check", "--processes", "2", tmp_path / "one", tmp_path / "two")
