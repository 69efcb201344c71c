"""A container that is a directory, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client.backends.local.directory import DirectoryClient, Visit
from obs_client.backends.local.store import FileStore, LocalClient
from test.local.support import PLACES, POLICIES, all_closed, keep, make_client


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """The directory that is the container."""
    path = tmp_path / "c"
    path.mkdir()
    return path


@pytest.fixture(params=POLICIES)
def client(request: pytest.FixtureRequest, container: Path) -> FileStore:
    """A client of the container, of each policy: for what both promise."""
    return make_client(request.param, container)


@pytest.fixture
def local(container: Path) -> LocalClient:
    """The client that escapes names."""
    return LocalClient(container.parent, container.name)


@pytest.fixture
def visit(container: Path) -> Iterator[Visit]:
    """The container as a plain directory, held open for many small files."""
    found = DirectoryClient(container).visit("c")
    assert found
    yield found
    found.close()


@pytest.fixture(params=PLACES)
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Attributes in both places, by turns."""
    return keep(request.param, monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def no_descriptor_stays_open() -> Iterator[None]:
    """In every test of the folder."""
    with all_closed():
        yield
