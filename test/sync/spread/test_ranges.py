"""Ranges of names: each name is in one piece and only one, however they are cut."""

from __future__ import annotations

import bisect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_client.sync.ranges import EVERYTHING, Bounds, Range, Taken
from obs_client.sync.spread.splitting import after_all, split

pytestmark = pytest.mark.slow  # it takes seconds in all

NAMES = st.text(alphabet=st.sampled_from("ab/019Zé\ud7ff\ue000\U0010ffff"), min_size=1, max_size=6)
TEXTS = st.one_of(st.just(""), NAMES)


def probe_of(names: list[str], asked: list[str] | None = None) -> Callable[[str], str | None]:
    """What finds the first name after a text."""
    ordered = sorted(names)

    def first(after: str) -> str | None:
        if asked is not None:
            asked.append(after)
        place = bisect.bisect_right(ordered, after)
        return ordered[place] if place < len(ordered) else None

    return first


@given(st.lists(NAMES, unique=True), st.lists(TEXTS, max_size=5))
def test_pieces_hold_each_name_once(names: list[str], bounds: list[str]) -> None:
    pieces = EVERYTHING.cut(bounds)
    for name in names:
        assert sum(piece.holds(name) for piece in pieces) == 1


@given(st.lists(NAMES, unique=True, max_size=30), TEXTS, st.one_of(st.none(), NAMES), st.integers(1, 9))
def test_a_split_holds_each_name_of_the_range_once(
    names: list[str], after: str, up_to: str | None, pieces: int
) -> None:
    within = Range(after, up_to)
    found = split(within, probe_of(names), pieces)
    assert len(found) <= pieces
    for name in names:
        assert sum(piece.holds(name) for piece in found) == within.holds(name)


@given(st.lists(NAMES, unique=True, min_size=2, max_size=30))
def test_to_split_again_and_again_ends_with_single_names(names: list[str]) -> None:
    waiting, single = [EVERYTHING], 0
    for _ in range(50 * len(names)):
        if not waiting:
            break
        within = waiting.pop()
        held = [name for name in names if within.holds(name)]
        pieces = split(within, probe_of(names), 4)
        if len(held) <= 1 or len(pieces) == 1:
            # A name that is just the text of a probe, or that others begin with, may not be told from them.
            assert len(held) <= 8
            single += len(held)
        else:
            waiting += pieces
    assert single == len(names)


@pytest.mark.parametrize(
    "names",
    [
        [f"img-{number:012d}.jpg" for number in range(5000)],
        [f"{number * 7919 % 256:02x}/{number * 104729 % 256:02x}/{number:016x}" for number in range(5000)],
        [f"logs/{2020 + number % 6}/{number % 12:02d}/{number % 28:02d}/host-{number}" for number in range(5000)],
        [f"tenants/{0 if number % 3 else number:06d}/obj-{number}" for number in range(5000)],
    ],
    ids=["flat", "hashed", "logs", "tenants"],
)
def test_a_split_takes_few_probes_and_finds_work_for_several(names: list[str]) -> None:
    asked: list[str] = []
    pieces = split(EVERYTHING, probe_of(names, asked), 8)
    held = [sum(piece.holds(name) for name in names) for piece in pieces]
    assert len(asked) <= 25
    assert sum(count > 0 for count in held) >= 2


@given(NAMES, st.lists(NAMES))
def test_after_all_is_between_what_begins_so_and_all_later(start: str, names: list[str]) -> None:
    end = after_all(start)
    for name in names:
        if name.startswith(start):
            assert end is None or name < end
        elif name > start:
            assert end is not None
            assert name >= end


def test_as_many_names_are_taken_as_the_bounds_allow() -> None:
    rows = [(name, None, None) for name in "abcdef"]
    taken = Taken(Range("", "x"), Bounds(names=4))
    assert [row[0] for row in taken.take(iter(rows))] == ["a", "b", "c", "d"]
    assert taken.rest == Range("d", "x")


def test_bytes_and_time_are_bounds_too_but_one_name_is_always_taken() -> None:
    rows = [(name, None, None) for name in "abcdef"]
    taken = Taken(EVERYTHING, Bounds(size=10))
    found = []
    for row in taken.take(iter(rows)):
        found.append(row[0])
        taken.add_size(6)
    assert found == ["a", "b"]
    late = Taken(EVERYTHING, Bounds(seconds=0.0))
    assert [row[0] for row in late.take(iter(rows))] == ["a"]
    assert late.rest == Range("a", None)


def test_a_range_that_ends_leaves_nothing() -> None:
    taken = Taken(Range("", "x"), Bounds())
    assert len(list(taken.take(iter([("a", None, None)])))) == 1
    assert taken.rest is None


def test_a_range_of_which_the_last_name_is_taken_leaves_nothing() -> None:
    taken = Taken(Range("", "b"), Bounds(names=2))
    assert len(list(taken.take(iter([("a", None, None), ("b", None, None)])))) == 2
    assert taken.rest is None
