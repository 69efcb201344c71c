"""Listings in any order, in little memory; and how much planning costs."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest

from obs_client import Capabilities, ServiceError
from obs_client.backend.values import Page
from obs_client.sync import Place, SyncOptions, plan_sync, sync
from obs_client.sync import listing as sync_listing
from obs_client.testing.wrapper import WrappedClient
from test.sync.support import contents, fill, make_place, tree


class ByFolder(WrappedClient):
    """Lists by folder, as some servers do: `a/b` before `a!`; with each page one entry, or all of them."""

    def _capabilities(self) -> Capabilities:
        return Capabilities(ordered_listing=False)

    def _object_list(self, container: str, prefix: str, *rest: Any) -> Page[Any]:
        entries: list[Any] = []
        marker = None
        while True:
            page = self.inner._object_list(container, prefix, None, None, marker)
            entries += page.entries
            marker = page.next_marker
            if marker is None:
                break
        return Page(sorted(entries, key=lambda entry: entry.name.split("/")), None)


def test_places_that_list_out_of_order(tmp_path: Any) -> None:
    source, target = make_place("memory", tmp_path), make_place("folder", tmp_path)
    fill(source, tree())
    fill(target, {name: thing for name, thing in tree().items() if "a" in name})
    target.client.object_write(target.full_name("a/b/extra"), b"1", container_name="box")
    one, other = (Place(ByFolder(place.client), "box", place.prefix) for place in (source, target))
    steps = list(plan_sync(one, other, SyncOptions(delete=True)))
    assert [step.name for step in steps] == sorted(step.name for step in steps)
    assert steps == list(plan_sync(source, target, SyncOptions(delete=True)))
    assert sync(one, other, SyncOptions(delete=True)).ok
    assert contents(target) == contents(source)


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 1234])
def test_a_long_listing_is_sorted_with_a_temporary_file(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_listing, "IN_MEMORY", 50)
    monkeypatch.setattr(sync_listing, "_BLOCK", 7)
    listed = [sync_listing.Entry(f"n{number:05}", number, None if number % 3 else "h", 1.5) for number in range(count)]
    shuffled = random.Random(3).sample(listed, count)
    assert list(sync_listing._sorted(iter(shuffled))) == listed
    if count:
        with pytest.raises(ServiceError, match="twice"):
            list(sync_listing._sorted(iter([*shuffled, listed[0]])))


@pytest.mark.slow
@pytest.mark.parametrize("ordered", [True, False])
def test_a_plan_of_100000_names_stays_small(ordered: bool) -> None:
    program = f"from test.sync.many import growth; print(*growth({ordered}))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert found[0] == "100000"
    assert 0 < float(found[1]) < 32
