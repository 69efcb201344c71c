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
    made = SERVED[request.param](servers, monkeypatch)
    yield made
    made.fs.rm(made.container, recursive=True)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the tests of others that are coroutines."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
