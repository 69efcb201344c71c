"""The commands `rm` and `cleanup`."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere, failure_of
from obs_client.cli.many.globs import Glob, fitting, glob_of
from obs_client.cli.many.reasons import advice
from obs_client.cli.objects import Entry, absent, entries
from obs_client.cli.options import json_lines, limit_requests, pass_settings, place, shared, yes
from obs_client.cli.settings import Settings
from obs_client.cli.several import Clients, each, is_up
from obs_client.cli.text import count_text, duration, printable, size_text
from obs_client.cli.written import check_written, url_of

if TYPE_CHECKING:
    from obs_client.places import Place

BATCH = 1000
SHOWN_BATCH = 100
"""How many are deleted at once while a bar is drawn, so that it moves."""


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@click.option("-r", "--recursive", is_flag=True, help="A folder or container: all objects in it. Asks first.")
@click.option("-f", "--force", is_flag=True, help="Do not ask; a missing object is not a failure.")
@click.option("--dry-run", is_flag=True, help="Delete nothing; list on stdout what would be deleted.")
@yes
@json_lines
@limit_requests
@shared
@pass_settings
def rm(settings: Settings, urls: tuple[str, ...], recursive: bool, force: bool, dry_run: bool) -> None:
    """Delete objects.

    Quoted patterns are matched: 's3://album/*.tmp'; it asks first. With --recursive the container itself stays;
    `obs rb` deletes it.
    """
    settings.go_on = "what was deleted is gone; run the same command again to delete the rest"
    settings.yes = settings.yes or force
    addresses = {url: Address.parse(url) for url in urls}
    for address in addresses.values():
        address.container_name()
        if not recursive:
            address.object_name("-r deletes all that is in it")
    with Clients() as clients:

        def remove(address: Address) -> None:
            try:
                _remove_any(settings, clients, address, recursive, force, dry_run)
            except (NotThere, obs_client.ContainerNotFoundError) as error:
                failure = error if isinstance(error, NotThere) else failure_of(error)
                if not force:
                    raise failure from None if failure is error else error
                _tell_absent(settings, address)

        def goes_on(url: str, _error: Exception) -> bool:
            return is_up(clients.container(addresses[url]))

        each(settings, {url: partial(remove, address) for url, address in addresses.items()}, goes_on)


@click.command()
@place("url")
@click.option(
    "--older-than", type=duration, metavar="TIME", default="7d", show_default=True, help="Leave what is younger."
)
@json_lines
@shared
@pass_settings
def cleanup(settings: Settings, url: str, older_than: int) -> None:
    """Remove what killed writers left in a container or folder.

    No object is touched. On S3 these are all unfinished multipart uploads of that age, whoever began them; on Swift
    segments of this library's that no object uses; in a directory unfinished files of this library's.
    """
    address = Address.parse(url)
    container = address.container_name()
    if address.path is not None and not os.path.isdir(address.path):
        raise NotThere(f"there is no directory {url!r}", "leftovers are looked for in a directory or container")
    with address.client() as client:
        check_written(client, address, folders=True)
        report = client.cleanup(container, prefix=address.under, older_than=older_than)
    for removed in report.removed:
        settings.result({"type": "removed", "name": removed}, printable(removed))
    settings.note(f"{count_text(len(report.removed), 'leftover')} removed, {size_text(report.size, human=True)}")


def _remove_any(
    settings: Settings, clients: Clients, address: Address, recursive: bool, force: bool, dry_run: bool
) -> None:
    """Delete what an argument means: what fits a pattern, a folder, or an object."""
    if (glob := glob_of(clients, address)) is not None:
        _remove_fitting(settings, clients, glob, recursive, dry_run)
    elif recursive:
        _remove_folder(settings, clients.folder(address), address, dry_run)
    else:
        _remove(settings, clients.of(address), address, force, dry_run)


def _remove(
    settings: Settings, client: obs_client.ObjectStorageClient, address: Address, force: bool, dry_run: bool
) -> None:
    name, container = address.name, address.container_name()
    check_written(client, address)
    found = client.object_info(name, container) is not None
    if not found and not force:
        raise absent(
            client, address, "-r deletes folders, -f ignores missing objects", folder_hint="-r deletes folders"
        )
    if dry_run and found:
        _list(settings, address.shown(name))
    if not dry_run:
        client.object_delete(name, container)  # what is not seen too: a store may show late what was written
    if not found:
        _tell_absent(settings, address)
    elif not dry_run:
        settings.did("deleted", f"deleted {address.shown(name)}", name=address.shown(name))


def _remove_folder(settings: Settings, place: Place, address: Address, dry_run: bool) -> None:
    """Delete the object of this name, if there is one, and all in the folder of this name.

    An object with content that has the name of the folder itself, slash and all, is in no folder: it is left and named.
    """
    removal = _Removal(settings, place, address)
    _remove_all(settings, removal, removal.names(address), address, dry_run)


def _remove_fitting(settings: Settings, clients: Clients, glob: Glob, recursive: bool, dry_run: bool) -> None:
    """Delete the objects that fit a pattern; if recursive, all in the folders that do, too."""
    removal = _Removal(settings, clients.container(glob.address), glob.address)
    names = removal.without_folders(fitting(clients, glob, recursive, removal.note))
    first = next(names, None)
    if first is None and not removal.failed:
        raise NotThere(f"only folders fit {glob.text!r}", "-r deletes all that is in them")
    whole = dataclasses.replace(glob.address, text=glob.text, name="")
    _remove_all(settings, removal, itertools.chain(() if first is None else (first,), names), whole, dry_run)


def _remove_all(settings: Settings, removal: _Removal, names: Iterator[str], address: Address, dry_run: bool) -> None:
    """Delete names, after a question; tell of what was left."""
    if dry_run:
        for name in names:
            _list(settings, address.shown(name))
    else:
        # The first thousand names tell what is at stake, without a listing of millions before the question.
        first = list(itertools.islice(names, BATCH))
        if first:
            _confirm(settings, address, first)
        total = None if len(first) == BATCH else len(first)
        with settings.progress("rm", lambda: total, unit="objects") as progress:
            for batch in _batches(itertools.chain(first, names), SHOWN_BATCH if progress else BATCH):
                removal.delete(batch)
                if progress:
                    progress(len(batch))
    removal.finish()


def _confirm(settings: Settings, address: Address, first: list[str]) -> None:
    """Ask, with what is at stake; an object that has the name of a folder is told of in any case."""
    more = " and more" if len(first) == BATCH else ""
    if address.is_folder or first[0] != address.name or len(first) == 1:
        settings.confirm(f"Delete {count_text(len(first), 'object')}{more} in {address.text}?")
        return
    rest = count_text(len(first) - 1, "object")
    settings.confirm(f"Delete the object {address.text}, and {rest}{more} in the folder of this name?")
    if settings.yes:
        settings.warn(f"{address.text} is an object, too, and is deleted with the folder of this name")


class _Removal:
    """The deletion of many names, none of which stops the others."""

    def __init__(self, settings: Settings, place: Place, address: Address) -> None:
        from obs_client.sync.report import Streak

        self._settings = settings
        self._place = place
        self._address = address
        self._streak = Streak()
        self._failures: dict[str, Exception | str] = {}
        self._deleted = 0

    @property
    def failed(self) -> bool:
        """Whether anything was left."""
        return bool(self._failures)

    def note(self, name: str, reason: str) -> None:
        """Note a name that could not be listed."""
        self._failures[name] = reason

    def without_folders(self, found: Iterator[Entry]) -> Iterator[str]:
        """The names of objects; one with content that has a folder's name is left and named."""
        for entry in found:
            if isinstance(entry, obs_client.SubdirInfo):
                continue
            if entry.name.endswith("/") and self._has_content(entry):
                self._failures[entry.name] = "an object with content that has the name of a folder; name it alone"
            else:
                yield entry.name

    def names(self, address: Address) -> Iterator[str]:
        """What is to be deleted.

        Raises:
            Failure: There is nothing; or the URL may mean something else.
        """
        for entry in entries(self._place.client, address, True, self._failures.__setitem__):
            if isinstance(entry, obs_client.SubdirInfo):
                continue
            if entry.name == address.under and self._has_content(entry):
                url = url_of(address, address.under)
                self._failures[entry.name] = f"an object with content, not in the folder; obs rm '{url}' deletes it"
            else:
                yield entry.name

    def _has_content(self, entry: obs_client.ObjectInfo) -> bool:
        """Whether an object has bytes; it is asked for itself, since a row may tell none of a large object."""
        place = self._place
        found = entry if entry.size else place.client.object_info(entry.name, place.container_name)
        return found is not None and found.size != 0

    def delete(self, batch: list[str]) -> None:
        """Delete some objects, and tell of each.

        Raises:
            TemporaryError: None of them could be, in ways that may pass: the store is down.
            AuthorizationError: None of many could be: it is not allowed.
        """
        failures = self._delete(batch)
        for name in batch:
            if name not in failures:
                shown = self._address.shown(name)
                self._settings.did("deleted", f"deleted {shown}", name=shown)
        errors = list(failures.values())
        if 1 < len(batch) == sum(isinstance(error, obs_client.TemporaryError) for error in errors):
            raise errors[0]
        for name in batch if len(failures) == len(batch) else set(batch) - set(failures):
            self._streak.add(name, failures.get(name))
        self._deleted += len(batch) - len(failures)
        self._failures.update(failures)

    def _delete(self, batch: list[str]) -> dict[str, Exception]:
        """Delete some objects; gives the failures by name."""
        try:
            self._place.client.object_delete_many(batch, self._place.container_name)
        except obs_client.PartialFailureError as error:
            return error.failures
        except obs_client.InvalidNameError as error:  # a store may list what this library does not send
            if len(batch) == 1:
                return {batch[0]: error}
            half = len(batch) // 2
            return {**self._delete(batch[:half]), **self._delete(batch[half:])}
        return {}

    def finish(self) -> None:
        """Tell what was left.

        Raises:
            Failure: Something was.
        """
        self._settings.fail_all({self._address.shown(name): error for name, error in self._failures.items()})
        if self._failures:
            left = "was" if len(self._failures) == 1 else "were"
            hints = advice(self._failures.values()), "all others are" if self._deleted else ""
            raise Failure(
                f"{count_text(len(self._failures), 'name')} {left} not deleted", "; ".join(filter(None, hints))
            )


def _tell_absent(settings: Settings, address: Address) -> None:
    settings.did("absent", f"there is nothing to delete at {address.text}", name=address.shown(address.name))


def _batches(names: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(itertools.islice(names, size)):
        yield batch


def _list(settings: Settings, name: str) -> None:
    settings.result({"type": "would delete", "name": name}, printable(name))
