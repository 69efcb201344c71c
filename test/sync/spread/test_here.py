"""What pieces of a sync and of a check do, in this thread: nothing that they are given is left out."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import pytest

from obs_client.sync import Place, SyncOptions
from obs_client.sync.content import Comparison
from obs_client.sync.listing import Pair, pairs
from obs_client.sync.ranges import EVERYTHING, Bounds, Range
from obs_client.sync.spread import by_steps, checking
from obs_client.sync.spread.splitting import after_all, split
from obs_client.sync.spread.work import JobHere, Outcomes, do_steps
from obs_client.sync.spread.workers import Here, Workers
from obs_client.sync.steps import Step, Version
from test.sync.support import contents, memory

LARGE = by_steps.SIZE


def job(source: Place, target: Place) -> JobHere:
    return JobHere(source, target, SyncOptions(), None, None)


def steps(*sizes: int) -> list[Step]:
    return [Step("copy", f"{at}", "new", Version(size, None, None)) for at, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("given", "groups"),
    [
        (steps(1, 1, 1, 1, 1), [["0", "1"], ["2", "3"], ["4"]]),
        (steps(LARGE, 1, 1, LARGE, 1), [["0"], ["1", "2"], ["3"], ["4"]]),
    ],
)
def test_steps_go_out_in_groups_and_come_back_in_order(
    given: list[Step], groups: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []

    def do(_job: object, group: list[Step], _ask: bool) -> Outcomes:
        sent.append([step.name for step in group])
        return Outcomes({})

    monkeypatch.setattr(by_steps, "do_steps", do)
    monkeypatch.setattr(by_steps, "STEPS", 2)
    with Workers(Here, 1) as workers, by_steps.Groups(job(memory(), memory()), workers, ask=False) as pool:
        for step in given:
            pool.submit(step)
        assert pool.pending == len(given)
        done = [pool.result() for _ in given]
        assert pool.pending == 0
    assert sent == groups
    assert [(each.step, each.outcome, each.size) for each in done] == [
        (step, "copied", step.source_size) for step in given
    ]


def test_what_was_not_as_planned_is_told_with_what_it_was() -> None:
    source, target = memory(**{"0": b"x", "1": b"longer"}), memory()
    planned = steps(1, 2, 3)
    outcomes = do_steps(job(source, target), planned, ask=False)
    assert {place: (done.outcome, done.size) for place, done in outcomes.others.items()} == {
        1: ("copied", 6),
        2: ("skipped", 0),
    }
    assert contents(target) == {"0": b"x", "1": b"longer"}


@pytest.mark.parametrize("group", [1, 2, 3, 100])
def test_a_check_finds_something_of_each_name(group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "STEPS", group)
    monkeypatch.setattr(checking, "at_once", lambda *_: None)
    source, target = memory(a=b"1", b=b"2", c=b"3", d=b"4"), memory(a=b"1", b=b"?", c=b"3", d=b"4")
    listed: Iterator[Pair] = pairs(source, target, SyncOptions(), lambda *_: None)
    with Workers(Here, 1) as workers:
        found = checking.compared(job(source, target), workers, Comparison(source, target), listed)
        assert {pair[0]: finding for pair, finding, _ in found} == {
            "a": "same", "b": "differing", "c": "same", "d": "same",
        }  # fmt: skip


def test_a_check_of_a_range_tells_of_its_names_and_gives_back_the_rest() -> None:
    source, target = memory(a=b"1", b=b"2", c=b"3"), memory(a=b"1", b=b"?", c=b"?")
    done = checking.check_range(job(source, target), EVERYTHING, Bounds(names=2), 1)
    assert (done.report.same, done.report.differing, done.report.missing) == (1, ("b",), ())
    assert done.rests == (Range("b", None),)


def probe_of(names: list[str]) -> Callable[[str], str | None]:
    def first(after: str) -> str | None:
        place = bisect.bisect_right(names, after)
        return names[place] if place < len(names) else None

    return first


@pytest.mark.parametrize("start", ["", "photos/2026-", "\ud7ff", "\U0010ffff"])
def test_a_range_is_cut_where_its_names_differ(start: str) -> None:
    names = [start + each for each in ("a1", "b2", "c3", "k4", "q5", "z6")]
    pieces = split(EVERYTHING, probe_of(names), 3)
    held = [[name for name in names if piece.holds(name)] for piece in pieces]
    assert [name for each in held for name in each] == names
    assert len([each for each in held if each]) > 1


def test_after_all_names_that_begin_so_comes_the_next_character() -> None:
    assert [after_all(text) for text in ("", "a", "a\U0010ffff", "\ud7ff", "\U0010ffff")] == [
        None, "b", "b", "\ue000", None,
    ]  # fmt: skip


class Slow(futures.Executor):
    """Begins nothing."""

    def __init__(self) -> None:
        self.given: list[futures.Future[Any]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> futures.Future[Any]:
        self.given.append(futures.Future[Any]())
        return self.given[-1]


def test_what_has_not_begun_is_taken_back() -> None:
    executor = Slow()
    workers = Workers(lambda: executor, 2)
    for number in range(3):
        workers.give(number, len, "abc")
    assert workers.drop() == 2
    assert [future.cancelled() for future in executor.given] == [True, True, True]
    assert workers.out == 0
