"""What the tests of Swift share: its servers, a client of a new container, and another tool beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from obs_client.backends.swift.client import SwiftClient
from test.servers import SwiftServer
from test.servers.requests.login import Login
from test.servers.shared import Servers
from test.swift.support import LOW, SHORT_LIVED, login_of, new_container


@pytest.fixture(scope="session")
def swift(servers: Servers) -> SwiftServer:
    """Swift with its own v1 auth and its own limits."""
    return servers.swift()


@pytest.fixture(scope="session")
def low_swift(servers: Servers) -> SwiftServer:
    """Swift with limits that little data reaches."""
    return servers.swift(LOW)


@pytest.fixture(scope="session")
def keystone(servers: Servers) -> SwiftServer:
    """Swift behind Keystone, whose tokens live for 5 seconds."""
    return servers.keystone(SHORT_LIVED)


@pytest.fixture
def client(swift: SwiftServer) -> Iterator[SwiftClient]:
    """A client of Swift whose chosen container is new and empty."""
    with new_container(swift) as made:
        yield made


@pytest.fixture(scope="session")
def other(swift: SwiftServer) -> Login:
    """Another tool, which knows nothing of this library."""
    return login_of(swift)
