"""What a server has on the machine while it runs, and nothing of which may be left afterwards."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from test.servers import (
    RunningServer,
)

ROOT = Path(__file__).parents[2]

#: Seconds after which what was to come about is taken never to come, on a machine that does much else.
LONGEST_WAIT = 120.0


def adopted(server: RunningServer) -> list[Path]:
    """Give the files that a server has outside of its folder: four sockets in the case of SeaweedFS, else none.

    A start of SeaweedFS that lost a port to others has listed sockets too, which it may have made or not;
    and it answers before all four are there.
    """
    listed = server.process.directory / "outside"
    files = [Path(line) for line in listed.read_text().splitlines()] if listed.exists() else []
    assert len(files[-4:]) == (4 if server.kind == "seaweedfs" else 0)
    until = time.monotonic() + LONGEST_WAIT
    while not all(path.exists() for path in files[-4:]):
        assert time.monotonic() < until, files
        time.sleep(0.05)
    return files


def processes(directory: Path) -> list[int]:
    """Give the ids of the processes that work in a server's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or it is not ours to look at
            if str(directory) in os.readlink(process / "cwd"):
                found.append(int(process.name))
    return found


def traces(directory: Path) -> list[object]:
    """Give the processes that work in a server's folder, and the folder itself."""
    return [*processes(directory), *([directory] if directory.exists() else [])]


def expect_no_traces(directory: Path, files: list[Path]) -> None:
    """Expect that nothing is left of a server that was stopped."""
    assert not [*traces(directory), *filter(Path.exists, files)]


def await_no_traces(directory: Path, files: list[Path]) -> None:
    """Wait until nothing is left of a server whose owner was killed."""
    until = time.monotonic() + LONGEST_WAIT
    while [*traces(directory), *filter(Path.exists, files)]:
        assert time.monotonic() < until, [*traces(directory), *filter(Path.exists, files)]
        time.sleep(0.1)


def run_python(*arguments: str) -> subprocess.Popen[str]:
    """Start a program that can import this package."""
    paths = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=paths, cwd=ROOT)


def first_line(run: subprocess.Popen[str]) -> str:
    assert run.stdout is not None
    return run.stdout.readline().strip()
