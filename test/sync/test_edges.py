"""At the edges of a sync: one store by two clients, objects that go meanwhile, patterns and plans that cannot be."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from obs_client import ConfigurationError, LocalClient, ServiceError
from obs_client.backend.values import ObjectReader
from obs_client.sync import Place, Step, SyncOptions, Version, apply, plan_sync, read_steps, sync, write_steps
from obs_client.testing.faults import FaultyClient
from test.sync.support import Hashless, contents, fill, make_place, memory, tree

VERSION = Version(1, None, 1.0)


# ---- one store by two clients ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("delete", [False, True])
def test_a_place_is_known_by_whichever_client(delete: bool, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    client = LocalClient(tmp_path)
    client.container_create("docs")
    client.object_write("sub/a", b"precious", container_name="docs")
    whole, part = Place(client, "docs"), Place(LocalClient(tmp_path / "link"), "docs", "sub")
    by_path = Place.of_directory(tmp_path / "link" / "docs" / "sub")
    wrapped = Place(FaultyClient(LocalClient(tmp_path)), "docs", "sub")
    for other in (part, by_path, wrapped):
        for source, target in ((other, whole), (whole, other)):
            with pytest.raises(ConfigurationError, match="one place"):
                sync(source, target, SyncOptions(delete=delete, max_delete=10))
            with pytest.raises(ConfigurationError, match="one place"):
                apply([], source, target)
    assert contents(whole) == {"sub/a": b"precious"}


def test_places_side_by_side_are_two(tmp_path: Path) -> None:
    client = LocalClient(tmp_path)
    for container in ("doc", "docs"):
        client.container_create(container)
    client.object_write("sub/a", b"1", container_name="doc")
    assert sync(Place(client, "doc"), Place(LocalClient(tmp_path), "docs")).copied == 1
    assert sync(Place(client, "doc", "sub"), Place(LocalClient(tmp_path), "doc", "sub-b")).copied == 1
    assert sync(memory(a=b"1"), memory()).copied == 1


# ---- what goes meanwhile, and how much is done at once --------------------------------------------------------------


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


# ---- patterns, plans and maps that cannot be ------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["[z-a]", "x[a--b]", "", "/a", "./a", "../a/*", "cache/", "a/b/"])
def test_a_pattern_that_cannot_be_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        plan_sync(memory(), memory(), SyncOptions(exclude=[pattern]))


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("[a-c]", "abc", "d-"),
        ("[!a-c]", "d-]", "ab"),
        ("[-a]", "-a", "b"),
        ("[a&&b]", "a&b", "c"),
        ("[a||b]", "ab|", "c"),
        ("[~^\\]", "~^\\", "a"),
        ("[[a]", "[a", "b"),
        ("**/", "/", "a"),
    ],
)
def test_classes_of_characters(pattern: str, fits: str, fits_not: str) -> None:
    source = memory(**dict.fromkeys(fits + fits_not, b"1"))
    steps = plan_sync(source, memory(), SyncOptions(include=[pattern]))
    assert {step.name for step in steps} == set(fits)


def test_a_plan_is_of_lines_whatever_the_names_are() -> None:
    steps = [Step("copy", name, "not in the target", VERSION) for name in ("a\u2028b", "\x85", "ü", "\n", "\r\n")]
    stream = io.StringIO()
    assert write_steps(steps, stream) == 5
    assert list(read_steps(stream.getvalue().splitlines())) == steps


@pytest.mark.parametrize(
    "row",
    [
        {"action": "copy", "name": "", "reason": "x", "source": {"size": 1, "hash": None, "last_modified": 1.0}},
        {"action": "copy", "name": "a", "reason": "x"},
        {"action": "delete", "name": "a", "reason": "x"},
        {"action": "copy", "name": "a", "reason": "x", "source": {"size": 1, "hash": None, "last_modified": "nan"}},
        {"action": "copy", "name": "a", "reason": "x", "source": {"size": -1, "hash": None, "last_modified": 1.0}},
    ],
)
def test_a_step_that_cannot_be_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ServiceError, match="line 1 of the plan is no step"):
        list(read_steps([json.dumps(row), json.dumps({"action": "end", "steps": 1})]))


@pytest.mark.parametrize("wrong", [None, {"content_type": "a/b"}])
def test_a_map_of_attributes_must_give_attributes(wrong: Any, tmp_path: Path) -> None:
    source, target = make_place("memory", tmp_path), make_place("memory", tmp_path)
    fill(source, {"a": tree()["large"]})
    report = sync(source, target, SyncOptions(map_attributes=lambda _: wrong))
    assert "must give Attributes, not" in str(report.failures["a"])
    assert contents(target) == {}
