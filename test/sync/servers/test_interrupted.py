"""A sync between real servers that is stopped at any request on the wire, as by Ctrl-C, and started again.

Every request passes a proxy that counts. At the one that is to be the last the main thread gets SIGINT, and the
connection breaks: of even numbers before the server was asked, of odd ones after it did what was asked.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import itertools
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import ClientOptions
from obs_client.client import ObjectStorageClient
from obs_client.sync import Place, SyncOptions, sync
from test.faults.stores.base import Store
from test.faults.stores.starting import started
from test.faults.wire.exchange import Exchange, Fault
from test.faults.wire.messages import Request
from test.faults.wire.proxy import FaultProxy, fault_proxy
from test.sync.support import ODD_NAMES, Thing, fill, make_place, state, tree

# An interrupt may come between the end of a call and the assignment of what it gave: CPython closes such a socket, and
# warns of it. That none stays open is looked at by the count of descriptors.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)

MIB = 1024 * 1024
COUNT = 60
WORKERS = 3
OPTIONS = ClientOptions(part_size=5 * MIB, workers=2, first_pause=0.01, longest_pause=0.1)
TIMEOUT = 30.0
SETTLE = 0.02
LISTING = {"format", "list-type"}
"""In the query of a listing; before deletions the source is looked at again, in Swift with a listing for its size."""
OLD = {"old/1": Thing(b"1", {}), "old/2": Thing(b"22", {}), "zz": Thing(b"333", {})}

EVERY_PAIR = [
    ("directory", "s3"), ("s3", "directory"), ("directory", "swift"), ("swift", "directory"),
    ("memory", "s3"), ("s3", "memory"), ("memory", "swift"), ("swift", "memory"),
    ("s3", "swift"), ("swift", "s3"), ("s3", "s3"), ("swift", "swift"),
]  # fmt: skip
SOME_PAIRS = [("directory", "swift"), ("swift", "s3"), ("s3", "directory"), ("s3", "s3")]


class Server:
    """A real server behind a proxy, with a client that does not pass it."""

    def __init__(self, store: Store, proxy: FaultProxy) -> None:
        self.store = store
        self.proxy = proxy
        self.direct: ObjectStorageClient = store.client(timeout=TIMEOUT, options=OPTIONS)

    def connect(self) -> ObjectStorageClient:
        """A new client that passes the proxy."""
        return self.store.client(self.proxy.url, timeout=TIMEOUT, options=OPTIONS)

    def settle(self) -> None:
        """Wait until the proxy is done with all connections: what a stopped client had sent is still on its way."""
        assert self.proxy.server
        until = time.monotonic() + 3 * TIMEOUT
        time.sleep(SETTLE)
        while self.proxy.server.serving:
            assert time.monotonic() < until
            gc.collect()  # a thread that just ended may have left a connection open, in a circle with its traceback
            time.sleep(SETTLE)


Proxied = dict[str, Server]
State = dict[str, tuple[bytes, dict[str, Any]]]


@pytest.fixture(scope="module")
def proxied(starts_servers: None) -> Iterator[Proxied]:
    with contextlib.ExitStack() as stack:
        found = {}
        for kind, name in (("s3", "seaweedfs"), ("swift", "keystone")):
            store = stack.enter_context(started(name))
            found[kind] = Server(store, stack.enter_context(fault_proxy(store.endpoint)))
            stack.enter_context(found[kind].direct)
        yield found


class Bench:
    """A pair of places, the target anew for each run; those on servers are reached by their proxies, or past them."""

    def __init__(self, kinds: tuple[str, str], proxied: Proxied, path: Path) -> None:
        self.kinds = kinds
        self._proxied = proxied
        self._path = path
        self.proxies = [proxied[kind].proxy for kind in dict.fromkeys(kinds) if kind in proxied]
        self.source = self._place(kinds[0], path / "source")
        fill(self.source, sixty())
        self.new_target()

    def new_target(self) -> None:
        """A target that has some of the names, with other content, and others."""
        self.target = self._place(self.kinds[1], self._path / secrets.token_hex(4))
        fill(self.target, {name: Thing(b"other content", {}) for name in itertools.islice(sixty(), 8)} | OLD)

    @contextlib.contextmanager
    def watched(self) -> Iterator[tuple[Place, Place]]:
        """Both places by their proxies and by new clients, as after a new start; one client for one store."""
        with contextlib.ExitStack() as stack:
            clients = {kind: stack.enter_context(server.connect()) for kind, server in self._reached.items()}
            places = ((self.kinds[0], self.source), (self.kinds[1], self.target))
            one, other = (
                Place(clients.get(kind, place.client), place.container_name, place.prefix) for kind, place in places
            )
            yield one, other

    def settle(self) -> None:
        """Wait until nothing of a stopped sync is on its way any more."""
        gc.collect()
        for server in self._reached.values():
            server.settle()

    @property
    def _reached(self) -> Proxied:
        return {kind: self._proxied[kind] for kind in self.kinds if kind in self._proxied}

    def leftovers(self) -> set[str]:
        """Unfinished uploads and unused segments in the target."""
        kind = self.kinds[1]
        return self._proxied[kind].store.leftovers(self.target.container_name) if kind in self._proxied else set()

    def drop_target(self) -> None:
        """Delete the target, where it is on a server."""
        if self.kinds[1] in self._proxied:
            self.target.client.container_delete(self.target.container_name, force=True)

    def _place(self, kind: str, path: Path) -> Place:
        if kind not in self._proxied:
            return make_place(kind, path, OPTIONS)
        container = f"stopped-{secrets.token_hex(4)}"
        assert self._proxied[kind].direct.container_create(container)
        return Place(self._proxied[kind].direct, container, "a/folder" if kind == "s3" else "")


def sixty() -> dict[str, Thing]:
    """60 objects: empty ones, odd names, all attributes, and one of three parts."""
    # SeaweedFS takes a backslash in a name for a slash.
    things = {name: thing for name, thing in tree(large=11 * MIB + 7).items() if "\\" not in name}
    for number in range(COUNT - len(things)):
        things[f"more/{number:02}"] = Thing(b"%d" % number * 30, {})
    assert len(things) == COUNT
    assert len(set(things) & set(ODD_NAMES)) == len(ODD_NAMES) - 1
    return things


def stop_at(number: int | None) -> tuple[Fault, itertools.count[int]]:
    """What stops the sync at a request, None: at none; and the count of requests."""
    counter: itertools.count[int] = itertools.count()

    def wants(_request: Request) -> bool:
        return next(counter) == number

    def act(exchange: Exchange) -> None:
        assert number is not None
        if number % 2:
            exchange.forward()
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        exchange.hang_up(reset=True)

    return Fault("stop", wants, act), counter


def run(bench: Bench, number: int | None) -> int:
    """Sync until a request; gives how many requests there were.

    Raises:
        KeyboardInterrupt: It was stopped.
    """
    fault, counter = stop_at(number)
    for proxy in bench.proxies:
        proxy.aim(fault)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with bench.watched() as places:
            assert sync(*places, SyncOptions(delete=True, workers=WORKERS)).ok
    finally:
        signal.signal(signal.SIGINT, before)
    return next(counter)


def stopped_at(bench: Bench, number: int, wanted: State) -> bool:
    """Stop a sync at a request, and start it again: the end is as wanted, and nothing is fetched twice.

    False: it ended before that request.
    """
    bench.new_target()
    stopped = False
    try:
        run(bench, number)
    except KeyboardInterrupt:
        stopped = True
    bench.settle()  # not before: the interrupt's traceback holds what was open
    # No object of the source has the size of the other content that was in the target.
    left = {entry.name[len(bench.target.prefix) :]: entry.size for entry in bench.target.objects()}
    missing = {name for name, (content, _) in wanted.items() if left.get(name) != len(content)}
    for proxy in bench.proxies:
        proxy.aim()
        assert proxy.server
        proxy.server.errors.clear()  # which hold what was on its way
    copied: set[str] = set()
    with bench.watched() as places:
        report = sync(
            *places,
            SyncOptions(delete=True, workers=WORKERS),
            on_done=lambda done: copied.add(done.step.name) if done.outcome == "copied" else None,
        )
    assert report.ok, report.failures
    # A busy server may have finished after that look what it was asked before.
    assert copied <= missing
    assert len(missing - copied) <= WORKERS
    assert fetched_twice(bench) == []
    assert state(bench.target) == wanted
    # The answer to the beginning of an upload was lost, by the cut, or by the interrupt while it was awaited, whichever
    # request was cut: nobody can know its id. Large objects are copied one at a time.
    assert len(bench.leftovers()) <= 1
    bench.drop_target()
    return stopped


def fetched_twice(bench: Bench) -> list[tuple[str, str]]:
    """Contents that were asked for more than once: paths with ranges."""
    asked = collections.Counter(
        (entry.request.target, entry.request.headers.get("range", ""))
        for proxy in bench.proxies
        for entry in proxy.journal
        if entry.request.method == "GET" and not LISTING & set(entry.request.query)
    )
    return [what for what, count in asked.items() if count > 1]


def undisturbed(bench: Bench) -> tuple[int, State]:
    """How many requests a sync takes that nobody stops, and what it makes of the target."""
    total = run(bench, None)
    assert total > COUNT
    wanted = state(bench.target)
    assert wanted == state(bench.source)
    bench.drop_target()
    return total, wanted


@pytest.mark.parametrize("kinds", SOME_PAIRS, ids="-".join)
def test_stopped_at_some_requests_it_converges(kinds: tuple[str, str], proxied: Proxied, tmp_path: Path) -> None:
    bench = Bench(kinds, proxied, tmp_path)
    total, wanted = undisturbed(bench)
    assert all(stopped_at(bench, total * tenth // 10, wanted) for tenth in (1, 5, 9))


@pytest.mark.full
@pytest.mark.parametrize("kinds", EVERY_PAIR, ids="-".join)
def test_stopped_at_every_request_it_converges(kinds: tuple[str, str], proxied: Proxied, tmp_path: Path) -> None:
    bench = Bench(kinds, proxied, tmp_path)
    total, wanted = undisturbed(bench)
    before = len(os.listdir("/dev/fd"))
    stopped = [stopped_at(bench, number, wanted) for number in range(total)]
    assert stopped.count(True) > total * 0.9
    assert len(os.listdir("/dev/fd")) < before + total // 4
