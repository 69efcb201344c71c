"""Whatever way a test run or a server ends, nothing is left behind; and what did not start is told."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from test.servers import (
    ServerError,
    SwiftLimits,
    start_moto,
    start_seaweedfs,
    start_swift,
)
from test.servers.requests import web
from test.servers.traces import (
    LONGEST_WAIT,
    adopted,
    await_no_traces,
    expect_no_traces,
    first_line,
    processes,
    run_python,
)

MEBIBYTE = 1024 * 1024


pytestmark = pytest.mark.usefixtures("starts_servers")


@pytest.mark.parametrize("kind", ["swift", "keystone", "seaweedfs", "moto"])
def test_nothing_is_left_after_the_test_run_was_killed(kind: str) -> None:
    code = f"""
import time
from test import servers
from test.servers import traces
server = servers.start_{kind}()
print(server.process.directory, *traces.adopted(server), flush=True)
time.sleep(600)
"""
    with run_python("-c", code) as run:
        directory, *files = map(Path, first_line(run).split())
        assert processes(directory)
        run.kill()
    await_no_traces(directory, files)


def test_nothing_is_left_when_the_test_run_is_killed_during_the_start(tmp_path: Path) -> None:
    code = f"import pathlib, test.servers as s; s.start_keystone(scratch=pathlib.Path({str(tmp_path)!r}))"
    with run_python("-c", code) as run:
        deadline = time.monotonic() + LONGEST_WAIT
        while len(processes(tmp_path)) < 2 and time.monotonic() < deadline:  # Keystone's and Swift's
            time.sleep(0.05)
        assert len(processes(tmp_path)) >= 2
        (directory,) = tmp_path.iterdir()
        run.kill()
    await_no_traces(directory, [])


def test_the_guardian_may_be_killed_too() -> None:
    server = start_seaweedfs()
    directory, files = server.process.directory, adopted(server)
    os.kill(server.process.guardian_id, signal.SIGKILL)
    server.stop()
    await_no_traces(directory, files)


def test_what_killed_runs_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left, outside = tmp_path / "obs-client-servers-left", tmp_path / "some.sock"
    left.mkdir()
    outside.touch()
    (left / "outside").write_text(f"{outside}\n")
    os.utime(left, (0, 0))
    with start_moto(scratch=tmp_path) as first:
        os.utime(first.process.directory, (0, 0))
        with start_moto(scratch=tmp_path) as second:
            assert set(tmp_path.iterdir()) == {first.process.directory, second.process.directory}
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_ended_by_itself_is_told() -> None:
    server = start_moto()
    directory = server.process.directory
    (process,) = processes(directory)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ServerError, match="ended with status -9"):
        server.process.wait()
    server.stop()
    expect_no_traces(directory, [])


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"(?s)ended with status 1.*no-such-digest.*Traceback"):
        start_swift(SwiftLimits(tempurl_digests=("no-such-digest",)), scratch=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no folder for the server's data"):
        start_moto(scratch=tmp_path / "absent")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_developer_can_start_one(number: int) -> None:
    with run_python("-m", "test.servers", "swift", "--limit", "container_listing_limit=7") as run:
        assert run.stdout is not None
        lines = [first_line(run)]
        while "Ctrl-C" not in lines[-1]:
            lines.append(first_line(run))
        exports = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        info = exports["AWS_ENDPOINT_URL"] + "/info"
        assert json.loads(web.request("GET", info).body)["swift"]["container_listing_limit"] == 7
        assert {"ST_AUTH", "ST_USER", "ST_KEY"} <= set(exports)
        run.send_signal(number)
        assert run.wait(20) == 0
    with pytest.raises(ConnectionRefusedError):
        web.request("GET", info)
