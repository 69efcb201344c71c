"""A store of more objects than fit on any disk, and what planning over it takes; run as a program of its own."""

from __future__ import annotations

import itertools
import resource
import sys
from pathlib import Path
from typing import Any

from obs_client import Capabilities, MemoryClient, ObjectInfo
from obs_client.backend.values import Page
from obs_client.client import ObjectStorageClient
from obs_client.sync import Place, plan_sync


class Many(MemoryClient):
    """Lists so many objects that it does not have, page by page."""

    count = 100_000
    ordered = True

    def _capabilities(self) -> Capabilities:
        return Capabilities(ordered_listing=self.ordered)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[Any]:
        first = int(marker or 0)
        end = min(first + 1000, self.count)
        return Page([self._entry(number) for number in range(first, end)], str(end) if end < self.count else None)

    def _entry(self, number: int) -> ObjectInfo:
        place = number if self.ordered else number * 7919 % self.count
        return ObjectInfo(f"some/folder/with/a/long/name/{place:030}", 8192, f"{place:032x}", None, None, 1.5e9)


def many(ordered: bool) -> Place:
    client: ObjectStorageClient = Many()
    client.__class__ = type("Client", (Many,), {"ordered": ordered})
    return Place(client, "box")


def growth(ordered: bool) -> tuple[int, float]:
    """How many steps a plan has, and MiB by which the process grows while it is made."""
    source, target = many(ordered), many(ordered)
    list(itertools.islice(source.objects(), 3))
    before = _peak()
    return sum(1 for _ in plan_sync(source, target)), _peak() - before


def _peak() -> float:
    """MiB that this program has needed at most; what the program before it in this process needed does not count."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
