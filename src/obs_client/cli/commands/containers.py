"""The commands `mb` and `rb`."""

from __future__ import annotations

from functools import partial

import click

from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.options import json_lines, pass_settings, place, shared, yes
from obs_client.cli.settings import Settings
from obs_client.cli.several import each, store_is_up


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@json_lines
@shared
@pass_settings
def mb(settings: Settings, urls: tuple[str, ...]) -> None:
    """Make containers.

    One that is there already is left as it is. The container of a path is the directory itself; its parent must be
    there.
    """
    addresses = {url: _of_container(url, "folders need not be made") for url in urls}

    def make(address: Address) -> None:
        container = address.container_name()
        with address.client() as client:
            made = client.container_create(container)
        if made:
            settings.did("made", f"made {container}", name=container)
        else:
            settings.found({"type": "there", "name": container}, "")
            if not settings.json:
                settings.warn(f"{container} is there already")

    each(settings, {url: partial(make, address) for url, address in addresses.items()}, store_is_up)


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="Delete the objects in it first. Asks first.")
@yes
@json_lines
@shared
@pass_settings
def rb(settings: Settings, urls: tuple[str, ...], force: bool) -> None:
    """Remove containers."""
    settings.go_on = "what was deleted is gone; run the same command again to delete the rest"
    addresses = {url: _of_container(url, "obs rm removes objects") for url in urls}

    def remove(url: str, address: Address) -> None:
        container = address.container_name()
        with address.client() as client:
            if client.container_info(container) is None:
                raise NotThere(f"there is no container {container!r}", "")
            if force:
                settings.confirm(f"Delete the container {url} and all objects in it?")
            if not client.container_delete(container, force):
                raise Failure(f"the container {container!r} holds objects", "--force deletes them too")
        settings.did("removed", f"removed {container}", name=container)

    each(settings, {url: partial(remove, url, address) for url, address in addresses.items()}, store_is_up)


def _of_container(url: str, advice: str) -> Address:
    address = Address.of_container(url, advice)
    address.container_name()
    return address
