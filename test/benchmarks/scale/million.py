"""Growth of memory, and CPU time a name, of sync and check of 10^6 names: `python -m test.benchmarks.scale.million`.

The names are made up as they are listed, equal on both sides; or every tenth is missing in the target, and is copied to
nowhere.
"""

from __future__ import annotations

import bisect
import dataclasses
import hashlib
import sys
import time
from typing import Any

from obs_client import MemoryClient, ObjectInfo
from obs_client.backend import Body, NewObject, ObjectReader, Page
from obs_client.models import Capabilities
from obs_client.sync import Place, SyncOptions, check
from test.benchmarks.measuring import growth
from test.benchmarks.scale.splitting import Names, flat

GOAL = 64
RATIO = 1.2
PAGE = 1000
CONTENT = bytes(4097)
"""Not a multiple of 32: of such sizes an MD5 may be that of segments, and the stores would be asked."""
CONTENT_OF = "the content of all"
TAG = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()

WAYS = {
    "sync, all equal": "assert sync(source, target).skipped == COUNT",
    "sync, a tenth to copy": "assert sync(source, lacking).copied == COUNT // 10",
    "sync by content, all equal": "assert sync(source, target, SyncOptions(checksum=True)).skipped == COUNT",
    "sync by 2 processes": "assert sync(source, lacking, processes=2).copied == COUNT // 10",
    "check, all equal": "assert check(source, target).same == COUNT",
    "check, a tenth missing": "assert len(check(source, lacking).missing) == COUNT // 10",
    "check by 2 processes": "assert check(source, target, processes=2).same == COUNT",
}

PROGRAM = """
import itertools
from test.benchmarks.scale.million import places
from obs_client.sync import SyncOptions, check, sync
COUNT = int(sys.argv[1])
source, target, lacking = places(COUNT)
list(itertools.islice(source.objects(), 2000))
start()
if __name__ == "__main__":
    {way}
"""


class Made(MemoryClient):
    """Has so many objects of a little over 4 KiB, or all but every tenth, and keeps nothing that is written."""

    def __init__(self, count: int, *, lacking: bool = False) -> None:
        super().__init__("box")
        self._count, self._lacking = count, lacking
        self._names = Names(flat, count)
        self.container_create("box")
        self.object_write(CONTENT_OF, CONTENT)

    def __reduce__(self) -> Any:
        return _made, (self._count, self._lacking)

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), ordered_listing=True)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[Any]:
        first = bisect.bisect_right(self._names, marker or start_after or "")
        end = min(first + PAGE, self._count)
        numbers = (number for number in range(first, end) if number % 10 or not self._lacking)
        entries = [_entry(self._names[number]) for number in numbers]
        return Page(entries, self._names[end - 1] if end < self._count else None)

    def _object_open(self, container: str, name: str, *arguments: Any) -> ObjectReader:
        return super()._object_open(container, CONTENT_OF, *arguments)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        return super()._object_write(new, body) if new.name == CONTENT_OF else _entry(new.name)


def _made(count: int, lacking: bool) -> Made:
    return Made(count, lacking=lacking)


def _entry(name: str) -> ObjectInfo:
    return ObjectInfo(name, len(CONTENT), TAG, None, None, 1.5e9)


def places(count: int) -> tuple[Place, Place, Place]:
    """Two places with so many names, and one that lacks a tenth of them."""
    one, other, lacking = (Place(Made(count, lacking=each), "box") for each in (False, False, True))
    return one, other, lacking


def main(count: int) -> None:
    """Print a line for each way, and then what check takes."""
    for what, way in WAYS.items():
        grown, _ = growth(PROGRAM.format(way=way), str(count))
        print(f"{what:28} of {count:,} names: memory grows by {grown:5.1f} MiB (goal {GOAL})", flush=True)
    few = count // 10
    one, four = (min(_check(few, workers) for _ in range(3)) for workers in (1, 4))
    print(f"check: {four * 1e6:.2f} us of CPU a name with 4 workers, {four / one:.2f} x that with one (goal {RATIO})")


def _check(count: int, workers: int) -> float:
    source, target, _ = places(count)
    before = time.process_time()
    assert check(source, target, SyncOptions(workers=workers)).same == count
    return (time.process_time() - before) / count


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
