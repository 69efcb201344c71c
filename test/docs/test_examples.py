"""The examples of every page do what the page says.

A page whose examples need more than an empty directory has a test module of its own, `test_<page>.py`; all others run
here, each page as one program.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from obs_client.stores import NamedStore, add
from test.cli.process import ENVIRONMENT
from test.docs.console import run_block
from test.docs.pages import README, blocks, name_of, pages, promises, run_blocks, text_of

HERE = Path(__file__).parent


APART = ("quickstart", "sync")
"""Pages of whose examples more is asserted below."""

(BACKUP,) = [each for each in blocks(text_of("sync.md")) if "def back_up" in each]


def _run_elsewhere(page: Path) -> bool:
    return page.stem in APART or any(HERE.rglob(f"test_{page.stem}.py"))


def _examples(page: Path) -> list[str]:
    return blocks(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "page", [page for page in pages() if _examples(page) and not _run_elsewhere(page)], ids=name_of
)
def test_the_examples_of_a_page_run(page: Path, place: Path) -> None:
    run_blocks(_examples(page))


def test_the_first_example_of_all() -> None:
    assert promises(_examples(README)) >= 9


@pytest.mark.slow
def test_the_quick_start(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = blocks(text_of("quickstart.md"))
    assert promises(examples) >= 9
    names: dict[str, Any] = {"__name__": "page"}
    output = run_blocks(examples, names)
    assert (names["bar"].n, names["bars"].tasks[0].completed) == (names["size"], names["size"])
    assert "100%" in capsys.readouterr().err, "the bar of tqdm"
    assert "2026/cat.txt 4 text/plain\n" in output
    assert "[{'name': 'cat', 'size': '4'}]\n" in output
    assert (place / "copy.mkv").read_bytes() == (place / "movie.mkv").read_bytes()


def test_copy_and_sync(place: Path) -> None:
    examples = [each for each in blocks(text_of("sync.md")) if each != BACKUP]
    assert promises(examples) >= 3
    assert "3 0 {}\n" in run_blocks(examples)


@pytest.fixture
def accounts(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The named stores of the nightly backup, with one photo."""
    monkeypatch.setenv("OBS_STORES", str(place / "stores.toml"))
    for name in ("live", "vault"):
        (place / name).mkdir()
        add(NamedStore(name, f"file://{place}/{name}"))
    (place / "live/photos").mkdir()
    (place / "live/photos/cat.jpg").write_bytes(b"meow")
    (place / "vault/backups").mkdir()
    return place


def test_the_nightly_backup(accounts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thirty days are kept, other folders are left alone, and a night that failed deletes nothing."""
    for kept in ("2026-10-01", "2026-10-28", "2026-10-29", "2026-11-27", "others"):
        (accounts / "vault/backups" / kept).mkdir(parents=True)
        (accounts / "vault/backups" / kept / "old.jpg").write_bytes(b"old")
    names: dict[str, Any] = {"__name__": "page"}
    run_blocks([BACKUP], names)
    bad = os.fsencode(accounts / "live/photos") + b"/\xff"
    with open(bad, "wb"):
        pass
    assert names["back_up"](date(2026, 11, 28)) == 1
    assert "the backup of 2026-11-28 is not complete" in capsys.readouterr().err
    assert (accounts / "vault/backups/2026-10-01/old.jpg").exists()
    os.unlink(bad)
    assert names["back_up"](date(2026, 11, 28)) == 0
    assert (accounts / "vault/backups/2026-11-28/cat.jpg").read_bytes() == b"meow"
    left = {
        str(path.relative_to(accounts / "vault/backups").parent) for path in (accounts / "vault/backups").rglob("*.jpg")
    }
    assert left == {"2026-10-29", "2026-11-27", "2026-11-28", "others"}
    assert capsys.readouterr().err == ""


def test_a_backup_of_nothing_fails(accounts: Path) -> None:
    (accounts / "live/photos/cat.jpg").unlink()
    (accounts / "vault/backups/2026-10-01").mkdir()
    (accounts / "vault/backups/2026-10-01/old.jpg").write_bytes(b"old")
    names: dict[str, Any] = {"__name__": "page"}
    run_blocks([BACKUP], names)
    assert names["back_up"](date(2026, 11, 28)) == 1
    assert (accounts / "vault/backups/2026-10-01/old.jpg").exists()


@pytest.mark.slow
def test_the_line_of_the_crontab(accounts: Path) -> None:
    (line,) = re.findall(r"^0 3 \* \* \* (.*)$", text_of("sync.md"), re.MULTILINE)
    environment = {**ENVIRONMENT, "OBS_STORES": str(accounts / "stores.toml")}
    run_block(f"$ {line.replace(chr(92) + '%', '%')}\n", accounts, environment)
    (copied,) = (accounts / "vault/backups").glob("*/cat.jpg")
    assert date.fromisoformat(copied.parent.name) >= date(2026, 1, 1)
    (accounts / "live/photos").rename(accounts / "live/gone")
    with pytest.raises(AssertionError, match="the backup failed"):
        run_block(f"$ {line.replace(chr(92) + '%', '%')}\n", accounts, environment)
