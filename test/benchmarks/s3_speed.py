"""S3Client against raw boto3, on the same server in the same run: `python -m test.benchmarks.s3_speed [TOPIC ...]`.

Every figure is a ratio of S3Client to boto3 as it comes, the two taking turns; CPU is that of this process alone.
"""

from __future__ import annotations

import concurrent.futures
import http.client
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from obs_client.backends.s3.client import S3Client
from obs_client.models import ClientOptions
from test.benchmarks import s3_stub
from test.benchmarks.measuring import MIB, growth, ratio, show
from test.benchmarks.s3_first import first
from test.servers import start_seaweedfs

CONTAINER = "benchmark"
KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}


class Pair:
    """S3Client and boto3's client of one server."""

    def __init__(self, url: str, keys: dict[str, str], *, verify: bool | str = True, **options: Any) -> None:
        import boto3

        self.url = url
        self.ours = S3Client(
            CONTAINER, region="us-east-1", endpoint_url=url, credentials=keys, verify=verify,
            options=ClientOptions(**options),
        )  # fmt: skip
        self.theirs: Any = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            verify=verify,
        )


@contextmanager
def seaweedfs(**options: Any) -> Iterator[Pair]:
    """A real server with an empty container."""
    with start_seaweedfs() as server:
        pair = Pair(server.endpoint_url, dict(server.s3_credentials), **options)
        pair.ours.container_create(CONTAINER)
        yield pair


def _small_calls(pair: Pair) -> dict[str, tuple[Callable[[str], object], Callable[[str], object]]]:
    ours, theirs, data = pair.ours, pair.theirs, s3_stub.SMALL
    return {
        "put": (
            lambda name: ours.object_write(name, data),
            lambda name: theirs.put_object(Bucket=CONTAINER, Key=name, Body=data),
        ),
        "get": (ours.object_read, lambda name: theirs.get_object(Bucket=CONTAINER, Key=name)["Body"].read()),
        "head": (ours.object_info, lambda name: theirs.head_object(Bucket=CONTAINER, Key=name)),
        "delete": (ours.object_delete, lambda name: theirs.delete_object(Bucket=CONTAINER, Key=name)),
    }


def _small(pair: Pair, where: str, count: int, rounds: int) -> None:
    for what, (ours, theirs) in _small_calls(pair).items():

        def each(run: Callable[[str], object]) -> Callable[[], object]:
            return lambda: [run(f"o{number}") for number in range(count)]

        show(f"small {what}, {where}", ratio(each(ours), each(theirs), rounds, warm=True), count, "CPU 0.42, aim 0.30")


def floor(pair: Pair, count: int = 200) -> None:
    """A GET by `http.client` with a signed URL, on one connection."""
    pair.ours.object_write("floor", s3_stub.SMALL)
    url = urlsplit(pair.ours.object_generate_download_url("floor"))
    connection = http.client.HTTPConnection(url.netloc)
    started = time.process_time()
    for _ in range(count):
        connection.request("GET", f"{url.path}?{url.query}")
        connection.getresponse().read()
    sys.stdout.write(
        f"{'floor: http.client, signed before':44} {(time.process_time() - started) / count * 1e6:.1f} us\n"
    )


def small() -> None:
    """Small objects, one after another."""
    with seaweedfs() as pair:
        floor(pair)
        _small(pair, "SeaweedFS", 20, 11)
    with s3_stub.running() as url:
        pair = Pair(url, KEYS)
        floor(pair)
        _small(pair, "a server that does nothing", 40, 11)


def threads() -> None:
    """Small objects by 32 threads."""
    with s3_stub.running() as url, concurrent.futures.ThreadPoolExecutor(32) as pool:
        names = [f"o{number}" for number in range(400)]
        for what, (ours, theirs) in _small_calls(Pair(url, KEYS)).items():

            def each(run: Callable[[str], object]) -> Callable[[], object]:
                return lambda: [*pool.map(run, names)]

            show(f"small {what}, 32 threads", ratio(each(ours), each(theirs), 5, warm=True), 400, "speed 2.2, aim 3")


def latency() -> None:
    """Small writes on a server 10 ms away, and 20 ms for a word of leave."""
    with s3_stub.running(0.01) as url:
        ours, theirs = _small_calls(Pair(url, KEYS))["put"]
        measured = ratio(lambda: [ours("a") for _ in range(20)], lambda: [theirs("a") for _ in range(20)], 3, warm=True)
        show("small put, 10 ms away", measured, 20, "wall 0.65, aim 0.60: speed 1.54")


def listing() -> None:
    """A listing of 100,000 objects, against boto3 and (where it is installed) obstore; and its memory."""
    with s3_stub.running() as url:
        pair = Pair(url, KEYS)

        def ours() -> int:
            return sum(1 for _ in pair.ours.object_iter())

        paginator = pair.theirs.get_paginator("list_objects_v2")
        measured = ratio(
            ours,
            lambda: sum(len(page["Contents"]) for page in paginator.paginate(Bucket=CONTAINER, MaxKeys=1000)),
            1,
            warm=True,
        )
        show("listing 100,000 objects", measured, s3_stub.LISTED, "CPU 0.12, aim 0.05")
        if importlib.util.find_spec("obstore"):
            measured = ratio(ours, lambda: _list_by_obstore(url), 7, warm=True)
            show("the same, against obstore", measured, s3_stub.LISTED, "wall 1.2")
        program = """
            from obs_client.backends.s3.client import S3Client
            client = S3Client("benchmark", endpoint_url=sys.argv[1],
                              credentials={"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"})
            client.object_info("a")
            start()
            assert sum(1 for _ in client.object_iter()) == 100_000
            """
        sys.stdout.write(f"{'memory growth of it':44} {growth(program, url)[0]:.1f} MiB (goal 8)\n")


def _list_by_obstore(url: str) -> int:
    import obstore
    from obstore.store import S3Store

    store = S3Store(CONTAINER, endpoint=url, region="us-east-1", access_key_id="id", secret_access_key="secret",
                    client_options={"allow_http": True}, virtual_hosted_style_request=False)  # fmt: skip
    return sum(len(page) for page in obstore.list(store, chunk_size=1000))


def download(size: int = 1024) -> None:
    """A large object in parts to a file, with and without the check of its parts."""
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = f"{place}/file"
        with seaweedfs() as pair:
            with open(path, "wb") as file:
                for _ in range(size):
                    file.write(os.urandom(MIB))
            pair.ours.upload_file(path, "large")
            _download(pair, f"{size} MiB, SeaweedFS", path)
        with s3_stub.running() as url:
            _download(Pair(url, KEYS), f"{s3_stub.LARGE_SIZE // MIB} MiB, a server that does nothing", path)


def _download(pair: Pair, what: str, path: str) -> None:
    keys = pair.ours._requests.settings.keys.given()
    unchecked = S3Client(CONTAINER, endpoint_url=pair.url, credentials=keys, options=ClientOptions(check_content=False))
    for how, client, goal in (("checked", pair.ours, "1.6, aim 1.8"), ("not checked", unchecked, "2.0, aim 2.4")):
        measured = ratio(
            lambda c=client: c.download_file("large", path),  # type: ignore[misc]
            lambda: pair.theirs.download_file(CONTAINER, "large", path),
            3,
            warm=True,
        )
        show(f"{what}, {how}", measured, 1, f"speed {goal}")


def upload(size: int = 256) -> None:
    """A large file up, checked by the server, to one that takes everything; plain and over TLS."""
    from pathlib import Path

    from test.loopback.tls import make_authority

    folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = f"{place}/file"
        with open(path, "wb") as file:
            for _ in range(size):
                file.write(os.urandom(MIB))
        authority = make_authority(Path(place))
        authority.server_context("IP:127.0.0.1")
        (certificate,) = Path(place).glob("*.crt")
        for pem in (None, f"{certificate},{certificate.with_suffix('.key')}"):
            with s3_stub.running(certificate=pem) as url:
                pair = Pair(url, KEYS, verify=str(authority.file))
                md5 = S3Client(
                    CONTAINER, endpoint_url=url, credentials=KEYS, verify=str(authority.file), checksums=False
                )
                for what, client in (("as it comes", pair.ours), ("MD5", md5)):
                    measured = ratio(
                        lambda c=client: c.upload_file(path, "large"),  # type: ignore[misc]
                        lambda p=pair: p.theirs.upload_file(path, CONTAINER, "large"),  # type: ignore[misc]
                        3,
                        warm=True,
                    )
                    goal = "CPU 0.7, aim 0.5" if pem else "speed 2, aim 4"
                    show(f"{size} MiB up, {what}, {'TLS' if pem else 'plain'}", measured, 1, goal)


TOPICS = {each.__name__: each for each in (first, small, threads, latency, listing, download, upload)}

if __name__ == "__main__":
    for topic in sys.argv[1:] or TOPICS:
        TOPICS[topic]()
