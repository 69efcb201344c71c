"""The command `url`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

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


class _Bound(NamedTuple):
    """What a URL is bound to beside its object."""

    content_type: str | None
    content_disposition: str | None
    size: int | None


@click.command()
@place("arguments", metavar="[get|put] URL", nargs=-1, required=True)
@click.option(
    "--expires",
    type=duration,
    metavar="TIME",
    default="1h",
    show_default=True,
    help="How long it is valid; at most 7d.",
)
@click.option("--content-type", metavar="TYPE", help="The content type of a GET's response; a PUT must send it.")
@click.option("--content-disposition", metavar="VALUE", help="Likewise, as 'attachment; filename=\"a.txt\"'.")
@click.option("--size", type=click.IntRange(0), help="Take a PUT of so many bytes only.")
@json_lines
@shared
@pass_settings
def url(
    settings: Settings,
    arguments: tuple[str, ...],
    expires: int,
    content_type: str | None,
    content_disposition: str | None,
    size: int | None,
) -> None:
    """Print a URL to GET or PUT an object without a login, for a time.

    The headers that a PUT must send are printed on stderr, or with --json.

    It is one to GET the object if neither is named. Whoever has it needs no credentials: hand it on with care. Nobody
    looks whether the object is there, unless the URL quotes something by %.
    """
    if not 1 <= expires <= WEEK:
        raise click.UsageError("--expires takes 1 second to 7 days")
    method, url = _parted(arguments)
    if size is not None and method == "get":
        raise click.UsageError("--size is for put")
    bound = _Bound(content_type, content_disposition, size)
    address = Address.parse(url)
    name = address.object_name()
    if address.url.scheme == "file":
        raise Failure(
            f"{url!r} is on this machine, and paths have no signed URLs",
            "storage URLs have them: s3://, swift://, azure://, gs://",
        )
    with address.client() as client:
        check_written(client, address)
        with _advised(url):
            signed = _signed(client, method, name, expires, bound)
    if not settings.json:
        for header, value in signed.headers.items():
            settings.warn(f"the PUT must carry the header {header}: {value}")
    told = {"url": signed, "expires_in_seconds": expires, "headers": dict(signed.headers)}
    settings.result({"type": "url", "method": method.upper(), **told}, signed)


@contextlib.contextmanager
def _advised(url: str) -> Iterator[None]:
    """What an option of the URL, or other credentials, would help against is a wrong use, and told as that."""
    try:
        yield
    except (obs_client.ConfigurationError, obs_client.NotSupportedError) as error:
        if _NEW_KEY in str(error):  # a text with an advice, whose "Temp-URL-Key: <secret>" is none
            raise WrongUse(str(error), f"here: {url.partition('?')[0]}?{_NEW_KEY}=true") from error
        if isinstance(error, obs_client.NotSupportedError) and "use credentials" not in str(error):
            raise
        raise WrongUse(without_secrets(str(error))) from error


def _signed(
    client: obs_client.ObjectStorageClient, method: str, name: str, seconds: int, bound: _Bound
) -> obs_client.SignedUrl:
    kind, disposition = bound.content_type, bound.content_disposition
    if method == "get":
        return client.object_generate_download_url(
            name, expires_in_seconds=seconds, content_type=kind, content_disposition=disposition
        )
    return client.object_generate_upload_url(
        name, expires_in_seconds=seconds, content_type=kind, content_disposition=disposition, size=bound.size
    )


def _parted(arguments: tuple[str, ...]) -> tuple[str, str]:
    """The method and the URL."""
    method, *urls = arguments if arguments[0] in _METHODS else ("get", *arguments)
    if len(urls) == 1:
        return method, urls[0]
    if len(urls) == 2 and method not in arguments:
        raise click.UsageError(f"{printable(arguments[0])} is neither get nor put")
    raise click.UsageError("missing argument 'URL'" if not urls else "give one URL")
