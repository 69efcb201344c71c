"""Local directories as places: nothing outside of them, whatever the names are and whatever is planted in them."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    ConflictError,
    InvalidNameError,
    MemoryClient,
    NotSupportedError,
    ObjectInfo,
    ServiceError,
    copying,
)
from obs_client.backend.listing import name_of
from obs_client.backend.values import NewObject
from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.spelling import is_case_blind
from obs_client.models import Attributes
from obs_client.sync import Place, SyncOptions, apply, plan_sync, sync
from obs_client.sync.steps import Step, Version
from obs_client.testing.faults import FaultyClient
from test.sync.support import PART, QUICK, contents, memory

HOSTILE = (
    "..", ".", "../escape", "a/../../escape", "a/..", "./a", "a/.", "/etc/escape", "//escape", "///", "a//b", "a/",
    "/", "a/b//", "..%2fescape", "%2e%2e/escape", "..\\escape", "C:\\escape", "C:escape", "\\\\host\\share", "con",
    "nul.txt", "trailing.", "trailing ", "~root", "~/escape", "$HOME/escape", "-rf", "x\ny", "\x1b[31mred", "nul\0byte",
    "x" * 256, "%obs_f_a", "%obs_t_0123456789abcdef", "%obs_s_1", "link/escape", "deep/link/escape", "file-link",
)  # fmt: skip
HARMLESS = {"..%2fescape", "%2e%2e/escape", "..\\escape", "C:\\escape", "C:escape", "\\\\host\\share", "con", "nul.txt",
            "trailing.", "trailing ", "~root", "~/escape", "$HOME/escape", "-rf", "x\ny", "\x1b[31mred"}  # fmt: skip


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A destination with links that lead out of it, and what is outside, which must stay as it is."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "deep").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (inside / "link").symlink_to(outside)
    (inside / "deep/link").symlink_to("../../outside")
    (inside / "file-link").symlink_to("../outside/secret")
    yield inside, outside
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"
    assert {path.name for path in tmp_path.iterdir()} == {"inside", "outside"}


def listed(*names: str) -> Place:
    """A store that lists such names, whatever the library would let anybody write."""
    place = memory()
    assert isinstance(place.client, MemoryClient)
    place.client.object_write("template", b"hostile", container_name="box")
    container = place.client._containers["box"]
    stored: Any = container.get("template")
    container.remove("template")
    for name in names:
        info = ObjectInfo(name, 7, stored.info.hash, "text/plain", {}, 1.0)
        container.put(type(stored)(b"hostile", info))
    return place


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_writes_nothing_outside(name: str, trap: tuple[Path, Path]) -> None:
    inside, outside = trap
    target = Place.of_directory(inside)
    if name in HARMLESS:
        assert sync(listed(name), target).ok
        assert (inside / name).read_bytes() == b"hostile"
        assert name in contents(target)
    elif name == "file-link":
        assert sync(listed(name), target).ok
        assert not (inside / name).is_symlink()
        assert (inside / name).read_bytes() == b"hostile"
    elif "link/" in name:
        report = sync(listed(name), target)
        assert isinstance(report.failures[name], ConflictError)
    else:
        with pytest.raises(InvalidNameError):
            sync(listed("good", name), target)
        assert not (inside / "good").exists()
    assert (outside / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("name", HOSTILE)
def test_nor_by_a_plan_a_copy_or_a_deletion(name: str, trap: tuple[Path, Path]) -> None:
    inside, _ = trap
    target = Place.of_directory(inside)
    source = listed(name)
    version = Version(7, None, 1.0)
    steps = [Step("copy", name, "because", version), Step("delete", name + "/secret", "because", None, version)]
    apply([*steps, Step("delete", name, "because", None, version)], source, target)
    for step in steps:
        apply([step], memory(keep=b"1"), target, SyncOptions(max_delete=1))
    if name not in HARMLESS and name != "file-link":
        with pytest.raises((InvalidNameError, ConflictError)):
            copying.object_copy(memory(a=b"1"), "a", target, name)


@pytest.mark.parametrize("size", [3, 5 * PART])
def test_a_directory_that_is_swapped_for_a_link_meanwhile(size: int, trap: tuple[Path, Path]) -> None:
    inside, outside = trap
    source = memory(**{f"swapped/{number:03}": b"x" * size for number in range(60)})
    (inside / "swapped").mkdir()
    (inside / "trap").symlink_to(outside)
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            for old, new in (("swapped", "real"), ("trap", "swapped"), ("swapped", "trap"), ("real", "swapped")):
                # The sync may have made the directory meanwhile.
                with contextlib.suppress(OSError):
                    os.rename(inside / old, inside / new)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        target = Place.of_directory(inside)
        target.client.options = QUICK
        sync(source, target, SyncOptions(workers=3))
    finally:
        over.set()
        swapper.join()


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
    with pytest.raises(ConflictError, match="'a' and 'a/b'"):
        sync(memory(**dict.fromkeys(names, b"1")), Place.of_directory(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_collision_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"file")
    with pytest.raises(ConflictError, match=r"'a' and 'a/b'.*'a' is in the target only"):
        sync(memory(**{"0": b"1", "a/b": b"2"}), Place.of_directory(tmp_path), SyncOptions(delete=True))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]
    (tmp_path / "a").unlink()
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").write_bytes(b"file")
    with pytest.raises(ConflictError, match=r"'a' and 'a/b'.*'a/b' is in the target only"):
        sync(memory(a=b"1"), Place.of_directory(tmp_path), SyncOptions(delete=True))
    assert (tmp_path / "a/b").read_bytes() == b"file"


@pytest.mark.parametrize("names", [("Case", "case"), ("D/x", "d/y"), ("e\u0301", "é"), ("straße", "STRASSE")])
def test_spellings_collide_on_a_file_system_that_takes_them_for_one(
    names: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = memory(**dict.fromkeys(names, b"1"))
    assert sync(source, Place.of_directory(tmp_path / "exact")).copied == 2
    monkeypatch.setattr("obs_client.sync.collisions.is_case_blind", lambda path: True)
    with pytest.raises(ConflictError, match=" and "):
        sync(source, Place.of_directory(tmp_path / "blind"))
    assert not (tmp_path / "blind").exists()


def test_case_is_kept_apart_here(tmp_path: Path) -> None:
    assert not is_case_blind(str(tmp_path))
    assert not is_case_blind(str(tmp_path / "absent"))
    (tmp_path / "File").touch()
    assert not is_case_blind(str(tmp_path))


# ---- reading --------------------------------------------------------------------------------------------------------


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Path]:
    """A directory of links and special files."""
    root = tmp_path / "root"
    (root / "sub/deeper").mkdir(parents=True)
    (root / "empty").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_bytes(b"secret")
    (root / "file").write_bytes(b"file")
    (root / "sub/deeper/x").write_bytes(b"x")
    for link, target in (
        ("to-file", "file"),
        ("to-sub", "sub"),
        ("absolute", str(root / "sub/deeper")),
        ("chain", "to-file"),
        ("sub/up", ".."),
        ("sub/deeper/x-too", "../../to-sub/deeper/x"),
        ("self", "self"),
        ("dangling", "nowhere"),
        ("out", "../outside"),
        ("out-file", "../outside/secret"),
        ("out-absolute", "/etc/hostname"),
        ("sneaky", "sub/../../outside/secret"),
        ("through-root", "../root/file"),
    ):
        (root / link).symlink_to(target)
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(root)
        listener.bind("socket")
        os.chdir(here)
        yield root


def test_links_and_special_files_are_skipped_and_said(odd: Path) -> None:
    target = memory()
    report = sync(Place.of_directory(odd), target)
    assert contents(target) == {"file": b"file", "sub/deeper/x": b"x"}
    assert report.ok
    assert "FIFO" in report.notes["fifo"]
    assert "socket" in report.notes["socket"]
    assert "symbolic link" in report.notes["out-file"]
    assert len(report.notes) == 15


def test_links_are_followed_if_asked_but_never_out_of_the_directory(odd: Path) -> None:
    target = memory()
    source = Place.of_directory(odd, follow_symlinks=True)
    report = sync(source, target)
    assert report.ok
    found = contents(target)
    assert b"secret" not in found.values()
    assert found["to-file"] == found["chain"] == found["file"] == b"file"
    assert found["to-sub/deeper/x"] == found["absolute/x"] == found["sub/deeper/x-too"] == b"x"
    assert not any(name.startswith(("out", "sneaky", "self", "dangling", "sub/up/", "through")) for name in found)
    assert {"out", "out-file", "out-absolute", "sneaky", "self", "dangling", "sub/up", "fifo"} <= set(report.notes)
    assert sync(source, target, SyncOptions(delete=True)).copied == 0
    with pytest.raises(NotSupportedError):
        source.client.object_write("new", b"1")


def test_a_name_that_no_object_can_have_stops_the_sync_and_deletes_nothing(tmp_path: Path) -> None:
    for name in (b"\xff", b"%obs_f_a"):
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb"):
            pass
        target = memory(old=b"1")
        with pytest.raises(ServiceError, match="no object name"):
            sync(Place.of_directory(tmp_path), target, SyncOptions(delete=True))
        assert contents(target) == {"old": b"1"}
        os.unlink(path)


# ---- what is kept ---------------------------------------------------------------------------------------------------


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


def test_a_file_that_cannot_get_its_name_leaves_no_sidecar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obs_client.backends.local.attributes._has_extended_attributes", False)
    rename = os.rename

    def refuse(old: bytes, new: bytes, **where: int) -> None:
        if new == b"name":
            raise OSError(errno.EDQUOT, "no room for a name")
        rename(old, new, **where)

    monkeypatch.setattr(os, "rename", refuse)
    client = DirectoryClient(tmp_path)
    with pytest.raises(ServiceError):
        client.object_write("name", b"content", metadata={"key": "value"})
    assert os.listdir(tmp_path) == []


def test_a_large_file_on_its_way_has_a_name_for_messages(tmp_path: Path) -> None:
    upload = DirectoryClient(tmp_path)._object_multipart(
        NewObject(tmp_path.name, "name", Attributes("text/plain", {}), 0)
    )
    assert str(upload) == f"the temporary file {os.listdir(tmp_path)[0]!r}"
    upload.abort()
    assert os.listdir(tmp_path) == []


def test_a_long_directory_is_listed_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(["a", "a!", "a-b/c", "b/c/d", "b/c0", "b0", *(f"n/{number:03}" for number in range(30)), "z"])
    source = memory(**dict.fromkeys(names, b"1"))
    for size in (1, 2, 7):
        target = Place.of_directory(tmp_path / str(size))
        sync(source, target)
        monkeypatch.setattr("obs_client.backends.local.listing.PAGE_SIZE", size)
        assert [entry.name for entry in target.objects()] == names
        assert [name_of(entry) for entry in target.client.object_iter(prefix="b/")] == ["b/c/d", "b/c0"]
        folded = [name_of(entry) for entry in target.client.object_iter(delimiter="/")]
        assert folded == ["a", "a!", "a-b/", "b/", "b0", "n/", "z"]


def test_a_plan_for_a_directory_is_pure(tmp_path: Path) -> None:
    list(plan_sync(memory(a=b"1"), Place.of_directory(tmp_path / "absent")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [3, 5 * PART])
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


def test_leftovers_of_killed_writers_are_not_listed_and_are_cleaned_up(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/%obs_t_0123456789abcdef").write_bytes(b"half")
    (tmp_path / "a/file").write_bytes(b"1")
    place = Place.of_directory(tmp_path)
    assert set(contents(place)) == {"a/file"}
    assert place.client.cleanup().removed == ()
    assert len(place.client.cleanup(older_than=0).removed) == 1
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]
