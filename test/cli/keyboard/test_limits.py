"""How fast a command may be, how much it may move, and for how long."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from test.cli.running import done, file_url, lines, run

MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "store" / "box").mkdir(parents=True)
    return tmp_path / "store" / "box"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    for number in range(4):
        (tmp_path / "source" / f"n{number}").write_bytes(b"x" * 100_000)
    return tmp_path / "source"


@pytest.mark.slow
def test_bytes_flow_no_faster(store: Path, source: Path) -> None:
    began = time.monotonic()
    done("put", "--limit-rate", "400kB", source / "n0", source / "n1", source / "n2", source / "n3", file_url(store))
    limited = time.monotonic() - began
    assert limited > 0.5
    assert sorted(path.name for path in store.iterdir()) == ["n0", "n1", "n2", "n3"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["sync", "check", "get", "cp"])
def test_requests_come_no_faster(command: str, store: Path, source: Path, tmp_path: Path) -> None:
    done("put", *sorted(source.iterdir()), file_url(store))
    rest = {
        "sync": (file_url(store), tmp_path / "copy"),
        "check": (file_url(store), source),
        "get": (*(file_url(store, f"n{number}") for number in range(4)), f"{tmp_path}/copy/"),
        "cp": (*(file_url(store, f"n{number}") for number in range(4)), file_url(store, "copy/")),
    }[command]
    began = time.monotonic()
    done(command, "--limit-requests", "5", *rest)
    assert time.monotonic() - began > 0.5


def test_a_sync_ends_before_it_copies_more(store: Path, source: Path) -> None:
    found = run("sync", "--max-transfer", "250kB", source, file_url(store))
    assert (found.exit_code, found.stdout) == (1, "copied 2 (195 KiB), deleted 0, left 0 as they are, failed 0\n")
    assert "ended at 'n2': --max-transfer allows 250,000 bytes: 200,000 were copied, this has 100,000" in found.stderr
    assert "run the same command again to continue" in found.stderr
    found = run("sync", "--max-transfer", "99kB", source, file_url(store))
    told = "ended at 'n2': --max-transfer allows 99,000 bytes, this alone has 100,000"
    assert f"{told} (the same command ends there again: raise --max-transfer, or --exclude the name)" in found.stderr
    assert "holds no names" not in found.stderr
    empty = file_url(store, "empty/")
    found = run("sync", "--max-transfer", "99kB", source, empty)
    assert (found.exit_code, "ended at 'n0'" in found.stderr, "holds no names" in found.stderr) == (1, True, False)
    found = run("sync", "--json", "--max-transfer", "100kB", source, file_url(store))
    report = json.loads(found.stdout.splitlines()[-1])
    assert (report["copied"], report["skipped"], report["stopped_at"]) == (1, 2, "n3")
    done("sync", "--max-transfer", "1MiB", "--max-duration", "1h", source, file_url(store))
    assert lines("check", source, file_url(store))[-1]["same"] == 4


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--limit-rate", "quick", "a number of bytes"),
        ("--limit-rate", "0", "1 byte a second or more"),
        ("--limit-requests", "0", "0"),
        ("--max-transfer", "lots", "a number of bytes"),
        ("--max-duration", "0", "1 second or more"),
    ],
)
def test_what_is_no_limit_is_refused(option: str, value: str, words: str, store: Path, source: Path) -> None:
    found = run("sync", option, value, source, file_url(store))
    assert found.exit_code == 2
    assert words in found.stderr
    assert list(store.iterdir()) == []
