"""Pages of Google's listings: the fast way reads what the parser reads, and nothing that is not a whole page."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client.backend.listing import WholeObjects
from obs_client.backends.gcs.listing import read_page
from obs_client.models import ObjectInfo, SubdirInfo

ITEMS: list[dict[str, Any]] = [
    {
        "name": f"folder/{{{number:05}}}, items: [an object]",
        "size": str(7 * number),
        "generation": str(1_795_800_348_179_466 + number),
        "crc32c": base64.b64encode((0x10F0_0000 * number % 2**32).to_bytes(4, "big")).decode(),
        "contentType": "text/plain",
        "timeCreated": f"2026-11-23T08:{number % 60:02}:33.{number:03}Z",
        "storageClass": "STANDARD",
    }
    for number in range(300)
]


def _page(items: list[dict[str, Any]], separators: tuple[str, str] = (",", ":"), **more: Any) -> str:
    return json.dumps(
        {"kind": "storage#objects", "nextPageToken": "next", "items": items, **more}, separators=separators
    )


def _parsed(text: str) -> list[ObjectInfo | SubdirInfo]:
    """The entries of the page as they are where nothing is read by a pattern: an escape forbids that."""
    return list(read_page(text.replace('"kind"', '"\\u006bind"')).entries)


def _is_fast(text: str) -> bool:
    entries = read_page(text).entries
    assert isinstance(entries, WholeObjects)
    return isinstance(entries._rows, range)


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize("count", [1, 2, 300])
def test_pages_of_items_that_are_alike(separators: tuple[str, str], count: int) -> None:
    text = _page(ITEMS[:count], separators)
    page = read_page(text)
    assert _is_fast(text)
    assert list(page.entries) == _parsed(text)
    assert list(page.entries[1:]) == _parsed(text)[1:]
    assert page.entries[0] == _parsed(text)[0]
    assert page.next_marker == "next"
    assert isinstance(page.entries, WholeObjects)
    assert [entry.name for entry in page.entries.without_metadata] == [item["name"] for item in ITEMS[:count]]
    last = list(page.entries.without_metadata)[-1]
    assert last.hash == f"{ITEMS[count - 1]['generation']}-{0x10F0_0000 * (count - 1) % 2**32:08x}"


def test_folders_come_between() -> None:
    text = _page(ITEMS[:3], prefixes=["folder/", "zebra/"])
    entries = list(read_page(text).entries)
    assert entries == [SubdirInfo("folder/"), *read_page(_page(ITEMS[:3])).entries, SubdirInfo("zebra/")]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": 'a "quoted" name'},
        {"name": "back\\slash"},
        {"name": 'x","size":"1'},
        {"name": "ümlaut"},
        {"contentType": 'text/plain; charset="utf-8"'},
        {"contentEncoding": "gzip"},
        {"metadata": {"items": "[{", "k": "}, {"}},
        {"size": "0"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", [0, 3, 9])
def test_an_item_that_differs(changed: dict[str, Any], place: int) -> None:
    items = [{**item, **changed} if number == place else item for number, item in enumerate(ITEMS[:10])]
    entries = read_page(_page(items)).entries
    assert list(entries) == _parsed(_page(items))
    found = entries[place]
    assert isinstance(found, ObjectInfo)
    assert found.name == items[place]["name"]
    assert found.metadata == changed.get("metadata", {})
    assert found.content_encoding == changed.get("contentEncoding")


def test_items_without_a_type_are_served_as_bytes() -> None:
    text = _page([{key: value for key, value in item.items() if key != "contentType"} for item in ITEMS[:2]])
    assert _is_fast(text)
    assert [entry.content_type for entry in read_page(text).entries if isinstance(entry, ObjectInfo)] == [
        "application/octet-stream",
        "application/octet-stream",
    ]


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("place", [0, 3])
def test_what_has_a_key_of_its_writers_is_listed_without_a_hash(place: int, count: int) -> None:
    key = {"encryptionAlgorithm": "AES256", "keySha256": "AAAA"}
    of_writer = {**{name: value for name, value in ITEMS[0].items() if name != "crc32c"}, "customerEncryption": key}
    items = [*ITEMS[:place], *[of_writer] * count, *ITEMS[place:4]]
    found = read_page(_page(items)).entries
    assert [entry.hash is None for entry in found if isinstance(entry, ObjectInfo)] == [
        "customerEncryption" in item for item in items
    ]
    assert list(found) == _parsed(_page(items))


@pytest.mark.parametrize(
    "changed",
    [
        {"crc32c": "AAAAAB=="},
        {"crc32c": "AAAA"},
        {"crc32c": ""},
        {"generation": "-1"},
        {"generation": ""},
        {"size": "many"},
        {"size": None},
        {"timeCreated": "yesterday"},
        {"timeCreated": "2026-11-23T08:00:33"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", [0, 3])
def test_an_item_that_is_none_of_googles(changed: dict[str, Any], place: int) -> None:
    items = [{**item, **changed} if number == place else item for number, item in enumerate(ITEMS[:4])]
    for text in (_page(items), _page(items).replace('"kind"', '"\\u006bind"')):
        with pytest.raises(StrangeAnswer):
            read_page(text)


def test_every_page_that_is_cut_is_broken() -> None:
    text = _page(ITEMS[:2])
    for end in range(len(text)):
        with pytest.raises(BrokenAnswer):
            read_page(text[:end])


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"kind": "storage#object"}', '{"kind": "storage#objects"} more', "<html>a portal</html>"]
)
def test_what_is_no_page(text: str) -> None:
    with pytest.raises(StrangeAnswer):
        read_page(text)


def test_pages_without_items() -> None:
    assert list(read_page('{"kind": "storage#objects"}').entries) == []
    assert list(read_page('{"kind": "storage#objects", "items": []}').entries) == []
