"""The transport: an answer is whole or an error, on real sockets."""

import gc
import multiprocessing
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection as Pipe

import pytest

from obs_client._http.pool import BrokenAnswer, HttpPool
from obs_client.backend.body import BytesBody
from test.loopback.raw import Script, answer, echo, raw_server, read_head, read_request, saying

MEBIBYTE = 1024 * 1024
LIMIT = 64 * MEBIBYTE
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def pool() -> Iterator[HttpPool]:
    pool = HttpPool(timeout=5.0)
    yield pool
    pool.close()


def get(pool: HttpPool, url: str) -> bytes:
    return pool.request("GET", url, {}).read(LIMIT)


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


class TestConnections:
    def test_are_kept(self, pool: HttpPool) -> None:
        with raw_server(echo) as server:
            for number in range(5):
                assert get(pool, f"{server.url}/{number}") == b"GET /%d HTTP/1.1\n" % number
            assert len(server.connections) == 1

    @pytest.mark.parametrize(
        "reply",
        [
            answer(headers=b"Connection: Keep-Alive, Close\r\n"),
            answer().replace(b"1.1", b"1.0"),
            answer() + b"more",
            b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n",
            answer(status=b"503 no tomes available"),  # mastodon#30030: another connection leads to a machine that has
            answer(status=b"500 Internal Server Error"),
        ],
    )
    def test_are_not_kept_when_the_server_will_not(self, pool: HttpPool, reply: bytes) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            while read_head(connection)[0]:
                connection.sendall(reply)

        with raw_server(script) as server:
            for _ in range(3):
                pool.request("GET", server.url + "/", {}).read(0)
            assert len(server.connections) == 3

    def test_closing_early_drops_the_connection(self, pool: HttpPool) -> None:
        with raw_server(echo) as server:
            reply = pool.request("GET", server.url + "/a", {})
            assert reply.readinto(memoryview(bytearray(3))) == 3
            reply.close()
            with pytest.raises(BrokenAnswer, match="closed before its end"):
                reply.read(LIMIT)
            assert get(pool, server.url + "/b") == b"GET /b HTTP/1.1\n"
            assert len(server.connections) == 2

    def test_no_more_are_kept_than_asked_for(self) -> None:
        pool = HttpPool(connections=1, timeout=5.0)
        with raw_server(echo) as server:
            for _ in range(2):
                replies = [pool.request("GET", server.url + "/", {}) for _ in range(3)]
                assert {reply.read(LIMIT) for reply in replies} == {b"GET / HTTP/1.1\n"}
            assert len(server.connections) == 5
        pool.close()

    def test_closed_pool_keeps_none(self) -> None:
        pool = HttpPool(timeout=5.0)
        with raw_server(echo) as server:
            get(pool, server.url + "/")
            pool.close()
            get(pool, server.url + "/")
            get(pool, server.url + "/")
            assert len(server.connections) == 3

    def test_forgotten_pool_closes_them(self) -> None:
        pool = HttpPool(timeout=5.0)
        with raw_server(echo) as server:
            get(pool, server.url + "/")
            del pool
            gc.collect()  # a socket left open would warn, which is an error here
            until = time.monotonic() + 5
            while server.connections[0].fileno() != -1:
                assert time.monotonic() < until
                time.sleep(0.001)

    def test_one_that_closed_while_idle_is_unseen(self, pool: HttpPool) -> None:
        with raw_server(saying(*[answer(b"a")] * 5)) as server:
            for _ in range(5):
                assert pool.request("PUT", server.url + "/", {}, b"body").read(1) == b"a"
                time.sleep(0.01)
            assert len(server.connections) == 5

    @pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
    def test_one_that_closes_on_the_request_is_opened_anew(self, pool: HttpPool, reset: bool) -> None:
        with raw_server(_closing_on_second(b"", reset=reset)) as server:
            assert get(pool, server.url + "/") == b"GET / HTTP/1.1\n"
            assert get(pool, server.url + "/") == b"GET / HTTP/1.1\n"
            assert len(server.connections) == 2

    @pytest.mark.parametrize("reset", [False, True])
    @pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
    def test_what_changes_something_is_not_sent_again(self, pool: HttpPool, method: str, reset: bool) -> None:
        with raw_server(_closing_on_second(b"", reset=reset)) as server:
            get(pool, server.url + "/")
            with pytest.raises(BrokenAnswer, match="without an answer"):
                pool.request(method, server.url + "/", {}, b"body")
            assert len(server.connections) == 1

    def test_nothing_is_sent_again_after_one_byte_of_answer(self, pool: HttpPool) -> None:
        with raw_server(_closing_on_second(b"H", reset=False)) as server:
            get(pool, server.url + "/")
            with pytest.raises(BrokenAnswer):
                get(pool, server.url + "/")
            assert len(server.connections) == 1

    def test_nothing_is_sent_again_on_a_new_connection(self, pool: HttpPool) -> None:
        with raw_server(saying(b"", b"")) as server:
            with pytest.raises(BrokenAnswer, match="without an answer"):
                get(pool, server.url + "/")
            assert len(server.connections) == 1

    def test_threads_get_their_own_answers(self, pool: HttpPool) -> None:
        def work(thread: int) -> int:
            for number in range(200):
                body = f"{thread} {number} ".encode() * (number * 7 % 300)
                reply = pool.request("PUT", f"{server.url}/{thread}/{number}", {}, BytesBody(body))
                assert reply.read(LIMIT) == b"PUT /%d/%d HTTP/1.1\n" % (thread, number) + body
            return thread

        with raw_server(echo) as server, ThreadPoolExecutor(16) as threads:
            assert list(threads.map(work, range(16))) == list(range(16))
            assert len(server.connections) <= 16

    def test_a_forked_process_uses_none_of_the_parent(self, pool: HttpPool) -> None:
        with raw_server(echo) as server:
            held = pool.request("PUT", server.url + "/held", {}, b"b" * MEBIBYTE)
            get(pool, server.url + "/idle")
            ours, theirs = multiprocessing.Pipe()

            def child(pipe: Pipe) -> None:
                with pytest.raises(BrokenAnswer, match="forked"):
                    held.read(LIMIT)
                pipe.send(get(pool, server.url + "/child"))

            process = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
            process.start()
            for number in range(20):
                assert get(pool, f"{server.url}/{number}") == b"GET /%d HTTP/1.1\n" % number
            assert ours.poll(10)
            assert ours.recv() == b"GET /child HTTP/1.1\n"
            process.join()
            assert held.read(LIMIT) == b"PUT /held HTTP/1.1\n" + b"b" * MEBIBYTE
            assert len(server.connections) == 3


def _closing_on_second(last_words: bytes, *, reset: bool) -> Script:
    """Echo, but on the first connection once only: it takes the next request's first bytes and closes."""

    def script(connection: socket.socket, number: int) -> None:
        if number:
            echo(connection, number)
            return
        read_request(connection)
        connection.sendall(answer(b"GET / HTTP/1.1\n"))
        connection.recv(10 if reset else 65536)
        connection.sendall(last_words)

    return script
