"""Random operations under random faults, compared with a model; `OBS_SOAK_SEED` repeats a run by its printed seed."""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import ClientOptions, LocalClient, MemoryClient, ObjectStorageClient
from obs_client.testing import FaultyClient
from test.faults.proxy import FaultProxy, fault_proxy
from test.faults.servers import Store, started
from test.faults.soak import RandomFaults, Soak

CONTAINER = "soak"
_COUNTS = [pytest.param(1_000, id="short"), pytest.param(20_000, id="long", marks=pytest.mark.full)]
_OPTIONS = ClientOptions(workers=2, attempts=10, first_pause=0.001, longest_pause=0.05, give_up_after=60.0)


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("OBS_SOAK_SEED") or secrets.randbelow(10**9))


@pytest.fixture(scope="module", params=["seaweedfs", "swift"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[Store, FaultProxy]]:
    with started(request.param) as store, fault_proxy(store.endpoint) as proxy:
        store.make(CONTAINER)
        yield store, proxy


def _play(soak: Soak, count: int, seed: int) -> None:
    print(f"seed {seed}: OBS_SOAK_SEED={seed} repeats this run")
    for number in range(count):
        try:
            soak.step()
        except BaseException as error:
            error.add_note(f"at operation {number} of seed {seed}")
            raise


@pytest.mark.parametrize("count", _COUNTS)
def test_servers_agree_with_the_model(place: tuple[Store, FaultProxy], tmp_path: Path, count: int, seed: int) -> None:
    store, proxy = place
    faults = RandomFaults(seed, lambda request: request.method == "POST" and "uploads" in request.query)
    with store.client(proxy.url, timeout=5.0) as client:
        client.options = dataclasses.replace(_OPTIONS, part_size=store.part_size)
        client.container_name = CONTAINER
        client.container_delete(CONTAINER, force=True)
        client.container_create(CONTAINER)
        soak = Soak(client, tmp_path, seed, 2 * store.part_size + 5000, 1 if store.label == "seaweedfs" else 10)
        proxy.aim(faults.fault())
        _play(soak, count, seed)
        requests = len(proxy.journal)
        proxy.aim()
        soak.finish()
    for name, stored in soak.model.items():
        assert store.get(CONTAINER, name) == stored.content
    assert store.leftovers(CONTAINER) == set()
    assert {path.name for path in tmp_path.iterdir()} <= {"source", "target"}
    assert faults.count > requests * 0.03
    print(f"{count} operations, {requests} requests, {faults.count} spoiled")


@pytest.mark.parametrize("count", _COUNTS)
@pytest.mark.parametrize("kind", ["memory", "local"])
def test_embedded_stores_agree_with_the_model(kind: str, tmp_path: Path, count: int, seed: int) -> None:
    root, directory = tmp_path / "root", tmp_path / "files"
    root.mkdir()
    directory.mkdir()
    inner: ObjectStorageClient = MemoryClient() if kind == "memory" else LocalClient(root)
    client = FaultyClient(inner)
    client.options = dataclasses.replace(client.options, part_size=20_000, workers=2)
    client.container_create(CONTAINER)
    client.container_name = CONTAINER
    soak = Soak(client, directory, seed, 70_000, 10)
    _play(soak, count, seed)
    soak.finish()
    assert inner.cleanup(CONTAINER, older_than=0.0).removed == ()
    assert {path.name for path in directory.iterdir()} <= {"source", "target"}
