"""GCSClient against google-cloud-storage on the double: `python -m test.benchmarks.gcs.speed [small] [first] …`.

Every figure is a ratio of GCSClient to Google's client, the two taking turns; CPU is that of this process alone.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from obs_client.backends.gcs.client import GCSClient
from test.benchmarks.gcs import stub
from test.benchmarks.measuring import MIB, ratio, show
from test.servers import start_google

CONTENT = os.urandom(4096)
CONTAINER = "benchmark"
COUNT = 50
LISTED = 3000
LARGE = 256 * MIB

FIRST = {
    "GCSClient": """
        from obs_client import GCSClient
        imported = time.perf_counter() - begun
        read = GCSClient("benchmark", endpoint_url=url).object_read("name")
    """,
    "google-cloud-storage": """
        import json
        from google.cloud import storage
        from google.oauth2 import service_account
        imported = time.perf_counter() - begun
        info = json.loads(os.environ["GOOGLE_SERVICE_ACCOUNT_KEY"])
        key = service_account.Credentials.from_service_account_info(info)
        client = storage.Client("p", key, client_options={"api_endpoint": url})
        read = client.bucket("benchmark").blob("name").download_as_bytes()
    """,
}


@contextmanager
def clients() -> Iterator[tuple[GCSClient, Any]]:
    """A client with an empty container, and the same container by Google's client."""
    with start_google() as server:
        client = GCSClient(CONTAINER, endpoint_url=server.endpoint_url, credentials=server.credentials)
        with contextlib.closing(client):
            client.container_create(CONTAINER)
            yield client, client.native.bucket(CONTAINER)


def small(client: GCSClient, bucket: Any) -> None:
    """Objects of 4 KiB, one after another."""
    pairs: dict[str, tuple[Callable[[str], object], Callable[[str], object]]] = {
        "put": (
            lambda name: client.object_write(name, CONTENT),
            lambda name: bucket.blob(name).upload_from_string(CONTENT),
        ),
        "get": (client.object_read, lambda name: bucket.blob(name).download_as_bytes(raw_download=True)),
        "head": (client.object_info, bucket.get_blob),
    }
    for what, (ours, theirs) in pairs.items():
        show(f"{what} of 4 KiB", ratio(_each(ours), _each(theirs), 5, warm=True), COUNT, "0.20")
    deletes(client, bucket)


def deletes(client: GCSClient, bucket: Any) -> None:
    """As `small`, of objects that are there."""
    for number in range(20 * COUNT):
        client.object_write(f"d{number}", b"")
    names = iter(range(20 * COUNT))

    def run(delete: Callable[[str], object]) -> Callable[[], None]:
        def runs() -> None:
            for _ in range(COUNT):
                delete(f"d{next(names)}")

        return runs

    found = ratio(run(client.object_delete), run(lambda name: bucket.blob(name).delete()), 5, warm=True)
    show("delete", found, COUNT, "0.20")


def _each(run: Callable[[str], object]) -> Callable[[], None]:
    def runs() -> None:
        for number in range(COUNT):
            run(f"o{number}")

    return runs


def listing(client: GCSClient, bucket: Any) -> None:
    """A listing of several pages."""
    for number in range(LISTED):
        client.object_write(f"l/{number:05}", b"")
    found = ratio(
        lambda: sum(1 for _ in client.object_iter(prefix="l/")),
        lambda: sum(1 for _ in bucket.list_blobs(prefix="l/")),
        5,
    )
    show(f"list of {LISTED:,}", found, LISTED, "0.15")


def first(client: GCSClient, bucket: Any, rounds: int = 9) -> None:
    """The first object of a fresh process: import, login with a service account's key, and read."""
    client.object_write("name", CONTENT)
    key = client._credentials.get("GOOGLE_SERVICE_ACCOUNT_KEY") or ""
    with tempfile.TemporaryDirectory() as kept:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPYCACHEPREFIX": kept, "GOOGLE_SERVICE_ACCOUNT_KEY": key}
        taken: dict[str, list[list[float]]] = {name: [] for name in FIRST}
        for number in range(rounds + 1):
            for name, body in FIRST.items():
                program = "import sys, time, os\nbegun, url = time.perf_counter(), sys.argv[1]\n" + textwrap.dedent(
                    body
                )
                program += "\nassert len(read) == 4096\nprint(imported, time.perf_counter() - begun)\n"
                command = [sys.executable, "-c", program, client._requests.login.endpoint]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                if number:  # in the first round byte code is made
                    taken[name].append([float(each) * 1e3 for each in done.stdout.split()])
    for name, times in taken.items():
        imported, read = (statistics.median(each) for each in zip(*times, strict=True))
        print(f"{name:20} import {imported:4.0f} ms, to the end of the first read {read:4.0f} ms (goals 60, 90)")


def large(client: GCSClient, bucket: Any) -> None:
    """A large file up and down: ours checks the content, Google's does not."""
    with tempfile.TemporaryDirectory() as directory:
        path, target = Path(directory, "source"), Path(directory, "target")
        path.write_bytes(os.urandom(LARGE))
        blob = bucket.blob("large")
        up = ratio(lambda: client.upload_file(path, "large"), lambda: blob.upload_from_filename(path, checksum=None), 1)
        show(f"up, {LARGE // MIB} MiB", up, 1, "0.67")
        down = ratio(
            lambda: client.download_file("large", target), lambda: blob.download_to_filename(target, checksum=None), 1
        )
        show(f"down, {LARGE // MIB} MiB", down, 1, "0.67")


def upload(client: GCSClient, bucket: Any) -> None:
    """A GiB up, to a server that only looks like Google's (`stub`), so that its speed does not count."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    with stub.running() as url, tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "source")
        with path.open("wb") as file:
            file.truncate(1024 * MIB)
        blob = (
            storage.Client("p", AnonymousCredentials(), client_options={"api_endpoint": url}).bucket("b").blob("large")
        )
        with GCSClient("benchmark", endpoint_url=url, credentials={"GOOGLE_OAUTH_ACCESS_TOKEN": "token"}) as ours:
            up = ratio(
                lambda: ours.upload_file(path, "large"), lambda: blob.upload_from_filename(path, checksum=None), 3
            )
    show("up, 1024 MiB, to a server that does nothing", up, 1, "0.67 of wall")


def main(wanted: list[str]) -> None:
    """Print the figures wanted, else all."""
    with clients() as (client, bucket):
        for run in (small, listing, first, large, upload):
            if run.__name__ in wanted or not wanted:
                run(client, bucket)


if __name__ == "__main__":
    main(sys.argv[1:])
