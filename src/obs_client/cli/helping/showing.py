"""How a page is shown: on a terminal laid out and paged, elsewhere as it is written."""

from __future__ import annotations

import re
import sys

import click

WIDTH = 100
"""Columns at most, on a terminal however wide."""


def show(text: str) -> None:
    """Show a page."""
    text = as_commands(text)
    if sys.stdout.isatty():
        click.echo_via_pager(_laid_out(text))
    else:
        click.echo(text, nl=False)


def as_commands(text: str) -> str:
    """A page in which links to others are the commands that show them, and links elsewhere are addresses."""
    text = re.sub(r"\[([^]]+)\]\((?:[\w.]+/)*(\w+)\.md(?:#[\w-]*)?\)", _other_page, text)
    return re.sub(r"\[([^]]+)\]\((https?://[^)]+)\)", r"\1 (\2)", text)


def _other_page(link: re.Match[str]) -> str:
    return f"{link[1]} (`obs help {link[2]}`)"


def _laid_out(text: str) -> str:
    from rich.console import Console

    from obs_client.cli.helping.layout import Page

    console = Console(force_terminal=True)
    console.width = min(console.width, WIDTH)
    with console.capture() as capture:
        console.print(Page(text, hyperlinks=False))
    return capture.get()
