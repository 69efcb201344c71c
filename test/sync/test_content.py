"""What decides whether two objects are the same: sizes, digests, times, contents."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from obs_client.backend.values import ObjectReader, Page
from obs_client.sync import (
    Place,
    SyncOptions,
    apply,
    plan_sync,
    sync,
)
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import (
    Hashless,
    contents,
    memory,
    reasons,
    set_time,
    without_hashes,
)


def test_sizes_then_md5s_then_times_decide() -> None:
    names = ("size", "md5", "same", "older", "newer", "equal_time")
    source = memory(**dict.fromkeys(names, b"12"))
    target = memory(size=b"1", md5=b"21", same=b"12")
    for name in ("size", "md5", "same"):
        set_time(source, name, 9e9)
    assert reasons(source, target)["size"] == ("copy", "the sizes differ")
    assert reasons(source, target)["md5"] == ("copy", "the MD5s differ")
    set_time(source, "md5", 1.0)
    assert reasons(source, target)["md5"] == ("copy", "the MD5s differ")
    assert reasons(source, target)["same"] == ("skip", "the same hash")
    assert reasons(source, target)["older"] == ("copy", "not in the target")
    for name, seconds in (("older", 99.0), ("newer", 101.0), ("equal_time", 100.0)):
        target.client.object_write(name, b"34", container_name="box")
        set_time(target, name, seconds)
        set_time(source, name, 100.0)
    without_hashes(target)
    found = reasons(source, target)
    assert found["older"] == ("copy", "the source is newer")
    assert found["newer"][0] == found["equal_time"][0] == "skip"


class Strange(RecordingClient):
    """Lists hashes that look like MD5s and are none, as stores do of large or encrypted objects."""

    def _object_list(self, *arguments: Any) -> Page[Any]:
        page: Page[Any] = super()._object_list(*arguments)
        return Page([dataclasses.replace(entry, hash="0" * 32) for entry in page.entries], page.next_marker)


def test_hashes_that_are_no_md5s_do_not_decide() -> None:
    source, target = memory(a=b"12"), memory()
    strange = Place(Strange(target.client), "box")
    assert sync(source, strange).copied == 1
    assert reasons(source, strange)["a"][0] == "skip"
    assert reasons(strange, source)["a"][0] == "copy"  # the source is newer
    steps = list(plan_sync(source, memory()))
    assert apply(steps, source, strange).skipped == 1
    set_time(source, "a", 9e9)
    assert sync(source, strange).copied == 1


def test_contents_decide_within_the_second_of_a_store_that_tells_whole_seconds() -> None:
    source, target = memory(a=b"12", b=b"12", c=b"12"), memory(a=b"12", b=b"34", c=b"12")
    for name in ("a", "b", "c"):
        set_time(source, name, 100.7)
        set_time(target, name, 100.0 if name != "c" else 99.0)
    found = reasons(source, Place(Hashless(target.client), "box"))
    assert {name: action for name, (action, _) in found.items()} == {"a": "skip", "b": "copy", "c": "copy"}


@pytest.mark.parametrize("hashless", ["source", "target", "both"])
def test_checksum_reads_where_hashes_prove_nothing(hashless: str) -> None:
    source, target = memory(a=b"12", b=b"12", empty=b""), memory(a=b"12", b=b"34", empty=b"")
    for name in ("a", "b", "empty"):
        set_time(source, name, 9e9)
    if hashless != "target":
        source = Place(Hashless(source.client), "box")
    if hashless != "source":
        target = Place(Hashless(target.client), "box")
    assert {action for action, _ in reasons(source, target).values()} == {"copy"}
    found = reasons(source, target, checksum=True)
    assert found == {
        "a": ("skip", "the same content"),
        "b": ("copy", "the contents differ"),
        "empty": ("skip", "the same content"),
    }
    assert sync(source, target, SyncOptions(checksum=True)).copied == 1


class GoneWhenOpened(Hashless):
    """Loses each object just before it is opened."""

    def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
        self.inner.object_delete(name, container)
        return super()._object_open(container, name, *rest)


def test_a_target_that_goes_while_it_is_compared_is_copied() -> None:
    source, target = memory(a=b"12"), memory(a=b"12")
    assert sync(source, Place(GoneWhenOpened(target.client), "box"), SyncOptions(checksum=True)).copied == 1
    assert contents(target) == {"a": b"12"}


def test_a_source_that_goes_while_it_is_compared_is_left() -> None:
    source, target = memory(a=b"12"), memory(a=b"34")
    assert sync(Place(GoneWhenOpened(source.client), "box"), target, SyncOptions(checksum=True)).skipped == 1
    assert contents(target) == {"a": b"34"}


class Counting(Hashless):
    """Lists no hashes, and counts how many objects are opened at once; the first few wait for one another."""

    def __init__(self, inner: Any, together: int) -> None:
        super().__init__(inner)
        self.most = self._now = 0
        self._all_there = threading.Barrier(together)
        self._left = together
        self._lock = threading.Lock()

    def _object_open(self, *arguments: Any) -> ObjectReader:
        with self._lock:
            self._now += 1
            self._left -= 1
            self.most = max(self.most, self._now)
            waits = self._left >= 0
        if waits:
            self._all_there.wait(10)
        try:
            return super()._object_open(*arguments)
        finally:
            with self._lock:
                self._now -= 1


@pytest.mark.parametrize("workers", [1, 12])
def test_workers_compare_contents_too(workers: int) -> None:
    names = [f"{number:03}" for number in range(60)]
    source, target = memory(**dict.fromkeys(names, b"1")), memory(**dict.fromkeys(names, b"1"))
    counting = Counting(source.client, workers)
    assert sync(Place(counting, "box"), target, SyncOptions(checksum=True, workers=workers)).skipped == 60
    assert counting.most == workers


def test_empty_objects_are_not_read_to_be_compared() -> None:
    source, target = memory(a=b""), memory(a=b"")
    counting = Counting(source.client, 1)
    assert sync(Place(counting, "box"), Place(Hashless(target.client), "box"), SyncOptions(checksum=True)).skipped == 1
    assert counting.most == 0
