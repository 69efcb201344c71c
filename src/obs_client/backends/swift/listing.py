"""Pages of listings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from obs_client._http.errors import StrangeAnswer
from obs_client.backend.values import Page
from obs_client.backends.swift.page import checked_rows, read_page
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo


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
