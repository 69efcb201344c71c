"""Pages of listings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from obs_client.backends.swift_errors import StrangeAnswer
from obs_client.backends.swift_http import SwiftHttp
from obs_client.models import ContainerInfo, ObjectInfo, Page, SubdirInfo


def containers_page(http: SwiftHttp, prefix: str, marker: str | None) -> Page[ContainerInfo]:
    """One page of an account's containers."""
    rows = _listed(http, "get_account", marker=marker, prefix=prefix)
    try:
        entries = [ContainerInfo(row["name"], row["bytes"], row["count"]) for row in checked_rows(rows)]
    except (KeyError, TypeError) as error:
        raise StrangeAnswer(f"an entry of the listing is broken: {error!r}") from error
    return Page(entries, entries[-1].name if entries else None)


def objects_page(
    http: SwiftHttp, container: str, prefix: str, delimiter: str | None, after: str | None
) -> Page[ObjectInfo | SubdirInfo]:
    """One page of a container's objects; the last is empty, as Swift's own clients take it."""
    rows = _listed(http, "get_container", container, marker=after, prefix=prefix, delimiter=delimiter)
    try:
        entries = _entries(checked_rows(rows))
    except (KeyError, TypeError, ValueError) as error:
        raise StrangeAnswer(f"an entry of the listing is broken: {error!r}") from error
    last = entries[-1] if entries else None
    return Page(entries, None if last is None else last.subdir if isinstance(last, SubdirInfo) else last.name)


def _listed(http: SwiftHttp, function: str, *arguments: str, **options: Any) -> Any:
    try:
        return http.call(function, *arguments, **options).result[1]
    except (ValueError, RecursionError) as error:
        raise StrangeAnswer(f"the listing is no JSON: {error}") from error


def all_rows(http: SwiftHttp, container: str, query: str = "") -> Iterator[dict[str, Any]]:
    """All rows of a container's listing as Swift tells them, with further parameters."""
    marker = version = ""
    while True:
        start = f"&marker={quote(marker, safe='')}" + (f"&version_marker={quote(version, safe='')}" if version else "")
        rows = checked_rows(http.ask("GET", f"/{quote(container)}?format=json{start}{query}").result)
        if not rows:
            return
        yield from rows
        marker, version = rows[-1]["name"], rows[-1].get("version_id") or ""


def checked_rows(rows: Any) -> list[dict[str, Any]]:
    """The rows of a listing, if it is one."""
    if not isinstance(rows, list):
        raise StrangeAnswer("the listing is no JSON array")
    return rows


class _Draft:
    """An `ObjectInfo` in the making: it becomes one by its class, since setting frozen fields costs twice as much."""

    __slots__ = ObjectInfo.__slots__

    def __init__(self, name: str, size: int, tag: str, content_type: str, modified: float) -> None:
        self.name = name
        self.size = size
        self.hash = tag
        self.content_type = content_type
        self.metadata = None
        self.last_modified = modified
        self.content_encoding = self.content_disposition = self.content_language = self.cache_control = None
        self.__class__ = ObjectInfo  # type: ignore[assignment]


def _entries(rows: list[dict[str, Any]]) -> list[ObjectInfo | SubdirInfo]:
    entries: list[Any] = []
    minutes = _minutes
    for row in rows:
        if "subdir" in row:
            entries.append(SubdirInfo(row["subdir"]))
            continue
        tag = row["slo_etag"].strip('"') if "slo_etag" in row else row["hash"]
        time = row["last_modified"]
        modified = minutes[time[:16]] + float(time[17:])
        entries.append(_Draft(row["name"], row["bytes"], tag, row["content_type"], modified))
    return entries


def seconds_of(text: str) -> float:
    """Epoch seconds of a time as listings tell it, in UTC without saying so."""
    return _minutes[text[:16]] + float(text[17:])


class _Minutes(dict[str, float]):
    """Epoch seconds of minutes that were met, the last thousands of them."""

    def __missing__(self, text: str) -> float:
        if len(self) > 10_000:
            self.clear()
        self[text] = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()
        return self[text]


_minutes = _Minutes()
