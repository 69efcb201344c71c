"""The command, run in this process: what it prints where, and its exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import obs_client
from obs_client.cli import obs


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "docs").mkdir()
    return f"file://{tmp_path}?container_name=docs"


def run(*arguments: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(obs, [str(argument) for argument in arguments], input=stdin)


def test_objects_come_and_go(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00content\xff")
    assert run("put", url, tmp_path / "file", "a/file.txt").exit_code == 0
    assert run("put", url, "-", "b", stdin=b"from a pipe").exit_code == 0
    assert run("cat", url, "a/file.txt").stdout_bytes == b"\x00content\xff"
    assert run("ls", url).stdout.split() == ["a/", "11", "b"]
    assert run("ls", "-r", url).stdout.split() == ["9", "a/file.txt", "11", "b"]
    assert run("ls", f"file://{tmp_path}").stdout == "docs\n"
    shown = run("info", url, "a/file.txt").stdout
    assert "text/plain" in shown
    assert "metadata" not in shown
    assert run("get", url, "b", tmp_path / "copy").exit_code == 0
    assert (tmp_path / "copy").read_bytes() == b"from a pipe"
    assert run("rm", url, "a/file.txt", "b", "never").exit_code == 0
    assert run("ls", url).stdout == ""


def test_what_is_not_there_is_status_3_and_one_line(url: str, tmp_path: Path) -> None:
    absent = url.replace("docs", "absent")
    for arguments in (("cat", url, "x"), ("info", url, "x"), ("get", url, "x", tmp_path / "x"), ("ls", absent)):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (3, ""), arguments
        assert result.stderr.startswith("obs: ")
        assert result.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_failures_are_status_1_and_usage_is_2(url: str) -> None:
    assert run("put", url, "/no/such/file", "x").exit_code == 1
    assert run("put", url, "/", "x").exit_code == 1
    assert run("cat", url, "../x").exit_code == 1
    assert run("ls", "nothing://x").exit_code == 2
    assert run("ls", "file:///no/such/root").exit_code == 2
    assert run("ls").exit_code == 2
    assert run("nothing").exit_code == 2


def test_control_characters_in_names_are_shown_escaped(url: str) -> None:
    client = obs_client.from_url(url)
    client.object_write("red\x1b[31m\n", b"")
    assert run("ls", url).stdout.split(maxsplit=1)[1] == "red\\x1b[31m\\n\n"
    assert "\x1b" not in run("cat", url, "no\x1b[31m").stderr


def test_the_suite_is_a_command(tmp_path: Path) -> None:
    help_text = run("test", "--help").stdout
    assert "leaves them as it found them" in help_text
    command = [sys.executable, "-m", "obs_client", "test", "nothing://x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
