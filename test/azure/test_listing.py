"""Pages of Azure's listings: a row is whole whatever its metadata are, and whatever stands beside it."""

from __future__ import annotations

import pytest

from obs_client._http.errors import StrangeAnswer
from obs_client.backends.azure.listing import _entry, read_page
from obs_client.models import ObjectInfo, SubdirInfo

ROW = (
    "<Blob><Name>{name}</Name><Properties><Last-Modified>Fri, 27 Nov 2026 10:00:00 GMT</Last-Modified>"
    "<Etag>{etag}</Etag><Content-Length>{size}</Content-Length>{more}</Properties>{metadata}<OrMetadata /></Blob>"
)
PLAIN = {
    "name": "a",
    "etag": "0x1",
    "size": "5",
    "more": "<Content-Type>text/x</Content-Type>",
    "metadata": "<Metadata />",
}
FOLDER = "<BlobPrefix><Name>d/</Name></BlobPrefix>"
CHANGES = [
    {"name": "&lt;&amp;&#x1F600;ü"},
    {"etag": "&quot;0x2&quot;"},
    {"size": "0"},
    {"more": ""},
    {"more": "<Content-Type />"},
    {"more": "<Content-Type>a/b; x=&quot;y&quot;</Content-Type><Cache-Control>no-store</Cache-Control>"},
    {"metadata": "<Metadata><key>v &amp; w</key></Metadata>"},
    {"metadata": "<Metadata><Blob>v</Blob><Name>n</Name><Etag>e</Etag><Content_Type>t</Content_Type></Metadata>"},
    {"metadata": "<Metadata><a>v</a><BlobPrefix>w</BlobPrefix></Metadata>"},
    {"metadata": ""},
]


def _page(*rows: str) -> str:
    content = f"<Blobs>{''.join(rows)}</Blobs><NextMarker />"
    return f"<?xml version='1.0'?><EnumerationResults>{content}</EnumerationResults>"


def _row(changed: dict[str, str]) -> str:
    return ROW.format(**{**PLAIN, **changed})


@pytest.mark.parametrize("changed", CHANGES, ids=repr)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_is_read_whole_among_others(changed: dict[str, str], place: int) -> None:
    rows = [_row(changed if number == place else {"name": f"plain{number}"}) for number in range(3)]
    expected = [_entry(row.removeprefix("<Blob>")) for row in rows]
    assert list(read_page(_page(*rows)).entries) == expected
    assert list(read_page(_page(FOLDER, *rows)).entries) == [SubdirInfo("d/"), *expected]
    assert list(read_page(_page(*rows, FOLDER)).entries) == [*expected, SubdirInfo("d/")]


def test_keys_of_metadata_may_be_named_as_rows_are() -> None:
    keys = "<Metadata><Blob>v</Blob><Name>n</Name><Etag>e</Etag></Metadata>"
    for page in (_page(_row({"metadata": keys})), _page(_row({"metadata": keys}), FOLDER)):
        entry = read_page(page).entries[0]
        assert isinstance(entry, ObjectInfo)
        assert (entry.name, entry.hash, entry.metadata) == ("a", "0x1", {"blob": "v", "name": "n", "etag": "e"})


def test_values_of_metadata_may_be_empty() -> None:
    row = _row({"metadata": '<Metadata><a /><b></b><c/><d Encoded="true">%20</d><e>v</e><f /></Metadata>'})
    entry = read_page(_page(row)).entries[0]
    assert isinstance(entry, ObjectInfo)
    assert entry.metadata == {"a": "", "b": "", "c": "", "d": " ", "e": "v", "f": ""}


@pytest.mark.parametrize("key", ["Metadata", "ResourceType", "Properties", "Blobs", "NextMarker"])
def test_a_key_of_metadata_may_be_named_as_what_azure_tells(key: str) -> None:
    page = read_page(_page(_row({"metadata": f"<Metadata><a>v</a><{key}>w</{key}><z>x</z></Metadata>"})))
    assert page.next_marker is None
    entry = page.entries[0]
    assert isinstance(entry, ObjectInfo)
    assert entry.metadata == {"a": "v", key.lower(): "w", "z": "x"}


@pytest.mark.parametrize("before", ["<VersionId>1</VersionId>", "<IsCurrentVersion>true</IsCurrentVersion>\n", "<a/>"])
def test_a_row_whose_name_is_not_first_is_no_less_a_row(before: str) -> None:
    row = _row({}).replace("<Blob>", f"<Blob>{before}")
    assert [
        entry.name for entry in read_page(_page(row, _row({"name": "b"}))).entries if isinstance(entry, ObjectInfo)
    ] == [
        "a",
        "b",
    ]


@pytest.mark.parametrize("nameless", [_row({}).replace("<Name>a</Name>", ""), "<BlobPrefix><x/></BlobPrefix>"])
def test_a_row_without_a_name_is_not_left_out(nameless: str) -> None:
    with pytest.raises(StrangeAnswer):
        read_page(_page(_row({}), nameless))


@pytest.mark.parametrize("changed", [{"size": "many"}, {"size": ""}], ids=repr)
@pytest.mark.parametrize("folders", ["", FOLDER])
def test_a_row_that_makes_no_sense(changed: dict[str, str], folders: str) -> None:
    with pytest.raises(StrangeAnswer):
        read_page(_page(_row({}), _row(changed), folders))


def test_a_time_that_is_none() -> None:
    for folders in ("", FOLDER):
        with pytest.raises(StrangeAnswer):
            read_page(_page(_row({}), folders).replace("27 Nov", "32 Nov"))


def test_a_page_without_rows() -> None:
    assert list(read_page(_page()).entries) == []
    assert list(read_page(_page().replace("<Blobs></Blobs>", "<Blobs />")).entries) == []
