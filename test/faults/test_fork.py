"""A fork in the middle of a transfer: the child has connections of its own, and ends nothing that its parent began."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import pytest

from obs_client import ClientOptions, LocalClient, ObjectStorageClient
from test.faults.stores.base import BRISK, Store
from test.faults.wire.proxy import fault_proxy

# From Python 3.12 on a fork beside threads is warned of; here it is what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

CONTAINER = "sharing"


@pytest.fixture(scope="module")
def store(store: Store) -> Store:
    store.make(CONTAINER)
    return store


@pytest.fixture
def client(store: Store) -> Iterator[ObjectStorageClient]:
    options = dataclasses.replace(BRISK, part_size=store.part_size, attempts=8, give_up_after=60.0)
    with store.client(timeout=20.0, options=options) as one:
        one.container_name = CONTAINER
        yield one


def _in_child(work: Callable[[], None]) -> None:
    """Fork, do something in the child, and raise if it failed there."""
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            work()
            status = 0
        os._exit(status)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 0, "what the child did was wrong"
            return
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


class Forking:
    """A stream that forks in the middle; the child uses the client of its parent, then lets go of everything."""

    def __init__(self, content: bytes, at: int, fork: Callable[[], None]) -> None:
        self._content = memoryview(content)
        self._at = at
        self._fork = fork
        self._place = 0

    def read(self, count: int) -> bytes:
        count = min(count, 100_000)
        if self._place <= self._at < self._place + count:
            self._fork()
        data = bytes(self._content[self._place : self._place + count])
        self._place += count
        return data


def test_a_fork_in_the_middle_of_an_upload(store: Store, client: ObjectStorageClient) -> None:
    """The child reads and writes by the same client."""
    content = os.urandom(4 * store.part_size)

    def child() -> None:
        client.object_write("of the child", b"its content")
        assert client.object_read("of the child") == b"its content"
        assert client.object_read("small") == b"small"

    client.object_write("small", b"small")
    stream = cast("IO[bytes]", Forking(content, 3 * store.part_size + 10, lambda: _in_child(child)))
    assert client.object_upload(stream, "of the parent")
    assert store.get(CONTAINER, "of the parent") == content
    assert store.get(CONTAINER, "of the child") == b"its content"
    assert store.leftovers(CONTAINER) == set()


def test_a_child_that_leaves_its_parents_writer_aborts_nothing(store: Store, client: ObjectStorageClient) -> None:
    content = os.urandom(3 * store.part_size)
    with client.object_open("of the parent", "wb") as file:
        file.write(content[: 2 * store.part_size + 5])

        def child() -> None:
            with contextlib.suppress(RuntimeError), file:
                raise RuntimeError("leaves the block")

        _in_child(child)
        file.write(content[2 * store.part_size + 5 :])
    assert store.get(CONTAINER, "of the parent") == content
    assert store.leftovers(CONTAINER) == set()


def test_a_fork_in_the_middle_of_a_download(store: Store, client: ObjectStorageClient) -> None:
    content = os.urandom(2 * store.part_size + 17)
    client.object_write("large", content)
    pieces = []
    with client.object_open("large") as file:
        pieces.append(file.read(20_000))
        _in_child(lambda: _same(client.object_read("large"), content))
        pieces.append(file.read())
    assert b"".join(pieces) == content


def _same(found: bytes, wanted: bytes) -> None:
    assert found == wanted


def test_a_child_uses_connections_of_its_own(store: Store) -> None:
    """Parent and child ask at the same time, many times; on a shared connection answers would be mixed."""
    with fault_proxy(store.endpoint) as proxy, store.client(proxy.url, timeout=20.0) as client:
        client.container_name = CONTAINER
        for number in range(6):
            client.object_write(f"answer {number}", f"content {number}".encode())

        def ask() -> None:
            for number in range(30):
                assert client.object_read(f"answer {number % 6}") == f"content {number % 6}".encode()

        failed: list[BaseException] = []

        def watched() -> None:
            try:
                _in_child(ask)
            except BaseException as error:  # noqa: BLE001 - raised below
                failed.append(error)

        forker = threading.Thread(target=watched)
        forker.start()
        ask()
        forker.join(40)
        assert not failed, failed


def test_a_child_leaves_its_parents_local_writes_alone(tmp_path: Path) -> None:
    """In the middle of an upload, and of a file object that the child leaves by an exception."""
    part = 100_000
    content = os.urandom(4 * part)
    with LocalClient(tmp_path, options=ClientOptions(part_size=part, workers=2)) as client:
        client.container_create(CONTAINER)
        client.container_name = CONTAINER
        with client.object_open("of the parent", "wb") as file:
            file.write(content[: 2 * part + 5])

            def child() -> None:
                client.object_write("of the child", b"its content")
                with contextlib.suppress(RuntimeError), file:
                    raise RuntimeError("leaves the block")

            stream = cast("IO[bytes]", Forking(content, 3 * part + 10, lambda: _in_child(child)))
            assert client.object_upload(stream, "uploaded")
            file.write(content[2 * part + 5 :])
        for name, wanted in (("of the parent", content), ("uploaded", content), ("of the child", b"its content")):
            assert client.object_read(name) == wanted
        assert client.cleanup(older_than=0.0).removed == ()
