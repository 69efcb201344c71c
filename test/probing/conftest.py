"""What the tests of the probe share."""

from __future__ import annotations

import pytest

from obs_client.probing import bounds
from test.engine.clock import Clock


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that a probe has stands still: on a machine that is busy it would end before the last trials."""
    monkeypatch.setattr(bounds, "time", Clock())
