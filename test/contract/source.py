"""The package's source as data: its modules, what they import of each other, and the names that they define."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
PACKAGE = "obs_client"


@dataclass(frozen=True, eq=False)
class Module:
    """One module.

    Attributes:
        name: With the package's.
        package: The package that relative imports begin at: itself, if it is one.
    """

    name: str
    package: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The part of the package that it is in: a module at the top, a folder, or one store."""
        return room_of(self.name)


@functools.cache
def modules() -> dict[str, Module]:
    """All modules of the package, by their names."""
    return {name: _read(name, path) for name, path in _paths().items()}


def names_of_modules() -> list[str]:
    """The names alone, for which nothing is read."""
    return list(_paths())


def _paths() -> dict[str, Path]:
    return {_name(path): path for path in sorted((SOURCE / PACKAGE).rglob("*.py"))}


def _name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(name: str, path: Path) -> Module:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return Module(name, package, ast.parse(path.read_text(encoding="utf-8")))


def room_of(name: str) -> str:
    """The room of a module by its name: `backends.s3` and so on for the stores, else what comes after `obs_client`."""
    parts = name.split(".")[1:]
    return ".".join(parts[:2] if parts[:1] == ["backends"] else parts[:1])


@functools.cache
def imports(module: Module) -> frozenset[str]:
    """The modules of the package that one imports, anywhere in it: in a function, or for type checkers only, too."""
    found = {name for statement in _statements(module.tree) for name in _named(statement, module.package)}
    return frozenset(found & set(modules()))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements in one, however deep; to look into their expressions too, which import nothing, takes long."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(node, field, ()):
            yield inner
            yield from _statements(inner)


def _named(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = _start(node, package)
        for alias in node.names:
            inner = f"{start}.{alias.name}"
            yield inner if inner in modules() else start


def _start(node: ast.ImportFrom, package: str) -> str:
    """The module that a `from` names, whole."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def defined(module: Module) -> list[str]:
    """The names without an underscore that a module defines itself, sorted."""
    names = {name for node in module.tree.body for name in _defined(node) if not name.startswith("_")}
    return sorted(names)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.AnnAssign):
        yield from (found.id for found in ast.walk(node.target) if isinstance(found, ast.Name))
    elif isinstance(node, ast.Assign):
        yield from (found.id for target in node.targets for found in ast.walk(target) if isinstance(found, ast.Name))
