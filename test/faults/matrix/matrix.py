"""All cells, and the table of what came of them."""

from __future__ import annotations

import collections
import contextlib
import queue
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from test.faults.matrix.cells import MATRIX, Cell, Outcome, Stage
from test.faults.matrix.scenarios import ALL, Scenario
from test.faults.matrix.scenarios_download import DOWNLOADS
from test.faults.matrix.scenarios_listing import LISTINGS, OTHERS
from test.faults.matrix.scenarios_upload import UPLOADS
from test.faults.stores.base import Store
from test.faults.stores.starting import started
from test.faults.wire.proxy import fault_proxy
from test.faults.wire.thief import thief

SCENARIOS: tuple[Scenario, ...] = (*DOWNLOADS, *LISTINGS, *OTHERS, *UPLOADS)
KEYSTONE = ("D01", "D16", "D19", "L02", "L05", "O04", "U07", "U11", "U16", "U17")
"""The scenarios that are played behind Keystone too, where only the login differs: its faults are all played."""

BESIDE = ("unreached", "silent", "hang", "torn", "untyped", "leftovers", "secrets", "leaks")


def cells(stores: Sequence[str] = ALL) -> list[Cell]:
    """All cells of some servers."""
    return [
        Cell(scenario, variant, operation, store)
        for store in stores
        for scenario in SCENARIOS
        if store in scenario.stores
        for operation in scenario.operations
        if store in operation.stores and (store != "keystone" or scenario.id in KEYSTONE or operation.aim == "login")
        for variant in range(len(scenario.variants))
    ]


def quick(all_cells: Iterable[Cell]) -> list[Cell]:
    """Of each scenario on each server some cells, by turns other operations in each scenario."""
    groups: dict[tuple[str, str], list[Cell]] = collections.defaultdict(list)
    for cell in all_cells:
        if cell.store != "keystone":
            groups[cell.store, cell.scenario.id].append(cell)
    chosen = []
    for turn, group in enumerate(groups.values()):
        step = max(1, len(group) // QUICK_CELLS)
        chosen += group[turn % step :: step][:QUICK_CELLS]
    return chosen


QUICK_CELLS = 3
SIDE_BY_SIDE = 3
"""Cells of one server at a time: most of a cell is waiting."""


@contextlib.contextmanager
def staged(kind: str, *, listed: bool = False) -> Iterator[Stage]:
    """A server with all that cells need; those of listings, if `listed`."""
    with started(kind) as store, _stage(store, MATRIX, listed) as stage:
        yield stage


@contextlib.contextmanager
def playing(kind: str, chosen: Sequence[Cell]) -> Iterator[dict[str, Future[Outcome]]]:
    """Plays cells of one kind of server, a few side by side; gives what will have come of each, by its id."""
    free: queue.SimpleQueue[Stage] = queue.SimpleQueue()

    def play(cell: Cell) -> Outcome:
        stage = free.get()
        try:
            return stage.play(cell)
        finally:
            free.put(stage)

    with contextlib.ExitStack() as stack:
        store = stack.enter_context(started(kind))
        for number in range(SIDE_BY_SIDE):
            free.put(stack.enter_context(_stage(store, f"{MATRIX}-{number}", number == 0)))
        pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        stack.callback(pool.shutdown, cancel_futures=True)
        yield {cell.id: pool.submit(play, cell) for cell in chosen}


@contextlib.contextmanager
def _stage(store: Store, container: str, listed: bool) -> Iterator[Stage]:
    with (
        fault_proxy(store.endpoint, store.others) as proxy,
        thief() as one,
        contextlib.closing(Stage(store, proxy, one, listed=listed, container=container)) as stage,
    ):
        yield stage


def table(outcomes: Sequence[Outcome]) -> str:
    """The matrix: for each scenario the cells that are as wanted of all, on each server; totals at the end."""
    stores = [store for store in ALL if any(outcome.cell.store == store for outcome in outcomes)]
    lines = [f"{'':4} {'fault':48} {'wanted':13}" + "".join(f"{store:>12}" for store in stores)]
    for scenario in SCENARIOS:
        played = [outcome for outcome in outcomes if outcome.cell.scenario is scenario]
        if played:
            counts = "".join(f"{_count(played, store):>12}" for store in stores)
            wanted = " or ".join(sorted(scenario.wanted))
            lines.append(f"{scenario.id:4} {scenario.title:48} {wanted:13}{counts}")
    return "\n".join([*lines, "", *_totals(outcomes, stores), *_bad(outcomes)])


def _count(outcomes: Sequence[Outcome], store: str) -> str:
    own = [outcome for outcome in outcomes if outcome.cell.store == store]
    return f"{sum(outcome.good for outcome in own)}/{len(own)}" if own else "-"


def _totals(outcomes: Sequence[Outcome], stores: Sequence[str]) -> Iterator[str]:
    scenarios = {outcome.cell.scenario.id for outcome in outcomes}
    operations = {outcome.cell.operation.name for outcome in outcomes}
    yield f"{len(scenarios)} scenarios, {len(operations)} operations"
    yield f"{'server':12}{'cells':>7}{'as wanted':>11}" + "".join(f"{name:>11}" for name in BESIDE) + f"{'seconds':>9}"
    for store in stores:
        yield _total(store, [outcome for outcome in outcomes if outcome.cell.store == store])
    yield _total("all", outcomes)


def _total(title: str, own: Sequence[Outcome]) -> str:
    counts = "".join(f"{sum(_has(outcome, name) for outcome in own):>11}" for name in BESIDE)
    seconds = sum(outcome.seconds for outcome in own)
    return f"{title:12}{len(own):>7}{sum(outcome.good for outcome in own):>11}{counts}{seconds:>9.0f}"


def _has(outcome: Outcome, name: str) -> bool:
    return outcome.result == name or any(problem.startswith(name.removesuffix("s")) for problem in outcome.problems)


def _bad(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"not as wanted: {outcome}" for outcome in outcomes if not outcome.good]
