"""A sync with a ledger: what is done is not looked at again, and all is done in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from obs_client import ConfigurationError, ConflictError, LocalClient, MemoryClient, NotSupportedError, ServiceError
from obs_client.models import Attributes
from obs_client.sync import Done, Place, SyncOptions, SyncReport, sync
from obs_client.sync.ranges import Bounds
from obs_client.sync.spread import by_ranges
from obs_client.wrappers import imitating, limited
from test.sync.ledger.stores import Known, in_files, known, pages, stop_after
from test.sync.spread.chaos import Chaos
from test.sync.support import Thing, contents, fill

NAMES = 105


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of ten names, of which each takes one page on each side."""
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=10))
    monkeypatch.setattr(by_ranges, "NEXT", Bounds(names=10))


def test_stopped_at_half_the_next_lists_no_more_than_the_other_half(tmp_path: Path) -> None:
    source, target = known("one", NAMES), known("two", NAMES)
    sync(source, target, ledger=tmp_path / "ledger")
    whole = pages(source, target)
    assert whole == 2 * 11
    stop_after(source, NAMES // 20)
    with pytest.raises(KeyboardInterrupt):
        sync(source, target, ledger=tmp_path / "ledger")
    pages(source, target)
    report = sync(source, target, ledger=tmp_path / "ledger")
    assert pages(source, target) <= whole * 0.55
    assert report.done_before + report.skipped == NAMES
    assert report.done_before >= NAMES * 0.45
    assert not (tmp_path / "ledger").exists()


def test_it_ends_as_without_a_ledger_and_each_step_is_told(tmp_path: Path) -> None:
    source, target = known("one", 150), known("two", 70)
    fill(target, {f"old{number}": Thing(b"y", {}) for number in range(20)})
    told, moved = list[Done](), list[int]()
    options = SyncOptions(delete=True)
    report = sync(source, target, options, ledger=tmp_path / "l", on_done=told.append, progress=moved.append)
    assert contents(target) == contents(source)
    assert (report.copied, report.skipped, report.deleted, report.done_before) == (80, 70, 20, 0)
    assert len({done.step.name for done in told}) == len(told) == 170
    assert sum(moved) == 80
    assert os.listdir(tmp_path) == []


def test_an_exception_of_a_callback_goes_out_and_the_next_goes_on(tmp_path: Path) -> None:
    source, target = known("one", 30), known("two")

    def stop(done: Done) -> None:
        if done.step.name == "n00025":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sync(source, target, ledger=tmp_path / "l", on_done=stop)
    report = sync(source, target, ledger=tmp_path / "l")
    assert report.done_before == 20
    assert report.copied + report.skipped == 10
    assert report.done_since is not None
    assert abs(report.done_since - time.time()) < 60
    assert contents(target) == contents(source)


class Refusing(Known):
    """A store of which one object cannot be read, until it can."""

    refuses = True

    def _object_open(self, container: str, name: str, *arguments: Any, **options: Any) -> Any:
        if self.refuses and name == "n00015":
            raise ServiceError("not this one")
        return super()._object_open(container, name, *arguments, **options)


def test_a_range_with_a_failure_is_not_done_and_nothing_is_deleted_before_it_is(tmp_path: Path) -> None:
    client = Refusing("one")
    source, target = Place(client, "box"), known("two")
    fill(source, {f"n{number:05d}": Thing(b"x", {}) for number in range(30)})
    fill(target, {"m": Thing(b"y", {}), "n00005x": Thing(b"y", {}), "z": Thing(b"y", {})})
    options = SyncOptions(delete=True)
    first = sync(source, target, options, ledger=tmp_path / "l")
    assert (list(first.failures), first.copied, first.withheld) == (["n00015"], 29, 3)
    client.refuses = False
    again = sync(source, target, options, ledger=tmp_path / "l")
    assert (again.copied, again.skipped, again.deleted, again.ok) == (1, 30 - again.done_before - 1, 3, True)
    assert again.done_before >= 15
    assert contents(target) == contents(source)


def test_what_was_withheld_may_be_allowed_later(tmp_path: Path) -> None:
    source, target = known("one", 10), known("two")
    fill(target, {"a": Thing(b"y", {}), "z": Thing(b"y", {})})
    first = sync(source, target, SyncOptions(delete=True, max_delete=1), ledger=tmp_path / "l")
    assert (first.copied, first.withheld) == (10, 2)
    pages(source, target)
    second = sync(source, target, SyncOptions(delete=True, max_delete=2), ledger=tmp_path / "l")
    assert (second.done_before, second.copied, second.deleted) == (10, 0, 2)
    assert not (tmp_path / "l").exists()


def test_a_source_that_was_seen_before_is_not_empty(tmp_path: Path) -> None:
    source, target = known("one", 10), known("two")
    fill(target, {f"z{number}": Thing(b"y", {}) for number in range(2)})
    ledger = tmp_path / "l"
    assert sync(source, target, SyncOptions(delete=True, max_delete=0), ledger=ledger).withheld == 2
    assert sync(source, target, SyncOptions(delete=True), ledger=ledger).deleted == 2


OTHERS = [
    ({"delete": True}, "delete is False there, and True here"),
    ({"checksum": True}, "checksum is False there, and True here"),
    ({"exclude": ["*.tmp"]}, r"exclude is \[\] there, and \['\*.tmp'\] here"),
]


def interrupted(ledger: Path | str, source: Place, target: Place, options: SyncOptions | None = None) -> None:
    """Leave a ledger of a sync of which the first ten names are done."""
    stop_after(source, 1)
    with pytest.raises(KeyboardInterrupt):
        sync(source, target, options or SyncOptions(), ledger=ledger)
    pages(source, target)


@pytest.mark.parametrize(("options", "message"), OTHERS)
def test_a_ledger_is_for_the_same_options(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    source, target = known("one", 11), known("two")
    interrupted(tmp_path / "l", source, target)
    with pytest.raises(ConfigurationError, match=message):
        sync(source, target, SyncOptions(**options), ledger=tmp_path / "l")
    assert pages(source, target) == 0


def test_a_ledger_is_for_the_same_places(tmp_path: Path) -> None:
    source, target = known("one", 11), known("two")
    interrupted(tmp_path / "l", source, target)
    with pytest.raises(ConfigurationError, match="source is 'known one box/' there, and 'known three box/' here"):
        sync(known("three"), target, ledger=tmp_path / "l")
    with pytest.raises(ConfigurationError, match="target is 'known two box/' there, and 'known two box/sub/' here"):
        sync(source, Place(target.client, "box", "sub"), ledger=tmp_path / "l")
    assert sync(source, target, SyncOptions(workers=2), ledger=tmp_path / "l").done_before == 10


def other(attributes: Attributes) -> Attributes:
    return attributes


def same(attributes: Attributes) -> Attributes:
    return attributes


def test_what_changes_attributes_is_known_by_its_name(tmp_path: Path) -> None:
    source, target = known("one", 11), known("two")
    interrupted(tmp_path / "l", source, target, SyncOptions(map_attributes=same))
    with pytest.raises(ConfigurationError, match="map_attributes is "):
        sync(source, target, SyncOptions(map_attributes=other), ledger=tmp_path / "l")
    with pytest.raises(ConfigurationError, match="must be a function of a module"):
        sync(source, target, SyncOptions(map_attributes=lambda each: each), ledger=tmp_path / "l")
    assert sync(source, target, SyncOptions(map_attributes=same), ledger=tmp_path / "l").done_before == 10


def test_what_no_ledger_can_be_kept_of_is_refused_before_anything(tmp_path: Path) -> None:
    source, target, ledger = known("one", 1), known("two"), tmp_path / "l"
    plain = MemoryClient()
    plain.container_create("box")
    with pytest.raises(ConfigurationError, match="exists in this process only"):
        sync(Place(plain, "box"), target, ledger=ledger)
    with pytest.raises(ConfigurationError, match="a sync to a directory looks at the complete directory first"):
        sync(source, Place.of_directory(tmp_path / "d"), ledger=ledger)
    with pytest.raises(ConfigurationError, match="does not list in order"):
        sync(Place(imitating(source.client, "seaweedfs"), "box"), target, ledger=ledger)
    for options in ({"dry_run": True}, {"max_transfer": 1}):
        with pytest.raises(ConfigurationError, match=next(iter(options))):
            sync(source, target, SyncOptions(**options), ledger=ledger)
    assert not ledger.exists()
    assert contents(target) == {}


@pytest.mark.slow
def test_it_ends_after_max_duration_and_the_next_goes_on(tmp_path: Path) -> None:
    source, target = known("one", NAMES), known("two")
    fill(target, {"old": Thing(b"y", {})})
    ledger, reports = tmp_path / "ledger", list[SyncReport]()
    while not reports or reports[-1].stopped:
        slow = SyncOptions(delete=True, max_duration=0.05, workers=1)
        reports.append(sync(source, target, slow, ledger=ledger, on_done=lambda _: time.sleep(0.005)))
        assert ledger.exists() is bool(reports[-1].stopped)
        assert reports[-1].ok is (reports[-1].stopped is None)
    assert len(reports) > 3
    assert contents(target) == contents(source)
    assert sum(report.copied for report in reports) == NAMES
    assert sum(report.skipped for report in reports) == 0
    assert [report.deleted for report in reports] == [0] * (len(reports) - 1) + [1]
    assert [report.done_before for report in reports] == [
        sum(report.copied for report in reports[:number]) for number in range(len(reports))
    ]
    ends = [report.stopped_at for report in reports[:-1]]
    assert ends == sorted(ends, key=str)
    assert "max_duration" in (reports[0].stopped or "")


def test_two_at_one_ledger_are_refused(tmp_path: Path) -> None:
    source, target = known("one", 2), known("two")

    def second(_: Done) -> None:
        with pytest.raises(ConflictError, match="another process uses the ledger"):
            sync(source, target, ledger=tmp_path / "l")

    assert sync(source, target, ledger=tmp_path / "l", on_done=second).copied == 2


def test_in_a_store(tmp_path: Path) -> None:
    source, target = known("one", 25), known("two")
    LocalClient(tmp_path).container_create("ops")
    url = f"file://{tmp_path}?container_name=ops&prefix=moves/album.jsonl"
    interrupted(url, source, target)
    kept = LocalClient(tmp_path).object_read("moves/album.jsonl", "ops").splitlines()
    assert [json.loads(line)["copied"] for line in kept[1:]] == [10]
    assert sync(source, target, ledger=url).done_before == 10
    assert LocalClient(tmp_path).object_info("moves/album.jsonl", "ops") is None
    with pytest.raises(ConfigurationError, match="names no object"):
        sync(source, target, ledger=f"file://{tmp_path}?container_name=ops")


def test_from_a_directory(tmp_path: Path) -> None:
    for number in range(120):
        path = tmp_path / f"files/{number % 7}/{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    source, target = Place.of_directory(tmp_path / "files"), known("two")

    def stop(done: Done) -> None:
        if done.step.name.startswith("6/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync(source, target, ledger=tmp_path / "l", on_done=stop)
    told = list[Done]()
    report = sync(source, target, ledger=tmp_path / "l", on_done=told.append)
    assert report.done_before == 100
    assert min(done.step.name[0] for done in told) == "5"
    assert contents(target) == contents(source)


# ---- several processes ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_by_several_workers_of_which_some_are_lost(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=3))
    source, target = in_files(tmp_path / "one", 150), in_files(tmp_path / "two")
    fill(target, {f"{number % 3}/old{number}": Thing(b"y", {}) for number in range(9)})
    told = 0

    def stop(count: int) -> None:
        nonlocal told
        told += count
        if told > 250:
            raise KeyboardInterrupt

    def once(progress: Any) -> SyncReport:
        return sync(
            source, target, SyncOptions(delete=True), processes=3, executor=Chaos(seed), ledger=tmp_path / "l",
            progress=progress,
        )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        once(stop)
    assert sum("old" in name for name in contents(target)) == 9
    report = once(None)
    assert contents(target) == contents(source)
    assert report.done_before > 25
    assert report.done_before + report.copied + report.skipped == 150


@pytest.mark.slow
def test_several_workers_end_after_max_duration_and_the_next_go_on(tmp_path: Path) -> None:
    source, target = in_files(tmp_path / "one", 150), in_files(tmp_path / "two")
    fill(target, {"old": Thing(b"y", {})})
    slow = Place(limited(target.client, requests_per_second=150), target.container_name, target.prefix)

    def once(to: Place, seconds: float) -> SyncReport:
        options = SyncOptions(delete=True, max_duration=seconds)
        return sync(source, to, options, processes=2, executor=Chaos(1, 0.0, 0.0), ledger=tmp_path / "l")

    first = once(slow, 0.4)
    assert (first.stopped, first.ok) == ("0.4 seconds have passed, which max_duration allows", False)
    again = once(target, 3600)
    assert (again.ok, again.deleted, again.done_before) == (True, 1, first.copied)
    assert first.copied + again.copied == 150
    assert contents(target) == contents(source)


PROGRAM = """
import sys
from test.sync.ledger.stores import in_files
from pathlib import Path
from obs_client.sync import sync

if __name__ == "__main__":
    path = Path(sys.argv[1])
    sync(in_files(path / "one"), in_files(path / "two"), processes=int(sys.argv[2]), ledger=path / "ledger")
"""


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_killed_at_half_by_a_signal(processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_ranges, "NEXT", Bounds())
    source, target = in_files(tmp_path / "one", 2500), in_files(tmp_path / "two")
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(tmp_path / "program.py"), str(tmp_path), str(processes)]
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        while process.poll() is None and _names_in(tmp_path / "ledger") < 1200:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    report = sync(source, target, ledger=tmp_path / "ledger")
    assert report.done_before >= 1200
    assert report.copied + report.skipped == 2500 - report.done_before
    assert contents(target) == contents(source)


def _names_in(ledger: Path) -> int:
    lines = ledger.read_bytes().split(b"\n")[1:-1] if ledger.exists() else []
    return sum(json.loads(line)["copied"] for line in lines)


def test_a_store_without_conditions_keeps_no_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "me")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with pytest.raises(NotSupportedError, match="not known to support conditions"):
        sync(known("one"), known("two"), ledger="s3://box/ledger?endpoint_url=http://127.0.0.1:9&region=us-east-1")
