"""How soon the command answers, whole processes in turns: `python -m test.benchmarks.command_start [ROUNDS]`.

Every figure is a median of wall time, of the processor's time, and the ratio of the latter to a bare interpreter. What
click takes is shown, since the command cannot be faster; and s5cmd, where it is installed, with the same object.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import obs_client
from test.benchmarks import s3_stub
from test.benchmarks.measuring import record

ROUNDS = 21
URL = "s3://benchmark/o1?endpoint_url={}&region=us-east-1"
OBS = (sys.executable, "-m", "obs_client")


@dataclasses.dataclass
class Program:
    """A program, and what its runs took, in seconds."""

    name: str
    command: tuple[str, ...]
    wall: list[float] = dataclasses.field(default_factory=list)
    cpu: list[float] = dataclasses.field(default_factory=list)

    def run(self, environment: Mapping[str, str]) -> None:
        """Run it once."""
        before, began = _used(), time.perf_counter()
        subprocess.run(self.command, env=environment, stdout=subprocess.DEVNULL, check=True)
        self.wall.append(time.perf_counter() - began)
        self.cpu.append(_used() - before)

    def show(self, bare: Program) -> None:
        """Print one line."""
        wall, cpu = (statistics.median(taken) * 1000 for taken in (self.wall, self.cpu))
        ratio = statistics.median(self.cpu) / statistics.median(bare.cpu)
        least = min(self.wall) * 1000
        record(self.name, cpu_ms=cpu, wall_ms=wall, times_bare=ratio)
        print(f"{self.name:32} wall {wall:6.1f} ms (least {least:6.1f})   CPU {cpu:6.1f} ms   {ratio:5.2f} x bare")


def programs(file: Path, server: str) -> list[Program]:
    """All that is compared; the bare interpreter first."""
    found = [
        Program("bare interpreter", (sys.executable, "-c", "pass")),
        Program("import click", (sys.executable, "-c", "import click")),
        Program("obs --help", (*OBS, "--help")),
        Program("obs cat, 4 KiB of a directory", (*OBS, "cat", str(file))),
        Program("obs cat, 4 KiB of S3", (*OBS, "cat", URL.format(server))),
    ]
    if s5cmd := shutil.which("s5cmd"):
        found.append(Program("s5cmd cat, 4 KiB of S3", (s5cmd, "--endpoint-url", server, "cat", "s3://benchmark/o1")))
    return found


def main(rounds: int) -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as directory, s3_stub.running() as server:
        file = Path(directory, "o1")
        file.write_bytes(s3_stub.SMALL)
        environment = _environment(directory)
        compared = programs(file, server)
        for program in compared:
            program.run(environment)  # writes what Python compiles
        for program in compared:
            program.wall.clear()
            program.cpu.clear()
        for _ in range(rounds):
            for program in compared:
                program.run(environment)
    for program in compared:
        program.show(compared[0])


def _environment(directory: str) -> dict[str, str]:
    """Keys for the server; and compiled modules are kept, as they are for a command that is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "PYTHONPATH": str(Path(obs_client.__file__).parents[1]),
        "PYTHONPYCACHEPREFIX": directory,
    }


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
