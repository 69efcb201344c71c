"""Random operations under random faults, compared with a model in memory; a failure tells what repeats it."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from test.faults.endurance.programs import environment
from test.faults.endurance.soaking import EMBEDDED, KINDS, play

SHORT = 1_000
LONG = 20_000


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.slow if kind in EMBEDDED else pytest.mark.server) for kind in KINDS]
)
def test_a_store_agrees_with_the_model(kind: str, tmp_path: Path) -> None:
    play(kind, SHORT, secrets.randbelow(10**9), tmp_path)


@pytest.mark.full
@pytest.mark.server
def test_every_store_agrees_with_the_model_for_long(tmp_path: Path) -> None:
    """All side by side: the slowest server needs one core, the others together another."""
    with contextlib.ExitStack() as stack:
        running = {}
        for kind in KINDS:
            output = stack.enter_context((tmp_path / kind).open("w"))
            command = [sys.executable, "-m", "test.faults.endurance.soaking", kind, str(LONG)]
            running[kind] = subprocess.Popen(command, env=environment(), stdout=output, stderr=subprocess.STDOUT)
            stack.callback(running[kind].wait)
            stack.callback(running[kind].terminate)
        statuses = {kind: program.wait() for kind, program in running.items()}
    for kind, status in statuses.items():
        said = (tmp_path / kind).read_text()
        print(said)
        assert status == 0, f"python -m test.faults.endurance.soaking {kind} {LONG} <seed>\n{said[-4000:]}"
