"""The topics of `obs help`, and a search through them."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from obs_client.cli.helping import api, reference

FIRST = ("quickstart", "contract", "connections", "command", "sync", "migration")
"""The topics that are listed first; all others follow by name."""


@dataclasses.dataclass(frozen=True)
class Topic:
    """A page: its name, what it is about in one line, and how its text is made, in Markdown."""

    name: str
    about: str
    text: Callable[[], str]


@dataclasses.dataclass(frozen=True)
class Found:
    """A line of a page that holds what was searched for, and the heading that it is under."""

    topic: str
    heading: str
    line: str


def topics() -> dict[str, Topic]:
    """All topics by name, in the order in which they are listed."""
    shipped = [_shipped(file) for file in _files(resources.files("obs_client").joinpath("docs"))]
    made = [Topic("commands", reference.ABOUT, reference.text), Topic("api", api.ABOUT, api.text)]
    every = {topic.name: topic for topic in sorted(shipped + made, key=lambda topic: topic.name)}
    first = {name: every[name] for name in FIRST if name in every}
    return first | every


def search(words: str) -> Iterator[Found]:
    """Every line of every topic that holds all of these words, in any order, and in letters of either case."""
    for topic in topics().values():
        yield from _found_in(topic, words.casefold().split())


def _found_in(topic: Topic, wanted: list[str]) -> Iterator[Found]:
    heading, code = "", False
    for line in topic.text().splitlines():
        code ^= line.startswith("```")
        if line.startswith("#") and not code:
            heading = line.lstrip("# ")
        if all(word in line.casefold() for word in wanted):
            yield Found(topic.name, heading, line.strip())


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry)
        elif entry.name.endswith(".md"):
            yield entry


def _shipped(file: Traversable) -> Topic:
    text = functools.partial(file.read_text, encoding="utf-8")
    return Topic(file.name.removesuffix(".md"), about(text()), text)


def about(text: str) -> str:
    """What a page is about: the first sentence after its title, without marks."""
    paragraph = text.split("\n\n")[1].replace("\n", " ")
    sentence = re.split(r"(?<=[.:])\s", paragraph)[0].rstrip(":.")
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", sentence).replace("`", "")
