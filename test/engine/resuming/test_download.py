"""`download_file` with `resume`: what a killed process got is read again, checked, and not fetched again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import ClientOptions, ConflictError, LocalClient, ObjectStorageClient
from obs_client.backend.values import ObjectReader
from obs_client.testing.contents.resuming import Died
from obs_client.wrappers.wrapped import WrappedClient, WrappedReader

PART = 300_000
DATA = random.Random(4).randbytes(6 * PART + 7)
KINDS = ("by parts", "in one", "by parts, unproved")


class Dying(WrappedClient):
    """Dies once so many bytes were read, in requests that began with one that nobody counts."""

    def __init__(self, inner: ObjectStorageClient, left: int = 10**9) -> None:
        super().__init__(inner)
        self.left = left
        self.read: int = 0

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return _Reader(super()._object_open(container, name, start, stop, if_hash), self)


class _Reader(WrappedReader):
    def __init__(self, inner: ObjectReader, client: Dying) -> None:
        super().__init__(inner)
        self._client = client

    def readinto(self, buffer: memoryview) -> int:
        if self._client.left <= 0:
            raise Died
        count = super().readinto(buffer)
        self._client.left -= count
        self._client.read += count
        return count


@pytest.fixture
def store(tmp_path: Path, kind: str) -> Iterator[LocalClient]:
    (tmp_path / "root" / "c").mkdir(parents=True)
    check = kind != "by parts, unproved"
    with LocalClient(
        tmp_path / "root", "c", options=ClientOptions(part_size=PART, workers=1, check_content=check)
    ) as client:
        _put(client, DATA, kind)
        yield client


def _put(store: LocalClient, data: bytes, kind: str) -> None:
    if kind != "in one":
        store.object_write("o", data)
        return
    with LocalClient(store.root, "c") as other:
        other.object_write("o", data)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "got").mkdir()
    return tmp_path / "got" / "file"


def _draft(target: Path) -> Path:
    (draft,) = (path for path in target.parent.iterdir() if path.name.startswith("%"))
    return draft


def _die(store: LocalClient, target: Path, left: int) -> None:
    with pytest.raises(Died):
        Dying(store, left).download_file("o", target, resume=True)


def _resumed(store: LocalClient, target: Path, data: bytes = DATA) -> int:
    """Go on; gives the bytes that were fetched, when all is as it should be."""
    moved: list[int] = []
    after = Dying(store)
    assert after.download_file("o", target, resume=True, progress=moved.append)
    assert target.read_bytes() == data
    assert sum(moved) == len(data)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert list(Path(os.environ["OBS_TRANSFERS"]).iterdir()) == []
    return after.read


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", range(6))
def test_after_each_part(store: LocalClient, target: Path, parts: int) -> None:
    _die(store, target, parts * PART)
    assert _resumed(store, target) <= len(DATA) - max(0, parts - 1) * PART


@pytest.mark.parametrize("kind", ["by parts"])
def test_whole_parts_are_not_fetched_again(store: LocalClient, target: Path) -> None:
    _die(store, target, 4 * PART)
    assert _resumed(store, target) == len(DATA) - 4 * PART


@pytest.mark.parametrize("kind", ["by parts", "in one"])
def test_zeros_that_a_power_cut_left_are_fetched_again(store: LocalClient, target: Path, kind: str) -> None:
    _die(store, target, 5 * PART)
    with _draft(target).open("r+b") as draft:
        draft.seek(3 * PART + 5)
        draft.write(bytes(2 * PART))
    fetched = _resumed(store, target)
    assert fetched <= len(DATA) - (PART if kind == "in one" else 2 * PART)
    assert fetched >= len(DATA) - 3 * PART


@pytest.mark.parametrize("kind", ["by parts, unproved"])
def test_what_nothing_proves_does_not_outlive_a_reboot(
    store: LocalClient, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _die(store, target, 5 * PART)
    monkeypatch.setattr("obs_client._engine.resuming.records.boot", lambda: "another")
    assert _resumed(store, target) == len(DATA)


@pytest.mark.parametrize("kind", KINDS)
def test_another_version_is_fetched_whole(store: LocalClient, target: Path, kind: str) -> None:
    _die(store, target, 4 * PART)
    _put(store, DATA[::-1], kind)
    assert _resumed(store, target, DATA[::-1]) == len(DATA)


@pytest.mark.parametrize("kind", ["by parts"])
def test_a_draft_that_was_removed_is_begun_again(store: LocalClient, target: Path) -> None:
    _die(store, target, 4 * PART)
    _draft(target).unlink()
    assert _resumed(store, target) == len(DATA)


@pytest.mark.parametrize("kind", ["by parts", "in one"])
def test_a_journal_that_was_cut_anywhere_makes_more_to_be_fetched(store: LocalClient, target: Path) -> None:
    fetched = [len(DATA)]
    for cut in (1.0, 0.9, 0.7, 0.5):
        _die(store, target, 5 * PART)
        (journal,) = Path(os.environ["OBS_TRANSFERS"]).iterdir()
        header = journal.read_bytes().index(b"\n") + 1
        os.truncate(journal, header + int((journal.stat().st_size - header) * cut))
        fetched.append(_resumed(store, target))
    assert fetched[1:] == sorted(fetched[1:])
    assert fetched[1] < fetched[-1]


@pytest.mark.parametrize("kind", ["by parts"])
def test_one_at_a_time(store: LocalClient, target: Path) -> None:
    seen: list[bool] = []

    def again(_: int) -> None:
        if not seen:
            seen.append(True)
            with pytest.raises(ConflictError):
                store.download_file("o", target, resume=True)

    assert store.download_file("o", target, resume=True, progress=again)
    assert seen
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("kind", ["by parts"])
def test_absent_and_small_ones_leave_nothing(store: LocalClient, target: Path) -> None:
    assert not store.download_file("absent", target, resume=True)
    store.object_write("small", b"small")
    assert store.download_file("small", target, resume=True)
    assert target.read_bytes() == b"small"
    with pytest.raises(IsADirectoryError):
        store.download_file("o", target.parent, resume=True)
    assert not Path(os.environ["OBS_TRANSFERS"]).exists() or not list(Path(os.environ["OBS_TRANSFERS"]).iterdir())


_PROGRAM = """
import sys, time
from obs_client import ClientOptions, LocalClient
root, target = sys.argv[1:]
client = LocalClient(root, "c", options=ClientOptions(part_size=300_000, workers=2))
client.download_file("o", target, resume=True, progress=lambda count: (print(count, flush=True), time.sleep(0.02)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["by parts"])
def test_a_process_that_was_killed(store: LocalClient, target: Path) -> None:
    for lines in (1, 2):
        with subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, store.root, str(target)], stdout=subprocess.PIPE, text=True
        ) as program:
            assert program.stdout
            for _ in range(lines):
                assert program.stdout.readline()
            program.send_signal(signal.SIGKILL)
        assert program.returncode == -signal.SIGKILL
        assert not target.exists()
    assert _resumed(store, target) < len(DATA) - PART
