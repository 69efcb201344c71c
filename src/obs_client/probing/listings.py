"""What listings are like: their lag, order, pages and folders."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from obs_client.backend import stopping
from obs_client.errors import NotFoundError
from obs_client.probing.ground import POLL_SECONDS, Ground, Told, fails, holds, unknown
from obs_client.probing.profile import Finding

TOPIC = "listings"
PAGE_WANTED = 1000
LAG_SECONDS = 8.0
"""How long a listing is waited for."""

ORDER = "byte order of names"

_NAMES = ("X", "x-b", "x.b", "x/b", "x0b", "é", "\uff5e", "\U0001f600")
"""In their byte order. A store that orders by folders has `x/b` first, one that orders by UTF-16 the last before."""


def listings(ground: Ground) -> Iterator[Finding]:
    """The lag first: later trials wait for it."""
    yield ground.tell(TOPIC, "a write is listed at once", lambda: _lag_of_write(ground))
    yield ground.tell(TOPIC, "a deletion is listed at once", lambda: _lag_of_deletion(ground))
    yield ground.tell(TOPIC, "an overwrite is read at once", lambda: _lag_of_overwrite(ground))
    yield ground.tell(TOPIC, ORDER, lambda: _order(ground))
    yield ground.tell(TOPIC, f"pages of {PAGE_WANTED:,} names", lambda: _page_size(ground))
    yield ground.tell(TOPIC, "folders by /", lambda: _folders(ground, "/", ["f-a", "f/"], ["f-a", "f/1", "f/2"]))
    yield ground.tell(TOPIC, "folders by -", lambda: _folders(ground, "-", ["g-", "g/a"], ["g-1", "g-2", "g/a"]))


def _lag_of_write(ground: Ground) -> Told:
    ground.write("lag/written", b"")
    return _wait(ground, lambda: "lag/written" in ground.listed("lag/"), "listed")


def _lag_of_deletion(ground: Ground) -> Told:
    ground.write("lag/deleted", b"")
    _wait(ground, lambda: "lag/deleted" in ground.listed("lag/"), "listed")
    ground.delete("lag/deleted")
    return _wait(ground, lambda: "lag/deleted" not in ground.listed("lag/"), "gone from the listing")


def _lag_of_overwrite(ground: Ground) -> Told:
    ground.write("lag/overwritten", b"old")
    ground.write("lag/overwritten", b"new")
    return _wait(ground, lambda: _read(ground, "lag/overwritten") == b"new", "read")


def _read(ground: Ground, text: str) -> bytes | None:
    try:
        return ground.read(text)
    except NotFoundError:
        return None


def _wait(ground: Ground, has_come: Callable[[], bool], what: str) -> Told:
    began = time.monotonic()
    if has_come():
        return holds()
    while time.monotonic() - began < LAG_SECONDS:
        stopping.sleep(POLL_SECONDS)
        if has_come():
            lag = time.monotonic() - began
            ground.lag = max(ground.lag, lag)
            return fails(f"it was {what} after {lag:.1f} s")
    ground.lag = LAG_SECONDS
    return fails(f"it was not {what} within {LAG_SECONDS:g} s")


def _order(ground: Ground) -> Told:
    wanted = [f"order/{text}" for text in _NAMES]
    for text in wanted:
        ground.write(text, b"")
    found = ground.listed_when(lambda listed: set(listed) == set(wanted), "order/")
    if set(found) != set(wanted):
        return unknown(f"what was written is listed as other names: {[text[6:] for text in found]}")
    for before, after in itertools.pairwise(found):
        if before.encode() > after.encode():
            return fails(f"{before[6:]!r} comes before {after[6:]!r}")
    return holds()


def _page_size(ground: Ground) -> Told:
    """By the first page of the place that was named: what is written here would be too few."""
    page = ground.border.object_list(ground.container, ground.place, None, None, None)
    count = len(page.entries)
    if count >= PAGE_WANTED:
        return holds(f"a page had {count:,}")
    if not _goes_on(ground, page.next_marker):
        return unknown(f"there are too few names: all {count:,} came at once")
    return fails(f"a page had {count:,}")


def _goes_on(ground: Ground, marker: str | None) -> bool:
    """Whether there is more: some stores tell that only by a page without names."""
    if marker is None:
        return False
    return bool(ground.border.object_list(ground.container, ground.place, None, None, marker).entries)


def _folders(ground: Ground, delimiter: str, wanted: list[str], texts: list[str]) -> Told:
    for text in texts:
        ground.write(f"folders/{text}", b"")
    ground.listed_when(lambda listed: len(listed) >= len(texts), f"folders/{texts[0][0]}")
    start = f"folders/{texts[0][0]}"
    found = [text.removeprefix("folders/") for text in ground.listed(start, delimiter)]
    return holds() if sorted(found) == sorted(wanted) else fails(f"{texts} are listed as {found}")
