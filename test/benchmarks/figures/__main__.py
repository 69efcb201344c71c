"""`python -m test.benchmarks.figures`: measure, keep the figures of this version, and print the tables of the page.

It takes some minutes. What is kept of the version before is replaced. `--page` prints the tables of what is kept.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import obs_client
from test.benchmarks.figures.kept import KEPT, releases, source, tables
from test.benchmarks.measuring import FIGURES

COMMANDS = (
    "test.benchmarks.s3_speed first small threads listing",
    "test.benchmarks.command_start",
)


def measure() -> Mapping[str, Any]:
    """Run the benchmarks; returns all about them that is kept."""
    about = {
        "version": obs_client.__version__,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "python": platform.python_version(),
        "boto3": version("boto3"),
        "machine": _machine(),
        "commands": [f"python -m {command}" for command in COMMANDS],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "figures")
        for command in COMMANDS:
            environment = {**os.environ, FIGURES: str(file)}
            subprocess.run([sys.executable, "-m", *command.split()], env=environment, check=True)
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {**about, "figures": {line.pop("what"): line for line in lines}}


def _machine() -> Mapping[str, Any]:
    names = [
        line.partition(": ")[2]
        for path in Path("/proc").glob("cpuinfo")
        for line in path.read_text().splitlines()
        if line.startswith("model name")
    ]
    processor = names[0] if names else platform.processor()
    return {"system": platform.system(), "processor": processor, "cores": os.cpu_count(), "load": os.getloadavg()[0]}


def keep(release: Mapping[str, Any]) -> None:
    """Write the line of this version, in place of one that is there."""
    others = [each for each in releases() if each["version"] != release["version"]] if KEPT.exists() else []
    KEPT.write_text("".join(json.dumps(each) + "\n" for each in [*others, release]), encoding="utf-8")


if __name__ == "__main__":
    if "--page" not in sys.argv:
        keep(measure())
    print(source(releases()[-1]), *tables(releases()[-1]), sep="\n\n")
