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

_COMMON = frozenset(
    (
        "a", "after", "an", "can", "do", "does", "for", "from", "how", "i", "in", "is", "it", "my",
        "of", "on", "or", "the", "to", "what", "with",
    )
)  # fmt: skip
"""Words that are in every page, which a question has beside those that matter."""


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


@dataclasses.dataclass(frozen=True)
class _Section:
    """A heading of a page with the lines from it on."""

    topic: str
    heading: str
    lines: list[str]

    def best_line(self, words: list[re.Pattern[str]]) -> str:
        """The first of the lines that hold most of these words."""
        return max(self.lines, key=lambda line: sum(word.search(line) is not None for word in words)).strip()


def topics() -> dict[str, Topic]:
    """All topics by name, in the order in which they are listed."""
    shipped = [_shipped(file) for file in _files(resources.files("obs_client").joinpath("docs"))]
    made = [Topic("commands", reference.ABOUT, reference.text), Topic("api", api.ABOUT, api.text)]
    every = {topic.name: topic for topic in sorted(shipped + made, key=lambda topic: topic.name)}
    first = {name: every[name] for name in FIRST if name in every}
    return first | every


def search(words: str) -> list[Found]:
    """Every line that holds all of these words; if there is none, a line of every section that holds all of them.

    The words may be in any order and in letters of either case, and are the beginnings of words in the pages.
    """
    wanted = [_beginning(word) for word in _telling(words.casefold().split())]
    sections = [section for topic in topics().values() for section in _sections(topic)]
    lines = [
        Found(each.topic, each.heading, line.strip())
        for each in sections
        for line in each.lines
        if all(word.search(line) for word in wanted)
    ]
    return lines or [
        Found(each.topic, each.heading, each.best_line(wanted))
        for each in sections
        if all(any(map(word.search, each.lines)) for word in wanted)
    ]


def _telling(words: list[str]) -> list[str]:
    """The words without common ones; all of them if there are no others."""
    return [word for word in (each.rstrip("?.,!") for each in words) if word and word not in _COMMON] or words


def _beginning(word: str) -> re.Pattern[str]:
    """What finds a word, or one that begins so; `_` and `-` are between words."""
    before = r"(?<![^\W_])" if word[:1].isalnum() else ""
    return re.compile(before + re.escape(word), re.IGNORECASE)


def _sections(topic: Topic) -> Iterator[_Section]:
    """The sections of a topic, each from its heading to the next."""
    section, code = _Section(topic.name, "", []), False
    for line in topic.text().splitlines():
        code ^= line.startswith("```")
        if line.startswith("#") and not code:
            yield section
            section = _Section(topic.name, line.lstrip("# "), [])
        section.lines.append(line)
    yield section


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
