"""Which tests of a module are left out, as its text tells: to load it, and what it loads, takes longer than many tests.

A test that takes a fixture of servers, itself or through other fixtures, has the mark `server`; `slow` and `full` are
written above it. What is not told by the text of the module and of the `conftest.py` above it is not left out here,
but by pytest, when it has the tests.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

STARTS = "starts_servers"
ROOT = Path(__file__).parent

_OF_ALL = re.compile(r"^pytestmark = (?:\[\n.*?^\]|.*?$)", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"pytest\.mark\.(\w+)")
_TOP = re.compile(
    r"^(?:@pytest\.mark\.(?P<mark>\w+)(?:\(\s*(?P<first>\"[^\"]*\"|\([^()]*\)))?"
    r"|(?:async )?def (?P<function>\w+)\((?P<arguments>[^()]*)\)"
    r"|(?P<other>(?:class|(?:async )?def|if|for|try|with) .*))",
    re.MULTILINE,
)
_NO_TEST = re.compile(r"(?:class|(?:async )?def) (?!.*[Tt]est)")
_NAME = re.compile(r"\w+")
_ARGUMENT = re.compile(r"(\w+): ")


class Function(NamedTuple):
    """A function of a module: its arguments, but for those that it is parametrized by, and the marks above it."""

    arguments: frozenset[str]
    marks: frozenset[str]


class Module(NamedTuple):
    """What the text of a module tells: the marks of all its tests, its functions, and whether there may be more."""

    marks: frozenset[str]
    functions: dict[str, Function]
    has_more: bool


@functools.cache
def is_left_out(path: Path, marks: frozenset[str]) -> bool:
    """Whether all tests of a module are left out with these marks."""
    module = read(path)
    if module.marks & marks:
        return True
    tests = {name for name in module.functions if name.startswith("test")}
    return bool(tests) and not module.has_more and tests <= left_out(path, marks)


@functools.cache
def left_out(path: Path, marks: frozenset[str]) -> frozenset[str]:
    """The names of the tests of a module that are left out with these marks, if they are functions of the module."""
    tests = {name: function for name, function in read(path).functions.items() if name.startswith("test")}
    return frozenset(name for name, function in tests.items() if _marks_of(function, path) & marks)


@functools.cache
def read(path: Path) -> Module:
    """What the text tells."""
    text = path.read_text(encoding="utf-8")
    of_all = _OF_ALL.search(text)
    functions: dict[str, Function] = {}
    marks: set[str] = set()
    parametrized: set[str] = set()
    has_more = False
    for found in _TOP.finditer(text):
        if found["mark"]:
            marks.add(found["mark"])
            parametrized.update(_NAME.findall(found["first"] or "") if found["mark"] == "parametrize" else ())
            continue
        if found["function"]:
            arguments = frozenset(_ARGUMENT.findall(found["arguments"])) - parametrized
            functions[found["function"]] = Function(arguments, frozenset(marks))
        has_more = has_more or bool(found["other"] and not _NO_TEST.match(found["other"]))
        marks.clear()
        parametrized.clear()
    of_module = set(_MARK.findall(of_all[0])) | ({"server"} if STARTS in of_all[0] else set()) if of_all else set()
    return Module(frozenset(of_module), functions, has_more)


def _marks_of(function: Function, path: Path) -> frozenset[str]:
    return function.marks | ({"server"} if any(_starts(name, path) for name in function.arguments) else set())


@functools.cache
def _starts(name: str, path: Path) -> bool:
    """Whether a fixture that a module sees starts servers; a fixture that takes its own name means that above it."""
    for place in _places(path):
        fixture = read(place).functions.get(name)
        if fixture is None:
            continue
        above = place.parent.parent / "conftest.py" if place.name == "conftest.py" else place.with_name("conftest.py")
        return name == STARTS or any(_starts(each, above if each == name else path) for each in fixture.arguments)
    return False


@functools.cache
def _places(path: Path) -> list[Path]:
    folders = [path.parent, *path.parent.parents]
    conftests = [folder / "conftest.py" for folder in folders[: folders.index(ROOT) + 1]]
    return [place for place in dict.fromkeys([path, *conftests]) if place.exists()]
