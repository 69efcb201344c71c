"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from obs_client.backend import atomic
from obs_client.backend.atomic import AtomicFile
from obs_client.backends.local.store import LocalClient
from obs_client.errors import ServiceError


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_appears_when_published_and_only_then(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with AtomicFile.beside(target) as file:
        os.write(file.descriptor, b"content")
        (unfinished,) = tmp_path.iterdir()
        assert atomic.TEMPORARY_NAME.fullmatch(os.fsencode(unfinished.name))
        assert _mode(unfinished) == 0o600
        file.publish()
        file.publish()
    assert target.read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [target]


def test_leaving_without_publish_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    file = AtomicFile.beside(str(target))
    os.write(file.descriptor, b"new")
    with pytest.raises(KeyboardInterrupt), file:
        raise KeyboardInterrupt
    file.discard()
    file.publish()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(ValueError, match="published or discarded"):
        file.descriptor  # noqa: B018 - the access itself is what is refused


def test_permission_bits_are_those_of_the_file_replaced_or_of_a_new_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    old.chmod(0o4751)
    for path in (old, new):
        with AtomicFile.beside(path) as file:
            file.publish()
    (tmp_path / "plain").touch()
    assert _mode(old) == 0o751
    assert _mode(new) == _mode(tmp_path / "plain") == atomic.new_file_mode()
    assert atomic._umask_by_setting_it() == 0o666 & ~atomic.new_file_mode()


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "link"
    elsewhere.write_bytes(b"untouched")
    link.symlink_to(elsewhere)
    with AtomicFile.beside(link) as file:
        os.write(file.descriptor, b"new")
        file.publish()
    assert elsewhere.read_bytes() == b"untouched"
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"


def test_what_is_no_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "fifo")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(IsADirectoryError):
        AtomicFile.beside(tmp_path / "directory")
    with pytest.raises(IsADirectoryError):
        AtomicFile.beside(f"{tmp_path}/new/")
    with pytest.raises(FileExistsError):
        AtomicFile.beside(tmp_path / "fifo")
    with pytest.raises(FileNotFoundError):
        AtomicFile.beside(tmp_path / "absent" / "file")
    assert sorted(tmp_path.iterdir()) == before


def test_a_child_does_not_remove_its_parents_file(tmp_path: Path) -> None:
    with AtomicFile.beside(tmp_path / "file") as file:
        child = os.fork()
        if child == 0:
            file.discard()
            os._exit(0)
        os.waitpid(child, 0)
        os.write(file.descriptor, b"the parent's")
        file.publish()
    assert (tmp_path / "file").read_bytes() == b"the parent's"


def test_a_writer_is_alive_until_its_file_is_closed(tmp_path: Path) -> None:
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        file = AtomicFile(os.dup(directory), b"file")
        assert atomic.is_alive(directory, file.name)
        os.close(file.descriptor)
        assert not atomic.is_alive(directory, file.name)
        assert not atomic.is_alive(directory, b"%obs_t_" + b"0" * 16)
        file._descriptor = None
        file.discard()
    finally:
        os.close(directory)
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_file_that_somebody_removed_is_said_so(tmp_path: Path) -> None:
    with AtomicFile.beside(tmp_path / "file") as file:
        (tmp_path / os.fsdecode(file.name)).unlink()
        with pytest.raises(ServiceError, match="was removed before"):
            file.publish()


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(5):
        with AtomicFile.beside(tmp_path / "file") as file:
            file.publish()
        with AtomicFile.beside(tmp_path / "file"):
            pass
        with pytest.raises(FileNotFoundError):
            AtomicFile.beside(tmp_path / "absent" / "file")
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before


def test_objects_are_ordinary_files_and_keep_their_permission_bits(tmp_path: Path) -> None:
    client = LocalClient(tmp_path, "c")
    client.container_create("c")
    client.object_write("a", b"1")
    path = tmp_path / "c" / "a"
    path.with_name("plain").touch()
    assert _mode(path) == _mode(path.with_name("plain"))
    path.chmod(0o640)
    client.object_write("a", b"2")
    assert _mode(path) == 0o640
    assert path.read_bytes() == b"2"
