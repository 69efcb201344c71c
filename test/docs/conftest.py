"""What the tests of several pages need."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which a newcomer copies the examples: it has a store and a large file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "store").mkdir()
    (tmp_path / "movie.mkv").write_bytes(bytes(range(256)) * 150_000)
    return tmp_path
