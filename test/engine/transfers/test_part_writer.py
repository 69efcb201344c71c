"""What is written piece by piece: which requests it makes, what it holds meanwhile, and how it ends."""

from __future__ import annotations

import dataclasses
import os
import random
import threading
from typing import Any

import pytest

from obs_client import Attributes, Capabilities, ClientOptions, NotSupportedError, ObjectInfo
from obs_client._engine.border import Border
from obs_client._engine.transfers import part_writer
from obs_client._engine.transfers.memory import budget_of
from obs_client._engine.transfers.part_writer import PartWriter
from obs_client.backend import stopping
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from test.engine.scripted import QUICK, ScriptedClient

PART = QUICK.part_size
CONTENT = random.Random(9).randbytes(5 * PART)
NEW = NewObject("box", "name", Attributes(content_type="text/plain", metadata={"a": "b"}), None)


class Store(ScriptedClient):
    """Notes what it is told before the bytes, the parts by number, and the uploads that were aborted."""

    def __init__(self, options: ClientOptions = QUICK, **capabilities: Any) -> None:
        super().__init__(options=options)
        self.limits = capabilities
        self.told: list[NewObject] = []
        self.parts: dict[int, tuple[int, bytes]] = {}
        self.aborted = 0
        self.kind: type[Upload] = Upload
        self.moved = self.waits = 0
        self.buffers: list[object] = []
        self.telling = threading.Condition()
        self.together = threading.Barrier(1)

    def tell(self, count: int) -> None:
        """Note what a transfer tells."""
        with self.telling:
            self.moved += count
            self.telling.notify_all()

    def wait_for_telling(self, count: int) -> bool:
        """Whether so many bytes are told before long."""
        with self.telling:
            return self.telling.wait_for(lambda: self.moved >= count, 5.0)

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), **self.limits)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        self.told.append(new)
        if self.waits:
            body.read(self.waits)
            assert self.wait_for_telling(self.waits)
            body.rewind()
        return super()._object_write(new, body)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        self.told.append(new)
        return self.kind(self, new)

    @property
    def sizes(self) -> list[int]:
        return [len(self.parts[number][1]) for number in sorted(self.parts)]

    @property
    def held(self) -> int:
        return budget_of(self).held


class Upload(MultipartUpload):
    def __init__(self, store: Store, new: NewObject) -> None:
        self.store, self.new = store, new

    def put_part(self, part: Part, body: Body) -> None:
        self.store.parts[part.number] = part.offset, bytes(body.view()) if isinstance(body, BytesBody) else b""

    def complete(self) -> ObjectInfo | None:
        content = b"".join(content for _, (_, content) in sorted(self.store.parts.items()))
        return self.store._publish(self.new, content)

    def abort(self) -> None:
        self.store.aborted += 1


def writer_of(store: Store, size: int | None = None) -> PartWriter:
    return PartWriter(Border(store), dataclasses.replace(NEW, size=size))


def write(writer: PartWriter, content: bytes, piece: int = 300) -> None:
    for start in range(0, len(content), piece):
        writer.write(memoryview(content)[start : start + piece])


class TestRequests:
    @pytest.mark.parametrize(
        ("size", "sizes"),
        [
            (0, []),
            (PART, []),
            (PART + 1, [PART, 1]),
            (2 * PART, [PART, PART]),
            (2 * PART + 1, [PART, PART, 1]),
            (5 * PART, [PART] * 5),
        ],
    )
    @pytest.mark.parametrize("known", [True, False])
    @pytest.mark.parametrize("equal", [True, False])
    def test_one_up_to_a_part_and_no_empty_part_after_that(
        self, size: int, sizes: list[int], known: bool, equal: bool
    ) -> None:
        store = Store(equal_parts=equal)
        with writer_of(store, size if known else None) as writer:
            write(writer, CONTENT[:size])
            assert writer.size == size
            writer.publish()
        assert store.object_read("name") == CONTENT[:size]
        assert store.sizes == sizes
        assert {number: offset for number, (offset, _) in store.parts.items()} == {
            number: PART * (number - 1) for number in range(1, len(sizes) + 1)
        }
        (new,) = store.told
        assert new.size == (None if sizes and not known else size)
        assert new.part_size == (PART if sizes and equal else None)
        info = store._object_info("box", "name")
        assert writer.info
        assert (writer.info.size, writer.info.hash, writer.info.metadata) == (size, info.hash, {"a": "b"})
        assert (store.aborted, store.held) == (0, 0)

    def test_parts_of_a_known_size_are_as_large_as_their_count_needs(self) -> None:
        store = Store(part_count_maximum=3)
        with writer_of(store, len(CONTENT)) as writer:
            write(writer, CONTENT)
            writer.publish()
        assert store.sizes == [1667, 1667, 1666]
        assert store.object_read("name") == CONTENT

    def test_parts_of_an_unknown_size_grow_where_they_may(self) -> None:
        store = Store(part_count_maximum=3)
        with writer_of(store) as writer:
            write(writer, CONTENT)
            writer.publish()
        assert store.sizes == [PART, 2 * PART, 2 * PART]
        assert store.object_read("name") == CONTENT
        assert store.held == 0

    @pytest.mark.parametrize("piece", [1, PART, 3 * PART + 1])
    def test_one_byte_too_many_is_refused_by_name(self, piece: int) -> None:
        store = Store(part_count_maximum=3, equal_parts=True)
        with pytest.raises(NotSupportedError) as caught, writer_of(store) as writer:
            write(writer, CONTENT[: 3 * PART + 1], piece)
        assert str(caught.value) == (
            "the stream for 'name' is longer than the 3,000 bytes that fit into the parts of this size that this "
            "store allows; pass its size, or a larger ClientOptions.part_size"
        )
        assert (caught.value.container, caught.value.object_name) == ("box", "name")
        assert (store.aborted, store.held, store.object_info("name")) == (1, 0, None)


class Waiting(Upload):
    """Lets a part go on only when all that it moved so far has been told."""

    def put_part(self, part: Part, body: Body) -> None:
        for count in range(250, part.size + 1, 250):
            body.read(250)
            assert self.store.wait_for_telling(part.offset + count)
        super().put_part(part, body)


class Together(Upload):
    """Takes no part before so many are on their way."""

    def put_part(self, part: Part, body: Body) -> None:
        if part.number <= self.store.together.parties:
            self.store.together.wait(5.0)
        super().put_part(part, body)


class TestWorkers:
    def test_what_a_part_moved_is_told_while_it_is_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stopping, "CHECK_INTERVAL", 0.002)
        store = Store(dataclasses.replace(QUICK, workers=1))
        store.kind = Waiting
        with PartWriter(Border(store), NEW, store.tell) as writer:
            write(writer, CONTENT[: 3 * PART])
            writer.publish()
        assert store.moved == 3 * PART
        assert store.object_read("name") == CONTENT[: 3 * PART]

    def test_what_one_large_request_moved_is_told_while_it_is_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stopping, "CHECK_INTERVAL", 0.002)
        store = Store(dataclasses.replace(QUICK, part_size=1_000_000))
        store.waits = 100_000
        with PartWriter(Border(store), NEW, store.tell) as writer:
            writer.write(memoryview(bytes(300_000)))
            writer.publish()
        assert store.moved == 300_000

    def test_what_a_store_takes_without_reading_is_told_too(self) -> None:
        store = Store()
        with PartWriter(Border(store), NEW, store.tell) as writer:
            write(writer, CONTENT)
            writer.publish()
        assert store.moved == len(CONTENT)

    def test_as_many_parts_are_on_their_way_as_there_are_workers(self) -> None:
        store = Store(dataclasses.replace(QUICK, workers=40, part_size=50))
        store.kind = Together
        store.together = threading.Barrier(40)
        with writer_of(store) as writer:
            write(writer, CONTENT[: 41 * 50])
            writer.publish()
        assert store.object_read("name") == CONTENT[: 41 * 50]


class Silent(Upload):
    """Tells nothing of what it published."""

    def complete(self) -> ObjectInfo | None:
        super().complete()
        return None


def test_the_size_is_known_though_the_store_tells_nothing() -> None:
    store = Store()
    store.kind = Silent
    with writer_of(store) as writer:
        write(writer, CONTENT)
        writer.publish()
    assert writer.info
    assert (writer.info.size, writer.info.hash, writer.info.metadata) == (len(CONTENT), None, {"a": "b"})


class Keeping(Upload):
    """Keeps the buffers that it is given parts in."""

    def put_part(self, part: Part, body: Body) -> None:
        assert isinstance(body, BytesBody)
        self.store.buffers.append(body.view().obj)
        super().put_part(part, body)


class TestMemory:
    @pytest.mark.parametrize(("memory", "most"), [(10_000, 4), (1, 2)])
    def test_buffers_are_used_again(self, memory: int, most: int) -> None:
        store = Store(dataclasses.replace(QUICK, part_size=50, memory=memory))
        store.kind = Keeping
        with writer_of(store) as writer:
            write(writer, CONTENT[:1000])
            writer.publish()
        assert len(store.buffers) == 20
        assert len({id(buffer) for buffer in store.buffers}) <= most

    def test_what_became_too_small_is_given_back(self) -> None:
        store = Store(dataclasses.replace(QUICK, part_size=50), part_count_maximum=20)
        with writer_of(store) as writer:
            write(writer, CONTENT)
            assert store.held <= 4 * 1600, "of the largest, one that is filled and one for each worker"
            writer.publish()
        assert store.sizes[:8] == [50, 50, 100, 100, 200, 200, 400, 400]
        assert store.object_read("name") == CONTENT
        assert store.held == 0

    def test_a_buffer_begins_small_and_grows_to_a_part(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(part_writer, "FIRST_BUFFER", 100)
        store = Store()
        with writer_of(store) as writer:
            seen = [(writer.size, store.held)]
            for at in range(0, 2000, 100):
                writer.write(memoryview(CONTENT)[at : at + 100])
                if store.held != seen[-1][1]:
                    seen.append((writer.size, store.held))
            assert seen[:4] == [(0, 100), (200, 400), (500, 1000), (1100, 2000)]
            writer.publish()
        assert store.object_read("name") == CONTENT[:2000]
        assert store.held == 0

    @pytest.mark.parametrize(("size", "held"), [(70, 70), (0, 1000), (None, 1000), (5 * PART, 1000)])
    def test_of_a_known_size_it_has_no_more(self, size: int | None, held: int) -> None:
        store = Store()
        with writer_of(store, size):
            assert store.held == held


class TestEnds:
    @pytest.mark.parametrize("size", [0, 500, PART, 3 * PART])
    def test_what_is_discarded_leaves_nothing(self, size: int) -> None:
        store = Store()
        writer = writer_of(store)
        write(writer, CONTENT[:size])
        for _ in range(2):
            writer.discard(RuntimeError("discarded"))
        assert (store.aborted, store.held) == (1 if size > PART else 0, 0)
        assert store.object_info("name") is None
        assert writer.info is None

    def test_what_is_published_is_not_discarded_after_all(self) -> None:
        store = Store()
        writer = writer_of(store)
        write(writer, CONTENT)
        writer.publish()
        error = RuntimeError("discarded")
        writer.discard(error)
        assert (store.aborted, getattr(error, "__notes__", [])) == (0, [])
        assert store.object_read("name") == CONTENT

    def test_a_child_process_leaves_what_its_parent_began(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = Store()
        writer = writer_of(store)
        write(writer, CONTENT)
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: -1)
            writer.discard(RuntimeError("discarded"))
        assert store.aborted == 0

    def test_an_error_in_the_block_discards(self) -> None:
        store = Store()
        error = RuntimeError("the producer failed")
        with pytest.raises(RuntimeError) as caught, writer_of(store) as writer:
            write(writer, CONTENT)
            raise error
        assert caught.value is error
        assert (store.aborted, store.held) == (1, 0)
