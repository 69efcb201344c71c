"""SwiftClient against python-swiftclient, on one real server in one run: `python -m test.benchmarks.swift_speed`.

Every figure is a ratio of SwiftClient to swiftclient, the two taking turns; CPU is that of this process alone.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from obs_client.backends.swift.client import SwiftClient
from obs_client.models import ClientOptions
from test.benchmarks import swift_stub
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
    from swiftclient.service import SwiftService

    with clients() as (server, client, _), tempfile.TemporaryDirectory(dir=_memory()) as directory:
        keys = server.credentials
        login = {"auth": keys["ST_AUTH"], "user": keys["ST_USER"], "key": keys["ST_KEY"], "auth_version": "1"}
        source, target = os.path.join(directory, "source"), os.path.join(directory, "target")
        with open(source, "wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        with SwiftService(login | {"object_uu_threads": 1, "segment_threads": 4}) as service:

            def put() -> None:
                _service_upload(service, source, "service", size // 16)

            def get() -> None:
                _service_download(service, "service", target)

            client.options = ClientOptions(part_size=size // 16)
            up = ratio(lambda: client.upload_file(source, "ours"), put, 2)
            show(f"upload {size // MIB} MiB", up, 1, "wall 0.5")
            down = ratio(lambda: client.download_file("ours", target), get, 2)
            show(f"download {size // MIB} MiB", down, 1, "wall 0.5")
            show_bound("upload", server, lambda: client.upload_file(source, "ours"))
            show_bound("download", server, lambda: client.download_file("ours", target))


def large_by_stub(size: int = 1024 * MIB) -> None:
    """The same transfers against a server that costs nearly nothing, and what bounds them: MD5 alone, no MD5."""
    from swiftclient.service import SwiftService

    segment = size // swift_stub.SEGMENTS
    with swift_stub.running(segment) as url, tempfile.TemporaryDirectory(dir=_memory()) as directory:
        source, target = os.path.join(directory, "source"), os.path.join(directory, "target")
        with open(source, "wb") as file:
            for _ in range(swift_stub.SEGMENTS):
                file.write(swift_stub.segment_of(segment))
        login = {"auth": f"{url}/auth/v1.0", "user": "u", "key": "k", "auth_version": "1"}
        checked, unchecked = (
            SwiftClient(f"{url}/v1/AUTH_x", CONTAINER, credentials={"OS_AUTH_TOKEN": "t"}, options=options)
            for options in (ClientOptions(segment), ClientOptions(segment, check_content=False))
        )
        with SwiftService(login | {"object_uu_threads": 1, "segment_threads": 4}) as service:
            for what, variants in (
                (
                    "upload",
                    {
                        "ours": lambda: checked.upload_file(source, "new"),
                        "SwiftService": lambda: _service_upload(service, source, "new", segment),
                        "ours without MD5": lambda: unchecked.upload_file(source, "new"),
                        "MD5 alone": lambda: _hash_file(source, segment),
                    },
                ),
                (
                    "download",
                    {
                        "ours": lambda: checked.download_file("stored", target),
                        "SwiftService (hashes no large object)": lambda: _service_download(service, "stored", target),
                        "ours without MD5": lambda: unchecked.download_file("stored", target),
                    },
                ),
            ):
                for name, (wall, cpu) in _take_turns(variants, 3).items():
                    sys.stdout.write(f"stub, {what} {size // MIB} MiB, {name}: {wall:.2f} s, client CPU {cpu:.2f} s\n")
                    sys.stdout.flush()


def _take_turns(variants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """The shortest wall and CPU seconds of each."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            before = time.perf_counter(), time.process_time()
            run()
            found[name].append((time.perf_counter() - before[0], time.process_time() - before[1]))
    return {name: (min(wall for wall, _ in each), min(cpu for _, cpu in each)) for name, each in found.items()}


def _hash_file(path: str, segment: int) -> None:
    """The MD5 of every segment, by 4 threads."""

    def digest(number: int) -> str:
        hasher, buffer = hashlib.md5(usedforsecurity=False), memoryview(bytearray(512 * 1024))
        with open(path, "rb", buffering=0) as file:
            file.seek(number * segment)
            for _ in range(segment // len(buffer)):
                file.readinto(buffer)
                hasher.update(buffer)
        return hasher.hexdigest()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(digest, range(os.path.getsize(path) // segment)))


def _service_upload(service: Any, path: str, name: str, segment: int) -> None:
    from swiftclient.service import SwiftUploadObject

    options = {"segment_size": segment, "use_slo": True, "segment_container": "service_segments", "checksum": True}
    results = list(service.upload(CONTAINER, [SwiftUploadObject(path, name)], options))
    assert all(result["success"] for result in results), results


def _service_download(service: Any, name: str, path: str) -> None:
    results = list(service.download(CONTAINER, [name], {"out_file": path, "checksum": True}))
    assert all(result["success"] for result in results), results


def show_bound(what: str, server: SwiftServer, move: Callable[[], object]) -> None:
    """Print how much of a transfer's time the server, which is one process with one thread, was at work."""
    wall, cpu = _measure(server, move)
    sys.stdout.write(f"{what}: {wall:.2f} s, in which the server used {cpu:.2f} s of CPU\n")


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
    names = [f"many/{number}" for number in range(count)]
    with clients() as (server, client, _):
        _write_many(client, count)
        counted = _requests(client)
        ours = _measure(server, lambda: client.object_delete_many(names))
        requests = len(counted)
        _write_many(client, count)
        theirs = _measure(server, lambda: _delete_by_threads(server, names))
    sys.stdout.write(
        f"deleting {count:,} objects            wall {ours[0] / theirs[0]:5.2f} x   "
        f"server CPU {ours[1] / theirs[1]:5.2f} x   requests {requests} to {count:,} (goal 1.0; 1/1,000)\n"
    )


def _measure(server: SwiftServer, run: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and the server's seconds of CPU."""
    cpu, began = server_cpu(server), time.perf_counter()
    run()
    return time.perf_counter() - began, server_cpu(server) - cpu


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


def _delete_by_threads(server: SwiftServer, names: list[str]) -> None:
    from swiftclient.client import Connection

    keys = server.credentials

    def delete(mine: list[str]) -> None:
        connection = Connection(keys["ST_AUTH"], keys["ST_USER"], keys["ST_KEY"], retries=0)
        for name in mine:
            connection.delete_object(CONTAINER, name)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(delete, [names[start::8] for start in range(8)]))


def _memory() -> str | None:
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


BENCHMARKS: dict[str, Callable[[], None]] = {
    "swift-small": small,
    "swift-listing": listing,
    "swift-large": large,
    "swift-client": large_by_stub,
    "swift-delete": deleting,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[chosen]()
