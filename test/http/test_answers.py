"""Answers: whole or an error, on real sockets."""

import os
import socket

import pytest

from obs_client._http.pool import BrokenAnswer, HttpPool
from test.http.support import LIMIT, get
from test.loopback.raw import answer, raw_server, read_head, read_request, replying, saying

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
)


def read_by_pieces(pool: HttpPool, url: str, size: int) -> bytes:
    reply = pool.request("GET", url, {})
    buffer = memoryview(bytearray(size))
    data = b""
    while count := reply.readinto(buffer):
        data += buffer[:count]
    assert reply.readinto(buffer) == 0
    return data


class TestAnswers:
    def test_has_status_reason_headers_and_length(self, pool: HttpPool) -> None:
        with raw_server(saying(answer(b"abc", b"404 Not  Found", b"X-A: 1\r\nx-b:\t 2 \r\nX-a: 3\r\n"))) as server:
            reply = pool.request("GET", server.url + "/", {})
        assert (reply.status, reply.reason, reply.length) == (404, "Not  Found", 3)
        assert dict(reply.headers) == {"content-length": "3", "x-a": "1, 3", "x-b": "2"}
        assert (reply.headers["X-B"], reply.headers.get("x-c"), "X-A" in reply.headers) == ("2", None, True)
        assert reply.read(3) == b"abc"

    def test_header_values_keep_every_byte(self, pool: HttpPool) -> None:
        with raw_server(saying(answer(headers=b"X-Name: \xc3\xa4\xff\r\n"))) as server:
            headers = pool.request("GET", server.url + "/", {}).headers
        assert headers.raw("x-name") == b"\xc3\xa4\xff"
        assert headers["x-name"] == "\xc3\xa4\xff"

    def test_takes_many_headers(self, pool: HttpPool) -> None:
        lines = b"".join(b"X-%d: %s\r\n" % (number, b"v" * 100) for number in range(1000))
        with raw_server(saying(answer(b"abc", headers=lines))) as server:
            reply = pool.request("GET", server.url + "/", {})
            assert len(reply.headers) == 1001
            assert reply.read(3) == b"abc"

    def test_endless_head_is_broken(self, pool: HttpPool) -> None:
        head = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 400_000
        with raw_server(saying(head)) as server, pytest.raises(BrokenAnswer, match="more than"):
            get(pool, server.url + "/")

    @pytest.mark.parametrize("size", [1, 2, 7, 1000])
    def test_chunks_are_put_together(self, pool: HttpPool, size: int) -> None:
        with raw_server(saying(CHUNKED, CHUNKED)) as server:
            assert read_by_pieces(pool, server.url + "/", size) == b"hello world"
            reply = pool.request("GET", server.url + "/", {})
            assert reply.length is None
            assert reply.read(11) == b"hello world"

    def test_answers_may_come_byte_by_byte(self, pool: HttpPool) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for reply in (CHUNKED, answer(b"hello world")):
                read_request(connection)
                for byte in reply:
                    connection.sendall(bytes([byte]))

        with raw_server(script) as server:
            assert get(pool, server.url + "/") == b"hello world"
            assert get(pool, server.url + "/") == b"hello world"
            assert len(server.connections) == 1

    @pytest.mark.parametrize("reply", [CHUNKED, answer(b"hello")], ids=["chunks", "length"])
    def test_longer_than_the_limit_is_an_error(self, pool: HttpPool, reply: bytes) -> None:
        with raw_server(saying(reply)) as server, pytest.raises(BrokenAnswer, match="more than 4 bytes"):
            pool.request("GET", server.url + "/", {}).read(4)

    def test_interim_answers_are_passed_over(self, pool: HttpPool) -> None:
        interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        with raw_server(saying(interim + answer(b"a"))) as server:
            assert get(pool, server.url + "/") == b"a"

    @pytest.mark.parametrize(
        ("method", "reply"),
        [
            ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
            ("HEAD", b"HTTP/1.1 200 OK\r\n\r\n"),
            ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
            ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ],
    )
    def test_some_answers_have_no_body(self, pool: HttpPool, method: str, reply: bytes) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            while read_head(connection)[0]:
                connection.sendall(reply)

        with raw_server(script) as server:
            for _ in range(3):
                result = pool.request(method, server.url + "/", {})
                assert result.length == 0
                assert result.read(0) == b""
            assert len(server.connections) == 1

    def test_trailers_without_end_are_broken(self, pool: HttpPool) -> None:
        few, many = (CHUNKED.replace(b"Trailer: x\r\n", b"Trailer: x\r\n" * count) for count in (99, 10_000))
        with raw_server(saying(few, many)) as server:
            assert get(pool, server.url + "/") == b"hello world"
            with pytest.raises(BrokenAnswer, match="too many trailers"):
                get(pool, server.url + "/")

    def test_redirects_are_answers(self, pool: HttpPool) -> None:
        with raw_server(saying(answer(status=b"307 Temporary", headers=b"Location: /x\r\n"))) as server:
            assert pool.request("GET", server.url + "/", {}).status == 307

    @pytest.mark.parametrize(
        "head",
        [
            b"HTTP/1.1 200 OK\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length : 4\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n folded\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\nX: y\r\n\r\nbody",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: y\nZ: z\r\n\r\nbody",
            b"HTTP/2 200 OK\r\nContent-Length: 4\r\n\r\nbody",
            b"HTTP/1.1 2000 OK\r\nContent-Length: 4\r\n\r\nbody",
            b"HTTP/1.1 101 Other\r\n\r\n",
            b"220 mail.example ready\r\n\r\n",
            b"<html>\r\n\r\n",
        ],
    )
    def test_unclear_heads_are_broken(self, pool: HttpPool, head: bytes) -> None:
        with raw_server(saying(head)) as server, pytest.raises(BrokenAnswer):
            pool.request("GET", server.url + "/", {})

    def test_same_length_twice_is_one(self, pool: HttpPool) -> None:
        with raw_server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nbody")) as server:
            assert get(pool, server.url + "/") == b"body"


class TestCuts:
    """An answer that is cut anywhere is never a success, whole or read by pieces."""

    @pytest.mark.parametrize(
        "reply", [answer(b"hello", headers=b"X-A: 1\r\nX-B: 2\r\n"), CHUNKED], ids=["length", "chunks"]
    )
    @pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
    def test_every_byte(self, pool: HttpPool, reply: bytes, reset: bool) -> None:
        cuts = iter([count for count in range(len(reply)) for _ in range(2)])

        def script(connection: socket.socket, _number: int) -> None:
            read_request(connection)
            connection.sendall(reply[: next(cuts)])
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        with raw_server(script) as server:
            for _ in range(len(reply)):
                with pytest.raises(BrokenAnswer):
                    get(pool, server.url + "/")
                with pytest.raises(BrokenAnswer):
                    read_by_pieces(pool, server.url + "/", 3)
            assert not server.errors

    @pytest.mark.parametrize(
        "chunks",
        [
            b"x\r\nhello\r\n0\r\n\r\n",
            b"-5\r\nhello\r\n0\r\n\r\n",
            b"5\r\nhello!\r\n0\r\n\r\n",
            b"\r\n\r\n",
            b"5" * 9000,
        ],
    )
    def test_broken_chunks(self, pool: HttpPool, chunks: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        with raw_server(saying(head + chunks)) as server, pytest.raises(BrokenAnswer):
            get(pool, server.url + "/")

    def test_an_error_stays_an_error(self, pool: HttpPool) -> None:
        with raw_server(saying(answer(b"hello")[:-1])) as server:
            reply = pool.request("GET", server.url + "/", {})
            for _ in range(3):
                with pytest.raises(BrokenAnswer):
                    reply.read(LIMIT)


def in_chunks(chunks: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("reply", "message"),
        [
            (in_chunks(b"5\r\nhello!\r\n0\r\n\r\n"), "a chunk of the response is longer than its declared size"),
            (in_chunks(b"0\r\n" + b"x: y\r\n" * 100 + b"\r\n"), "the response ends with too many trailers"),
            (in_chunks(b"5\r\nhello"), "HOST closed the connection in the middle of its response"),
            (in_chunks(b"x\r\nhello\r\n"), "HOST sent a broken chunk"),
            (in_chunks(b"0" * 16 + b"\r\n\r\n"), "HOST sent a broken chunk"),
            (in_chunks(b"5" * 9000), "HOST sent a line or head of more than 8192 bytes"),
            (b"HTTP/1.1 101 Other\r\n\r\n", "HOST changed the protocol"),
            (b"HTTP/1.1 103 x\r\n\r\n" * 1000, "HOST sent too many interim responses"),
            (answer(b"hello")[:-1], "HOST closed the connection in the middle of its response"),
            (answer(b"hello" * 14_000), "the response has more than 65536 bytes"),
        ],
        ids=str,
    )
    def test_of_an_answer_that_is_broken(self, pool: HttpPool, reply: bytes, message: str) -> None:
        pool._has_answered = True  # what is wrong with the first answer of all has advice of its own
        with raw_server(saying(reply)) as server, pytest.raises(BrokenAnswer) as caught:
            pool.request("GET", server.url + "/", {}).read(65536)
        assert str(caught.value) == message.replace("HOST", f"127.0.0.1:{server.port}")

    def test_of_one_that_another_process_began(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its bytes are for that one."""
        with raw_server(saying(answer(b"hello" * 50_000))) as server:
            reply = pool.request("GET", server.url + "/", {})
            with monkeypatch.context() as patch:
                patch.setattr(os, "getpid", lambda: -1)
                with pytest.raises(BrokenAnswer, match=r"^the response belongs to the parent process of this fork$"):
                    reply.readinto(memoryview(bytearray(10)))
            with pytest.raises(BrokenAnswer, match=r"^the response was closed before its end$"):
                reply.readinto(memoryview(bytearray(10)))


@pytest.mark.parametrize("size", [b"5", b"05", b"00000000000005", b"5;x=y", b"5 \t;x", b"5\t"])
def test_sizes_of_chunks_may_be_written_in_many_ways(pool: HttpPool, size: bytes) -> None:
    chunks = in_chunks(size + b"\r\nhello\r\nA\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n")
    with raw_server(replying(chunks)) as server:
        for _ in range(2):
            assert get(pool, server.url + "/") == b"hello" + b"0123456789" * 2
        assert len(server.connections) == 1


def test_nothing_is_read_into_no_room(pool: HttpPool) -> None:
    with raw_server(saying(answer(b"hello"))) as server:
        reply = pool.request("GET", server.url + "/", {})
        assert reply.readinto(memoryview(b"")) == 0
        assert reply.read(5) == b"hello"
