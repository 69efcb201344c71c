"""What is fetched: by how many requests, to which place, and what is kept of an earlier download."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import logging
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest

from obs_client import IntegrityError, ObjectUnchangedError
from obs_client._engine.border import Border
from obs_client._engine.transfers import download, reading
from obs_client._engine.transfers.download import Kept, blocks, fill
from obs_client._engine.transfers.parts import Range
from obs_client._engine.transfers.progress import Meter
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend.integrity import ContentCheck, ContentDigest, Hash
from obs_client.backend.values import ObjectReader
from test.engine.scripted import QUICK, ScriptedClient

PART = QUICK.part_size
CONTENT = random.Random(7).randbytes(3 * PART + 500)


class Store(ScriptedClient):
    """Tells the digests of parts of 1,000 bytes, or what a test says; `changes` are made to what it tells."""

    def __init__(self, content: bytes = CONTENT, *, whole: bool = False, **options: Any) -> None:
        super().__init__(options=dataclasses.replace(QUICK, **options))
        self.changes: dict[str, Any] = {}
        self.asked: list[tuple[int, int | None]] = []
        self.object_write("name", content)
        size = len(content) if whole else PART
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        self.digest: ContentDigest | None = ContentDigest(
            "md5", [len(piece) for piece in pieces], [hashlib.md5(piece).hexdigest() for piece in pieces]
        )

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        self.asked.append((start, stop))
        reader = super()._object_open(container, name, start, stop, if_hash)
        reader.digest = self.digest
        reader.info = dataclasses.replace(reader.info, **self.changes)
        return reader


class Earlier(Kept):
    """What an earlier download left: some whole ranges, or the first bytes."""

    def __init__(self, content: bytes = b"", offsets: frozenset[int] = frozenset(), count: int = 0) -> None:
        self.content, self.offsets, self.count = content, offsets, count
        self.noted: list[tuple[Range, list[bytes]]] = []
        self.until: list[tuple[int, str]] = []

    def holds(self, wanted: Range, check: ContentCheck | None) -> bool:
        held = wanted.offset in self.offsets
        assert check is not None
        # Of what is not all there the first bytes are hashed in vain.
        check.update(memoryview(self.content)[wanted.offset : wanted.end if held else wanted.end - 1])
        return held

    def note(self, wanted: Range, check: ContentCheck | None) -> None:
        assert check is not None
        self.noted.append((wanted, check.digests))

    def first_bytes(self, digest: ContentDigest) -> tuple[int, Hash]:
        return self.count, hashlib.new(digest.algorithm, self.content[: self.count])

    def note_until(self, position: int, hashed: Hash) -> None:
        self.until.append((position, hashed.hexdigest()))


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path / "draft", os.O_RDWR | os.O_CREAT)
    yield opened
    os.close(opened)


def filled(store: Store, descriptor: int, kept: Kept) -> int:
    """Fill a file; gives how many bytes were told."""
    told: list[int] = []
    border = Border(store)
    with GuardedReader(border, "box", "name") as reader:
        fill(border, reader, descriptor, Meter(told.append), kept)
        assert reader.verified
    return sum(told)


class TestKept:
    def test_ranges_that_are_there_are_checked_and_not_fetched(self, descriptor: int) -> None:
        """By ranges also for one worker, since others would be fetched again."""
        store = Store(workers=1)
        os.pwrite(descriptor, CONTENT, 0)
        os.pwrite(descriptor, bytes(PART), 2 * PART)
        kept = Earlier(CONTENT, frozenset({PART, 3 * PART}))
        assert filled(store, descriptor, kept) == len(CONTENT)
        assert os.pread(descriptor, 10_000, 0) == CONTENT
        assert store.asked == [(0, None), (2 * PART, 3 * PART)]
        digests = [hashlib.md5(CONTENT[at : at + PART]).digest() for at in (0, 2 * PART)]
        assert kept.noted == [
            (Range(0, PART, 0), digests[:1]),
            (Range(2 * PART, PART, 2), digests[1:]),
        ]

    def test_what_is_there_and_is_not_the_stores_is_refused(self, descriptor: int) -> None:
        store = Store()
        with pytest.raises(IntegrityError):
            filled(store, descriptor, Earlier(CONTENT[::-1], frozenset({PART})))

    @pytest.mark.parametrize("count", [0, 1300])
    def test_of_one_stream_the_first_bytes_are_not_fetched(
        self, descriptor: int, count: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "BLOCK_SIZE", 1000)
        store = Store(whole=True)
        os.pwrite(descriptor, CONTENT[:count], 0)
        kept = Earlier(CONTENT, count=count)
        assert filled(store, descriptor, kept) == len(CONTENT)
        assert os.pread(descriptor, 10_000, 0) == CONTENT
        assert store.asked == [(0, None), (count, None)][: 2 if count else 1]
        ends = [*range(count + 1000, len(CONTENT), 1000), len(CONTENT)]
        assert kept.until == [(end, hashlib.md5(CONTENT[:end]).hexdigest()) for end in ends]


class TestRequests:
    @pytest.mark.parametrize(
        ("size", "options", "requests"),
        [
            (2 * PART, {}, 2),
            (2 * PART, {"workers": 1}, 1),
            (2 * PART, {"workers": 2}, 2),
            (PART, {}, 1),
        ],
        ids=str,
    )
    def test_what_is_larger_than_a_part_is_read_side_by_side(
        self, size: int, options: dict[str, Any], requests: int
    ) -> None:
        store = Store(CONTENT[:size], **options)
        assert store.object_read("name") == CONTENT[:size]
        assert len(store.asked) == requests

    @pytest.mark.parametrize(("check", "requests"), [(True, 1), (False, 4)])
    def test_what_is_not_compared_need_not_come_in_order(self, check: bool, requests: int) -> None:
        store = Store(whole=True, check_content=check)
        assert store.object_read("name") == CONTENT
        assert len(store.asked) == requests

    def test_a_range_is_read_by_one(self) -> None:
        store = Store()
        assert store.object_read("name", start=5) == CONTENT[5:]
        assert store.object_read("name", stop=3495) == CONTENT[:3495]
        assert store.object_read("name", start=5, stop=3495) == CONTENT[5:3495]
        assert store.asked == [(5, None), (0, 3495), (5, 3495)]

    def test_the_blocks_of_what_has_no_size_are_put_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "BLOCK_SIZE", 1000)
        store = Store()
        store.changes, store.digest = {"size": None}, None
        assert store.object_read("name") == CONTENT

    @pytest.mark.parametrize(("memory", "least", "most"), [(PART, 1, 2), (100 * PART, 3, 4)])
    def test_as_many_buffers_are_used_as_the_memory_has_room_for(self, memory: int, least: int, most: int) -> None:
        border = Border(Store(memory=memory))
        with GuardedReader(border, "box", "name") as reader:
            seen = []
            for block in blocks(border, reader):
                time.sleep(0.05)  # so that workers read ahead
                seen.append((bytes(block), id(block.obj)))
        assert b"".join(content for content, _ in seen) == CONTENT
        assert least <= len({buffer for _, buffer in seen}) <= most

    def test_that_nothing_was_compared_is_said_by_name(self, caplog: pytest.LogCaptureFixture) -> None:
        store = Store()
        store.digest = None
        with caplog.at_level(logging.DEBUG, "obs_client"):
            assert store.object_read("name") == CONTENT
        assert len(store.asked) == 4
        assert caplog.messages == ["'name' was read completely, but there was no digest to compare it with"]


class TestTargets:
    @pytest.mark.parametrize("target", ["stream", "file", "pipe"])
    def test_who_holds_a_copy_gets_no_other(self, target: str, tmp_path: Path) -> None:
        store = Store()
        known = store._object_info("box", "name").hash
        assert known
        if target == "stream":
            sink = io.BytesIO()
            with pytest.raises(ObjectUnchangedError):
                store.object_download("name", sink, if_none_match=known)
            assert not sink.getvalue()
            return
        path = tmp_path / target
        with pytest.raises(ObjectUnchangedError):
            if target == "file":
                store.download_file("name", path, if_none_match=known)
            else:
                through_pipe(store, path, if_none_match=known)
        assert not path.is_file()

    def test_a_pipe_gets_the_bytes_in_order(self, tmp_path: Path) -> None:
        """It is not replaced by a file."""
        told: list[int] = []
        assert through_pipe(Store(), tmp_path / "pipe", progress=told.append) == CONTENT
        assert sum(told) == len(CONTENT)
        assert os.listdir(tmp_path) == ["pipe"]

    def test_a_directory_is_no_target(self, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError, match=f"'{tmp_path}' is a directory; use the name of a file in it"):
            Store().download_file("name", tmp_path)

    def test_a_stream_that_answers_nothing_has_taken_all(self) -> None:
        class Silent:
            taken = b""

            def write(self, data: memoryview) -> None:
                self.taken += bytes(data)

        sink = Silent()
        assert Store().object_download("name", cast("IO[bytes]", sink))
        assert sink.taken == CONTENT

    def test_a_file_that_takes_nothing_now_is_no_target(self) -> None:
        class Full(io.RawIOBase):
            def writable(self) -> bool:
                return True

            def write(self, data: Any, /) -> None:
                return None

        with pytest.raises(BlockingIOError, match=r"^the stream takes no bytes now; use a blocking one$"):
            Store().object_download("name", cast("IO[bytes]", Full()))


def through_pipe(store: Store, path: Path, **options: Any) -> bytes:
    """What a named pipe gets by `download_file`."""
    os.mkfifo(path)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    try:
        assert store.download_file("name", path, **options)
    finally:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))  # a reader that nobody wrote to ends
        reader.join(10.0)
    return got[0]


def test_room_for_what_is_read_is_made_before_it_is_filled() -> None:
    space = download._Space(download._STEP + 5)
    assert space.content() == bytes(download._STEP + 5)
