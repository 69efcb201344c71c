"""One name must not stop the others: `facts` of the field, section G."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obs_client import MemoryClient
from obs_client.sync import Place, SyncOptions, check, plan_sync, sync
from test.sync.support import contents, memory

EVERYTHING = SyncOptions(delete=True)


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    """A tree with a folder in the place of one that may not be read: what is there is no directory by the time."""
    tree = tmp_path / "tree"
    (tree / "x").mkdir(parents=True)
    (tree / "x/secret").write_bytes(b"1")
    (tree / "y").write_bytes(b"2")
    return tree


@pytest.fixture
def _no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a directory `x` is refused, as it is to who has no right; root is refused nothing."""
    original = os.open

    def refused(path: str | bytes, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path in (b"x", "x"):
            raise PermissionError(13, "Permission denied", os.fsdecode(path))
        return original(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refused)


@pytest.mark.usefixtures("_no_entry")
def test_a_folder_that_cannot_be_read_fails_by_its_name(unreadable: Path) -> None:
    target = memory(old=b"3")
    report = sync(Place.of_directory(unreadable), target, EVERYTHING)
    assert list(report.failures) == ["x/"]
    assert "Permission denied" in str(report.failures["x/"])
    assert (report.copied, report.withheld) == (1, 1)
    assert contents(target) == {"old": b"3", "y": b"2"}
    assert list(check(Place.of_directory(unreadable), target).failures) == ["x/"]


@pytest.mark.usefixtures("_no_entry")
@pytest.mark.parametrize("pattern", ["x/**", "**/x/**", "**"])
def test_what_is_excluded_is_neither_entered_nor_able_to_fail(pattern: str, unreadable: Path) -> None:
    """rclone#3179."""
    options = SyncOptions(exclude=[pattern])
    assert sync(Place.of_directory(unreadable), memory(), options).ok
    assert check(Place.of_directory(unreadable), memory(y=b"2"), options).failures == {}


def test_an_exclude_pattern_gets_around_a_name_that_no_object_can_have(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    with open(os.path.join(os.fsencode(tmp_path), b"bad", b"\xff"), "wb"):
        pass
    assert sync(Place.of_directory(tmp_path), memory(), SyncOptions(exclude=["bad/**"])).ok


def test_an_object_that_has_the_name_of_the_place_is_named_as_left_out() -> None:
    """rclone#9383, s3cmd#188: `p/` with content, in a sync of `p/`."""
    client = MemoryClient("box")
    client.container_create("box")
    client.object_write("p/", b"content")
    client.object_write("p/a", b"1")
    target = memory(old=b"2")
    report = sync(Place(client, "box", "p"), target, EVERYTHING)
    assert list(report.failures) == ["p/"]
    assert (report.copied, report.withheld) == (1, 1)
    assert list(check(Place(client, "box", "p"), target).failures) == ["p/"]
    client.object_write("p/", b"")
    assert sync(Place(client, "box", "p"), target, EVERYTHING).ok, "of no bytes, it marks the folder"


class TestFolderMarkers:
    """aws-cli#1752, #6435."""

    def test_they_become_folders_in_a_directory(self, tmp_path: Path) -> None:
        source, target = memory(**{"empty/": b"", "full/": b"", "full/a": b"1"}), Place.of_directory(tmp_path / "t")
        assert sync(source, target).ok
        assert (tmp_path / "t/empty").is_dir()
        assert (tmp_path / "t/full/a").read_bytes() == b"1"
        assert check(source, target).ok
        assert {step.action for step in plan_sync(source, target)} == {"skip"}

    def test_by_their_type_too(self, tmp_path: Path) -> None:
        source = memory()
        source.client.object_write("folder", b"", container_name="box", content_type="application/directory")
        assert sync(source, Place.of_directory(tmp_path)).ok
        assert (tmp_path / "folder").is_dir()

    def test_one_with_content_is_none(self, tmp_path: Path) -> None:
        source = memory(**{"a/": b"content", "b": b"1", "c//d": b"2"})
        report = sync(source, Place.of_directory(tmp_path))
        assert sorted(report.failures) == ["a/", "c//d"]
        assert (tmp_path / "b").read_bytes() == b"1"
        assert not (tmp_path / "a").exists()
        assert not check(source, Place.of_directory(tmp_path)).ok

    def test_they_come_back_if_that_is_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "full").mkdir()
        (tmp_path / "full/a").write_bytes(b"1")
        target = memory()
        assert sync(Place.of_directory(tmp_path), target).ok
        assert contents(target) == {"full/a": b"1"}
        options = SyncOptions(folder_markers=True, delete=True)
        assert sync(Place.of_directory(tmp_path), target, options).copied == 2
        assert contents(target) == {"empty/": b"", "full/": b"", "full/a": b"1"}
        assert check(Place.of_directory(tmp_path), target, options).ok
        again = sync(Place.of_directory(tmp_path), target, options)
        assert (again.copied, again.deleted) == (0, 0)
        assert sync(Place.of_directory(tmp_path), Place.of_directory(tmp_path.parent / "other"), options).ok
        assert (tmp_path.parent / "other/empty").is_dir()
