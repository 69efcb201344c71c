"""Writing into the local store: whole or not at all, whoever else writes, reads, dies or forbids."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import random
import resource
import signal
import stat
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.local import lock
from obs_client.backends.local.store import LocalClient
from obs_client.errors import (
    AuthorizationError,
    IntegrityError,
    NotSupportedError,
    ObjectStorageClientError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)
from obs_client.models import Attributes, ObjectInfo
from test.local.support import IN_A_SIDECAR, PLACES, all_closed, files, keep, make_client

PLAIN = Attributes("text/plain", {})
NOBODY = 65534


@pytest.fixture
def client(tmp_path: Path) -> LocalClient:
    return make_client(tmp_path)


@pytest.fixture(params=PLACES)
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return keep(request.param, monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def no_descriptor_stays_open() -> Iterator[None]:
    with all_closed():
        yield


def _info(client: LocalClient, name: str) -> ObjectInfo:
    info = client.object_info(name)
    assert info is not None
    return info


def _fork(action: Callable[[], object]) -> int:
    """Run something in a process of its own; its exit status is 0 if nothing was raised."""
    child = os.fork()
    if child:
        return child
    try:
        action()
    except BaseException:  # noqa: BLE001 - told by the exit status, and on stderr
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _succeeded(child: int) -> bool:
    return os.waitpid(child, 0)[1] == 0


def _all_succeeded(children: list[int]) -> bool:
    statuses = [_succeeded(child) for child in children]
    return all(statuses)


def _as_nobody(action: Callable[[], object]) -> Callable[[], None]:
    """The action by a user who may do no more than others; root may do everything."""

    def act() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        action()

    return act


# ---- one writer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_nothing(client: LocalClient, error: type[BaseException]) -> None:
    class Broken(BytesBody):
        def view(self) -> memoryview:
            raise error("the source is gone")

    client.object_write("a/b", b"old")
    (Path(client.root, "c") / "foreign").mkdir()
    for name in ("a/b", "new/deep/c", "foreign/x"):
        with pytest.raises(error, match="the source is gone"):
            client._object_write(NewObject("c", name, PLAIN, 3), Broken(b"new"))
    assert files(Path(client.root, "c")) == ["a", "foreign"]
    assert files(Path(client.root, "c", "a")) == ["b"]
    assert client.object_read("a/b") == b"old"


@pytest.mark.usefixtures("kept")
def test_conditions_hold_across_all_forms_of_a_name(client: LocalClient) -> None:
    Path(client.root, "c", "%obs_f_a").write_bytes(b"escaped")
    assert client.object_write("a", b"new", if_absent=True) is False
    assert client.object_write("a", b"new", if_hash="0") is False
    client.object_write("a", b"one")
    info = _info(client, "a")
    assert info.hash is not None
    assert client.object_write("a", b"two", if_hash=info.hash) is True
    assert client.object_write("a", b"three", if_hash=info.hash) is False
    assert client.object_read("a") == b"two"
    assert not Path(client.root, "c", "a").exists()


@pytest.mark.usefixtures("kept")
def test_a_large_object_is_its_parts_in_any_order(client: LocalClient) -> None:
    contents = [b"a" * 10, b"b" * 10, b"c" * 3]
    upload = client._object_multipart(NewObject("c", "x/large", Attributes("a/b", {"k": "v"}), 23, 10))
    for number in (3, 1, 2, 1):
        part = Part(number, (number - 1) * 10, len(contents[number - 1]))
        upload.put_part(part, BytesBody(contents[number - 1]))
    assert client.object_info("x/large") is None
    upload.complete()
    upload.complete()
    upload.abort()
    composite = hashlib.md5(b"".join(hashlib.md5(content).digest() for content in contents)).hexdigest()
    info = _info(client, "x/large")
    assert (info.hash, info.metadata, info.content_type) == (f"{composite}-3", {"k": "v"}, "a/b")
    assert client.object_read("x/large") == b"".join(contents)
    assert client.object_copy("x/large", "copy")
    assert client.object_replace_metadata("copy", {"k": "w"})
    with client._object_open("c", "copy", 0, None, None) as reader:
        assert reader.digest is not None
        assert (list(reader.digest.part_sizes), reader.digest.composite) == ([10, 10, 3], composite)


def test_a_large_object_with_a_missing_part_is_not_published(client: LocalClient) -> None:
    for parts, size in (([1, 3], 25), ([1, 2], 25), ([2], None)):
        upload = client._object_multipart(NewObject("c", "x/large", PLAIN, size, 10))
        for number in parts:
            upload.put_part(Part(number, (number - 1) * 10, 10), BytesBody(b"x" * 10))
        with pytest.raises(IntegrityError):
            upload.complete()
        upload.abort()
        upload.abort()
    assert os.listdir(Path(client.root, "c")) == []


def test_what_changes_around_an_unfinished_object_is_seen_when_it_is_published(client: LocalClient) -> None:
    container = Path(client.root, "c")
    for folder in ("a", "%obs_d_a"):
        (container / folder).mkdir()
    first = client._object_multipart(NewObject("c", "a/b", PLAIN, 0, if_absent=True))
    second = client._object_multipart(NewObject("c", "y" * 250, PLAIN, 0))
    (container / "%obs_d_a").rename(container / "aside")
    (container / "%obs_d_a").mkdir()
    (container / "%obs_d_a" / "b").write_bytes(b"of another program")
    client.object_write("y" * 250 + "/z", b"")
    with pytest.raises(PreconditionError):
        first.complete()
    first.abort()
    second.complete()
    assert client.object_read("a/b") == b"of another program"
    assert {entry.name for entry in client.object_iter() if isinstance(entry, ObjectInfo)} == {
        "a/b", "y" * 250, "y" * 250 + "/z",
    }  # fmt: skip


def test_without_locks_conditions_are_refused_and_all_else_works(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.EBADF, "a network file system without locks of directories")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert client.object_write("name", b"content")
    assert client.object_set_metadata("name", "key", "value")
    with pytest.raises(NotSupportedError, match="locks"):
        client.object_write("other", b"content", if_absent=True)
    assert client.object_info("other") is None
    assert client.object_read("name") == b"content"
    client.object_delete("name")
    assert client.object_list() == []


def test_a_lock_that_somebody_keeps_is_a_temporary_error(client: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    descriptor = os.open(Path(client.root, "c"), os.O_RDONLY)
    try:
        with lock.exclusive(descriptor), pytest.raises(TemporaryError):
            client._object_write(NewObject("c", "x/a", PLAIN, 1), BytesBody(b"1"))
    finally:
        os.close(descriptor)
    assert os.listdir(Path(client.root, "c")) == []


# ---- other processes ------------------------------------------------------------------------------------------------


def _write_for_ever(client: LocalClient) -> None:
    for version in range(os.getpid() * 100_000, 2**62):
        content = b"%d:" % version * (1 + version % 3000)
        attributes = Attributes("text/plain", {"version": str(version)})
        if version % 5:
            client._object_write(NewObject("c", "deep/a", attributes, len(content)), BytesBody(content))
            continue
        upload = client._object_multipart(NewObject("c", "deep/a", attributes, len(content)))
        upload.put_part(Part(1, 0, len(content)), BytesBody(content))
        upload.complete()


def _check(client: LocalClient) -> None:
    with client._object_open("c", "deep/a", 0, None, None) as reader:
        buffer = memoryview(bytearray(reader.info.size))
        done = 0
        while count := reader.readinto(buffer[done:]):
            done += count
        info = reader.info
    assert done == info.size
    assert info.metadata is not None
    version = info.metadata["version"]
    assert bytes(buffer) == f"{version}:".encode() * (1 + int(version) % 3000)
    assert info.hash == hashlib.md5(buffer).hexdigest()


def _check_until(client: LocalClient, end: Path) -> None:
    while not end.exists():
        _check(client)
        assert [entry.name for entry in client.object_list() if isinstance(entry, ObjectInfo)] == ["deep/a"]


def test_killed_writers_never_show(client: LocalClient, kept: str, tmp_path: Path) -> None:
    end = tmp_path / "end"
    attributes = Attributes("text/plain", {"version": "0"})
    client._object_write(NewObject("c", "deep/a", attributes, 2), BytesBody(b"0:"))
    reader = _fork(lambda: _check_until(client, end))
    chance = random.Random(4)
    for _ in range(40):
        writer = _fork(lambda: _write_for_ever(client))
        time.sleep(chance.uniform(0.001, 0.04))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        _check(client)
    end.touch()
    assert _succeeded(reader)
    client.cleanup(older_than=0)
    names = os.listdir(Path(client.root, "c", "deep"))
    assert sorted(names, reverse=True)[0] == "a"
    assert len(names) == (2 if kept == IN_A_SIDECAR else 1)
    _check(client)


def test_of_many_processes_one_creates(client: LocalClient) -> None:
    def create() -> None:
        for number in range(30):
            if client.object_write(f"{number % 3}/{number}", b"%d" % os.getpid(), if_absent=True):
                Path(client.root, f"won-{number}-{os.getpid()}").touch()

    children = [_fork(create) for _ in range(5)]
    assert _all_succeeded(children)
    winners = sorted(path.name.split("-")[1] for path in Path(client.root).glob("won-*"))
    assert winners == sorted(map(str, range(30)))


@pytest.mark.usefixtures("kept")
def test_no_change_is_lost_between_processes(client: LocalClient) -> None:
    def count() -> None:
        left = 15
        while left:
            old = client._object_info("c", "counter")
            content = client.object_read("counter")
            left -= client.object_write("counter", b"%d" % (int(content) + 1), if_hash=old.hash)

    client.object_write("counter", b"0")
    children = [_fork(count) for _ in range(4)]
    assert _all_succeeded(children)
    assert client.object_read("counter") == b"60"


def test_a_folder_that_others_remove_is_made_again(client: LocalClient) -> None:
    def write_and_delete() -> None:
        for number in range(150):
            name = f"x/y/{os.getpid()}-{number}"
            client._object_write(NewObject("c", name, PLAIN, 1), BytesBody(b"1"))
            client._object_delete("c", name)

    children = [_fork(write_and_delete) for _ in range(3)]
    assert _all_succeeded(children)
    assert os.listdir(Path(client.root, "c")) == []


def test_a_link_that_is_swapped_in_while_writing_leads_nowhere(client: LocalClient, tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", Path(client.root, "c", "folder")
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


def test_a_child_does_not_end_its_parents_upload(client: LocalClient) -> None:
    upload = client._object_multipart(NewObject("c", "x/a", PLAIN, 3))
    assert _succeeded(_fork(upload.abort))
    upload.put_part(Part(1, 0, 3), BytesBody(b"abc"))
    upload.complete()
    assert client.object_read("x/a") == b"abc"


# ---- a system that refuses ------------------------------------------------------------------------------------------


def test_a_full_disk_is_a_service_error_and_the_old_object_stays(client: LocalClient) -> None:
    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        with pytest.raises(ServiceError) as caught:
            client.object_write("a", b"x" * 20_000)
        assert isinstance(caught.value.__cause__, OSError)
        with pytest.raises(ServiceError):
            client.object_write("new/b", b"x" * 20_000)

    client.object_write("a", b"old")
    assert _succeeded(_fork(fill))
    assert client.object_read("a") == b"old"
    assert files(Path(client.root, "c")) == ["a"]


@pytest.fixture
def forbidden(client: LocalClient) -> LocalClient:
    """A store of somebody else's, with one file that only its owner may read."""
    client.object_write("open", b"123", {"k": "v"})
    client.object_write("secret", b"12345", {"k": "v"})
    Path(client.root, "c", "secret").chmod(0)
    for path in (Path(client.root, "c"), Path(client.root), *Path(client.root).parents):
        if path.stat().st_uid == os.geteuid() and not path.stat().st_mode & stat.S_IXOTH:
            path.chmod(0o555 if path.is_relative_to(client.root) else 0o755)
    for path in (Path(client.root, "c"), Path(client.root)):
        path.chmod(0o555)
    return client


def test_what_is_not_allowed_is_an_authorization_error(forbidden: LocalClient) -> None:
    def try_all() -> None:
        for attempt in (
            lambda: forbidden.object_write("open", b"new"),
            lambda: forbidden.object_write("folder/new", b"new"),
            lambda: forbidden.object_delete("open"),
            lambda: forbidden.object_info("secret"),
            lambda: forbidden.object_read("secret"),
            lambda: forbidden.container_create("another"),
        ):
            with pytest.raises(AuthorizationError):
                attempt()
        assert forbidden.object_read("open") == b"123"
        sizes = [(entry.name, entry.size) for entry in forbidden.object_list() if isinstance(entry, ObjectInfo)]
        assert sizes == [("open", 3), ("secret", 5)]

    assert _succeeded(_fork(_as_nobody(try_all)))
    Path(forbidden.root).chmod(0o755)
    Path(forbidden.root, "c").chmod(0o755)
