"""`put` and `get` go on where they died, and `obs transfers` shows, goes on with and abandons what did not end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from click.shell_completion import ShellComplete

from obs_client.cli import obs
from obs_client.cli.commands.resuming.option import noted_command
from test.cli import process
from test.cli.process import started
from test.cli.running import done, failed, file_url, lines, run

PART = 100_000
DATA = random.Random(16).randbytes(20 * PART + 7)
SLOW = "--limit-rate", "1MB"
"""So that there is time to end the command."""


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("OBS_TRANSFERS", str(folder))
    monkeypatch.setitem(process.ENVIRONMENT, "OBS_TRANSFERS", str(folder))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def _url(docs: Path) -> str:
    return file_url(docs, "object") + f"&part_size={PART}&workers=1"


def _end_at_half(journals: Path, kind: int, *command: str | Path) -> subprocess.Popen[bytes]:
    """End a command when a few parts of its transfer were noted."""
    with started(*command, "--resume", *SLOW) as running:
        until = time.monotonic() + 60
        while len(_noted(journals)) < (6 if command[0] == "put" else 4):
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < until
            time.sleep(0.01)
        running.send_signal(kind)
        _, told = running.communicate(timeout=60)
        advised = b"is kept: --resume continues, as does obs transfers resume ID" in told
        assert (advised, b"resume=True" in told) == (kind != signal.SIGKILL, False)
    return running


def _noted(journals: Path) -> list[str]:
    return [line for path in journals.glob("*.jsonl") for line in path.read_text().splitlines()]


def _left(*directories: Path) -> list[str]:
    return sorted(name for directory in directories if directory.exists() for name in os.listdir(directory))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_put_goes_on(kind: int, docs: Path, source: Path, journals: Path) -> None:
    _end_at_half(journals, kind, "put", source, _url(docs))
    [told] = lines("transfers")
    assert (told["what"], told["size"], told["path"], told["in_use"]) == ("upload", len(DATA), str(source), False)
    assert isinstance(told["moved"], int)
    assert 3 * PART <= told["moved"] < len(DATA)
    [draft] = _left(docs)
    inode = (docs / draft).stat().st_ino
    assert done("put", source, _url(docs), "--resume") == ""
    assert (docs / "object").stat().st_ino == inode, "the file that was begun is the one that was gone on with"
    assert (docs / "object").read_bytes() == DATA
    assert _left(docs, journals) == ["object"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_get_goes_on(kind: int, docs: Path, source: Path, tmp_path: Path, journals: Path) -> None:
    done("put", source, _url(docs))
    target = tmp_path / "below" / "target"
    target.parent.mkdir()
    _end_at_half(journals, kind, "get", _url(docs), target)
    [told] = lines("transfers", "list")
    assert (told["what"], told["size"], told["path"]) == ("download", len(DATA), str(target))
    [draft] = _left(target.parent)
    inode = (target.parent / draft).stat().st_ino
    assert done("get", _url(docs), target, "--resume") == ""
    assert (target.stat().st_ino, target.read_bytes() == DATA) == (inode, True)
    assert _left(target.parent, journals) == ["target"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_cp_goes_on(
    kind: int, docs: Path, source: Path, tmp_path: Path, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("put", source, _url(docs), "-m", "key_one=a value")
    (tmp_path / "there" / "box").mkdir(parents=True)
    target = file_url(tmp_path / "there" / "box", "copy") + f"&part_size={PART}&workers=1"
    command = "cp", _url(docs), target, "--metadata", "dashes"
    _end_at_half(journals, kind, *command)
    [told] = lines("transfers")
    assert (told["what"], told["size"], told["in_use"]) == ("copy", len(DATA), False)
    assert " -> file " in done("transfers")
    [draft] = _left(tmp_path / "there" / "box")
    inode = (tmp_path / "there" / "box" / draft).stat().st_ino
    monkeypatch.chdir(tmp_path)
    done("transfers", "resume", str(told["id"])[:6])
    assert (tmp_path / "there" / "box" / "copy").stat().st_ino == inode
    assert (tmp_path / "there" / "box" / "copy").read_bytes() == DATA
    assert lines("info", target)[0]["metadata"] == {"key-one": "a value"}
    assert _left(tmp_path / "there" / "box", journals) == ["copy"]


@pytest.mark.slow
def test_a_copy_is_abandoned(docs: Path, source: Path, tmp_path: Path, journals: Path) -> None:
    done("put", source, _url(docs))
    (tmp_path / "there" / "box").mkdir(parents=True)
    target = file_url(tmp_path / "there" / "box", "copy") + f"&part_size={PART}&workers=1"
    _end_at_half(journals, signal.SIGKILL, "cp", _url(docs), target)
    [told] = lines("transfers")
    done("transfers", "abandon", str(told["id"]))
    assert _left(tmp_path / "there" / "box", journals) == []
    assert (docs / "object").read_bytes() == DATA


@pytest.mark.slow
def test_whoever_stops_it_is_told(docs: Path, source: Path, journals: Path) -> None:
    stopped = _end_at_half(journals, signal.SIGINT, "put", source, _url(docs))
    assert stopped.returncode == 130
    listed = done("transfers")
    assert "  upload  " in listed
    assert f"{source} -> " in listed
    assert listed.startswith(next(journals.iterdir()).name[:8])


@pytest.mark.slow
def test_resume_needs_its_id_only(
    docs: Path, source: Path, journals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _end_at_half(journals, signal.SIGKILL, "put", source, _url(docs), "-m", "key=a value", "--type", "text/x")
    [told] = lines("transfers")
    monkeypatch.chdir(tmp_path)
    done("transfers", "resume", str(told["id"])[:6])
    [info] = lines("info", _url(docs))
    assert (info["content_type"], info["metadata"]) == ("text/x", {"key": "a value"})
    assert (docs / "object").read_bytes() == DATA
    assert lines("transfers") == []
    assert "there is no transfer" in failed(3, "transfers", "resume", str(told["id"]))


@pytest.mark.slow
@pytest.mark.parametrize("way", ["put", "get"])
def test_abandon_leaves_nothing_but_what_was_there(way: str, docs: Path, source: Path, journals: Path) -> None:
    done("put", "-", _url(docs), stdin=b"old" if way == "put" else DATA)
    target = docs.parent / "below"
    target.mkdir()
    command = (source, _url(docs)) if way == "put" else (_url(docs), target / "target")
    _end_at_half(journals, signal.SIGKILL, way, *command)
    assert len(_left(docs, target)) == 2
    [told] = lines("transfers")
    assert lines("transfers", "abandon", str(told["id"]))[0]["type"] == "abandoned"
    assert _left(docs, target, journals) == ["object"]
    assert (docs / "object").read_bytes() == (b"old" if way == "put" else DATA)
    assert source.read_bytes() == DATA


@pytest.mark.slow
def test_a_transfer_that_runs_is_left_alone(docs: Path, source: Path, journals: Path) -> None:
    with started("put", source, _url(docs), "--resume", *SLOW):
        while len(_noted(journals)) < 4:
            time.sleep(0.01)
        [told] = lines("transfers")
        assert told["in_use"] is True
        assert "is at it" in done("transfers")
        assert "is at this transfer" in failed(1, "transfers", "abandon", str(told["id"]))
        assert "is at this transfer" in failed(1, "put", source, _url(docs), "--resume")


def test_no_secret_is_noted(docs: Path, source: Path, journals: Path) -> None:
    secret = "s3cr3t-of-the-user"
    url = f"s3://box/object?endpoint_url=http://127.0.0.1:9&region=any&secret_access_key={secret}&access_key_id=me"
    assert run("put", source, url, "--resume", "--retries", "0").exit_code != 0
    before = [path.read_text() for path in journals.glob("*")]
    assert all(secret not in text for text in before)
    assert noted_command("put", "--resume", "--", str(source), url) == ()
    assert noted_command("get", "--", f"swift+https://me:{quote(secret)}@host/c/o", str(source)) == ()
    plain = ("put", "--resume", "--", str(source), _url(docs))
    assert noted_command(*plain) == plain


def test_small_objects_are_not_noted_unless_asked(docs: Path, source: Path, journals: Path) -> None:
    done("put", source, _url(docs))
    done("get", _url(docs), docs / "target")
    assert not journals.exists() or not _left(journals)
    assert (docs / "target").read_bytes() == DATA


def test_without_a_place_for_notes(docs: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OBS_TRANSFERS", str(tmp_path / "file" / "state"))
    done("put", source, _url(docs))
    assert "no transfer can be noted" in failed(2, "put", source, _url(docs), "--resume")
    assert lines("transfers") == []


def test_transfers_of_programs(source: Path, journals: Path) -> None:
    journals.mkdir()
    record = {
        "version": 1, "what": "upload", "begun": time.time(), "place": "s3 box/object", "store": '["s3"]',
        "container": "box", "name": "object", "path": str(source), "size": len(DATA), "part_size": PART,
        "write_id": "0123456789abcdef",
    }  # fmt: skip
    for name in ("abc", "abd"):
        (journals / f"{name}.jsonl").write_text(json.dumps(record) + "\n")
    assert "begun by a program (the same call with resume=True" in failed(1, "transfers", "resume", "abc")
    assert "--url names its store" in failed(1, "transfers", "abandon", "abc")
    assert "2 transfers begin with 'ab' (give more of the ID)" in failed(1, "transfers", "resume", "ab")


def test_none_is_said_to_people(journals: Path) -> None:
    assert done("transfers") == ""
    assert run("transfers", "list", "--verbose").stderr == "obs: no transfer was broken off\n"
    assert lines("transfers") == []
    assert "there is no command 'lst'" in failed(2, "transfers", "lst")


def test_ids_are_completed(journals: Path) -> None:
    journals.mkdir()
    record = {"version": 1, "what": "download", "begun": 1.0, "place": "p", "store": "s", "container": "c"}
    more = {"name": "n", "path": "/p", "size": 1, "part_size": 1, "write_id": "0123456789abcdef"}
    (journals / "abcdef0123456789.jsonl").write_text(json.dumps(record | more) + "\n")
    shell = ShellComplete(obs, {}, "obs", "_OBS_COMPLETE")
    for command in ("resume", "abandon"):
        assert [item.value for item in shell.get_completions(["transfers", command], "a")] == ["abcdef01"]
    assert "abandon" in [item.value for item in shell.get_completions(["transfers"], "")]
