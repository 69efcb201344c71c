"""The suite at the keyboard: which tests, how far it is, and its end by a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from test.cli.process import ENVIRONMENT, OBS
from test.cli.screen import Screen


@pytest.mark.slow
def test_k_chooses_tests(docs: Path) -> None:
    def suite(*patterns: str) -> subprocess.CompletedProcess[str]:
        command = [*OBS, "test", f"file://{docs}", *(word for each in patterns for word in ("-k", each))]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)

    done, none = suite("range", "nothing_of_this"), suite("nothing_of_this")
    assert done.returncode == 0, done.stdout + done.stderr
    assert 0 < int(done.stdout.split(" passed")[0].split()[-1]) < 100
    assert none.returncode == 1
    assert "no test fits -k" in none.stdout
    assert "OK" not in none.stdout


@pytest.mark.slow
def test_a_screen_shows_which_test_runs_of_how_many_and_since_when(docs: Path) -> None:
    with Screen(f"obs test file://{docs} -k range", docs) as screen:
        assert screen.end(240) == 0, screen.shown
        screen.see(r"1/\d+  0:\d\d  test_")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_lets_it_end_cleanly(docs: Path, number: signal.Signals, status: int) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([*OBS, "test", f"file://{docs}"], env=ENVIRONMENT, stdout=pipe, stderr=pipe) as process:
        until = time.monotonic() + 120
        while not os.listdir(docs) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(number)
        output, errors = process.communicate(timeout=240)
    assert process.returncode == status, output + errors
    assert b"interrupted: not all tests were run" in output
    assert os.listdir(docs) == []
