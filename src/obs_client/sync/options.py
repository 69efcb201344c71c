"""What a sync is asked to do, as one value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from obs_client.copying import AttributesMap
from obs_client.sync.patterns import Patterns

WORKERS = 16

_FLAGS = ("delete", "checksum", "folder_markers", "dry_run")


@dataclasses.dataclass(frozen=True, slots=True)
class SyncOptions:
    """How one place is made equal to another. The same value makes the plan, applies it, and checks the result.

    Attributes:
        delete: Delete what only the target has: nothing outside its prefix, and nothing that the patterns leave out.
        checksum: Compare contents: by stored digests if these prove equality, otherwise by reading.
        include: Patterns, one of which a name must fit; none: any name does. `patterns.Patterns` says how they read.
        exclude: Patterns that a name must not fit.
        folder_markers: Make of each folder of a source directory an object that marks it (of no bytes, with a slash at
            the end of its name). In a target directory such objects always become folders.
        max_delete: If more names would be deleted, none is. None: any number; but if the source holds nothing at all,
            nothing is deleted unless this is given.
        max_transfer: Bytes of content; before the first copy that would pass them, all ends, and nothing is deleted.
            None: any number.
        max_duration: Seconds after which no copy begins, and all ends so; those under way go on to their end. None:
            any time.
        dry_run: Write nothing; the report says what would be done.
        workers: Threads for objects of one part, and for comparing contents; larger objects are copied one at a time,
            by parts in parallel.
        map_attributes: Makes of an object's attributes those that its copy is to have, where the target cannot keep
            them; it may be called by several threads at once.

    Raises:
        TypeError: A value has another type; `include` and `exclude` are several patterns, not one text.
        ValueError: A pattern cannot be read, or a number is too small.
    """

    delete: bool = False
    checksum: bool = False
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    folder_markers: bool = False
    max_delete: int | None = None
    max_transfer: int | None = None
    max_duration: float | None = None
    dry_run: bool = False
    workers: int = WORKERS
    map_attributes: AttributesMap | None = None

    def __post_init__(self) -> None:
        for name in _FLAGS:
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False, not {getattr(self, name)!r}")
        for name in ("include", "exclude"):
            object.__setattr__(self, name, _patterns(name, getattr(self, name)))
        Patterns(self.include, self.exclude)
        _check_number("workers", self.workers, at_least=1)
        for name in ("max_delete", "max_transfer"):
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name), at_least=0)
        if self.max_duration is not None:
            _check_seconds("max_duration", self.max_duration)
        if self.map_attributes is not None and not callable(self.map_attributes):
            raise TypeError(f"map_attributes must be callable, not {type(self.map_attributes).__name__}")


def _patterns(name: str, given: object) -> tuple[str, ...]:
    if isinstance(given, Iterable) and not isinstance(given, str):
        patterns = tuple(given)
        if all(isinstance(pattern, str) for pattern in patterns):
            return patterns
    raise TypeError(f"{name} must be several patterns, each a str: give a list, not {given!r}")


def _check_number(name: str, value: int, at_least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value < at_least:
        raise ValueError(f"{name} must be {at_least} or more, not {value}")


def _check_seconds(name: str, value: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not value >= 0:
        raise ValueError(f"{name} must be 0 or more, not {value}")


DEFAULTS = SyncOptions()
