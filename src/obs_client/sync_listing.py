"""The two listings of a sync: as names below the prefix, in order, and side by side; in constant memory.

A store that lists out of order is sorted: in memory up to `IN_MEMORY` names, beyond that with sorted runs in a
temporary file, so that memory stays small for any number of names.
"""

from __future__ import annotations

import heapq
import itertools
import marshal
import operator
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

from obs_client.errors import ContainerNotFoundError, ServiceError
from obs_client.places import Place

IN_MEMORY = 20_000
_BLOCK = 200


class Entry(NamedTuple):
    """An object of a listing, by its name below the prefix."""

    name: str
    size: int
    hash: str | None
    last_modified: float


class Pair(NamedTuple):
    """A name, and what each side has under it."""

    name: str
    source: Entry | None
    target: Entry | None


Match = Callable[[str], bool]

_name_of = operator.itemgetter(0)


def pairs(source: Place, target: Place, match: Match | None) -> Iterator[Pair]:
    """All names of both places in order, with what is there.

    A target directory that is absent is empty: the first file that is written makes it.
    """
    return _merged(entries(source, match), _of_target(target, match))


def entries(place: Place, match: Match | None) -> Iterator[Entry]:
    """The objects of a place in the byte order of their names, which is also the order of Python's text."""
    cut = len(place.prefix)
    listed = (Entry(info.name[cut:], info.size, info.hash, info.last_modified) for info in place.objects())
    if match is not None:
        listed = (entry for entry in listed if match(entry.name))
    if place.client.capabilities.ordered_listing:
        return listed  # which is checked where pages are joined
    return _sorted(listed)


def _of_target(target: Place, match: Match | None) -> Iterator[Entry]:
    try:
        yield from entries(target, match)
    except ContainerNotFoundError:
        if target.directory is None:
            raise


def _merged(sources: Iterator[Entry], targets: Iterator[Entry]) -> Iterator[Pair]:
    source, target = next(sources, None), next(targets, None)
    while source is not None or target is not None:
        if target is None or (source is not None and source[0] < target[0]):
            assert source is not None
            yield Pair(source[0], source, None)
            source = next(sources, None)
        elif source is None or target[0] < source[0]:
            yield Pair(target[0], None, target)
            target = next(targets, None)
        else:
            yield Pair(source[0], source, target)
            source, target = next(sources, None), next(targets, None)


def _sorted(listed: Iterator[Entry]) -> Iterator[Entry]:
    first = sorted(itertools.islice(listed, IN_MEMORY), key=_name_of)
    if len(first) < IN_MEMORY:
        yield from _distinct(first)
        return
    with tempfile.TemporaryFile() as file:
        runs = [_spool(file, first)]
        del first
        while run := sorted(itertools.islice(listed, IN_MEMORY), key=_name_of):
            runs.append(_spool(file, run))
        yield from _distinct(heapq.merge(*(_read(file, offset) for offset in runs), key=_name_of))


def _spool(file: IO[bytes], run: list[Entry]) -> int:
    """Write a sorted run at the end of the file; gives where it begins."""
    start = file.seek(0, 2)
    for at in range(0, len(run), _BLOCK):
        marshal.dump([tuple(entry) for entry in run[at : at + _BLOCK]], file)
    marshal.dump([], file)
    return start


def _read(file: IO[bytes], offset: int) -> Iterator[Entry]:
    while True:
        file.seek(offset)
        block = marshal.load(file)  # noqa: S302 - our own file, which has no name
        offset = file.tell()
        if not block:
            return
        yield from map(Entry._make, block)


def _distinct(ordered: Iterable[Entry]) -> Iterator[Entry]:
    last: str | None = None
    for entry in ordered:
        if entry[0] == last:
            raise ServiceError(f"the store lists {last!r} twice; the listing is not whole")
        last = entry[0]
        yield entry
