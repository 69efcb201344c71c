"""The commands `mb` and `rb`."""

from __future__ import annotations

import click

from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.options import pass_settings, shared, yes
from obs_client.cli.settings import Settings


@click.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@shared
@pass_settings
def mb(settings: Settings, urls: tuple[str, ...]) -> None:
    """Make containers; one that is there already is left as it is.

    The container of a path is the directory itself; its parent must be there.
    """
    for url in urls:
        address = Address.of_container(url)
        container = address.container_name()
        with address.client() as client:
            made = client.container_create(container)
        settings.note(f"made {container}" if made else f"{container} is there already")


@click.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="Delete the objects in it first. Asks first.")
@yes
@shared
@pass_settings
def rb(settings: Settings, urls: tuple[str, ...], force: bool) -> None:
    """Remove containers."""
    settings.go_on = "what was deleted is gone; run the same command again to delete the rest"
    for url in urls:
        address = Address.of_container(url)
        container = address.container_name()
        with address.client() as client:
            if client.container_info(container) is None:
                raise NotThere(f"there is no container {container!r}", "")
            if force:
                settings.confirm(f"Delete the container {url} and all objects in it?")
            if not client.container_delete(container, force):
                raise Failure(f"the container {container!r} holds objects", "--force deletes them too")
        settings.note(f"removed {container}")
