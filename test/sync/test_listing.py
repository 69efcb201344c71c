"""The two listings of a sync: none that failed counts as empty, any order is sorted, no tag of other bytes believed."""

from __future__ import annotations

import dataclasses
import errno
from pathlib import Path
from typing import Any

import pytest

from obs_client import ContainerNotFoundError, ObjectInfo, ServiceError
from obs_client.backend.values import Page
from obs_client.errors import AuthorizationError, ObjectStorageClientError, TemporaryError
from obs_client.sync import Place, SyncOptions, check, listing, plan_sync
from obs_client.sync.listing import Entry, _Side, _sorted, is_marker, pairs
from obs_client.sync.ranges import EVERYTHING, Range
from obs_client.sync.report import Streak
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import memory


def test_a_directory_that_cannot_be_listed_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EIO, "Input/output error")
        yield

    monkeypatch.setattr(listing, "walk_files", broken)
    with pytest.raises(ObjectStorageClientError, match="Input/output error"):
        list(plan_sync(memory(a=b"1"), Place.of_directory(tmp_path)))


def test_a_container_that_is_absent_is_no_empty_target() -> None:
    source, absent = memory(a=b"1"), Place(memory().client, "absent")
    with pytest.raises(ContainerNotFoundError):
        list(plan_sync(source, absent))
    with pytest.raises(ContainerNotFoundError):
        check(source, absent)


@pytest.mark.parametrize(
    "names", ["amz bce dfh", "amz bcc", "abc def ghi", "ghi def abc", "adz bci efh jkl", "cab", ""]
)
def test_any_order_is_sorted_by_runs(names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "IN_MEMORY", 3)
    given = names.replace(" ", "")
    found = _sorted(iter([Entry(name, 1, None, None) for name in given]))
    if len(set(given)) < len(given):
        with pytest.raises(ServiceError, match="'c' twice"):
            list(found)
    else:
        assert [entry.name for entry in found] == sorted(given)


def test_a_tag_of_other_bytes_is_not_the_objects() -> None:
    """A row may tell of a manifest, and the object itself of what is behind it."""
    place = memory(name=b"content")
    for size, tag in ((0, None), (7, "of the row")):
        row = ObjectInfo("name", size, "of the row", "text/plain", None, None)
        told = _Side(place, place).asked(row)
        assert told is not None
        assert (told.size, told.hash) == (7, tag)


def test_failures_of_several_kinds_are_no_row_of_one() -> None:
    streak = Streak(3)
    for kind in (AuthorizationError, TemporaryError) * 5:
        streak.add("name", kind("no"))
    refused = AuthorizationError("no")
    streak.add("name", refused)
    streak.add("name", refused)
    with pytest.raises(AuthorizationError, match="3 names in a row"):
        streak.add("name", refused)


PLAIN = ObjectInfo("n", 1, "tag", None, None, None)


def unlisted(name: str, reason: str) -> None:
    pytest.fail(f"{name} is not listed: {reason}")


@pytest.mark.parametrize(
    ("name", "size", "kind", "marks"),
    [
        ("f/", 0, None, True), ("f/", 1, None, False), ("f/", None, None, False), ("f", 0, None, False),
        ("f", 0, "application/directory", True), ("f", 0, "Application/X-Directory ; charset=utf-8", True),
        ("f", 5, "application/directory", False), ("f", 0, "text/plain", False),
    ],
)  # fmt: skip
def test_what_marks_a_folder(name: str, size: Any, kind: str | None, marks: bool) -> None:
    assert is_marker(dataclasses.replace(PLAIN, name=name, size=size, content_type=kind)) is marks


def test_a_row_has_no_type_and_marks_by_its_name_alone() -> None:
    assert is_marker(Entry("f/", 0, None, None))
    assert not is_marker(Entry("f", 0, None, None))


ROWS: list[tuple[Any, Any, float | None, str | None]] = [
    (1, "tag", 5.0, None), (1, None, 5.0, None), (1, "tag", None, None), (0, "tag", 5.0, None), (0, None, 5.0, None),
    (0, listing.NOTHING, 5.0, None), (0, listing.NOTHING, 5.0, "a/b"), (None, "tag", 5.0, "a/b"),
    (None, None, 5.0, "a/b"),
]  # fmt: skip


def doubtful(place: Place, other: Place, name: str = "n") -> list[bool]:
    side, plain = _Side(place, other), dataclasses.replace(PLAIN, name=name)
    rows = [
        dataclasses.replace(plain, size=size, hash=tag, last_modified=modified, content_type=kind)
        for size, tag, modified, kind in ROWS
    ]
    return [side.is_doubtful(row) for row in rows]


def test_which_rows_may_tell_of_something_else_than_the_content(tmp_path: Path) -> None:
    store, directory = memory(), Place.of_directory(tmp_path)
    assert doubtful(store, store) == [False, False, True, False, True, False, False, False, True]
    assert doubtful(store, directory) == [False, False, True, True, True, True, False, False, True]
    assert doubtful(directory, store) == [False, False, True, True, True, True, True, True, True]
    assert doubtful(directory, store, "n/") == [False, False, True, False, False, False, False, False, False]
    assert not _Side(store, directory).is_doubtful(None)


def names(source: Place, target: Place, within: Range = EVERYTHING, **options: Any) -> list[tuple[str, bool, bool]]:
    found = pairs(source, target, SyncOptions(**options), unlisted, within)
    return [(name, one is not None, other is not None) for name, one, other in found]


@pytest.mark.parametrize(
    ("one", "other"), [("", ""), ("abc", ""), ("", "abc"), ("ace", "bdf"), ("abc", "abc"), ("ab", "bc"), ("z", "ayz")]
)
def test_two_listings_are_one_of_all_names(one: str, other: str) -> None:
    source, target = memory("long/prefix", **dict.fromkeys(one, b"1")), memory("p", **dict.fromkeys(other, b"1"))
    expected = [(name, name in one, name in other) for name in sorted({*one, *other})]
    assert names(source, target) == expected
    for after, up_to in (("a", "d"), ("b", None), ("", "c"), ("zz", None)):
        within = Range(after, up_to)
        assert names(source, target, within) == [row for row in expected if within.holds(row[0])]


def test_a_range_of_a_directory_is_listed_like_that_of_a_store(tmp_path: Path) -> None:
    things = dict.fromkeys(("a", "a/", "b/c", "b/d/e", "b/f", "g/h", "i"), b"1")
    things.pop("a/")
    source, target = memory(**things), Place.of_directory(tmp_path)
    for name, content in things.items():
        target.client.object_write(name, content)
    assert names(source, target) == [(name, True, True) for name in things]
    for after in ("", "a", "b/", "b/c", "b/d", "b/d/e", "b/z", "g"):
        for up_to in ("b/c", "b/d/", "b/d/e", "b/f", "g/h", None):
            within = Range(after, up_to)
            held = [(name, True, True) for name in things if within.holds(name)]
            assert names(source, target, within) == held
    assert names(source, target, exclude=["b/**"]) == [(name, True, True) for name in ("a", "g/h", "i")]
    assert names(source, target, include=["b/*"]) == [(name, True, True) for name in ("b/c", "b/f")]


def test_folders_of_a_source_directory_are_listed_if_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "f" / "g").mkdir(parents=True)
    (tmp_path / "f" / "n").write_bytes(b"1")
    directory, store = Place.of_directory(tmp_path), memory()
    assert names(directory, store) == [("f/n", True, False)]
    assert names(directory, store, folder_markers=True) == [(name, True, False) for name in ("f/", "f/g/", "f/n")]
    assert names(store, directory, folder_markers=True) == [("f/n", False, True)]


def test_a_target_directory_that_is_absent_is_empty(tmp_path: Path) -> None:
    absent = Place.of_directory(tmp_path / "absent")
    assert names(memory(a=b"1"), absent) == [("a", True, False)]
    with pytest.raises(ContainerNotFoundError):
        names(absent, memory(a=b"1"))


def test_what_is_doubtful_is_asked_for_and_what_went_is_no_name() -> None:
    """Also the names after the first; the others are as they were listed."""

    class Timeless(RecordingClient):
        def _object_list(self, *arguments: Any) -> Page[Any]:
            page: Page[Any] = super()._object_list(*arguments)
            rows = [
                dataclasses.replace(row, last_modified=None) if row.name > "b" else row for row in page.entries
            ]  # fmt: skip
            return Page(rows, page.next_marker)

        def _object_info(self, container: str, name: str) -> ObjectInfo:
            if name == "d":
                self.inner.object_delete(name, container)
            return super()._object_info(container, name)

    source = memory(a=b"1", c=b"22", d=b"3", e=b"4")
    times = {info.name: info.last_modified for info in source.objects()}
    found = list(pairs(Place(Timeless(source.client), "box"), memory(f=b"1"), SyncOptions(), unlisted))
    assert [name for name, *_ in found] == ["a", "c", "e", "f"]
    for name, one, _ in found[:3]:
        assert one is not None
        assert one.last_modified == times[name]
