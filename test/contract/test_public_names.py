"""What users may rely on: the modules without an underscore on their path, and the names that each of them has."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from test.contract.source import defined, modules, names_of_modules

TABLE = Path(__file__).with_name("public_names.txt")
"""For each module a block: its name, and below it those of what is in it."""

CLOSED = (
    "obs_client.aio",
    "obs_client.backend",
    "obs_client.backends",
    "obs_client.cli",
    "obs_client.fsspec",
    "obs_client.django",
    "obs_client.probing",
    "obs_client.sync",
    "obs_client.testing",
    "obs_client.wrappers",
)
"""Rooms of which only what the package itself shows is a promise; the modules in them are the room's own."""

DOORS = ("obs_client", "obs_client.backend")


def _listed() -> dict[str, list[str]]:
    blocks = TABLE.read_text(encoding="utf-8").split("\n\n")
    return {module: names for module, *names in map(str.split, blocks)}


def _is_public(name: str) -> bool:
    hidden = any(part.startswith("_") for part in name.split("."))
    return not hidden and not any(name.startswith(f"{room}.") for room in CLOSED)


def _shown(name: str) -> list[str]:
    """The names that a module promises: its `__all__`, or without one what it defines itself."""
    named = getattr(import_module(name), "__all__", None)
    return sorted(named if named is not None else defined(modules()[name]))


@pytest.mark.parametrize("name", sorted({*_listed(), *filter(_is_public, names_of_modules())}))
def test_a_public_module_has_the_names_that_are_listed(name: str) -> None:
    assert name in _listed(), "not listed: give its path an underscore, or promise its names in public_names.txt"
    assert name in modules(), "listed, but not there"
    assert _shown(name) == _listed()[name]


@pytest.mark.parametrize("name", sorted(filter(_is_public, names_of_modules())))
def test_what_a_module_shows_is_there(name: str) -> None:
    module = import_module(name)
    for shown in _shown(name):
        assert getattr(module, shown) is not None


def test_closed_rooms_are_rooms() -> None:
    for room in CLOSED:
        assert [name for name in modules() if name.startswith(f"{room}.")]
        assert room == "obs_client.backends" or _shown(room)


@pytest.mark.parametrize("door", DOORS)
def test_public_names_are_those_that_type_checkers_see(door: str) -> None:
    module = import_module(door)
    guard = next(node for node in modules()[door].tree.body if isinstance(node, ast.If))
    seen = {
        str(alias.asname): (str(node.module), alias.name)
        for node in guard.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(seen) == set(module.__all__) - {"__version__"}
    for name, (home, own_name) in seen.items():
        assert getattr(module, name) is getattr(import_module(home), own_name)
    assert set(dir(module)) == set(module.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        module.no_such_name  # noqa: B018 - the access is the test
