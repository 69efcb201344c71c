"""Killed and stopped writers: what was there stays whole, and what they leave is found and removed by `cleanup`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import LocalClient
from test.faults.endurance.programs import command, environment, reach
from test.faults.stores.azure import AzureStore
from test.faults.stores.base import BRISK, Store
from test.faults.stores.starting import started
from test.faults.wire.exchange import LONGEST_STALL, Fault
from test.faults.wire.proxy import fault_proxy
from test.faults.wire.spoiling import stall

pytestmark = pytest.mark.full

CONTAINER = "kill-tests"
JOBS = {"upload": "kill-upload", "upload stream": "kill-upload-stream", "download": "kill-download"}
"""What is killed, and the container that it works in."""

PARTS = 4
KILLS = 30
"""Of each job on each kind of store: 270 in all."""


@pytest.fixture(scope="module", params=["seaweedfs", "swift", "google", "azurite"])
def store(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Store]:
    """Also one on which killed writers leave nothing that anybody sees."""
    with started(request.param) as one:
        one.make(CONTAINER)
        yield one


def _kill(reached: dict[str, Any], part_size: int, directory: Path) -> None:
    """Let programs kill their own children, a program for each job, side by side, and look what they say."""
    with contextlib.ExitStack() as stack:
        running = {}
        for job, container in JOBS.items():
            place = directory / container
            place.mkdir()
            told = {**reached, "job": job, "container": container, "part_size": part_size, "directory": str(place)}
            told |= {"size": PARTS * part_size - 1000, "kills": KILLS, "seed": 20261122}
            program = subprocess.Popen(
                command("killing", told), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            running[job] = stack.enter_context(program)
            stack.callback(program.kill)
        for job, program in running.items():
            output, errors = program.communicate(timeout=60 + 8 * KILLS)
            assert program.returncode == 0, errors[-2000:]
            said = json.loads(output)
            print(job, reached["kind"], said)
            assert said["kills"] == KILLS
            assert not said["wrong"]
            assert 0 < said["new"] < KILLS, f"the instants were no test: {said}"


def test_a_kill_leaves_the_old_or_the_new_and_cleanup_finds_the_rest(store: Store, tmp_path: Path) -> None:
    for container in JOBS.values():
        store.make(container)
    _kill(reach(store), store.part_size, tmp_path)
    for container in JOBS.values():
        left = _settled(store, container)
        kept = store.direct.object_read("killed", container)
        assert store.direct.cleanup(container, older_than=3600.0).removed == ()
        report = store.direct.cleanup(container, older_than=0.0)
        assert store.leftovers(container) == set()
        assert len(report.removed) == len(left)
        assert store.direct.object_read("killed", container) == kept
        abandoned = [path for path in (tmp_path / container).iterdir() if path.name not in ("source", "target")]
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in abandoned)


def test_blocks_that_a_kill_left_on_azure_go_with_the_next_large_write(store: Store, tmp_path: Path) -> None:
    if not isinstance(store, AzureStore):
        pytest.skip("others show what is left, and `cleanup` removes it")
    told = {**reach(store), "container": CONTAINER, "part_size": store.part_size, "pace": 0.001}
    program = subprocess.Popen(command("stopping", told), env=environment(), stdout=subprocess.PIPE)
    try:
        assert program.stdout
        assert program.stdout.readline() == b"ready\n"
        until = time.monotonic() + 20
        while not store.blocks(CONTAINER, "stopped") and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        program.kill()
        program.communicate()
    assert store.blocks(CONTAINER, "stopped") > 0
    assert store.direct.cleanup(CONTAINER, older_than=0.0).removed == ()
    assert store.get(CONTAINER, "stopped") is None
    assert store.direct.object_list(container_name=CONTAINER) == []
    with store.client(options=dataclasses.replace(BRISK, part_size=store.part_size)) as client:
        client.object_write("stopped", bytes(3 * store.part_size), container_name=CONTAINER)
    assert store.blocks(CONTAINER, "stopped") == 0
    store.remove(CONTAINER, "stopped")


def _settled(store: Store, container: str) -> set[str]:
    """The leftovers, when the server has done what it was still doing for killed writers."""
    found = store.leftovers(container)
    while True:
        time.sleep(0.5)
        before, found = found, store.leftovers(container)
        if found == before:
            return found


def test_a_kill_leaves_the_old_or_the_new_on_a_local_store(tmp_path: Path) -> None:
    root = tmp_path / "root"
    directory = tmp_path / "files"
    directory.mkdir()
    for container in JOBS.values():
        (root / container).mkdir(parents=True)
    _kill({"kind": "local", "options": {"root": str(root)}}, 4 * 1024 * 1024, directory)
    for container in JOBS.values():
        with LocalClient(root, container) as client:
            client.cleanup(older_than=0.0)
            assert [entry.name for entry in client.container_list()] == sorted(JOBS.values())
        assert [path.name for path in (root / container).iterdir()] == ["killed"]


@contextlib.contextmanager
def _stopped(reached: dict[str, Any], part_size: int, number: int, pace: float) -> Iterator[dict[str, Any]]:
    """Start a program, send it a signal in the middle, and give what it says; its stream has no end."""
    told = {**reached, "container": CONTAINER, "part_size": part_size, "pace": pace}
    program = subprocess.Popen(command("stopping", told), env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout
        assert program.stdout.readline() == "ready\n"
        time.sleep(0.3)
        program.send_signal(number)
        yield json.loads(program.communicate(timeout=LONGEST_STALL / 2)[0])
    finally:
        program.kill()
        program.communicate()


_SIGNALS = [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "Terminated")]


@pytest.mark.parametrize(("number", "error"), _SIGNALS)
def test_a_signal_ends_an_upload_at_once_and_leaves_nothing(store: Store, number: int, error: str) -> None:
    with _stopped(reach(store), store.part_size, number, 0.001) as said:
        assert said == {"error": error, "notes": [], "reads": 0}
    assert store.leftovers(CONTAINER) == set()
    assert store.get(CONTAINER, "stopped") is None


@pytest.mark.parametrize(("number", "error"), _SIGNALS)
def test_a_signal_ends_a_local_write_at_once_and_leaves_nothing(tmp_path: Path, number: int, error: str) -> None:
    place = tmp_path / CONTAINER
    place.mkdir()
    with _stopped({"kind": "local", "options": {"root": str(tmp_path)}}, 100_000, number, 0.001) as said:
        assert said == {"error": error, "notes": [], "reads": 0}
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(("number", "error"), _SIGNALS)
def test_a_signal_ends_an_upload_to_a_server_that_is_silent_and_tells_what_is_left(
    store: Store, number: int, error: str
) -> None:
    """No part has an answer, nor has the abort: the program ends all the same, and says what `cleanup` will find."""
    with fault_proxy(store.endpoint) as proxy:
        began: list[bool] = []

        def wants(request: Any) -> bool:
            began.extend([True] * store.aimed("part", request, CONTAINER, "stopped"))
            return bool(began)

        proxy.aim(Fault("silence", wants, stall(), None))
        with _stopped(reach(store, proxy.url), store.part_size, number, 0.001) as said:
            assert (said["error"], said["reads"]) == (error, 0)
        proxy.aim()
    left = store.leftovers(CONTAINER)
    assert all(each.partition("/")[0] in "".join(said["notes"]) for each in left), said
    store.direct.cleanup(CONTAINER, older_than=0.0)
    assert store.leftovers(CONTAINER) == set()
