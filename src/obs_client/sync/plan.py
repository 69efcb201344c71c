"""What a sync is to do: two listings compared name by name. Nothing is changed by planning.

A name that only the source has is copied. Of a name on both sides the sizes are compared; then the MD5s, if both
listings carry them; else the times: a target that is not older than its source is kept. A name that only the target
has is deleted, if that is wanted. Attributes are not compared: an object is copied with them when its content differs.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator

from obs_client._engine.parallel import ended, mixed_map
from obs_client.backends.local.directory import DirectoryClient
from obs_client.errors import (
    ConfigurationError,
    ContainerNotFoundError,
    IntegrityError,
    NotFoundError,
    ObjectStorageClientError,
    TemporaryError,
)
from obs_client.places import Place
from obs_client.sync.collisions import refusals
from obs_client.sync.content import MD5_DIGITS, Comparison, are_md5s, proved_by_listing, same_content
from obs_client.sync.listing import Listed, Pair, is_marker, pairs
from obs_client.sync.options import DEFAULTS, SyncOptions
from obs_client.sync.ranges import EVERYTHING, Taken
from obs_client.sync.sides import check_apart, directory_of
from obs_client.sync.steps import MARKER, Step, Version

ABSENT = "not in the target"
SIZE = "the sizes differ"
MD5 = "the MD5s differ"
NEWER = "the source is newer"
CONTENT = "the contents differ"
EQUAL_HASH = "the same hash"
NOT_OLDER = "the target has the same size and is not older"
EQUAL_CONTENT = "the same content"
DAMAGED = "one of the two is damaged"
GONE = "gone while it was compared"
FOLDER = "the folder is there"
NOT_IN_SOURCE = "not in the source"


def plan_sync(source: Place, target: Place, options: SyncOptions = DEFAULTS) -> Iterator[Step]:
    """The steps that make the target what the source is, in the order of names, as the listings come in.

    Args:
        options: `delete`, `checksum`, `include` and `exclude` decide which steps there are, `workers` how many contents
            are compared at once; the others are for `apply`.

    What cannot be done for one name (a name that no path can have, two that no directory can hold, a folder that cannot
    be read) is a step `refuse`; the others go on.

    Raises:
        ContainerNotFoundError: A container, or the source directory, is absent; as below at the first step asked.
        ConfigurationError: The places are one, or one is in the other.
    """
    return planned(source, target, options)


class Kept:
    """Counts names that stay as they are, for who does not want a step for each."""

    def __init__(self, count: int = 0) -> None:
        self.count = count


def planned(
    source: Place, target: Place, options: SyncOptions, kept: Kept | None = None, taken: Taken | None = None
) -> Iterator[Step]:
    """The steps of `plan_sync`; with `kept`, those that skip are counted only.

    Args:
        taken: Takes as many names as it may, of its range alone.
    """
    check_apart(source, target)
    refused: list[Step] = []

    def unlisted(name: str, reason: str) -> None:
        refused.append(Step("refuse", name, reason))

    found = pairs(source, target, options, unlisted, taken.within if taken else EVERYTHING)
    if taken is not None:
        found = taken.take(found)
    directory = directory_of(source)
    if directory is not None:
        found = _with_folders(found, directory)
    directory = directory_of(target)
    if directory is not None:
        found = _possible(found, directory, refused)
    comparison = Comparison(source, target)
    by_content = options.checksum
    steps = _by_content(comparison, found, options) if by_content else _by_listing(comparison, found, options, kept)
    return _with_refused(steps, refused)


def _possible(found: Iterator[Pair], directory: DirectoryClient, refused: list[Step]) -> Iterator[Pair]:
    """The pairs that the directory can have; markers of folders that are there are what the target has."""
    for pair, reason in refusals(found, directory.path):
        name, source, target = pair
        if reason is not None:
            refused.append(Step("refuse", name, reason))
        elif source is not None and target is None and is_marker(source) and directory.has_folder(name):
            yield name, source, source
        else:
            yield pair


def _with_folders(found: Iterator[Pair], directory: DirectoryClient) -> Iterator[Pair]:
    """The pairs; a marker in the target of a folder that the directory has is what the directory has."""
    for pair in found:
        name, source, target = pair
        if source is None and target is not None and is_marker(target) and directory.has_folder(name):
            yield name, target, target
        else:
            yield pair


def _with_refused(steps: Iterator[Step], refused: list[Step]) -> Iterator[Step]:
    """All steps, and those that were refused by the time when all others were given."""
    with ended(steps):
        yield from steps
    yield from refused


def decide(comparison: Comparison, name: str, source: Listed, target: Listed) -> Step:
    """What becomes of a name that both sides have, by what their listings tell.

    Only where MD5s differ although the target is newer are both stores asked whether these are MD5s; and contents are
    compared where a size is not known, or the target's store tells whole seconds, and it is the second in which the
    source was written.
    """
    if source is not target and None in (source.size, target.size):
        return _compare_contents(comparison, name, source, target)
    step = _decide(comparison, name, source, target)
    if step.reason is NEWER and _is_of_that_second(target, source):
        return _compare_contents(comparison, name, source, target)
    if step.reason is MD5 and _not_older(target, source):
        with contextlib.suppress(NotFoundError):
            if not are_md5s(comparison, source, target):
                return _skip(name, NOT_OLDER, source, target)
    return step


def _decide(comparison: Comparison, name: str, source: Listed, target: Listed) -> Step:
    if source is target:
        return _skip(name, FOLDER, source, target)
    if source.size != target.size or source.size is None:
        return _copy(name, SIZE, source, target)
    if source.hash and target.hash:
        if comparison.proves_equal(source.hash, target.hash):
            return _skip(name, EQUAL_HASH, source, target)
        if len(source.hash) == len(target.hash) == MD5_DIGITS:
            return _copy(name, MD5, source, target)
    if _not_older(target, source):
        return _skip(name, NOT_OLDER, source, target)
    return _copy(name, NEWER, source, target)


def _not_older(target: Listed, source: Listed) -> bool:
    """Whether the target is proved to be as new as the source; a time that a store does not tell proves nothing."""
    times = target.last_modified, source.last_modified
    return times[0] is not None and times[1] is not None and times[0] >= times[1]


def _is_of_that_second(target: Listed, source: Listed) -> bool:
    """Whether the target has the time of the source without its fraction."""
    return source.last_modified is not None and target.last_modified == math.floor(source.last_modified)


def _by_listing(
    comparison: Comparison, found: Iterable[Pair], options: SyncOptions, kept: Kept | None = None
) -> Iterator[Step]:
    for name, source, target in found:
        if source is None or target is None:
            if options.delete or source is not None:
                yield _of_one_side(name, source, target)
        elif kept is not None and source.size == target.size and comparison.proves_equal(source.hash, target.hash):
            kept.count += 1
        else:
            yield decide(comparison, name, source, target)


def _of_one_side(name: str, source: Listed | None, target: Listed | None) -> Step:
    if source is not None:
        return Step("copy", name, MARKER if is_marker(source) else ABSENT, _version(source))
    assert target is not None
    return Step("delete", name, NOT_IN_SOURCE, None, _version(target))


def _by_content(comparison: Comparison, found: Iterator[Pair], options: SyncOptions) -> Iterator[Step]:
    def at_once(pair: Pair) -> Step | None:
        name, source, target = pair
        if source is None or target is None:
            return _of_one_side(name, source, target)
        if source is target:
            return _skip(name, FOLDER, source, target)
        if source.size != target.size and None not in (source.size, target.size):
            return _copy(name, SIZE, source, target)
        return _skip(name, EQUAL_CONTENT, source, target) if proved_by_listing(comparison, source, target) else None

    def compared(pair: Pair) -> Step:
        name, source, target = pair
        assert source is not None
        assert target is not None
        return _compare_contents(comparison, name, source, target)

    wanted = (pair for pair in found if options.delete or pair[1] is not None)
    yield from mixed_map(at_once, compared, wanted, options.workers)


def _compare_contents(comparison: Comparison, name: str, source: Listed, target: Listed) -> Step:
    try:
        same = same_content(comparison, source, target)
    except ContainerNotFoundError:
        raise
    except NotFoundError:
        if comparison.target.client.object_info(target.name, comparison.target.container_name) is None:
            return Step("copy", name, ABSENT, _version(source))
        return Step("skip", name, GONE)
    except IntegrityError:
        return _copy(name, DAMAGED, source, target)  # heals the target; a damaged source fails by name
    except (TemporaryError, ConfigurationError):
        raise  # no more of this name than of the others
    except ObjectStorageClientError as error:
        return Step("refuse", name, f"could not be compared: {error}", _version(source), _version(target))
    return _skip(name, EQUAL_CONTENT, source, target) if same else _copy(name, CONTENT, source, target)


def _copy(name: str, reason: str, source: Listed, target: Listed) -> Step:
    return Step("copy", name, reason, _version(source), _version(target))


def _skip(name: str, reason: str, source: Listed, target: Listed) -> Step:
    return Step("skip", name, reason, _version(source), _version(target))


def _version(found: Listed) -> Version:
    return Version(found.size, found.hash, found.last_modified)
