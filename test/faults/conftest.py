"""The servers of the fault tests: each module has its own, since what some leave behind is what others count."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from test.faults.matrix.cells import Stage
from test.faults.matrix.matrix import staged
from test.faults.stores.base import Store
from test.faults.stores.starting import started


@pytest.fixture(scope="module", params=["seaweedfs", "swift", "google", "azurite"])
def store(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Store]:
    """A server of the module's own."""
    with started(request.param) as one:
        yield one


@pytest.fixture(scope="module", params=["seaweedfs", "swift", "google", "azurite"])
def stage(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Stage]:
    """A server of the module's own, with all that cells of the matrix need."""
    with staged(request.param) as one:
        yield one
