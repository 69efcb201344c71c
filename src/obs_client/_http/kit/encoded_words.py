"""Any text as a header's value: as itself, or as an encoded word of RFC 2047, and back."""

from __future__ import annotations

import base64
import re

_WORD = r"=\?([^?]+)\?([BbQq])\?([^?]*)\?="
_WORDS = rf"{_WORD}(?:[ \t]+{_WORD})*"


def encode_words(value: str) -> str:
    """A value as it is sent; what would not come back as it is becomes an encoded word."""
    if value and value.isascii() and value == value.strip() and "=?" not in value and "  " not in value:
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="


def decode_words(value: str) -> str:
    """A value as it was meant; what is no encoded word comes back as it is, bytes beyond ASCII read as UTF-8."""
    if "=?" in value and re.fullmatch(_WORDS, value):
        try:
            return "".join(_decode_word(*match.groups()) for match in re.finditer(_WORD, value))
        except (LookupError, ValueError):  # no such charset, or not in it; some charsets raise errors of their own
            return value
    if not value.isascii():
        try:
            return value.encode("latin-1").decode()
        except UnicodeError:
            return value
    return value


def _decode_word(charset: str, coding: str, text: str) -> str:
    if coding in "Bb":
        return base64.b64decode(text, validate=True).decode(charset)
    import quopri  # for words of other writers alone

    return quopri.decodestring(text.encode("ascii"), header=True).decode(charset)
