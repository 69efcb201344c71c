"""The stores of these tests."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from test.adapters.fsspec.stores import SERVED, Store
from test.servers.shared import Servers


@pytest.fixture(params=["seaweedfs", "swift"])
def served(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A container on a server, whose keys are in the environment."""
    yield from _emptied(SERVED[request.param](servers, monkeypatch))


@pytest.fixture(params=[pytest.param("seaweedfs", marks=pytest.mark.full), "swift"])
def mostly_swift(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The same, for what takes long."""
    yield from _emptied(SERVED[request.param](servers, monkeypatch))


@pytest.fixture(params=["seaweedfs", pytest.param("swift", marks=pytest.mark.full)])
def mostly_s3(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The same, for what takes long."""
    yield from _emptied(SERVED[request.param](servers, monkeypatch))


def _emptied(store: Store) -> Iterator[Store]:
    yield store
    store.fs.rm(store.container, recursive=True)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the tests of others that are coroutines."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
