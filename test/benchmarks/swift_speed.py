"""SwiftClient against python-swiftclient, on one real server in one run: `python -m test.benchmarks.swift_speed`.

Every figure is a ratio of SwiftClient to swiftclient, the two taking turns; CPU is that of this process alone.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from obs_client.backends.swift import SwiftClient
from obs_client.models import ClientOptions
from test.benchmarks.measuring import MIB, ratio, show
from test.servers import SwiftServer, start_swift

CONTENT = os.urandom(4096)
CONTAINER = "benchmark"


@contextmanager
def clients() -> Iterator[tuple[SwiftServer, SwiftClient, Any]]:
    """A server, a client with an empty container, and swiftclient's own connection."""
    from swiftclient.client import Connection

    with start_swift() as server:
        client = SwiftClient(credentials=server.credentials, container_name=CONTAINER)
        keys = server.credentials
        other = Connection(keys["ST_AUTH"], keys["ST_USER"], keys["ST_KEY"], retries=0)
        client.container_create(CONTAINER)
        client.object_write("warm", CONTENT)
        other.head_account()
        yield server, client, other
        client.close()
        other.close()


def small() -> None:
    """Small objects, one after another."""
    count = 20
    with clients() as (_, client, other):

        def each(run: Callable[[str], object]) -> Callable[[], None]:
            return lambda: _drain(run(f"o{number}") for number in range(count))

        pairs: dict[str, tuple[Callable[[str], object], Callable[[str], object]]] = {
            "put": (
                lambda name: client.object_write(name, CONTENT),
                lambda name: other.put_object(CONTAINER, name, CONTENT),
            ),
            "get": (client.object_read, lambda name: other.get_object(CONTAINER, name)),
            "head": (client.object_info, lambda name: other.head_object(CONTAINER, name)),
        }
        for what, (ours, theirs) in pairs.items():
            show(f"small {what}, 4 KiB", ratio(each(ours), each(theirs), 15), count, "0.45, aim 0.25")
        _small_delete(client, other, count)


def _drain(results: Iterator[object]) -> None:
    for _ in results:
        pass


def _small_delete(client: SwiftClient, other: Any, count: int) -> None:
    names = iter([f"d{number}" for number in range(30 * count)])
    for number in range(30 * count):
        client.object_write(f"d{number}", b"")

    def delete(run: Callable[[str], object]) -> Callable[[], None]:
        return lambda: _drain(run(next(names)) for _ in range(count))

    measured = ratio(delete(client.object_delete), delete(lambda name: other.delete_object(CONTAINER, name)), 15)
    show("small delete", measured, count, "0.45, aim 0.25")


def listing(count: int = 100_000) -> None:
    """A listing of many objects; they are entered into the container's database by the container server itself."""
    with clients() as (server, client, other):
        fill(server, client, count)
        ours = ratio(
            lambda: sum(1 for _ in client.object_iter()),
            lambda: len(other.get_container(CONTAINER, full_listing=True)[1]),
            3,
        )
        show(f"listing {count:,} objects", ours, count, "1.1, aim 0.9")


def fill(server: SwiftServer, client: SwiftClient, count: int) -> None:
    """Put rows into the container without objects: they are only listed."""
    import glob
    import sqlite3

    (path,) = [
        each
        for each in glob.glob(f"{server.process.directory}/**/containers/**/*.db", recursive=True)
        if sqlite3.connect(each).execute("select container from container_info").fetchone()[0] == CONTAINER
    ]
    client.container_info(CONTAINER)
    with sqlite3.connect(path) as database:
        database.create_function("chexor", 3, lambda old, _name, _timestamp: old)
        rows = [
            (
                f"folder/{number // 1000:04}/an object of the benchmark, {number:08}.data",
                f"{1.7e9 + number:.5f}",
                number,
            )
            for number in range(count)
        ]
        database.executemany(
            "insert into object (name, created_at, size, content_type, etag, deleted, storage_policy_index) "
            "values (?, ?, ?, 'application/octet-stream', 'd41d8cd98f00b204e9800998ecf8427e', 0, 0)",
            rows,
        )


def large(size: int = 1024 * MIB) -> None:
    """One large file up and down, integrity checked, against SwiftService with 4 segment threads."""
    from swiftclient.service import SwiftService, SwiftUploadObject

    with clients() as (server, client, _), tempfile.TemporaryDirectory(dir=_memory()) as directory:
        keys = server.credentials
        options = {"auth": keys["ST_AUTH"], "user": keys["ST_USER"], "key": keys["ST_KEY"], "auth_version": "1"}
        source, target = os.path.join(directory, "source"), os.path.join(directory, "target")
        with open(source, "wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        upload = {
            "segment_size": size // 16,
            "use_slo": True,
            "segment_container": "service_segments",
            "checksum": True,
        }
        with SwiftService(options | {"object_uu_threads": 1, "segment_threads": 4}) as service:

            def put() -> None:
                results = service.upload(CONTAINER, [SwiftUploadObject(source, "service")], upload)
                assert all(result["success"] for result in results)

            def get() -> None:
                results = service.download(CONTAINER, ["service"], {"out_file": target, "checksum": True})
                assert all(result["success"] for result in results)

            client.options = ClientOptions(part_size=size // 16)
            up = ratio(lambda: client.upload_file(source, "ours"), put, 2)
            show(f"upload {size // MIB} MiB", up, 1, "wall 0.5")
            down = ratio(lambda: client.download_file("ours", target), get, 2)
            show(f"download {size // MIB} MiB", down, 1, "wall 0.5")
            show_bound("upload", server, lambda: client.upload_file(source, "ours"))
            show_bound("download", server, lambda: client.download_file("ours", target))


def show_bound(what: str, server: SwiftServer, move: Callable[[], object]) -> None:
    """Print how much of a transfer's time the server, which is one process with one thread, was at work."""
    before, began = server_cpu(server), time.perf_counter()
    move()
    wall = time.perf_counter() - began
    sys.stdout.write(f"{what}: {wall:.2f} s, in which the server used {server_cpu(server) - before:.2f} s of CPU\n")


def server_cpu(server: SwiftServer) -> float:
    """Seconds of CPU that the server's processes used so far."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(server.process.directory) in (process / "cmdline").read_text():
                ticks += sum(int(field) for field in (process / "stat").read_text().rpartition(")")[2].split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def deleting(count: int = 10_000) -> None:
    """Bulk delete against single requests by 8 threads of swiftclient."""
    with clients() as (server, client, _):
        _write_many(client, count)
        counted = _requests(client)
        began = time.perf_counter()
        client.object_delete_many([f"many/{number}" for number in range(count)])
        ours = time.perf_counter() - began
        requests = len(counted)
        _write_many(client, count)
        theirs = _delete_by_threads(server, [f"many/{number}" for number in range(count)])
        sys.stdout.write(
            f"deleting {count:,} objects            wall {ours / theirs:5.2f} x   requests {requests} to {count:,} "
            f"(goal 1.0; 1/1,000)\n"
        )


def _requests(client: SwiftClient) -> list[str]:
    methods: list[str] = []
    send = client._http._send_once

    def counted(method: str, *arguments: Any) -> Any:
        methods.append(method)
        return send(method, *arguments)

    client._http._send_once = counted  # type: ignore[assignment, method-assign]
    return methods


def _write_many(client: SwiftClient, count: int) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.object_write(f"many/{number}", b""), range(count)))


def _delete_by_threads(server: SwiftServer, names: list[str]) -> float:
    from swiftclient.client import Connection

    keys = server.credentials

    def delete(mine: list[str]) -> None:
        connection = Connection(keys["ST_AUTH"], keys["ST_USER"], keys["ST_KEY"], retries=0)
        for name in mine:
            connection.delete_object(CONTAINER, name)

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(delete, [names[start::8] for start in range(8)]))
    return time.perf_counter() - began


def _memory() -> str | None:
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


BENCHMARKS: dict[str, Callable[[], None]] = {
    "swift-small": small,
    "swift-listing": listing,
    "swift-large": large,
    "swift-delete": deleting,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[chosen]()
