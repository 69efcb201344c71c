"""A tree of many files and one large file, to SeaweedFS and back: `python -m test.benchmarks.s3_tree [FILES] [MIB]`.

Everything must come back byte for byte, with its metadata; the output says how long it took, and how it was checked.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from obs_client._engine.parallel import bounded_map
from obs_client.backends.s3.client import S3Client
from obs_client.models import ObjectInfo
from test.benchmarks.measuring import MIB
from test.servers import start_seaweedfs

WORKERS = 16


def make_tree(root: Path, count: int) -> None:
    """Files of 0 to 64 KiB in folders, with names of many letters."""
    chance = random.Random(count)
    for number in range(count):
        folder = root / f"folder {number % 40}" / ("\u00fcber" if number % 3 else "plain+100%")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file-{number}.txt").write_bytes(chance.randbytes(chance.choice((0, 1, 4096, 65536))))


def make_large(path: Path, size: int) -> None:
    """A file of so many MiB that do not repeat."""
    chance = random.Random(size)
    with path.open("wb") as file:
        for _ in range(size):
            file.write(chance.randbytes(MIB))


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(root: Path) -> list[str]:
    """The names of all files below a folder."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took."""
    started, used = time.perf_counter(), time.process_time()
    yield
    taken, cpu = time.perf_counter() - started, time.process_time() - used
    sys.stdout.write(f"{what:44} {taken:7.1f} s, {cpu:6.1f} s of CPU in this process\n")
    sys.stdout.flush()


def tree(client: S3Client, place: Path, count: int) -> None:
    """Up and down again, by threads."""
    make_tree(place / "up", count)
    names = files_of(place / "up")

    def put(name: str) -> bool:
        return client.upload_file(place / "up" / name, name, {"digest": digest(place / "up" / name)})

    def get(name: str) -> bool:
        target = place / "down" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return client.download_file(name, target)

    with timed(f"{len(names):,} files up"):
        assert all(bounded_map(put, names, WORKERS))
    with timed("listed with metadata"):
        listed = [each for each in client.object_iter(fetch_metadata=True) if isinstance(each, ObjectInfo)]
    assert sorted(each.name for each in listed) == names
    with timed("down again"):
        assert all(bounded_map(get, [each.name for each in listed], WORKERS))
    assert files_of(place / "down") == names
    for each in listed:
        found = digest(place / "down" / each.name)
        assert each.metadata == {"digest": found}
        assert found == digest(place / "up" / each.name)
    with timed("deleted"):
        client.object_delete_many(names)
    sys.stdout.write(f"all {len(names):,} are the same by SHA-256, with their metadata\n")


def large(client: S3Client, place: Path, size: int) -> None:
    """One file up and down again."""
    make_large(place / "large", size)
    metadata = {"digest": digest(place / "large"), "note": "gr\u00f6\u00dfer"}
    with timed(f"one file of {size:,} MiB up"):
        assert client.upload_file(place / "large", "large", metadata)
    with timed("down again, parts checked"):
        assert client.download_file("large", place / "large-again")
    info = client.object_info("large")
    assert info
    assert info.metadata == metadata
    assert digest(place / "large-again") == metadata["digest"]
    with client.object_open("large") as file:
        while file.read(MIB):
            pass
        verified = file.verified
    sys.stdout.write(f"it is the same by SHA-256, with its metadata; verified by the store's digests: {verified}\n")


def main(count: int = 2000, size: int = 2048) -> None:
    """Run both."""
    with start_seaweedfs() as server, tempfile.TemporaryDirectory(dir=os.environ.get("OBS_SCRATCH")) as folder:
        client = S3Client(endpoint_url=server.endpoint_url, credentials=server.s3_credentials)
        client.use_container("tree", create=True)
        tree(client, Path(folder), count)
        large(client, Path(folder), size)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
