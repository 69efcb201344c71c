"""Listings: all pages, each seen to go on; folders; and the metadata that a store does not list."""

from __future__ import annotations

import dataclasses
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map
from obs_client.backend.listing import ListedObjects, WholeObjects, name_of
from obs_client.backend.values import Page
from obs_client.errors import NotFoundError, ServiceError
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

Entry = TypeVar("Entry", ContainerInfo, ObjectInfo | SubdirInfo)

_PAGE = 1000
"""Entries of a page in most stores; who wants fewer asks for fewer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """What is to be listed."""

    container: str
    prefix: str = ""
    delimiter: str | None = None
    start_after: str | None = None
    limit: int | None = None

    @property
    def most(self) -> int | None:
        """Entries of a page; None: as many as the store gives, since that is no more than are wanted."""
        return self.limit if self.limit is not None and self.limit < _PAGE else None


def containers(border: Border, prefix: str) -> Iterator[ContainerInfo]:
    """All containers whose names start with the prefix."""
    pages = _pages(lambda marker: border.container_list(prefix, marker), ordered=False)
    return itertools.chain.from_iterable(entries for entries, _ in pages)


def objects(border: Border, query: Query, fetch_metadata: bool) -> Iterator[ObjectInfo | SubdirInfo]:
    """The entries of a listing, lazily: all, or the first ones up to the limit."""

    def page(marker: str | None) -> Page[ObjectInfo | SubdirInfo]:
        return border.object_list(query.container, query.prefix, query.delimiter, query.start_after, marker, query.most)

    capabilities = border.capabilities
    ordered = border.lists_in_order(query.container)
    pages = itertools.starmap(partial(_asked_for, query, ordered), _pages(page, ordered))
    if not fetch_metadata:
        return itertools.islice(itertools.chain.from_iterable(map(_without_metadata, pages)), query.limit)
    workers = 1 if capabilities.listing_has_metadata else border.options.workers
    entries = itertools.chain.from_iterable(pages)
    if query.limit is None:
        return _with_metadata(border, query.container, entries, workers)
    return _some_with_metadata(border, query.container, entries, workers, query.limit)


def _pages(page: Callable[[str | None], Page[Entry]], ordered: bool) -> Iterator[tuple[Sequence[Entry], Sequence[str]]]:
    """Page after page with its names; a listing that goes in circles or back is an error, never an endless loop."""
    marker: str | None = None
    markers: set[str] = set()
    heads: set[str] = set()
    last: str | None = None
    while True:
        answer = page(marker)
        if answer.entries:
            names: Sequence[str] = _names_of(answer.entries)
            if names[0] in heads:
                raise ServiceError(
                    f"the store lists {names[0]!r} again at the start of another page; the listing is incomplete"
                )
            heads.add(names[0])
            if ordered:
                _check_order(names if last is None else [last, *names])
                last = names[-1]
            yield answer.entries, names
            del names  # and below the page, before the next one comes
        marker = answer.next_marker
        del answer
        if marker is None:
            return
        if marker in markers:
            raise ServiceError(f"the store's listing goes in circles at marker {marker!r}; it is incomplete")
        markers.add(marker)


def _names_of(entries: Sequence[Entry]) -> Sequence[str]:
    if isinstance(entries, ListedObjects):
        return entries.names
    try:
        return list(map(operator.attrgetter("name"), entries))
    except AttributeError:  # folders are among them
        return [name_of(entry) for entry in entries]


def _check_order(names: Sequence[str]) -> None:
    """Raise unless each name comes after the one before; text is compared as its UTF-8 would be."""
    if all(map(operator.lt, names, itertools.islice(names, 1, None))):
        return
    before, name = next(pair for pair in itertools.pairwise(names) if pair[0] >= pair[1])
    raise ServiceError(f"the store lists {name!r} after {before!r}, out of order; the listing is incomplete")


def _asked_for(
    query: Query, ordered: bool, entries: Sequence[ObjectInfo | SubdirInfo], names: Sequence[str]
) -> Sequence[ObjectInfo | SubdirInfo]:
    """Leave out what a page may hold up to `start_after`; a name without the prefix is no answer to what was asked."""
    # Between two names with a prefix no name without it has its place.
    for name in (names[0], names[-1]) if ordered else names:
        if not name.startswith(query.prefix):
            raise ServiceError(f"the store lists {name!r}, which does not start with the prefix {query.prefix!r}")
    start_after = query.start_after
    if start_after is None or (ordered and names[0] > start_after):
        return entries
    return [entry for entry, name in zip(entries, names, strict=True) if name > start_after]


def _without_metadata(entries: Sequence[ObjectInfo | SubdirInfo]) -> Sequence[ObjectInfo | SubdirInfo]:
    if isinstance(entries, ListedObjects):
        return entries.without_metadata if isinstance(entries, WholeObjects) else entries
    return [
        entry if isinstance(entry, SubdirInfo) or entry.metadata is None else dataclasses.replace(entry, metadata=None)
        for entry in entries
    ]


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

    for found in bounded_map(fetch, entries, workers, small=True):
        if found is not None:
            yield found


def _some_with_metadata(
    border: Border, container: str, entries: Iterator[ObjectInfo | SubdirInfo], workers: int, left: int
) -> Iterator[ObjectInfo | SubdirInfo]:
    """So many entries, in place of those that vanish the next ones; no more are asked for than are wanted."""
    while some := list(itertools.islice(entries, left)):
        for found in _with_metadata(border, container, iter(some), workers):
            left -= 1
            yield found
