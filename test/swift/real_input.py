"""Real input for Swift behind Keystone while its tokens, which live for 5 seconds, keep running out.

`python -m test.swift.real_input [files] [MiB of the large file]` sends a tree of files (2,000) and one large file
(2,048 MiB) and brings them back; it says what came back, and exits with 1 unless all of it is byte-identical, with
its metadata.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from obs_client.backends.swift.client import SwiftClient
from test.servers import SwiftLimits, start_keystone
from test.swift.support import segments_of

MIB = 1024 * 1024
WORKERS = 4


def main(arguments: list[str]) -> int:
    """Run with counts from the command line; gives the exit status."""
    files, size = (int(text) for text in (arguments + ["2000", "2048"][len(arguments) :])[:2])
    with start_keystone(SwiftLimits(token_life=5)) as server, tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        source, target = Path(directory, "source"), Path(directory, "target")
        tree = make_tree(source, files, size)
        with SwiftClient(credentials=server.credentials, container_name="real") as client:
            client.container_create("real")
            logins = count_logins(client)
            each("up", tree, lambda name: client.upload_file(source / name, name, metadata_of(name)))
            each("down", tree, lambda name: fetch(client, name, target / name))
            wrong = [name for name in tree if digest(source / name) != digest(target / name)]
            lost = [name for name in tree if found_metadata(client, name) != metadata_of(name)]
            client.object_delete_many(tree)
            left = [*client.object_list(), *segments_of(client)]
    say(f"logins: {len(logins)}; other bytes: {len(wrong)}; other metadata: {len(lost)}; left at the end: {len(left)}")
    return 1 if wrong or lost or left else 0


def make_tree(root: Path, files: int, size: int) -> list[str]:
    """Write the files; gives their names."""
    dice = random.Random(2026)
    names = [f"folder {number % 40}/ü {number % 7}/file #{number}.bin" for number in range(files)]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(dice.randbytes(dice.choice([0, 1, 100, 4096, 50_000])))
    with (root / "large.bin").open("wb") as file:
        for _ in range(size):
            file.write(os.urandom(MIB))
    return [*names, "large.bin"]


def metadata_of(name: str) -> dict[str, str]:
    """The metadata that a file gets."""
    return {"source": name, "tag": hashlib.sha256(name.encode()).hexdigest()}


def found_metadata(client: SwiftClient, name: str) -> dict[str, str] | None:
    """The metadata that the store tells."""
    info = client.object_info(name)
    return info.metadata if info else None


def fetch(client: SwiftClient, name: str, path: Path) -> None:
    """Bring a file back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert client.download_file(name, path)


def each(what: str, names: list[str], move: Callable[[str], object]) -> None:
    """Move all files, several at once, the large one after them; says how long it took."""
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(move, names[:-1]))
    small = time.monotonic() - began
    move(names[-1])
    large = time.monotonic() - began - small
    say(f"{what}: {len(names) - 1:,} files in {small:.1f} s, the large file in {large:.1f} s")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def count_logins(client: SwiftClient) -> list[object]:
    """Collect every login from now on."""
    found: list[object] = []
    session = client._http.session
    log_in = session._log_in

    def counted(stale: object) -> object:
        found.append(log_in(stale))  # type: ignore[arg-type]
        return found[-1]

    session._log_in = counted  # type: ignore[assignment, method-assign]
    return found


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
