"""Objects of 4 KiB up and down: threads on one core, or anywhere; two processes; s5cmd and rclone where they are found.

`python -m test.benchmarks.scale.small_files [count [url]]`, with TMPDIR on a tmpfs. Without a URL the server is that of
`s3_stub`, which takes most of a core; another may be given, with the buckets `empty`, and `full-<count>` of so many
objects. The processor time is that of the client, with all processes that it started.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import statistics
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

SIZE = 4096
WORKERS = 16
ROUNDS = 3
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}

Variants = dict[str, Callable[[], object]]


def small_files(count: int, url: str | None = None) -> None:
    """All ways, taking turns."""
    with contextlib.nullcontext(url) if url else running() as server, tempfile.TemporaryDirectory() as scratch:
        files, copies = Path(scratch, "files"), Path(scratch, "copies")
        for number in range(count):
            path = files / f"{number // 1000:02}" / f"{number:05}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(SIZE))
        up = Place.of_directory(files), Place(_client(server), "empty")
        theirs = _theirs(server, ["cp", f"{files}/*", "s3://empty/"], ["copy", str(files), "stub:empty"])
        _show("up", count, _ours(*up), theirs)
        full = f"full-{count}"
        down = Place(_client(server), full), Place.of_directory(copies)
        theirs = _theirs(server, ["cp", f"s3://{full}/*", f"{copies}/"], ["copy", f"stub:{full}", str(copies)])
        _show("down", count, _ours(*down), theirs, after=lambda: shutil.rmtree(copies))


def _show(way: str, count: int, *variants: Variants, after: Callable[[], object] = lambda: None) -> None:
    work: dict[str, list[float]] = {}

    def then(name: str, run: Callable[[], object]) -> None:
        before = _processor_seconds()
        run()
        work.setdefault(name, []).append(_processor_seconds() - before)
        after()

    every = {name: functools.partial(then, name, run) for each in variants for name, run in each.items()}
    taken = interleaved(every, ROUNDS)
    print(f"{count:,} files of 4 KiB {way}, {WORKERS} workers:")
    for name, seconds in taken.items():
        rate, ratio, each = count / seconds, taken["anywhere"] / seconds, statistics.median(work[name]) / count
        print(
            f"  {name:14} {rate:6,.0f} objects/s, {ratio:4.2f} x, {each * 1e6:5,.0f} us of processor time", flush=True
        )


def _processor_seconds() -> float:
    """Of this process, and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _client(url: str) -> S3Client:
    return S3Client(endpoint_url=url, region="us-east-1", credentials=KEYS)


def _ours(source: Place, target: Place) -> Variants:
    def run(one_core: str, processes: int = 1) -> None:
        os.environ[VARIABLE] = one_core
        report = sync(source, target, SyncOptions(workers=WORKERS), processes=processes)
        assert report.ok, report.failures

    return {
        "on one core": lambda: run("1"),
        "anywhere": lambda: run("0"),
        "two processes": lambda: run("1", 2),
    }


def _theirs(url: str, s5cmd: list[str], rclone: list[str]) -> Variants:
    commands = [
        ["s5cmd", "--endpoint-url", url, "--numworkers", str(WORKERS), *s5cmd],
        ["rclone", "--config", os.devnull, "--fast-list", "--transfers", str(WORKERS), *rclone],
    ]
    # The server lists by version 2 alone, and a HEAD of it tells nothing of what was written.
    options = {"TYPE": "s3", "PROVIDER": "Other", "ENV_AUTH": "true", "ENDPOINT": url, "LIST_VERSION": "2"}
    options["NO_HEAD"] = "true"
    remote = {f"RCLONE_CONFIG_STUB_{name}": value for name, value in options.items()}
    environment = {**os.environ, **KEYS, "AWS_REGION": "us-east-1", **remote}
    run = functools.partial(subprocess.run, check=True, env=environment, stdout=subprocess.DEVNULL)
    return {command[0]: functools.partial(run, command) for command in commands if shutil.which(command[0])}


if __name__ == "__main__":
    small_files(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, *sys.argv[2:])
