"""The main job, on real files: `test/demo [directory [storage-url]]`.

Puts every file of a directory tree into a store, with metadata, lists it, reads one back as a newcomer would, and
compares every byte. Without arguments the tree is what is installed beside this library (the SDKs bring some thousand
files), and the store a temporary directory, which is removed at the end.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from obs_client import ObjectInfo, ObjectStorageClient, from_url

CONTAINER = "demo"


def main(arguments: list[str]) -> int:
    """Run the demonstration; 0 only if every byte came back."""
    tree = Path(arguments[0] if arguments else sysconfig.get_path("purelib"))
    if len(arguments) > 1:
        return demonstrate(tree, from_url(arguments[1]))
    with tempfile.TemporaryDirectory(prefix="obs_client-demo-") as root:
        return demonstrate(tree, from_url(f"file://{root}"))


def demonstrate(tree: Path, client: ObjectStorageClient) -> int:
    """Upload, list, read back, compare, and say so."""
    with client:
        client.use_container(CONTAINER, create=True)
        print(f"Uploading the files below {tree} into container {CONTAINER!r} of {client!r}.")
        started = time.perf_counter()
        digests = {name: upload(client, tree, name) for name in files_below(tree)}
        seconds = time.perf_counter() - started
        print(f"Uploaded {len(digests):,} files in {seconds:.1f} s, each with its SHA-256 as metadata.")
        listed = {
            entry.name: entry for entry in client.object_iter(fetch_metadata=True) if isinstance(entry, ObjectInfo)
        }
        print(f"Listed {len(listed):,} objects, {sum(entry.size or 0 for entry in listed.values()):,} bytes in all.")
        show_one(client, sorted(digests)[len(digests) // 2])
        wrong = [name for name, digest in digests.items() if not is_same(client, listed.get(name), name, digest)]
        for name in sorted(digests):
            client.object_delete(name)
        client.container_delete(CONTAINER)
    for name in wrong:
        print(f"WRONG: {name!r} did not come back as it went.", file=sys.stderr)
    same = len(digests) - len(wrong)
    print(f"Read all {len(digests):,} back: {same:,} are the same to the byte, {len(wrong):,} are not.")
    return 1 if wrong or len(listed) != len(digests) else 0


def files_below(tree: Path) -> Iterator[str]:
    """The names of the regular files, with slashes, in the order of the directories."""
    for directory, folders, files in os.walk(tree):
        folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
        for file in sorted(files):
            path = Path(directory, file)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(tree).as_posix()


def upload(client: ObjectStorageClient, tree: Path, name: str) -> str:
    """Upload one file, with its digest as metadata."""
    path = tree / name
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    client.upload_file(path, name, {"sha256": digest, "modified": str(int(path.stat().st_mtime))})
    return digest


def show_one(client: ObjectStorageClient, name: str) -> None:
    """Read one object back and show what the store says of it."""
    info = client.object_info(name)
    assert info is not None
    first = client.object_read(name, stop=60)
    print(f"For example {name!r}: {info.size:,} bytes, {info.content_type}, metadata {info.metadata},")
    print(f"    and begins with {first!r}.")


def is_same(client: ObjectStorageClient, listed: ObjectInfo | None, name: str, digest: str) -> bool:
    """Whether an object came back whole, with its metadata in the listing."""
    if listed is None or listed.metadata is None or listed.metadata["sha256"] != digest:
        return False
    return hashlib.sha256(client.object_read(name)).hexdigest() == digest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
