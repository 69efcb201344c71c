"""Runs the conformance suite on stores, each plain and once more through the fault layer."""

from __future__ import annotations

import argparse
import collections
import contextlib
import copy
import dataclasses
import functools
import logging
import signal
import sys
import tempfile
import threading
import time
import unittest
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FrameType
from typing import Any, NoReturn, TextIO

from obs_client.backends.local.store import LocalClient
from obs_client.backends.memory import MemoryClient
from obs_client.client import ObjectStorageClient
from obs_client.errors import ContainerNotFoundError, ObjectStorageClientError
from obs_client.testing import differences
from obs_client.testing.conformance import Conformance
from obs_client.testing.faults import FaultyClient
from obs_client.urls import StorageUrl

USAGE_ERROR = 2

_STOPS = (signal.SIGINT, signal.SIGTERM)

DIFFERS = "server: "
"""How the result tells a test in which the server differs, as it is known to, from one that was skipped."""


@dataclasses.dataclass(frozen=True)
class Store:
    """A store to be tested.

    Attributes:
        label: How the output names it.
        make_client: Gives clients that see the same objects.
        container_name, prefix: Where the suite must stay; None and "": anywhere.
        embedded: It runs in this process, shows every write at once, and must keep every legal name and attribute.
        server: The server's name in `differences`, None if it is to pass every test.
    """

    label: str
    make_client: Callable[[], ObjectStorageClient]
    container_name: str | None = None
    prefix: str = ""
    embedded: bool = False
    server: str | None = None


def cases_of(store: Store) -> tuple[type[unittest.TestCase], type[unittest.TestCase]]:
    """The suite for a store, plain and through the fault layer."""

    class Plain(Conformance, unittest.TestCase):
        container_name = store.container_name
        prefix = store.prefix
        settle_seconds = 0.0 if store.embedded else Conformance.settle_seconds
        keeps_everything = store.embedded

        def make_client(self) -> ObjectStorageClient:
            return store.make_client()

    class Faulty(Plain):
        lost_answers = True

        def make_client(self) -> ObjectStorageClient:
            return FaultyClient(store.make_client())

    if store.server:
        differences.apply(Plain, store.server, _differ)
    for case, suffix in ((Plain, ""), (Faulty, ", with faults")):
        case.__name__ = case.__qualname__ = f"{store.label}{suffix}"
        case.__module__ = Conformance.__module__
    return Plain, Faulty


def _differ(line: str) -> NoReturn:
    raise unittest.SkipTest(DIFFERS + line)


@contextlib.contextmanager
def embedded_stores() -> Iterator[list[Store]]:
    """The stores that are always there: in memory, and in a temporary directory."""
    memory = MemoryClient()
    with tempfile.TemporaryDirectory() as directory:
        yield [
            Store("MemoryClient", lambda: memory, embedded=True),
            Store("LocalClient", lambda: LocalClient(directory), embedded=True),
        ]


def stores_of(urls: Iterable[str]) -> list[Store]:
    """The stores that storage URLs name.

    Raises:
        ObjectStorageClientError: One of them is no storage URL.
    """
    return [_store_of(url, StorageUrl.parse(url)) for url in urls]


def _store_of(url: str, place: StorageUrl) -> Store:
    label = url.partition("?")[0]
    if place.scheme != "memory":
        return Store(label, place.client, place.container_name, place.prefix, embedded=place.scheme == "file")
    # Every client of this scheme is a new store: one of them serves all tests.
    client = place.client()
    if place.container_name is not None:
        client.container_create(place.container_name)
    return Store(label, lambda: client, place.container_name, embedded=True)


def _look(store: Store, server: str | None) -> Store:
    """See that there is something to test, before hundreds of tests say so; gives the store with its server's name."""
    if server is not None and server not in differences.SERVERS:
        raise ValueError(f"--server: {server!r} is none of {', '.join(differences.SERVERS)}")
    with store.make_client() as client:
        if client.container_info(store.container_name or "obs-test-absent") is None and store.container_name:
            raise ContainerNotFoundError(f"there is no container {store.container_name!r} at {store.label}; create it")
        return dataclasses.replace(store, server=server or differences.recognise(client))


def run_suite(stores: Iterable[Store], output: TextIO, patterns: Sequence[str] = ()) -> bool:
    """Run the suite on stores; prints `N passed, N failed, N skipped` at the end, and gives whether none failed.

    At Ctrl-C or SIGTERM the test at work is finished and what was made is removed; a second one ends at once.

    Args:
        patterns: Only tests whose name holds one of these; with `*` in it, fits it.
    """
    return _report(_run(stores, output, patterns), output)


def _run(stores: Iterable[Store], output: TextIO, patterns: Sequence[str]) -> CountingResult:
    logging.getLogger("obs_client").setLevel(logging.ERROR)
    loader = copy.copy(unittest.defaultTestLoader)
    if patterns:
        loader.testNamePatterns = [each if "*" in each else f"*{each}*" for each in patterns]
    tests = unittest.TestSuite(loader.loadTestsFromTestCase(case) for store in stores for case in cases_of(store))
    if not tests.countTestCases():
        output.write("no test fits -k\n")
    make = functools.partial(CountingResult, total=tests.countTestCases())
    is_screen = output.isatty()
    runner = unittest.TextTestRunner(output, verbosity=0 if is_screen else 1, resultclass=make)
    result = runner.run(tests)
    assert isinstance(result, CountingResult)
    return result


def _report(result: CountingResult, output: TextIO) -> bool:
    failed = len(result.failures) + len(result.errors)
    for reason, count in collections.Counter(reason for _, reason in result.skipped).most_common():
        output.write(f"skipped {count}: {reason}\n")
    for line in sorted(set(result.differences)):
        output.write(f"{line}\n")
    if result.shouldStop:
        output.write("interrupted: not all tests were run\n")
    differing = f", {len(result.differences)} where the server differs" if result.differences else ""
    output.write(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped{differing}\n")
    return failed == 0 and result.passed > 0 and not result.shouldStop


class CountingResult(unittest.TextTestResult):
    """Counts the tests that passed, and stops at Ctrl-C and SIGTERM.

    A class that fails, or its closing check, is one failure.
    """

    passed = 0

    def __init__(self, *arguments: Any, total: int = 0) -> None:
        super().__init__(*arguments)
        self.differences: list[str] = []
        self.signal = 0
        self._defaults: dict[int, Any] = {}
        self._total = total
        self._began = time.monotonic()

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        if not self.dots:  # a screen: one line that changes
            seconds = int(time.monotonic() - self._began)
            at = f"{self.testsRun}/{self._total}  {seconds // 60}:{seconds % 60:02}"
            self.stream.write("\r\x1b[2K" + f"{at}  {test.id().rpartition('.')[2]}"[:79])
            self.stream.flush()

    def startTestRun(self) -> None:  # noqa: N802 - unittest's name
        super().startTestRun()
        if threading.current_thread() is threading.main_thread():
            self._defaults = {number: signal.signal(number, self._interrupted) for number in _STOPS}

    def stopTestRun(self) -> None:  # noqa: N802 - unittest's name
        super().stopTestRun()
        if not self.dots:
            self.stream.write("\r\x1b[2K")
        self._restore()

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802 - unittest's name
        if reason.startswith(DIFFERS):
            self.differences.append(reason.removeprefix(DIFFERS))
            if self.dots:
                self.stream.write("d")
                self.stream.flush()
        else:
            super().addSkip(test, reason)

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().addSuccess(test)
        self.passed += 1

    def _interrupted(self, number: int, _: FrameType | None) -> None:
        self.signal = number
        self.stop()
        self._restore()

    def _restore(self) -> None:
        for number, default in self._defaults.items():
            signal.signal(number, default)
        self._defaults = {}


def main(arguments: Sequence[str], output: TextIO | None = None) -> int:
    """Test the stores of these URLs, or the embedded ones.

    Gives the exit status: 0, 1, or 2 for a bad URL, a store that does not answer, or a container that is not there; 130
    or 143 if Ctrl-C or SIGTERM stopped it.
    """
    parser = argparse.ArgumentParser(prog="python -m test.tests")
    parser.add_argument("urls", metavar="URL", nargs="*", help="a storage URL; none: the embedded stores")
    parser.add_argument("--server", help="what a server is that does not say so itself: whose differences count")
    parser.add_argument("-k", metavar="TEXT", action="append", default=[], help="only tests whose name holds this")
    given = parser.parse_args(arguments)
    try:
        named = [_look(store, given.server) for store in stores_of(given.urls)]
    except (ObjectStorageClientError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return USAGE_ERROR
    with contextlib.ExitStack() as stack:
        stores = named or stack.enter_context(embedded_stores())
        result = _run(stores, output or sys.stdout, given.k)
        passed = _report(result, output or sys.stdout)
        return 128 + result.signal if result.signal else 0 if passed else 1
