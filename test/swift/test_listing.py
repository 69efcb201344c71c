"""Pages of Swift's listings: the fast way reads what the parser reads, and nothing that is not a whole page."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import pytest

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client.backend.listing import ListedObjects
from obs_client.backends.swift import listing as swift_page
from obs_client.models import ObjectInfo, SubdirInfo
from test.servers import SwiftServer
from test.swift.support import new_container

ROWS: list[dict[str, Any]] = [
    {
        "bytes": 7 * number,
        "hash": f"{number:032x}",
        "name": f"folder/{{{number:05}}}, an: object]",
        "content_type": "text/plain",
        "last_modified": f"2026-11-23T08:{number % 60:02}:33.{number:06}",
    }
    for number in range(600)
]
EXPECTED = [
    ObjectInfo(row["name"], row["bytes"], row["hash"], row["content_type"], None, seconds)
    for row, seconds in zip(ROWS, swift_page.seconds_of(row["last_modified"] for row in ROWS), strict=True)
]


def test_times_are_utc() -> None:
    times = ["1970-01-01T00:00:01.500000", "2026-11-23T08:20:33"]
    assert swift_page.seconds_of(times) == [1.5, 1795422033.0]
    assert swift_page.seconds_of([times[0], times[1] + "Z"]) == [1.5, 1795422033.0]
    assert swift_page.seconds_of(["1970-01-01T01:00:01.5+01:00"]) == [1.5]


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize("count", [1, 2, 600])
def test_pages_of_rows_that_are_alike(separators: tuple[str, str], count: int) -> None:
    page = json.dumps(ROWS[:count], separators=separators)
    assert swift_page._split(page) is not None
    assert list(swift_page.read_page(page)) == EXPECTED[:count]
    turned = json.dumps([dict(reversed(row.items())) for row in ROWS[:count]], separators=separators)
    assert swift_page._split(turned) is not None
    assert list(swift_page.read_page(turned)) == EXPECTED[:count]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": 'a "quoted" name'},
        {"name": "back\\slash"},
        {"name": 'x", "hash": "y'},
        {"name": "ümlaut"},
        {"content_type": 'text/plain; charset="utf-8"'},
        {"symlink_path": "/v1/AUTH_x/c/o"},
        {"bytes": 0},
        {"last_modified": "2026-11-23T08:20:33"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", [0, 3, 9])
def test_a_row_that_differs(changed: dict[str, Any], place: int) -> None:
    rows = [{**row, **changed} if number == place else row for number, row in enumerate(ROWS[:10])]
    listed = swift_page.read_page(json.dumps(rows))
    assert [entry.name for entry in listed if isinstance(entry, ObjectInfo)] == [row["name"] for row in rows]
    assert [entry.size for entry in listed if isinstance(entry, ObjectInfo)] == [row["bytes"] for row in rows]
    assert list(swift_page.read_page(json.dumps(rows, ensure_ascii=False))) == list(listed)


def test_folders_and_large_objects() -> None:
    rows = [ROWS[0], {"subdir": "folder/1"}, {**ROWS[2], "slo_etag": '"abc"'}, {"subdir": "z/"}]
    first, folder, large, last = swift_page.read_page(json.dumps(rows))
    assert first == EXPECTED[0]
    assert (folder, last) == (SubdirInfo("folder/1"), SubdirInfo("z/"))
    assert large == dataclasses.replace(EXPECTED[2], hash="abc")
    assert list(swift_page.read_page('[{"subdir": "a/"}]')) == [SubdirInfo("a/")]
    assert list(swift_page.read_page("[]")) == []


WHOLE = json.dumps(ROWS[:5])


@pytest.mark.parametrize("end", [0, 1, 2, 30, len(WHOLE) // 2, len(WHOLE) - 2, len(WHOLE) - 1])
def test_a_page_that_was_cut(end: int) -> None:
    with pytest.raises(BrokenAnswer):
        list(swift_page.read_page(WHOLE[:end]))


@pytest.mark.parametrize(
    "broken",
    [
        WHOLE + "]",
        WHOLE.replace("}, {", "} {", 1),
        WHOLE.replace("}, {", "}, 5, {", 1),
        WHOLE.replace("}, {", "}, null, {", 1),
        WHOLE.replace("}, {", "}, {}, {", 1),
        WHOLE.replace('"bytes": 7', '"bytes": "7"'),
        WHOLE.replace('"bytes": 7', '"bytes": true'),
        WHOLE.replace('"bytes": 7', '"bytes": -7'),
        WHOLE.replace("2026-11-23T08:03", "2026-11-33T08:03"),
        '[{"subdir": 5}]',
        '["name"]',
        "{}",
        "null",
        "[" * 100_000,
    ],
)
def test_what_is_no_page(broken: str) -> None:
    with pytest.raises(StrangeAnswer):
        list(swift_page.read_page(broken))


def test_fields_that_are_left_out_are_unknown() -> None:
    rows = [dict(row) for row in ROWS[:5]]
    for row, field in zip(rows, ("bytes", "hash", "content_type", "last_modified"), strict=False):
        del row[field]
    found = [each for each in swift_page.read_page(json.dumps(rows)) if isinstance(each, ObjectInfo)]
    nulled = [{name: row.get(name) for name in ROWS[0]} for row in rows]
    assert list(swift_page.read_page(json.dumps(nulled))) == found
    fields = [(each.size, each.hash, each.content_type, each.last_modified) for each in found[:4]]
    assert [values.index(None) for values in fields] == [0, 1, 2, 3]
    assert [values.count(None) for values in fields] == [1, 1, 1, 1]
    assert found[4] == EXPECTED[4]


def test_listed_objects_are_a_sequence() -> None:
    listed = swift_page.read_page(json.dumps(ROWS))
    assert isinstance(listed, ListedObjects)
    assert len(listed) == 600
    assert list(listed) == EXPECTED
    assert (listed[0], listed[-1], listed[5:7]) == (EXPECTED[0], EXPECTED[-1], EXPECTED[5:7])
    with pytest.raises(IndexError):
        listed[600]
    entry = listed[1]
    assert type(entry) is ObjectInfo
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert dataclasses.asdict(entry) == dataclasses.asdict(EXPECTED[1])
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.size = 1  # type: ignore[misc]
    with pytest.raises(ValueError, match="equally long"):
        ListedObjects(["a", "b"], [1], ["h", "h"], [None, None], [1.0, 2.0])


def test_names_that_are_written_otherwise_in_json(swift: SwiftServer) -> None:
    names = sorted(['"', "\\", 'a", "bytes": 5', "\n", "\x7f", "ü", "{}", "日本", "😀", "plain"], key=str.encode)
    with new_container(swift) as client:
        for name in names:
            client.object_write(name, b"12345", content_type='text/plain;charset="utf-8"' if name == "ü" else None)
        listed = client.object_list()
        assert [entry.name for entry in listed] == names
        assert {entry.size for entry in listed} == {5}
        for entry in listed:
            found = client.object_info(entry.name)
            assert found is not None
            assert (found.hash, found.content_type) == (entry.hash, entry.content_type)
            assert int(found.last_modified or -1) == int(entry.last_modified or -2)


def test_small_pages(low_swift: SwiftServer) -> None:
    with new_container(low_swift) as client:
        names = [f"{number:02}" for number in range(12)]
        for name in names:
            client.object_write(name, b"")
        assert [entry.name for entry in client.object_list()] == names
        assert [entry.name for entry in client.object_iter(start_after="06")] == names[7:]
