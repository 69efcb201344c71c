"""Proving two places equal."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from obs_client import MemoryClient
from obs_client.backend.values import Page
from obs_client.sync import Place, SyncOptions, check, sync
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import PAIRS, PART, QUICK, Thing, fill, make_place, tree


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_equal_places_are_proved_equal(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    things = tree()
    fill(source, things)
    sync(source, target)
    report = check(source, target)
    assert report.ok
    assert (report.same, report.same_size) == (len(things), sum(len(thing.content) for thing in things.values()))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_differing_missing_and_extra_names_are_told(one: str, other: str, tmp_path: Path) -> None:
    source, target = make_place(one, tmp_path / "one"), make_place(other, tmp_path / "other")
    fill(source, tree())
    sync(source, target)
    container = target.container_name
    target.client.object_write(target.full_name("large"), b"x" * (7 * PART + 123), container_name=container)
    target.client.object_write(target.full_name("empty"), b"no", container_name=container)
    target.client.object_delete(target.full_name("~"), container)
    target.client.object_write(target.full_name("zz"), b"1", container_name=container)
    seen: dict[str, str] = {}
    report = check(source, target, on_done=lambda name, finding, size: seen.update({name: finding}))
    assert not report.ok
    assert (set(report.differing), report.missing, report.extra) == ({"empty", "large"}, ("~",), ("zz",))
    assert seen["large"] == "differing"
    assert seen["a!"] == "same"


def memory(**things: bytes) -> MemoryClient:
    client = MemoryClient("box", options=QUICK)
    client.container_create("box")
    fill(Place(client, "box"), {name: Thing(content, {}) for name, content in things.items()})
    return client


class Strange(RecordingClient):
    """Lists hashes that look like MD5s and are none, as stores do that encrypt."""

    def _object_list(self, *arguments: Any) -> Page[Any]:
        page: Page[Any] = super()._object_list(*arguments)
        return Page([dataclasses.replace(entry, hash="0" * 32) for entry in page.entries], page.next_marker)


def test_stored_digests_are_used_and_else_both_sides_are_read() -> None:
    one, other = RecordingClient(memory(a=b"1", b=b"22")), RecordingClient(memory(a=b"1", b=b"22"))
    assert check(Place(one, "box"), Place(other, "box")).ok
    assert one.calls == other.calls == ["object_list"]
    strange = Strange(memory(a=b"1", b=b"23"))
    report = check(Place(one, "box"), Place(strange, "box"))
    assert report.differing == ("b",)
    assert sorted(strange.calls) == ["object_list", "object_open", "object_open"]


def test_nothing_is_written() -> None:
    one, other = RecordingClient(memory(a=b"1")), RecordingClient(memory(b=b"1"))
    check(Place(one, "box"), Place(other, "box"))
    assert set(one.calls) | set(other.calls) == {"object_list"}


def test_what_cannot_be_read_is_a_failure_by_name(tmp_path: Path) -> None:
    class Broken(Strange):
        def _object_open(self, container: str, name: str, *rest: Any) -> Any:
            raise ValueError("no")

    report = check(Place(memory(a=b"1", b=b"22"), "box"), Place(Broken(memory(a=b"1", b=b"2")), "box"))
    assert list(report.failures) == ["a"]
    assert report.differing == ("b",)
    assert not report.ok


def test_patterns_leave_names_out() -> None:
    one, other = memory(a=b"1", b=b"2"), memory(a=b"1", c=b"3")
    assert check(Place(one, "box"), Place(other, "box"), SyncOptions(include=["a"])).ok
    assert check(Place(one, "box"), Place(other, "box"), SyncOptions(exclude=["c"])).missing == ("b",)
