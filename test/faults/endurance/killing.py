"""Writers that are killed at random instants; run as a program, so that the forked children have one thread.

    python -m test.faults.endurance.killing '{"job": "upload", "kind": "s3", …}'

Prints one line of JSON: how many kills there were, and what was wrong after them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from obs_client import (
    AzureClient,
    ClientOptions,
    GCSClient,
    LocalClient,
    ObjectChangedError,
    ObjectStorageClient,
    S3Client,
    SwiftClient,
)

NAME = "killed"

_KINDS: dict[str, Any] = {
    "s3": S3Client,
    "swift": SwiftClient,
    "gcs": GCSClient,
    "azure": AzureClient,
    "local": LocalClient,
}


@dataclasses.dataclass(frozen=True)
class Job:
    """What is done and killed.

    Attributes:
        job: `upload`, `upload stream` or `download`.
        kind: `s3`, `swift`, `gcs`, `azure` or `local`.
        options: Of the client's constructor.
        container: Where the object is.
        size: Bytes of the object.
        part_size: Bytes of a part.
        directory: For local files.
        kills: How often.
        seed: Of the instants.
    """

    job: str
    kind: str
    options: dict[str, Any]
    container: str
    size: int
    part_size: int
    directory: str
    kills: int
    seed: int

    def client(self) -> ObjectStorageClient:
        """A client in the process that calls this."""
        options = ClientOptions(part_size=self.part_size, workers=2)
        made: ObjectStorageClient = _KINDS[self.kind](container_name=self.container, options=options, **self.options)
        return made

    def content(self, version: int) -> bytes:
        """What a version of the object holds."""
        return random.Random(version).randbytes(self.size)


def _upload(job: Job, client: ObjectStorageClient) -> None:
    source = Path(job.directory, "source")
    client.upload_file(source, NAME)


def _upload_stream(job: Job, client: ObjectStorageClient) -> None:
    with Path(job.directory, "source").open("rb") as file, client.object_open(NAME, "wb") as target:
        while block := file.read(50_000):
            target.write(block)


def _download(job: Job, client: ObjectStorageClient) -> None:
    client.download_file(NAME, Path(job.directory, "target"))


_DO: dict[str, Callable[[Job, ObjectStorageClient], None]] = {
    "upload": _upload,
    "upload stream": _upload_stream,
    "download": _download,
}


def _start(job: Job, client: ObjectStorageClient) -> int:
    """A child that is about to begin, with its parent's client, whose SDK is loaded."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            client.object_info(NAME)  # the login is done, a connection open
            os.write(writer, b"x")
            _DO[job.job](job, client)
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a child must not go on as its parent
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    return child


def _seconds(job: Job, client: ObjectStorageClient) -> float:
    """How long it takes when nobody kills it."""
    child = _start(job, client)
    begin = time.monotonic()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError("the operation fails by itself")
    return time.monotonic() - begin


def _found(job: Job, client: ObjectStorageClient) -> bytes:
    """What is there now; a server may still be doing what a killed writer had sent."""
    if job.job == "download":
        return Path(job.directory, "target").read_bytes()
    for _ in range(10):
        try:
            return client.object_read(NAME)
        except ObjectChangedError:
            time.sleep(0.2)
    return client.object_read(NAME)


def play(job: Job) -> dict[str, Any]:
    """Kill and look, again and again: at instants up to a bound that follows how long it takes on this machine now."""
    chance = random.Random(job.seed)
    wrong: list[str] = []
    finished = new = last = 0
    source, target = Path(job.directory, "source"), Path(job.directory, "target")
    source.write_bytes(job.content(0))
    client = job.client()
    client.upload_file(source, NAME)
    target.write_bytes(job.content(0))
    limit = max(_seconds(job, client) * 1.1, 0.01)
    for version in range(1, job.kills + 1):
        content = job.content(version)
        source.write_bytes(content)
        if job.job == "download":
            client.object_write(NAME, content)
        child = _start(job, client)
        time.sleep(chance.uniform(0.0, limit))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        finished += status == 0
        limit *= 0.8 if status == 0 else 1.1
        found = _found(job, client)
        # What a killed writer had sent to a server may be done while the next one is at work.
        there = next((each for each in range(version, last - 1, -1) if job.content(each) == found), None)
        if there is None or (status == 0 and there != version):
            wrong.append(f"kill {version}: {len(found)} bytes of version {there}, after version {last}")
        last = last if there is None else there
        new += there == version
    return {"kills": job.kills, "wrong": wrong, "finished": finished, "new": new, "seconds": limit}


if __name__ == "__main__":
    print(json.dumps(play(Job(**json.loads(sys.argv[1])))))
