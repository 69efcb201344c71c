"""A directory of small files to an S3 server and back: sync against boto3's transfer manager, rclone and s5cmd.

`python -m test.benchmarks.sync_directory`; rclone and s5cmd take part if they are found on the path. With TMPDIR on a
tmpfs the file system has the least part in the times: ext4 is slow to make files where many were just deleted.
"""

from __future__ import annotations

import contextlib
import filecmp
import importlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from obs_client import S3Client
from obs_client.sync import Place, SyncOptions, sync
from test.benchmarks.measuring import interleaved
from test.servers import RunningServer, start_seaweedfs

FILES = 5000
SIZE = 8 * 1024
WORKERS = 16
ROUNDS = 3


def directory() -> None:
    """5,000 files of 8 KiB up and down, by each of the programs in turn."""
    with tempfile.TemporaryDirectory() as scratch, start_seaweedfs() as server:
        bench = _Bench(server, Path(scratch))
        bench.make_files()
        programs = bench.programs()
        for way, wanted in (("up", 3), ("down", 5)):
            processor: dict[str, float] = {}
            seconds = interleaved(
                {name: _measured(name, program[way], processor) for name, program in programs.items()}, ROUNDS
            )
            print(f"{FILES:,} files of 8 KiB {way}, {WORKERS} workers; time, and processor time of the client alone:")
            for name, taken in sorted(seconds.items(), key=lambda item: item[1]):
                print(f"  {name:8} {taken:6.2f} s, {seconds['boto3'] / taken:5.1f} x boto3;", end=" ")
                print(f"{processor[name]:6.2f} s, {processor['boto3'] / processor[name]:5.1f} x boto3")
            print(f"  (wanted: sync {wanted} x boto3, and at most 1.5 x the time of rclone and s5cmd)", flush=True)
        bench.check()


def _measured(name: str, run: Callable[[], object], processor: dict[str, float]) -> Callable[[], object]:
    """The same, with its processor time noted: of this process and of programs that it started and that ended."""

    def measured() -> None:
        before = os.times()
        run()
        spent = [now - then for now, then in zip(os.times()[:4], before[:4], strict=True)]
        processor[name] = min(sum(spent), processor.get(name, sum(spent)))

    return measured


class _Bench:
    """One server, one directory, and the programs that copy between them."""

    def __init__(self, server: RunningServer, scratch: Path) -> None:
        self._server = server
        self._source = scratch / "source"
        self._scratch = scratch
        self._targets: list[Path] = []
        self._client = S3Client(
            endpoint_url=server.endpoint_url, region=server.region, credentials=server.s3_credentials
        )
        self._client.container_create("full")

    def make_files(self) -> None:
        """Write the files, and put them into the container that is downloaded."""
        for number in range(FILES):
            path = self._source / f"d{number // 100:02}" / f"file-{number:05}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(SIZE))
        sync(Place.of_directory(self._source), Place(self._client, "full"))

    def programs(self) -> dict[str, dict[str, Callable[[], object]]]:
        """What takes part."""
        found = {
            "sync": {"up": self._up(self._sync_up), "down": self._down(self._sync_down)},
            "boto3": {"up": self._up(self._boto3_up), "down": self._down(self._boto3_down)},
        }
        for name, command in (("rclone", self._rclone), ("s5cmd", self._s5cmd)):
            if shutil.which(name):
                found[name] = {
                    "up": self._up(lambda container, command=command: command(f"{self._source}/", container)),  # type: ignore[misc]
                    "down": self._down(lambda target, command=command: command("full", target)),  # type: ignore[misc]
                }
        return found

    def check(self) -> None:
        """Compare what came down with what went up, out of the times; the files are deleted with all else."""
        names = _names(self._source)
        for target in self._targets:
            same, _, _ = filecmp.cmpfiles(self._source, target, names, shallow=False)
            assert same == names, target
            assert sorted(_names(target)) == sorted(names), target

    def _up(self, run: Callable[[str], object]) -> Callable[[], object]:
        def up() -> None:
            container = f"up-{secrets.token_hex(4)}"
            self._client.container_create(container)
            run(container)

        return up

    def _down(self, run: Callable[[Path], object]) -> Callable[[], object]:
        def down() -> None:
            target = self._scratch / secrets.token_hex(4)
            target.mkdir()
            self._targets.append(target)
            run(target)

        return down

    def _sync_up(self, container: str) -> None:
        report = sync(Place.of_directory(self._source), Place(self._client, container), SyncOptions(workers=WORKERS))
        assert report.copied == FILES

    def _sync_down(self, target: Path) -> None:
        report = sync(Place(self._client, "full"), Place.of_directory(target), SyncOptions(workers=WORKERS))
        assert report.copied == FILES

    def _boto3_up(self, container: str) -> None:
        with self._transfers() as manager:
            futures = [manager.upload(str(self._source / name), container, name) for name in _names(self._source)]
            for future in futures:
                future.result()

    def _boto3_down(self, target: Path) -> None:
        pages = self._boto3().get_paginator("list_objects_v2").paginate(Bucket="full")
        names = [row["Key"] for page in pages for row in page["Contents"]]
        with self._transfers() as manager:
            futures = []
            for name in names:
                (target / name).parent.mkdir(exist_ok=True)
                futures.append(manager.download("full", name, str(target / name)))
            for future in futures:
                future.result()

    def _boto3(self) -> Any:
        import boto3

        keys = self._server.s3_credentials
        return boto3.client(
            "s3",
            endpoint_url=self._server.endpoint_url,
            region_name=self._server.region,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )

    def _transfers(self) -> contextlib.AbstractContextManager[Any]:
        transfers: Any = importlib.import_module("s3transfer.manager")
        config = transfers.TransferConfig(max_request_concurrency=WORKERS)
        manager: contextlib.AbstractContextManager[Any] = transfers.TransferManager(self._boto3(), config)
        return manager

    def _rclone(self, source: str, target: str | Path) -> None:
        keys = self._server.s3_credentials
        remote = {
            "RCLONE_CONFIG_X_TYPE": "s3",
            "RCLONE_CONFIG_X_PROVIDER": "Other",
            "RCLONE_CONFIG_X_ENDPOINT": self._server.endpoint_url,
            "RCLONE_CONFIG_X_REGION": self._server.region,
            "RCLONE_CONFIG_X_ACCESS_KEY_ID": keys["AWS_ACCESS_KEY_ID"],
            "RCLONE_CONFIG_X_SECRET_ACCESS_KEY": keys["AWS_SECRET_ACCESS_KEY"],
        }
        places = [str(place) if "/" in str(place) else f"x:{place}" for place in (source, target)]
        options = ["--transfers", str(WORKERS), "--s3-no-check-bucket", "--config", os.devnull]
        self._call(["rclone", "copy", *options, *places], remote)

    def _s5cmd(self, source: str, target: str | Path) -> None:
        places = [str(place) if "/" in str(place) else f"s3://{place}/" for place in (source, target)]
        places[0] += "*"
        command = ["s5cmd", "--endpoint-url", self._server.endpoint_url, "--numworkers", str(WORKERS), "cp"]
        self._call([*command, places[0], places[1].rstrip("/") + "/"], {"AWS_REGION": self._server.region})

    def _call(self, command: list[str], environment: dict[str, str]) -> None:
        whole = {**os.environ, **self._server.s3_credentials, **environment}
        subprocess.run(command, check=True, env=whole, stdout=subprocess.DEVNULL)


def _names(directory: Path) -> list[str]:
    return [path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()]


if __name__ == "__main__":
    directory()
