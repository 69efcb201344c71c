"""Nothing that was learned of an endpoint outlives a test: doubles come again at the same port."""

from __future__ import annotations

import pytest

from obs_client.backends.s3.endpoints import forget_endpoints


@pytest.fixture(autouse=True)
def _knows_nothing() -> None:
    forget_endpoints()
