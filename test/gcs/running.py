"""Clients of the double of Google Cloud Storage."""

from __future__ import annotations

import secrets

from obs_client.backends.gcs.client import GCSClient
from obs_client.models import ClientOptions
from test.servers import RunningServer

QUICK = ClientOptions(first_pause=0.01, longest_pause=0.1)


def client(running: RunningServer, options: ClientOptions = QUICK) -> GCSClient:
    """A client of the server, logged in as its member."""
    return GCSClient(endpoint_url=running.endpoint_url, credentials=running.credentials, options=options)


def container(owner: GCSClient) -> str:
    """A new container, chosen for the client; the server's data goes with the server."""
    name = f"obs-test-{secrets.token_hex(6)}"
    assert owner.use_container(name, create=True)
    return name
