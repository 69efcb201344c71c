"""Clients of Swift for the tests, and what is behind them."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from obs_client.backends.swift.client import SwiftClient
from obs_client.models import ClientOptions, ObjectInfo
from test.servers import SwiftLimits, SwiftServer
from test.servers.requests.login import Login

QUICK = ClientOptions(part_size=20_000, first_pause=0.01, longest_pause=0.1, give_up_after=120.0)

LOW = SwiftLimits(
    container_listing_limit=5,
    account_listing_limit=5,
    max_file_size=1024 * 1024,
    max_manifest_segments=6,
    max_deletes_per_request=7,
)
"""Limits that little data reaches."""

SHORT_LIVED = SwiftLimits(token_life=5)
"""Tokens that live for 5 seconds."""


def client_of(server: SwiftServer, account: str = "member", **options: Any) -> SwiftClient:
    """A client that logs in as an account of a server."""
    return SwiftClient(**{"credentials": server.accounts[account].credentials, "options": QUICK, **options})


@contextlib.contextmanager
def new_container(server: SwiftServer, **options: Any) -> Iterator[SwiftClient]:
    """A client whose chosen container is new and empty, and goes at the end with all that is in it."""
    name = f"test-{secrets.token_hex(6)}"
    with client_of(server, **options) as client:
        client.use_container(name, create=True)
        try:
            yield client
        finally:
            client.container_delete(name, force=True)


def segments_of(client: SwiftClient) -> list[ObjectInfo]:
    """The segments of all objects in the chosen container."""
    place = f"{client.container_name}_segments"
    if client.container_info(place) is None:
        return []
    return [entry for entry in client.object_list(container_name=place) if isinstance(entry, ObjectInfo)]


def path_of(client: SwiftClient, name: str) -> str:
    """The quoted path of an object, for requests past the library."""
    return f"/{quote(client.container_name or '')}/{quote(name)}"


def login_of(server: SwiftServer) -> Login:
    """A login past the library."""
    return Login(server.accounts["member"])
