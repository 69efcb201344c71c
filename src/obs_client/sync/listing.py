"""The two listings of a sync: as names below the prefix, in order, and side by side; in constant memory.

A store that lists out of order is sorted: in memory up to `IN_MEMORY` names, beyond that with sorted runs in a
temporary file, so that memory stays small for any number of names.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import heapq
import itertools
import marshal
import operator
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import IO, Any, NamedTuple, TypeVar

from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map
from obs_client.backends.local.store import FileStore, walk_files
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError, ContainerNotFoundError, ObjectStorageClientError, ServiceError
from obs_client.models import ObjectInfo, SubdirInfo
from obs_client.places import Place
from obs_client.sync.options import SyncOptions
from obs_client.sync.patterns import Patterns
from obs_client.sync.ranges import EVERYTHING, Range
from obs_client.sync.sides import directory_of, files_of, in_files

T = TypeVar("T")

IN_MEMORY = 20_000
_BLOCK = 200
_LENGTH = 4


class Entry(NamedTuple):
    """What a sync needs of an object, by its full name."""

    name: str
    size: int | None
    hash: str | None
    last_modified: float | None


Listed = Entry | ObjectInfo
"""An object of a listing."""

Pair = tuple[str, Listed | None, Listed | None]
"""A name below the prefixes, and what source and target have under it. Plain tuples: there are millions of them."""

Unlisted = Callable[[str, str], None]
"""Told of a name below the prefix, or of a folder, that could not be listed, and why."""

OF_THE_PLACE = (
    "an object with content that has the name of the place itself, so it has no name below the place; it was skipped: "
    "move it to another name"
)

NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
"""The MD5 of no bytes."""

FOLDER_TYPES = ("application/directory", "application/x-directory")

_name_of = operator.attrgetter("name")


def is_marker(listed: Listed) -> bool:
    """Whether an object stands for a folder, as many tools make one: of no bytes, by its name or its type."""
    if listed.size != 0:
        return False
    kind = getattr(listed, "content_type", None) or ""
    return listed.name.endswith("/") or kind.partition(";")[0].strip().lower() in FOLDER_TYPES


def pairs(
    source: Place, target: Place, options: SyncOptions, unlisted: Unlisted, within: Range = EVERYTHING
) -> Iterator[Pair]:
    """All names of both places in order, with what is there, as far as the patterns and the range let them through.

    A target directory that is absent is empty: the first file that is written makes it. What cannot be listed is told
    to `unlisted` by its name, and does not stop the others; what is excluded is not even looked at.
    """
    patterns = Patterns(options.include, options.exclude)
    sources = _objects(source, patterns, unlisted, within, folders=options.folder_markers)
    targets = _objects(target, patterns, unlisted, within)
    if directory_of(target) is not None:
        targets = _or_none(targets)
    merged = _merged(sources, len(source.prefix), targets, len(target.prefix))
    return _seen(merged, source, target, options.workers, unlisted)


def _seen(found: Iterator[Pair], source: Place, target: Place, workers: int, unlisted: Unlisted) -> Iterator[Pair]:
    """The pairs, with what `object_info` tells in place of rows that may tell of something else than the content."""
    one, other = _Side(source, target), _Side(target, source)
    look = partial(_looked_at, one, other)
    for pair in found:
        if not (one.is_doubtful(pair[1]) or other.is_doubtful(pair[2])):
            yield pair
            continue
        batch = itertools.chain((pair,), itertools.islice(found, _BLOCK))
        for seen, error in bounded_map(look, batch, workers, small=True):
            if error is not None:
                unlisted(seen[0], str(error))
            elif seen[1] is not None or seen[2] is not None:
                yield seen


def _looked_at(one: _Side, other: _Side, pair: Pair) -> tuple[Pair, Exception | None]:
    """The pair as the stores tell of each object itself; or why one could not be asked."""
    try:
        return (pair[0], one.asked(pair[1]), other.asked(pair[2])), None
    except (ContainerNotFoundError, ConfigurationError):
        raise
    except ObjectStorageClientError as error:
        return pair, error


class _Side:
    """One place, as far as its rows may tell of something else than the content.

    Args:
        other: What it is compared with.
    """

    def __init__(self, place: Place, other: Place) -> None:
        self._place = place
        self._is_files = in_files(place)
        # A directory must know what marks a folder, which not all listings tell.
        self._type_wanted = directory_of(other) is not None
        # Of a server that is not known the MD5 of nothing may be that of a large object's own, empty content.
        self._believed = Border(place.client).lists_in_order(place.container_name)

    def is_doubtful(self, listed: Listed | None) -> bool:
        """Whether a row may be a dynamic large object's, a file's of unknown size, or a marker's, or has no time."""
        if listed is None:
            return False
        if listed.last_modified is None:
            return True
        if listed.size:
            return False
        if self._is_files:
            return not listed.name.endswith("/")
        if listed.hash is None or (listed.hash == NOTHING and not self._believed):
            return True
        return self._type_wanted and getattr(listed, "content_type", None) is None

    def asked(self, listed: Listed | None) -> Listed | None:
        """What the store tells of an object itself, but a tag, which may be of segments. None: it is gone."""
        if listed is None or not self.is_doubtful(listed):
            return listed
        info = self._place.client.object_info(listed.name, self._place.container_name)
        if info is None:
            return None
        tag = listed.hash if info.size == listed.size else None
        return dataclasses.replace(info, hash=tag, last_modified=listed.last_modified or info.last_modified)


def everything(
    client: ObjectStorageClient,
    container: str,
    prefix: str,
    unlisted: Unlisted,
    delimiter: str | None = None,
    start_after: str | None = None,
) -> Iterator[ObjectInfo | SubdirInfo]:
    """As `object_iter`, but what cannot be listed does not stop the others.

    Args:
        unlisted: Told of a name, or of a folder, in full, and why.
        delimiter: None, or a slash.
        start_after: Names up to it may be left out.
    """
    if not isinstance(client, FileStore):
        return client.object_iter(prefix=prefix, delimiter=delimiter, start_after=start_after, container_name=container)
    walk = partial(walk_files, client, container, prefix, lambda _: True, folded=delimiter is not None)
    return _typed(client, container, walk, unlisted)


def _typed(client: FileStore, container: str, walk: Callable[..., Iterator[T]], unlisted: Unlisted) -> Iterator[T]:
    """What a walk over files finds; its errors as the library has them."""
    border = Border(client)

    def note(name: str, error: Exception) -> None:
        unlisted(name, str(border.typed("list", error, container, name)))

    try:
        yield from walk(unlisted=note)
    except OSError as error:
        raise border.typed("list objects in", error, container) from error


def _objects(
    place: Place, patterns: Patterns, unlisted: Unlisted, within: Range = EVERYTHING, *, folders: bool = False
) -> Iterator[Listed]:
    """The objects of a place in the byte order of their names, which is also the order of Python's text."""
    cut, files = len(place.prefix), files_of(place)

    def note(name: str, reason: str) -> None:
        short = name[cut:]
        if not within.holds(short) and not short == within.after == "":  # the place itself is before all names
            return
        if patterns.enters(short) if short.endswith("/") else patterns.fits(short):
            unlisted(short or name, reason)

    def enter(folder: str) -> bool:
        short = folder[cut:]
        return within.may_hold(short) and patterns.enters(short)

    if files is None:
        after = place.prefix + within.after if within.after else None
        listed = everything(place.client, place.container_name, place.prefix, note, start_after=after)
    else:
        folders = folders and directory_of(place) is not None
        walk = partial(walk_files, files, place.container_name, place.prefix, enter, folders=folders)
        listed = _typed(files, place.container_name, walk, note)
    found: Iterator[Listed] = (entry for entry in listed if not isinstance(entry, SubdirInfo))
    found = _below(place.prefix, found, note)
    if patterns:
        found = (info for info in found if patterns.fits(info.name[cut:]))
    if not Border(place.client).lists_in_order(place.container_name):
        found = _sorted(found)  # the order of others is checked where pages are joined
    return found if within == EVERYTHING else _within(within, found, cut)


def _within(within: Range, found: Iterator[Listed], cut: int) -> Iterator[Listed]:
    """The names of the range, of what comes in order, as was checked."""
    for entry in found:
        name = entry.name[cut:]
        if within.is_behind(name):
            return
        if name > within.after:
            yield entry


def _below(prefix: str, found: Iterator[Listed], unlisted: Unlisted) -> Iterator[Listed]:
    """All objects but one that has the prefix itself as its name, which is told of if it has content."""
    for entry in found:
        if entry.name != prefix:
            yield entry
        elif entry.size != 0:
            unlisted(entry.name, OF_THE_PLACE)


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
            raise ServiceError(f"the store lists {name!r} twice; the listing is incomplete")
        last = name
        yield entry
