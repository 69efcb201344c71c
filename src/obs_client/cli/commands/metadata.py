"""The commands `meta show`, `meta set` and `meta delete`."""

from __future__ import annotations

import os

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.objects import absent
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings
from obs_client.cli.text import key_values, printable
from obs_client.cli.usage import Commands
from obs_client.cli.written import check_written


class Meta(Commands):
    """Shows the metadata if a place stands where a command would."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Take the arguments; without a command, `show` is meant if one of them is a place."""
        first = next((each for each in arguments if not each.startswith("-")), "")
        if first not in self.commands and _is_place(first):
            arguments = ["show", *arguments]
        return super().parse_args(context, arguments)


@click.group(cls=Meta)
def meta() -> None:
    """Show and change the metadata of an object.

    `obs meta URL` is `obs meta show URL`. Content and headers stay.
    """


@meta.command()
@place("url")
@json_lines
@shared
@pass_settings
def show(settings: Settings, url: str) -> None:
    """Show the metadata of an object, a key a line.

    With --json all of it is one object.
    """
    address = Address.parse(url)
    with address.client() as client:
        check_written(client, address)
        metadata = _metadata(client, address)
    text = "\n".join(f"{key}={printable(value)}" for key, value in sorted(metadata.items()))
    settings.result(metadata, text)


@meta.command(name="set")
@place("url")
@click.argument("pairs", metavar="KEY=VALUE...", nargs=-1, required=True)
@click.option("--replace", is_flag=True, help="Remove all other keys.")
@json_lines
@shared
@pass_settings
def set_keys(settings: Settings, url: str, pairs: tuple[str, ...], replace: bool) -> None:
    """Set metadata keys of an object, all at once."""
    given = key_values(pairs)
    address = Address.parse(url)
    with address.client() as client:
        check_written(client, address)
        old = {} if replace else _metadata(client, address)
        _write(client, address, old | {key.lower(): value for key, value in given.items()})
    settings.did("set", f"set {', '.join(given)}", name=address.name, keys=sorted(given))


@meta.command()
@place("url")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@json_lines
@shared
@pass_settings
def delete(settings: Settings, url: str, keys: tuple[str, ...]) -> None:
    """Delete metadata keys of an object.

    One that is not there is no failure.
    """
    unwanted = {key.lower() for key in keys}
    address = Address.parse(url)
    with address.client() as client:
        check_written(client, address)
        old = _metadata(client, address)
        if not unwanted.isdisjoint(old):
            _write(client, address, {key: value for key, value in old.items() if key not in unwanted})
    settings.did("deleted", f"deleted {', '.join(keys)}", name=address.name, keys=sorted(keys))


def _is_place(text: str) -> bool:
    return "/" in text or os.path.lexists(text)


def _metadata(client: obs_client.ObjectStorageClient, address: Address) -> dict[str, str]:
    found = client.object_info(address.object_name())
    if found is None:
        raise absent(client, address)
    return found.metadata or {}


def _write(client: obs_client.ObjectStorageClient, address: Address, metadata: dict[str, str]) -> None:
    if not client.object_replace_metadata(address.object_name(), metadata):
        raise absent(client, address)
