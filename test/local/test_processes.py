"""Several processes at one container: writers that are killed, that race, that fork."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.local.store import FileStore, LocalClient
from obs_client.models import Attributes, ObjectInfo
from test.local.support import IN_A_SIDECAR, PLAIN, all_succeeded, fork, succeeded


def _write_for_ever(client: FileStore) -> None:
    for version in range(os.getpid() * 100_000, 2**62):
        content = b"%d:" % version * (1 + version % 3000)
        attributes = Attributes("text/plain", {"version": str(version)})
        if version % 5:
            client._object_write(NewObject("c", "deep/a", attributes, len(content)), BytesBody(content))
            continue
        upload = client._object_multipart(NewObject("c", "deep/a", attributes, len(content)))
        upload.put_part(Part(1, 0, len(content)), BytesBody(content))
        upload.complete()


def _check(client: FileStore) -> None:
    with client._object_open("c", "deep/a", 0, None, None) as reader:
        buffer = memoryview(bytearray(reader.info.size or 0))
        done = 0
        while count := reader.readinto(buffer[done:]):
            done += count
        info = reader.info
    assert done == info.size
    assert info.metadata is not None
    version = info.metadata["version"]
    assert bytes(buffer) == f"{version}:".encode() * (1 + int(version) % 3000)
    assert info.hash == hashlib.md5(buffer).hexdigest()


def _check_until(client: FileStore, end: Path) -> None:
    while not end.exists():
        _check(client)
        assert [entry.name for entry in client.object_list() if isinstance(entry, ObjectInfo)] == ["deep/a"]


@pytest.mark.slow
def test_killed_writers_never_show(client: FileStore, container: Path, kept: str, tmp_path: Path) -> None:
    end = tmp_path / "end"
    attributes = Attributes("text/plain", {"version": "0"})
    client._object_write(NewObject("c", "deep/a", attributes, 2), BytesBody(b"0:"))
    reader = fork(lambda: _check_until(client, end))
    chance = random.Random(4)
    for _ in range(40):
        writer = fork(lambda: _write_for_ever(client))
        time.sleep(chance.uniform(0.001, 0.04))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        _check(client)
    end.touch()
    assert succeeded(reader)
    client.cleanup(older_than=0)
    names = os.listdir(container / "deep")
    assert sorted(names, reverse=True)[0] == "a"
    assert len(names) == (2 if kept == IN_A_SIDECAR else 1)
    _check(client)


@pytest.mark.slow
def test_of_many_processes_one_creates(local: LocalClient, tmp_path: Path) -> None:
    def create() -> None:
        for number in range(30):
            if local.object_write(f"{number % 3}/{number}", b"%d" % os.getpid(), if_absent=True):
                (tmp_path / f"won-{number}-{os.getpid()}").touch()

    children = [fork(create) for _ in range(5)]
    assert all_succeeded(children)
    winners = sorted(path.name.split("-")[1] for path in tmp_path.glob("won-*"))
    assert winners == sorted(map(str, range(30)))


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_no_change_is_lost_between_processes(local: LocalClient) -> None:
    def count() -> None:
        left = 15
        while left:
            old = local._object_info("c", "counter")
            content = local.object_read("counter")
            left -= local.object_write("counter", b"%d" % (int(content) + 1), if_hash=old.hash)

    local.object_write("counter", b"0")
    children = [fork(count) for _ in range(4)]
    assert all_succeeded(children)
    assert local.object_read("counter") == b"60"


@pytest.mark.slow
def test_a_folder_that_others_remove_is_made_again(client: FileStore, container: Path) -> None:
    def write_and_delete() -> None:
        for number in range(150):
            name = f"x/y/{os.getpid()}-{number}"
            client._object_write(NewObject("c", name, PLAIN, 1), BytesBody(b"1"))
            client._object_delete("c", name)

    children = [fork(write_and_delete) for _ in range(3)]
    assert all_succeeded(children)
    assert os.listdir(container) == []


def test_a_child_does_not_end_its_parents_upload(client: FileStore) -> None:
    upload = client._object_multipart(NewObject("c", "x/a", PLAIN, 3))
    assert succeeded(fork(upload.abort))
    upload.put_part(Part(1, 0, 3), BytesBody(b"abc"))
    upload.complete()
    assert client.object_read("x/a") == b"abc"
