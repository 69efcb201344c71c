"""File objects in reading: places in them, what is asked of the store for each, and what they tell."""

from __future__ import annotations

import dataclasses
import io
import os
import random
from typing import Any

import pytest

from obs_client import ClientOptions, IntegrityError, ObjectChangedError
from obs_client._engine.transfers import read_file
from obs_client._engine.transfers.read_file import HEAD, READ_BUFFER, ReadFile
from obs_client.backend.values import ObjectReader
from test.engine.scripted import BreakingReader, ScriptedClient

CONTENT = random.Random(3).randbytes(8 * HEAD)


class Remote(ScriptedClient):
    """Opening an object moves content, as over a network; `changes` are made to what is told of it."""

    opens_whole = False

    def __init__(self, content: bytes = CONTENT, **options: Any) -> None:
        super().__init__(options=ClientOptions(first_pause=0.0, **options))
        self.asked: list[tuple[int, int | None]] = []
        self.closed: list[int] = []
        self.changes: dict[str, Any] = {}
        self.object_write("name", content)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        self.asked.append((start, stop))
        reader = super()._object_open(container, name, start, stop, if_hash)
        if start or (stop is not None and stop < (reader.info.size or 0)):
            reader.digest = None
        reader.info = dataclasses.replace(reader.info, **self.changes)
        store = self

        class Closing(BreakingReader):
            def close(self) -> None:
                store.closed.append(start)
                super().close()

        return Closing(reader, len(CONTENT) + 1, None)


class Whole(Remote):
    """Opening an object moves nothing."""

    opens_whole = True


def opened(store: ScriptedClient) -> ReadFile:
    file = store.object_open("name")
    assert isinstance(file, ReadFile)
    return file


def raw_of(file: ReadFile) -> io.RawIOBase:
    """What is below the buffer."""
    assert isinstance(file.raw, io.RawIOBase)
    return file.raw


@pytest.fixture(params=[Remote, Whole], ids=["remote", "near"])
def file(request: pytest.FixtureRequest) -> ReadFile:
    return opened(request.param())


class TestPlaces:
    def test_they_count_from_the_start_the_place_and_the_end(self, file: ReadFile) -> None:
        raw = raw_of(file)
        assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
        assert (raw.seek(5), raw.tell()) == (5, 5)
        assert (raw.seek(7, os.SEEK_CUR), raw.tell()) == (12, 12)
        assert (raw.seek(-12, os.SEEK_CUR), raw.tell()) == (0, 0)
        assert (raw.seek(-7, os.SEEK_END), raw.read(100)) == (len(CONTENT) - 7, CONTENT[-7:])
        assert (raw.seek(3, os.SEEK_END), raw.read(100)) == (len(CONTENT) + 3, b"")

    @pytest.mark.parametrize(
        ("offset", "whence", "message"),
        [
            (-1, os.SEEK_SET, "cannot seek to -1, before the start"),
            (-len(CONTENT) - 2, os.SEEK_END, "cannot seek to -2, before the start"),
            (0, 3, "whence must be 0, 1 or 2, not 3"),
            (0, -1, "whence must be 0, 1 or 2, not -1"),
        ],
    )
    def test_there_are_no_others(self, file: ReadFile, offset: int, whence: int, message: str) -> None:
        raw_of(file).seek(9)
        with pytest.raises(ValueError, match=f"^{message}$"):
            raw_of(file).seek(offset, whence)
        assert raw_of(file).tell() == 9

    def test_one_that_is_closed_gives_nothing(self, file: ReadFile) -> None:
        raw = raw_of(file)
        file.close()
        assert file.closed
        for read in (lambda: raw.readinto(bytearray(1)), lambda: file.read(1)):
            with pytest.raises(ValueError, match="closed file"):
                read()
        file.close()

    def test_it_tells_of_the_object(self, file: ReadFile) -> None:
        assert (file.name, file.info.name, file.info.size) == ("name", "name", len(CONTENT))


class TestWithoutASize:
    @pytest.mark.parametrize("kind", [Remote, Whole])
    @pytest.mark.parametrize("size", [10, HEAD, 3 * HEAD])
    def test_the_end_is_where_the_bytes_end(self, kind: type[Remote], size: int) -> None:
        store = kind(CONTENT[:size])
        store.changes = {"size": None}
        file = opened(store)
        assert file.read() == CONTENT[:size]
        assert (file.info.size, file.seek(-3, os.SEEK_END), file.read()) == (size, size - 3, CONTENT[size - 3 : size])

    def test_before_that_nobody_knows_it(self) -> None:
        store = Whole()
        store.changes = {"size": None}
        message = "^the store does not report the object's size; read to its end first$"
        with pytest.raises(io.UnsupportedOperation, match=message):
            opened(store).seek(0, os.SEEK_END)


class TestRequests:
    @pytest.mark.parametrize("kind", [Remote, Whole])
    def test_reading_again_asks_again(self, kind: type[Remote]) -> None:
        store = kind()
        file = opened(store)
        assert file.read() == CONTENT
        assert file.verified
        file.seek(2 * HEAD)
        store.asked.clear()
        assert file.read() == CONTENT[2 * HEAD :]
        assert store.asked == [(2 * HEAD, len(CONTENT))]
        assert file.verified

    def test_what_is_asked_for_at_once_is_one_request(self) -> None:
        store = Remote()
        file = opened(store)
        file.seek(HEAD + 7)
        store.asked.clear()
        assert file.read(READ_BUFFER + 5) == CONTENT[HEAD + 7 : HEAD + 7 + READ_BUFFER + 5]
        assert store.asked == [(HEAD + 7, HEAD + 7 + READ_BUFFER + 5)]

    def test_an_answer_is_let_go_of_before_the_next_is_asked_for(self) -> None:
        store = Remote()
        file = opened(store)
        file.seek(HEAD + 7)
        file.read(1)
        file.seek(5 * HEAD)
        file.read(1)
        file.close()
        assert sorted(set(store.closed)) == sorted(start for start, _ in store.asked)

    def test_the_window_begins_anew_after_a_seek(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(read_file, "WINDOW", 1000)
        store = Remote()
        file = opened(store)
        raw = raw_of(file)
        store.asked.clear()
        for place in (2 * HEAD, 4 * HEAD):
            raw.seek(place)
            for _ in range(40):
                raw.read(100)
        assert store.asked == [
            (start + at, start + end)
            for start in (2 * HEAD, 4 * HEAD)
            for at, end in ((0, 100), (100, 1100), (1100, 3100), (3100, 7100))
        ]

    def test_the_head_is_not_asked_for_again_where_nothing_is_compared(self) -> None:
        store = Remote(check_content=False)
        file = opened(store)
        assert file.read() == CONTENT
        assert not file.verified
        assert store.asked == [(0, HEAD), (HEAD, None)]


class TestVerified:
    def test_only_what_was_read_in_order_from_the_first_byte_to_the_last(self) -> None:
        file = opened(Whole())
        file.seek(1)
        file.read()
        assert not file.verified
        file.seek(0)
        file.read(5)
        assert not file.verified
        file.seek(0)
        file.read()
        assert file.verified

    def test_a_look_ahead_and_back_takes_nothing_from_it(self) -> None:
        file = opened(Remote())
        raw = raw_of(file)
        raw.readinto(bytearray(10))
        raw.seek(5)
        assert raw.readall() == CONTENT[5:]
        assert file.verified

    def test_a_head_that_is_another_the_second_time_is_refused(self) -> None:
        store = Remote()
        file = opened(store)
        stored = store._stored("box", "name")
        store._objects("box").put(dataclasses.replace(stored, content=b"x" + CONTENT[1:]))
        with pytest.raises(IntegrityError) as caught:
            file.read()
        assert str(caught.value).startswith("the first bytes of 'name' came as others before")
        assert (caught.value.container, caught.value.object_name) == ("box", "name")

    def test_no_other_version_follows_the_head(self) -> None:
        store = Remote()
        file = opened(store)
        store.object_write("name", CONTENT[::-1])
        with pytest.raises(ObjectChangedError):
            file.read()


class Trickling(Remote):
    """Gives a few bytes at a time."""

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        whole = reader.readinto
        reader.readinto = lambda buffer: whole(buffer[:7001])  # type: ignore[method-assign]  # of this test's store
        return reader


def test_what_comes_a_few_bytes_at_a_time_is_put_together() -> None:
    file = opened(Trickling())
    assert file.read() == CONTENT
    for place in (3, HEAD + 7):
        file.seek(place)
        assert file.read(2 * HEAD) == CONTENT[place : place + 2 * HEAD]
