"""The commands `rm` and `cleanup`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import NotThere
from obs_client.cli.listing import entries
from obs_client.cli.options import json_lines, pass_settings, place, shared, yes
from obs_client.cli.settings import Settings
from obs_client.cli.showing import absent
from obs_client.cli.text import count_text, duration, printable, size_text

BATCH = 1000
SHOWN_BATCH = 100
"""How many are deleted at once while a bar is drawn, so that it moves."""


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@click.option("-r", "--recursive", is_flag=True, help="A folder or container: all objects in it. Asks first.")
@click.option("-f", "--force", is_flag=True, help="What is not there is no failure.")
@click.option("--dry-run", is_flag=True, help="Delete nothing; list on stdout what would be deleted.")
@yes
@json_lines
@shared
@pass_settings
def rm(settings: Settings, urls: tuple[str, ...], recursive: bool, force: bool, dry_run: bool) -> None:
    """Delete objects.

    With --recursive the container itself stays; `obs rb` deletes it.
    """
    settings.go_on = "what was deleted is gone; run the same command again to delete the rest"
    for url in urls:
        address = Address.parse(url)
        with address.client() as client:
            if recursive:
                _remove_folder(settings, client, address, force, dry_run)
            else:
                _remove(settings, client, address, force, dry_run)


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
    if address.path is not None and not os.path.isdir(address.path):
        raise NotThere(f"there is no directory {url!r}", "leftovers are looked for in a directory or container")
    with address.client() as client:
        report = client.cleanup(address.container, prefix=address.under, older_than=older_than)
    for removed in report.removed:
        settings.result({"type": "removed", "name": removed}, printable(removed))
    settings.note(f"{count_text(len(report.removed), 'leftover')} removed, {size_text(report.size, human=True)}")


def _remove(
    settings: Settings, client: obs_client.ObjectStorageClient, address: Address, force: bool, dry_run: bool
) -> None:
    name = address.object_name("-r deletes all that is in it")
    if not force and client.object_info(name) is None:
        raise absent(client, address, "-r deletes folders, -f takes absence")
    if dry_run:
        _list(settings, name)
    else:
        client.object_delete(name)
        settings.did("deleted", f"deleted {name}", name=name)


def _remove_folder(
    settings: Settings, client: obs_client.ObjectStorageClient, address: Address, force: bool, dry_run: bool
) -> None:
    names = _names(client, address, force)
    if dry_run:
        for name in names:
            _list(settings, name)
        return
    # The first thousand names tell what is at stake, without a listing of millions before the question.
    first = list(itertools.islice(names, BATCH))
    if not first:
        return
    amount = count_text(len(first), "object") + (" and more" if len(first) == BATCH else "")
    settings.confirm(f"Delete {amount} in {address.text}?")
    total = None if len(first) == BATCH else len(first)
    with settings.progress("rm", lambda: total, unit="objects") as progress:
        for batch in _batches(itertools.chain(first, names), SHOWN_BATCH if progress else BATCH):
            client.object_delete_many(batch)
            for name in batch:
                settings.did("deleted", f"deleted {name}", name=name)
            if progress:
                progress(len(batch))


def _names(client: obs_client.ObjectStorageClient, address: Address, force: bool) -> Iterator[str]:
    if force and not address.is_folder:
        yield address.name
    listed = client.object_iter(prefix=address.under) if force else entries(client, address, recursive=True)
    for entry in listed:
        assert isinstance(entry, obs_client.ObjectInfo)
        yield entry.name


def _batches(names: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(itertools.islice(names, size)):
        yield batch


def _list(settings: Settings, name: str) -> None:
    settings.result({"type": "would delete", "name": name}, printable(name))
