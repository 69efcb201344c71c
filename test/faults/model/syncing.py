"""Sync and check of two stores that others change meanwhile, against two dicts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from obs_client import MemoryClient, Place
from obs_client.client import ObjectStorageClient
from obs_client.sync import SyncOptions, check, sync
from obs_client.testing.wrapper import RecordingClient
from test.faults.model.stores import BOX, OPTIONS, PART

Answer = TypeVar("Answer")

NAMES = ("a", "a/b", "b", "c é", "~")
names = st.sampled_from(NAMES)
sizes = st.sampled_from((0, 1, PART, 2 * PART + 7))


class Disturbed(RecordingClient):
    """A client at whose primitive calls others act: what is to happen before the call of a number."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.acts: dict[int, Callable[[], object]] = {}

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        act = self.acts.pop(len(self.calls), None)
        if act is not None:
            act()
        return super()._through(primitive, call)


class SyncMachine(RuleBasedStateMachine):
    """Two stores, of which the second is made what the first is, now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.stores = [MemoryClient(BOX, options=OPTIONS) for _ in range(2)]
        self.count = 0
        self.ever: dict[str, set[bytes]] = {name: set() for name in NAMES}
        for store in self.stores:
            store.container_create(BOX)

    def held(self, side: int) -> dict[str, bytes]:
        """What a store holds."""
        store = self.stores[side]
        return {info.name: store.object_read(info.name) for info in store.object_list()}

    def put(self, side: int, name: str, size: int) -> None:
        self.count += 1
        content = (b"%d " % self.count * PART * 3)[:size]
        self.ever[name].add(content)
        self.stores[side].object_write(name, content)

    @rule(side=st.integers(0, 1), name=names, size=sizes)
    def write(self, side: int, name: str, size: int) -> None:
        self.put(side, name, size)

    @rule(side=st.integers(0, 1), name=names)
    def delete(self, side: int, name: str) -> None:
        self.stores[side].object_delete(name)

    @rule(delete=st.booleans(), workers=st.sampled_from((1, 4)))
    def sync_in_quiet(self, delete: bool, workers: int) -> None:
        """What the source has, the target has then, all of it and as it is; and check says so."""
        source, target = self.held(0), self.held(1)
        places = Place(self.stores[0], BOX), Place(self.stores[1], BOX)
        options = SyncOptions(delete=delete, max_delete=len(NAMES), checksum=True, workers=workers)
        report = sync(*places, options)
        assert report.ok, report.failures
        wanted = dict(source) if delete else {**target, **source}
        assert self.held(0) == source
        assert self.held(1) == wanted
        found = check(*places)
        assert (found.same, set(found.extra)) == (len(source), set(wanted) - set(source))
        assert not found.missing
        assert not found.differing

    @rule(
        delete=st.booleans(),
        workers=st.sampled_from((1, 4)),
        changes=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12), names, sizes | st.none()), max_size=4),
    )
    def sync_while_others_write(
        self, delete: bool, workers: int, changes: list[tuple[int, int, str, int | None]]
    ) -> None:
        """Nothing that is new is lost by it, no object is a mixture, and the source stays as others left it."""
        clients = [Disturbed(store) for store in self.stores]
        before = self.held(0), self.held(1)
        touched: dict[int, dict[str, bytes | None]] = {0: {}, 1: {}}

        def change(side: int, name: str, size: int | None) -> None:
            if size is None:
                self.stores[side].object_delete(name)
                touched[side][name] = None
            else:
                self.put(side, name, size)
                touched[side][name] = self.stores[side].object_read(name)

        for side, number, name, size in changes:
            clients[side].acts[number] = functools.partial(change, side, name, size)
        options = SyncOptions(delete=delete, max_delete=len(NAMES), checksum=True, workers=workers)
        sync(Place(clients[0], BOX), Place(clients[1], BOX), options)
        assert self.held(0) == _after(before[0], touched[0])
        target = self.held(1)
        for name, content in target.items():
            assert content in self.ever[name], "a mixture"
        for name in set(before[0]) - set(touched[0]) - set(touched[1]):
            assert target.get(name) == before[0][name], "nobody touched it"
        for name in set(before[1]) - set(before[0]) - set(touched[0]) - set(touched[1]):
            assert delete or name in target, "nobody asked to delete it"


def _after(held: dict[str, bytes], changed: dict[str, bytes | None]) -> dict[str, bytes]:
    return {name: content for name, content in {**held, **changed}.items() if content is not None}
