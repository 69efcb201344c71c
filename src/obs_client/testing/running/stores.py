"""The stores that the suite is run on, and its classes for each: plain, and once more through the fault layer."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import unittest
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

from obs_client.backends.local.store import LocalClient
from obs_client.backends.memory import MemoryClient
from obs_client.client import ObjectStorageClient
from obs_client.testing import differences
from obs_client.testing.conformance import Conformance
from obs_client.testing.faults import FaultyClient
from obs_client.urls import StorageUrl

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
        url: The storage URL by which another process finds the same store; None: none does.
    """

    label: str
    make_client: Callable[[], ObjectStorageClient]
    container_name: str | None = None
    prefix: str = ""
    embedded: bool = False
    server: str | None = None
    url: str | None = None


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
        embedded = place.scheme == "file"
        return Store(label, place.client, place.container_name, place.prefix, embedded=embedded, url=url)
    # Every client of this scheme is a new store: one of them serves all tests.
    client = place.client()
    if place.container_name is not None:
        client.container_create(place.container_name)
    return Store(label, lambda: client, place.container_name, embedded=True)
