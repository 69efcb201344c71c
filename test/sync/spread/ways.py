"""Two places, by either way in which a sync is spread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from obs_client import LocalClient
from obs_client.sync import Place
from obs_client.wrappers import prefixed
from test.sync.support import Thing, fill

Ways = tuple[Place, Place]


def by_their_steps(path: Path) -> Ways:
    """Two stores in files, whose steps are planned in one place."""
    return place(LocalClient(path / "one", "box")), place(LocalClient(path / "two", "box"))


def in_ranges(path: Path) -> Ways:
    """Two stores that list any range for what it costs."""
    stores = (prefixed(LocalClient(path / each, "box"), "p") for each in ("one", "two"))
    one, two = map(place, stores)
    return one, two


def place(client: Any) -> Place:
    client.container_create("box")
    return Place(client, "box")


def filled(ways: Callable[[Path], Ways], path: Path) -> Ways:
    source, target = ways(path)
    fill(source, {f"{number % 3}/n{number:03d}": Thing(b"x" * number, {}) for number in range(100)})
    fill(target, {f"{number % 3}/old{number}": Thing(b"y", {}) for number in range(20)})
    fill(target, {"0/n000": Thing(b"other", {})})
    return source, target
