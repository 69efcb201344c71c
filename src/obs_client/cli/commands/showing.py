"""The commands `info` and `cat`."""

from __future__ import annotations

import dataclasses
from functools import partial

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import NotThere, creating
from obs_client.cli.many.folders import expanded
from obs_client.cli.objects import absent
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings, stdout
from obs_client.cli.several import Clients, each, store_is_up
from obs_client.cli.text import fields_of, printable, time_text
from obs_client.cli.written import check_written

BLOCK = 1024 * 1024


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--all", "native", is_flag=True, help="Also an object's tags, and the store's own headers of it.")
@json_lines
@shared
@pass_settings
def info(settings: Settings, urls: tuple[str, ...], native: bool) -> None:
    """Show all that a store reports about objects or containers.

    Quoted patterns are matched: 's3://album/*.jpg'.
    """
    with Clients() as clients:
        addresses = [Address.parse(url) for url in expanded(settings, clients, urls)]
        for address in addresses:
            address.container_name()

        def show(address: Address) -> None:
            client = clients.of(address)
            found = _look(client, address)
            found = dataclasses.replace(found, name=address.shown(found.name)) if address.name else found
            kind = "object" if isinstance(found, obs_client.ObjectInfo) else "container"
            more = _more(client, address) if native and kind == "object" else {}
            settings.result({"type": kind, **fields_of(found), **more}, "\n".join(_lines(found, more)))

        each(settings, [(address.text, partial(show, address)) for address in addresses], store_is_up)


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--start", type=click.IntRange(0), default=0, help="The first byte wanted, counted from 0.")
@click.option("--stop", type=click.IntRange(0), help="The byte before which to stop.")
@shared
@pass_settings
def cat(settings: Settings, urls: tuple[str, ...], start: int, stop: int | None) -> None:
    """Write objects to stdout, one after the other.

    Quoted patterns are matched: 's3://logs/2026-*'. The bytes of a whole object are compared with the store's digest;
    if they are wrong, the exit status is 1.
    """
    settings.go_on = "stdout has a part of the bytes only"
    with Clients() as clients:
        addresses = [Address.parse(url) for url in expanded(settings, clients, urls)]
        for address in addresses:
            address.object_name()

        def write(address: Address) -> None:
            client, container = clients.of(address), address.container_name()
            check_written(client, address)
            if start or stop is not None:
                _write_range(client, address, start, stop)
            elif not client.object_download(address.name, stdout(), container):
                raise absent(client, address)

        each(settings, [(address.text, partial(write, address)) for address in addresses], store_is_up)


def _write_range(client: obs_client.ObjectStorageClient, address: Address, start: int, stop: int | None) -> None:
    with client.object_open(address.name, container_name=address.container_name()) as source:
        source.seek(start)
        if stop is None:
            for block in iter(partial(source.read, BLOCK), b""):
                stdout().write(block)
            return
        left = stop - start
        while left > 0 and (block := source.read(min(left, BLOCK))):
            stdout().write(block)
            left -= len(block)


def _look(client: obs_client.ObjectStorageClient, address: Address) -> obs_client.ObjectInfo | obs_client.ContainerInfo:
    check_written(client, address)
    if address.name:
        found = client.object_info(address.name, address.container_name())
        if found is None:
            raise absent(client, address)
        return found
    container = client.container_info(address.container_name())
    if container is None:
        raise NotThere(f"there is no container {address.container!r}", creating(address.container))
    return container


def _more(client: obs_client.ObjectStorageClient, address: Address) -> dict[str, dict[str, str]]:
    """What is shown of an object only where it is asked for."""
    name, container = address.name, address.container_name()
    more = {"headers": client.object_headers(name, container) or {}}
    if client.capabilities.tags:
        more["tags"] = client.object_tags(name, container) or {}
    return more


def _lines(found: obs_client.ObjectInfo | obs_client.ContainerInfo, more: dict[str, dict[str, str]]) -> list[str]:
    """Fields, metadata and the others, those that are set, one a line."""
    fields = fields_of(found)
    metadata = fields.pop("metadata", None)
    fields.pop("last_modified_at", None)
    if isinstance(found, obs_client.ObjectInfo):
        fields["last_modified"] = time_text(found.last_modified)
        fields["expires"] = None if found.expires is None else time_text(found.expires)
    groups = {"metadata": metadata if isinstance(metadata, dict) else {}, "tag": more.get("tags", {})}
    for group, pairs in {**groups, "header": more.get("headers", {})}.items():
        fields.update({f"{group} {key}": value for key, value in pairs.items()})
    return [f"{name:20}  {printable(str(value))}" for name, value in fields.items() if value is not None]
