"""Listings: pages of containers and of objects, read by a pattern where all rows are built alike, else by a parser."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.etags import bare_etag
from obs_client._http.kit.json_answer import parse_json, split_rows
from obs_client.backend.listing import ListedObjects
from obs_client.backend.values import Page
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
"""The MD5 of no bytes. Swift lists it for dynamic large objects too, with 0 bytes; Ceph's gateway for static ones."""

_FIELDS = ("name", "bytes", "hash", "content_type", "last_modified")
_NUMBERS = ("bytes",)
_EPOCH = dt.datetime(1970, 1, 1)


def containers_page(http: SwiftHttp, prefix: str, marker: str | None) -> Page[ContainerInfo]:
    """One page of an account's containers."""
    rows = checked_rows(http.ask("GET", f"?format=json{_query({'marker': marker, 'prefix': prefix})}").result)
    entries = [ContainerInfo(row["name"], _count(row.get("bytes")), _count(row.get("count"))) for row in rows]
    return Page(entries, entries[-1].name if entries else None)


def objects_page(
    http: SwiftHttp, container: str, prefix: str, delimiter: str | None, after: str | None, most: int | None = None
) -> Page[ObjectInfo | SubdirInfo]:
    """One page of a container's objects; the last is empty, as Swift's own clients take it."""
    limit = None if most is None else str(most)
    given = {"marker": after, "prefix": prefix, "delimiter": delimiter, "limit": limit}
    exchange = http.fetch("GET", f"/{quote(container)}?format=json{_query(given)}")
    entries = read_page(exchange.result) if exchange.answer.status != 204 else []
    last = entries[-1] if entries else None
    return Page(entries, None if last is None else last.subdir if isinstance(last, SubdirInfo) else last.name)


def _query(given: Mapping[str, str | None]) -> str:
    return "".join(f"&{name}={quote(value, safe='')}" for name, value in given.items() if value)


def all_rows(http: SwiftHttp, container: str, query: str = "") -> Iterator[dict[str, Any]]:
    """All rows of a container's listing as Swift tells them, with further parameters."""
    marker = version = ""
    while True:
        start = _query({"marker": marker, "version_marker": version})
        rows = checked_rows(http.ask("GET", f"/{quote(container)}?format=json{start}{query}").result)
        if not rows:
            return
        yield from rows
        marker, version = rows[-1]["name"], rows[-1].get("version_id") or ""


def sum_of_sizes(rows: Iterable[Mapping[str, Any]], *, manifests: bool = True) -> int | None:
    """Bytes of all rows; None if one does not tell.

    Args:
        manifests: Count what a row says of a large object, which may be the length of its manifest.
    """
    total = 0
    for row in rows:
        size = 0 if not manifests and may_be_manifest(row) else _count(row.get("bytes"))
        if size is None:
            return None
        total += size
    return total


def read_page(text: str) -> Sequence[ObjectInfo | SubdirInfo]:
    """The entries of a page in JSON, in its order.

    Raises:
        StrangeAnswer: It is no page of objects and folders.
    """
    columns = _split(text)
    if columns:
        with contextlib.suppress(ValueError):  # a time in a form of its own
            return _objects(*columns)
    return _parsed(checked_rows(parse_json(text)))


def checked_rows(rows: Any) -> list[dict[str, Any]]:
    """The rows of a listing, if it is one: each has a name, and may lack all else."""
    if not isinstance(rows, list):
        raise StrangeAnswer("the listing is not a JSON array")
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("name", row.get("subdir")), str):
            raise StrangeAnswer(f"an entry of the listing has no name: {row!r:.200}")
    return rows


def may_be_manifest(row: Mapping[str, Any]) -> bool:
    """Whether a row may be a large object's: it is marked, or tells no digest of content.

    What is listed with the MD5 of nothing has no bytes, or none of its own.
    """
    return "slo_etag" in row or row.get("hash") in (None, NOTHING)


def seconds_of(times: Iterable[str]) -> list[float]:
    """Epoch seconds of times as listings tell them: in UTC, which Swift leaves out and others that speak it may say."""
    moments = [dt.datetime.fromisoformat(time) for time in times]
    try:
        return list(map(dt.timedelta.total_seconds, map(operator.sub, moments, itertools.repeat(_EPOCH))))
    except TypeError:
        return [(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() for moment in moments]


def _split(text: str) -> Iterator[Sequence[str]] | None:
    """The columns of a page whose rows are all built alike, and are all there is; None: it must be parsed."""
    alike = split_rows(text, r"\A\[", _NUMBERS)
    if alike is None or alike.rest != "[]" or set(alike.keys) != set(_FIELDS):
        return None
    return map(alike.column, _FIELDS)


def _objects(
    names: Sequence[str], sizes: Iterable[str], hashes: Sequence[str], kinds: Sequence[str], times: Iterable[str]
) -> ListedObjects:
    found: list[int | None] = list(map(int, sizes))
    if NOTHING not in hashes:
        return ListedObjects(names, found, hashes, kinds, seconds_of(times))
    proved = list(map(_proved, found, hashes))
    return ListedObjects(names, [size for size, _ in proved], [tag for _, tag in proved], kinds, seconds_of(times))


def _parsed(rows: list[dict[str, Any]]) -> Sequence[ObjectInfo | SubdirInfo]:
    objects = [_fields_of(row) for row in rows if "subdir" not in row]
    listed = ListedObjects(*zip(*objects, strict=True)) if objects else []
    if len(listed) == len(rows):
        return listed
    following = iter(listed)
    return [SubdirInfo(row["subdir"]) if "subdir" in row else next(following) for row in rows]


def _fields_of(row: dict[str, Any]) -> tuple[str, int | None, str | None, str | None, float | None]:
    """The columns of a row; None for what it lacks."""
    tag = _text(row.get("slo_etag")) or _text(row.get("hash"))
    size, tag = _proved(_count(row.get("bytes")), None if tag is None else bare_etag(tag) or None)
    return row["name"], size, tag, _text(row.get("content_type")), time_of(row)


def _proved(size: int | None, tag: str | None) -> tuple[int | None, str | None]:
    """Size and hash as far as a row proves them: the MD5 of nothing may be that of a manifest, whose size it has."""
    if tag != NOTHING:
        return size, tag
    return (None if size else size), None


def _text(value: Any) -> str | None:
    if not isinstance(value, str | None):
        raise StrangeAnswer(f"an entry of the listing has {value!r:.200} where a text belongs")
    return value


def _count(value: Any) -> int | None:
    """A count, or None where there is none: a listing may leave it out, but not have something else in its place."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise StrangeAnswer(f"an entry of the listing has {value!r:.200} where a count belongs")
    return value


def time_of(row: Mapping[str, Any]) -> float | None:
    """Epoch seconds of a row; None if it has no time."""
    value = _text(row.get("last_modified"))
    if not value:
        return None
    try:
        return seconds_of([value])[0]
    except ValueError:
        found = read_date(value)
    if found is None:
        raise StrangeAnswer(f"an entry of the listing has {value!r:.200} where a time belongs")
    return found
