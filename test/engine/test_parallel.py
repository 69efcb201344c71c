"""Workers: none of them runs any more when their block was left, so that what they use can be closed."""

from __future__ import annotations

import contextvars
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from obs_client._engine.parallel import READY_MAXIMUM, WorkerPool, bounded_map, ended, mixed_map, within
from obs_client.backend import stopping


class Numbers:
    """From 0 to 39; counts how many were taken."""

    taken = 0

    def __iter__(self) -> Iterator[int]:
        for number in range(40):
            self.taken += 1
            yield number


def test_bounded_map_keeps_order_takes_few_ahead_and_stops_at_a_failure() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = bounded_map(lambda number: number * 2, items(), 4)
    assert [next(results) for _ in range(10)] == list(range(0, 20, 2))
    assert len(taken) <= 15
    results.close()  # type: ignore[attr-defined]

    def fail(number: int) -> int:
        if number == 5:
            raise ZeroDivisionError
        return number

    seen: list[int] = []
    failing = bounded_map(fail, range(100), 4)
    with pytest.raises(ZeroDivisionError):
        while True:
            seen.append(next(failing))
    assert seen == [0, 1, 2, 3, 4]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("obs_client_")]


def test_mixed_map_keeps_order_and_hands_over_only_what_is_not_had_at_once() -> None:
    handed: list[int] = []

    def slow(number: int) -> int:
        handed.append(number)
        return number * 2

    def at_once(number: int) -> int | None:
        return None if number % 7 == 0 else number * 2

    assert list(mixed_map(at_once, slow, range(100), 4)) == list(range(0, 200, 2))
    assert sorted(handed) == list(range(0, 100, 7))


def test_mixed_map_gives_what_is_had_at_once_without_a_thread() -> None:
    threads = threading.active_count()

    def slow(number: int) -> int:
        raise AssertionError(number)

    results = mixed_map(lambda number: number, slow, range(1, 50), 2)
    assert [(number, threading.active_count()) for number in results] == [(each, threads) for each in range(1, 50)]


def test_mixed_map_hands_over_no_more_than_there_are_workers() -> None:
    items = Numbers()
    for given, result in enumerate(mixed_map(lambda _: None, lambda number: number, items, 3)):
        assert result == given
        assert items.taken - given <= 4
    assert items.taken == 40


MANY = 40
"""Workers: more than Python starts where nobody says how many."""


@pytest.mark.parametrize(
    "calls",
    [
        lambda meet: bounded_map(meet, range(MANY), MANY),
        lambda meet: mixed_map(lambda _: None, meet, range(MANY), MANY),
    ],
    ids=["bounded", "mixed"],
)
def test_as_many_run_at_once_as_is_said(calls: Callable[[Callable[[int], str]], Iterator[str]]) -> None:
    together = threading.Barrier(MANY)

    def meet(_: int) -> str:
        together.wait(5)
        return threading.current_thread().name

    assert set(calls(meet)) == {f"obs_client_{number}" for number in range(MANY)}


def test_no_more_run_at_once_than_is_said() -> None:
    def name(_: int) -> str:
        return threading.current_thread().name

    with WorkerPool(name, 2) as pool:
        for number in range(9):
            pool.submit(number)
        assert {pool.result() for _ in range(9)} <= {"obs_client_0", "obs_client_1"}


@pytest.mark.parametrize(("items", "workers"), [(range(3), 1), (range(2), 1), (range(1), 4), (range(0), 4)])
def test_for_one_worker_or_one_item_no_thread_starts(items: range, workers: int) -> None:
    def look(number: int) -> tuple[int, threading.Thread]:
        return number, threading.current_thread()

    here = threading.current_thread()
    assert list(bounded_map(look, items, workers)) == [(number, here) for number in items]


@pytest.mark.parametrize("workers", [1, 2])
def test_who_waits_is_called_in_each_wait(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may show how far the calls are, which go on meanwhile."""
    monkeypatch.setattr(stopping, "CHECK_INTERVAL", 0.001)
    called = threading.Semaphore(0)
    here = threading.current_thread()

    def wait(_: int) -> bool:
        assert threading.current_thread() is not here
        return all(called.acquire(timeout=2) for _ in range(3))

    assert list(bounded_map(wait, range(4), workers, called.release)) == [True] * 4


def test_what_is_raised_in_a_wait_ends_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "CHECK_INTERVAL", 0.001)

    def give_up() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(bounded_map(lambda _: stopping.sleep(30), [1], 1, give_up))


def test_mixed_map_lets_no_more_wait_for_one_than_it_says() -> None:
    slow_may_end, taken = threading.Event(), []

    def items() -> Iterator[int]:
        for number in range(10 * READY_MAXIMUM):
            taken.append(number)
            if number == READY_MAXIMUM:
                slow_may_end.set()
            yield number

    def slow(number: int) -> int:
        assert slow_may_end.wait(20)
        return number

    results = mixed_map(lambda number: number or None, slow, items(), 2)
    assert [next(results) for _ in range(5)] == list(range(5))
    assert len(taken) == READY_MAXIMUM + 5
    results.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("obs_client_")]


def test_workers_see_the_callers_context_and_leave_it_as_it_is() -> None:
    variable = contextvars.ContextVar("variable", default="nobody's")

    def look(number: int) -> str:
        seen = variable.get()
        variable.set(f"worker's {number}")
        return seen

    variable.set("caller's")
    assert list(bounded_map(look, range(20), 4)) == ["caller's"] * 20
    assert variable.get() == "caller's"


def test_workers_stop_when_nobody_waits_for_them() -> None:
    """Also those that wait for workers of their own, and those that pause before another try."""
    started = threading.Event()
    ended: list[str] = []

    def sleep_long(number: int) -> int:
        started.set()
        try:
            stopping.sleep(60.0)
        except stopping.Stopped:
            ended.append("inner")
            raise
        ended.append("slept")
        return number

    def wait_for_others(number: int) -> int:
        try:
            return sum(bounded_map(sleep_long, range(2), 2))
        except stopping.Stopped:
            ended.append("outer")
            raise

    def interrupted() -> Iterator[int]:
        yield 1
        yield 2
        started.wait(10.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(bounded_map(wait_for_others, interrupted(), 3))
    assert "slept" not in ended
    assert ended.count("outer") == 2
    assert ended.count("inner") >= 1


INTERRUPTS = 3


class Interrupter:
    """Interrupts the main thread several times while a worker goes on, and looks whether it left meanwhile."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.left = threading.Event()
        self.left_early = False
        self.ended = 0
        self._release = threading.Event()
        self._arrived = threading.Semaphore(0)

    def work(self, _: object = None) -> None:
        """What a worker does that notices nothing, as a name server that does not answer."""
        self.begun.set()
        self._release.wait(30)
        self.ended += 1

    def run(self) -> None:
        self.begun.wait(30)
        for _ in range(INTERRUPTS):
            if not self.left.wait(0.1):  # time to wait for the worker again
                os.kill(os.getpid(), signal.SIGINT)
                self._arrived.acquire(timeout=30)
        self.left_early = self.left.wait(0.3)
        self._release.set()

    def arrive(self, _number: int, _frame: FrameType | None) -> None:
        self._arrived.release()
        if not self.left.is_set():
            raise KeyboardInterrupt


@pytest.fixture
def interrupter() -> Iterator[Interrupter]:
    one = Interrupter()
    before = signal.signal(signal.SIGINT, one.arrive)
    thread = threading.Thread(target=one.run)
    thread.start()
    yield one
    thread.join()
    signal.signal(signal.SIGINT, before)


def by_a_pool(work: Callable[[object], None]) -> None:
    with WorkerPool(work, 2) as pool:
        pool.submit(None)
        pool.result()


def by_a_map(work: Callable[[object], None]) -> None:
    for _ in bounded_map(work, [1, 2], 2):
        pass


def by_a_bound(work: Callable[[object], None]) -> None:
    within(lambda: work(None), 60)


@pytest.mark.slow
@pytest.mark.parametrize("call", [by_a_pool, by_a_map, by_a_bound])
def test_no_interrupt_leaves_a_worker_behind(
    interrupter: Interrupter, call: Callable[[Callable[[object], None]], None]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        call(interrupter.work)
    interrupter.left.set()
    assert interrupter.ended >= 1
    assert not interrupter.left_early


def test_a_call_that_is_out_of_time_has_ended() -> None:
    ended = threading.Event()

    def wait() -> None:
        try:
            stopping.sleep(60)
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        within(wait, 0.01)
    assert ended.is_set()


def test_a_bound_holds_in_a_worker_too() -> None:
    def bound(_: int) -> None:
        with pytest.raises(TimeoutError):
            within(lambda: stopping.sleep(2), 0.01)

    assert list(bounded_map(bound, range(2), 2)) == [None, None]


def test_a_failure_closes_nothing_under_another_worker() -> None:
    """One worker fails while another waits for its socket, which the block's owner then closes."""
    here, there = socket.socketpair()
    here.settimeout(stopping.CHECK_INTERVAL / 5)
    waiting, seen = threading.Event(), list[BaseException]()

    def work(number: int) -> None:
        if not number:
            waiting.wait(30)
            raise KeyError(number)
        try:
            while True:
                waiting.set()
                try:
                    here.recv(1)
                except TimeoutError:
                    stopping.check_stopped()
        except BaseException as error:
            seen.append(error)
            raise

    with here, there, pytest.raises(KeyError):
        list(bounded_map(work, [0, 1], 2))
    assert [type(error) for error in seen] == [stopping.Stopped]


@pytest.mark.parametrize("workers", [2, 3, 5])
def test_items_are_taken_no_sooner_than_is_promised(workers: int) -> None:
    """Each holds memory: a part of an object, a page of names."""
    items = Numbers()
    for given, result in enumerate(bounded_map(lambda item: item, items, workers)):
        assert result == given
        assert items.taken - given <= workers + 1
    assert items.taken == 40


def test_items_that_nobody_asks_for_any_more_are_closed_at_once_though_the_exception_is_kept() -> None:
    closed: list[int] = []

    def items() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(1)

    kept: list[BaseException] = []
    with pytest.raises(ZeroDivisionError) as caught, ended(items()) as given:
        for _ in given:
            raise ZeroDivisionError
    kept.append(caught.value)
    assert closed == [1]
    with ended([1, 2]) as given:
        assert list(given) == [1, 2]
