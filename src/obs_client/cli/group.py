"""The group that all commands belong to, and the one place where errors become a line and an exit status."""

from __future__ import annotations

import sys
from typing import Any

import click

import obs_client

FAILED = 1
NOT_THERE = 3


class Group(click.Group):
    """Shows a failure as one line on stderr, without a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(context)
        except obs_client.NotFoundError as error:
            _fail(error, NOT_THERE)
        except obs_client.ConfigurationError as error:
            raise click.UsageError(str(error)) from error
        except (obs_client.ObjectStorageClientError, OSError, ValueError) as error:
            _fail(error, FAILED)


def _fail(error: Exception, status: int) -> None:
    click.echo(f"obs: {printable(str(error))}", err=True)
    sys.exit(status)


def printable(text: str) -> str:
    """Text for a terminal: control characters are shown escaped, so that a name cannot steer it."""
    return "".join(char if char.isprintable() or char == " " else repr(char)[1:-1] for char in text)


@click.group(cls=Group)
@click.version_option(obs_client.__version__, prog_name="obs_client", message="%(prog)s %(version)s")
def obs() -> None:
    """Look into and use any object storage by its URL.

    A URL names a store, a container in it and an object or prefix: file:///srv/store?container_name=docs
    """
