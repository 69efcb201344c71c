"""Clients of the double of Google Cloud Storage."""

from __future__ import annotations

import json
import secrets
from typing import Any

from obs_client.backends.gcs.client import GCSClient
from obs_client.backends.gcs.requests import Request, object_path
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


def asked(
    client: GCSClient, method: str, path: str, query: str = "", body: object = None, **headers: str
) -> dict[str, Any]:
    """What the JSON API says to a request that this library does not make."""
    content = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    return client._requests.json(Request("test", method, path, query, sent, content))


def resource(client: GCSClient, name: str) -> dict[str, Any]:
    """All that the JSON API tells of an object in the chosen container."""
    return asked(client, "GET", object_path(client.container_name or "", name))
