"""The journals of these tests are apart from everybody's."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the journals, which is not there yet."""
    folder = tmp_path / "state" / "transfers"
    monkeypatch.setenv("OBS_TRANSFERS", str(folder))
    return folder
