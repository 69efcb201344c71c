"""Readers of what was asked for in an answer's body."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.ranges import Place
from obs_client._http.kit.readers import AnswerReader, EmptyReader, read_fully
from obs_client._http.pool import HttpPool
from obs_client.backend.integrity import ContentDigest
from obs_client.models import ObjectInfo
from test.loopback.raw import answer, raw_server, saying

INFO = ObjectInfo("name", 300_000, "tag", None, {}, 0.0)
CONTENT = bytes(range(250)) * 1200
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
ENDED = "the response ended before the end of the requested range"


@contextmanager
def reader_of(reply: bytes, place: Place) -> Iterator[AnswerReader]:
    with raw_server(saying(reply)) as server:
        pool = HttpPool(timeout=5.0)
        with AnswerReader(INFO, pool.request("GET", server.url + "/", {}), place) as reader:
            yield reader
        pool.close()


def read_all(reader: AnswerReader, size: int) -> bytes:
    buffer, data = memoryview(bytearray(size)), b""
    while count := reader.readinto(buffer):
        data += buffer[:count]
    return data


@pytest.mark.parametrize("size", [7000, 500_000])
@pytest.mark.parametrize(("skip", "take"), [(0, 300_000), (1, 299_999), (100_000, 150_000), (299_999, 1), (300_000, 0)])
def test_gives_what_was_asked_for(skip: int, take: int, size: int) -> None:
    with reader_of(answer(CONTENT), Place(len(CONTENT), skip, take)) as reader:
        assert read_all(reader, size) == CONTENT[skip : skip + take]
        assert reader.readinto(memoryview(bytearray(10))) == 0
        assert reader.info is INFO


@pytest.mark.parametrize("skip", [0, 5, 100])
def test_an_answer_that_ends_early_is_broken(skip: int) -> None:
    with reader_of(answer(b"hello")[:-1], Place(200, skip, 100)) as reader, pytest.raises(BrokenAnswer):
        read_all(reader, 3)


def test_chunks_that_end_before_the_range_are_broken() -> None:
    with reader_of(CHUNKS, Place(200, 10, 100)) as reader, pytest.raises(BrokenAnswer, match=f"^{ENDED}$"):
        read_all(reader, 3)


@pytest.mark.parametrize(
    ("place", "content"),
    [
        (Place(None, 0, None), b"hello"),
        (Place(None, 2, None), b"llo"),
        (Place(None, 2, 2), b"ll"),
        (Place(None, 2, 100), b"llo"),
        (Place(None, 5, None), b""),
        (Place(None, 9, 100), b""),
    ],
)
def test_without_a_size_the_last_chunk_is_the_end(place: Place, content: bytes) -> None:
    with reader_of(CHUNKS, place) as reader:
        assert read_all(reader, 3) == content
        assert reader.readinto(memoryview(bytearray(10))) == 0


def test_without_a_size_and_a_last_chunk_it_is_broken() -> None:
    with reader_of(CHUNKS[:-5], Place(None, 0, None)) as reader, pytest.raises(BrokenAnswer):
        read_all(reader, 3)


def test_chunks_that_end_within_the_range_are_broken() -> None:
    with reader_of(CHUNKS, Place(200, 2, 100)) as reader, pytest.raises(BrokenAnswer, match=f"^{ENDED}$"):
        read_all(reader, 3)


def test_empty_reader() -> None:
    with EmptyReader(INFO) as reader:
        assert reader.readinto(memoryview(bytearray(10))) == 0
        assert reader.info is INFO


def test_a_reader_has_the_digest_of_the_whole() -> None:
    digest = ContentDigest("md5", (5,), ("x",))
    with raw_server(saying(answer(b"hello"))) as server:
        pool = HttpPool(timeout=5.0)
        with AnswerReader(INFO, pool.request("GET", server.url + "/", {}), Place(5, 0, 5), digest) as reader:
            assert reader.digest is digest
        pool.close()


@pytest.mark.parametrize("size", [0, 5, 300_000])
def test_a_buffer_is_filled_whole(size: int) -> None:
    buffer = bytearray(size)
    with reader_of(answer(CONTENT), Place(len(CONTENT), 0, len(CONTENT))) as reader:
        read_fully(reader, memoryview(buffer))
    assert buffer == CONTENT[:size]


@pytest.mark.parametrize("place", [Place(None, 0, None), Place(None, 2, 3)])
def test_a_buffer_that_is_not_filled_is_an_error(place: Place) -> None:
    with reader_of(CHUNKS, place) as reader, pytest.raises(BrokenAnswer, match=f"^{ENDED}$"):
        read_fully(reader, memoryview(bytearray(6)))
