"""A sync that has nothing to do, against the two listings alone: 100,000 names on either side.

`python -m test.benchmarks.sync_listing`. Of S3 by HTTP, from a server that does nothing but list; and of names that are
made up as they are listed, which costs next to nothing, so that what the sync adds is seen best: in order, and by
folder, as some servers list.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from obs_client import MemoryClient, ObjectInfo, S3Client
from obs_client.backend.values import Page
from obs_client.client import ObjectStorageClient
from obs_client.models import Capabilities
from obs_client.sync import Place, sync
from test.benchmarks.measuring import growth, interleaved
from test.benchmarks.s3_stub import running

NAMES = 100_000
ROUNDS = 5

PROGRAM = """
from test.benchmarks import sync_listing
from obs_client.sync import sync
import itertools
source, target = sync_listing.{places}
list(itertools.islice(source.objects(), 2000))
start()
assert sync(source, target).skipped == 100_000
"""


class Listed(MemoryClient):
    """Lists names that it makes as it goes, page by page; in order, or by folder."""

    ordered = True

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), ordered_listing=self.ordered)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[Any]:
        first = int(marker or 0)
        end = min(first + 1000, NAMES)
        return Page([self._entry(number) for number in range(first, end)], str(end) if end < NAMES else None)

    def _entry(self, number: int) -> ObjectInfo:
        # By folder, `part/x` comes before `part-b/x`; in the order of bytes it is the other way round.
        thousand, rest = divmod(number, 1000)
        folder = "-b" if (rest < 500) == self.ordered else ""
        name = f"some/folder/of/a/usual/depth/part-{thousand:04}{folder}/file-{rest:08}.parquet"
        return ObjectInfo(name, 8192, hashlib.md5(name.encode()).hexdigest(), None, None, 1.5e9)


class Disordered(Listed):
    """The same names, by folder."""

    ordered = False


def places(ordered: bool) -> tuple[Place, Place]:
    """Two places with the same names."""
    kind: type[ObjectStorageClient] = Listed if ordered else Disordered
    return Place(kind(), "box"), Place(kind(), "box")


def s3_places(url: str) -> tuple[Place, Place]:
    """Two containers of one S3 server, which is not known to list in order."""
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    client = S3Client(endpoint_url=url, region="us-east-1", credentials=keys)
    return Place(client, "one"), Place(client, "other")


def unchanged() -> None:
    """Time as a ratio to the two listings, and memory."""
    with running() as url:
        _unchanged("by S3", s3_places(url), f"s3_places({url!r})")
    _unchanged("made up in order", places(True), "places(True)")
    _unchanged("made up by folder", places(False), "places(False)")


def _unchanged(what: str, pair: tuple[Place, Place], made: str) -> None:
    seconds = interleaved({"listings": lambda: _list(pair), "sync": lambda: _sync(pair)}, ROUNDS)
    grown, _ = growth(PROGRAM.format(places=made))
    print(f"{NAMES:,} unchanged names on either side, {what}:")
    print(f"  the listings {seconds['listings']:.2f} s, sync {seconds['sync']:.2f} s,", end=" ")
    print(f"{seconds['sync'] / seconds['listings']:.2f} x (wanted: 1.3); memory grows by {grown:.1f} MiB (wanted: 32)")


def _sync(pair: tuple[Place, Place]) -> None:
    report = sync(*pair)
    assert (report.skipped, report.copied) == (NAMES, 0)


def _list(pair: tuple[Place, Place]) -> None:
    for place in pair:
        for _ in place.client.object_iter(container_name=place.container_name):
            pass


if __name__ == "__main__":
    unchanged()
