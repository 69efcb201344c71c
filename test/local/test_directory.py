"""Local directories as places of a sync: what is kept, what is in the way, what cannot stand beside each other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_client import (
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    NotSupportedError,
    ObjectInfo,
)
from obs_client.backend.listing import name_of
from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.spelling import is_case_blind
from obs_client.sync import Place, SyncOptions, check, plan_sync, sync
from obs_client.testing.faults import FaultyClient
from test.sync.support import PART, QUICK, contents, memory


def test_what_is_in_the_way_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "directory/inner").mkdir(parents=True)
    os.mkfifo(tmp_path / "fifo")
    report = sync(memory(directory=b"1", fifo=b"2", fine=b"3"), Place.of_directory(tmp_path))
    assert set(report.failures) == {"directory", "fifo"}
    assert (tmp_path / "fine").read_bytes() == b"3"
    assert not list(tmp_path.glob("%obs_*"))


# ---- collisions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [(), ("a!", "a-b/c", "a-b"), ("a!b/c",)])
def test_a_file_that_would_be_a_directory_is_found_before_writing(between: tuple[str, ...], tmp_path: Path) -> None:
    names = ("0", "a", *(name for name in between if name != "a-b"), "a/b", "z")
    target = Place.of_directory(tmp_path / "new")
    steps = list(plan_sync(memory(**dict.fromkeys(names, b"1")), target))
    assert [(step.action, step.name) for step in steps] == [
        *(("copy", name) for name in sorted(names) if name != "a/b"),
        ("refuse", "a/b"),
    ]
    report = sync(memory(**dict.fromkeys(names, b"1")), target)
    assert list(report.failures) == ["a/b"]
    assert isinstance(report.failures["a/b"], ConflictError)
    assert "'a' and 'a/b'" in str(report.failures["a/b"])
    assert report.copied == len(names) - 1, "one name does not stop the others"


def test_what_stands_in_the_way_in_the_target_only_is_replaced_if_it_may_be_deleted(tmp_path: Path) -> None:
    """aws-cli#3218: a file where the target has a folder, and the other way round."""
    source, target = memory(**{"0": b"1", "a/b": b"2"}), Place.of_directory(tmp_path)
    (tmp_path / "a").write_bytes(b"file")
    report = sync(source, target)
    assert isinstance(report.failures["a/b"], ConflictError), "nothing is deleted that was not to be"
    assert (tmp_path / "a").read_bytes() == b"file"
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.ok, report.deleted) == (True, 1)
    assert (tmp_path / "a/b").read_bytes() == b"2"
    report = sync(memory(a=b"1"), target, SyncOptions(delete=True))
    assert (report.ok, report.deleted) == (True, 2)
    assert (tmp_path / "a").read_bytes() == b"1"


def test_what_stands_in_the_way_stays_if_more_would_be_deleted_than_may_be(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").write_bytes(b"file")
    report = sync(memory(a=b"1"), Place.of_directory(tmp_path), SyncOptions(delete=True, max_delete=0))
    assert isinstance(report.failures["a"], ConflictError)
    assert (tmp_path / "a/b").read_bytes() == b"file"


@pytest.mark.parametrize("names", [("Case", "case"), ("D/x", "d/y"), ("e\u0301", "é"), ("straße", "STRASSE")])
def test_spellings_collide_on_a_file_system_that_takes_them_for_one(
    names: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = memory(**dict.fromkeys(names, b"1"))
    assert sync(source, Place.of_directory(tmp_path / "exact")).copied == 2
    monkeypatch.setattr("obs_client.sync.collisions.is_case_blind", lambda path: True)
    report = sync(source, Place.of_directory(tmp_path / "blind"))
    ((name, error),) = report.failures.items()
    assert (report.copied, name) == (1, sorted(names)[1])
    assert isinstance(error, ConflictError)
    assert " and " in str(error)


def test_case_is_kept_apart_here(tmp_path: Path) -> None:
    assert not is_case_blind(str(tmp_path))
    assert not is_case_blind(str(tmp_path / "absent"))
    (tmp_path / "File").touch()
    assert not is_case_blind(str(tmp_path))


# ---- what is kept ---------------------------------------------------------------------------------------------------


def test_a_name_that_no_object_can_have_fails_by_itself_and_nothing_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"2")
    for name, shown in ((b"\xff", r"\xff"), (b"%obs_f_a", "%obs_f_a")):
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb"):
            pass
        target = memory(old=b"1")
        report = sync(Place.of_directory(tmp_path), target, SyncOptions(delete=True))
        assert list(report.failures) == [shown]
        assert "no object name" in str(report.failures[shown])
        assert (report.copied, report.withheld) == (1, 1)
        assert contents(target) == {"old": b"1", "good": b"2"}
        found = check(Place.of_directory(tmp_path), target)
        assert (found.same, list(found.failures), found.ok) == (1, [shown], False)
        os.unlink(path)


def test_modes_and_empty_directories_are_not_kept(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "empty").mkdir(parents=True)
    (source / "script").write_bytes(b"#!")
    (source / "script").chmod(0o4755)
    target = memory()
    sync(Place.of_directory(source), target)
    sync(target, Place.of_directory(tmp_path / "copy"))
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["script"]
    assert (tmp_path / "copy/script").stat().st_mode & 0o7777 == 0o666 & ~_umask()
    (tmp_path / "copy/script").chmod(0o600)
    target.client.object_write("script", b"#!!", container_name="box")
    sync(target, Place.of_directory(tmp_path / "copy"))
    assert (tmp_path / "copy/script").stat().st_mode & 0o7777 == 0o600


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_attributes_are_kept_with_the_file_and_dropped_hashes_are_seen(tmp_path: Path) -> None:
    target = Place.of_directory(tmp_path)
    source = memory()
    source.client.object_write("a/b", b"12", {"k": "ü"}, "box", content_language="de")
    sync(source, target)
    info = target.client.object_info("a/b")
    assert info is not None
    assert (info.metadata, info.content_language) == ({"k": "ü"}, "de")
    (tmp_path / "a/b").write_bytes(b"34")
    assert target.client.object_info("a/b").hash is None  # type: ignore[union-attr]
    os.utime(tmp_path / "a/b", (1, 1))
    assert sync(source, target).copied == 1
    assert (tmp_path / "a/b").read_bytes() == b"12"


def test_directories_go_with_their_last_file(tmp_path: Path) -> None:
    source, target = memory(keep=b"1", **{"a/b/c": b"2", "a/d": b"3"}), Place.of_directory(tmp_path / "t")
    sync(source, target)
    source.client.object_delete_many(["a/b/c", "a/d"], "box")
    assert sync(source, target, SyncOptions(delete=True)).deleted == 2
    assert [path.name for path in (tmp_path / "t").iterdir()] == ["keep"]


def test_without_extended_attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obs_client.backends.local.attributes._has_extended_attributes", False)
    target = Place.of_directory(tmp_path)
    source = memory()
    source.client.object_write("a", b"12", {"k": "ü"}, "box")
    assert sync(source, target).copied == 1
    assert sync(source, target).copied == 0
    assert [entry.hash for entry in target.objects()] == [source.client.object_info("a", "box").hash]  # type: ignore[union-attr]
    assert target.client.object_info("a").metadata == {"k": "ü"}  # type: ignore[union-attr]
    source.client.object_delete("a", "box")
    sync(source, target, SyncOptions(delete=True, max_delete=1))
    assert list(tmp_path.iterdir()) == []


def test_a_plan_for_a_directory_is_pure(tmp_path: Path) -> None:
    list(plan_sync(memory(a=b"1"), Place.of_directory(tmp_path / "absent")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [3, 2 * PART])
def test_over_a_disk_that_fails_all_the_time(size: int, tmp_path: Path) -> None:
    source = memory(**{f"d{number % 3}/{number}": b"%d" % number * size for number in range(12)})
    client = DirectoryClient(tmp_path / "t", options=QUICK)
    client.container_create("t")
    target = Place(FaultyClient(client), "t")
    assert sync(source, target).ok
    assert contents(target) == contents(source)
    source.client.object_delete_many([f"d1/{number}" for number in range(1, 12, 3)], "box")
    assert sync(source, target, SyncOptions(delete=True)).deleted == 4
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == ["d0", "d2"]
    assert not list(tmp_path.rglob("%obs_*"))


# ---- the client -----------------------------------------------------------------------------------------------------


def test_its_one_container_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("photos")
    for path in (tmp_path / "photos", f"{tmp_path}/photos/", tmp_path / "link"):
        client = DirectoryClient(path)
        assert client.container_name == "photos"
        assert [container.name for container in client.container_list()] == ["photos"]
        with pytest.raises(ContainerNotFoundError, match="the only one here is 'photos'"):
            client.object_write("a", b"", container_name="directory")
    assert client.container_info("photos") is None
    assert client.object_delete("a")
    assert not (tmp_path / "photos").exists()
    assert client.container_create("photos")
    assert not client.container_create("photos")
    with pytest.raises(NotSupportedError):
        client.container_delete("photos")
    assert DirectoryClient("/").container_name == "directory"
    assert DirectoryClient(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"\xff"))).container_name == "directory"
    with pytest.raises(ConfigurationError):
        DirectoryClient("")
    with pytest.raises(TypeError, match="must be a str or a path of str, not int"):
        DirectoryClient(3)  # type: ignore[arg-type]


def test_where_a_file_is_there_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        client = DirectoryClient(path)
        assert client.container_info(client.container_name or "") is None
        with pytest.raises(ContainerNotFoundError):
            client.object_list()
        with pytest.raises(ConflictError, match="is not a directory"):
            client.object_write("a", b"")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_what_is_read_through_links_is_not_changed(tmp_path: Path) -> None:
    DirectoryClient(tmp_path).object_write("a", b"content", {"k": "v"})
    (tmp_path / "b").symlink_to("a")
    client = DirectoryClient(tmp_path, follow_symlinks=True)
    changes: tuple[Callable[[], bool], ...] = (
        lambda: client.object_write("a", b"new"),
        lambda: client.object_delete("b"),
        lambda: client.object_set_metadata("b", "k", "w"),
        lambda: client.object_copy("b", "c"),
    )
    for change in changes:
        with pytest.raises(NotSupportedError, match="read only"):
            change()
    assert client.object_read("b") == b"content"
    [one, other] = client.object_list(fetch_metadata=True)
    assert isinstance(other, ObjectInfo)
    assert other.metadata == {"k": "v"}
    assert one == DirectoryClient(tmp_path).object_info("a")


def test_a_directory_is_not_emptied_in_vain(tmp_path: Path) -> None:
    client = DirectoryClient(tmp_path)
    client.object_write("a", b"content")
    for force in (False, True):
        with pytest.raises(NotSupportedError, match="not deleted by this library"):
            client.container_delete(tmp_path.name, force=force)
    assert client.object_read("a") == b"content"


def test_folders_are_folded_through_links(tmp_path: Path) -> None:
    (tmp_path / "a/deep").mkdir(parents=True)
    (tmp_path / "a/deep/x").write_bytes(b"")
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "b").symlink_to("a/deep")
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop/self").symlink_to("../loop")
    client = DirectoryClient(tmp_path, follow_symlinks=True)
    assert [name_of(entry) for entry in client.object_iter()] == ["a/deep/x", "b/x"]
    assert [name_of(entry) for entry in client.object_iter(delimiter="/")] == ["a/", "b/"]
    assert [name_of(entry) for entry in client.object_iter(prefix="b/", delimiter="/")] == ["b/x"]
    assert [name_of(entry) for entry in client.object_iter(prefix="a/", start_after="a/c")] == ["a/deep/x"]


def test_a_lock_of_the_directory_is_left_to_others(tmp_path: Path) -> None:
    """As of `flock DIRECTORY COMMAND`, around a command that writes into it."""
    client = DirectoryClient(tmp_path)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        client.object_write("a", b"content", {"k": "v"})
        client.object_set_metadata("a", "k", "w")
        client.object_copy("a", "b")
        client.object_delete("a")
    finally:
        os.close(descriptor)
    assert contents(Place(client, tmp_path.name)) == {"b": b"content"}


@pytest.mark.parametrize("name", ["link/", "link/sub/", "file/", "file/sub/", "dangling/sub/"])
def test_no_folder_is_made_where_something_else_is(name: str, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to("../outside")
    (root / "dangling").symlink_to("../absent")
    (root / "file").touch()
    client = DirectoryClient(root)
    with pytest.raises(ConflictError, match="something else"):
        client.make_folder(name)
    assert not client.has_folder(name)
    client.make_folder("new/sub/")
    assert client.has_folder("new/sub/")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "root"]
    assert list((tmp_path / "outside").iterdir()) == []


# ---- files that others change ---------------------------------------------------------------------------------------


def test_a_file_is_as_before_only_with_its_size_and_time_and_as_a_file(tmp_path: Path) -> None:
    client, path = DirectoryClient(tmp_path), tmp_path / "inner" / "a"
    path.parent.mkdir()
    path.write_bytes(b"content")
    info = client.object_info("inner/a")
    assert info is not None
    assert client.has_as_before(info)
    path.write_bytes(b"content of another size")
    os.utime(path, ns=(0, round(info.last_modified or 0) * 10**9))
    assert not client.has_as_before(info)
    path.write_bytes(b"another")
    os.utime(path, (0, (info.last_modified or 0) + 1))
    assert not client.has_as_before(info)
    path.rename(tmp_path / "moved")
    assert not client.has_as_before(info)
    os.symlink(tmp_path / "moved", path)
    os.utime(tmp_path / "moved", (0, info.last_modified or 0))
    again = DirectoryClient(tmp_path, follow_symlinks=True).object_info("inner/a")
    assert again is not None
    assert DirectoryClient(tmp_path, follow_symlinks=True).has_as_before(again)
    assert not client.has_as_before(again)
