"""Odd stores, and what is found there: for each finding one where it does not hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from obs_client import MemoryClient, Outcome
from obs_client.probing import Finding
from obs_client.probing.conditions import conditions
from obs_client.probing.copies import copies
from obs_client.probing.ground import Ground
from obs_client.probing.large import large
from obs_client.probing.listings import listings
from obs_client.probing.metadata import metadata
from obs_client.probing.names import names
from obs_client.probing.network import network
from obs_client.probing.reading import reading
from obs_client.probing.requests import requests
from test.probing import odd
from test.probing.choosy import Checking

HOLDS, NOT = Outcome.HOLDS, Outcome.DOES_NOT_HOLD


class Case(NamedTuple):
    """An odd store, and what is found there."""

    store: Callable[[], MemoryClient]
    topic: Callable[[Ground], Iterator[Finding]]
    name: str
    detail: str
    outcome: Outcome = NOT


def folding(fold: Callable[[str], str]) -> Callable[[], MemoryClient]:
    return lambda: odd.Folding(fold)


def changing(change: Callable[[dict[str, str]], dict[str, str]]) -> Callable[[], MemoryClient]:
    return lambda: odd.Metadata(change)


def _values(change: Callable[[str], str]) -> Callable[[], MemoryClient]:
    return changing(lambda metadata: {key: change(value) for key, value in metadata.items()})


def _cut_at_question_mark(name: str) -> str:
    return name.partition("?")[0]


def _without_controls(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())


def _first_plane(name: str) -> str:
    return "".join(letter if ord(letter) < 65536 else "?" for letter in name)


ODD = [
    Case(lambda: odd.Slow(ahead=3600.0), network, "the store's clock is right within 60 s", "ahead of this"),
    Case(lambda: odd.Slow(ahead=-90.0), network, "the store's clock is right within 60 s", "behind this"),
    Case(lambda: Checking(single=False), requests, "a write with a wrong digest is refused", "the store took it"),
    Case(lambda: Checking(parts=False), requests, "a part with a wrong digest is refused", "the store took it"),
    Case(lambda: odd.Lagging(0.4), listings, "a write is listed at once", "it was listed after 0."),
    Case(lambda: odd.Lagging(0.4), listings, "a deletion is listed at once", "it was gone from the listing after 0."),
    Case(lambda: odd.Lagging(0.4), listings, "an overwrite is read at once", "it was read after 0."),
    Case(
        lambda: odd.Listing(key=lambda name: name.split("/")),
        listings,
        "byte order of names",
        "'x/b' comes before 'x-b'",
    ),
    Case(
        lambda: odd.Listing(key=lambda name: name.encode("utf-16-be")),
        listings,
        "byte order of names",
        "'\U0001f600' comes before '\uff5e'",
    ),
    Case(lambda: odd.Listing(page=3), listings, "pages of 1,000 names", "a page had 3"),
    Case(lambda: odd.Listing(page=10), listings, "pages of 1,000 names", "too few names", Outcome.CANNOT_BE_TOLD),
    Case(lambda: odd.Listing(delimiters="-"), listings, "folders by /", "are listed as"),
    Case(lambda: odd.Listing(delimiters="/"), listings, "folders by -", "are listed as"),
    *(
        Case(odd.Unconditional, conditions, name, "was overwritten, and that was told")
        for name in (
            "a write if the name is free",
            "a write if the hash matches",
            "a large object if the name is free",
            "a large object if the hash matches",
            "a copy if the name is free",
        )
    ),
    *(
        Case(lambda: odd.Unconditional(refuses=True), conditions, name, "A header you provided implies")
        for name in (
            "a write if the name is free",
            "a write if the hash matches",
            "a large object if the name is free",
            "a large object if the hash matches",
            "a copy if the name is free",
            "of two writers at once, one succeeds",
        )
    ),
    Case(odd.Constant, conditions, "a write if the hash matches", "are the same"),
    Case(odd.Hesitating, conditions, "of two writers at once, one succeeds", "both were, in round 1 of 5"),
    Case(odd.Hesitating, conditions, "a write if the name is free", "", HOLDS),
    Case(odd.Hesitating, conditions, "of two writers of large objects at once, one succeeds", "both were, in round 1"),
    Case(odd.LooksFirst, conditions, "of two writers at once, one succeeds", "known to look before it writes"),
    Case(odd.Ranges, reading, "exactly the bytes that were asked for", "were b'0123456789'"),
    Case(odd.Ranges, reading, "a range across the end returns the bytes up to the end", "were b'0123456789'"),
    Case(odd.Ranges, reading, "a range after the end returns nothing", "were b'0123456789'"),
    Case(odd.Unpinned, reading, "a range of one version only", "was of the new one"),
    Case(odd.Constant, reading, "the hash is the MD5 of the content", "it is 'same'"),
    Case(odd.Decoding, reading, "gzip-coded content comes back as it is stored", "come back decoded"),
    Case(odd.Copyless, copies, "an object is copied within the store", "by the client"),
    Case(odd.Careless, copies, "an object is copied within the store", "another content"),
    Case(odd.Careless, copies, "metadata are changed without sending the content", "another afterwards"),
    Case(odd.Careless, copies, "4 objects by one call, absent ones too", "are still there, though reported"),
    Case(odd.Copyless, copies, "4 objects by one call, absent ones too", "one by one"),
    Case(odd.Cutting, large, "an object is made of parts", "in two parts are reported as"),
    Case(odd.Cutting, large, "a range over the border of two parts", "5 other bytes"),
    Case(MemoryClient, large, "the hash is that of the MD5s of the parts", "it is '"),
    Case(MemoryClient, large, "a copy by parts within the store", "cannot copy by parts"),
    Case(odd.CopyingParts, large, "a copy by parts within the store", "", HOLDS),
    Case(
        changing(lambda metadata: {key.lower(): value for key, value in metadata.items()}),
        metadata,
        "upper-case letters in keys",
        "reported as {'obs-probe': 'value'}",
    ),
    Case(
        changing(lambda metadata: {key: value for key, value in metadata.items() if "_" not in key}),
        metadata,
        "_ in keys, apart from -",
        "reported as {'obs-probe': 'another'}",
    ),
    Case(_values(str.lower), metadata, "case of values", "reported as {'obs-probe': 'a value'}"),
    Case(_values(str.strip), metadata, "blanks at the edges of values", "reported as {'obs-probe': 'value'}"),
    Case(_values(lambda text: text.encode("ascii", "replace").decode()), metadata, "values that are not ASCII", "???"),
    Case(
        changing(lambda metadata: {key: value for key, value in metadata.items() if value}),
        metadata,
        "empty values",
        "reported as {}",
    ),
    Case(lambda: odd.NarrowMetadata(1000), metadata, "2,048 bytes in all", " bytes of keys and values were kept, 1,0"),
    Case(lambda: odd.NarrowMetadata(4096), metadata, "2,048 bytes in all", "4,096 bytes of keys", HOLDS),
    Case(folding(str.rstrip), names, "spaces at the edges and inside", "listed as ' a b'"),
    Case(folding(lambda name: name.replace("//", "/")), names, "an empty segment (a//b)", "listed as 'a/b'"),
    Case(folding(lambda name: name.rstrip("/")), names, "a slash at the end (a/), with content", "listed as 'a'"),
    Case(
        folding(lambda name: name.replace("//", "/")),
        names,
        "a slash at the beginning, below the prefix",
        "'/a' listed as 'a'",
    ),
    Case(odd.Trees, names, "a/b beside a", "'a/b' is refused: a file is where"),
    Case(
        folding(lambda name: unicodedata.normalize("NFC", name)),
        names,
        "Unicode composed and decomposed, apart",
        "'é' has the content of",
    ),
    Case(folding(_first_plane), names, "beyond the first plane of Unicode", "listed as '?'"),
    Case(folding(_without_controls), names, "control characters", "has the content of"),
    Case(
        lambda: odd.Refusing(lambda name: "\n" in name), names, "line ends", "'a\\nb' is refused: no such name can be"
    ),
    Case(folding(lambda name: name.replace("\\", "/")), names, "a backslash", "listed as 'a/b'"),
    Case(folding(str.lower), names, "upper and lower case, apart", "'A' has the content of 'a'"),
    Case(folding(unquote), names, "%2F apart from a slash", "'a%2Fb' has the content of 'a/b'"),
    Case(folding(lambda name: name.replace("+", " ")), names, "a plus apart from a space", "'a+b' has the content of"),
    Case(folding(_cut_at_question_mark), names, "? # & and quotes", "listed as 'a'"),
    Case(
        lambda: odd.Refusing(lambda name: max(map(len, name.split("/"))) > 255),
        names,
        "a segment of 256 bytes",
        "(256 characters) is refused",
    ),
    Case(lambda: odd.Refusing(lambda name: len(name) > 1000), names, "names of 1,024 bytes", "is refused"),
]
