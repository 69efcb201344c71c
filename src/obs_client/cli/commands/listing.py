"""The commands `ls` and `du`."""

from __future__ import annotations

from collections.abc import Iterator

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure
from obs_client.cli.objects import Entry, entries
from obs_client.cli.options import human, json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings
from obs_client.cli.text import count_text, fields_of, printable, size_text, time_text
from obs_client.cli.written import url_of


@click.command()
@place("url")
@click.option("-l", "--long", "long", is_flag=True, help="With size and time of change.")
@click.option("-r", "--recursive", is_flag=True, help="All objects below, not only the first level.")
@click.option("-u", "--urls", is_flag=True, help="Whole storage URLs, which the other commands take.")
@human
@json_lines
@shared
@pass_settings
def ls(settings: Settings, url: str, long: bool, recursive: bool, urls: bool, human: bool) -> None:
    """List containers, or the objects of a container or folder.

    Folders end with a slash. An object that has the folder's name is listed too. Names are shown as they are; in a
    URL some of their characters must be quoted, as --urls does it: give that to other commands, not the name.
    """
    address, unlisted = Address.parse(url), Unlisted(settings)
    with address.client() as client:
        if address.container is None:
            _list_containers(settings, client, address, long, urls, human)
            return
        for entry in entries(client, address, recursive, unlisted.add):
            name = _name(entry)
            shown = url_of(address, name) if urls else name
            if settings.json:
                settings.result({**record(entry), **({"url": shown} if urls else {})}, "")
            else:
                settings.result({}, _line(entry, shown, long, human))
    unlisted.finish()


@click.command()
@place("url")
@click.option("-d", "--depth", type=click.IntRange(0), default=1, show_default=True, help="Levels of folders to show.")
@human
@json_lines
@shared
@pass_settings
def du(settings: Settings, url: str, depth: int, human: bool) -> None:
    """Sum up sizes and counts of objects, by folder and in all."""
    address, unlisted = Address.parse(url), Unlisted(settings)
    address.container_name()
    sums: dict[str, list[int]] = {address.under: [0, 0]}
    top = address.name
    with address.client() as client:
        for entry in entries(client, address, True, unlisted.add):
            assert isinstance(entry, obs_client.ObjectInfo)
            top = address.under if entry.name != address.name else top
            for folder in _folders(address.under, entry.name, depth):
                total = sums.setdefault(folder, [0, 0])
                total[0] += entry.size or 0
                total[1] += 1
    for folder, (size, count) in sorted(sums.items(), key=lambda item: (item[0] == address.under, item[0])):
        shown = printable(top if folder == address.under else folder) or "."
        text = f"{size_text(size, human):>14}  {count_text(count, 'object'):>16}  {shown}"
        settings.result({"type": "sum", "folder": folder, "size": size, "count": count}, text)
    unlisted.finish()


class Unlisted:
    """Names that cannot be listed: each is told of, and does not stop the others."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._count = 0

    def add(self, name: str, reason: str) -> None:
        """Tell of one."""
        self._count += 1
        self._settings.fail(name, reason)

    def finish(self) -> None:
        """Raise `Failure` if there was any."""
        if self._count:
            raise Failure(f"{count_text(self._count, 'name')} could not be listed", "all others are")


def record(entry: Entry) -> dict[str, object]:
    """An entry of a listing for programs."""
    if isinstance(entry, obs_client.SubdirInfo):
        return {"type": "folder", "name": entry.subdir}
    return {"type": "object", **fields_of(entry)}


def _list_containers(
    settings: Settings, client: obs_client.ObjectStorageClient, address: Address, long: bool, urls: bool, human: bool
) -> None:
    for container in client.container_list():
        size = f"{size_text(container.size, human):>14}  " if long else ""
        count = f"{'-' if container.count is None else container.count:>10}  " if long else ""
        shown = url_of(address, "", container.name) if urls else container.name
        row = {"type": "container", **fields_of(container), **({"url": shown} if urls else {})}
        settings.result(row, f"{size}{count}{printable(shown)}")


def _name(entry: Entry) -> str:
    return entry.subdir if isinstance(entry, obs_client.SubdirInfo) else entry.name


def _line(entry: Entry, shown: str, long: bool, human: bool) -> str:
    if not long:
        return printable(shown)
    size, changed = "-", "-"
    if isinstance(entry, obs_client.ObjectInfo):
        size, changed = size_text(entry.size, human), time_text(entry.last_modified)
    return f"{size:>14}  {changed:25}  {printable(shown)}"


def _folders(top: str, name: str, depth: int) -> Iterator[str]:
    """The folders that an object counts in: the top one and up to `depth` below it."""
    yield top
    if name.startswith(top):
        segments = name[len(top) :].split("/")[:-1]
        for count in range(1, min(depth, len(segments)) + 1):
            yield top + "/".join(segments[:count]) + "/"
