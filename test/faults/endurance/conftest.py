"""The servers on which killed writers leave something: Azure drops their blocks itself, and shows them to nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from test.faults.stores.base import Store
from test.faults.stores.starting import started


@pytest.fixture(scope="module", params=["seaweedfs", "swift", "google"])
def store(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Store]:
    """A server of the module's own."""
    with started(request.param) as one:
        yield one
