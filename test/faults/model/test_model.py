"""Any order of operations leaves what a plain dict would hold, whatever fails on the way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from test.faults.model.machine import StoreMachine
from test.faults.model.stores import STORES, Opened, real_s3, real_swift
from test.faults.model.syncing import SyncMachine
from test.servers.shared import Servers

FEW = {"memory": 25, "local": 8, "s3": 6, "swift": 6}
MANY = 300


Open = Callable[[], AbstractContextManager[Opened]]


def play(opened: Open, examples: int, steps: int, *, again: bool) -> None:
    """Play so many games; `again`: the same in each run."""

    class Machine(StoreMachine):
        open = staticmethod(opened)

    _run(Machine, examples, steps, again=again)


def _run(machine: type[RuleBasedStateMachine], examples: int, steps: int, *, again: bool) -> None:
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=again,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink), print_blob=False,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
def test_a_few_games(store: str) -> None:
    play(STORES[store], FEW[store], 15, again=True)


def real(kind: str, servers: Servers) -> Open:
    """What opens a container of a real server."""
    return real_swift(servers.swift()) if kind == "swift" else real_s3(servers.seaweedfs())


@pytest.mark.parametrize("kind", ["swift", "seaweedfs"])
def test_a_few_games_on_real_servers(kind: str, servers: Servers) -> None:
    play(real(kind, servers), 3, 12, again=True)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["swift", "seaweedfs"])
def test_many_games_on_real_servers(kind: str, servers: Servers) -> None:
    play(real(kind, servers), 60, 30, again=False)


@pytest.mark.full
@pytest.mark.parametrize("store", STORES)
def test_many_games(store: str) -> None:
    play(STORES[store], MANY, 40, again=False)


@pytest.mark.slow
def test_a_few_games_of_sync_while_others_write() -> None:
    _run(SyncMachine, 15, 10, again=True)


@pytest.mark.full
def test_many_games_of_sync_while_others_write() -> None:
    _run(SyncMachine, MANY, 30, again=False)
