"""Killed and stopped writers: what was there stays whole, and what they leave is found and removed by `cleanup`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from obs_client import LocalClient
from test.faults.proxy import Fault, FaultProxy, fault_proxy
from test.faults.servers import Store, started
from test.faults.spoiling import stall
from test.servers.environment import ROOT

pytestmark = pytest.mark.full

CONTAINER = "kill-tests"
PARTS = 4


@pytest.fixture(scope="module", params=["seaweedfs", "swift"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    with started(request.param) as one:
        one.make(CONTAINER)
        yield one


def _command(module: str, told: dict[str, Any]) -> list[str]:
    return [sys.executable, "-m", f"test.faults.{module}", json.dumps(told)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"}


def _reach(store: Store, proxy: FaultProxy | None = None) -> dict[str, Any]:
    """The options of a client in another process."""
    if store.label == "seaweedfs":
        url = proxy.url if proxy else store.endpoint
        return {"kind": "s3", "options": {"endpoint_url": url, "credentials": dict(store.credentials)}}
    url = (proxy.url + urlsplit(store.endpoint).path) if proxy else store.endpoint
    return {"kind": "swift", "options": {"storage_url": url, "credentials": dict(store.credentials)}}


def _kill(reach: dict[str, Any], job: str, part_size: int, directory: Path, kills: int) -> None:
    """Let a program kill its own children, and look what it says."""
    container = CONTAINER if reach["kind"] != "local" else "c"
    told = {**reach, "job": job, "container": container, "part_size": part_size, "directory": str(directory)}
    told |= {"size": PARTS * part_size - 1000, "kills": kills, "seed": 20261122}
    done = subprocess.run(
        _command("killing", told), env=_environment(), capture_output=True, text=True, timeout=60 + 6 * kills
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    print(job, reach["kind"], said)
    assert said["kills"] == kills
    assert not said["wrong"]
    assert kills < 10 or 0 < said["new"] < kills, f"the instants were no test: {said}"


_KILLS = [pytest.param(4, id="few"), pytest.param(30, id="many", marks=pytest.mark.full)]


@pytest.mark.parametrize("kills", _KILLS)
@pytest.mark.parametrize("job", ["upload", "upload stream", "download"])
def test_a_kill_leaves_the_old_or_the_new_and_cleanup_finds_the_rest(
    store: Store, tmp_path: Path, job: str, kills: int
) -> None:
    _kill(_reach(store), job, store.part_size if store.label == "swift" else 5 * 1024 * 1024, tmp_path, kills)
    left = store.leftovers(CONTAINER)
    kept = store.direct.object_read("killed", CONTAINER)
    assert store.direct.cleanup(CONTAINER, older_than=3600.0).removed == ()
    report = store.direct.cleanup(CONTAINER, older_than=0.0)
    assert store.leftovers(CONTAINER) == set()
    assert len(report.removed) == len(left)
    assert store.direct.object_read("killed", CONTAINER) == kept
    abandoned = [path for path in tmp_path.iterdir() if path.name not in ("source", "target")]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in abandoned)


@pytest.mark.parametrize("kills", _KILLS)
@pytest.mark.parametrize("job", ["upload", "upload stream", "download"])
def test_a_kill_leaves_the_old_or_the_new_on_a_local_store(tmp_path: Path, job: str, kills: int) -> None:
    root = tmp_path / "root"
    (root / "c").mkdir(parents=True)
    directory = tmp_path / "files"
    directory.mkdir()
    _kill({"kind": "local", "options": {"root": str(root)}}, job, 4 * 1024 * 1024, directory, kills)
    with LocalClient(root, "c") as client:
        client.cleanup(older_than=0.0)
        assert [entry.name for entry in client.container_list()] == ["c"]
    assert [path.name for path in (root / "c").iterdir()] == ["killed"]


@contextlib.contextmanager
def _stopped(reach: dict[str, Any], part_size: int, number: int, pace: float) -> Iterator[tuple[dict[str, Any], float]]:
    """Start a program, send it a signal in the middle, and give what it says and how long it took."""
    told = {**reach, "container": CONTAINER, "part_size": part_size, "pace": pace}
    program = subprocess.Popen(_command("stopping", told), env=_environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout
        assert program.stdout.readline() == "ready\n"
        time.sleep(0.3)
        begin = time.monotonic()
        program.send_signal(number)
        said = json.loads(program.communicate(timeout=60)[0])
        yield said, time.monotonic() - begin
    finally:
        program.kill()
        program.wait()


_SIGNALS = [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "Terminated")]


@pytest.mark.parametrize(("number", "error"), _SIGNALS)
def test_a_signal_ends_an_upload_at_once_and_leaves_nothing(store: Store, number: int, error: str) -> None:
    with _stopped(_reach(store), store.part_size, number, 0.001) as (said, seconds):
        assert said == {"error": error, "notes": []}
        assert seconds < 2.0
    assert store.leftovers(CONTAINER) == set()
    assert store.get(CONTAINER, "stopped") is None


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
        with _stopped(_reach(store, proxy), store.part_size, number, 0.001) as (said, seconds):
            assert said["error"] == error
            assert seconds < 10.0
        proxy.aim()
    left = store.leftovers(CONTAINER)
    assert all(each.partition("/")[0] in "".join(said["notes"]) for each in left), said
    store.direct.cleanup(CONTAINER, older_than=0.0)
    assert store.leftovers(CONTAINER) == set()
