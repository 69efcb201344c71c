"""Listings that tell of something else than the content: `facts` of the field, section H."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from obs_client.backend.values import Page
from obs_client.sync import Place, SyncOptions, apply, check, plan_sync, sync
from obs_client.testing.wrapper import RecordingClient
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
