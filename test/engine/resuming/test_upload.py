"""`upload_file` with `resume` on a local store: what a killed process sent is not sent again, and never wrong bytes."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import ClientOptions, LocalClient, ObjectChangedError
from obs_client.testing.contents.resuming import Died, DyingClient

PART = 20_000
DATA = random.Random(4).randbytes(12 * PART + 7)
OPTIONS = ClientOptions(part_size=PART, workers=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalClient]:
    (tmp_path / "root" / "c").mkdir(parents=True)
    with LocalClient(tmp_path / "root", "c", options=OPTIONS) as client:
        yield client


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def _files(store: LocalClient) -> list[str]:
    return sorted(os.listdir(Path(store.root, "c")))


def _die(store: LocalClient, source: Path, parts: int) -> Path:
    """Let an upload die after so many parts; gives its journal."""
    with pytest.raises(Died):
        DyingClient(store, parts).upload_file(source, "o", resume=True)
    return next(Path(os.environ["OBS_TRANSFERS"]).iterdir())


def _resumed(store: LocalClient, source: Path) -> int:
    """Go on; gives the bytes that were sent, when all is as it should be."""
    after = DyingClient(store)
    assert after.upload_file(source, "o", resume=True)
    assert store.object_read("o") == source.read_bytes()
    assert _files(store) == ["o"]
    assert list(Path(os.environ["OBS_TRANSFERS"]).iterdir()) == []
    return after.sent


@pytest.mark.parametrize("parts", range(13))
def test_after_each_part(store: LocalClient, source: Path, parts: int) -> None:
    _die(store, source, parts)
    assert _resumed(store, source) == len(DATA) - parts * PART


@pytest.mark.slow
def test_a_journal_that_was_cut_anywhere_makes_more_to_be_sent_and_no_wrong_byte(
    store: LocalClient, source: Path, tmp_path: Path
) -> None:
    journal = _die(store, source, 3)
    content, draft = journal.read_bytes(), Path(store.root, "c", _files(store)[0])
    kept = tmp_path / "kept"
    shutil.copy(draft, kept)
    before = len(DATA)
    for size in (*range(content.index(b"\n") + 1, len(content), 7), len(content)):
        journal.write_bytes(content[:size])
        shutil.copy(kept, draft)
        sent = _resumed(store, source)
        assert sent <= before
        before = sent
    assert before == len(DATA) - 3 * PART


def test_zeros_that_a_power_cut_left_in_the_draft_are_sent_again(store: LocalClient, source: Path) -> None:
    _die(store, source, 4)
    with Path(store.root, "c", _files(store)[0]).open("r+b") as draft:
        draft.seek(PART + 5)
        draft.write(bytes(PART))
    assert _resumed(store, source) == len(DATA) - 2 * PART


def test_a_draft_that_is_too_short_is_filled(store: LocalClient, source: Path) -> None:
    _die(store, source, 4)
    os.truncate(Path(store.root, "c", _files(store)[0]), 3 * PART + 1)
    assert _resumed(store, source) == len(DATA) - 3 * PART


def test_a_file_that_was_only_touched_is_read_again_and_not_sent(store: LocalClient, source: Path) -> None:
    _die(store, source, 4)
    os.utime(source)
    assert _resumed(store, source) == len(DATA) - 4 * PART


def test_a_file_that_has_the_old_time_and_other_bytes_is_noticed(store: LocalClient, source: Path) -> None:
    _die(store, source, 4)
    status = source.stat()
    source.write_bytes(DATA[: 2 * PART] + DATA[: len(DATA) - 2 * PART])
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert _resumed(store, source) == len(DATA) - 2 * PART


def test_a_file_that_was_replaced_by_another_is_noticed(store: LocalClient, source: Path, tmp_path: Path) -> None:
    _die(store, source, 4)
    other = tmp_path / "other"
    other.write_bytes(DATA[::-1])
    other.rename(source)
    assert _resumed(store, source) == len(DATA)


def test_touched_twice_what_did_not_fit_once_is_not_believed_later(store: LocalClient, source: Path) -> None:
    _die(store, source, 4)
    source.write_bytes(DATA[:PART] + DATA[: len(DATA) - PART])
    with pytest.raises(Died):
        DyingClient(store, 1).upload_file(source, "o", resume=True)
    assert _resumed(store, source) == len(DATA) - 2 * PART


def test_a_file_that_changes_while_it_is_sent_leaves_nothing(store: LocalClient, source: Path) -> None:
    def change(_: int) -> None:
        source.write_bytes(DATA[::-1])

    with pytest.raises(ObjectChangedError):
        store.upload_file(source, "o", resume=True, progress=change)
    assert _files(store) == []
    assert list(Path(os.environ["OBS_TRANSFERS"]).iterdir()) == []


def test_after_a_week_all_is_begun_again(store: LocalClient, source: Path) -> None:
    journal = _die(store, source, 4)
    first, rest = journal.read_text().split("\n", 1)
    old = {**json.loads(first), "begun": time.time() - 8 * 24 * 3600}
    journal.write_text(json.dumps(old) + "\n" + rest)
    assert _resumed(store, source) == len(DATA)


def test_a_process_that_died_before_it_knew_its_upload_leaves_nothing(store: LocalClient, source: Path) -> None:
    journal = _die(store, source, 0)
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if "upload" not in json.loads(line)))
    assert _resumed(store, source) == len(DATA)


def test_another_part_size_of_today_does_not_matter(store: LocalClient, source: Path) -> None:
    _die(store, source, 4)
    with LocalClient(store.root, "c", options=ClientOptions(part_size=3 * PART)) as other:
        assert _resumed(other, source) == len(DATA) - 4 * PART


def test_a_small_file_needs_no_journal(store: LocalClient, source: Path) -> None:
    source.write_bytes(b"small")
    assert store.upload_file(source, "o", resume=True)
    assert store.object_read("o") == b"small"
    assert not Path(os.environ["OBS_TRANSFERS"]).exists()


def test_a_pipe_is_sent_as_ever(store: LocalClient, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'wb').write(bytes(50_000))"]):
        assert store.upload_file(pipe, "o", resume=True)
    assert store.object_read("o") == bytes(50_000)


_PROGRAM = """
import sys, time
from obs_client import ClientOptions, LocalClient
root, source = sys.argv[1:]
client = LocalClient(root, "c", options=ClientOptions(part_size=20_000, workers=2))
client.upload_file(source, "o", resume=True, progress=lambda count: (print(count, flush=True), time.sleep(0.02)))
"""


@pytest.mark.slow
def test_a_process_that_was_killed(store: LocalClient, source: Path) -> None:
    for lines in (1, 2, 4):
        with subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, store.root, str(source)], stdout=subprocess.PIPE, text=True
        ) as program:
            assert program.stdout
            for _ in range(lines):
                assert program.stdout.readline()
            program.send_signal(signal.SIGKILL)
        assert program.returncode == -signal.SIGKILL
    assert _resumed(store, source) < len(DATA) - 2 * PART
