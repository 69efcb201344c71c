"""Patterns of names: `*` and `?` stand for text without a slash, `**` for any text, `[abc]` for one character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from obs_client._engine import arguments, listing
from obs_client._engine.border import Border
from obs_client.models import ObjectInfo

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.", re.DOTALL)
_MEMBERS = re.compile(r"(.)-(.)|.", re.DOTALL)
_FIXED = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _piece(piece: str) -> str:
    if piece in _FIXED:
        return _FIXED[piece]
    if len(piece) > 1:
        negated = piece[1] == "!"
        members = _MEMBERS.sub(_member, piece[2:-1] if negated else piece[1:-1])
        return f"[^{members}]" if negated else f"[{members}]"
    return re.escape(piece)


def _member(found: re.Match[str]) -> str:
    """A character of a class, or a range of them."""
    return "-".join(map(re.escape, (found[1], found[2]) if found[1] else found[0]))


def regular_expression(pattern: str) -> str:
    """A pattern as a regular expression of whole names.

    Raises:
        ValueError: A range in `[ ]` ends before it begins.
    """
    translated = "".join(map(_piece, _PIECES.findall(pattern)))
    try:
        re.compile(translated)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} cannot be read: a range in [ ] ends before it begins") from error
    return translated


def objects(border: Border, container: str, pattern: str, fetch_metadata: bool) -> Iterator[ObjectInfo]:
    """The objects whose whole names fit a pattern, page by page; only what begins as it does is listed."""
    arguments.check_text(pattern, "pattern")
    if not pattern:
        raise ValueError("a pattern must not be empty; ** fits every name")
    fits = re.compile(regular_expression(pattern), re.DOTALL).fullmatch
    start = "".join(_plain_start(pattern))
    flat = "/" not in pattern[len(start) :] and "**" not in pattern and "[" not in pattern
    query = listing.Query(container, start, "/" if flat else None, None)
    found: Iterator[Any] = listing.objects(border, query, fetch_metadata)
    return (entry for entry in found if isinstance(entry, ObjectInfo) and fits(entry.name))


def _plain_start(pattern: str) -> Iterator[str]:
    """The pieces of a pattern before the first that stands for anything but itself."""
    for piece in _PIECES.findall(pattern):
        if piece in _FIXED or len(piece) > 1:
            return
        yield piece
