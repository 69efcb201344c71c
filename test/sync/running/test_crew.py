"""The threads that copy small objects: what they give, and how they end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest

from obs_client.backend import stopping
from obs_client.sync.report import Done
from obs_client.sync.running.crew import Copy, Crew
from obs_client.sync.steps import Step, Version

ROOM = 1000


class Work:
    """Copies that wait for a gate, and count the threads that do them."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = 0
        self.ended = 0
        self.names: list[str] = []

    @contextlib.contextmanager
    def begin(self) -> Iterator[Copy]:
        self.begun += 1
        try:
            yield self.copy
        finally:
            self.ended += 1

    def copy(self, step: Step) -> Done:
        self.names.append(step.name)
        while not self.gate.wait(0.01):
            stopping.check_stopped()
        if step.name == "bad":
            raise ZeroDivisionError(step.name)
        return Done(step, "copied", step.reason, step.source_size)


def step(name: str) -> Step:
    return Step("copy", name, "new", Version(1, None, None))


def test_each_step_is_done_once_by_no_more_threads_than_there_are_workers() -> None:
    work = Work()
    work.gate.set()
    names = [f"{number}" for number in range(100)]
    done: list[str] = []
    with Crew(work.begin, 3, ROOM) as crew:
        for name in names:
            while crew.pending >= crew.ahead:
                done.append(crew.result().step.name)
            crew.submit(step(name))
        while crew.pending:
            done.append(crew.result().step.name)
    assert sorted(done) == sorted(names) == sorted(work.names)
    assert work.begun == work.ended == 3


def test_no_thread_begins_that_has_no_step() -> None:
    work = Work()
    work.gate.set()
    with Crew(work.begin, 3, ROOM) as crew:
        crew.submit(step("one"))
        assert crew.result().step.name == "one"
    assert work.begun == work.ended == 1


def test_an_error_goes_out_and_nothing_more_begins() -> None:
    work = Work()
    with pytest.raises(ZeroDivisionError, match="bad"), Crew(work.begin, 1, ROOM) as crew:
        for name in ("bad", "second", "third"):
            crew.submit(step(name))
        work.gate.set()
        crew.result()
    assert work.names == ["bad"]
    assert work.ended == 1


def test_who_leaves_early_stops_what_runs_and_drops_the_rest() -> None:
    work = Work()
    with pytest.raises(ZeroDivisionError), Crew(work.begin, 2, ROOM) as crew:
        for name in "abcdef":
            crew.submit(step(name))
        while len(work.names) < 2:
            pass
        raise ZeroDivisionError
    assert sorted(work.names) == ["a", "b"]
    assert work.begun == work.ended == 2


def test_what_cannot_begin_is_told() -> None:
    @contextlib.contextmanager
    def refuse() -> Iterator[Copy]:
        raise PermissionError("no directory")
        yield  # a generator

    with pytest.raises(PermissionError), Crew(refuse, 2, ROOM) as crew:
        crew.submit(step("a"))
        crew.result()


def test_who_waits_is_woken_when_half_of_a_full_crew_has_ended() -> None:
    passes = threading.Semaphore(0)

    def copy(step: Step) -> Done:
        assert passes.acquire(timeout=30)
        return Done(step, "copied", step.reason)

    with Crew(lambda: contextlib.nullcontext(copy), 1, ROOM) as crew:
        for number in range(crew.ahead):
            crew.submit(step(f"{number}"))
        assert crew.ahead == crew.pending == 4
        passes.release(2)
        assert [crew.result().step.name for _ in range(2)] == ["0", "1"]
        passes.release(2)
        assert [crew.result().step.name for _ in range(2)] == ["2", "3"]
    assert crew.pending == 0
