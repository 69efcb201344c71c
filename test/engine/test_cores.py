"""Workers of small requests share a core; their callers, and the workers that move large parts, have all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from obs_client import MemoryClient
from obs_client._engine import cores
from obs_client._engine.parallel import WorkerPool, bounded_map
from obs_client.sync import Place, SyncOptions, sync

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity")
    or len(os.sched_getaffinity(0)) < 2
    or not getattr(sys, "_is_gil_enabled", lambda: True)(),
    reason="needs two cores, a system that keeps threads on one, and a Python with the lock",
)


def mine(_: object = None) -> frozenset[int]:
    return frozenset(os.sched_getaffinity(0))


def masks(workers: int = 4, *, small: bool) -> list[frozenset[int]]:
    """Those of workers that all run at once."""
    together = threading.Barrier(workers)

    def look(_: int) -> frozenset[int]:
        together.wait(20)
        return mine()

    return list(bounded_map(look, range(workers), workers, small=small))


def test_workers_of_small_requests_share_one_core() -> None:
    before = mine()
    (shared,) = set(masks(small=True))
    assert len(shared) == 1
    assert shared < before
    assert mine() == before


def test_other_workers_have_all_cores() -> None:
    assert set(masks(small=False)) == {mine()}


def test_the_caller_keeps_its_cores_whatever_happens() -> None:
    before = mine()

    def fail(_: int) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(bounded_map(fail, range(4), 2, small=True))
    assert mine() == before


def test_only_cores_that_the_caller_may_use_are_taken() -> None:
    before = mine()
    last = max(before)
    try:
        os.sched_setaffinity(0, {last})
        assert set(masks(small=True)) == {frozenset({last})}
        assert mine() == {last}
    finally:
        os.sched_setaffinity(0, before)


def test_what_a_small_worker_starts_for_large_parts_has_all_cores() -> None:
    def inner(_: int) -> set[frozenset[int]]:
        assert len(mine()) == 1
        return set(masks(2, small=False))

    with WorkerPool(inner, 1, small=True) as pool:
        pool.submit(1)
        assert pool.result() == {mine()}


def test_processes_side_by_side_do_not_all_take_one() -> None:
    assert len({core for _ in range(64) for core in masks(2, small=True)}) >= 2


def test_it_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cores.VARIABLE, "0")
    assert set(masks(small=True)) == {mine()}


def test_a_sync_of_small_objects_is_on_one_core_and_its_callbacks_are_not() -> None:
    source, target = MemoryClient("box"), MemoryClient("box")
    for client in (source, target):
        client.container_create("box")
    for number in range(8):
        source.object_write(f"{number}", b"content")
    workers: set[frozenset[int]] = set()
    callbacks: set[frozenset[int]] = set()
    options = SyncOptions(map_attributes=lambda info: workers.add(mine()))
    sync(Place(source, "box"), Place(target, "box"), options, on_done=lambda done: callbacks.add(mine()))
    (shared,) = workers
    assert len(shared) == 1
    assert callbacks == {mine()}


def test_a_process_that_ends_in_the_middle_leaves_others_alone() -> None:
    """What is set is the thread's: this process, that of the caller, has its cores as before."""
    before = mine()
    code = "import os; from obs_client._engine.parallel import bounded_map\n"
    code += "for _ in bounded_map(lambda _: None, range(9), 4, small=True): os._exit(0)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert mine() == before
