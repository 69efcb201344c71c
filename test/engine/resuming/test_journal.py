"""A journal claims no more than was done, wherever it was cut, and one process at a time holds it."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import functools
import hashlib
import json
import os
import resource
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import Attributes, ConfigurationError, ConflictError, LocalClient, MemoryClient
from obs_client._engine.resuming import journal as journal_module
from obs_client._engine.resuming import records
from obs_client._engine.resuming.journal import Journal, Line, is_in_use, read_lines
from obs_client._engine.resuming.records import Record
from test.engine.clock import Clock

LINES: list[Line] = [
    {"version": 1, "name": "größer"},
    {"upload": "an id"},
    {"part": 1, "receipt": '["x", null]'},
    {"completing": True},
]
RECORD = Record(
    "upload", 5.0, "file /r/c/o", '["file", "/r/c/"]', "c", "o", "/src", 70, 20, "0123456789abcdef", (70, 1, 2)
)


def _written(path: Path) -> bytes:
    with Journal(path) as journal:
        journal.begin(LINES[0])
        for line in LINES[1:]:
            journal.note(line)
    return path.read_bytes()


def test_a_journal_that_was_cut_anywhere_has_the_whole_lines_before(tmp_path: Path) -> None:
    content = _written(tmp_path / "j")
    ends = [index + 1 for index, byte in enumerate(content) if byte == ord("\n")]
    for size in range(len(content) + 1):
        whole = sum(end <= size for end in ends)
        assert read_lines(content[:size]) == (LINES[:whole], ends[whole - 1] if whole else 0)


def test_what_follows_a_line_that_makes_no_sense_counts_for_nothing(tmp_path: Path) -> None:
    content = _written(tmp_path / "j")
    first, rest = content.split(b"\n", 1)
    for bad in (b"\0" * 50, b"5\n", b"[]\n", b'{"a"\n', b"\xff\n", b"\n"):
        assert read_lines(first + b"\n" + bad + rest)[0] == LINES[:1]


def test_what_is_noted_after_a_cut_is_read(tmp_path: Path) -> None:
    path = tmp_path / "j"
    content = _written(path)
    path.write_bytes(content[:-3])
    with Journal(path) as journal:
        assert journal.lines == LINES[:-1]
        journal.note({"part": 2})
    assert read_lines(path.read_bytes())[0] == [*LINES[:-1], {"part": 2}]


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "transfers" / "j"
    _written(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as first:
        first.begin(LINES[0])
        first.say_who()
        assert is_in_use(path)
        with pytest.raises(ConflictError, match=f"process {os.getpid()} on "):
            Journal(path)
    assert not is_in_use(path)
    with Journal(path) as second:
        assert second.lines[0] == LINES[0]


def test_who_waited_for_one_that_was_removed_gets_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as first:
        first.begin(LINES[0])
        first.remove()
        with Journal(path) as second:
            second.begin(LINES[0])
    assert path.exists()


def test_one_in_which_nothing_was_noted_is_not_left(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"):
        assert (tmp_path / "j").exists()
    assert not (tmp_path / "j").exists()


def test_where_there_can_be_none_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="no transfer can be noted") as caught:
        Journal(tmp_path / "file" / "j")
    assert caught.value.hint == "OBS_TRANSFERS names another folder; without resume none is needed"


@contextlib.contextmanager
def _no_file_longer_than(size: int) -> Iterator[None]:
    """Within the block this process can write no longer file, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_makes_more_to_be_done_and_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.begin(LINES[0])
        with _no_file_longer_than(path.stat().st_size + 5):
            journal.note(LINES[1])
        journal.note(LINES[2])
    assert read_lines(path.read_bytes())[0] == LINES[:1]


def test_a_header_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    noted = pytest.raises(ConfigurationError, match="no transfer can be noted")
    with _no_file_longer_than(3), noted as caught, journal:
        journal.begin(LINES[0])
    assert caught.value.hint == "is its disk full?"


def test_nothing_is_noted_after_a_line_that_was_refused(tmp_path: Path) -> None:
    """It may tell of the upload whose parts the next ones tell of."""
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.begin(LINES[0])
        with _no_file_longer_than(path.stat().st_size):
            journal.note(LINES[1])
        journal.note(LINES[2])
    assert read_lines(path.read_bytes())[0] == LINES[:1]


def test_what_is_noted_after_it_was_closed_counts_for_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.begin(LINES[0])
    journal.note(LINES[1])
    journal.close()
    assert read_lines((tmp_path / "j").read_bytes())[0] == LINES[:1]


@pytest.mark.parametrize("call", ["fdatasync", "fsync"])
def test_at_most_one_line_a_second_is_forced_to_the_disk(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[tuple[int, float]] = []
    clock = Clock()
    if call == "fsync":  # as macOS has it
        monkeypatch.delattr(os, "fdatasync")
    monkeypatch.setattr(os, call, lambda descriptor: forced.append((descriptor, clock.now)))
    monkeypatch.setattr(journal_module, "time", clock)
    with Journal(tmp_path / "j") as journal:
        for clock.now in (1.5, 2.0, 2.5, 2.75, 3.0, 4.0):
            journal.note(LINES[0])
        assert forced == [(journal._descriptor, 1.5), (journal._descriptor, 2.75), (journal._descriptor, 4.0)]


def test_to_remove_it_twice_does_no_harm(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.begin(LINES[0])
        journal.remove()
        journal.remove()
    assert not (tmp_path / "j").exists()


def test_one_that_is_removed_before_it_is_locked_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What were noted in a file without a name would be lost."""
    path, locked, lock = tmp_path / "j", list[int](), fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        lock(descriptor, operation)
        locked.append(descriptor)
        if len(locked) == 1:
            path.unlink()

    monkeypatch.setattr(fcntl, "flock", late)
    before = len(os.listdir("/dev/fd"))
    with Journal(path) as journal:
        assert len(os.listdir("/dev/fd")) == before + 1
        journal.begin(LINES[0])
    assert len(locked) == 2
    assert read_lines(path.read_bytes())[0] == LINES[:1]


def test_who_is_at_it_need_not_have_been_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j"

    def refused() -> None:
        with pytest.raises(ConflictError, match=r"^another process is at this transfer") as caught:
            Journal(path)
        assert caught.value.hint == "wait for it, or end it; `obs transfers` lists them"

    with Journal(path):
        refused()

    def removed_meanwhile(_descriptor: int, _operation: int) -> None:
        path.unlink()
        raise BlockingIOError

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    refused()


def test_a_file_system_without_locks_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with Journal(tmp_path / "j") as journal:
        journal.begin(LINES[0])
        assert not is_in_use(tmp_path / "j")


def test_one_that_is_not_there_is_not_in_use_and_no_link_is_followed(tmp_path: Path) -> None:
    assert not is_in_use(tmp_path / "j")
    _written(tmp_path / "j")
    (tmp_path / "link").symlink_to(tmp_path / "j")
    with Journal(tmp_path / "j"):
        assert is_in_use(tmp_path / "j")
        assert not is_in_use(tmp_path / "link")


def test_one_that_goes_while_its_owner_is_asked_for_is_a_conflict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    read = Path.read_bytes

    def late(self: Path) -> bytes:
        self.unlink()
        return read(self)

    with Journal(path) as first:
        first.begin(LINES[0])
        monkeypatch.setattr(Path, "read_bytes", late)
        with pytest.raises(ConflictError, match="another process is at this transfer"):
            Journal(path)


def test_a_record_comes_back_from_its_line() -> None:
    assert Record.of([json.loads(json.dumps(RECORD.line()))]) == RECORD
    for line in ({**RECORD.line(), "version": 2}, {"version": 1}, {**RECORD.line(), "more": 1}, {}):
        assert Record.of([line]) is None
    assert Record.of([]) is None


def test_the_folder_is_the_platforms(monkeypatch: pytest.MonkeyPatch, journals: Path) -> None:
    assert records.folder() == journals
    monkeypatch.delenv("OBS_TRANSFERS")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    monkeypatch.setattr("sys.platform", "linux")
    assert records.folder() == Path("/state/obs_client/transfers")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert records.folder() == Path("/home/me/.local/state/obs_client/transfers")
    monkeypatch.setattr("sys.platform", "darwin")
    assert records.folder() == Path("/home/me/Library/Application Support/obs_client/transfers")


def test_a_store_of_this_process_only_has_no_text() -> None:
    assert records.store_text((("s3", "https://x"), "c/")) == '["s3", "https://x", "c/"]'
    assert records.store_text((object(), "c/")) is None


def test_a_place_is_told_to_people() -> None:
    assert records.place_text((("s3", "https://x"), "c/"), "o") == "s3 https://x c/o"
    assert records.place_text(("memory", "c/"), "o") == "memory c/o"


def test_only_what_is_longer_than_a_part_is_worth_noting_and_as_long_as_is_said() -> None:
    assert [records.is_worth_noting(size, 20) for size in (19, 20, 21)] == [False, False, True]
    assert records.command_told() == ()
    with records.noting("upload", "a", at_least=30):
        assert [records.is_worth_noting(size, 20) for size in (21, 29, 30)] == [False, False, True]
        assert not records.is_worth_noting(30, 40)
        assert records.command_told() == ("upload", "a")
    assert records.command_told() == ()


def test_each_transfer_has_a_journal_of_its_own(journals: Path) -> None:
    """Those of earlier versions are found again."""
    names = [
        ("upload", "s", "o", "p"),
        ("download", "s", "o", "p"),
        ("upload", "t", "o", "p"),
        ("upload", "s", "q", "p"),
    ]
    for fields in names:
        with records.open_journal(*fields) as journal:
            journal.begin(RECORD.line())
        with records.open_journal(*fields) as journal:
            assert len(journal.lines) == 1
    paths = sorted(journals.iterdir())
    assert [path for path, _ in records.read_all()] == paths
    assert [lines for _, lines in records.read_all()] == [[{**json.loads(json.dumps(RECORD.line()))}]] * 4
    digest = hashlib.sha256(b'["upload", "s", "o", "p"]').hexdigest()
    assert journals / f"{digest[:32]}.jsonl" in paths


def test_where_there_are_no_journals_none_are_found(
    journals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(records.read_all()) == []
    journals.mkdir(parents=True)
    (journals / "note.txt").write_bytes(b"{}\n")
    (journals / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    assert list(records.read_all()) == []
    for error in (NotADirectoryError, PermissionError):
        monkeypatch.setattr(Path, "glob", staticmethod(functools.partial(_refuse, error)))
        assert list(records.read_all()) == []


def _refuse(error: type[OSError], _pattern: str) -> Iterator[Path]:
    raise error


def test_an_upload_is_kept_for_a_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cleanup() of a store removes is what nobody can go on with."""
    monkeypatch.setattr(time, "time", lambda: 10 * records.WEEK)
    ages = {"new": 0.0, "last": records.WEEK - 1, "old": records.WEEK, "of tomorrow": -1.0}
    for name, age in ages.items():
        with records.open_journal("upload", "s", name, "p") as journal:
            journal.begin(dataclasses.replace(RECORD, begun=10 * records.WEEK - age).line())
            journal.note({"upload": name})
            journal.note({"part": 1})
    with records.open_journal("upload", "s", "strange", "p") as journal:
        journal.begin({"version": 2})
        journal.note({"upload": "of another version"})
    (tmp_path / "store").mkdir()
    assert records.kept_uploads(LocalClient(tmp_path / "store")._border) == {"new", "last"}
    assert records.kept_uploads(MemoryClient()._border) == frozenset()


def test_a_file_that_was_changed_has_another_state(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"content")
    status = path.stat()
    with path.open("rb") as file:
        state = records.state_of(file.fileno())
    assert state == (7, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino)


def test_attributes_are_the_same_whoever_wrote_and_in_whatever_order() -> None:
    told = records.attributes_text(Attributes("text/plain", {"a": "1", "b": "2"}, write_id="one"))
    assert told == records.attributes_text(Attributes("text/plain", {"b": "2", "a": "1"}, write_id="another"))
    others = [Attributes("text/html", {"a": "1", "b": "2"}), Attributes("text/plain", {"a": "1"})]
    assert len({told, *map(records.attributes_text, others)}) == 3


@pytest.mark.skipif(not os.path.exists("/proc/sys/kernel/random/boot_id"), reason="of Linux")
def test_a_run_of_the_system_has_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    name = records.boot()
    assert name == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert len(name) > 20

    def refuse(_path: Path, encoding: str) -> str:
        raise FileNotFoundError(encoding)

    monkeypatch.setattr(Path, "read_text", refuse)
    assert records.boot() == ""
