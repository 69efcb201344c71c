"""The command `obs test`: the conformance suite against stores of the user's own."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("urls", nargs=-1, required=True)
def test(urls: tuple[str, ...]) -> None:
    """Prove that stores keep the contract; leaves them as it found them."""
    from obs_client.testing.run import main

    sys.exit(main(list(urls)))
