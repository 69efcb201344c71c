"""The pictures of the README: `python -m test.docs.picture` makes a terminal and the badges, from what is tested.

The terminal shows examples of the command's tour, which another test runs on real servers; the badges show what
`setup.py` says. Both are SVG without scripts, fonts or links.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from test.docs.console import Example, examples
from test.docs.pages import DOCS, ROOT, blocks, text_of

SHOWN = (
    "obs put notes.txt swift://album/ --meta author=ada --language en",
    "obs ls -lh -r swift://album",
    "obs info swift://album/notes.txt",
    "obs du -h swift://album",
)
"""The examples of the terminal."""

LINE, LETTER, EDGE = 19, 8.1, 16
"""Points: the height of a line, the width of a letter, and the space around."""

FONT = "font-family='ui-monospace,SFMono-Regular,Menlo,Consolas,monospace' font-size='13.5'"


def pictures() -> Mapping[Path, str]:
    """The text of each picture by its path."""
    return {DOCS / "pictures/terminal.svg": terminal(), DOCS / "pictures/badges.svg": badges()}


def terminal() -> str:
    """A terminal with the examples and what they print."""
    lines = list(_lines())
    width = max(len(line) for line in lines) * LETTER + 2 * EDGE
    height = (len(lines) + 2) * LINE + EDGE
    dots = "".join(f"<circle cx='{20 + 18 * place}' cy='18' r='5.5' fill='#4b5563'/>" for place in range(3))
    rows = "".join(_row(line, (place + 2) * LINE + 8) for place, line in enumerate(lines))
    return _svg(width, height, f"<rect width='100%' height='100%' rx='8' fill='#111827'/>{dots}", rows)


def _lines() -> Iterator[str]:
    found = {example.line: example.shown for example in _tour()}
    for line in SHOWN:
        yield f"$ {line}"
        yield from found[line].splitlines()


def _tour() -> Iterator[Example]:
    for block in blocks(text_of("command.md"), "console"):
        yield from examples(block)


def _row(line: str, height: float) -> str:
    colour = "#f9fafb" if line.startswith("$ ") else "#9ca3af"
    return f"<text x='{EDGE}' y='{height}' fill='{colour}' xml:space='preserve'>{escape(line)}</text>\n"


def badges() -> str:
    """What the package is, a field for each."""
    place, drawn = 0.0, []
    for name, value in _facts().items():
        left, right = (len(text) * 6.6 + 14 for text in (name, value))
        drawn += [
            f"<rect x='{place:.0f}' width='{left:.0f}' height='20' fill='#4b5563'/>",
            f"<rect x='{place + left:.0f}' width='{right:.0f}' height='20' fill='#047857'/>",
            f"<text x='{place + 7:.0f}' y='14'>{name}</text><text x='{place + left + 7:.0f}' y='14'>{value}</text>\n",
        ]
        place += left + right + 6
    return _svg(
        place - 6, 20, "<g font-size='11' fill='#fff' font-family='Verdana,DejaVu Sans,sans-serif'>", *drawn, "</g>"
    )


def _facts() -> Mapping[str, str]:
    setup = _setup()
    versions = re.findall(r"Python :: 3\.(\d+)", " ".join(setup["classifiers"]))
    systems = re.findall(r"Operating System :: (MacOS|POSIX)", " ".join(setup["classifiers"]))
    assert sorted(systems) == ["MacOS", "POSIX"]
    assert "Typing :: Typed" in setup["classifiers"]
    return {
        "Python": f"3.{versions[0]} to 3.{versions[-1]}",
        "runs on": "Linux, macOS",
        "types": "mypy --strict, pyright --verifytypes",
        "licence": setup["license_expression"],
    }


def _setup() -> Mapping[str, Any]:
    """The literal arguments of `setup`."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "setup"]
    literals = (ast.Constant, ast.List)
    return {
        str(each.arg): ast.literal_eval(each.value) for each in calls[0].keywords if isinstance(each.value, literals)
    }


def _svg(width: float, height: float, *drawn: str) -> str:
    size = f"width='{width:.0f}' height='{height:.0f}' viewBox='0 0 {width:.0f} {height:.0f}'"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size} {FONT}>\n{''.join(drawn)}</svg>\n"


if __name__ == "__main__":
    for path, text in pictures().items():
        path.write_text(text, encoding="utf-8")
        print(path)
