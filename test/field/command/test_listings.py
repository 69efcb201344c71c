"""Listings that tell of something else than the content: `facts` of the field, section H."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest

from obs_client.backend.values import Page
from obs_client.sync import Place, SyncOptions, apply, check, plan_sync, sync
from obs_client.testing.wrapper import RecordingClient
from test.cli.running import done, run
from test.field.command.stores import swift
from test.loopback.swift.ways import Ways as SwiftWays
from test.loopback.swift_named import NULL_ROWS, RGW_SWIFT, UNTYPED_ROWS
from test.sync.support import contents, memory

CHECKSUM = SyncOptions(checksum=True)


class Dynamic(RecordingClient):
    """Lists all objects as Swift does dynamic large ones: with no bytes, and no digest that proves anything."""

    def _object_list(self, *arguments: Any) -> Page[Any]:
        page: Page[Any] = super()._object_list(*arguments)
        rows = [dataclasses.replace(row, size=0, hash=None) for row in page.entries]
        return Page(rows, page.next_marker)


def dynamic(**things: bytes) -> Place:
    return Place(Dynamic(memory(**things).client), "box")


def test_two_large_objects_that_are_listed_alike_are_not_taken_for_the_same() -> None:
    """rclone#203, #208."""
    one, other = dynamic(a=b"12", b=b"34", c=b""), dynamic(a=b"12", b=b"43", c=b"")
    proofs: dict[str, str] = {}
    report = check(one, other, on_compared=proofs.__setitem__)
    assert (report.same, report.same_size, report.differing) == (2, 2, ("b",))
    assert proofs == {"a": "reading", "b": "reading", "c": "no bytes"}
    assert report.proofs == {"reading": 2, "no bytes": 1}
    assert sync(one, other, CHECKSUM).copied == 1
    assert contents(other) == {"a": b"12", "b": b"34", "c": b""}


def test_a_large_object_and_its_copy_are_the_same() -> None:
    source, target = dynamic(a=b"12", marker=b""), memory()
    plan = list(plan_sync(source, target))
    assert [step.source.size for step in plan if step.source] == [2, 0]
    assert apply(plan, source, target).ok
    assert sync(source, target).copied == 0
    assert sync(source, target, CHECKSUM).copied == 0
    assert check(source, target).ok
    assert sync(memory(), source, SyncOptions(delete=True, max_delete=5)).deleted == 2


@pytest.mark.parametrize(
    "ways", [SwiftWays(), RGW_SWIFT, UNTYPED_ROWS, NULL_ROWS], ids=["swift", "rgw", "types", "nulls"]
)
@pytest.mark.slow
def test_whatever_rows_leave_out_a_second_sync_moves_nothing(
    ways: SwiftWays, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    double = swift(monkeypatch, ways)
    for name, content in (("p/a", b"1"), ("p/empty", b""), ("p/folder/", b""), ("p/d/f", b"12")):
        double.store("box", name, content)
    double.store("parts", "big/1", b"123")
    double.store("parts", "big/2", b"456")
    double.store("box", "p/big", b"", dynamic="parts/big/")
    done("put", "-", "swift://box/p/static?part_size=4", stdin=b"0123456789")
    for target in (str(tmp_path / "t"), "swift://other/q"):
        assert done("sync", "swift://box/p", target).startswith("copied 6 (19 B)")
        for options in ((), ("--checksum",)):
            assert done("sync", "swift://box/p", target, *options).startswith("copied 0"), target
        assert done("check", "swift://box/p", target) == "6 objects the same (19 B)\n"
    double.store("parts", "big/2", b"457")
    assert run("check", "swift://box/p", tmp_path / "t").exit_code == 1
    assert done("sync", "--checksum", "swift://box/p", tmp_path / "t").startswith("copied 1")
    assert (tmp_path / "t/big").read_bytes() == b"123457"


def test_the_tag_of_segments_is_no_digest_of_an_object_that_holds_their_digests() -> None:
    text = hashlib.md5(b"1").hexdigest().encode()
    source, target = memory(a=text), memory(a=b"1" * 32)

    class Segments(RecordingClient):
        """Tells a tag of its segments, as Swift does of a static large object."""

        def _object_list(self, *arguments: Any) -> Page[Any]:
            page: Page[Any] = super()._object_list(*arguments)
            tag = hashlib.md5(text).hexdigest()
            return Page([dataclasses.replace(row, hash=tag) for row in page.entries], page.next_marker)

    report = check(source, Place(Segments(target.client), "box"))
    assert (report.differing, report.proofs) == (("a",), {"reading": 1})
