"""AzureClient against azure-storage-blob: `python -m test.benchmarks.azure.speed [small] [listing] [large] [first]`.

Every figure is a ratio of AzureClient to Azure's client, the two taking turns, on a server that only looks like Azure
(`stub`), so that its own speed does not count; CPU is that of this process alone.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from obs_client.backend.crcs import has_crc64
from obs_client.backends.azure.client import AzureClient
from test.benchmarks.azure import stub
from test.benchmarks.measuring import MIB, growth, ratio, show

CONTENT = os.urandom(4096)
COUNT = 200
LISTED = stub.LISTED
LARGE = stub.LARGE_SIZE

GROWING = """
    from obs_client import AzureClient
    client = AzureClient("box", account_url=sys.argv[1], credentials={"AZURE_STORAGE_ANON": ""})
    next(client.object_iter())
    start()
    print(sum(1 for _ in client.object_iter()))
"""

FIRST = {
    "AzureClient": """
        from obs_client import AzureClient
        imported = time.perf_counter() - begun
        client = AzureClient("box", account_url=url, credentials={"AZURE_STORAGE_ANON": ""})
        read = client.object_read("name")
    """,
    "azure-storage-blob": """
        from azure.storage.blob import BlobServiceClient
        imported = time.perf_counter() - begun
        key = {"account_name": "devstoreaccount1", "account_key": sys.argv[2]}
        read = BlobServiceClient(url, credential=key).get_blob_client("box", "name").download_blob().readall()
    """,
}


def small(client: AzureClient, container: Any) -> None:
    """Objects of 4 KiB, one after another."""
    pairs: dict[str, tuple[Callable[[str], object], Callable[[str], object]]] = {
        "put": (
            lambda name: client.object_write(name, CONTENT),
            lambda name: container.upload_blob(name, CONTENT, overwrite=True),
        ),
        "get": (client.object_read, lambda name: container.download_blob(name).readall()),
        "head": (client.object_info, lambda name: container.get_blob_client(name).get_blob_properties()),
        "delete": (client.object_delete, container.delete_blob),
    }
    for what, (ours, theirs) in pairs.items():
        show(f"{what} of 4 KiB", ratio(_each(ours), _each(theirs), 9, warm=True), COUNT, "0.15")


def _each(run: Callable[[str], object]) -> Callable[[], None]:
    def runs() -> None:
        for number in range(COUNT):
            run(f"o{number}")

    return runs


def listing(client: AzureClient, container: Any) -> None:
    """A listing of 100,000 entries with their metadata."""
    found = ratio(
        lambda: sum(1 for _ in client.object_iter(fetch_metadata=True)),
        lambda: sum(1 for _ in container.list_blobs(include=["metadata"])),
        3,
        warm=True,
    )
    show(f"list of {LISTED:,}", found, LISTED, "0.15")
    grown, count = growth(GROWING, container.url.rpartition("/")[0])
    print(f"list of {int(count):,}: grows by {grown:.1f} MiB (goal 8)", flush=True)


def large(client: AzureClient, container: Any) -> None:
    """A GiB up and down: ours checks the content, Azure's does not.

    What checks it is a CRC-64 where the package awscrt is installed, else MD5, which takes most of the time then.
    """
    print(f"checked by {'CRC-64' if has_crc64() else 'MD5 (awscrt is not installed)'}")
    with tempfile.TemporaryDirectory() as directory:
        path, target = Path(directory, "source"), Path(directory, "target")
        with path.open("wb") as file:
            file.truncate(LARGE)

        def up() -> None:
            with path.open("rb") as source:
                container.upload_blob("written", source, overwrite=True, max_concurrency=4)

        def down() -> None:
            with target.open("wb") as file:
                container.download_blob("large", max_concurrency=4).readinto(file)

        show(f"up, {LARGE // MIB} MiB", ratio(lambda: client.upload_file(path, "written"), up, 2), 1, "0.67 of wall")
        show(f"down, {LARGE // MIB} MiB", ratio(lambda: client.download_file("large", target), down, 2), 1, "0.67")


def first(url: str, rounds: int = 9) -> None:
    """The first object of a fresh process: import, client and read with the account's key."""
    from obs_client.backends.azure.login import DEVELOPMENT_KEY

    with tempfile.TemporaryDirectory() as kept:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = kept
        taken: dict[str, list[list[float]]] = {name: [] for name in FIRST}
        for number in range(rounds + 1):
            for name, body in FIRST.items():
                program = "import sys, time\nbegun, url = time.perf_counter(), sys.argv[1]\n" + textwrap.dedent(body)
                program += "\nassert len(read) == 4096\nprint(imported, time.perf_counter() - begun)\n"
                command = [sys.executable, "-c", program, url, DEVELOPMENT_KEY]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                if number:  # in the first round byte code is made
                    taken[name].append([float(each) * 1e3 for each in done.stdout.split()])
    for name, times in taken.items():
        imported, read = (statistics.median(each) for each in zip(*times, strict=True))
        print(f"{name:20} import {imported:4.0f} ms, to the end of the first read {read:4.0f} ms (goals 60, 90)")


def main(wanted: list[str]) -> None:
    """Print the figures wanted, else all."""
    with stub.running() as url:
        # The key of the account that emulators have is found by itself.
        client = AzureClient("box", account_url=url, credentials={"AZURE_STORAGE_ANON": ""})
        with contextlib.closing(client), client.native as native:
            for run in (small, listing, large):
                if run.__name__ in wanted or not wanted:
                    run(client, native.get_container_client("box"))
        if "first" in wanted or not wanted:
            first(url)


if __name__ == "__main__":
    main(sys.argv[1:])
