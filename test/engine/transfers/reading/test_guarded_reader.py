"""The guarded reader by itself: where it begins and ends, what it asks the store for, and what its errors tell."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Callable
from typing import Any

import pytest

from obs_client import IntegrityError, ObjectChangedError, ObjectUnchangedError, PreconditionError, TemporaryError
from obs_client._engine.border import Border
from obs_client._engine.transfers import reading
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend.integrity import ContentCheck, ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.errors import ObjectStorageClientError
from test.engine.clock import Clock
from test.engine.scripted import QUICK, BreakingReader, Outage, ScriptedClient

CONTENT = bytes(range(250))


class Store(ScriptedClient):
    """Notes what it is asked for, and tells of an object what a test says; a body may break off, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[str, Any] = {}
        self.digest: ContentDigest | None = None
        self.error: Exception | None = None
        self.drops = len(CONTENT) + 1
        self.asked: list[tuple[int, int | None, str | None]] = []
        self.object_write("name", CONTENT)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        self.asked.append((start, stop, if_hash))
        reader = super()._object_open(container, name, start, stop, if_hash)
        reader.digest = self.digest
        reader.info = dataclasses.replace(reader.info, **self.changes)
        return BreakingReader(reader, self.drops, self.error)

    @property
    def stored_hash(self) -> str:
        info = self._object_info("box", "name")
        assert info.hash
        return info.hash

    def reader(self, *asked: Any, **conditions: Any) -> GuardedReader:
        return GuardedReader(Border(self), "box", "name", *asked, **conditions)


@pytest.fixture
def store() -> Store:
    return Store()


def rest_of(reader: GuardedReader) -> bytes:
    buffer = memoryview(bytearray(60))
    content = b""
    while count := reader.readinto(buffer):
        content += buffer[:count]
    return content


class TestEnds:
    def test_more_last_bytes_than_there_are_begin_at_the_first(self, store: Store) -> None:
        assert store.object_read("name", start=-1000) == CONTENT
        assert store.object_read("name", start=-250) == CONTENT
        assert store.object_read("name", start=-249) == CONTENT[1:]

    def test_it_never_goes_further_than_was_asked_for(self, store: Store) -> None:
        reader = store.reader(0, 100)
        reader.end_at(200)
        assert (reader.left, rest_of(reader)) == (100, CONTENT[:100])

    @pytest.mark.parametrize(("first", "later"), [(250, None), (None, 250)], ids=str)
    def test_what_one_of_two_answers_tells_of_the_size_is_known(
        self, store: Store, first: int | None, later: int | None
    ) -> None:
        pinned = dataclasses.replace(store._object_info("box", "name"), size=first)
        store.changes = {"size": later}
        reader = store.reader(100, pinned=pinned)
        assert (reader.info.size, reader.left) == (250, 150)
        assert rest_of(reader) == CONTENT[100:]

    def test_a_range_ends_where_it_should_though_nobody_told_the_size(self, store: Store) -> None:
        store.changes = {"size": None}
        reader = store.reader(50, 100)
        assert (rest_of(reader), reader.info.size) == (CONTENT[50:100], None)

    @pytest.mark.parametrize(("size", "start", "seen"), [(250, 100, 250), (250, 0, 250), (250, 300, None), (0, 0, 0)])
    def test_the_size_that_nobody_told_is_known_where_the_bytes_end(
        self, store: Store, size: int, start: int, seen: int | None
    ) -> None:
        """From past its end on none come, which tells nothing."""
        store.object_write("name", CONTENT[:size])
        store.changes = {"size": None}
        reader = store.reader(start)
        assert rest_of(reader) == CONTENT[start:size]
        assert reader.info.size == seen


class TestRequests:
    @pytest.mark.parametrize("start", [0, 5, -5])
    def test_the_store_is_asked_for_the_version_itself(self, store: Store, start: int) -> None:
        """What it refuses at once is not sent for nothing."""
        assert store.object_read("name", start=start, if_hash=store.stored_hash) == CONTENT[start:]
        assert [if_hash for _, _, if_hash in store.asked] == [store.stored_hash]

    def test_who_holds_another_version_is_sent_no_more_than_was_asked_for(self, store: Store) -> None:
        assert store.object_read("name", start=5, stop=9, if_none_match="another") == CONTENT[5:9]
        assert store.asked == [(5, 9, None)]

    def test_tries_are_counted_anew_after_a_good_piece_only(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "BLOCK_SIZE", 10)
        store.error = Outage("broke off")
        store.drops = 10
        assert rest_of(store.reader()) == CONTENT
        assert len(store.asked) == 25
        store.drops = 9
        with pytest.raises(TemporaryError, match=f"gave up after {QUICK.attempts} tries"):
            rest_of(store.reader())

    def test_the_pause_is_as_long_as_the_store_asked_for(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = Clock()
        clock.rule(monkeypatch)
        store.error = Outage("broke off", retry_after=7.0)
        store.drops = 200
        assert rest_of(store.reader()) == CONTENT
        assert clock.pauses == [7.0]


class TestFirstBytesThatAreThere:
    """A download that goes on after its process ended has the first bytes, and their hash."""

    @pytest.mark.parametrize("fits", [True, False])
    def test_the_rest_is_read_and_the_whole_compared(self, store: Store, fits: bool) -> None:
        store.digest = ContentDigest("md5", (len(CONTENT),), (hashlib.md5(CONTENT).hexdigest(),))
        hashed = hashlib.md5(CONTENT[:100] if fits else b"x" * 100)
        reader = store.reader()
        reader.go_on_from(100, hashed)
        assert (reader.position, reader.left) == (100, 150)
        assert store.asked == [(0, None, None), (100, None, store.stored_hash)]
        if fits:
            assert rest_of(reader) == CONTENT[100:]
        else:
            with pytest.raises(IntegrityError):
                rest_of(reader)
        assert reader.verified == fits

    def test_of_another_version_nothing_is_read(self, store: Store) -> None:
        store.digest = ContentDigest("md5", (len(CONTENT),), (hashlib.md5(CONTENT).hexdigest(),))
        reader = store.reader()
        store.object_write("name", CONTENT[::-1])
        with pytest.raises(ObjectChangedError):
            reader.go_on_from(100, hashlib.md5(CONTENT[:100]))


class TestWhatIsSaid:
    def test_that_nothing_was_compared_is_said_once(self, store: Store, caplog: pytest.LogCaptureFixture) -> None:
        reader = store.reader()
        with caplog.at_level(logging.DEBUG, "obs_client"):
            for _ in range(2):
                rest_of(reader)
        assert caplog.messages == ["'name' was read completely, but there was no digest to compare it with"]

    def test_nothing_is_said_of_what_somebody_else_compares(
        self, store: Store, caplog: pytest.LogCaptureFixture
    ) -> None:
        reader = store.reader()
        reader.with_check(ContentCheck(ContentDigest("md5", (250,), (hashlib.md5(CONTENT).hexdigest(),))))
        with caplog.at_level(logging.DEBUG, "obs_client"):
            assert rest_of(reader) == CONTENT
        assert not caplog.messages
        assert reader.hash_so_far is None


def changed(store: Store) -> None:
    store.drops = 100
    reader = store.reader()
    reader.read_fully(memoryview(bytearray(100)))
    store.object_write("name", CONTENT[::-1])
    rest_of(reader)


def broken_off(store: Store) -> None:
    store.drops = 0
    rest_of(store.reader())


def failed(store: Store) -> None:
    store.drops, store.error = 0, Outage("the disk is slow")
    rest_of(store.reader())


def damaged(store: Store) -> None:
    store.drops, store.error = 0, IntegrityError("its checksum is wrong")
    rest_of(store.reader())


def other_hash(store: Store) -> None:
    store.changes = {"hash": "new"}
    store.reader(if_hash=store.stored_hash)


def held(store: Store, start: int = 0) -> None:
    store.object_read("name", start=start, if_none_match=store.stored_hash)


PLACE = "'name' in container 'box'"


@pytest.mark.parametrize(
    ("act", "kind", "message"),
    [
        (changed, ObjectChangedError, f"{PLACE} was replaced or deleted while it was read; read it again"),
        (broken_off, TemporaryError, "'name' broke off after 0 of 250 bytes (gave up"),
        (failed, TemporaryError, f"could not read {PLACE}: the disk is slow"),
        (damaged, IntegrityError, "its checksum is wrong"),
        (other_hash, PreconditionError, f"{PLACE} has the hash 'new', not 'HASH'; nothing was read"),
        (held, ObjectUnchangedError, f"{PLACE} still has the hash 'HASH'; nothing was read (use the copy"),
        (lambda store: held(store, -5), ObjectUnchangedError, f"{PLACE} still has the hash 'HASH'; nothing was read"),
    ],
    ids=["changed", "broken off", "failed", "damaged", "other hash", "held", "end held"],
)
def test_an_error_tells_of_which_object(
    store: Store, act: Callable[[Store], None], kind: type[ObjectStorageClientError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        act(store)
    assert (caught.value.container, caught.value.object_name) == ("box", "name")
    assert str(caught.value).startswith(message.replace("HASH", store.stored_hash))


def test_who_holds_the_object_is_told_what_to_do(store: Store) -> None:
    with pytest.raises(ObjectUnchangedError) as caught:
        held(store)
    assert caught.value.hint == "use the copy that you hold"
