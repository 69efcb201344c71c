"""Listings that show what was written or deleted only after a while, as those of some stores do."""

from __future__ import annotations

import collections
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from obs_client._http.kit.fork import ForkLock
from obs_client.backend.listing import fold, name_of
from obs_client.backend.primitives import Backend
from obs_client.backend.values import Page
from obs_client.errors import NotFoundError
from obs_client.models import ObjectInfo, SubdirInfo

Answer = TypeVar("Answer")

PAGE_SIZE = 1000


class _Change(NamedTuple):
    """What a listing does not show yet; `info` is None for what was deleted."""

    seen_from: float
    container: str
    name: str
    info: ObjectInfo | None


class Listings:
    """What the listings of a store were some seconds ago."""

    def __init__(self, store: Backend, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._lock = ForkLock()
        self._shown: dict[str, dict[str, ObjectInfo]] = {}
        self._waiting: collections.deque[_Change] = collections.deque()

    def changed(self, container: str, names: Sequence[str], call: Callable[[], Answer]) -> Answer:
        """Make a change of some objects, and show it later."""
        with self._lock:
            self._known(container)
        try:
            return call()
        finally:
            seen_from = time.monotonic() + self._seconds
            changes = [_Change(seen_from, container, name, self._now(container, name)) for name in names]
            with self._lock:
                self._waiting.extend(changes)

    def forget(self, container: str) -> None:
        """Show nothing of a container that is gone."""
        with self._lock:
            self._shown.pop(container, None)
            self._waiting = collections.deque(each for each in self._waiting if each.container != container)

    def page(self, container: str, prefix: str, delimiter: str | None, after: str) -> Page[ObjectInfo | SubdirInfo]:
        """One page, as it was."""
        with self._lock:
            self._let_be_seen()
            shown = self._known(container)
            infos = [shown[name] for name in sorted(shown) if name.startswith(prefix)]
        entries = (entry for entry in fold(infos, prefix, delimiter) if name_of(entry) > after)
        page = list(itertools.islice(entries, PAGE_SIZE + 1))
        more = len(page) > PAGE_SIZE
        return Page(page[:PAGE_SIZE], name_of(page[PAGE_SIZE - 1]) if more else None)

    def _known(self, container: str) -> dict[str, ObjectInfo]:
        """What is shown of a container; what was in it before the first look is shown at once."""
        if container not in self._shown:
            self._shown[container] = {}
            try:
                self._shown[container] = {info.name: info for info in self._all(container)}
            except NotFoundError:
                del self._shown[container]
                return {}
        return self._shown[container]

    def _all(self, container: str) -> Iterator[ObjectInfo]:
        marker: str | None = None
        while True:
            page = self._store._object_list(container, "", None, None, marker)
            for entry in page.entries:
                assert isinstance(entry, ObjectInfo)
                yield entry
            if (marker := page.next_marker) is None:
                return

    def _now(self, container: str, name: str) -> ObjectInfo | None:
        try:
            return self._store._object_info(container, name)
        except NotFoundError:
            return None

    def _let_be_seen(self) -> None:
        while self._waiting and self._waiting[0].seen_from <= time.monotonic():
            change = self._waiting.popleft()
            shown = self._known(change.container)
            if change.info is None:
                shown.pop(change.name, None)
            else:
                shown[change.name] = change.info
