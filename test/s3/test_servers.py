"""The servers that the tests of S3 share: each started when first asked for, stopped when the run ends."""

import atexit
import functools
import secrets

import pytest

from obs_client.backends.s3.client import S3Client
from obs_client.models import ClientOptions
from test.servers import RunningServer, start_moto, start_seaweedfs, start_swift

pytestmark = pytest.mark.server

KINDS = ("seaweedfs", "swift", "moto")
QUICK = ClientOptions(first_pause=0.01, longest_pause=0.1)
_STARTS = {"seaweedfs": start_seaweedfs, "swift": start_swift, "moto": start_moto}


@functools.cache
def server(kind: str) -> RunningServer:
    """A running server of a kind."""
    running = _STARTS[kind]()
    atexit.register(running.stop)
    return running


def client(kind: str, options: ClientOptions = QUICK, *, conditional_writes: bool = False) -> S3Client:
    """A client of a server of a kind, logged in as its member."""
    running = server(kind)
    return S3Client(
        region=running.region,
        endpoint_url=running.endpoint_url,
        credentials=running.s3_credentials,
        conditional_writes=conditional_writes,
        options=options,
    )


def container(owner: S3Client) -> str:
    """A new container, chosen for the client; the servers' data goes with the servers."""
    name = f"obs-test-{secrets.token_hex(6)}"
    assert owner.use_container(name, create=True)
    return name


@pytest.mark.parametrize("kind", KINDS)
def test_a_container_is_created_once(kind: str) -> None:
    with client(kind) as owner:
        name = container(owner)
        assert owner.container_create(name) is False
        assert name in [each.name for each in owner.container_list(prefix=name)]
        assert owner.container_delete(name)
        assert owner.container_info(name) is None
