"""Ranges of objects, with those that are near to each other as one; and what came of many calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

GAP = 64 * 1024
"""Bytes between two ranges of an object that are read with them: quicker than another request."""
LARGEST = 16 * 1024 * 1024
"""Bytes of what is read at once for several ranges."""

Ends = int | None | list[int | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """One of the ranges that were asked for; `position` is its place among them."""

    position: int
    path: str
    start: int
    end: int | None

    def is_near(self, piece: Piece, gap: int) -> bool:
        """Whether it may be read with a piece that begins before it."""
        if self.path != piece.path or self.end is None or piece.end is None or piece.start < 0 or self.end < 0:
            return False
        return self.start <= piece.end + gap and max(self.end, piece.end) - piece.start <= LARGEST


@dataclasses.dataclass(slots=True)
class Piece:
    """What one request reads, for one range or for more."""

    path: str
    start: int
    end: int | None
    ranges: list[Range]

    def add(self, more: Range) -> None:
        """Read this range too."""
        self.end = max(self.end or 0, more.end or 0)
        self.ranges.append(more)

    def cut(self, content: bytes | Exception) -> Iterator[tuple[int, bytes | Exception]]:
        """For the place of each range its own bytes, or the error that all have."""
        for each in self.ranges:
            if len(self.ranges) == 1 or isinstance(content, Exception):
                yield each.position, content
            else:
                yield each.position, content[each.start - self.start : max(0, (each.end or 0) - self.start)]


def wanted(paths: list[str], starts: Ends, ends: Ends) -> list[Range]:
    """The ranges of arguments as `cat_ranges` has them, where one number is for all paths."""
    firsts = starts if isinstance(starts, list) else [starts] * len(paths)
    lasts = ends if isinstance(ends, list) else [ends] * len(paths)
    if not len(paths) == len(firsts) == len(lasts):
        raise ValueError("paths, starts and ends must be of one length")
    together = enumerate(zip(paths, firsts, lasts, strict=True))
    return [Range(position, path, start or 0, end) for position, (path, start, end) in together]


def merged(ranges: list[Range], gap: int) -> list[Piece]:
    """What to read for ranges: as few pieces as the gap between them allows."""
    pieces: list[Piece] = []
    for each in sorted(ranges, key=lambda each: (each.path, each.start)):
        if pieces and each.is_near(pieces[-1], gap):
            pieces[-1].add(each)
        else:
            pieces.append(Piece(each.path, each.start, each.end, [each]))
    return pieces


def from_the_start(start: int | None, end: int | None, size: int) -> tuple[int, int | None]:
    """A range of which no number counts from the end, as a slice has it."""
    first, last, _ = slice(start, end).indices(size)
    return first, None if end is None else last


def attempted(call: Callable[[], bytes]) -> bytes | Exception:
    """What a call gives, or the error that it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the caller raises it, or was asked to return it
        return error


def sorted_out(results: Mapping[Any, Any], on_error: str) -> dict[Any, Any]:
    """Results without errors, of which the first is raised, or which are left out or returned, as is wanted."""
    if on_error not in ("raise", "omit", "return"):
        raise ValueError(f"on_error must be 'raise', 'omit' or 'return', not {on_error!r}")
    failures = {key: result for key, result in results.items() if isinstance(result, Exception)}
    if on_error == "raise" and failures:
        raise next(iter(failures.values()))
    left_out = failures if on_error == "omit" else {}
    return {key: result for key, result in results.items() if key not in left_out}
