"""The pages of the documentation, their blocks, and how the examples in them are run.

A block of Python is run statement by statement. A comment at a statement's end is checked:

    client.object_read("x")              # b'meow'               the value
    client.object_read("y")              # raises ObjectNotFoundError
    print(entry.name, entry.size)        # cat.txt 4             the line that it printed

What follows a value after a colon is for readers. All other comments are not looked at.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "src/obs_client/docs"
README = ROOT / "README.md"
HOUSE = ROOT / ".github"


_VALUE = re.compile(r"^(?P<code>\S.*?)\s+# (?P<value>b'.*'|\{.*\}|\[.*\]|None|True|False)(: .*)?$")
_RAISES = re.compile(r"^(?P<code>\S.*?)\s+# raises (?P<error>\w+)(: .*)?$")
_PRINTS = re.compile(r"^\s*print\(.*\)\s+# (?P<line>.*)$")


def pages() -> list[Path]:
    """Every page: those that ship, the README, and those for who works on it."""
    return [README, *sorted(DOCS.rglob("*.md")), *sorted(HOUSE.glob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: str) -> str:
    """The text of a page that ships, by its path below `docs`."""
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(text: str, language: str = "python") -> list[str]:
    """The contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def run_blocks(found: Sequence[str], names: dict[str, Any] | None = None) -> str:
    """Run blocks as one program, check what its comments say, and give all that it printed."""
    names = {"__name__": "page"} if names is None else names
    return "".join(_run(statement, names) for block in found for statement in statements(block))


def promises(found: Sequence[str]) -> int:
    """How many statements have a comment that is checked."""
    kinds = (_VALUE, _RAISES, _PRINTS)
    every = [statement for block in found for statement in statements(block)]
    return sum(any(kind.match(statement.splitlines()[-1]) for kind in kinds) for statement in every)


def statements(block: str) -> Iterator[str]:
    """The top-level statements of a block, each with the comment at its end."""
    lines = block.splitlines()
    for node in ast.parse(block).body:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        yield "\n".join(lines[first - 1 : node.end_lineno])


def _run(statement: str, names: dict[str, Any]) -> str:
    if found := _PRINTS.match(statement.splitlines()[-1]):
        printed = _executed(statement, names)
        assert printed.splitlines() == [found["line"]], statement
        return printed
    if found := _VALUE.match(statement):
        assert eval(found["code"], names) == eval(found["value"]), statement
        return ""
    if found := _RAISES.match(statement):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the page says which one
            exec(found["code"], names)
        assert found["error"] in [kind.__name__ for kind in type(caught.value).__mro__], statement
        return ""
    return _executed(statement, names)


def _executed(statement: str, names: dict[str, Any]) -> str:
    output = io.StringIO()
    with redirect_stdout(output):
        exec(compile(statement, "page", "exec"), names)
    return output.getvalue()
