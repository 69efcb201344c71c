"""Workers of small requests share a core; their callers, and the workers that move large parts, have all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from obs_client import Attributes, MemoryClient
from obs_client._engine import cores
from obs_client._engine.parallel import WorkerPool, bounded_map
from obs_client.sync import Place, SyncOptions, sync

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity")
    or len(os.sched_getaffinity(0)) < 2
    or not getattr(sys, "_is_gil_enabled", lambda: True)(),
    reason="needs two cores, a system that keeps threads on one, and a Python with the lock",
)


@pytest.fixture(autouse=True)
def _nothing_measured_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the cores seem idle, whatever else this machine does."""
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setattr(cores, "_process", cores._Process())


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
    assert list(bounded_map(str, range(9), 4, small=True)) == [str(number) for number in range(9)]
    assert shared < before
    assert mine() == before


def test_other_workers_have_all_cores() -> None:
    assert set(masks(small=False)) == {mine()}


def test_nobody_who_does_not_ask_for_it_is_kept_on_one() -> None:
    assert set(bounded_map(mine, range(4), 2)) == {mine()}
    with WorkerPool(mine, 1) as pool:
        pool.submit(None)
        assert pool.result() == mine()


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


def test_pools_of_one_process_share_a_core_and_processes_choose_by_chance() -> None:
    assert len({core for _ in range(16) for core in masks(2, small=True)}) == 1
    assert len({frozenset(cores._Process().one_of({0, 1})) for _ in range(64)}) == 2


@pytest.mark.parametrize(("on_one", "on_all"), [(0.0001, 0.0004), (0.0004, 0.0001)])
def test_the_way_that_takes_less_cpu_time_is_kept_to(
    on_one: float, on_all: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TRIAL", 20), ("LEAST", 200)):
        monkeypatch.setattr(cores, name, value)

    def burn(_: int) -> bool:
        is_on_one = len(mine()) == 1
        until = time.thread_time() + (on_one if is_on_one else on_all)
        while time.thread_time() < until:
            pass
        return is_on_one

    ways = list(bounded_map(burn, range(900), 4, small=True))
    better = sum(way == (on_one < on_all) for way in ways)
    assert 800 <= better < 890  # the other way is tried three times, at the start and after 200 and 400 calls
    assert list(bounded_map(burn, range(4), 4, small=True)) == [on_one < on_all] * 4  # as the pool before found


def test_where_cores_have_much_other_work_all_are_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (1000.0, 0.0, 0.0))
    monkeypatch.setattr(cores, "_process", cores._Process())
    assert set(masks(small=True)) == {mine()}


def test_a_system_that_refuses_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("sandboxed")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    assert set(masks(small=True)) == {mine()}


def test_a_process_that_a_worker_forks_has_all_cores() -> None:
    code = """if True:
        import os
        os.getloadavg = lambda: (0.0, 0.0, 0.0)
        from obs_client._engine.parallel import bounded_map
        def fork(_):
            one = len(os.sched_getaffinity(0)) == 1
            child = os.fork()
            if not child:
                os._exit(len(os.sched_getaffinity(0)))
            return one, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(set(bounded_map(fork, range(2), 2, small=True)))
        """
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == repr({(True, len(mine()))})


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

    def look(attributes: Attributes) -> Attributes:
        workers.add(mine())
        return attributes

    options = SyncOptions(map_attributes=look)
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
