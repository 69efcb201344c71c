"""A soak of one kind of store, as a program, so that several run side by side and each can be repeated by its seed:

python -m test.faults.endurance.soaking swift 20000 [seed]
"""

from __future__ import annotations

import dataclasses
import logging
import secrets
import sys
import tempfile
import time
from pathlib import Path

from obs_client import ClientOptions, LocalClient, MemoryClient, ObjectStorageClient
from obs_client.testing import FaultyClient
from test.faults.endurance.soak import RandomFaults, Soak
from test.faults.stores.starting import started
from test.faults.wire.messages import Request
from test.faults.wire.proxy import fault_proxy

EMBEDDED = ("local", "memory")
KINDS = ("seaweedfs", "swift", "google", "azurite", *EMBEDDED)
CONTAINER = "soak"
_OPTIONS = ClientOptions(workers=2, attempts=10, first_pause=0.001, longest_pause=0.05, give_up_after=60.0)


def play(kind: str, count: int, seed: int, directory: Path) -> None:
    """So many operations on a new store; raises AssertionError if it is not what the model is, or holds more."""
    print(f"{kind}, seed {seed}", flush=True)
    if kind in EMBEDDED:
        _embedded(kind, count, seed, directory)
    else:
        _on_a_server(kind, count, seed, directory)


def _on_a_server(kind: str, count: int, seed: int, directory: Path) -> None:
    """Requests are spoiled on the wire."""
    with started(kind) as store, fault_proxy(store.endpoint) as proxy, store.client(proxy.url, timeout=5.0) as client:
        seaweedfs = kind == "seaweedfs"
        large, share = (
            2 * store.part_size + 5000,
            10 if kind in ("swift", "azurite") else 1,
        )  # of others parts have 5 MiB at least
        client.options = dataclasses.replace(_OPTIONS, part_size=store.part_size)
        client.use_container(CONTAINER, create=True)
        soak = Soak(client, directory, seed, large, share, keeps_folders=seaweedfs)
        faults = RandomFaults(seed, _begins_upload)
        proxy.aim(faults.fault())
        _steps(soak, count)
        requests = len(proxy.journal)
        proxy.aim()
        soak.finish()
        for name, stored in soak.model.items():
            assert store.get(CONTAINER, name) == stored.content, name
        assert store.leftovers(CONTAINER) == set()
        _no_files(directory)
        print(f"{count} operations, {requests} requests, {faults.count} spoiled", flush=True)
        assert faults.count > requests * 0.03


def _embedded(kind: str, count: int, seed: int, directory: Path) -> None:
    """Every second call of a primitive fails, before it was done or after."""
    with tempfile.TemporaryDirectory() as root:
        inner: ObjectStorageClient = MemoryClient() if kind == "memory" else LocalClient(root)
        client = FaultyClient(inner)
        client.options = dataclasses.replace(client.options, part_size=20_000, workers=2)
        client.use_container(CONTAINER, create=True)
        soak = Soak(client, directory, seed, 70_000, 10)
        _steps(soak, count)
        soak.finish()
        assert inner.cleanup(CONTAINER, older_than=0.0).removed == ()
        _no_files(directory)
        print(f"{count} operations", flush=True)


def _begins_upload(request: Request) -> bool:
    return request.method == "POST" and "uploads" in request.query


def _no_files(directory: Path) -> None:
    assert {path.name for path in directory.iterdir()} <= {"source", "target"}


def _steps(soak: Soak, count: int) -> None:
    begin = time.monotonic()
    for number in range(count):
        if number % 5000 == 4999:
            print(f"{number + 1} operations after {time.monotonic() - begin:.0f} s", flush=True)
        try:
            soak.step()
        except BaseException as error:
            error.add_note(f"at operation {number}")
            raise


def main(arguments: list[str]) -> None:
    """Play one."""
    logging.getLogger("obs_client").addHandler(logging.NullHandler())
    kind, count, *given = arguments
    with tempfile.TemporaryDirectory() as directory:
        play(kind, int(count), int(given[0]) if given else secrets.randbelow(10**9), Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
