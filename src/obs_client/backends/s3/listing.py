"""Listings: of containers; and of objects page by page, read fast where all rows of a page are built alike."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import operator
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit import xml
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.etags import bare_etag
from obs_client._http.kit.numbers import read_number
from obs_client.backend.listing import ListedObjects, name_of
from obs_client.backend.values import Page
from obs_client.backends.s3.errors import make_error
from obs_client.backends.s3.requests import Request, Requests
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

ROOT = "ListBucketResult"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ROW = re.compile("<Contents>(.*?)</Contents>", re.DOTALL)
_TAG = re.compile("(<[^>]*>)")
_QUOTES = ("&quot;", "&#34;")
"""How tags are quoted in XML: the second way by servers that are written in Go."""

_COLUMNS = ("Key", "Size", "ETag", "LastModified")
_NEEDED = ("Key", "Size", "LastModified")
"""What the rows of a page have that is read fast; only `Key` must be there."""

_URL = "<EncodingType>url</EncodingType>"
_MOST = 1000
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)?")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BUCKETS = 1000


class Columns(NamedTuple):
    """The rows of a page as they stand in it; what a row does not have is empty."""

    names: Sequence[str]
    sizes: Sequence[str]
    etags: Sequence[str]
    times: Sequence[str]


def list_buckets(prefix: str = "", marker: str | None = None, most: int | None = None) -> Request:
    """Ask for containers; only Amazon's S3 knows pages and prefixes of them."""
    query = query_of(("max-buckets", most), ("prefix", prefix or None), ("continuation-token", marker))
    return Request("ListBuckets", "GET", None, query=query)


def list_objects(
    container: str,
    prefix: str,
    delimiter: str | None,
    start_after: str | None,
    marker: str | None,
    most: int | None = None,
) -> Request:
    """Ask for a page of objects, with names as in URLs: XML cannot write them all.

    Args:
        marker: As a page gave it: after `2`, a token of ListObjectsV2; after `1`, a name, for servers that know only
            ListObjects.
        most: Entries of the page; None: as many as the server gives.
    """
    if marker is not None and marker.startswith("1"):
        query = query_of(
            "encoding-type=url",
            ("prefix", prefix or None),
            ("delimiter", delimiter),
            ("marker", marker[1:]),
            ("max-keys", most),
        )
        return Request("ListObjects", "GET", container, query=query)
    query = query_of(
        "list-type=2",
        "encoding-type=url",
        ("prefix", prefix or None),
        ("delimiter", delimiter),
        ("continuation-token", marker[1:] if marker else None),
        ("start-after", start_after),
        ("max-keys", most),
    )
    return Request("ListObjectsV2", "GET", container, query=query)


def page_of_containers(requests: Requests, prefix: str, marker: str | None) -> Page[ContainerInfo]:
    """One page of containers; of a server that knows no pages all, of which those with the prefix are left."""
    asked = list_buckets(prefix, marker, _BUCKETS) if requests.is_amazon else list_buckets()
    root = requests.document(asked, "ListAllMyBucketsResult")
    names = [bucket.get("Name") for each in root.all("Buckets") for bucket in each.all("Bucket")]
    entries = [ContainerInfo(name, None, None) for name in names if name.startswith(prefix)]
    return Page(entries, root.find("ContinuationToken") or None)


def page_of_objects(requests: Requests, asked: Request) -> Page[ObjectInfo | SubdirInfo]:
    """One page of objects and folders."""
    answer = requests.call(asked)
    page = read_page(requests.buffers.read_text(answer))
    if isinstance(page, xml.Element):
        raise make_error(asked.operation, answer, page)
    return page


def read_page(document: str) -> Page[ObjectInfo | SubdirInfo] | xml.Element:
    """The entries of a page of ListObjectsV2, in the server's order of names and of folders; or the error in it.

    Raises:
        BrokenAnswer, StrangeAnswer: It is not a complete page.
    """
    try:
        columns, rest = _split(document)
        root = _parse(rest)
        if root.name == "Error":
            return root
        entries = _entries(root, columns or _columns_of(root))
        return Page(entries, _next_marker(root, entries))
    except ValueError as error:
        raise StrangeAnswer("the listing has a name, size or time that makes no sense") from error


def _parse(document: str) -> xml.Element:
    """A page; where its names are as in URLs, what it repeats of the request need not be XML."""
    try:
        return xml.parse_answer(document.encode(), ROOT, ())
    except StrangeAnswer:
        if _URL not in document:
            raise
        return xml.parse_answer(xml.without_impossible(document.encode()), ROOT, ())


def read_time(text: str) -> float:
    """Epoch seconds of a time in XML."""
    try:
        return _seconds([text])[0]
    except ValueError as error:
        raise StrangeAnswer("the response has a time that cannot be read") from error


def is_true(text: str) -> bool:
    """A truth value in XML.

    Raises:
        StrangeAnswer: It is none.
    """
    if text.lower() not in ("true", "false"):
        raise StrangeAnswer("the response has neither true nor false where one of them is required")
    return text.lower() == "true"


def _next_marker(root: xml.Element, entries: Sequence[ObjectInfo | SubdirInfo]) -> str | None:
    """Where the listing goes on.

    A server that knows only ListObjects gives no token. Its next page begins after its `NextMarker`, or after the last
    name where it tells none, as the reference of ListObjects has it.
    """
    told, token = root.find("IsTruncated"), root.find("NextContinuationToken")
    # Where it is not told, a page with a token or as full as it may be is not the last.
    if not (is_true(told) if told is not None else token or len(entries) >= _most(root)):
        return None
    if token:
        return f"2{token}"
    marker = root.find("NextMarker")
    if marker and root.find("EncodingType") == "url":
        marker = unquote_plus(marker, errors="strict")
    if not marker and entries:
        marker = max(map(name_of, (entries[-1], *(each for each in entries if isinstance(each, SubdirInfo)))))
    if not marker:
        raise StrangeAnswer("the listing is truncated, but has no marker to continue at")
    return f"1{marker}"


def _most(root: xml.Element) -> int:
    """The entries of a page that is full."""
    return read_number(root.find("MaxKeys")) or _MOST


def _entries(root: xml.Element, columns: Columns) -> Sequence[ObjectInfo | SubdirInfo]:
    url = root.find("EncodingType") == "url"
    names = _decoded(columns.names) if url else columns.names
    objects = ListedObjects(
        names, _sizes(columns.sizes), _hashes(columns.etags), [None] * len(names), _times(columns.times)
    )
    folders = [each.get("Prefix") for each in root.all("CommonPrefixes")]
    if not folders:
        return objects
    decoded = map(SubdirInfo, _decoded(folders) if url else folders)
    return sorted([*objects, *decoded], key=_byte_order)


def _decoded(names: Sequence[str]) -> Sequence[str]:
    """Names that are written as in URLs; a look at all of them at once costs less than one at each."""
    together = "".join(names)
    if "%" not in together and "+" not in together:
        return names
    return [unquote_plus(name, errors="strict") for name in names]


def _sizes(sizes: Sequence[str]) -> Sequence[int | None]:
    return list(map(int, sizes)) if all(sizes) else [int(size) if size else None for size in sizes]


def _times(times: Sequence[str]) -> Sequence[float | None]:
    return _seconds(times) if all(times) else [_seconds([time])[0] if time else None for time in times]


def _hashes(etags: Sequence[str]) -> Sequence[str | None]:
    together = "".join(etags)
    if '"' not in together and "W/" not in together and all(etags):
        return etags
    return [bare_etag(tag) or None for tag in etags]


def _seconds(times: Sequence[str]) -> list[float]:
    """Epoch seconds of times, which are in UTC if they do not say."""
    moments = list(map(dt.datetime.fromisoformat, times))
    try:
        return list(map(dt.timedelta.total_seconds, map(operator.sub, moments, itertools.repeat(_EPOCH))))
    except TypeError:
        return [(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() for moment in moments]


def _columns_of(root: xml.Element) -> Columns:
    """The rows of a page that was parsed."""
    rows = root.all("Contents")
    names = [row.get("Key") for row in rows]
    return Columns(names, *([row.find(column) or "" for row in rows] for column in _COLUMNS[1:]))


def _split(document: str) -> tuple[Columns | None, str]:
    """The columns of all rows and the document without them; None if they must be parsed.

    All rows must be built as the first is, and no other character of the document may stand between them.
    """
    first = _ROW.search(document)
    learned = None if first is None or "<!" in document else _learn(first[1])
    if learned is None:
        return None, document
    pattern, names = learned
    pieces = pattern.split(document)
    width = len(names) + 1
    if "<Contents" in pieces[0] or "<Contents" in pieces[-1] or "".join(pieces[width:-1:width]).strip():
        return None, document
    columns = {name: pieces[number::width] for number, name in enumerate(names, 1)}
    empty = [""] * (len(pieces) // width)
    found = (_unescaped(columns.get(name, empty)) for name in _COLUMNS)
    return Columns(*found), pieces[0] + pieces[-1]


@functools.lru_cache(64)
def _pattern(pieces: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("".join(pieces))


def _learn(row: str) -> tuple[re.Pattern[str], tuple[str, ...]] | None:
    """A pattern for rows that are built as this one, with a group for each column; and the columns in its order."""
    pieces, seen, depth = ["<Contents>"], [], 0
    parts = _TAG.split(row)
    for text, tag in zip(parts[::2], [*parts[1::2], ""], strict=True):
        name = tag[2:-1]
        if tag.startswith("</") and depth == 1 and name in _COLUMNS:
            seen.append(name)
            quote = next((each for each in _QUOTES if _is_quoted(text, each)), None)
            pieces.append("([^<]*)" if quote is None else f"{quote}([^<&]*){quote}")
        elif text.strip() or tag.startswith("</"):
            pieces.append("[^<]*")
        elif text:
            pieces.append(r"\s*")
        pieces.append(re.escape(tag))
        depth += 0 if tag.endswith("/>") or not tag else -1 if tag.startswith("</") else 1
    if len(set(seen)) != len(seen) or not set(_NEEDED) <= set(seen):
        return None
    return _pattern((*pieces, "</Contents>")), tuple(seen)


def _is_quoted(text: str, quote: str) -> bool:
    return len(text) > 2 * len(quote) and text.startswith(quote) and text.endswith(quote)


def _unescaped(column: list[str]) -> list[str]:
    if "&" not in "".join(column):
        return column
    return [_REFERENCE.sub(_character, text) if "&" in text else text for text in column]


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        raise ValueError("a sign & that begins no reference")
    if name[0] != "#":
        return _ENTITIES[name]
    number = int(name[2:], 16) if name[1] == "x" else int(name[1:])
    if 0xD800 <= number < 0xE000:
        raise ValueError(f"{match[0]} is no character")
    return chr(number)


def _byte_order(entry: ObjectInfo | SubdirInfo) -> bytes:
    return (entry.subdir if isinstance(entry, SubdirInfo) else entry.name).encode()
