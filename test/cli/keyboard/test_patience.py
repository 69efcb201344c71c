"""How patient the command is, and how it shows its progress."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from obs_client.cli.commands import NAMES
from obs_client.cli.telling.examples import EXAMPLES
from test.cli.process import Deaf, shell
from test.cli.running import done, failed, file_url, run
from test.cli.screen import Screen


@pytest.mark.slow
def test_a_silent_store_is_left_after_the_timeout(deaf: Deaf, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "key")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(deaf.seconds_of_request)
        failed(1, "ls", deaf.url, "--timeout", "1", "--retries", "0")
        assert waited.result() < 15
    assert "give 1 second or more" in failed(2, "ls", deaf.url, "--timeout", "0")
    assert "--retries" in failed(2, "ls", deaf.url, "--retries", "-1")


def test_directories_need_no_patience(docs: Path) -> None:
    (docs / "x").touch()
    assert done("ls", docs, "--timeout", "5s", "--retries", "1") == "x\n"


def test_progress_as_lines(docs: Path) -> None:
    (docs / "x").write_bytes(bytes(3_000_000))
    (row,) = run("get", docs / "x", docs / "y", "--progress=json").stderr.splitlines()
    assert json.loads(row) == {
        "type": "progress", "label": "x", "done": 3_000_000, "total": 3_000_000, "unit": "bytes", "ended": True,
    }  # fmt: skip
    said = run("put", docs / "x", file_url(docs, "z"), "--progress=plain").stderr
    assert said == "obs: z: 2.9 MiB / 2.9 MiB, ended\n"
    assert done("get", docs / "x", docs / "y", "--progress=none") == ""
    assert run("-q", "get", docs / "x", docs / "y", "--progress=json").stderr == ""
    assert "'lines'" in failed(2, "get", docs / "x", docs / "y", "--progress=lines")


@pytest.mark.slow
def test_no_bar_where_none_is_wished_and_no_colours(docs: Path) -> None:
    (docs / "x").write_bytes(bytes(3_000_000))
    with Screen("obs get x y --progress=none", docs) as screen:
        assert (screen.end(), screen.shown) == (0, "")
    colour = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|38;[\d;]+|9\d)m")
    with Screen("obs get x y", docs) as screen:
        assert screen.end() == 0
        assert colour.search(screen.shown)
    with Screen("NO_COLOR=1 obs get x y", docs) as screen:
        assert screen.end() == 0
        assert "2.9 MiB" in screen.shown
        assert not colour.search(screen.shown)


@pytest.mark.slow
def test_nothing_to_do_is_said_in_place_of_a_bar(docs: Path) -> None:
    (docs / "x").write_text("x")
    with Screen("obs sync . ../copy >../out && obs sync . ../copy >../out", docs) as screen:
        assert screen.end() == 0
        assert screen.shown.count("nothing to do") == 1
        assert "0 B / 0 B" not in screen.shown
    assert shell("obs sync . ../copy", docs).stderr == b"", "only a terminal needs it"


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_ends_with_examples(name: str) -> None:
    shown = done(name, "--help")
    for line in EXAMPLES[name]:
        assert f"\n    {line}\n" in shown
        assert "obs " in line


def test_each_command_has_examples() -> None:
    assert sorted(EXAMPLES) == NAMES
