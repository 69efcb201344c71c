"""Nothing outside of a directory is read, written or removed, whatever names say and whatever is planted in it."""

from __future__ import annotations

import contextlib
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
    ObjectStorageClientError,
    copying,
)
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.local.store import FileStore
from obs_client.sync import Place, SyncOptions, apply, sync
from obs_client.sync.steps import Step, Version
from test.local.support import PLAIN
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
        report = sync(listed("good", name), target)
        assert list(report.failures) == [name]
        assert (inside / "good").read_bytes() == b"hostile", "the harmless ones arrive"
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_link_that_is_swapped_in_while_writing_leads_nowhere(
    client: FileStore, container: Path, tmp_path: Path
) -> None:
    outside, folder = tmp_path / "outside", container / "folder"
    outside.mkdir()
    stop = threading.Event()

    def swap() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            # The writer may be first at any step.
            with contextlib.suppress(OSError):
                folder.rename(tmp_path / f"aside-{number}")
            with contextlib.suppress(OSError):
                folder.symlink_to(outside)
            with contextlib.suppress(OSError):
                folder.unlink()

    swapper = threading.Thread(target=swap)
    swapper.start()
    written = 0
    for number in range(1000):
        # Refused, as it should be, while the link is there; or gone, while the folder is moved away.
        with contextlib.suppress(ObjectStorageClientError, OSError):
            client._object_write(NewObject("c", f"folder/deep/{number}", PLAIN, 1), BytesBody(b"1"))
            written += 1
    stop.set()
    swapper.join()
    assert written
    assert os.listdir(outside) == []


# ---- links ---------------------------------------------------------------------------------------------------------


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
