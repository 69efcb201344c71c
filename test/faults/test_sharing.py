"""One client in many threads, and pickled into a process pool."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from obs_client import ClientOptions, LocalClient, MemoryClient, ObjectInfo, ObjectStorageClient
from test.faults.stores.base import BRISK, Store

CONTAINER = "sharing"
THREADS = 16
PER_THREAD = [pytest.param(60, id="60"), pytest.param(1_000, id="1000", marks=pytest.mark.full)]


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


@pytest.mark.slow
@pytest.mark.parametrize("count", PER_THREAD)
@pytest.mark.parametrize("kind", ["memory", "local"])
def test_sixteen_threads_on_one_embedded_client(kind: str, tmp_path: Path, count: int) -> None:
    client: ObjectStorageClient = MemoryClient() if kind == "memory" else LocalClient(tmp_path)
    client.container_create(CONTAINER)
    client.container_name = CONTAINER
    _play(client, count)


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


@pytest.mark.slow
def test_a_pickled_local_client_in_a_process_pool(tmp_path: Path) -> None:
    client = LocalClient(tmp_path, options=ClientOptions(workers=2))
    client.container_create(CONTAINER)
    client.container_name = CONTAINER
    client.object_write("pooled", b"content")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found: list[Any] = list(pool.map(_read_in_another_process, [client] * 2, ["pooled"] * 2))
    assert {content for _, content in found} == {b"content"}
