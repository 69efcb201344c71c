"""What all tests share: the servers, and the mark of the tests that take them.

A test that needs a server takes the fixture `servers`, or `starts_servers` if it needs one of its own; by that it is
marked `server`. Without the mark no server starts.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client.backends.s3.endpoints import forget_endpoints
from test.servers import process
from test.servers.shared import Servers

_NOT = re.compile(r"not \w+")
_OF_ALL = re.compile(r"^pytestmark = .*$", re.MULTILINE)
_MARK = re.compile(r"pytest\.mark\.(\w+)")


@pytest.fixture(scope="session")
def starts_servers() -> None:
    """Taken by what starts servers of its own."""


@pytest.fixture(scope="session")
def servers(starts_servers: None) -> Iterator[Servers]:
    """The servers that all tests of this run share."""
    with contextlib.closing(Servers()) as shared:
        yield shared


@pytest.fixture(autouse=True)
def _know_no_endpoint() -> None:
    """What one test learned of an endpoint is not so in the next, where another server may have its port."""
    forget_endpoints()


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """Undo what a command, or the suite as one, sets for its process, which here goes on."""
    logger = logging.getLogger("obs_client")
    before = logger.level
    yield
    logger.setLevel(before)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not load a module that is left out whole: some load what takes seconds."""
    if collection_path.suffix != ".py":
        return None
    of_all = _OF_ALL.search(collection_path.read_text(encoding="utf-8"))
    marks = set(_MARK.findall(of_all[0])) if of_all else set()
    return True if _left_out(config) & marks else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Do not look into what is left out: a class that runs the suite has two hundred tests."""
    marks = {mark.name for mark in collector.iter_markers()}
    if isinstance(obj, type):
        marks |= {mark.name for mark in getattr(obj, "pytestmark", [])}
        marks |= {"server"} if any("servers" in vars(base).get("__annotations__", {}) for base in obj.mro()) else set()
    return [] if _left_out(collector.config) & marks else None


def _left_out(config: pytest.Config) -> set[str]:
    """The marks whose tests `-m` leaves out, if it says no more than that."""
    terms = config.getoption("-m").split(" and ")
    return {term.removeprefix("not ") for term in terms} if all(map(_NOT.fullmatch, terms)) else set()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take servers, before any are selected by their marks."""
    for item in items:
        if "starts_servers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)


def pytest_collection_finish() -> None:
    """Leave the tests themselves out of what is looked over for garbage: many tests look, to see what is left open."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let no server start for a test without the mark, nor for its fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("server") is None:
            patch.setattr(process.ServerProcess, "__init__", _refuse)
        return (yield)


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("a test that needs a server takes the fixture `servers` or `starts_servers`")
