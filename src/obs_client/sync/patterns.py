"""Which names a sync is about: include and exclude patterns, and the folders that need not be looked into."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from obs_client._engine.globbing import regular_expression


class Patterns:
    """Whether a name fits one of the patterns to include (none: any name does) and none to exclude.

    `*` and `?` stand for text without a slash, `**` for any text, `[abc]` and `[!abc]` for one character. A pattern
    without a slash must fit the last segment of a name, one with a slash the whole name: `*.pyc`, `cache/**`,
    `**/cache/**`. `**/` at the start also stands for nothing.

    Raises:
        ValueError: A pattern is empty, begins with a slash or a dot and a slash, ends with a slash after a name, or has
            a range in `[ ]` that ends before it begins.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._wanted = _any_of(include) if include else None
        self._unwanted = _any_of(exclude) if exclude else None
        # A pattern that ends so and fits a folder fits whatever begins with the folder's name, too.
        closing = [pattern for pattern in exclude if pattern.endswith("**")]
        self._closed = _any_of(closing) if closing else None
        self._opened = None if not include or any(map(_is_anywhere, include)) else [_Way(each) for each in include]

    def __bool__(self) -> bool:
        """Whether any name may be left out."""
        return self._wanted is not None or self._unwanted is not None

    def fits(self, name: str) -> bool:
        """Whether a name is meant."""
        if self._wanted is not None and self._wanted(name) is None:
            return False
        return self._unwanted is None or self._unwanted(name) is None

    def enters(self, folder: str) -> bool:
        """Whether any name in a folder, which ends with a slash, may be meant.

        To exclude `x/**` closes the folder `x/`, and to include `a/b/*` leaves no other folder open than `a/` and
        `a/b/`.
        """
        if self._closed is not None and self._closed(folder) is not None:
            return False
        return self._opened is None or any(way.leads_through(folder) for way in self._opened)


def _is_anywhere(pattern: str) -> bool:
    """Whether names that fit a pattern may be in any folder, or in folders that are not told from it."""
    return "/" not in pattern or pattern.startswith("**") or "[" in pattern


class _Way:
    """The folders in which names that fit a pattern may be: its segments, up to one with `**`."""

    def __init__(self, pattern: str) -> None:
        *folders, _ = pattern.split("/")
        deep = [number for number, segment in enumerate(pattern.split("/")) if "**" in segment]
        self._is_deep = bool(deep)
        self._steps = [_any_of([segment or "*"]) for segment in folders[: deep[0] if deep else None]]

    def leads_through(self, folder: str) -> bool:
        """Whether a name in a folder, or below it, may fit."""
        segments = folder.split("/")[:-1]
        if len(segments) > len(self._steps) and not self._is_deep:
            return False
        return all(fits(segment) for fits, segment in zip(self._steps, segments, strict=False))


def _any_of(patterns: Sequence[str]) -> Callable[[str], re.Match[str] | None]:
    return re.compile("|".join(map(_translate, patterns)), re.DOTALL).fullmatch


def _translate(pattern: str) -> str:
    if not pattern:
        raise ValueError("a pattern must not be empty")
    if pattern.startswith(("/", "./", "../")):
        raise ValueError(
            f"the pattern {pattern!r} must begin like names below the place, without './' or '/' ('[/]' stands for "
            f"the slash of a name that has one there)"
        )
    if pattern.endswith("/") and not pattern.endswith("*/"):
        raise ValueError(
            f"the pattern {pattern!r} fits no object in a folder: write '{pattern}**' for a folder with all that is in "
            f"it, '**/{pattern}**' for one of this name anywhere"
        )
    anchored = "" if "/" in pattern else "(?:.*/)?"
    return f"(?:{anchored}{regular_expression(pattern)})"
