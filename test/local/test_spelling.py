"""The local store on a file system that takes two spellings for one, as those of macOS do.

None can be mounted by everybody, so here the calls of the operating system are taught to be blind.
"""

from __future__ import annotations

import os
import pickle
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.store import LocalClient
from obs_client.errors import ConflictError
from obs_client.models import ObjectInfo

NAMES = [
    "A",
    "a",
    "Å",
    "å",
    "A\u030a",
    "a/x",
    "A/x",
    "A/X",
    "a/X/y",
    "%obs_f_a",
    "k" * 255,
    "K" * 255,
    "k" * 300,
    "K" * 300,
]


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", os.fsdecode(name)).casefold())


def _as_held(name: bytes, directory: int) -> bytes:
    """The spelling that a directory holds, of a name that may be spelled in another way."""
    for held in os.listdir(directory):
        if _folded(os.fsencode(held)) == _folded(name):
            return os.fsencode(held)
    return name


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    def teach(name: str) -> None:
        original: Callable[..., Any] = getattr(os, name)

        def call(path: Any, *args: Any, dir_fd: int | None = None, **options: Any) -> Any:
            if dir_fd is not None and isinstance(path, bytes):
                path = _as_held(path, dir_fd)
            return original(path, *args, dir_fd=dir_fd, **options)

        monkeypatch.setattr(os, name, call)

    def rename(source: bytes, target: bytes, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        original_rename(source, _as_held(target, dst_dir_fd), src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    original_rename = os.rename
    for name in ("open", "stat", "access", "mkdir", "unlink", "rmdir"):
        teach(name)
    monkeypatch.setattr(os, "rename", rename)


@pytest.mark.usefixtures("blind")
def test_two_spellings_are_two_objects(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    client = LocalClient(tmp_path, "c")
    for version in ("1", "2"):
        for name in NAMES:
            assert (client.object_info(name) is None) == (version == "1"), name
            client.object_write(name, f"{version} {name}".encode())
        for name in NAMES:
            assert client.object_read(name) == f"{version} {name}".encode(), name
    listed = [entry.name for entry in client.object_iter() if isinstance(entry, ObjectInfo)]
    assert listed == sorted(NAMES)
    for name in NAMES:
        client.object_delete(name)
        assert client.object_info(name) is None
    assert os.listdir(tmp_path / "c") == []


@pytest.mark.usefixtures("blind")
def test_a_directory_refuses_the_second_spelling(tmp_path: Path) -> None:
    client = DirectoryClient(tmp_path)
    client.object_write("Docs/Å", b"content")
    for other in ("docs/Å", "Docs/å", "Docs/A\u030a", "DOCS"):
        assert client.object_info(other) is None
        with pytest.raises(ConflictError, match=r"another spelling|is a directory"):
            client.object_write(other, b"other")
        client.object_delete(other)
    assert [entry.name for entry in client.object_iter() if isinstance(entry, ObjectInfo)] == ["Docs/Å"]
    assert client.object_read("Docs/Å") == b"content"


@pytest.mark.usefixtures("blind")
def test_a_container_in_another_spelling_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "Docs").mkdir()
    client = LocalClient(tmp_path)
    assert client.container_info("Docs") is not None
    assert client.container_info("docs") is None


def test_where_spellings_are_kept_apart_that_is_found_out_once(tmp_path: Path) -> None:
    client = LocalClient(tmp_path, "c")
    client.container_create("c")
    client.object_write("Å", b"1")
    assert client.object_read("Å") == b"1"
    assert client.object_info("å") is None
    device = tmp_path.stat().st_dev
    assert pickle.loads(pickle.dumps(client))._exact == set()
    if client._exact == {(device, "case"), (device, "normalisation")}:
        (tmp_path / "c" / "é.txt").write_bytes(b"2")
        os.link(tmp_path / "c" / "é.txt", tmp_path / "c" / "É.TXT")
        assert LocalClient(tmp_path, "c").object_read("É.TXT") == b"2"
