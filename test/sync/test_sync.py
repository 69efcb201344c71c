"""A sync as a whole, between places of all kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from obs_client.sync import Done, Place, SyncOptions, sync
from obs_client.testing.faults import FaultyClient
from test.sync.support import (
    PAIRS,
    PART,
    fill,
    make_place,
    memory,
    state,
    tree,
)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_tree_arrives_whole_and_a_second_sync_moves_nothing(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    things = tree()
    fill(source, things)
    seen: list[int] = []
    report = sync(source, target, SyncOptions(delete=True), progress=seen.append)
    assert (report.copied, report.skipped, report.deleted) == (len(things), 0, 0)
    assert report.ok
    assert report.copied_size == sum(seen) == sum(len(thing.content) for thing in things.values())
    assert state(target) == state(source)
    again = sync(source, target, SyncOptions(delete=True))
    assert (again.copied, again.skipped, again.deleted) == (0, len(things), 0)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_changed_is_copied_and_what_went_is_deleted(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    fill(source, tree())
    sync(source, target)
    client, container = source.client, source.container_name
    client.object_write(source.full_name("large"), b"other", container_name=container)
    client.object_write(source.full_name("exactly one part"), b"y" * PART, container_name=container)
    client.object_write(source.full_name("new/one"), b"new", container_name=container)
    client.object_delete(source.full_name("a/b/c/deep.txt"), container)
    assert sync(source, target).copied == 3
    assert "a/b/c/deep.txt" in state(target)
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.copied, report.deleted) == (0, 1)
    assert state(target) == state(source)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    source, target = memory(a=b"1", b=b"22"), memory(b=b"2", c=b"3")
    before = state(target)
    done: list[Done] = []
    report = sync(source, target, SyncOptions(delete=True, dry_run=True), on_done=done.append)
    assert (report.copied, report.copied_size, report.deleted, report.dry_run) == (2, 3, 1, True)
    assert state(target) == before
    assert [(one.step.name, one.outcome) for one in done] == [("a", "copied"), ("b", "copied"), ("c", "deleted")]
    sync(source, Place.of_directory(tmp_path / "new"), SyncOptions(dry_run=True))
    assert list(tmp_path.iterdir()) == []


def test_over_stores_that_fail_all_the_time() -> None:
    source, target = memory(), memory(old=b"1")
    fill(source, tree())
    report = sync(
        Place(FaultyClient(source.client), "box"), Place(FaultyClient(target.client), "box"), SyncOptions(delete=True)
    )
    assert report.ok
    assert report.deleted == 1
    assert state(target) == state(source)
