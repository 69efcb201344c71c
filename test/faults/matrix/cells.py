"""One cell of the matrix: one scenario with one operation on one server, played and judged."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
import threading
import time
from pathlib import Path

from obs_client import ObjectStorageClient, ObjectStorageClientError, TemporaryError
from test.faults import secrets_seen
from test.faults.matrix.bench import Bench, WrongResultError
from test.faults.matrix.operations import Operation
from test.faults.matrix.scenarios import Scenario
from test.faults.stores.base import BRISK, Store
from test.faults.wire.proxy import FaultProxy
from test.faults.wire.thief import Thief

DEADLINE = 25.0
"""Seconds for one cell, far more than any setting of its client allows."""

MATRIX, LISTED = "fault-matrix", "fault-listed"
_numbers = itertools.count()


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell."""

    scenario: Scenario
    variant: int
    operation: Operation
    store: str

    @property
    def id(self) -> str:
        """How tests name it."""
        variant = f"-{self.variant + 1}" if self.variant else ""
        return f"{self.scenario.id}{variant}-{self.operation.name.replace(' ', '-')}-{self.store}"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a cell: `result` is ok, raised, silent, hang, torn, untyped or unreached; the rest is beside it."""

    cell: Cell
    result: str
    detail: str
    problems: tuple[str, ...]
    seconds: float

    @property
    def good(self) -> bool:
        """Whether it is as wanted."""
        return self.result in self.cell.scenario.wanted and not self.problems

    def __str__(self) -> str:
        problems = "; ".join(self.problems)
        return f"{self.cell.id}: {self.result} {self.detail} {problems}".strip()


class Stage:
    """A server, a proxy before it, and a host that must never see a token.

    Args:
        listed: With what listings need.
        container: Of most cells; stages of one server that play side by side have each its own.
    """

    def __init__(
        self, store: Store, proxy: FaultProxy, thief: Thief, *, listed: bool = False, container: str = MATRIX
    ) -> None:
        self.store = store
        self.container = container
        self.proxy = proxy
        self.thief = thief
        self._clients: dict[str, ObjectStorageClient] = {}
        self._known: set[str] = set()
        proxy.rewrite = store.paged
        for name in (container, LISTED, *(f"other-{number:02d}" for number in range(25 if listed else 1))):
            if not store.has(name):
                store.make(name)
        for number in range(45 if listed else 0):
            store.put(LISTED, f"item-{number:02d}/x", b"x")
        # Swift: a place for segments, with some that are in use, so that there is something to look at.
        store.direct.object_write("large", bytes(store.part_size + 1), container_name=container)

    def play(self, cell: Cell) -> Outcome:
        """Play a cell."""
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            bench = self._bench(cell, Path(directory))
            try:
                return self._judged(cell, bench, begin)
            finally:
                self.proxy.aim()
                for name in (bench.key, f"{bench.key}-2"):
                    self.store.remove(bench.container, name)

    def _bench(self, cell: Cell, directory: Path) -> Bench:
        operation = cell.operation
        container = LISTED if operation.aim == "list" else self.container
        number = next(_numbers)
        if operation.aim in ("create", "look", "remove"):
            container = f"cell-{number}"
        client = self._client(cell.scenario)
        client.container_name = container
        bench = Bench(
            self.store, self.proxy, client, container, f"object-{number}", operation.large, directory, self.thief.url
        )
        if operation.aim == "create":
            bench.container = client.container_name = f"made-{number}"
        return bench

    def _client(self, scenario: Scenario) -> ObjectStorageClient:
        """One client for all cells with the same options, as programs keep one for long."""
        key = "impatient" if scenario.options else "brisk"
        if key not in self._clients:
            options = dict(scenario.options)
            options["options"] = dataclasses.replace(options.get("options", BRISK), part_size=self.store.part_size)
            self._clients[key] = self.store.client(self.proxy.url, **options)
        return self._clients[key]

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()

    def _judged(self, cell: Cell, bench: Bench, begin: float) -> Outcome:
        self.proxy.aim()
        cell.operation.prepare(bench)
        if cell.scenario.primed:
            bench.client.object_info("primer", self.container)
        self.thief.seen.clear()
        self.proxy.aim(*cell.scenario.variants[cell.variant](bench, cell.operation))
        with secrets_seen.recorded() as records:
            result, error = _run(cell, bench)
        journal = [f"{each.request.method} {each.request.target[:80]}" for each in self.proxy.journal]
        if result == "hang":
            self._clients.clear()
        if not self.proxy.struck:
            result = "unreached"
        headers = [each.request.headers for each in self.proxy.journal]
        tokens = {each.get("x-auth-token", "") for each in headers}
        tokens |= {each.get("authorization", "").partition("Bearer ")[2] for each in headers}
        secrets = {*self.store.secrets, *tokens} - {""}
        self.proxy.aim()
        with bench.busy:
            problems = self._problems(bench, error, result)
        problems += [f"secret in a log: {line[:200]}" for line in secrets_seen.seen_in_logs(secrets, records)]
        if error:
            problems += [f"secret in {place}" for place in secrets_seen.seen_in_error(secrets, error)]
            result = _as_it_should_be(cell, bench, result)
        detail = f"{type(error).__name__}: {error}" if error else ""
        if result not in cell.scenario.wanted:
            detail += f" after {len(journal)} requests: {journal[:12]}"
        return Outcome(cell, result, detail, tuple(problems), time.monotonic() - begin)

    def _problems(self, bench: Bench, error: BaseException | None, result: str) -> list[str]:
        problems = []
        if bench.container == self.container and (left := self.store.leftovers(self.container) - self._known):
            self._known |= left
            problems.append(f"leftovers on the server: {sorted(left)[:3]}")
        if files := {path.name for path in bench.directory.iterdir()} - {"target", "source"}:
            problems.append(f"leftovers on the disk: {sorted(files)}")
        if self.thief.seen:
            problems.append(f"leak: another host was sent {self.thief.seen[:1]}")
        if isinstance(error, TemporaryError) and (not error.tries or "gave up" not in str(error)):
            problems.append("the error does not tell the count of tries")
        return problems


def _run(cell: Cell, bench: Bench) -> tuple[str, BaseException | None]:
    caught: list[BaseException] = []

    def work() -> None:
        try:
            cell.operation.run(bench)
        except BaseException as error:  # noqa: BLE001 - judged by the caller
            caught.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    if thread.is_alive():
        return "hang", None
    return _name(cell, caught[0] if caught else None), caught[0] if caught else None


def _name(cell: Cell, error: BaseException | None) -> str:
    if error is None:
        return "ok"
    if isinstance(error, WrongResultError):
        return "silent"
    own = cell.scenario.id == "U18" and str(error) == "the producer failed"
    return "raised" if own or isinstance(error, ObjectStorageClientError) else "untyped"


def _as_it_should_be(cell: Cell, bench: Bench, result: str) -> str:
    """After an error: torn, if what was there before is not there any more."""
    if result != "raised" or cell.scenario.id in ("U12", "D19"):
        return result
    try:
        cell.operation.after(bench)
    except WrongResultError:
        return "torn"
    return result
