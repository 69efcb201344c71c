"""Cutting a range of names where names are, by few listings of one entry: nothing is known of them beforehand."""

from __future__ import annotations

from collections.abc import Callable

from obs_client.sync.ranges import Range

Probe = Callable[[str], str | None]
"""Gives the first name after a text; None: there is none."""

KINDS = ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
"""Where one of these is met, all of its kind are expected."""

KINDS_MAXIMUM = 8
"""How many kinds of characters are looked for at one place."""

_LAST = 0x10FFFF


def split(within: Range, probe: Probe, pieces: int) -> list[Range]:
    """A range in up to so many pieces, that are not known to be empty; one, if its names cannot be told apart.

    What all names of the range begin with is found by halving the first one, and then the characters that come next:
    those that are seen, and all of their kind. The pieces begin at characters that have the same count between them.
    """
    if pieces < 2:
        return [within]
    search = _Search(within, probe)
    first = search.first(within.after)
    if first is None:
        return [within]
    start = search.shared(first)
    if len(first) == len(start):  # then it has no character that comes next
        first = search.first(start)
    # A name that is just the text which a probe was made with was not found by it.
    if first is None or not first.startswith(start):
        return [within]
    return within.cut(search.bounds(start, first[len(start)], pieces))


class _Search:
    """Looks for names of one range."""

    def __init__(self, within: Range, probe: Probe) -> None:
        self._within = within
        self._probe = probe

    def first(self, after: str) -> str | None:
        """The first name after a text, if it is in the range."""
        found = self._probe(max(after, self._within.after))
        return None if found is None or self._within.is_behind(found) else found

    def shared(self, first: str) -> str:
        """What all names of the range begin with, given the first."""
        low, high = 0, len(first)
        while low < high:
            middle = (low + high + 1) // 2
            end = after_all(first[:middle])
            if end is None or self.first(end) is None:
                low = middle
            else:
                high = middle - 1
        return first[:low]

    def bounds(self, start: str, lowest: str, pieces: int) -> list[str]:
        """Where to cut what begins so, and goes on with this character at the lowest."""
        seen = self._seen(start, lowest)
        expected = [each for each in sorted(_with_kinds(seen)) if each >= lowest]
        expected = expected[: self._highest(start, expected, expected.index(max(seen))) + 1]
        cuts = min(pieces, len(expected))
        lasts = (expected[len(expected) * number // cuts - 1] for number in range(1, cuts))
        return [end for last in lasts if (end := after_all(start + last)) is not None]

    def _seen(self, start: str, lowest: str) -> set[str]:
        """Characters that come next: the lowest, and one of each kind."""
        seen = {lowest}
        for _ in range(KINDS_MAXIMUM):
            expected = sorted(_with_kinds(seen))
            end = after_all(start + expected[-1])
            found = None if end is None else self.first(end)
            if found is None or not found.startswith(start) or found == start:
                break
            seen.add(found[len(start)])
        return seen

    def _highest(self, start: str, expected: list[str], low: int) -> int:
        """The place of the highest character that names go on with, at least of one that is known to be there."""
        high = len(expected) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.first(start + expected[middle]) is None:
                high = middle - 1
            else:
                low = middle
        return low


def after_all(start: str) -> str | None:
    """A text that comes after all names that begin so, and after no others; None: all that come later begin so."""
    start = start.rstrip(chr(_LAST))
    return start[:-1] + chr(_next(ord(start[-1]))) if start else None


def _next(code: int) -> int:
    """The code of the character after one; those between them are no characters."""
    return 0xE000 if code + 1 == 0xD800 else code + 1


def _with_kinds(seen: set[str]) -> set[str]:
    return seen | {each for kind in KINDS if seen & set(kind) for each in kind}
