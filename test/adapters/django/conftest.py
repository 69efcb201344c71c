"""The storages that the tests of the adapter try, each with an empty container."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from obs_client.django import ObjectStorage
from test.adapters.django.running import EMBEDDED


@pytest.fixture(scope="session", autouse=True)
def _database() -> Iterator[None]:
    yield
    connections.close_all()


@pytest.fixture(params=list(EMBEDDED))
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStorage:
    """A storage over each store that needs no server."""
    return ObjectStorage(EMBEDDED[request.param](tmp_path), base_url="/media/")
