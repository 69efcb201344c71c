"""The two listings of a sync: as names below the prefix, in order, and side by side; in constant memory.

A store that lists out of order is sorted: in memory up to `IN_MEMORY` names, beyond that with sorted runs in a
temporary file, so that memory stays small for any number of names.
"""

from __future__ import annotations

import contextlib
import functools
import heapq
import itertools
import marshal
import operator
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, NamedTuple

from obs_client.errors import ContainerNotFoundError, ServiceError
from obs_client.models import ObjectInfo
from obs_client.places import Place
from obs_client.sync.sides import directory_of

IN_MEMORY = 20_000
_BLOCK = 200
_LENGTH = 4


class Entry(NamedTuple):
    """What a sync needs of an object, by its full name."""

    name: str
    size: int
    hash: str | None
    last_modified: float


Listed = Entry | ObjectInfo
"""An object of a listing."""

Pair = tuple[str, Listed | None, Listed | None]
"""A name below the prefixes, and what source and target have under it. Plain tuples: there are millions of them."""

Match = Callable[[str], bool]

_name_of = operator.attrgetter("name")


def pairs(source: Place, target: Place, match: Match | None) -> Iterator[Pair]:
    """All names of both places in order, with what is there.

    A target directory that is absent is empty: the first file that is written makes it.
    """
    sources, targets = _objects(source, match), _of_target(target, match)
    return _merged(sources, len(source.prefix), targets, len(target.prefix))


def _objects(place: Place, match: Match | None) -> Iterator[Listed]:
    """The objects of a place in the byte order of their names, which is also the order of Python's text."""
    cut = len(place.prefix)
    found = place.objects()
    if match is not None:
        found = (info for info in found if match(info.name[cut:]))
    if place.client.capabilities.ordered_listing:
        return found  # which is checked where pages are joined
    return _sorted(found)


def _of_target(target: Place, match: Match | None) -> Iterator[Listed]:
    found = _objects(target, match)
    return found if directory_of(target) is None else _or_none(found)


def _or_none(found: Iterator[Listed]) -> Iterator[Listed]:
    with contextlib.suppress(ContainerNotFoundError):
        yield from found


def _merged(sources: Iterator[Listed], cut: int, targets: Iterator[Listed], target_cut: int) -> Iterator[Pair]:
    source, name = _next(sources, cut)
    target, target_name = _next(targets, target_cut)
    while source is not None and target is not None:
        if name == target_name:
            yield name, source, target
            source, name = _next(sources, cut)
            target, target_name = _next(targets, target_cut)
        elif name < target_name:
            yield name, source, None
            source, name = _next(sources, cut)
        else:
            yield target_name, None, target
            target, target_name = _next(targets, target_cut)
    while source is not None:
        yield name, source, None
        source, name = _next(sources, cut)
    while target is not None:
        yield target_name, None, target
        target, target_name = _next(targets, target_cut)


def _next(found: Iterator[Listed], cut: int) -> tuple[Listed | None, str]:
    entry = next(found, None)
    return entry, "" if entry is None else entry.name[cut:]


# ---- stores that list out of order ---------------------------------------------------------------------------------


_entry: Callable[[tuple[Any, ...]], Entry] = functools.partial(tuple.__new__, Entry)
"""`Entry._make`, without its check of the length, which takes as long as all the rest."""


class _Run(NamedTuple):
    """A sorted piece of a listing, in the file from an offset on."""

    first: str
    last: str
    offset: int


def _sorted(found: Iterator[Listed]) -> Iterator[Listed]:
    first = sorted(itertools.islice(found, IN_MEMORY), key=_name_of)
    if len(first) < IN_MEMORY:
        yield from _distinct(first)
        return
    with tempfile.TemporaryFile() as file:
        runs = [_spool(file, first)]
        del first
        while run := sorted(itertools.islice(found, IN_MEMORY), key=_name_of):
            runs.append(_spool(file, run))
            del run
        yield from _distinct(_joined(file, sorted(runs)))


def _spool(file: IO[bytes], run: list[Listed]) -> _Run:
    """Write a sorted run at the end of the file."""
    start = file.seek(0, os.SEEK_END)
    for at in range(0, len(run), _BLOCK):
        rows = [(each.name, each.size, each.hash, each.last_modified) for each in run[at : at + _BLOCK]]
        block = marshal.dumps(rows)
        file.write(len(block).to_bytes(_LENGTH, "big") + block)
    file.write(bytes(_LENGTH))
    return _Run(run[0].name, run[-1].name, start)


def _joined(file: IO[bytes], runs: list[_Run]) -> Iterator[Entry]:
    """Runs one after another; those that overlap are merged."""
    while runs:
        group = [runs.pop(0)]
        last = group[0].last
        while runs and runs[0].first <= last:
            last = max(last, runs[0].last)
            group.append(runs.pop(0))
        readers = [_read(file, run.offset) for run in group]
        yield from readers[0] if len(readers) == 1 else heapq.merge(*readers, key=_name_of)


def _read(file: IO[bytes], offset: int) -> Iterator[Entry]:
    while True:
        file.seek(offset)
        size = int.from_bytes(file.read(_LENGTH), "big")
        if not size:
            return
        yield from map(_entry, marshal.loads(file.read(size)))  # noqa: S302 - our own file, which has no name
        offset += _LENGTH + size


def _distinct(ordered: Iterable[Listed]) -> Iterator[Listed]:
    last: str | None = None
    for entry in ordered:
        name = entry.name
        if name == last:
            raise ServiceError(f"the store lists {name!r} twice; the listing is not whole")
        last = name
        yield entry
