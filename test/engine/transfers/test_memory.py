"""What all transfers of a client hold at once stays within its memory, but for two parts of each; it is given back."""

from __future__ import annotations

import gc
import io
import itertools
import os
import threading
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pytest

from obs_client import ClientOptions, LocalClient, MemoryClient, Place, object_copy
from obs_client._engine.transfers import memory
from obs_client.backend import Body, MultipartUpload, NewObject, Part
from obs_client.models import ObjectInfo

PART = 64 * 1024
PARTS = 12


class Slow(MemoryClient):
    """Keeps nothing, and takes a part only when the parts of others are on their way too."""

    def __init__(self, memory: int, workers: int = 4) -> None:
        super().__init__("box", options=ClientOptions(part_size=PART, workers=workers, memory=memory))
        self.container_create("box")
        self.at_once = self.most = 0
        self.taken = threading.Condition()

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _Nowhere(self)


class _Nowhere(MultipartUpload):
    def __init__(self, store: Slow) -> None:
        self._store = store

    def put_part(self, part: Part, body: Body) -> None:
        with self._store.taken:
            self._store.at_once += 1
            self._store.most = max(self._store.most, self._store.at_once)
            self._store.taken.wait(0.002)
            self._store.at_once -= 1

    def complete(self) -> ObjectInfo:
        return ObjectInfo("some", PART * PARTS, "tag", None, {}, 1.0)

    def abort(self) -> None:
        pass


def stream() -> io.BytesIO:
    return io.BytesIO(bytes(PART * PARTS))


def upload_together(store: Slow, count: int) -> None:
    threads = [threading.Thread(target=store.object_upload, args=(stream(), f"n{each}")) for each in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_upload_has_a_part_for_each_worker_and_one_that_is_filled() -> None:
    store = Slow(100 * PART)
    store.object_upload(stream(), "some")
    assert store.most == 4
    assert memory.budget_of(store).peak == 5 * PART
    assert memory.budget_of(store).held == 0


@pytest.mark.parametrize("parts", [3, 8, 13])
def test_uploads_at_once_share_the_memory(parts: int) -> None:
    store = Slow(parts * PART)
    upload_together(store, 3)
    budget = memory.budget_of(store)
    assert budget.peak <= (parts + 2 * 2) * PART  # two uploads may begin when the first has taken all
    assert store.most <= parts + 2 * 2
    assert budget.held == 0


def test_what_is_counted_is_what_is_allocated() -> None:
    store, sources = Slow(6 * PART), [stream() for _ in range(3)]
    upload_together(store, 1)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        threads = [threading.Thread(target=store.object_upload, args=(each, "some")) for each in sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        grown = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert 4 * PART <= grown <= 11 * PART  # ten buffers, and not fifteen


def test_as_many_buffers_are_had_as_there_is_room_for() -> None:
    for room, most, expected in ((0, 4, 1), (10, 4, 1), (19, 4, 1), (20, 4, 2), (35, 4, 3), (100, 4, 4), (100, 1, 1)):
        store = MemoryClient("box", options=ClientOptions(memory=max(1, room)))
        with memory.Share(store._border) as share:
            assert share.buffers(10, most) == expected
            assert memory.budget_of(store).held == 10 * expected
        assert memory.budget_of(store).held == 0
        assert memory.budget_of(store).peak == 10 * expected


def test_a_process_that_was_forked_holds_nothing_of_its_parents() -> None:
    store = MemoryClient("box", options=ClientOptions(memory=20))
    with memory.Share(store._border) as share:
        share.need(20)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # other tests' threads
            child = os.fork()
        if not child:
            had = 0
            try:
                had = memory.Share(store._border).buffers(10, 4)
            finally:
                os._exit(had)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2


def test_a_client_without_transfers_holds_nothing() -> None:
    budget = memory.budget_of(MemoryClient("box"))
    assert (budget.held, budget.peak) == (0, 0)


def test_a_transfer_never_waits_for_another() -> None:
    store = Slow(1)
    with store.object_open("one", "wb") as one, store.object_open("other", "wb") as other:
        for _ in range(4):
            one.write(bytes(PART))
            other.write(bytes(PART))
        assert memory.budget_of(store).held == 4 * PART
    assert memory.budget_of(store).held == 0


def test_a_writer_that_is_let_go_gives_back() -> None:
    store = Slow(8 * PART)
    writer = store.object_open("one", "wb")
    writer.write(bytes(2 * PART))
    assert memory.budget_of(store).held == 3 * PART
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del writer
        gc.collect()
    assert memory.budget_of(store).held == 0


def test_a_failed_upload_gives_back() -> None:
    def broken() -> Iterator[bytes]:
        yield from itertools.repeat(bytes(PART), 5)
        raise OSError("the producer failed")

    class Stream(io.RawIOBase):
        blocks = broken()

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return next(self.blocks)

    store = Slow(8 * PART)
    with pytest.raises(OSError, match="the producer failed"):
        store.object_upload(cast("IO[bytes]", Stream()), "some")
    assert memory.budget_of(store).held == 0


def test_reading_ahead_takes_what_there_is_room_for() -> None:
    content = bytes(range(256)) * (PART * PARTS // 256)
    for room, most in ((100, 4), (3, 3), (1, 1)):
        store = MemoryClient("box", options=ClientOptions(part_size=PART, workers=4, memory=room * PART))
        store.container_create("box")
        store.object_write("some", content)
        target = io.BytesIO()
        assert store.object_download("some", target)
        assert target.getvalue() == content
        assert memory.budget_of(store).peak <= most * PART
        assert memory.budget_of(store).held == 0


def test_copies_between_stores_count_in_the_target(tmp_path: Path) -> None:
    source, target = LocalClient(tmp_path, "box"), MemoryClient("box")
    for client in (source, target):
        client.container_create("box")
    source.object_write("some", bytes(1000))
    assert object_copy(Place(source, "box"), "some", Place(target, "box"), "some")
    assert (memory.budget_of(target).peak, memory.budget_of(target).held) == (1000, 0)
