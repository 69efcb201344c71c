"""Content as text, by way of buffers that are used again."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.buffers import Buffers
from obs_client._http.pool import HttpPool
from test.loopback.raw import answer, echo, raw_server, replying, saying

MEBIBYTE = 1024 * 1024


def read(reply: bytes) -> str:
    with raw_server(saying(reply)) as server:
        pool = HttpPool(timeout=5.0)
        try:
            return Buffers().read_text(pool.request("GET", server.url + "/", {}))
        finally:
            pool.close()


@pytest.mark.parametrize("text", ["", "ä" * 10, "x" * 5 * MEBIBYTE], ids=["empty", "short", "long"])
def test_gives_the_text(text: str) -> None:
    assert read(answer(text.encode())) == text


def test_chunks() -> None:
    assert read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n") == "hello"


def test_what_is_cut_is_broken() -> None:
    for cut in (answer(b"hello")[:-1], answer("hellö".encode()[:-1])):
        with pytest.raises(BrokenAnswer):
            read(cut)


@pytest.mark.parametrize(
    "reply",
    [answer(b"hello"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    ids=["length", "chunks"],
)
def test_what_is_longer_than_the_limit_is_refused(reply: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obs_client._http.kit.buffers.CONTENT_LIMIT", 5)
    monkeypatch.setattr("obs_client._http.kit.buffers._BUFFER_LIMIT", 0)
    assert read(reply) == "hello"
    monkeypatch.setattr("obs_client._http.kit.buffers.CONTENT_LIMIT", 4)
    with pytest.raises(BrokenAnswer, match="more than 4 bytes"):
        read(reply)


def test_what_is_no_text_is_strange() -> None:
    for size in (10, 5 * MEBIBYTE):
        with pytest.raises(StrangeAnswer, match="UTF-8"):
            read(answer(b"\xff" + b"x" * size))


def test_threads_get_their_own_text() -> None:
    buffers, pool = Buffers(), HttpPool(timeout=5.0)

    def work(thread: int) -> None:
        for number in range(100):
            body = f"{thread} {number} " * (number * 13 % 300)
            answered = pool.request("PUT", f"{server.url}/{thread}", {}, body.encode())
            assert buffers.read_text(answered) == f"PUT /{thread} HTTP/1.1\n{body}"

    with raw_server(echo) as server, ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    pool.close()


def test_a_buffer_is_used_again() -> None:
    with raw_server(replying(answer(b"x" * MEBIBYTE))) as server:
        buffers, pool = Buffers(), HttpPool(timeout=5.0)
        buffers.read_text(pool.request("GET", server.url + "/", {}))
        tracemalloc.start()
        try:
            text = buffers.read_text(pool.request("GET", server.url + "/", {}))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(text) == MEBIBYTE
        assert peak < 1.5 * MEBIBYTE, "the text alone, and no second copy of it"
        pool.close()
