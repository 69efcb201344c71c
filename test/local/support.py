"""What the tests of the local store share."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client.backends.local import attributes
from obs_client.backends.local.store import LocalClient

IN_THE_FILE, IN_A_SIDECAR = PLACES = "in the file", "in a sidecar"
"""Both places where attributes are kept."""


def make_client(path: Path) -> LocalClient:
    """A store with one container, its default."""
    (path / "c").mkdir()
    return LocalClient(path, "c")


def keep(place: str, monkeypatch: pytest.MonkeyPatch, path: Path) -> str:
    """Let attributes be kept in one of `PLACES`; sidecars as on a system without extended attributes."""
    if place == IN_A_SIDECAR:
        monkeypatch.setattr(attributes, "_has_extended_attributes", False)
        return place
    try:
        os.setxattr(path, "user.obs_client_test", b"1")
    except (AttributeError, OSError):
        pytest.skip("this file system has no extended attributes")
    return place


def files(path: Path) -> list[str]:
    """What is in a directory, sidecars left out: some systems have nothing else for attributes."""
    return sorted(name for name in os.listdir(path) if not name.startswith("%obs_s_"))


@contextlib.contextmanager
def all_closed() -> Iterator[None]:
    """See to it that no descriptor stays open that was opened in the `with` block."""
    gc.collect()
    before = open_descriptors()
    yield
    gc.collect()
    assert open_descriptors() <= before


def open_descriptors() -> int:
    """How many descriptors this process has."""
    return len(os.listdir("/dev/fd"))
