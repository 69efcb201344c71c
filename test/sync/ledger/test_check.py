"""A check with a ledger: what was wholly equal is not looked at again, and all else is, until all is equal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obs_client import ConfigurationError, LocalClient, MemoryClient, ServiceError
from obs_client.sync import CheckReport, Place, SyncOptions, check, sync
from obs_client.sync.ranges import Bounds
from obs_client.sync.spread import by_ranges
from obs_client.wrappers import imitating
from test.sync.ledger.stores import in_files, known, pages, stop_after
from test.sync.spread.chaos import Chaos
from test.sync.support import Thing, fill

NAMES = 105


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of ten names, of which each takes one page on each side."""
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=10))
    monkeypatch.setattr(by_ranges, "NEXT", Bounds(names=10))


def spoil(place: Place, *numbers: int, content: bytes = b"y") -> None:
    fill(place, {f"n{number:05d}": Thing(content, {}) for number in numbers})


def test_stopped_at_half_the_next_lists_no_more_than_the_other_half(tmp_path: Path) -> None:
    source, target = known("one", NAMES), known("two", NAMES)
    assert check(source, target, ledger=tmp_path / "ledger").ok
    whole = pages(source, target)
    assert whole == 2 * 11
    stop_after(source, NAMES // 20)
    with pytest.raises(KeyboardInterrupt):
        check(source, target, ledger=tmp_path / "ledger")
    pages(source, target)
    report = check(source, target, ledger=tmp_path / "ledger")
    assert pages(source, target) <= whole * 0.55
    assert (report.ok, report.done_before + report.same) == (True, NAMES)
    assert report.done_before >= NAMES * 0.45
    assert report.done_since is not None
    assert abs(report.done_since - time.time()) < 60
    assert not (tmp_path / "ledger").exists()


def test_it_finds_what_is_found_without_a_ledger_and_each_name_is_told(tmp_path: Path) -> None:
    source, target = known("one", 40), known("two", 35)
    spoil(target, 3, 14)
    fill(target, {"a": Thing(b"x", {}), "z": Thing(b"x", {})})
    told, by = dict[str, str](), dict[str, str]()

    def tell(name: str, finding: str, size: int) -> None:
        assert (name in told, size) == (False, 1)
        told[name] = finding

    report = check(source, target, ledger=tmp_path / "l", on_done=tell, on_compared=by.__setitem__)
    assert report == check(source, target)
    assert report.differing == ("n00003", "n00014")
    assert (len(report.missing), report.extra, report.done_since) == (5, ("a", "z"), None)
    assert (len(told), list(told.values()).count("same")) == (42, 33)
    assert len(by) == 35


def test_what_differed_is_not_reported_when_it_is_mended_and_only_its_range_is_looked_at(tmp_path: Path) -> None:
    source, target = known("one", 50), known("two", 50)
    spoil(target, 15, 37)
    first = check(source, target, ledger=tmp_path / "l")
    assert (first.differing, first.same, first.ok) == (("n00015", "n00037"), 48, False)
    spoil(target, 15, content=b"x")
    second = check(source, target, ledger=tmp_path / "l")
    assert (second.differing, second.same, second.done_before) == (("n00037",), 19, 30)
    spoil(target, 37, content=b"x")
    third = check(source, target, ledger=tmp_path / "l")
    assert (third.ok, third.same, third.done_before) == (True, 10, 40)
    assert not (tmp_path / "l").exists()


@pytest.mark.parametrize("of_which", ["missing", "extra"])
def test_a_name_of_one_side_alone_is_found_again_until_it_is_mended(tmp_path: Path, of_which: str) -> None:
    places = known("one", 30), known("two", 30)
    odd = places[0 if of_which == "missing" else 1]
    fill(odd, {"n00015x": Thing(b"x", {})})
    for _ in range(2):
        report = check(*places, ledger=tmp_path / "l")
        assert (getattr(report, of_which), report.ok) == (("n00015x",), False)
    assert report.done_before == 21
    odd.client.object_delete("n00015x", "box")
    assert check(*places, ledger=tmp_path / "l").ok


class Refusing(LocalClient):
    """A store in files, which are read to compare them, of which one cannot be, until it can."""

    refuses = True

    def _object_open(self, container: str, name: str, *arguments: Any, **options: Any) -> Any:
        if self.refuses and name == "n00015":
            raise ServiceError("not this one")
        return super()._object_open(container, name, *arguments, **options)


def test_a_range_with_a_name_that_could_not_be_compared_is_not_done(tmp_path: Path) -> None:
    client = Refusing(tmp_path)
    client.container_create("box")
    source, target = Place(client, "box"), known("two", 30)
    fill(source, {f"n{number:05d}": Thing(b"x", {}) for number in range(30)})
    first = check(source, target, ledger=tmp_path / "l")
    assert (first.unproven, first.same, first.ok) == (("n00015",), 29, False)
    client.refuses = False
    again = check(source, target, ledger=tmp_path / "l")
    assert (again.ok, again.same, again.done_before) == (True, 10, 20)


def test_cut_at_any_byte_it_never_takes_for_equal_what_was_not(tmp_path: Path) -> None:
    source, target, path = known("one", 30), known("two", 30), tmp_path / "l"
    spoil(target, 5, 25)
    check(source, target, ledger=path)
    content = path.read_bytes()
    first, second, last = content.splitlines(keepends=True)
    assert [json.loads(line)["skipped"] for line in (second, last)] == [10, 0]
    begun, done = len(first), len(first + second)
    for cut in (*range(0, begun, 25), *range(begun - 1, done, 3), done - 1, done, len(content) - 1, len(content)):
        path.write_bytes(content[:cut])
        report = check(source, target, ledger=path)
        assert report.differing == ("n00005", "n00025"), cut
        assert report.done_before == (10 if cut >= done else 0), cut
        assert report.same + report.done_before == 28, cut


def stopped(work: Callable[..., object], ledger: Path, source: Place, target: Place) -> None:
    """Leave a ledger of which the first ten names are done."""
    stop_after(source, 1)
    with pytest.raises(KeyboardInterrupt):
        work(source, target, ledger=ledger)
    pages(source, target)


def test_a_ledger_of_a_sync_is_not_for_a_check_nor_the_other_way_round(tmp_path: Path) -> None:
    source, target = known("one", 11), known("two", 11)
    for first, second, message in (
        (sync, check, "is a ledger of a sync, not a ledger of a check, and was not changed"),
        (check, sync, "is a ledger of a check, not a ledger of a sync, and was not changed"),
    ):
        stopped(first, tmp_path / "l", source, target)
        before = (tmp_path / "l").read_bytes()
        with pytest.raises(ConfigurationError, match=message):
            second(source, target, ledger=tmp_path / "l")
        assert (pages(source, target), (tmp_path / "l").read_bytes()) == (0, before)
        (tmp_path / "l").unlink()


def test_a_ledger_is_for_the_same_places_and_for_the_options_that_choose_names(tmp_path: Path) -> None:
    source, target = known("one", 11), known("two", 11)
    stopped(check, tmp_path / "l", source, target)
    with pytest.raises(ConfigurationError, match="is of another check: source is 'known one box/' there"):
        check(known("three"), target, ledger=tmp_path / "l")
    with pytest.raises(ConfigurationError, match=r"is of another check: exclude is \[\] there, and \['n1'\] here"):
        check(source, target, SyncOptions(exclude=["n1"]), ledger=tmp_path / "l")
    same = SyncOptions(delete=True, checksum=True, max_transfer=1, dry_run=True, workers=2, map_attributes=lambda x: x)
    assert check(source, target, same, ledger=tmp_path / "l").done_before == 10


def test_what_no_ledger_can_be_kept_of_is_refused_before_anything(tmp_path: Path) -> None:
    source, target, ledger = known("one", 1), known("two"), tmp_path / "l"
    plain = MemoryClient()
    plain.container_create("box")
    with pytest.raises(ConfigurationError, match="exists in this process only"):
        check(Place(plain, "box"), target, ledger=ledger)
    with pytest.raises(ConfigurationError, match="does not list in order, so a check of it cannot use a ledger"):
        check(Place(imitating(source.client, "seaweedfs"), "box"), target, ledger=ledger)
    assert not ledger.exists()


def test_of_two_directories_with_what_is_no_file(tmp_path: Path) -> None:
    for side in ("one", "two"):
        for number in range(30):
            path = tmp_path / f"{side}/{number % 3}/{number:02d}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
    (tmp_path / "one/0/00link").symlink_to("nowhere")
    (tmp_path / "two/1/01").write_bytes(b"y")
    source, target = Place.of_directory(tmp_path / "one"), Place.of_directory(tmp_path / "two")
    first = check(source, target, ledger=tmp_path / "l")
    assert first == check(source, target)
    assert (first.differing, list(first.notes)) == (("1/01",), ["0/00link"])
    (tmp_path / "two/1/01").write_bytes(b"x")
    second = check(source, target, ledger=tmp_path / "l")
    assert (second.ok, second.done_before + second.same) == (True, 30)
    assert second.done_before >= 10


@pytest.mark.slow
def test_by_several_workers_of_which_some_are_lost(tmp_path: Path) -> None:
    source, target = in_files(tmp_path / "one", 150), in_files(tmp_path / "two", 150)
    fill(target, {"1/n0001": Thing(b"y", {}), "2/z": Thing(b"", {})})

    def once() -> CheckReport:
        return check(source, target, processes=3, executor=Chaos(1), ledger=tmp_path / "l")

    first = once()
    assert (first.differing, first.extra, first.same, first.done_before) == (("1/n0001",), ("2/z",), 149, 0)
    second = once()
    assert (second.differing, second.extra, second.same + second.done_before) == (("1/n0001",), ("2/z",), 149)
    assert second.done_before >= 100
    fill(target, {"1/n0001": Thing(b"x", {})})
    target.client.object_delete("2/z", "box")
    third = once()
    assert (third.ok, third.same + third.done_before) == (True, 150)
    assert not (tmp_path / "l").exists()
