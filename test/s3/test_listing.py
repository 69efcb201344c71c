"""Pages of listings: read by columns where rows are built alike, by the parser otherwise, with the same outcome."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.xml import Element
from obs_client.backend.listing import ListedObjects
from obs_client.backend.values import Page
from obs_client.backends.s3.listing import read_page
from obs_client.models import ObjectInfo, SubdirInfo

pytestmark = pytest.mark.slow  # it takes seconds in all

TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f\ufffe\uffff"),
               min_size=1, max_size=12)  # fmt: skip
TIMES = st.sampled_from(["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123Z", "2026-11-22T11:00:00.5+01:00"])
TAGS = st.sampled_from(['"abc"', "abc", 'W/"abc"', "&quot;", '"a&b"', ""])
QUOTES = ("&quot;", "&#34;")
OWNER = "<Owner><ID>1</ID><DisplayName/></Owner>"


class Row(NamedTuple):
    """An object as a server has it."""

    name: str
    size: int
    time: str
    tag: str


ROWS = st.lists(st.builds(Row, TEXT, st.integers(0, 10**15), TIMES, TAGS), max_size=5)
ORDERS = st.permutations(["Key", "Size", "LastModified", "ETag", "StorageClass", "Owner"])


def page_of(rows: list[Row], order: list[str], url: bool, gap: str, extra: str = "") -> str:
    """A page as some server writes it."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        + ("<EncodingType>url</EncodingType>" if url else "")
        + f"<Name>c</Name><IsTruncated>false</IsTruncated>{extra}{gap}"
        + gap.join(_row(row, order, url, gap) for row in rows)
        + f"{gap}<CommonPrefixes><Prefix>z/</Prefix></CommonPrefixes></ListBucketResult>"
    )


def _row(row: Row, order: list[str], url: bool, gap: str) -> str:
    values = {
        "Key": escape(quote_plus(row.name, safe="/") if url else row.name),
        "Size": str(row.size),
        "LastModified": row.time,
        "ETag": escape(row.tag, {'"': "&quot;"}),
        "StorageClass": "STANDARD",
    }
    pieces = (OWNER if name == "Owner" else f"<{name}>{values[name]}</{name}>" for name in order)
    return f"<Contents>{gap}{gap.join(pieces)}{gap}</Contents>"


def entries_of(document: str) -> list[ObjectInfo | SubdirInfo]:
    page = read_page(document)
    assert isinstance(page, Page)
    return list(page.entries)


@given(ROWS, ORDERS, st.booleans(), st.sampled_from(["", "\n", "\n  "]), st.sampled_from(QUOTES))
def test_columns_and_parser_read_the_same(rows: list[Row], order: list[str], url: bool, gap: str, quote: str) -> None:
    document = page_of(rows, order, url, gap).replace(QUOTES[0], quote)
    found = entries_of(document)
    assert found == entries_of(document.replace("<Name>", "<!-- a comment leaves it to the parser --><Name>"))
    objects = [entry for entry in found if isinstance(entry, ObjectInfo)]
    assert sorted((entry.name, entry.size) for entry in objects) == sorted((row.name, row.size) for row in rows)


@pytest.mark.parametrize("quote", QUOTES)
def test_a_page_of_rows_that_are_built_alike_is_read_by_columns(quote: str) -> None:
    rows = [Row(f"a {number}&<", number, "2026-11-22T10:00:00Z", '"abc"') for number in range(3)]
    page = read_page(page_of(rows, ["Key", "LastModified", "ETag", "Size"], True, "").replace(
        "<CommonPrefixes><Prefix>z/</Prefix></CommonPrefixes>", "").replace(QUOTES[0], quote))  # fmt: skip
    assert isinstance(page, Page)
    assert isinstance(page.entries, ListedObjects)
    assert [(entry.name, entry.size, entry.hash) for entry in page.entries] == [
        (f"a {number}&<", number, "abc") for number in range(3)
    ]


@pytest.mark.parametrize("extra", ["", "<!-- by the parser -->"])
def test_a_row_without_a_hash_has_none(extra: str) -> None:
    """The ETag is optional in S3's reference; some servers leave it out, or out of some rows."""
    row = Row("a", 1, "2026-11-22T10:00:00Z", '"abc"')
    document = page_of([row, row], ["Key", "LastModified", "Size"], True, "", extra)
    assert [entry.hash for entry in entries_of(document) if isinstance(entry, ObjectInfo)] == [None, None]
    mixed = page_of([row, row], ["Key", "LastModified", "ETag", "Size"], True, "", extra)
    mixed = mixed.replace("<ETag>&quot;abc&quot;</ETag>", "", 1)
    assert [entry.hash for entry in entries_of(mixed) if isinstance(entry, ObjectInfo)] == [None, "abc"]


@pytest.mark.parametrize(
    "change",
    [
        ("<Size>1</Size>", "<Size>much</Size>"),
        ("<Key>a</Key>", "<Key>%FF</Key>"),
        ("<Key>a</Key>", "<Key>&#xD800;</Key>"),
        ("<Key>a</Key>", "<Key>&#x110000;</Key>"),
        ("<Key>a</Key>", "<Key>&unknown;</Key>"),
        ("2026-11-22T10:00:00Z", "yesterday"),
        ("<IsTruncated>false", "<IsTruncated>perhaps"),
        ("ListBucketResult", "ListBucketResults"),
        ("</ListBucketResult>", ""),
        ("<ListBucketResult", "<!DOCTYPE a><ListBucketResult"),
    ],
)
def test_a_page_that_makes_no_sense_is_an_error(change: tuple[str, str]) -> None:
    document = page_of(
        [Row("a", 1, "2026-11-22T10:00:00Z", '"abc"')], ["Key", "LastModified", "ETag", "Size"], True, ""
    )
    assert change[0] in document
    with pytest.raises((BrokenAnswer, StrangeAnswer)):
        read_page(document.replace(*change))


def test_an_error_in_place_of_a_page_is_handed_on() -> None:
    found = read_page("<Error><Code>InternalError</Code></Error>")
    assert isinstance(found, Element)
    assert found.find("Code") == "InternalError"
