"""Processes that work for another one: they end with it, and soon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from obs_client import ConfigurationError, SwiftClient
from obs_client.credentials import Secret
from obs_client.sync import Place, sync
from obs_client.sync.options import SyncOptions
from obs_client.sync.ranges import Bounds
from obs_client.sync.spread import by_ranges, versions
from obs_client.sync.spread.work import Job
from test.sync.spread.sleeping import places

pytestmark = pytest.mark.slow


PROGRAM = """
import sys
from pathlib import Path
from test.sync.spread.sleeping import places
from obs_client.sync import sync

if __name__ == "__main__":
    sync(*places(Path(sys.argv[1]), ["slow"]), processes=2)
"""


def children(pid: int) -> set[int]:
    try:
        return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except FileNotFoundError:
        return set()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")
def test_they_end_with_the_process_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, str(tmp_path / "program.py"), str(tmp_path)], env=environment) as process:
        until = time.monotonic() + 60
        while len(children(process.pid)) < 2 and time.monotonic() < until:  # one that works, and Python's own
            time.sleep(0.05)
        time.sleep(1.0)
        alive = children(process.pid)
        process.send_signal(signal.SIGKILL)
    assert len(alive) >= 2
    until = time.monotonic() + 30
    while any(map(is_alive, alive)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not [pid for pid in alive if is_alive(pid)]


def test_an_exception_ends_them_without_waiting_for_what_takes_long(tmp_path: Path, capfd: Any) -> None:
    source, target = places(tmp_path, ["a", "b", "c", "m", "slow"])

    def stop(_: int) -> None:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_ranges, "FIRST", Bounds(names=1))
        patch.setattr(by_ranges, "NEXT", Bounds(names=1))
        began = time.monotonic()
        with pytest.raises(ZeroDivisionError):
            sync(source, target, processes=2, progress=stop)
    assert time.monotonic() - began < 45
    assert "Traceback" not in capfd.readouterr().err


def test_a_worker_with_another_version_refuses_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(*places(tmp_path, []), SyncOptions())
    job.places  # noqa: B018
    monkeypatch.setattr(versions, "versions", lambda: versions.Versions("0.1", "3.99"))
    with pytest.raises(ConfigurationError, match=r"has obs_client 0.1 on Python 3.99, and this process has obs_client"):
        job.places  # noqa: B018


def test_what_a_job_carries_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OS_AUTH_TOKEN", "t0k3n")
    monkeypatch.setenv("OS_STORAGE_URL", "https://storage.example.com/v1/AUTH_x")
    from_environment = Place(SwiftClient(), "box")
    keys = {"OS_AUTH_TOKEN": "t0k3n", "OS_STORAGE_URL": "https://storage.example.com/v1/AUTH_x"}
    given = Place(SwiftClient(credentials=keys), "box")
    signing = Place(SwiftClient(temp_url_key="k3y"), "box")
    _, target = places(tmp_path, [])
    carried = [Job(source, target, SyncOptions()).has_keys for source in (from_environment, given, signing)]
    assert carried == [False, True, True]
    assert b"t0k3n" not in Job(from_environment, target, SyncOptions())._places


def test_what_is_revealed_is_noted_in_the_block_alone() -> None:
    Secret("before").reveal()
    with Secret.watched() as found:
        Secret("within").reveal()
    Secret("after").reveal()
    assert found == [Secret("within")]
