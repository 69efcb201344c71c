"""The commands `transfers list`, `transfers resume` and `transfers abandon`."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import click

from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.options import json_lines, limits, pass_settings, shared
from obs_client.cli.settings import Settings
from obs_client.cli.several import each
from obs_client.cli.text import printable, size_text
from obs_client.cli.usage import Commands

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from obs_client.transfers import Transfer

_SHORT = 8
"""Characters of an id that are shown; as many as tell it from the others are enough."""


def _ids(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(each.id[:_SHORT]) for each in _all() if each.id.startswith(incomplete)]


class Transfers(Commands):
    """Lists the transfers where no command is given."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Take the arguments."""
        only_options = all(each.startswith("-") and each not in ("-h", "--help") for each in arguments)
        if only_options and not context.resilient_parsing:
            arguments = ["list", *arguments]
        return super().parse_args(context, arguments)


@click.group(cls=Transfers)
def transfers() -> None:
    """Show and end transfers that did not end.

    Without a command it lists them. `put`, `get` and `cp` note what they have moved of an object from 1 GiB on, or with
    --resume; the same command goes on with it. It is noted in the state folder, or in the one that OBS_TRANSFERS names.
    After a week stores may have dropped what was sent.
    """


@transfers.command(name="list")
@json_lines
@shared
@pass_settings
def list_transfers(settings: Settings) -> None:
    """List the transfers, the oldest first."""
    found = _all()
    if not found:
        settings.note("no transfer was broken off")
    for each_one in found:
        settings.result(_record(each_one), _line(each_one))


@transfers.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...", shell_complete=_ids)
@json_lines
@limits
@shared
@pass_settings
@click.pass_context
def resume(context: click.Context, settings: Settings, ids: tuple[str, ...]) -> None:
    """Go on with transfers, by the commands that began them; the first characters of an ID are enough."""
    from obs_client.cli import commands

    settings.go_on = "what was moved is kept; run the same command again"

    def go_on(transfer_id: str) -> None:
        found = _one(transfer_id)
        if not found.command:
            raise Failure(f"{found.place} was begun by a program", "the same call with resume=True goes on with it")
        name, *words = found.command
        command = commands.command(name)
        assert command is not None
        with command.make_context(name, list(words), parent=context) as made:
            command.invoke(made)

    each(settings, {transfer_id: partial(go_on, transfer_id) for transfer_id in ids}, lambda _id, _error: True)


@transfers.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...", shell_complete=_ids)
@click.option("--url", metavar="URL", help="Of the store written to, for what a program began.")
@json_lines
@shared
@pass_settings
def abandon(settings: Settings, ids: tuple[str, ...], url: str | None) -> None:
    """End transfers for good: remove what was moved, and what is noted of it. No object and no other file is touched.

    The first characters of an ID are enough.
    """
    settings.go_on = "run the same command again for what is left"

    def end(transfer_id: str) -> None:
        _abandon(_one(transfer_id), url)
        settings.did("abandoned", transfer_id, id=transfer_id)

    each(settings, {transfer_id: partial(end, transfer_id) for transfer_id in ids}, lambda _id, _error: True)


def _abandon(found: Transfer, url: str | None) -> None:
    from obs_client import transfers as library

    if found.what == "download":
        library.forget(found.id)
        return
    where = url or (found.command[-1] if found.command else None)
    if where is None:
        raise Failure(f"{found.place} was begun by a program", "--url names its store; or cleanup removes it in a week")
    with Address.parse(where).client() as client:
        library.forget(found.id, client)


def _all() -> list[Transfer]:
    from obs_client import transfers as library

    return library.read_transfers()


def _one(transfer_id: str) -> Transfer:
    found = [each_one for each_one in _all() if each_one.id.startswith(transfer_id)]
    if not found:
        raise NotThere(f"there is no transfer {transfer_id!r}", "obs transfers lists them")
    if len(found) > 1:
        raise Failure(f"{len(found)} transfers begin with {transfer_id!r}", "give more of the ID")
    return found[0]


def _record(found: Transfer) -> dict[str, object]:
    return {
        "type": "transfer", "id": found.id, "what": found.what, "begun": found.begun, "place": found.place,
        "path": found.path, "size": found.size, "moved": found.moved, "in_use": found.in_use, "who": found.who,
        "command": list(found.command),
    }  # fmt: skip


def _line(found: Transfer) -> str:
    begun = dt.datetime.fromtimestamp(found.begun, dt.UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
    moved = f"{size_text(found.moved, human=True)} of {size_text(found.size, human=True)}"
    way = f"{found.path} -> {found.place}" if found.what != "download" else f"{found.place} -> {found.path}"
    state = f"  ({found.who} is at it)" if found.in_use else ""
    return f"{found.id[:_SHORT]}  {begun}  {found.what:8}  {moved:>22}  {printable(way)}{state}"
