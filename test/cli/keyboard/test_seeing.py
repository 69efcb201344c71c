"""What the command shows of requests, of tries that fail, and of where errors come from; and in which colours."""

from __future__ import annotations

import contextlib
import re
import resource
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import ClientOptions
from test.cli.process import shell
from test.cli.running import run
from test.cli.screen import Screen
from test.loopback.s3_double import CREDENTIALS, Failure, Ways, s3_double

BUSY = Ways(failures=(Failure("ListObjectsV2", 503, times=3),))
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|38;[\d;]+|9\d)m")
KEYS = " ".join(f"{name}={shlex.quote(value)}" for name, value in CREDENTIALS.items())


@pytest.fixture
def keys(environment: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        environment.setenv(name, value)


def test_debug_shows_each_request_and_no_secrets(keys: None) -> None:
    with s3_double() as server:
        server.store("box", "cat.jpg", b"cat")
        url = f"s3://box?endpoint_url={server.url}"
        shown = run("ls", url, "--debug").stderr
        assert re.search(r"GET 127\.0\.0\.1:\d+/box\?list-type=2\S*: 200, try 1, 0 bytes sent, \d+ received, ", shown)
        assert "GET 127" not in run("ls", url, "-v").stderr
    assert not [secret for secret in CREDENTIALS.values() if secret in shown]


def test_debug_shows_where_an_error_of_one_of_many_comes_from(docs: Path, keys: None) -> None:
    (docs / "x").touch()
    shown = run("cat", docs / "x", docs / "never", "--debug").stderr
    assert "Traceback" in shown
    assert "Traceback" in run("rm", docs / "never", docs / "neither", "--debug").stderr


@pytest.mark.slow
def test_an_unknown_host_is_told_of_in_a_few_seconds(keys: None) -> None:
    shown = run("ls", "s3://box?endpoint_url=http://host.invalid").stderr
    pauses = re.findall(r"the next in ([\d.]+) s", shown)
    assert 0 < sum(map(float, pauses)) <= ClientOptions().give_up_first_after
    assert re.search(r"host\.invalid:80: no connection: .*\(gave up after [2-7] tries\)", shown)


def test_retries_that_are_asked_for_are_made_at_the_first_contact_too(keys: None) -> None:
    url = "s3://box?endpoint_url=http://host.invalid&first_pause=0.01&longest_pause=0.01"
    assert "gave up after 13 tries" in run("ls", url, "--retries", "12").stderr


def test_elsewhere_than_on_a_terminal_each_try_that_fails_has_a_line(keys: None) -> None:
    with s3_double(BUSY) as server:
        server.store("box", "cat.jpg", b"cat")
        lines = run("ls", f"s3://box?endpoint_url={server.url}&first_pause=0.01").stderr.splitlines()
    assert [line[:19] for line in lines] == [f"obs: try {number} failed, " for number in (1, 2, 3)]


@pytest.mark.slow
def test_on_a_terminal_one_line_counts_the_tries_that_fail(docs: Path) -> None:
    with s3_double(BUSY) as server:
        server.store("box", "cat.jpg", b"cat")
        line = f"{KEYS} obs ls 's3://box?endpoint_url={server.url}&first_pause=0.01'"
        with Screen(line, docs) as screen:
            assert screen.end() == 0
        shown = screen.shown.replace("\r\n", "\n")
    first, second, third, rest = re.split(r"\robs: [123] (?:try|tries) failed, the last: ", "x" + shown)[0:4]
    assert (first, second.strip(), third.strip()) != ("", "", "")
    assert shown.count("\n") == 2
    assert rest.splitlines()[1] == "cat.jpg"
    assert all(len(part) < 100 for part in re.split(r"[\r\n]", shown))


@pytest.mark.slow
def test_of_several_names_each_bar_takes_the_place_of_the_one_before(docs: Path) -> None:
    for name in ("a", "b", "c"):
        (docs / name).write_bytes(bytes(100_000))
    with Screen("obs get a b c ../out/", docs) as screen:
        assert screen.end() == 0
    assert all(f"{number}/3 {name}" in screen.shown for number, name in ((1, "a"), (2, "b"), (3, "c")))
    assert screen.shown.count(UP_AND_CLEAR) == 3
    with Screen("obs get a ../out/", docs) as screen:
        assert screen.end() == 0
    assert UP_AND_CLEAR not in screen.shown


@pytest.mark.slow
def test_beside_a_bar_the_tries_that_fail_are_counted(docs: Path) -> None:
    with s3_double(Ways(failures=(Failure("GetObject", 503, times=2),))) as server:
        server.store("box", "cat.jpg", b"c" * 100_000)
        line = f"{KEYS} obs get 's3://box/cat.jpg?endpoint_url={server.url}&first_pause=0.3' ."
        with Screen(line, docs) as screen:
            assert screen.end() == 0
    assert "cat.jpg (2 tries failed)" in screen.shown
    assert "the next in" not in screen.shown


@pytest.mark.slow
def test_where_no_terminal_is_there_are_no_colours_even_if_they_are_forced(docs: Path) -> None:
    (docs / "x").write_bytes(bytes(3_000_000))
    for says in ("", "FORCE_COLOR=1", "NO_COLOR=1 FORCE_COLOR=1"):
        done = shell(f"{says} obs get x y 2>&1; {says} obs ls -l . 2>&1", docs)
        assert b"\x1b" not in done.stdout


UP_AND_CLEAR = "\x1b[1A\x1b[2K"
"""How a bar is removed that does not stay."""

COLOURS = {"": True, "NO_COLOR=1": False, "FORCE_COLOR=1": True, "NO_COLOR=1 FORCE_COLOR=1": False, "TERM=dumb": False}


@pytest.mark.slow
@pytest.mark.parametrize("says", COLOURS)
def test_on_a_terminal_there_are_colours_unless_the_environment_says_no(docs: Path, says: str) -> None:
    (docs / "x").write_bytes(bytes(3_000_000))
    with Screen(f"{says} obs get x y", docs) as screen:
        assert screen.end() == 0
    assert bool(COLOUR.search(screen.shown)) is COLOURS[says]


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """No file of more than 100 KiB can be written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100 * 1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("obs get src/cat.jpg tiny/", "could not write tiny/cat.jpg: File too large"),
        ("obs cp src/cat.jpg tiny/cat.jpg", "could not copy to 'tiny/cat.jpg': File too large"),
        ("obs cp -r src tiny", "cat.jpg: could not write 'tiny/src/cat.jpg': File too large"),
        ("obs sync src tiny", "cat.jpg: could not write 'tiny/cat.jpg': File too large"),
        ('obs put src/cat.jpg "file://{here}/tiny?container_name=c"', "'{here}/tiny/c/cat.jpg': File too large"),
        ('obs get src/cat.jpg "{here}/tiny/"', "could not write {here}/tiny/cat.jpg: File too large"),
        ('obs cp src/cat.jpg "{here}/tiny/cat.jpg"', "could not copy to '{here}/tiny/cat.jpg': File too large"),
    ],
)
def test_a_path_is_named_as_it_was_written(docs: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str) -> None:
    monkeypatch.chdir(docs)
    (docs / "src").mkdir()
    (docs / "tiny/c").mkdir(parents=True)
    (docs / "src/cat.jpg").write_bytes(bytes(300_000))
    with no_room():
        done = run(*shlex.split(line.format(here=docs))[1:])
    shown = done.stderr
    assert done.exit_code == 1, shown
    assert said.format(here=docs) in shown
    assert "'directory'" not in shown
    assert "b'" not in shown
    assert "%obs_" not in shown
