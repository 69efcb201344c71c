"""Where things are: folders of few files, tests where one looks for them, and no test that leans on another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE, TESTS = ROOT / "src/obs_client", ROOT / "test"

MOST_FILES = 15

MIRRORS = {
    "": "contract",
    "backend": "backend",
    "_engine": "engine",
    "_http": "http",
    "_urls": "urls",
    "backends/s3": "s3",
    "backends/azure": "azure",
    "backends/swift": "swift",
    "backends/gcs": "gcs",
    "backends/local": "local",
    "probing": "probing",
    "sync": "sync",
    "cli": "cli",
    "aio": "adapters",
    "fsspec": "adapters",
    "django": "adapters",
    "testing": "testing",
    "wrappers": "wrappers",
}
"""The folder of tests for each room of the package."""

OTHERS = {
    "benchmarks": "programs that measure",
    "docs": "what the pages of the documentation promise",
    "faults": "promises that hold under faults, whatever the store",
    "field": "promises to what others run",
    "fuzz": "bytes from outside, as an adversary would send them",
    "loopback": "servers of a few lines, for single tests",
    "packaging": "what is built, installed and typed",
    "mutating": "which changes of the code no test sees",
    "servers": "real servers, and the tests of them",
}
"""Folders of tests that mirror no room, and what is in them."""


def _folders(top: Path) -> list[Path]:
    return [path for path in (top, *top.rglob("*")) if path.is_dir() and "__pycache__" not in path.parts]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


def _rooms(folder: Path) -> set[Path]:
    """The folders of modules right in a folder."""
    return {path for path in _folders(folder) if path.parent == folder and _has_modules(path)}


def _has_modules(folder: Path) -> bool:
    return any(path.suffix == ".py" for path in _files(folder))


@pytest.mark.parametrize("top", [SOURCE, TESTS], ids=["package", "tests"])
def test_a_folder_has_few_files(top: Path) -> None:
    full = {folder for folder in _folders(top) if len(_files(folder)) > MOST_FILES}
    assert sorted(full) == []


def test_each_room_of_the_package_has_its_folder_of_tests() -> None:
    rooms = _rooms(SOURCE) - {SOURCE / "backends"} | _rooms(SOURCE / "backends")
    assert {"", *(str(room.relative_to(SOURCE)) for room in rooms)} == set(MIRRORS)
    assert {room.name for room in _rooms(TESTS)} == {*MIRRORS.values(), *OTHERS}


def test_packages_are_packages() -> None:
    """A folder without `__init__.py` would not be installed, or its tests would hide others of the same name."""
    folders = [folder for folder in (*_folders(SOURCE), *_folders(TESTS)) if _has_modules(folder)]
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def _modules() -> list[Path]:
    return sorted(TESTS.rglob("*.py"))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\btest(?:\.\w+)+", node.value)  # a program, or an entry point


def _is_a_tests_module(name: str) -> bool:
    return any(part.startswith("test_") or part == "conftest" for part in name.split("."))


@pytest.mark.slow
def test_no_test_module_is_imported() -> None:
    """What several need is in a module of its own, or a fixture in `conftest.py`."""
    leaning = {
        path: names
        for path in _modules()
        if (names := {name for name in _imported(path) if name.startswith("test.") and _is_a_tests_module(name)})
    }
    assert leaning == {}


def _tests_of(path: Path) -> list[str]:
    """The functions and classes of a module that pytest takes for tests, by their names."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    named = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [name for name in named if name.startswith(("test_", "Test"))]


@pytest.mark.slow
def test_tests_are_in_modules_that_are_collected_and_nowhere_else() -> None:
    for path in _modules():
        assert bool(_tests_of(path)) == path.name.startswith("test_"), path
