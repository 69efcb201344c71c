"""The group that all commands belong to, and the one place where exceptions become a line and an exit status."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any, NoReturn

import click

import obs_client
from obs_client.cli import commands
from obs_client.cli.failures import (
    ARGUMENTS,
    CLOSED_PIPE,
    Failure,
    HungUp,
    Interrupted,
    Terminated,
    failure_of,
    in_our_words,
)
from obs_client.cli.options import pass_settings, shared
from obs_client.cli.settings import Settings, flush
from obs_client.cli.stopping import Stopped, stoppable
from obs_client.cli.usage import Commands, wrong_use_in_one_line

_STOPS: dict[int, type[Failure]] = {signal.SIGINT: Interrupted, signal.SIGTERM: Terminated, signal.SIGHUP: HungUp}


class Group(Commands):
    """Loads a command when it is asked for; shows every failure as one line on stderr, with its exit status."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands."""
        return commands.NAMES

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of a name; None if there is none."""
        return commands.command(name)

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """Take the options before the command."""
        written = list(args)
        with wrong_use_in_one_line():
            made = super().make_context(info_name, args, *more, **extra)
        made.meta[ARGUMENTS] = written
        return made

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        from obs_client.cli.logs import logged  # not needed to show a help

        settings = context.ensure_object(Settings)
        try:
            with stoppable(), logged(settings), wrong_use_in_one_line():
                super().invoke(context)
                flush()
        except (click.ClickException, click.exceptions.Exit) as end:
            settings.show_cause(end)
            raise
        except BrokenPipeError:
            _leave_pipe()
        except Stopped as stop:
            notes = "".join(f"{in_our_words(note)}; " for note in getattr(stop, "__notes__", ()))
            raise _STOPS[stop.number](f"stopped; {notes}{_go_on(settings, notes)}") from None
        except Exception as error:
            settings.show_details(error)
            raise failure_of(error) from error


def _go_on(settings: Settings, notes: str) -> str:
    """What to do after a stop; where a note tells how the transfer continues, not also to run the command again."""
    return settings.go_on.partition("; run the same command again")[0] if "--resume" in notes else settings.go_on


def _leave_pipe() -> NoReturn:
    """Leave quietly, as a program does whose reader has gone."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise click.exceptions.Exit(CLOSED_PIPE)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@shared
@click.version_option(obs_client.__version__, prog_name="obs_client", message="%(prog)s %(version)s")
@pass_settings
def obs(settings: Settings) -> None:
    """Use any object storage, and directories, in the same way.

    \b
    Arguments are storage URLs or plain paths:
      s3://container/name                Amazon S3; another server with ?endpoint_url=https://...
      swift://container/name             OpenStack Swift
      https://host/v1/AUTH_x/container   OpenStack Swift at this storage URL
      azure://container/name             Azure Blob Storage
      gs://container/name                Google Cloud Storage
      notes/a.txt, /srv/docs             a file is an object, its directory the container
      file:///srv?container_name=docs    directories in /srv are containers
      memory:                            empty, and gone at the end: for trying out
      work://name                        a store that has this name (obs stores)

    A folder is all names that begin with it and a slash. In a URL write %3F for a ? and %25 for a % in a name.
    Credentials come from the environment, never from arguments; ?anonymous=true reads public data without any:

    \b
      s3      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_ENDPOINT_URL; profiles and roles as boto3
      swift   OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME, ..., OS_CLOUD, or ST_AUTH, ST_USER, ST_KEY
      azure   AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with a key or SAS token; logins as az
      gs      GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_CLOUD_PROJECT; logins as gcloud

    Results go to stdout, all else to stderr. Exit status: 0 done, 1 failed, 2 wrong use, 3 not there, 130 and 143
    stopped by Ctrl-C and SIGTERM. The documentation is in `obs help`.
    """
