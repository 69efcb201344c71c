"""Listings: pages of containers and of objects, read by a pattern where all rows are built alike, else by a parser."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import json
import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.json_answer import parse_json
from obs_client.backend.listing import ListedObjects
from obs_client.backend.values import Page
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

_FIELDS = ("name", "bytes", "hash", "content_type", "last_modified")
_KINDS = (str, int, str, str, str)
_EPOCH = dt.datetime(1970, 1, 1)


def containers_page(http: SwiftHttp, prefix: str, marker: str | None) -> Page[ContainerInfo]:
    """One page of an account's containers."""
    rows = checked_rows(http.ask("GET", f"?format=json{_query({'marker': marker, 'prefix': prefix})}").result)
    try:
        entries = [ContainerInfo(row["name"], row["bytes"], row["count"]) for row in rows]
    except (KeyError, TypeError) as error:
        raise StrangeAnswer(f"an entry of the listing is broken: {error!r}") from error
    return Page(entries, entries[-1].name if entries else None)


def objects_page(
    http: SwiftHttp, container: str, prefix: str, delimiter: str | None, after: str | None
) -> Page[ObjectInfo | SubdirInfo]:
    """One page of a container's objects; the last is empty, as Swift's own clients take it."""
    given = {"marker": after, "prefix": prefix, "delimiter": delimiter}
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


def read_page(text: str) -> Sequence[ObjectInfo | SubdirInfo]:
    """The entries of a page in JSON, in its order.

    Raises:
        StrangeAnswer: It is no page of objects and folders.
    """
    try:
        columns = _split(text)
        return _objects(*columns) if columns else _parsed(checked_rows(parse_json(text)))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StrangeAnswer(f"an entry of the listing is broken: {error!r}") from error


def checked_rows(rows: Any) -> list[dict[str, Any]]:
    """The rows of a listing, if it is one."""
    if not isinstance(rows, list):
        raise StrangeAnswer("the listing is no JSON array")
    return rows


def seconds_of(times: Iterable[str]) -> list[float]:
    """Epoch seconds of times as listings tell them: in UTC, which Swift leaves out and others that speak it may say."""
    moments = [dt.datetime.fromisoformat(time) for time in times]
    try:
        return list(map(dt.timedelta.total_seconds, map(operator.sub, moments, itertools.repeat(_EPOCH))))
    except TypeError:
        return [(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() for moment in moments]


def _split(text: str) -> Iterator[Sequence[str]] | None:
    """The columns of a page whose rows are all built as the first is, and are all there is; None: it must be parsed.

    Without a backslash every quote in it is one of JSON's own, and a row that fits holds what it seems to hold.
    """
    if "\\" in text or not text.startswith("[{"):
        return None
    try:
        first, end = json.JSONDecoder().raw_decode(text, 1)
    except ValueError:
        return None
    if set(first) != set(_FIELDS):
        return None
    keys = tuple(first)
    pieces = _row_pattern(keys, " " if text[1:end].partition(":")[2].startswith(" ") else "").split(text)
    width = len(keys) + 1
    if pieces[0] != "[" or pieces[-1] != "]" or not {", ", ","}.issuperset(pieces[width:-1:width]):
        return None
    return (pieces[keys.index(name) + 1 :: width] for name in _FIELDS)


@functools.lru_cache
def _row_pattern(keys: tuple[str, ...], gap: str) -> re.Pattern[str]:
    values = {"bytes": "([0-9]+)"}
    fields = (f'"{key}":{gap}' + values.get(key, '"([^"]*)"') for key in keys)
    return re.compile(r"\{" + f",{gap}".join(fields) + r"\}")


def _objects(
    names: Sequence[str], sizes: Iterable[str], hashes: Sequence[str], kinds: Sequence[str], times: Iterable[str]
) -> ListedObjects:
    return ListedObjects(names, list(map(int, sizes)), hashes, kinds, seconds_of(times))


def _parsed(rows: list[dict[str, Any]]) -> Sequence[ObjectInfo | SubdirInfo]:
    objects = [_fields_of(row) for row in rows if "subdir" not in row]
    listed = _objects(*zip(*objects, strict=True)) if objects else []
    if len(listed) == len(rows):
        return listed
    following = iter(listed)
    return [SubdirInfo(_text(row["subdir"])) if "subdir" in row else next(following) for row in rows]


def _fields_of(row: dict[str, Any]) -> tuple[Any, ...]:
    fields = tuple(row[name] for name in _FIELDS)
    if tuple(map(type, fields)) != _KINDS:
        raise TypeError(f"{row!r} is no object's")
    if "slo_etag" in row:
        return (*fields[:2], row["slo_etag"].strip('"'), *fields[3:])
    return fields


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no folder's name")
    return value
