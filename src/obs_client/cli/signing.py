"""The command `url`."""

from __future__ import annotations

import click

from obs_client.cli.address import Address
from obs_client.cli.options import json_lines, pass_settings, shared
from obs_client.cli.settings import Settings
from obs_client.cli.text import duration

WEEK = 7 * 24 * 3600


@click.command()
@click.argument("method", type=click.Choice(["get", "put"]))
@click.argument("url")
@click.option(
    "--expires",
    type=duration,
    metavar="TIME",
    default="1h",
    show_default=True,
    help="How long it works; 7d at the most.",
)
@json_lines
@shared
@pass_settings
def url(settings: Settings, method: str, url: str, expires: int) -> None:
    """Print a signed URL by which anybody can GET or PUT one object for a time.

    Whoever has it needs no credentials: hand it on with care. Nobody looks whether the object is there.
    """
    if not 1 <= expires <= WEEK:
        raise click.UsageError("--expires takes 1 second to 7 days")
    address = Address.parse(url)
    name = address.object_name()
    with address.client() as client:
        sign = client.object_generate_download_url if method == "get" else client.object_generate_upload_url
        signed = sign(name, expires_in_seconds=expires)
    settings.result({"type": "url", "method": method.upper(), "url": signed, "expires_in_seconds": expires}, signed)
