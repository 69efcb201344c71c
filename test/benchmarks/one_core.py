"""20,000 objects of 4 KiB up to a server that does nothing: threads on one core, and where the system puts them.

`python -m test.benchmarks.one_core`, with TMPDIR on a tmpfs; s5cmd takes part if it is found on the path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from obs_client import S3Client
from obs_client._engine.cores import VARIABLE
from obs_client.sync import Place, SyncOptions, sync
from test.benchmarks.measuring import interleaved
from test.benchmarks.s3_stub import running

FILES = 20_000
SIZE = 4096
WORKERS = 16
ROUNDS = 3
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


def one_core() -> None:
    """The same sync with and without, taking turns."""
    for pause in (0.0, 0.01):
        with running(pause) as url, tempfile.TemporaryDirectory() as scratch:
            _make_files(Path(scratch))
            variants = {"on one core": _sync(url, scratch, "1"), "anywhere": _sync(url, scratch, "0")}
            if shutil.which("s5cmd"):
                variants["s5cmd"] = _s5cmd(url, scratch)
            taken = interleaved(variants, ROUNDS)
        print(f"{FILES:,} files of 4 KiB up, {WORKERS} workers, answers after {pause * 1000:.0f} ms:")
        for name, seconds in taken.items():
            print(f"  {name:12} {FILES / seconds:6,.0f} objects/s, {taken['anywhere'] / seconds:4.2f} x", flush=True)


def _make_files(folder: Path) -> None:
    for number in range(FILES):
        path = folder / f"{number // 1000:02}" / f"{number:05}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(SIZE))


def _sync(url: str, folder: str, value: str) -> Callable[[], object]:
    def run() -> None:
        os.environ[VARIABLE] = value
        client = S3Client("empty", endpoint_url=url, region="us-east-1", credentials=KEYS)
        report = sync(Place.of_directory(folder), Place(client, "empty"), SyncOptions(workers=WORKERS))
        assert report.copied == FILES

    return run


def _s5cmd(url: str, folder: str) -> Callable[[], object]:
    command = ["s5cmd", "--endpoint-url", url, "--numworkers", str(WORKERS), "cp", f"{folder}/*", "s3://empty/"]
    environment = {**os.environ, **KEYS, "AWS_REGION": "us-east-1"}
    return lambda: subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(one_core())
