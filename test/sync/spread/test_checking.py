"""A check by several workers finds what one process finds, whatever becomes of the workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from obs_client import ConfigurationError, ContainerNotFoundError, TemporaryError
from obs_client.sync import CheckReport, Place, check
from obs_client.sync.ranges import Bounds
from obs_client.sync.spread import by_ranges, checking
from test.sync.spread.chaos import Chaos
from test.sync.spread.ways import Ways, by_their_steps, filled, in_ranges
from test.sync.support import Thing, fill

pytestmark = pytest.mark.slow

WAYS = pytest.mark.parametrize("ways", [by_their_steps, in_ranges])
EXTRA = tuple(f"{number % 3}/old{number}" for number in range(20))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    monkeypatch.setattr(checking, "STEPS", 7)
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=3))
    monkeypatch.setattr(by_ranges, "NEXT", Bounds(names=11))


def halves(ways: Callable[[Path], Ways], path: Path) -> Ways:
    """Of a hundred names sixty in the target, one of them with other content; and twenty that are its own."""
    source, target = filled(ways, path)
    fill(target, {f"{number % 3}/n{number:03d}": Thing(b"x" * number, {}) for number in range(1, 60)})
    fill(target, {"1/n001": Thing(b"y", {}), "0/n000": Thing(b"", {})})
    return source, target


def counts(report: CheckReport) -> tuple[int, ...]:
    named = {"differing": report.differing, "missing": report.missing, "extra": report.extra}
    found = (len(names) + report.more.get(finding, 0) for finding, names in named.items())  # type: ignore[call-overload]
    return (report.same, report.same_size, *found, len(report.failures))


@WAYS
@pytest.mark.parametrize("seed", range(2))
def test_all_is_counted_once_whatever_is_lost_or_done_twice(
    ways: Callable[[Path], Ways], seed: int, tmp_path: Path
) -> None:
    source, target = halves(ways, tmp_path)
    chaos = Chaos(seed, lost=0.3, twice=0.3)
    report = check(source, target, processes=2, executor=chaos)
    assert counts(report) == counts(check(source, target))
    assert counts(report)[2:] == (1, 40, 20, 0)
    assert report.differing == ("1/n001",)
    assert sorted(report.extra) == sorted(EXTRA)
    assert chaos.losses > 0


def test_of_many_names_a_hundred_are_listed_and_the_others_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "FAILURES_MAXIMUM", 9)
    source, target = halves(in_ranges, tmp_path)
    report = check(source, target, processes=2, executor=Chaos(1, 0.0, 0.0))
    assert (len(report.missing), len(report.extra), report.more) == (9, 9, {"missing": 31, "extra": 11})
    assert not report.ok


@WAYS
def test_equal_places_are_proved_equal(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = ways(tmp_path)
    for each in (source, target):
        fill(each, {f"n{number}": Thing(b"same", {}) for number in range(30)})
    report = check(source, target, processes=2, executor=Chaos(3))
    assert report.ok
    assert (report.same, report.same_size) == (30, 120)
    assert report.proofs == {"reading": 30}


def test_names_are_told_where_they_are_listed_here(tmp_path: Path) -> None:
    source, target = halves(by_their_steps, tmp_path)
    told: dict[str, str] = {}
    executor = Chaos(3)
    check(source, target, processes=2, executor=executor, on_done=lambda name, finding, _: told.update({name: finding}))
    assert len(told) == 120
    assert [name for name, finding in told.items() if finding == "differing"] == ["1/n001"]


def test_what_it_cannot_do_is_refused(tmp_path: Path) -> None:
    source, target = in_ranges(tmp_path)
    with pytest.raises(ConfigurationError, match="on_done is not for several processes"):
        check(source, target, on_done=print, processes=2)
    with pytest.raises(ConfigurationError, match="processes must be"):
        check(source, target, processes=0)
    with pytest.raises(ContainerNotFoundError):
        check(Place(source.client, "absent"), target, processes=2, executor=Chaos(1, 0.0, 0.0))


@WAYS
def test_what_is_lost_again_and_again_ends_it(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = halves(ways, tmp_path)
    with pytest.raises(TemporaryError, match="lost 5 times"):
        check(source, target, processes=2, executor=Chaos(1, lost=1.0))


@WAYS
def test_processes_of_its_own(ways: Callable[[Path], Ways], tmp_path: Path) -> None:
    source, target = halves(ways, tmp_path)
    assert counts(check(source, target, processes=2)) == counts(check(source, target))
