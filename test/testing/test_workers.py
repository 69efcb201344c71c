"""Several processes that test one store: what they tell is one result, and they leave nothing however the run ends."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_client import MemoryClient
from obs_client.testing import run
from obs_client.testing.running.outcomes import Kind, Outcome
from obs_client.testing.running.report import Report
from test.cli.process import ENVIRONMENT, OBS
from test.loopback.swift_double import ACCOUNT, swift_double

pytestmark = pytest.mark.slow  # it takes seconds in all

NAMES = "ranges"
"""What a few quick tests have in their names."""


@pytest.fixture(autouse=True)
def each_is_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "TESTS_EACH", 1)


def result_of(urls: list[str], *arguments: str) -> tuple[int, list[str]]:
    """The exit status of a run, and its lines."""
    output = io.StringIO()
    status = run.main([*urls, *arguments], output)
    return status, output.getvalue().splitlines()


def children() -> list[str]:
    """The processes that this one started."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


@pytest.mark.slow
def test_several_workers_tell_what_one_process_tells(tmp_path: Path) -> None:
    before = children()
    url = f"file://{tmp_path}"
    alone, together = (result_of([url], "-k", NAMES, "--workers", count) for count in ("1", "3"))
    assert alone[0] == together[0] == 0
    assert alone[1][-1] == together[1][-1]
    assert int(alone[1][-1].split()[0]) >= 4
    assert os.listdir(tmp_path) == []
    assert children() == before


@pytest.mark.slow
def test_a_key_for_signed_urls_is_made_once() -> None:
    with swift_double() as server, pytest.MonkeyPatch.context() as environment:
        for name, value in server.credentials.items():
            environment.setenv(name, value)
        status, lines = result_of(["swift://?create_temp_url_key=true"], "-k", "url", "--workers", "3")
        keys = [each for each in server.seen if any("temp-url-key" in name.lower() for name in each.headers)]
    assert status == 0, lines
    assert len(keys) == 1
    assert server.state.account(ACCOUNT).containers == {}


def test_a_worker_that_ends_is_an_error() -> None:
    output = io.StringIO()
    store = run.Store("store", MemoryClient, url="nonsense")
    assert not run.run_suite([store], output, ["test_read", "test_list"], workers=2)
    lines = output.getvalue()
    assert "its worker ended with status 1" in lines
    assert "were not run" in lines
    assert lines.endswith("0 passed, 1 failed, 0 skipped\n")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_made_is_removed_when_the_run_was_ended(tmp_path: Path, number: signal.Signals) -> None:
    command = [*OBS, "test", f"file://{tmp_path}", "--workers", "2"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        await_that(lambda: len(os.listdir(tmp_path)) >= 2)
        process.send_signal(number)
        process.send_signal(number)  # as `timeout` does
        output, errors = process.communicate(timeout=60)
    assert process.returncode == (143 if number == signal.SIGTERM else -number), output + errors
    await_that(lambda: os.listdir(tmp_path) == [])


def await_that(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_second_signal_ends_at_once() -> None:
    program = """
import os, signal, time
from obs_client.testing.running import stopping
stopping.ONE_SIGNAL = 0.1
with stopping.Stopping() as stops:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    assert stops.number == signal.SIGTERM
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)
    print("still there")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, ""), done.stderr


def test_what_all_workers_say_of_a_class_is_one_failure() -> None:
    output = io.StringIO()
    report = Report(output, 2)
    for _ in range(3):
        report.ended(Outcome("setUpClass (store)", Kind.ERROR, "no containers today\n"))
    assert not report.finish(interrupted=False)
    assert output.getvalue().count("no containers today") == 1
    assert output.getvalue().endswith(
        "2 tests were not run, because what they need could not be made\n0 passed, 1 failed, 0 skipped\n"
    )


def test_marks_are_counted_where_a_line_ends() -> None:
    output = io.StringIO()
    report = Report(output, 61)
    for number in range(61):
        report.started(f"test_{number} (store)")
        report.ended(Outcome(f"test_{number} (store)", Kind.PASSED))
    assert report.finish(interrupted=False)
    assert output.getvalue().splitlines()[:2] == ["." * 60 + "  60/61  0:00", "."]
