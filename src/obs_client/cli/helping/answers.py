"""What `obs help` answers: the list of topics, a page, the lines that hold some words."""

from __future__ import annotations

import dataclasses
import itertools

from obs_client.cli import commands
from obs_client.cli.failures import NotThere, WrongUse
from obs_client.cli.helping import api, reference
from obs_client.cli.helping.pages import search, topics
from obs_client.cli.helping.showing import show
from obs_client.cli.settings import Settings
from obs_client.cli.text import count_text
from obs_client.cli.usage import meant

MANY = 20
"""Lines that are all shown; of more, only the first `EACH` of each page."""

EACH = 2

FURTHER = """
obs help TOPIC           shows one
obs help --search WORDS  shows the lines of all pages that hold them
obs help object_write    the library's documentation of a name
obs COMMAND --help       the options of a command"""


def topics_listed(settings: Settings) -> None:
    """List all topics."""
    for topic in topics().values():
        settings.result({"topic": topic.name, "about": topic.about}, f"{topic.name:18}{topic.about}")
    if not settings.json:
        settings.result({}, FURTHER)


def lines_with(settings: Settings, words: str) -> None:
    """The lines of all pages that hold these words, or lines of the sections that do."""
    found = search(words)
    short = len(found) > MANY and not (settings.json or settings.verbose)
    for topic, lines in itertools.groupby(found, lambda line: line.topic):
        every = list(lines)
        shown = every[:EACH] if short else every
        for line in shown:
            settings.result(dataclasses.asdict(line), f"{line.topic}, {line.heading}: {line.line}")
        if more := len(every) - len(shown):
            settings.result({}, f"{topic}: {count_text(more, 'more line')}")
    if short:
        settings.warn("more words find fewer lines; --verbose shows all")
    if not found:
        raise NotThere(f"no page holds {words!r}", "obs help lists all")


def page(name: str) -> None:
    """Show the page of this name; else the help of such a command, or what the library says of such a name."""
    every = topics()
    if name not in every and api.of(name) is None:
        name = name.lower()
    if name in every:
        show(every[name].text())
    elif name in commands.NAMES:
        show(reference.of(name))
    elif (said := api.of(name)) is not None:
        show(said)
    else:
        raise WrongUse(
            f"there is no page {name!r}{meant(name, [*every, *commands.NAMES])}",
            "obs help lists all; --search looks into them",
        )
