"""Counts and sizes as text: decimal digits, and few enough of them that Python reads them, and that they can be."""

from __future__ import annotations

_MOST_DIGITS = 18


def read_number(text: str | None) -> int | None:
    """A number of up to 18 decimal digits of ASCII; None if it is none, or there is no text."""
    if text and text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    return None
