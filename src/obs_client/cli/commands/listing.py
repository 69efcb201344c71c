"""The commands `ls`, `tree` and `du`."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from functools import partial
from typing import TypeAlias

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure
from obs_client.cli.many.globs import fitting, glob_of
from obs_client.cli.many.reasons import advice
from obs_client.cli.objects import Entry, entries
from obs_client.cli.options import human, json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings
from obs_client.cli.several import Clients, each, store_is_up
from obs_client.cli.text import count_text, fields_of, printable, size_text, time_text
from obs_client.cli.usage import HelpAlone
from obs_client.cli.written import pasted, url_of


@click.command(cls=HelpAlone)
@place("places", metavar="[URL]...", nargs=-1)
@click.option("-l", "--long", "long", is_flag=True, help="With size and time of change.")
@click.option("-r", "--recursive", is_flag=True, help="All objects below, not only the first level.")
@click.option("-u", "--urls", is_flag=True, help="Print storage URLs that the other commands take.")
@human
@json_lines
@shared
@pass_settings
def ls(settings: Settings, places: tuple[str, ...], long: bool, recursive: bool, urls: bool, human: bool) -> None:
    """List containers, or the objects of containers and folders.

    Without an argument it is this directory. Quoted patterns are matched: 's3://album/*.jpg'. With -r a store's
    containers are listed with all that is in them, as URLs. Folders end with a slash. An object that has the folder's
    name is listed too. Names are shown as they are, but control characters as escapes (a newline as \\n): scripts take
    --urls or --json. In a URL some characters must be quoted, as --urls does it (and on a terminal for the shell, too):
    give that to other commands, not the name.
    """
    addresses = {text: Address.parse(text) for text in places or (".",)}
    several = len(addresses) > 1
    with Clients() as clients:
        listing = _Listing(settings, clients, recursive, several, _Look(long, urls, human))
        each(settings, {text: partial(listing.show, address) for text, address in addresses.items()}, store_is_up)


@dataclasses.dataclass(frozen=True)
class _Look:
    """How a line of a listing looks: with sizes and times, as a storage URL, sizes for people."""

    long: bool
    urls: bool
    human: bool


class _Listing:
    """Lists one place after another; where there are several, each has its heading, or each row its place."""

    def __init__(self, settings: Settings, clients: Clients, recursive: bool, several: bool, look: _Look) -> None:
        self._settings = settings
        self._clients = clients
        self._recursive = recursive
        self._several = several
        self._look = look
        self._count = 0

    def show(self, address: Address) -> None:
        """List one place."""
        client = self._clients.of(address)
        if address.container is None:
            self._begin(address)
            if self._recursive:
                self._show_all(client, address)
            else:
                _list_containers(self._settings, client, address, self._look)
            return
        unlisted = Unlisted(self._settings)
        glob = glob_of(self._clients, address)
        if glob is None:
            found = entries(client, address, self._recursive, unlisted.add)
        else:
            found = fitting(self._clients, glob, self._recursive, unlisted.add)
        first = next(found, None)  # a place that is not there has no heading
        self._begin(address)
        for entry in itertools.chain(() if first is None else (first,), found):
            self._write(address if glob is None else glob.address, address.text, entry)
        unlisted.finish()

    def _show_all(self, client: obs_client.ObjectStorageClient, address: Address) -> None:
        """List all containers of a store, each with all that is in it; a name is told with its container."""
        unlisted = Unlisted(self._settings)
        within = _Listing(self._settings, self._clients, True, True, dataclasses.replace(self._look, urls=True))
        for container in client.container_list():
            place = Address.parse(url_of(address, "", container.name))
            for entry in entries(client, place, True, unlisted.add):
                within._write(place, place.text, entry)
        unlisted.finish()

    def _begin(self, address: Address) -> None:
        if self._several and not self._look.urls and not self._settings.json:
            self._settings.result({}, ("\n" if self._count else "") + f"{printable(address.text)}:")
        self._count += 1

    def _write(self, address: Address, text: str, entry: Entry) -> None:
        name = _name(entry)
        shown = url_of(address, name) if self._look.urls else address.shown(name) or name
        if self._settings.json:
            place = {"place": text} if self._several else {}
            self._settings.result(
                {**record(entry, address), **({"url": shown} if self._look.urls else {}), **place}, ""
            )
        else:
            self._settings.result({}, _line(entry, pasted(shown) if self._look.urls else shown, self._look))


@click.command()
@place("url", default=".")
@click.option("-d", "--depth", type=click.IntRange(1), help="Levels of folders to show.")
@json_lines
@shared
@pass_settings
def tree(settings: Settings, url: str, depth: int | None) -> None:
    """Draw the names in a container or folder as a tree.

    Without an argument it is this directory. With --json the tree is one value: folders are objects, names in them
    null; what is deeper than --depth is left out.
    """
    address, unlisted = Address.parse(url), Unlisted(settings)
    address.container_name()
    top: _Folder = {}
    count = 0
    with address.client() as client:
        for entry in entries(client, address, True, unlisted.add):
            count += 1
            _grow(top, _name(entry).removeprefix(address.under))
    if settings.json:
        settings.result({"type": "tree", "place": address.text, "count": count, "tree": _cut(top, depth)}, "")
    else:
        settings.result({}, printable(address.text))
        for line in _drawn(top, "", depth):
            settings.result({}, line)
        settings.result({}, f"\n{count_text(count, 'object')} in {count_text(_folders_in(top), 'folder')}")
    unlisted.finish()


_Folder: TypeAlias = "dict[str, _Folder | None]"
"""What is in a folder, by its last segment, which ends with a slash if it is a folder."""


def _grow(top: _Folder, name: str) -> None:
    """Put a name into a tree."""
    *folders, last = name.split("/")
    for segment in folders:
        below = top.setdefault(f"{segment}/", {})
        assert below is not None
        top = below
    if last:
        top[last] = None


def _cut(top: _Folder, depth: int | None) -> _Folder:
    """A tree without what is deeper, in the order of names."""
    less = None if depth is None else depth - 1
    return {name: below and ({} if depth == 1 else _cut(below, less)) for name, below in sorted(top.items())}


def _drawn(top: _Folder, indent: str, depth: int | None) -> Iterator[str]:
    for number, (name, below) in enumerate(sorted(top.items()), 1):
        is_last = number == len(top)
        yield f"{indent}{'└── ' if is_last else '├── '}{printable(name)}"
        if below and depth != 1:
            yield from _drawn(below, indent + ("    " if is_last else "│   "), None if depth is None else depth - 1)


def _folders_in(top: _Folder) -> int:
    return sum(1 + _folders_in(below) for below in top.values() if below is not None)


@click.command(cls=HelpAlone)
@place("url")
@click.option("-d", "--depth", type=click.IntRange(0), default=1, show_default=True, help="Levels of folders to show.")
@human
@json_lines
@shared
@pass_settings
def du(settings: Settings, url: str, depth: int, human: bool) -> None:
    """Sum up sizes and counts of objects, by folder and in all.

    A quoted pattern is matched: 's3://album/2026-*'.
    """
    address, unlisted = Address.parse(url), Unlisted(settings)
    address.container_name()
    with Clients() as clients:
        glob = glob_of(clients, address)
        if glob is not None:
            address = dataclasses.replace(glob.address, name="")
            found = fitting(clients, glob, True, unlisted.add)
        else:
            found = entries(clients.of(address), address, True, unlisted.add)
        sums: dict[str, list[int]] = {address.under: [0, 0]}
        top = address.name
        for entry in found:
            if isinstance(entry, obs_client.SubdirInfo):
                continue
            top = address.under if entry.name != address.name else top
            for folder in _folders(address.under, entry.name, depth):
                total = sums.setdefault(folder, [0, 0])
                total[0] += entry.size or 0
                total[1] += 1
    for folder, (size, count) in sorted(sums.items(), key=lambda item: (item[0] == address.under, item[0])):
        shown = printable(address.shown(top if folder == address.under else folder)) or "."
        text = f"{size_text(size, human):>14}  {count_text(count, 'object'):>16}  {shown}"
        settings.result({"type": "sum", "folder": address.shown(folder), "size": size, "count": count}, text)
    unlisted.finish()


class Unlisted:
    """Names that cannot be listed: they are told of at the end, and do not stop the others."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reasons: dict[str, str] = {}

    def add(self, name: str, reason: str) -> None:
        """Note one."""
        self._reasons[name] = reason

    def finish(self) -> None:
        """Tell of all; raise `Failure` if there was any."""
        self._settings.fail_all(self._reasons)
        if self._reasons:
            hints = advice(self._reasons.values()), "all others are"
            raise Failure(
                f"{count_text(len(self._reasons), 'name')} could not be listed", "; ".join(filter(None, hints))
            )


def record(entry: Entry, address: Address) -> dict[str, object]:
    """An entry of a listing at an address, for programs."""
    name = {"name": address.shown(_name(entry)) or _name(entry)}
    if isinstance(entry, obs_client.SubdirInfo):
        return {"type": "folder", **name}
    return {"type": "object", **fields_of(entry), **name}


def _list_containers(settings: Settings, client: obs_client.ObjectStorageClient, address: Address, look: _Look) -> None:
    for container in client.container_list():
        size = f"{size_text(container.size, look.human):>14}  " if look.long else ""
        count = f"{'-' if container.count is None else container.count:>10}  " if look.long else ""
        shown = url_of(address, "", container.name) if look.urls else container.name
        row = {"type": "container", **fields_of(container), **({"url": shown} if look.urls else {})}
        settings.result(row, f"{size}{count}{printable(pasted(shown) if look.urls else shown)}")


def _name(entry: Entry) -> str:
    return entry.subdir if isinstance(entry, obs_client.SubdirInfo) else entry.name


def _line(entry: Entry, shown: str, look: _Look) -> str:
    if not look.long:
        return printable(shown)
    size, changed = "-", "-"
    if isinstance(entry, obs_client.ObjectInfo):
        size, changed = size_text(entry.size, look.human), time_text(entry.last_modified)
    return f"{size:>14}  {changed:25}  {printable(shown)}"


def _folders(top: str, name: str, depth: int) -> Iterator[str]:
    """The folders that an object counts in: the top one and up to `depth` below it."""
    yield top
    if name.startswith(top):
        segments = name[len(top) :].split("/")[:-1]
        for count in range(1, min(depth, len(segments)) + 1):
            yield top + "/".join(segments[:count]) + "/"
