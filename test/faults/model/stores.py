"""Stores for the model: each opened with two clients of it, whose every second call fails in a way that passes."""

from __future__ import annotations

import dataclasses
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from obs_client import ClientOptions, LocalClient, MemoryClient
from obs_client.backends.s3.client import S3Client
from obs_client.backends.swift.client import SwiftClient
from obs_client.client import ObjectStorageClient
from obs_client.testing.faults import FaultyClient
from test.field.running import s3_server, swift_server
from test.loopback.s3_double import Ways
from test.loopback.swift.ways import Ways as SwiftWays
from test.s3.running import client as s3_client
from test.s3.running import container as new_s3_container
from test.servers import RunningServer, SwiftServer
from test.swift.support import client_of as swift_client
from test.swift.support import new_container as new_swift_container

PART = 1000
OPTIONS = ClientOptions(part_size=PART, workers=2, first_pause=0.0002, longest_pause=0.002)
BOX = "box"


@dataclasses.dataclass(frozen=True)
class Opened:
    """A container of its own, and two clients that have chosen it."""

    clients: tuple[ObjectStorageClient, ObjectStorageClient]
    part_size: int


@contextmanager
def memory() -> Iterator[Opened]:
    """Both clients are around one store."""
    store = MemoryClient(BOX, options=OPTIONS)
    store.container_create(BOX)
    yield _opened((store, store))


@contextmanager
def local() -> Iterator[Opened]:
    """A directory of its own."""
    with tempfile.TemporaryDirectory() as folder:
        one, other = (LocalClient(folder, BOX, options=OPTIONS) for _ in range(2))
        one.container_create(BOX)
        yield _opened((one, other))


@contextmanager
def s3() -> Iterator[Opened]:
    """A server on loopback, whose parts may be small."""
    double = s3_server(Ways(part_minimum=1))
    box = f"box-{secrets.token_hex(4)}"
    options = dataclasses.replace(OPTIONS, part_size=5 * 1024 * 1024)
    made = [
        S3Client(
            box, endpoint_url=double.url, credentials=double.credentials, conditional_writes=True,
            atomic_conditions=True, options=options,
        )
        for _ in range(2)
    ]  # fmt: skip
    made[0].container_create(box)
    yield _opened((made[0], made[1]))


@contextmanager
def swift() -> Iterator[Opened]:
    """A server on loopback."""
    double = swift_server(SwiftWays())
    box = f"box-{secrets.token_hex(4)}"
    one, other = (SwiftClient(container_name=box, credentials=double.credentials, options=OPTIONS) for _ in range(2))
    one.container_create(box)
    yield _opened((one, other))


def real_s3(server: RunningServer) -> Callable[[], AbstractContextManager[Opened]]:
    """Each time a new container of a running server."""
    options = dataclasses.replace(OPTIONS, part_size=5 * 1024 * 1024)

    @contextmanager
    def opened() -> Iterator[Opened]:
        one, other = (s3_client(server, options, conditional_writes=True) for _ in range(2))
        other.container_name = new_s3_container(one)
        yield _opened((one, other))

    return opened


def real_swift(server: SwiftServer) -> Callable[[], AbstractContextManager[Opened]]:
    """The same of Swift."""

    @contextmanager
    def opened() -> Iterator[Opened]:
        with new_swift_container(server, options=OPTIONS) as one, swift_client(server, options=OPTIONS) as other:
            other.container_name = one.container_name
            yield _opened((one, other))

    return opened


def _opened(clients: tuple[ObjectStorageClient, ObjectStorageClient]) -> Opened:
    faulty = tuple(FaultyClient(client) for client in clients)
    for one, client in zip(faulty, clients, strict=True):
        one.container_name = client.container_name
    return Opened((faulty[0], faulty[1]), max(PART, clients[0].capabilities.part_size_minimum))


STORES: Mapping[str, Callable[[], AbstractContextManager[Opened]]] = {
    "memory": memory,
    "local": local,
    "s3": s3,
    "swift": swift,
}
