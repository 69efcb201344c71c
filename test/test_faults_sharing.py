"""One client in many threads, after a fork in the middle of a transfer, and pickled into a process pool."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, cast

import pytest

from obs_client import ClientOptions, LocalClient, MemoryClient, ObjectInfo, ObjectStorageClient
from test.faults.proxy import fault_proxy
from test.faults.servers import BRISK, Store, started

# From Python 3.12 on a fork beside threads is warned of; here it is what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

CONTAINER = "sharing"
THREADS = 16
PER_THREAD = [pytest.param(60, id="60"), pytest.param(1_000, id="1000", marks=pytest.mark.full)]


@pytest.fixture(scope="module", params=["seaweedfs", "swift"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    with started(request.param) as one:
        one.make(CONTAINER)
        yield one


@pytest.fixture
def client(store: Store) -> Iterator[ObjectStorageClient]:
    options = dataclasses.replace(BRISK, part_size=store.part_size, attempts=8, give_up_after=60.0)
    with store.client(timeout=20.0, options=options) as one:
        one.container_name = CONTAINER
        yield one


def _content(name: str, version: int) -> bytes:
    chance = random.Random(f"{name} {version}")
    return chance.randbytes(chance.choice((0, 10, 3000, 20_000)))


def _work(client: ObjectStorageClient, thread: int, count: int) -> list[str]:
    """Operations on names of this thread and on names of all; gives what was wrong."""
    chance = random.Random(thread)
    versions: dict[str, int] = {}
    wrong = []
    for number in range(count):
        name = f"own {thread} {chance.randrange(4)}"
        kind = chance.randrange(10)
        if kind < 4 or name not in versions:
            versions[name] = number
            client.object_write(name, _content(name, number), {"version": str(number)})
        elif kind < 8:
            if client.object_read(name) != _content(name, versions[name]):
                wrong.append(f"{name} at operation {number}: other content")
        else:
            info = client.object_info(name)
            if info is None or info.metadata != {"version": str(versions[name])}:
                wrong.append(f"{name} at operation {number}: {info}")
        shared = f"shared {chance.randrange(8)}"
        if client.object_read(shared) != _content(shared, 0):
            wrong.append(f"{shared} at operation {number}: other content")
    return wrong


def _play(client: ObjectStorageClient, count: int) -> None:
    for number in range(8):
        client.object_write(f"shared {number}", _content(f"shared {number}", 0))
    with ThreadPoolExecutor(THREADS) as pool:
        wrong = [each for found in pool.map(lambda thread: _work(client, thread, count // 2), range(THREADS))
                 for each in found]  # fmt: skip
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"
    listed = {entry.name for entry in client.object_list() if isinstance(entry, ObjectInfo)}
    assert {f"shared {number}" for number in range(8)} <= listed


@pytest.mark.parametrize("count", PER_THREAD)
def test_sixteen_threads_on_one_client_of_a_server(client: ObjectStorageClient, count: int) -> None:
    _play(client, count)


@pytest.mark.parametrize("count", PER_THREAD)
@pytest.mark.parametrize("kind", ["memory", "local"])
def test_sixteen_threads_on_one_embedded_client(kind: str, tmp_path: Path, count: int) -> None:
    client: ObjectStorageClient = MemoryClient() if kind == "memory" else LocalClient(tmp_path)
    client.container_create(CONTAINER)
    client.container_name = CONTAINER
    _play(client, count)


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


def _read_in_another_process(client: ObjectStorageClient, name: str) -> tuple[int, bytes]:
    client.object_write(f"{name} {os.getpid()}", name.encode())
    return os.getpid(), client.object_read(name)


def test_a_pickled_client_in_a_process_pool(store: Store, client: ObjectStorageClient) -> None:
    client.object_write("pooled", b"content")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        found = list(pool.map(_read_in_another_process, [client] * 4, ["pooled"] * 4))
    assert {content for _, content in found} == {b"content"}
    assert os.getpid() not in {process for process, _ in found}


def test_a_pickled_local_client_in_a_process_pool(tmp_path: Path) -> None:
    client = LocalClient(tmp_path, options=ClientOptions(workers=2))
    client.container_create(CONTAINER)
    client.container_name = CONTAINER
    client.object_write("pooled", b"content")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found: list[Any] = list(pool.map(_read_in_another_process, [client] * 2, ["pooled"] * 2))
    assert {content for _, content in found} == {b"content"}
