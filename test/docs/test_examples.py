"""The examples of every page do what the page says.

A page whose examples need more than an empty directory has a test module of its own, `test_<page>.py`; all others run
here, each page as one program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from test.docs.pages import README, blocks, name_of, pages, promises, run_blocks, text_of

HERE = Path(__file__).parent


APART = ("quickstart", "sync")
"""Pages of whose examples more is asserted below."""


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
    examples = blocks(text_of("sync.md"))
    assert promises(examples) >= 3
    assert "3 0 {}\n" in run_blocks(examples)
