"""Clients of real servers, and what they are asked for."""

import secrets
from typing import ClassVar

import pytest

from obs_client.backends.s3.client import S3Client
from obs_client.client import ObjectStorageClient
from obs_client.models import ClientOptions
from obs_client.testing import Conformance, differences
from test.servers import RunningServer
from test.servers.shared import Servers

KINDS = ("seaweedfs", "swift", "moto")
QUICK = ClientOptions(first_pause=0.01, longest_pause=0.1)


def client(running: RunningServer, options: ClientOptions = QUICK, *, conditional_writes: bool = False) -> S3Client:
    """A client of a server, logged in as its member."""
    return S3Client(
        region=running.region,
        endpoint_url=running.endpoint_url,
        credentials=running.s3_credentials,
        conditional_writes=conditional_writes,
        atomic_conditions=conditional_writes,
        options=options,
    )


def container(owner: S3Client) -> str:
    """A new container, chosen for the client; the servers' data goes with the servers."""
    name = f"obs-test-{secrets.token_hex(6)}"
    assert owner.use_container(name, create=True)
    return name


def content(size: int) -> bytes:
    """Bytes that do not repeat every few of them."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def read_verified(owner: S3Client, name: str) -> tuple[bytes, bool]:
    """An object's bytes, and whether they were compared with a digest."""
    with owner.object_open(name) as file:
        return file.read(), file.verified


class S3Suite(Conformance):
    servers: ClassVar[Servers]
    kind = ""
    conditional_writes = False

    def make_client(self) -> ObjectStorageClient:
        return client(self.servers.speaking_s3(self.kind), conditional_writes=self.conditional_writes)


def with_differences(case: type[S3Suite]) -> type[S3Suite]:
    """Let the tests in which a server is known to differ fail as declared, and only so."""
    differences.apply(case, case.kind, pytest.xfail)
    return case
