"""All operations of the contract, in any order, by any of two clients, against a dict."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from obs_client import ConflictError, ObjectNotFoundError, Place, PreconditionError, SubdirInfo, copying
from obs_client.client import ObjectStorageClient
from test.faults.model.stores import Opened

NAMES = ("a", "a/b", "a/b/c é", "b", "~")
names = st.sampled_from(NAMES)
sizes = st.sampled_from((0.0, 0.001, 0.5, 1.0, 1.001, 2.5))
"""In parts."""
metadata = st.dictionaries(st.sampled_from(("color", "x-1")), st.sampled_from(("blue", "ü ü", "1")))
which = st.integers(0, 1)
bounds = st.sampled_from((0, 1, 400, 1000, 1001, 10**9))


class Stored(NamedTuple):
    """An object in the model."""

    content: bytes
    metadata: dict[str, str]


class StoreMachine(RuleBasedStateMachine):
    """A store and a dict that must stay alike."""

    open: Callable[[], AbstractContextManager[Opened]]

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.opened = self.stack.enter_context(type(self).open())
        self.model: dict[str, Stored] = {}
        self.hashes: dict[str, list[str]] = {name: [] for name in NAMES}
        self.count = 0
        self.is_ordered = self.client(0).capabilities.ordered_listing

    def teardown(self) -> None:
        with self.stack:
            for name, stored in self.model.items():
                assert self.client(0).object_read(name) == stored.content

    def client(self, number: int) -> ObjectStorageClient:
        return self.opened.clients[number]

    def content(self, size: float) -> bytes:
        """Bytes that no other object has."""
        self.count += 1
        mark = b"%d " % self.count
        return (mark * 64 * 1024)[: int(size * self.opened.part_size)] if size < 3 else b""

    def hash_of(self, name: str) -> str | None:
        info = self.client(0).object_info(name)
        assert (info is None) == (name not in self.model)
        return info.hash if info else None

    @rule(number=which, name=names, size=sizes, metadata=metadata, how=st.sampled_from(("bytes", "stream", "file")))
    def write(self, number: int, name: str, size: float, metadata: dict[str, str], how: str) -> None:
        client, content = self.client(number), self.content(size)
        if how == "bytes":
            assert client.object_write(name, content, metadata)
        elif how == "stream":
            assert client.object_upload(io.BytesIO(content), name, metadata)
        else:
            with client.object_open(name, "wb", metadata=metadata) as file:
                file.write(content)
        self.model[name] = Stored(content, metadata)

    @rule(number=which, name=names, size=sizes)
    def create(self, number: int, name: str, size: float) -> None:
        content = self.content(size)
        assert self.client(number).object_write(name, content, if_absent=True) == (name not in self.model)
        self.model.setdefault(name, Stored(content, {}))

    @rule(number=which, name=names, size=sizes, stale=st.booleans())
    def replace(self, number: int, name: str, size: float, stale: bool) -> None:
        """With the hash that the object has; or with one that it had, which is another's by now."""
        if not self.client(number).capabilities.if_hash:
            return
        now, content = self.hash_of(name), self.content(size)
        old = [each for each in self.hashes[name] if each != now]
        if now:
            self.hashes[name].append(now)
        wanted = (old[-1] if old else None) if stale else now
        if wanted is None:
            return
        assert self.client(number).object_write(name, content, if_hash=wanted) == (wanted == now)
        if wanted == now:
            self.model[name] = Stored(content, {})

    @rule(number=which, name=names, start=bounds, stop=bounds | st.none())
    def read(self, number: int, name: str, start: int, stop: int | None) -> None:
        if stop is not None and stop < start:
            return
        if name not in self.model:
            with pytest.raises(ObjectNotFoundError):
                self.client(number).object_read(name, start=start, stop=stop)
        else:
            assert self.client(number).object_read(name, start=start, stop=stop) == self.model[name].content[start:stop]

    @rule(number=which, name=names)
    def download(self, number: int, name: str) -> None:
        sink = io.BytesIO()
        assert self.client(number).object_download(name, sink) == (name in self.model)
        assert sink.getvalue() == (self.model[name].content if name in self.model else b"")

    @rule(number=which, name=names)
    def look(self, number: int, name: str) -> None:
        info = self.client(number).object_info(name)
        assert (info is not None) == (name in self.model)
        if info:
            assert (info.name, info.size, info.metadata) == (name, len(self.model[name].content), self.model[name][1])

    @rule(number=which, wanted=st.lists(names, max_size=3), many=st.booleans())
    def delete(self, number: int, wanted: list[str], many: bool) -> None:
        if many:
            self.client(number).object_delete_many(wanted)
        for name in wanted:
            assert many or self.client(number).object_delete(name)
            self.model.pop(name, None)

    @rule(number=which, prefix=st.sampled_from(("a/", "a", "zz")))
    def delete_prefix(self, number: int, prefix: str) -> None:
        gone = [name for name in self.model if name.startswith(prefix)]
        assert self.client(number).object_delete_prefix(prefix) == len(gone)
        for name in gone:
            del self.model[name]

    @rule(number=which, name=names, end=names, if_absent=st.booleans())
    def copy(self, number: int, name: str, end: str, if_absent: bool) -> None:
        client = self.client(number)
        if if_absent and name in self.model and end in self.model:
            with pytest.raises(PreconditionError):
                client.object_copy(name, end, if_absent=True)
            return
        assert client.object_copy(name, end, if_absent=if_absent) == (name in self.model)
        if name in self.model:
            self.model[end] = self.model[name]

    @rule(one=which, other=which, name=names, end=names)
    def move(self, one: int, other: int, name: str, end: str) -> None:
        source, place = (
            Place(self.client(number), self.client(number).container_name or "") for number in (one, other)
        )
        if name == end and one != other and name in self.model:
            with pytest.raises(ConflictError):
                copying.object_move(source, name, place, end)
            return
        assert copying.object_move(source, name, place, end) == (name in self.model)
        if name in self.model and name != end:
            self.model[end] = self.model.pop(name)

    @rule(number=which, name=names, wanted=metadata)
    def replace_metadata(self, number: int, name: str, wanted: dict[str, str]) -> None:
        assert self.client(number).object_replace_metadata(name, wanted) == (name in self.model)
        if name in self.model:
            self.model[name] = Stored(self.model[name].content, wanted)

    @rule(number=which, name=names, key=st.sampled_from(("color", "size")), gone=st.booleans())
    def change_key(self, number: int, name: str, key: str, gone: bool) -> None:
        client = self.client(number)
        done = client.object_delete_metadata(name, key) if gone else client.object_set_metadata(name, key, "red")
        assert done == (name in self.model)
        if name in self.model:
            stored = self.model[name]
            left = {each: value for each, value in stored.metadata.items() if each != key}
            self.model[name] = Stored(stored.content, left if gone else {**left, key: "red"})

    @rule(number=which, prefix=st.sampled_from(("", "a", "a/", "b")), delimiter=st.sampled_from((None, "/")))
    def list(self, number: int, prefix: str, delimiter: str | None) -> None:
        found = self.client(number).object_list(True, prefix=prefix, delimiter=delimiter)
        wanted = sorted({_folded(name, prefix, delimiter) for name in self.model if name.startswith(prefix)})
        listed = [each.subdir if isinstance(each, SubdirInfo) else each.name for each in found]
        assert (listed if self.is_ordered else sorted(listed)) == wanted
        for each in found:
            if not isinstance(each, SubdirInfo):
                assert (each.size, each.metadata) == (len(self.model[each.name].content), self.model[each.name][1])

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        found = {info.name: (info.size, info.metadata) for info in self.client(self.count % 2).object_list(True)}
        assert found == {name: (len(stored.content), stored.metadata) for name, stored in self.model.items()}
        assert list(found) == sorted(self.model) or not self.is_ordered


def _folded(name: str, prefix: str, delimiter: str | None) -> str:
    """What a listing shows for a name: itself, or the folder that it is in."""
    rest = name[len(prefix) :]
    return name if delimiter is None or delimiter not in rest else prefix + rest.partition(delimiter)[0] + delimiter
