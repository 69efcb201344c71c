"""Cells play side by side with the tests that tell of them, each on a proxy that stays."""

from __future__ import annotations

import pytest

from obs_client.backends.s3.endpoints import forget_endpoints


@pytest.fixture(autouse=True, scope="module")
def _know_no_endpoint() -> None:
    """What is known of an endpoint is forgotten once: between tests it would be so in the midst of a cell."""
    forget_endpoints()
