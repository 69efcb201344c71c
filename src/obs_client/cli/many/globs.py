"""Patterns in arguments: `s3://album/2026/*.jpg`. They are matched here, so they are quoted for the shell.

`*` stands for text without a slash, `**` for any text, `[abc]` and `[!abc]` for one character, and in a path `?` too,
which in a URL begins the options. Where there is an object or folder whose very name the pattern is, it means that one.
In a URL `%2A`, `%5B` and `%3F` are never parts of a pattern.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import NotThere
from obs_client.cli.objects import Entry
from obs_client.cli.several import Clients
from obs_client.cli.written import url_of

_STAR, _OPEN, _ANY = "\ue000", "\ue001", "\ue002"
"""Stand for `*`, `[` and `?` as far as they belong to a pattern; characters that no alphabet has."""

_MARKS = re.compile(f"[{_STAR}{_OPEN}{_ANY}]")
_PIECES = re.compile(rf"{_STAR}{_STAR}/|{_STAR}+|{_ANY}|{_OPEN}!?[^\]/]+\]|.", re.DOTALL)

Unlisted = Callable[[str, str], None]


class Glob(NamedTuple):
    """A pattern, and where to look for what fits it.

    Attributes:
        address: The container, or the folder of a path, that the pattern begins in.
        pattern: Of whole names in the container, marked.
        text: The argument.
    """

    address: Address
    pattern: str
    text: str

    def entries(self, clients: Clients, unlisted: Unlisted) -> Iterator[Entry]:
        """The objects and folders that fit.

        Raises:
            NotThere: None does.
        """
        found = False
        for entry in _walk(self, clients.of(self.address), unlisted, "", self.pattern.split("/")):
            found = True
            yield entry
        if not found:
            raise NotThere(
                f"nothing fits {self.text!r}", "* does not pass a slash, ** does; obs ls shows what is there"
            )

    def argument(self, name: str) -> str:
        """How a name that fits is written as an argument."""
        if self.address.path is None:
            return url_of(self.address, name)
        start = self.address.text
        return name if start == "./" else start + name


def glob_of(clients: Clients, address: Address) -> Glob | None:
    """The pattern that an argument is; None if it is none, or the very name of an object or folder."""
    found = _of_url(address) if address.path is None else _of_path(address.text)
    if found is None or (address.path is None and _is_there(clients.of(address), address)):
        return None
    return found


def fitting(clients: Clients, glob: Glob, recursive: bool, unlisted: Unlisted) -> Iterator[Entry]:
    """What fits a pattern; if `recursive`, the objects in the folders that fit in place of the folders."""
    from obs_client.sync.listing import everything

    client, container = clients.of(glob.address), glob.address.container_name()
    for entry in glob.entries(clients, unlisted):
        if recursive and isinstance(entry, obs_client.SubdirInfo):
            yield from everything(client, container, entry.subdir, unlisted)
        else:
            yield entry


def _of_url(address: Address) -> Glob | None:
    if not re.search(r"[*\[]", address.text):
        return None
    marked = Address.parse(address.text.replace("*", _STAR).replace("[", _OPEN))
    if (marked.url.root, marked.container) != (address.url.root, address.container) or not _MARKS.search(marked.name):
        return None
    return Glob(address, marked.name, address.text)


def _of_path(path: str) -> Glob | None:
    if not re.search(r"[*?\[]", path) or os.path.lexists(path):
        return None
    segments = path.split("/")
    first = next(number for number, segment in enumerate(segments) if re.search(r"[*?\[]", segment))
    start = "/".join([*segments[:first], ""]) or "./"
    pattern = "/".join(segments[first:]).replace("*", _STAR).replace("[", _OPEN).replace("?", _ANY)
    return Glob(Address.parse(start), pattern, path)


def _is_there(client: obs_client.ObjectStorageClient, address: Address) -> bool:
    container = address.container_name()
    if not address.is_folder and client.object_info(address.name, container) is not None:
        return True
    return next(client.object_iter(prefix=address.under, container_name=container), None) is not None


def _walk(
    glob: Glob, client: obs_client.ObjectStorageClient, unlisted: Unlisted, folder: str, segments: list[str]
) -> Iterator[Entry]:
    """What fits in a folder; no folder is looked into that cannot hold any."""
    from obs_client.sync.listing import everything

    segment, *rest = segments
    if rest and rest != [""] and not _MARKS.search(segment):
        yield from _walk(glob, client, unlisted, f"{folder}{segment}/", rest)
        return
    deep = _STAR * 2 in segment
    fits = _compiled("/".join(segments) if deep else segment).fullmatch
    prefix = folder + _MARKS.split(segment, maxsplit=1)[0]
    for entry in everything(client, glob.address.container_name(), prefix, unlisted, None if deep else "/"):
        is_folder = isinstance(entry, obs_client.SubdirInfo)
        name = entry.subdir if isinstance(entry, obs_client.SubdirInfo) else entry.name
        short = name[len(folder) :].removesuffix("/") if is_folder else name[len(folder) :]
        if not short or not fits(short):
            continue
        if deep or not rest or (is_folder and rest == [""]):
            yield entry
        elif is_folder:
            yield from _walk(glob, client, unlisted, name, rest)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(map(_piece, _PIECES.findall(pattern))), re.DOTALL)


def _piece(piece: str) -> str:
    if piece.startswith(_STAR):
        return "(?:.*/)?" if piece.endswith("/") else "[^/]*" if len(piece) == 1 else ".*"
    if piece == _ANY:
        return "[^/]"
    if piece.startswith(_OPEN) and len(piece) > 1:
        negated = piece[1] == "!"
        members = re.escape(piece[2:-1] if negated else piece[1:-1]).replace(r"\-", "-")
        return f"[{'^/' if negated else ''}{members}]"
    return re.escape("[" if piece == _OPEN else piece)
