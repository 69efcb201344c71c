"""Runs the conformance suite on stores, each plain and once more through the fault layer."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TextIO

from obs_client.backends.local import LocalClient
from obs_client.backends.memory import MemoryClient
from obs_client.client import ObjectStorageClient
from obs_client.errors import ObjectStorageClientError
from obs_client.testing.conformance import Conformance
from obs_client.testing.faults import FaultyClient
from obs_client.urls import StorageUrl

USAGE_ERROR = 2


@dataclasses.dataclass(frozen=True)
class Store:
    """A store to be tested.

    Attributes:
        label: How the output names it.
        make_client: Gives clients that see the same objects.
        container_name, prefix: Where the suite must stay; None and "": anywhere.
        embedded: It runs in this process, shows every write at once, and must keep every legal name and attribute.
    """

    label: str
    make_client: Callable[[], ObjectStorageClient]
    container_name: str | None = None
    prefix: str = ""
    embedded: bool = False


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

    for case, suffix in ((Plain, ""), (Faulty, ", with faults")):
        case.__name__ = case.__qualname__ = f"{store.label}{suffix}"
        case.__module__ = Conformance.__module__
    return Plain, Faulty


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


def run_suite(stores: Iterable[Store], output: TextIO) -> bool:
    """Run the suite on stores; prints `N passed, N failed, N skipped` at the end, and gives whether none failed."""
    logging.getLogger("obs_client").setLevel(logging.ERROR)
    tests = unittest.TestSuite(
        unittest.defaultTestLoader.loadTestsFromTestCase(case) for store in stores for case in cases_of(store)
    )
    result = unittest.TextTestRunner(output, resultclass=CountingResult).run(tests)  # type: ignore[arg-type]
    assert isinstance(result, CountingResult)
    failed = len(result.failures) + len(result.errors)
    output.write(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped\n")
    return failed == 0 and result.passed > 0


class CountingResult(unittest.TextTestResult):
    """Counts the tests that passed; a failing class or its closing check counts as one failure."""

    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().addSuccess(test)
        self.passed += 1


def main(arguments: Sequence[str], output: TextIO = sys.stdout) -> int:
    """Test the stores of these URLs, or the embedded ones; gives the exit status: 0, 1, or 2 for a bad URL."""
    try:
        named = stores_of(arguments)
    except (ObjectStorageClientError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return USAGE_ERROR
    with contextlib.ExitStack() as stack:
        stores = named or stack.enter_context(embedded_stores())
        return 0 if run_suite(stores, output) else 1
