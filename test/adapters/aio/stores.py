"""The stores on which the asynchronous client is tried, each with an empty container that is chosen."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from obs_client import ClientOptions, LocalClient, MemoryClient, ObjectStorageClient
from obs_client.backends.s3.client import S3Client
from test.loopback.s3.ways import Ways
from test.loopback.s3_double import s3_double
from test.s3.running import client as s3_client
from test.servers.shared import Servers
from test.swift.support import new_container

OPTIONS = ClientOptions(part_size=100_000, workers=2, first_pause=0.01, longest_pause=0.1)


def memory(_: Path) -> AbstractContextManager[ObjectStorageClient]:
    """A store in memory."""
    client = MemoryClient("box", options=OPTIONS)
    client.container_create("box")
    return client


@contextlib.contextmanager
def local(directory: Path) -> Iterator[ObjectStorageClient]:
    """A store in a directory."""
    with LocalClient(directory, options=OPTIONS) as client:
        client.use_container("box", create=True)
        yield client


@contextlib.contextmanager
def loopback(_: Path) -> Iterator[ObjectStorageClient]:
    """A server on loopback that speaks S3."""
    with (
        s3_double(Ways(part_minimum=1)) as double,
        S3Client(endpoint_url=double.url, credentials=double.credentials, options=OPTIONS) as client,
    ):
        client.use_container("box", create=True)
        yield client


EMBEDDED: dict[str, Callable[[Path], AbstractContextManager[ObjectStorageClient]]] = {
    "memory": memory,
    "local": local,
    "loopback": loopback,
}


@contextlib.contextmanager
def seaweedfs(servers: Servers) -> Iterator[ObjectStorageClient]:
    """SeaweedFS."""
    with s3_client(servers.seaweedfs(), OPTIONS) as client:
        client.use_container(f"obs-test-{secrets.token_hex(6)}", create=True)
        yield client


@contextlib.contextmanager
def swift(servers: Servers) -> Iterator[ObjectStorageClient]:
    """Swift."""
    with new_container(servers.swift(), options=OPTIONS) as client:
        yield client


SERVED: dict[str, Callable[[Servers], AbstractContextManager[ObjectStorageClient]]] = {
    "seaweedfs": seaweedfs,
    "swift": swift,
}
