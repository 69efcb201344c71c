"""Ranges of names: the pieces in which a sync or a check is spread over processes, and what of them is done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

Named = TypeVar("Named", bound="tuple[str, object, object]")


class Range(NamedTuple):
    """The names after one text and up to another, in their byte order; neither need be a name of anything.

    Attributes:
        after: Names come after it; "": all do.
        up_to: The last that may be in it; None: there is no end.
    """

    after: str = ""
    up_to: str | None = None

    def holds(self, name: str) -> bool:
        """Whether a name is in it."""
        return self.after < name and not self.is_behind(name)

    def is_behind(self, name: str) -> bool:
        """Whether it ends before a name."""
        return self.up_to is not None and name > self.up_to

    def may_hold(self, start: str) -> bool:
        """Whether any name that begins so can be in it."""
        return not self.is_behind(start) and (self.after <= start or self.after.startswith(start))

    def cut(self, bounds: Iterable[str]) -> list[Range]:
        """The same names in pieces: a new one begins after each bound, of which those outside count nothing."""
        pieces, after = [], self.after
        for bound in sorted(set(bounds)):
            if after < bound and not self.is_behind(bound) and bound != self.up_to:
                pieces.append(Range(after, bound))
                after = bound
        return [*pieces, Range(after, self.up_to)]


EVERYTHING = Range()


class Bounds(NamedTuple):
    """How much of a range is done at once.

    Attributes:
        names: As many as are looked at.
        size: Bytes after which no further name is taken.
        seconds: The same of time.
    """

    names: int = 50_000
    size: int = 10 * 1024**3
    seconds: float = 60.0


class Taken:
    """Hands out names of a range until its bounds are reached; then `rest` is what it left."""

    def __init__(self, within: Range, bounds: Bounds) -> None:
        self.within = within
        self._bounds = bounds
        self._size = 0
        self._until = time.monotonic() + bounds.seconds
        self.names: int = 0
        self.in_target: int = 0
        """How many of them the target has."""
        self._last = within.after
        self._ended = False

    @property
    def rest(self) -> Range | None:
        """The names that were not handed out; None: there are none, by what the listings said."""
        return None if self._ended or self._last == self.within.up_to else Range(self._last, self.within.up_to)

    @property
    def done(self) -> Range:
        """The range without its rest."""
        return self.within if self.rest is None else Range(self.within.after, self.rest.after)

    def add_size(self, size: int) -> None:
        """Count bytes that were moved."""
        self._size += size

    def take(self, found: Iterator[Named]) -> Iterator[Named]:
        """The same, as many as the bounds allow, and one at least."""
        for each in found:
            self.names += 1
            self.in_target += each[2] is not None
            self._last = each[0]
            yield each
            # Not before the next one is here, which may take another page on both sides.
            if self._is_enough():
                return
        self._ended = True

    def _is_enough(self) -> bool:
        full = self.names >= self._bounds.names or self._size >= self._bounds.size
        return full or time.monotonic() >= self._until
