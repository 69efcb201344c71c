"""The reference of the command, made from the command."""

from __future__ import annotations

from collections.abc import Iterator

import click

ABOUT = "Every command with its options"

WIDTH = 100
"""Columns of a help in the reference."""

_WIDTHS = {"max_content_width": WIDTH, "terminal_width": WIDTH}


def text() -> str:
    """Every command's help, one under the other, in Markdown."""
    return "\n\n".join((f"# Commands\n\n{ABOUT}, made from the program itself.", *_parts(*_top()))) + "\n"


def of(name: str) -> str:
    """The help of one command, in Markdown."""
    group, top = _top()
    return "\n\n".join(_parts(*_within(group, top, name))) + "\n"


def _top() -> tuple[click.Group, click.Context]:
    from obs_client.cli.group import obs  # which knows the command `help`, and so this module

    return obs, click.Context(obs, info_name="obs", **{**obs.context_settings, **_WIDTHS})


def _within(group: click.Group, context: click.Context, name: str) -> tuple[click.Command, click.Context]:
    found = group.get_command(context, name)
    assert found is not None
    return found, click.Context(found, info_name=name, parent=context, **found.context_settings)


def _parts(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n\n```\n{command.get_help(context).strip()}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _parts(*_within(command, context, name))
