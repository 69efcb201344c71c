"""What the tests of S3 clients without a real server share."""

from __future__ import annotations

from pathlib import Path

import pytest


def leave_the_machine(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let nothing of this machine's own settings for S3 be seen; configuration files would be in `path`."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path / "credentials"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
