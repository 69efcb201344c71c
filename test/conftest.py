"""What all tests share: the servers, and the mark of the tests that take them.

A test that needs a server takes the fixture `servers`, or `starts_servers` if it needs one of its own; by that it is
marked `server`. Without the mark no server starts.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client.backends.s3.endpoints import forget_endpoints
from test import marks
from test.servers import process
from test.servers.shared import Servers

MARKS = [frozenset({name}) for name in ("server", "slow", "full")]

_NOT = re.compile(r"not \w+")


def pytest_configure() -> None:
    """Take interrupts also in a run that a shell put into the background, where it has them ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(scope="module", autouse=True)
def _looks_for_its_own_garbage_only() -> None:
    """To look over all that earlier modules loaded takes half a second each time; what they left is told here."""
    gc.collect()
    gc.freeze()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not load a module that is left out whole: some load what takes seconds."""
    is_module = collection_path.suffix == ".py"
    return True if is_module and marks.is_left_out(collection_path, _left_out(config)) else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[pytest.Item] | None:
    """Do not look into what is left out: a class that runs the suite has two hundred tests."""
    unwanted = _left_out(collector.config)
    if isinstance(collector, pytest.Module) and name in marks.left_out(collector.path, unwanted):
        return []
    given = {mark.name for mark in collector.iter_markers()}
    if isinstance(obj, type):
        given |= {mark.name for mark in getattr(obj, "pytestmark", [])}
        given |= {"server"} if any("servers" in vars(base).get("__annotations__", {}) for base in obj.mro()) else set()
    return [] if unwanted & given else None


def _left_out(config: pytest.Config) -> frozenset[str]:
    """The marks whose tests `-m` leaves out, if it says no more than that."""
    terms = config.getoption("-m").split(" and ")
    return frozenset(term.removeprefix("not ") for term in terms if all(map(_NOT.fullmatch, terms)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take servers, before any are selected by their marks."""
    for item in items:
        if marks.STARTS in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)
        _check_told(item)


def _check_told(item: pytest.Item) -> None:
    """Let no test be left out by what the text of its module seems to tell, and is not so."""
    function = item.originalname if isinstance(item, pytest.Function) and item.cls is None else None
    for mark in MARKS:
        told = marks.is_left_out(item.path, mark) or function in marks.left_out(item.path, mark)
        if told and item.get_closest_marker(*mark) is None:
            raise pytest.UsageError(f"{item.nodeid}: test/marks.py takes it for {', '.join(mark)}, and it is not")


def pytest_collection_finish() -> None:
    """Leave the tests themselves out of what is looked over for garbage: many tests look, to see what is left open."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let no server start for a test without the mark, nor for its fixtures; undo what was set for the process."""
    logger = logging.getLogger("obs_client")
    level = logger.level  # set by commands, and by the suite as one, for their process, which here goes on
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("server") is None:
            patch.setattr(process.ServerProcess, "__init__", _refuse)
        try:
            return (yield)
        finally:
            logger.setLevel(level)


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("a test that needs a server takes the fixture `servers` or `starts_servers`")
