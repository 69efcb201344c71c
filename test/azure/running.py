"""Clients of a real server."""

import secrets

from obs_client.backends.azure.client import AzureClient
from obs_client.models import ClientOptions
from test.servers import AzuriteServer

QUICK = ClientOptions(first_pause=0.01, longest_pause=0.1)


def client(running: AzuriteServer, options: ClientOptions = QUICK) -> AzureClient:
    """A client of a server, logged in as its member."""
    return AzureClient(account_url=running.storage_url, credentials=running.credentials, options=options)


def container(owner: AzureClient) -> str:
    """A new container, chosen for the client; the server's data goes with the server."""
    name = f"obs-test-{secrets.token_hex(6)}"
    assert owner.use_container(name, create=True)
    return name


def content(size: int) -> bytes:
    """Bytes that do not repeat every few of them."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]
