"""The command `test`: the conformance suite against stores of the user's own."""

from __future__ import annotations

import click

import obs_client
from obs_client.cli.options import pass_settings, place, shared
from obs_client.cli.settings import Settings
from obs_client.cli.stopping import patient

STOPPING = 60.0
"""Seconds in which the test at work ends, and what was made is removed, after Ctrl-C or SIGTERM."""


@click.command()
@place("urls", metavar="URL...", nargs=-1, required=True)
@click.option(
    "--server", metavar="NAME", help="The kind of an S3 server that does not identify itself: seaweedfs, swift or moto."
)
@click.option("-k", "patterns", metavar="TEXT", multiple=True, help="Only tests whose name holds this; repeatable.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    help="Processes that test a store with a server; the default is 4.",
)
@shared
@pass_settings
@click.pass_context
def test(
    context: click.Context,
    settings: Settings,
    urls: tuple[str, ...],
    server: str | None,
    patterns: tuple[str, ...],
    workers: int | None,
) -> None:
    """Prove that stores keep the contract.

    It leaves them as it found them. Takes storage URLs only, and `file:///some/root` is a root in which containers are
    made. With a container (and a prefix) in the URL nothing outside it is touched. Tests in which a server differs, as
    it is known to, are counted apart. Several processes test a store at the same time, each in a container of its own,
    or below a name of its own.
    """
    from obs_client.testing.run import main

    for url in urls:
        obs_client.StorageUrl.parse(url)
    settings.go_on = "what the suite made may be left in containers that it named at random"
    chosen = [word for pattern in patterns for word in ("-k", pattern)]
    named = ["--server", server] if server else []
    several = ["--workers", str(workers)] if workers else []
    with patient(STOPPING):
        context.exit(main([*urls, *named, *several, *chosen]))
