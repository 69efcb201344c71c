"""The command at a real terminal (a pseudo-terminal): bars, questions, Ctrl-C."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from obs_client.cli.stopping import GRACE
from test.cli.process import soon
from test.cli.running import file_url
from test.cli.screen import Screen

pytestmark = pytest.mark.slow


def test_a_bar_shows_the_rate_and_the_time_left(docs: Path) -> None:
    (docs / "x.bin").write_bytes(bytes(30_000_000))
    for line in ("obs get x.bin y.bin", f"obs put x.bin '{file_url(docs, 'z.bin')}'"):
        with Screen(line, docs) as screen:
            assert screen.end() == 0, screen.shown
            assert re.search("28.6 MiB / 28.6 MiB", screen.shown), screen.shown
            assert "iB/s" in screen.shown
            assert "0:00:" in screen.shown
            assert screen.shown.rstrip().endswith("\x1b[?25h"), "the cursor is shown again"
    assert (docs / "y.bin").stat().st_size == 30_000_000


def test_a_narrow_terminal_has_one_line_too(docs: Path) -> None:
    (docs / "a-name-of-some-length.bin").write_bytes(bytes(3_000_000))
    for columns in (100, 80, 60, 40):
        with Screen(f"COLUMNS={columns} obs get a-name-of-some-length.bin y.bin", docs) as screen:
            assert screen.end() == 0, screen.shown
            lines = screen.shown.count("\n")
            assert lines == 1, screen.shown
            assert "2.9 MiB" in screen.shown


def test_a_pipe_of_unknown_length_has_a_bar_too(docs: Path) -> None:
    with Screen(f"(head -c 3000000 /dev/zero; sleep 1) | obs put - '{file_url(docs, 'x')}'", docs) as screen:
        screen.see("2.9 MiB")
        assert screen.end() == 0
    assert (docs / "x").stat().st_size == 3_000_000


def test_no_bar_if_stderr_is_no_terminal_or_quiet_is_wished(docs: Path) -> None:
    (docs / "x.bin").write_bytes(bytes(3_000_000))
    for line in ("obs get x.bin y.bin 2>errors", "obs --quiet get x.bin y.bin", "obs cat x.bin | cat >copy"):
        with Screen(line, docs) as screen:
            assert (screen.end(), screen.shown) == (0, ""), line
    assert (docs / "errors").read_bytes() == b""


def test_a_hostile_name_does_not_steer_the_bar(docs: Path) -> None:
    name = "[red]\x1b]0;title\x07x"
    (docs / name).write_bytes(bytes(1000))
    with Screen("obs get ./*x copy", docs) as screen:
        assert screen.end() == 0, screen.shown
        assert "[red]\\x1b]0;title\\x07x" in screen.shown
        assert "\x07" not in screen.shown


@pytest.mark.parametrize(("answer", "status", "left"), [("y", 0, 0), ("n", 1, 2), ("", 1, 2)])
def test_the_question_before_a_mass_deletion(docs: Path, answer: str, status: int, left: int) -> None:
    for name in ("a", "b"):
        (docs / name).touch()
    with Screen("exec obs rm -r .", docs) as screen:
        screen.see(r"Delete 2 objects in \.\? \[y/N\] $")
        screen.type(f"{answer}\n")
        assert screen.end() == status
        assert ("nothing was done" in screen.shown) is (status != 0)
    assert len(os.listdir(docs)) == left


def test_a_mass_deletion_has_a_bar_that_counts_objects(docs: Path) -> None:
    for number in range(250):
        (docs / f"{number}").touch()
    with Screen("obs rm -r --yes .", docs) as screen:
        assert screen.end() == 0, screen.shown
        assert "250 objects / 250 objects" in screen.shown
        assert "objects/s" in screen.shown
    assert os.listdir(docs) == []


def test_what_changes_while_the_question_waits_is_not_overwritten(docs: Path) -> None:
    (docs / "A").mkdir()
    (docs / "B").mkdir()
    (docs / "A" / "f").write_text("the source's")
    (docs / "B" / "f").write_text("old")
    (docs / "B" / "extra").write_text("1")
    with Screen("obs sync --delete A B", docs) as screen:
        screen.see("y/N")
        (docs / "B" / "f").write_text("written by hand while the question waited")
        screen.type("y\n")
        assert screen.end() == 1, screen.shown
        assert "make a new plan" in screen.shown
    assert (docs / "B" / "f").read_text() == "written by hand while the question waited"
    assert (docs / "B" / "extra").exists(), "nothing is deleted after a failure"


def test_ctrl_c_at_the_question(docs: Path) -> None:
    (docs / "a").touch()
    with Screen("exec obs rm -r .", docs) as screen:
        screen.see("y/N")
        screen.type("\x03")
        assert screen.end(soon(40, GRACE)) == 130
        assert "stopped; nothing was done" in screen.shown
        assert "gone" not in screen.shown
    assert os.listdir(docs) == ["a"]


@pytest.mark.parametrize(("answer", "status"), [("\x03", 130), ("n\n", 1)])
def test_a_second_question_does_not_say_that_nothing_was_done(docs: Path, answer: str, status: int) -> None:
    for name in ("a", "b"):
        (docs / name).mkdir()
        (docs / name / "x").touch()
    with Screen("exec obs rm -r a b", docs) as screen:
        screen.see("in a.*y/N")
        screen.type("y\n")
        screen.see("in b.*y/N")
        screen.type(answer)
        assert screen.end(soon(40, GRACE)) == status
        assert "nothing more was done" in screen.shown
    assert [(docs / name / "x").exists() for name in ("a", "b")] == [False, True]


def test_ctrl_c_in_a_transfer(docs: Path) -> None:
    (docs / "x").write_bytes(b"old")
    with Screen(
        f"exec obs put - '{file_url(docs, 'x')}' < <(while head -c 8000000 /dev/zero; do sleep 0.1; done)", docs
    ) as screen:
        screen.see("iB/s")
        screen.type("\x03")
        assert screen.end(soon(120, GRACE)) == 130
        assert "stopped; each object is complete, old or new; run the same command again" in screen.shown
        assert screen.shown.rstrip().rfind("\x1b[?25h") > screen.shown.rfind("\x1b[?25l")
    assert os.listdir(docs) == ["x"]
    assert (docs / "x").read_bytes() == b"old"


def test_sync_and_check_draw_a_bar_and_keep_results_apart(docs: Path) -> None:
    for number in range(20):
        (docs / f"{number}.bin").write_bytes(bytes(1_000_000))
    with Screen("obs sync . ../copy >../out", docs) as screen:
        assert screen.end() == 0, screen.shown
        assert "19.1 MiB" in screen.shown
        assert "iB/s" in screen.shown
    assert "copied 20 (19.1 MiB)" in (docs.parent / "out").read_text()
    (docs.parent / "copy" / "extra").touch()
    with Screen("obs sync --delete . ../copy >../out", docs) as screen:
        screen.see("Delete 1 object in ../copy that the source lacks")
        screen.type("y\n")
        assert screen.end() == 0, screen.shown
    assert (docs.parent / "out").read_text() == "copied 0 (0 B), deleted 1, left 20 as they are, failed 0\n"
    (docs / "new").touch()
    with Screen("obs check . ../copy", docs) as screen:
        assert screen.end() == 1
        assert "missing    new" in screen.shown
        assert "20 objects the same (19.1 MiB), 1 missing" in screen.shown
