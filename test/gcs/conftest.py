"""What the tests of Google Cloud Storage share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from obs_client.backends.gcs.client import GCSClient
from test.gcs.running import client as make_client
from test.gcs.running import container
from test.servers import RunningServer
from test.servers.shared import Servers

VARIABLES = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "STORAGE_EMULATOR_HOST",
)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="session")
def google(servers: Servers) -> RunningServer:
    """The double of Google's server."""
    return servers.google()


@pytest.fixture
def client(google: RunningServer) -> Iterator[GCSClient]:
    """A client whose chosen container is new and empty."""
    with contextlib.closing(make_client(google)) as made:
        container(made)
        yield made
