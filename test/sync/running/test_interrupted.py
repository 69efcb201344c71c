"""A sync that is stopped at any request, and started again, ends as if nothing had happened."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from obs_client.client import ObjectStorageClient
from obs_client.sync import Place, SyncOptions, SyncReport, apply, plan_sync, sync
from obs_client.testing.wrapper import WrappedClient
from test.sync.support import PART, fill, make_place, state, tree

pytestmark = pytest.mark.slow

Answer = TypeVar("Answer")

COUNT = 60


class Stopping(WrappedClient):
    """Counts the primitives of all clients that share a counter; the n-th is stopped, before or after it was done."""

    def __init__(self, inner: ObjectStorageClient, counter: itertools.count[int], stop_at: int | None) -> None:
        super().__init__(inner)
        self._counter = counter
        self._stop_at = stop_at

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        number = next(self._counter)
        if number != self._stop_at:
            return call()
        if number % 2 and primitive != "object_multipart":
            call()  # but nobody could clean up after an upload that was begun and never handed over
        raise KeyboardInterrupt


def two_places(kinds: tuple[str, str], path: Path) -> tuple[Place, Place]:
    """A source of 60 objects, some of several parts, and a target that has some of them, others, and odd ones."""
    source, target = make_place(kinds[0], path / "one"), make_place(kinds[1], path / "other")
    things = tree()
    names = list(things)
    for number in range(COUNT - len(things)):
        things[f"more/{number:02}"] = things["empty"]._replace(content=b"%d" % number * 30)
    fill(source, things)
    for name in names[:8]:
        target.client.object_write(target.full_name(name), b"other content", container_name=target.container_name)
    for name in ("old/1", "old/2", "zz"):
        target.client.object_write(target.full_name(name), b"x" * 3 * PART, container_name=target.container_name)
    return source, target


def do_sync(source: Place, target: Place) -> SyncReport:
    return sync(source, target, SyncOptions(delete=True, workers=3))


def do_apply(source: Place, target: Place) -> SyncReport:
    return apply(list(plan_sync(source, target, SyncOptions(delete=True))), source, target, SyncOptions(workers=3))


@pytest.mark.parametrize("run", [do_sync, do_apply])
@pytest.mark.parametrize("kinds", [("memory", "folder"), ("directory", "memory"), ("memory", "directory")])
def test_stopped_at_every_request_it_converges(kinds: tuple[str, str], run: Any, tmp_path: Path) -> None:
    source, target = two_places(kinds, tmp_path / "undisturbed")
    counter: itertools.count[int] = itertools.count()
    assert run(*(_stopping(place, counter, None) for place in (source, target))).ok
    wanted, total = state(target), next(counter)
    assert wanted == state(source)
    assert total > 2 * COUNT
    stopped = 0
    # Files are slower, and differ from memory in little that counts here.
    stride = 9 if "directory" in kinds else 1 if run is do_sync else 3
    for number in range(0, total, stride):
        source, target = two_places(kinds, tmp_path / str(number))
        counter = itertools.count()
        try:
            run(*(_stopping(place, counter, number) for place in (source, target)))
        except KeyboardInterrupt:
            stopped += 1
        assert run(source, target).ok
        assert state(target) == wanted
    assert stopped > 0
    assert not list(tmp_path.rglob("%obs_*"))


def _stopping(place: Place, counter: itertools.count[int], stop_at: int | None) -> Place:
    return Place(Stopping(place.client, counter, stop_at), place.container_name, place.prefix)
