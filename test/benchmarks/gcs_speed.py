"""GCSClient against google-cloud-storage, on the double in one run: `python -m test.benchmarks.gcs_speed`.

Every figure is a ratio of GCSClient to Google's client, the two taking turns; CPU is that of this process alone.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from obs_client.backends.gcs.client import GCSClient
from test.benchmarks.measuring import MIB, ratio, show
from test.servers import start_google

CONTENT = os.urandom(4096)
CONTAINER = "benchmark"
COUNT = 50
LISTED = 3000
LARGE = 256 * MIB


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


def main() -> None:
    """Print all figures."""
    with clients() as (client, bucket):
        small(client, bucket)
        listing(client, bucket)
        large(client, bucket)


if __name__ == "__main__":
    main()
