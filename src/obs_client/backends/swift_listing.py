"""Pages of listings."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from obs_client.backends.swift_errors import StrangeAnswer
from obs_client.backends.swift_http import SwiftHttp
from obs_client.models import ContainerInfo, ObjectInfo, Page, SubdirInfo

_UTC = dt.UTC


def containers_page(http: SwiftHttp, prefix: str, marker: str | None) -> Page[ContainerInfo]:
    """One page of an account's containers."""
    _, rows = http.call("get_account", marker=marker, prefix=prefix).result
    entries = [ContainerInfo(row["name"], row["bytes"], row["count"]) for row in _rows(rows)]
    return Page(entries, entries[-1].name if entries else None)


def objects_page(
    http: SwiftHttp, container: str, prefix: str, delimiter: str | None, after: str | None
) -> Page[ObjectInfo | SubdirInfo]:
    """One page of a container's objects; the last is empty, as Swift's own clients take it."""
    _, rows = http.call("get_container", container, marker=after, prefix=prefix, delimiter=delimiter).result
    try:
        entries = [_entry(row) for row in _rows(rows)]
    except (KeyError, TypeError, ValueError) as error:
        raise StrangeAnswer(f"an entry of the listing is broken: {error!r}") from error
    last = entries[-1] if entries else None
    return Page(entries, None if last is None else last.subdir if isinstance(last, SubdirInfo) else last.name)


def all_rows(http: SwiftHttp, container: str, query: str = "") -> Iterator[dict[str, Any]]:
    """All rows of a container's listing as Swift tells them, with further parameters."""
    marker = version = ""
    while True:
        start = f"&marker={quote(marker, safe='')}" + (f"&version_marker={quote(version, safe='')}" if version else "")
        rows = _rows(http.ask("GET", f"/{quote(container)}?format=json{start}{query}").result)
        if not rows:
            return
        yield from rows
        marker, version = rows[-1]["name"], rows[-1].get("version_id") or ""


def _rows(rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        raise StrangeAnswer("the listing is no JSON array")
    return rows


def _entry(row: dict[str, Any]) -> ObjectInfo | SubdirInfo:
    subdir = row.get("subdir")
    if subdir is not None:
        return SubdirInfo(subdir)
    tag = row.get("slo_etag") or row["hash"]
    return ObjectInfo(
        row["name"], row["bytes"], tag.strip('"'), row["content_type"], None, seconds_of(row["last_modified"])
    )


def seconds_of(text: str) -> float:
    """Epoch seconds of a time as listings tell it, in UTC without saying so."""
    whole, dot, fraction = text.partition(".")
    return _epoch(whole) + (float(dot + fraction) if fraction else 0.0)


@functools.lru_cache(maxsize=4096)
def _epoch(whole: str) -> float:
    return dt.datetime.fromisoformat(whole).replace(tzinfo=_UTC).timestamp()
