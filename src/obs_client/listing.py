"""Listings: all pages, each seen to go on; folders; and the metadata that a store does not list."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from obs_client import write_id
from obs_client.border import Border
from obs_client.errors import NotFoundError, ServiceError
from obs_client.models import ContainerInfo, ObjectInfo, Page, SubdirInfo
from obs_client.parallel import bounded_map

Entry = TypeVar("Entry", ContainerInfo, ObjectInfo | SubdirInfo)


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """What is to be listed."""

    container: str
    prefix: str = ""
    delimiter: str | None = None
    start_after: str | None = None


def containers(border: Border, prefix: str) -> Iterator[ContainerInfo]:
    """All containers whose names start with the prefix."""
    return _all_pages(lambda marker: border.container_list(prefix, marker), ordered=False)


def objects(border: Border, query: Query, fetch_metadata: bool) -> Iterator[ObjectInfo | SubdirInfo]:
    """All entries of a listing, lazily."""

    def page(marker: str | None) -> Page[ObjectInfo | SubdirInfo]:
        return border.object_list(query.container, query.prefix, query.delimiter, query.start_after, marker)

    capabilities = border.capabilities
    entries = _asked_for(_all_pages(page, capabilities.ordered_listing), query)
    if not fetch_metadata:
        return map(_without_metadata, entries)
    workers = 1 if capabilities.listing_has_metadata else border.options.workers
    return map(_as_users_see_it, _with_metadata(border, query.container, entries, workers))


def name_of(entry: ContainerInfo | ObjectInfo | SubdirInfo) -> str:
    """The name by which an entry stands in a listing."""
    return entry.subdir if isinstance(entry, SubdirInfo) else entry.name


def fold(entries: Iterable[ObjectInfo], prefix: str, delimiter: str | None) -> Iterator[ObjectInfo | SubdirInfo]:
    """An ordered flat listing with folders: for backends whose store does not fold."""
    if delimiter is None:
        yield from entries
        return
    last = None
    for entry in entries:
        end = entry.name.find(delimiter, len(prefix))
        if end < 0:
            yield entry
        elif (folder := entry.name[: end + len(delimiter)]) != last:
            last = folder
            yield SubdirInfo(folder)


def _all_pages(page: Callable[[str | None], Page[Entry]], ordered: bool) -> Iterator[Entry]:
    """The entries of page after page; a listing that goes in circles or back is an error, never an endless loop."""
    marker: str | None = None
    markers: set[str] = set()
    heads: set[str] = set()
    last: bytes | None = None
    while True:
        answer = page(marker)
        if answer.entries:
            head = name_of(answer.entries[0])
            if head in heads:
                raise ServiceError(
                    f"the store lists {head!r} again at the start of another page; the listing is not whole"
                )
            heads.add(head)
        for entry in answer.entries:
            if ordered:
                last = _check_order(entry, last)
            yield entry
        marker = answer.next_marker
        if marker is None:
            return
        if marker in markers:
            raise ServiceError(f"the store's listing goes in circles at marker {marker!r}; it is not whole")
        markers.add(marker)


def _check_order(entry: ContainerInfo | ObjectInfo | SubdirInfo, last: bytes | None) -> bytes:
    name = name_of(entry).encode()
    if last is not None and name <= last:
        raise ServiceError(
            f"the store lists {name.decode()!r} after {last.decode()!r}, against its order; the listing is not whole"
        )
    return name


def _asked_for(entries: Iterator[ObjectInfo | SubdirInfo], query: Query) -> Iterator[ObjectInfo | SubdirInfo]:
    """Leave out what a page may hold up to `start_after`; a name without the prefix is no answer to what was asked."""
    start_after = None if query.start_after is None else query.start_after.encode()
    for entry in entries:
        name = name_of(entry)
        if not name.startswith(query.prefix):
            raise ServiceError(f"the store lists {name!r}, which does not start with the prefix {query.prefix!r}")
        if start_after is None or name.encode() > start_after:
            yield entry


def _without_metadata(entry: ObjectInfo | SubdirInfo) -> ObjectInfo | SubdirInfo:
    if isinstance(entry, SubdirInfo) or entry.metadata is None:
        return entry
    return dataclasses.replace(entry, metadata=None)


def _with_metadata(
    border: Border, container: str, entries: Iterator[ObjectInfo | SubdirInfo], workers: int
) -> Iterator[ObjectInfo | SubdirInfo]:
    def fetch(entry: ObjectInfo | SubdirInfo) -> ObjectInfo | SubdirInfo | None:
        if isinstance(entry, SubdirInfo) or entry.metadata is not None:
            return entry
        try:
            return border.object_info(container, entry.name)
        except NotFoundError:
            return None

    for found in bounded_map(fetch, entries, workers):
        if found is not None:
            yield found


def _as_users_see_it(entry: ObjectInfo | SubdirInfo) -> ObjectInfo | SubdirInfo:
    return write_id.hide(entry) if isinstance(entry, ObjectInfo) else entry
