"""The command `url`."""

from __future__ import annotations

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, WrongUse, without_secrets
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings
from obs_client.cli.text import duration, printable
from obs_client.cli.written import check_written

WEEK = 7 * 24 * 3600

_METHODS = ("get", "put")

_NEW_KEY = "create_temp_url_key"


@click.command()
@place("arguments", metavar="[get|put] URL", nargs=-1, required=True)
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
def url(settings: Settings, arguments: tuple[str, ...], expires: int) -> None:
    """Print a URL to GET or PUT an object without a login, for a time.

    It is one to GET the object if neither is named. Whoever has it needs no credentials: hand it on with care. Nobody
    looks whether the object is there, unless the URL quotes something by %.
    """
    if not 1 <= expires <= WEEK:
        raise click.UsageError("--expires takes 1 second to 7 days")
    method, url = _parted(arguments)
    address = Address.parse(url)
    name = address.object_name()
    if address.url.scheme == "file":
        raise Failure(f"{url!r} is on this machine, and paths have no signed URLs", "s3:// and swift:// have them")
    with address.client() as client:
        check_written(client, address)
        sign = client.object_generate_download_url if method == "get" else client.object_generate_upload_url
        try:
            signed = sign(name, expires_in_seconds=expires)
        except obs_client.ConfigurationError as error:
            if _NEW_KEY in str(error):  # a text with an advice, whose "Temp-URL-Key: <secret>" is none
                raise WrongUse(str(error), f"here: {url.partition('?')[0]}?{_NEW_KEY}=true") from error
            raise WrongUse(without_secrets(str(error))) from error
    settings.result({"type": "url", "method": method.upper(), "url": signed, "expires_in_seconds": expires}, signed)


def _parted(arguments: tuple[str, ...]) -> tuple[str, str]:
    """The method and the URL."""
    method, *urls = arguments if arguments[0] in _METHODS else ("get", *arguments)
    if len(urls) == 1:
        return method, urls[0]
    if len(urls) == 2 and method not in arguments:
        raise click.UsageError(f"{printable(arguments[0])} is neither get nor put")
    raise click.UsageError("missing argument 'URL'" if not urls else "give one URL")
