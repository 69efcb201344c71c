"""What a sync and a check make of stores that tell little, or what is not so: nothing is taken for proved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from obs_client import Capabilities, ConfigurationError, IntegrityError, ObjectInfo, ServiceError
from obs_client.backend.values import ObjectReader, Page
from obs_client.sync import Place, SyncOptions, Version, check, plan_sync, sync
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import contents, memory, reasons

ZERO = "0" * 32
NOTHING = "d41d8cd98f00b204e9800998ecf8427e"


class Telling(RecordingClient):
    """Its rows are as a test says, in an order of their own if that is said."""

    row: Callable[[ObjectInfo], ObjectInfo] = staticmethod(lambda info: info)
    ordered = True
    again: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), ordered_listing=self.ordered)

    def _object_list(self, *arguments: Any) -> Page[Any]:
        page: Page[Any] = super()._object_list(*arguments)
        rows = [type(self).row(entry) for entry in page.entries]
        return Page([*rows, *(each for each in rows if each.name in self.again)], page.next_marker)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        if name in self.refused:
            raise ServiceError("this one cannot be told of")
        return super()._object_info(container, name)


def told(place: Place, row: Callable[[ObjectInfo], ObjectInfo], **further: Any) -> Place:
    """The same place by a client that tells of it so."""
    kind = type("Told", (Telling,), {"row": staticmethod(row), **further})
    return Place(kind(place.client), place.container_name, place.prefix)


@pytest.mark.parametrize(("first", "second"), [("", ""), ("", "in/"), ("in/", ""), ("in/", "in/"), ("in/", "in/deep/")])
def test_one_place_in_the_other_is_refused_before_anything_is_asked(first: str, second: str) -> None:
    client = memory(a=b"1").client
    places = Place(client, "box", first), Place(client, "box", second)
    for call in (lambda: list(plan_sync(*places)), lambda: sync(*places)):
        with pytest.raises(ConfigurationError, match="one place, or one is in the other"):
            call()
    assert list(plan_sync(Place(client, "box", "in/"), Place(client, "box", "into/"))) == []


def test_a_name_that_is_listed_twice_makes_no_listing() -> None:
    """Also where the store keeps no order, so that the second may come late: another name may be missing."""
    source = told(memory(a=b"1", b=b"2", c=b"3"), lambda info: info, ordered=False, again=("a",))
    with pytest.raises(ServiceError, match="twice"):
        sync(source, memory())
    with pytest.raises(ServiceError, match="twice"):
        sync(memory(), source, SyncOptions(delete=True, max_delete=9))
    assert list(contents(memory(a=b"1"))) == ["a"]


def test_what_cannot_be_looked_at_is_refused_by_its_name_and_withholds_deletions() -> None:
    """Of rows without a time each object is asked for."""
    source = told(memory(a=b"1", b=b"2"), lambda info: dataclasses.replace(info, last_modified=None), refused=("a",))
    target = memory(x=b"extra")
    report = sync(source, target, SyncOptions(delete=True))
    assert set(report.failures) == {"a"}
    assert "cannot be told of" in str(report.failures["a"])
    assert (report.copied, report.withheld) == (1, 1)
    assert contents(target) == {"b": b"2", "x": b"extra"}
    assert set(check(source, memory(a=b"1", b=b"2")).failures) == {"a"}


def test_an_object_with_the_name_of_the_place_itself_is_told_of() -> None:
    source = memory("in/", a=b"1")
    source.client.object_write("in/", b"content", container_name="box")
    report = sync(source, memory())
    assert report.copied == 1
    assert ["name of the place itself" in str(error) for error in report.failures.values()] == [True]
    source.client.object_write("in/", b"", container_name="box")
    assert sync(source, memory()).ok, "a marker of the folder, as many tools make one"


def unsized(info: ObjectInfo) -> ObjectInfo:
    return dataclasses.replace(info, size=None, hash=None)


@pytest.mark.parametrize(
    ("content", "same"), [(b"12345", True), (b"12346", False), (b"1234", False), (b"123456", False)]
)
def test_where_no_size_is_listed_contents_are_compared(content: bytes, same: bool) -> None:
    source, target = told(memory(a=b"12345"), unsized), memory(a=content)
    assert reasons(source, target, checksum=True)["a"][0] == ("skip" if same else "copy")
    report = check(source, target)
    assert (report.same, report.differing) == ((1, ()) if same else (0, ("a",)))


@pytest.mark.parametrize("size", [5, 300_000])
@pytest.mark.parametrize("at", [0, -1])
def test_each_byte_counts(size: int, at: int) -> None:
    content = bytearray(b"x" * size)
    content[at] = 0
    one, other = memory(a=b"x" * size), memory(a=bytes(content))
    places = [told(place, lambda info: dataclasses.replace(info, hash=None)) for place in (one, other)]
    assert check(places[0], places[1]).differing == ("a",)
    assert check(places[0], one).ok


@pytest.mark.parametrize("tag", ["1", "v-17", "abc", "0" * 31, "generation 5"])
def test_equal_tags_that_are_no_digests_prove_nothing(tag: str) -> None:
    """Versions are counted from 1 in each store."""

    def tagged(info: ObjectInfo) -> ObjectInfo:
        return dataclasses.replace(info, hash=tag, last_modified=5.0)

    one, other = told(memory(a=b"12"), tagged), told(memory(a=b"34"), tagged)
    assert check(one, other).differing == ("a",)
    assert reasons(one, other, checksum=True)["a"] == ("copy", "the contents differ")


@pytest.mark.parametrize("size", [32, 64, 320])
def test_equal_md5s_of_what_may_be_segments_are_asked_after(size: int) -> None:
    """The MD5 of a large object's list of segments is that of an object which holds this list."""

    def tagged(info: ObjectInfo) -> ObjectInfo:
        return dataclasses.replace(info, hash=ZERO)

    one, other = told(memory(a=b"1" * size), tagged), told(memory(a=b"2" * size), tagged)
    assert check(one, other).differing == ("a",)


def test_what_differs_in_size_is_not_read() -> None:
    one, other = RecordingClient(memory(a=b"12").client), RecordingClient(memory(a=b"123").client)
    report = check(Place(one, "box"), Place(other, "box"))
    assert (report.differing, report.proofs) == (("a",), {"sizes": 1})
    assert "object_open" not in one.calls + other.calls


def test_an_extra_name_alone_is_no_equality() -> None:
    assert not check(memory(a=b"1"), memory(a=b"1", b=b"2")).ok
    assert not check(memory(a=b"1", b=b"2"), memory(a=b"1")).ok
    assert check(memory(), memory()).ok


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Version(5, "a", 1.5), Version(5, "a", 9.0), True),
        (Version(5, "a", 1.5), Version(5, "b", 1.5), False),
        (Version(5, "a", 1.5), Version(6, "a", 1.5), False),
        (Version(5, None, 1.5), Version(5, "b", 1.5), True),
        (Version(5, None, 1.5), Version(5, None, 1.25), False),
        (Version(5, None, 1.5), Version(5, None, 1.0), True),
        (Version(5, None, 2.0), Version(5, None, 1.5), True),
        (Version(5, None, 2.0), Version(5, None, 1.0), False),
        (Version(5, None, 2.5), Version(5, None, 1.0), False),
        (Version(5, None, None), Version(5, None, 1.0), False),
        (Version(5, None, 1.0), Version(5, None, None), False),
        (Version(None, None, 1.0), Version(None, None, 1.0), True),
    ],
    ids=str,
)
def test_when_two_answers_are_of_one_version(one: Version, other: Version, same: bool) -> None:
    assert one.is_still(other) is same
    assert other.is_still(one) is same


def test_a_listed_size_that_is_not_the_objects_own_brings_no_hash() -> None:
    """As of a dynamic large object, whose row is of its manifest: no bytes, and their MD5."""

    def of_manifest(info: ObjectInfo) -> ObjectInfo:
        return dataclasses.replace(info, size=0, hash=NOTHING)

    source = told(memory(a=b"12"), of_manifest, ordered=False)
    target = memory()
    assert sync(source, target).copied == 1
    assert contents(target) == {"a": b"12"}
    assert reasons(source, target)["a"] == ("skip", "the target has the same size and is not older")
    assert not check(source, memory(a=b"")).ok


def test_a_damaged_target_is_copied_again_and_a_damaged_source_fails_by_its_name() -> None:
    class Damaged(Telling):
        def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
            if name == "a":
                raise IntegrityError("other bytes than were stored")
            return super()._object_open(container, name, *rest)

    def damaged(place: Place) -> Place:
        kind = type("Told", (Damaged,), {"row": staticmethod(lambda info: dataclasses.replace(info, hash=None))})
        return Place(kind(place.client), "box")

    source, target = memory(a=b"12", b=b"34"), memory(a=b"12", b=b"34")
    assert reasons(source, damaged(target), checksum=True)["a"] == ("copy", "one of the two is damaged")
    report = sync(source, damaged(target), SyncOptions(checksum=True))
    assert (report.ok, report.copied, report.skipped) == (True, 1, 1)
    report = sync(damaged(source), target, SyncOptions(checksum=True, delete=True))
    assert list(report.failures) == ["a"]
    assert contents(target) == {"a": b"12", "b": b"34"}
    found = check(source, damaged(target))
    assert (found.same, list(found.failures), found.ok) == (1, ["a"], False)
