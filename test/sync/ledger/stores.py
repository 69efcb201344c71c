"""Stores of which a ledger can be kept, for tests."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

from obs_client import LocalClient, MemoryClient
from obs_client.backend import ObjectInfo, Page, SubdirInfo
from obs_client.sync import Place
from obs_client.wrappers import prefixed
from test.sync.support import Thing, fill


class Known(MemoryClient):
    """A store in memory that is taken for one that any process can reach; its pages are counted."""

    def __init__(self, name: str) -> None:
        super().__init__("box")
        self.name = name
        self.pages = 0
        self.most: int | None = None
        self.container_create("box")

    def _location(self, container: str) -> tuple[Hashable, str]:
        return ("known", self.name), f"{container}/"

    def _object_list_some(self, *arguments: Any) -> Page[ObjectInfo | SubdirInfo]:
        self.pages += 1
        if self.most is not None and self.pages > self.most:
            raise KeyboardInterrupt
        return super()._object_list_some(*arguments)

    def _object_list(self, *arguments: Any) -> Page[ObjectInfo | SubdirInfo]:
        return self._object_list_some(*arguments, 1000)


def known(name: str, count: int = 0, content: bytes = b"x") -> Place:
    place = Place(Known(name), "box")
    fill(place, {f"n{number:05d}": Thing(content, {}) for number in range(count)})
    return place


def pages(*places: Place) -> int:
    """How many pages were listed since this was asked last."""
    count = 0
    for each in places:
        assert isinstance(each.client, Known)
        count += each.client.pages
        each.client.pages, each.client.most = 0, None
    return count


def stop_after(place: Place, count: int) -> None:
    assert isinstance(place.client, Known)
    place.client.most = count


def in_files(path: Path, count: int = 0) -> Place:
    """A store that lists any range for what it costs, and that other processes can reach."""
    client = LocalClient(path)
    path.mkdir(exist_ok=True)
    client.container_create("box")
    place = Place(prefixed(client, "p"), "box")
    fill(place, {f"{number % 3}/n{number:04d}": Thing(b"x" * (number % 9), {}) for number in range(count)})
    return place
