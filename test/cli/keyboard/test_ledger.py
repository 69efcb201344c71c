"""`obs sync --ledger` and `obs check --ledger`: what is done is kept, and the same command does the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obs_client.sync.ranges import Bounds
from obs_client.sync.spread import by_ranges
from test.cli.running import done, failed, file_url, lines, run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    for number in range(20):
        (tmp_path / "source" / f"n{number:02d}").write_bytes(b"x" * number)
    return tmp_path / "source"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "store" / "box"
    store.mkdir(parents=True)
    (store / "old").write_text("old")
    return store


def test_all_is_done_and_the_ledger_is_gone(source: Path, store: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    said = done("sync", "--ledger", ledger, "--delete", "--yes", source, file_url(store))
    assert said.startswith("copied 20 (190 B), deleted 1, left 0 as they are, failed 0\n")
    assert not ledger.exists()


def test_what_is_left_is_done_by_the_same_command(source: Path, store: Path, tmp_path: Path) -> None:
    ledger, command = tmp_path / "ledger", ("sync", "--delete", "--yes", source, file_url(store))
    first = run(*command, "--ledger", ledger, "--max-delete", "0")
    assert (first.exit_code, ledger.exists()) == (1, True)
    *_, report = lines(*command, "--ledger", ledger, "--max-delete", "1")
    assert (report["done_before"], report["copied"], report["deleted"]) == (20, 0, 1)
    assert not ledger.exists()


def test_people_are_told_what_was_done_before(source: Path, store: Path, tmp_path: Path) -> None:
    ledger, command = tmp_path / "ledger", ("sync", "--delete", "--yes", source, file_url(store))
    run(*command, "--ledger", ledger, "--max-delete", "0")
    said = done(*command, "--ledger", ledger)
    assert said.startswith("copied 0 (0 B), deleted 1, left 0 as they are, failed 0; 20 were done before, since 20")


def test_a_ledger_in_a_store(source: Path, store: Path, tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    url = file_url(tmp_path / "ops", "moves/album")
    command = ("sync", "--delete", "--yes", source, file_url(store), "--ledger", url)
    assert run(*command, "--max-delete", "0").exit_code == 1
    first, *_ = (tmp_path / "ops/moves/album").read_text().splitlines()
    assert json.loads(first)["source"].endswith("/source/")
    assert "20 were done before" in done(*command)
    assert not (tmp_path / "ops/moves/album").exists()


def test_what_needs_all_names_first_is_wrong_use(source: Path, store: Path, tmp_path: Path) -> None:
    command = ("sync", source, file_url(store), "--ledger", tmp_path / "ledger")
    assert "--ledger and --dry-run exclude each other" in failed(2, *command, "--dry-run")
    assert "--ledger and --apply exclude each other" in failed(2, *command, "--apply", tmp_path / "plan")
    assert "--max-delete N" in failed(2, *command, "--delete")
    assert "use one of the two" in failed(2, *command, "--max-transfer", "1")


def test_a_ledger_of_another_sync_says_what_differs(source: Path, store: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    run("sync", "--delete", "--yes", source, file_url(store), "--ledger", ledger, "--max-delete", "0")
    said = failed(2, "sync", source, file_url(store), "--ledger", ledger)
    assert "delete is True there, and False here" in said
    assert "remove this one to start again" in said


def test_a_check_keeps_what_is_equal_and_says_so(source: Path, store: Path, tmp_path: Path) -> None:
    ledger, command = tmp_path / "ledger", ("check", source, file_url(store), "--ledger", tmp_path / "ledger")
    done("sync", source, file_url(store))
    assert "extra      old" in run(*command).stdout
    assert not ledger.read_text().count("skipped")
    (store / "old").unlink()
    assert "20 objects the same" in done(*command)
    assert not ledger.exists()


def test_a_check_goes_on_with_what_was_not_equal(
    source: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=15))
    command = ("check", source, file_url(store), "--ledger", tmp_path / "ledger")
    done("sync", source, file_url(store))
    assert run(*command).exit_code == 1
    (store / "old").unlink()
    assert "5 objects the same (85 B); 15 were done before, since 2" in done(*command)
    assert not (tmp_path / "ledger").exists()


def test_a_ledger_of_a_sync_is_not_for_a_check(source: Path, store: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    run("sync", "--delete", "--yes", source, file_url(store), "--ledger", ledger, "--max-delete", "0")
    said = failed(2, "check", source, file_url(store), "--ledger", ledger)
    assert "is a ledger of a sync, not a ledger of a check" in said
