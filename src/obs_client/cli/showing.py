"""The commands `info` and `cat`."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from typing import IO

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings
from obs_client.cli.text import printable, time_text

BLOCK = 1024 * 1024
SYNC_COPIES = "obs sync copies folders"


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@json_lines
@shared
@pass_settings
def info(settings: Settings, urls: tuple[str, ...]) -> None:
    """Show all that a store tells of objects or containers."""
    for url in urls:
        address = Address.parse(url)
        address.container_name()
        with address.client() as client:
            found = _look(client, address)
        kind = "object" if isinstance(found, obs_client.ObjectInfo) else "container"
        settings.result({"type": kind, **dataclasses.asdict(found)}, "\n".join(_lines(found)))


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--start", type=click.IntRange(0), default=0, help="The first byte wanted, counted from 0.")
@click.option("--stop", type=click.IntRange(0), help="The byte before which to stop.")
@shared
@pass_settings
def cat(settings: Settings, urls: tuple[str, ...], start: int, stop: int | None) -> None:
    """Write objects to stdout, one after the other.

    The bytes of a whole object are compared with the store's digest; if they are wrong, the exit status is 1.
    """
    settings.go_on = "stdout has a part of the bytes only"
    for url in urls:
        address = Address.parse(url)
        name = address.object_name()
        with address.client() as client:
            if start or stop is not None:
                _write_range(client, name, start, stop)
            elif not client.object_download(name, stdout()):
                raise absent(client, address)


def stdout() -> IO[bytes]:
    """The binary stdout, with nothing waiting in the text one before it."""
    if sys.stdout is None:
        raise Failure("stdout is closed")
    sys.stdout.flush()
    return sys.stdout.buffer


def absent(
    client: obs_client.ObjectStorageClient,
    address: Address,
    hint: str = "obs ls shows what is there",
    folder_hint: str = "obs ls shows what is in it",
) -> Failure:
    """The failure of an object that is not there: tells what is there instead, or what else is missing.

    Args:
        hint: What to do if there is nothing of that name.
        folder_hint: What to do if there is a folder of that name.
    """
    if address.path is not None:
        if os.path.lexists(address.path):
            return NotThere(f"{address.text!r} is no regular file", "links, pipes and devices are not objects")
        return NotThere(f"there is no file {address.text!r}", hint)
    name, container = address.name, address.container_name()
    if "*" in name:
        hint = "names are taken as they are, without patterns; obs sync takes --include"
    if client.container_info(container) is None:
        return NotThere(f"there is no container {container!r}", "obs mb creates one")
    if next(client.object_iter(prefix=address.under, container_name=container), None) is not None:
        return NotThere(f"{name!r} in {container!r} is a folder, not an object", folder_hint)
    return NotThere(f"there is no object {name!r} in {container!r}", hint)


def already_there(name: str) -> Exception:
    """The failure of `--if-absent`."""
    return Failure(f"there is an object {name!r} already", "without --if-absent it is replaced")


def size_of(client: obs_client.ObjectStorageClient, address: Address) -> int | None:
    """The size of an object; None if it is absent."""
    found = client.object_info(address.object_name(), address.container_name())
    return found.size if found else None


def _write_range(client: obs_client.ObjectStorageClient, name: str, start: int, stop: int | None) -> None:
    with client.object_open(name) as source:
        source.seek(start)
        if stop is None:
            shutil.copyfileobj(source, stdout(), BLOCK)
            return
        left = stop - start
        while left > 0 and (block := source.read(min(left, BLOCK))):
            stdout().write(block)
            left -= len(block)


def _look(client: obs_client.ObjectStorageClient, address: Address) -> obs_client.ObjectInfo | obs_client.ContainerInfo:
    if address.name:
        found = client.object_info(address.name)
        if found is None:
            raise absent(client, address)
        return found
    container = client.container_info(address.container_name())
    if container is None:
        raise NotThere(f"there is no container {address.container!r}", "obs mb creates one")
    return container


def _lines(found: obs_client.ObjectInfo | obs_client.ContainerInfo) -> list[str]:
    """Fields and metadata, those that are set, one a line."""
    fields: dict[str, object] = dataclasses.asdict(found)
    metadata = fields.pop("metadata", None)
    if isinstance(found, obs_client.ObjectInfo):
        fields["last_modified"] = time_text(found.last_modified)
    if isinstance(metadata, dict):
        fields.update({f"metadata {key}": value for key, value in metadata.items()})
    return [f"{name:20}  {printable(str(value))}" for name, value in fields.items() if value is not None]
