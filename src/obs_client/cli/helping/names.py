"""The public modules of the library, and the names that each of them shows."""

from __future__ import annotations

import functools
import pkgutil
from importlib import import_module
from types import ModuleType

FIRST = (
    "obs_client",
    "obs_client.sync",
    "obs_client.aio",
    "obs_client.wrappers",
    "obs_client.stores",
    "obs_client.testing",
    "obs_client.backend",
)
"""The modules that most programs import from, in the order in which they are shown; all others follow."""

HIDDEN = ("obs_client.__main__", "obs_client.backends", "obs_client.cli")
"""The command, and the rooms of the stores, whose clients `obs_client` shows."""


@functools.cache
def modules() -> tuple[str, ...]:
    """The names of all public modules whose packages are installed."""
    every = [f"obs_client.{found.name}" for found in pkgutil.iter_modules(import_module("obs_client").__path__)]
    public = [name for name in every if name not in (*FIRST, *HIDDEN) and not name.startswith("obs_client._")]
    return tuple(name for name in (*FIRST, *public) if _loaded(name) is not None)


def names(module: str) -> list[tuple[str, object]]:
    """The names that a module shows, with their values: its `__all__`, or without one what it defines itself."""
    found = import_module(module)
    own = [name for name, value in vars(found).items() if _is_own(name, value, module)]
    shown = getattr(found, "__all__", own)
    return [(name, getattr(found, name)) for name in sorted(shown) if not name.startswith("_")]


def _loaded(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:  # its extra is not installed
        return None


def _is_own(name: str, value: object, module: str) -> bool:
    return getattr(value, "__module__", None) == module or (name.isupper() and type(value) in (str, int, float))
