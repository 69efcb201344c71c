"""Which names are kept as they are: not refused, not changed, not made one with others."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import partial

from obs_client.errors import NotFoundError
from obs_client.probing.ground import Ground, Told, fails, holds, refused
from obs_client.probing.profile import Finding

TOPIC = "names"
NAME_MAXIMUM = 1024

_SHOWN = 40

NAMES: dict[str, tuple[str, ...]] = {
    "spaces at the edges and inside": (" a b ",),
    "an empty segment (a//b)": ("a//b",),
    "a slash at the end (a/), with content": ("a/",),
    "a slash at the beginning, below the prefix": ("/a",),
    "a/b beside a": ("a", "a/b"),
    "Unicode composed and decomposed, apart": (
        unicodedata.normalize("NFC", "é"),
        unicodedata.normalize("NFD", "é"),
    ),
    "beyond the first plane of Unicode": ("\U0001f600",),
    "control characters": ("\x01", "\x07", "\x7f", "\t"),
    "line ends": ("a\nb", "\r"),
    "a backslash": ("a\\b",),
    "upper and lower case, apart": ("A", "a"),
    "%2F apart from a slash": ("a%2Fb", "a/b"),
    "a plus apart from a space": ("a+b", "a b"),
    "? # & and quotes": ("a?b#c&d'e\"f",),
    "a segment of 256 bytes": ("s" * 256,),
}
"""What is tried, and the names that are written, each in a folder of its own."""


def names(ground: Ground) -> Iterator[Finding]:
    """Each kind of name: written, read and listed.

    A slash at the very beginning is not tried: such a name would be outside of the probe's own prefix.
    """
    for number, (what, texts) in enumerate(NAMES.items()):
        yield ground.tell(TOPIC, what, partial(_kept, ground, f"{number}/", texts))
    yield ground.tell(TOPIC, "names of 1,024 bytes", lambda: _kept(ground, "long/", (_long(ground, "long/"),)))


def _long(ground: Ground, folder: str) -> str:
    """A name that makes 1,024 bytes with all before it, of segments that every path can have."""
    left = NAME_MAXIMUM - len(ground.name(folder).encode())
    return ("s" * 200 + "/") * ((left - 1) // 201) + "e" * ((left - 1) % 201 + 1)


def _kept(ground: Ground, folder: str, texts: tuple[str, ...]) -> Told:
    for text in texts:
        error = refused(partial(ground.write, folder + text, text.encode()))
        if error is not None:
            return fails(f"{_shown(text)} is refused: {error}")
    for text in texts:
        try:
            content = ground.read(folder + text)
        except NotFoundError:
            return fails(f"{_shown(text)} was written, and is not there under this name")
        if content != text.encode():
            return fails(f"{_shown(text)} has the content of {_shown(content.decode(errors='replace'))}")
    return _listed(ground, folder, texts)


def _listed(ground: Ground, folder: str, texts: tuple[str, ...]) -> Told:
    wanted = {folder + text for text in texts}
    found = ground.listed_when(lambda listed: set(listed) == wanted, folder)
    if set(found) != wanted:
        shown = ", ".join(_shown(text.removeprefix(folder)) for text in found) or "nothing"
        return fails(f"{' and '.join(map(_shown, texts))} listed as {shown}")
    if len(found) != len(wanted):
        return fails(f"{_shown(texts[0])} is listed more than once")
    return holds()


def _shown(text: str) -> str:
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}… ({len(text):,} characters)"
