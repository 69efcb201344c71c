"""The transport sends: bodies from memory and files, early answers, limits of time, and nothing that was not given."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from obs_client._http.pool import BLOCK_SIZE, BrokenAnswer, HttpPool
from obs_client.backend.body import Body, BytesBody, CallerError, FileBody, SourceFile
from obs_client.errors import ObjectChangedError
from test.loopback.raw import answer, echo, header, raw_server, read_head, read_request

MEBIBYTE = 1024 * 1024
LIMIT = 64 * MEBIBYTE
ENDLESS = 512 * MEBIBYTE
_REFUSALS = "does not allow|fragment|no path|URL|Content-Length|Transfer-Encoding"
BUSY = answer(b"busy", b"503 Busy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def pool() -> Iterator[HttpPool]:
    pool = HttpPool(timeout=5.0)
    yield pool
    pool.close()


class Zeros(Body):
    """Zeros, and from `fails_at` bytes on an exception."""

    def __init__(self, size: int, fails_at: int = ENDLESS, failure: BaseException | None = None) -> None:
        super().__init__(size)
        self.fails_at = fails_at
        self.failure = failure
        self.most = 0

    def _read_at(self, position: int, buffer: memoryview) -> int:
        self.most = max(self.most, position)
        if self.failure and position + len(buffer) > self.fails_at:
            raise self.failure
        return len(buffer)


class Trickle(Body):
    """Bytes that come in small pieces."""

    def __init__(self, data: bytes) -> None:
        super().__init__(len(data))
        self.data = data

    def _read_at(self, position: int, buffer: memoryview) -> int:
        piece = self.data[position : position + min(1000, len(buffer))]
        buffer[: len(piece)] = piece
        return len(piece)


class TestBodies:
    @pytest.mark.parametrize(
        "size",
        [0, 1, 65535, 65536, 65537, BLOCK_SIZE - 80, BLOCK_SIZE - 10, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE + 7],
    )
    def test_arrive_as_they_are(self, pool: HttpPool, tmp_path: Path, size: int) -> None:
        data = os.urandom(size)
        path = tmp_path / "source"
        path.write_bytes(b"skipped" + data)
        with path.open("rb") as file, raw_server(echo) as server:
            for body in (data, BytesBody(data), FileBody(SourceFile(file.fileno()), 7, size)):
                reply = pool.request("PUT", server.url + "/", {}, body)
                assert reply.read(LIMIT) == b"PUT / HTTP/1.1\n" + data

    def test_short_reads_are_put_together(self, pool: HttpPool) -> None:
        body = Trickle(os.urandom(10_000))
        body.read(10)  # it is sent from its start all the same
        with raw_server(echo) as server:
            assert pool.request("PUT", server.url + "/", {}, body).read(LIMIT)[-10_000:] == body.data

    def test_are_sent_again_from_their_start(self, pool: HttpPool) -> None:
        def script(connection: socket.socket, number: int) -> None:
            if number:
                echo(connection, number)
                return
            read_request(connection)
            connection.sendall(answer())
            connection.recv(65536)

        body = Trickle(os.urandom(3 * BLOCK_SIZE))
        with raw_server(script) as server:
            pool.request("GET", server.url + "/", {}).close()
            with pytest.raises(BrokenAnswer):
                pool.request("PUT", server.url + "/", {}, body)
            assert pool.request("PUT", server.url + "/", {}, body).read(LIMIT) == b"PUT / HTTP/1.1\n" + body.data
            assert len(server.connections) == 2

    @pytest.mark.parametrize("fails_at", [0, 3 * MEBIBYTE])
    @pytest.mark.parametrize(
        "failure", [CallerError(OSError("disk")), ObjectChangedError("changed"), KeyboardInterrupt()], ids=type
    )
    def test_what_they_raise_goes_out(self, pool: HttpPool, fails_at: int, failure: BaseException) -> None:
        with raw_server(echo) as server:
            assert pool.request("GET", server.url + "/", {}).read(LIMIT)
            with pytest.raises(type(failure)) as caught:
                pool.request("PUT", server.url + "/", {}, Zeros(4 * MEBIBYTE, fails_at, failure))
            assert caught.value is failure
            assert pool.request("GET", server.url + "/", {}).read(LIMIT) == b"GET / HTTP/1.1\n"
            assert len(server.connections) == 2

    def test_one_shorter_than_its_size_is_an_error(self, pool: HttpPool) -> None:
        class Short(Zeros):
            def _read_at(self, position: int, buffer: memoryview) -> int:
                return 0

        with raw_server(echo) as server, pytest.raises(ValueError, match="4 bytes less"):
            pool.request("PUT", server.url + "/", {}, Short(4))


class TestRequests:
    def sent(self, pool: HttpPool, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
        heads = []

        def script(connection: socket.socket, _number: int) -> None:
            heads.append(read_request(connection)[0])
            connection.sendall(answer())

        with raw_server(script) as server:
            pool.request(method, server.url + path, headers, body).close()
        return heads[0].replace(str(server.port).encode(), b"PORT")

    def test_say_what_was_given_and_little_more(self, pool: HttpPool) -> None:
        assert self.sent(pool, "GET", "/", {"X-A": "\xe4"}) == (
            b"GET / HTTP/1.1\r\nX-A: \xe4\r\nHost: 127.0.0.1:PORT\r\nAccept-Encoding: identity"
        )
        given = {"host": "other", "ACCEPT-ENCODING": "gzip", "expect": "100-continue", "content-length": "2"}
        assert self.sent(pool, "PUT", "/", given, b"ab") == (
            b"PUT / HTTP/1.1\r\nHost: other\r\nAccept-Encoding: gzip\r\nContent-Length: 2"
        )

    @pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PUT", "POST"])
    def test_length_is_said_where_a_body_is_usual(self, pool: HttpPool, method: str) -> None:
        wanted = b"0" if method in ("PUT", "POST") else None
        assert header(self.sent(pool, method, "/", {}), b"content-length") == wanted

    @pytest.mark.parametrize("path", ["/a/../b/./c//d", "/%2e%2E/%c3%A4?x=%2F&y", "/?", "/a;b=c,d!'()*~"])
    def test_paths_are_sent_as_they_are(self, pool: HttpPool, path: str) -> None:
        assert self.sent(pool, "GET", path, {}).split(b" ")[1] == path.encode()

    @pytest.mark.parametrize(
        ("method", "path", "headers", "body"),
        [
            ("GET", "/", {"X": "a\r\nY: b"}, None),
            ("GET", "/", {"X": "a\nb"}, None),
            ("GET", "/", {"X": "a\rb"}, None),
            ("GET", "/", {"X": "a\0b"}, None),
            ("GET", "/", {"X": "\u20ac"}, None),
            ("GET", "/", {"X: a\r\nY": "b"}, None),
            ("GET", "/", {"X:Y": "b"}, None),
            ("GET", "/", {"": "b"}, None),
            ("GET", "/a b", {}, None),
            ("GET", "/a\r\nX: y", {}, None),
            ("GET", "/\xe4", {}, None),
            ("GET", "/a#b", {}, None),
            ("GET", "", {}, None),
            ("GET", "?a=/", {}, None),
            ("GET X", "/", {}, None),
            ("", "/", {}, None),
            ("PUT", "/", {"Content-Length": "3"}, b"ab"),
            ("GET", "/", {"Content-Length": "3"}, None),
            ("PUT", "/", {"Transfer-Encoding": "chunked"}, b"ab"),
        ],
    )
    def test_what_cannot_be_sent_is_refused(
        self, pool: HttpPool, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> None:
        with raw_server(echo) as server:
            with pytest.raises(ValueError, match=_REFUSALS):
                pool.request(method, server.url + path, headers, body)
            assert not server.connections

    @pytest.mark.parametrize(
        "url", ["ftp://host/", "host/", "/", "", "http://", "http:///a", "http://a:b@host/", "http://h:x/"]
    )
    def test_other_urls_are_refused(self, pool: HttpPool, url: str) -> None:
        with pytest.raises(ValueError, match="URL"):
            pool.request("GET", url, {})


class TestEarlyAnswers:
    @pytest.mark.parametrize("closes", [True, False], ids=["closes", "waits"])
    @pytest.mark.parametrize("taken", [0, 1, MEBIBYTE])
    def test_are_read_before_the_body_is_sent(self, pool: HttpPool, closes: bool, taken: int) -> None:
        done = threading.Event()

        def script(connection: socket.socket, number: int) -> None:
            if number:
                echo(connection, number)
                return
            read_head(connection)
            _take(connection, taken)
            connection.sendall(BUSY)
            if not closes:
                done.wait(10)

        body = Zeros(ENDLESS)
        start = time.monotonic()
        with raw_server(script) as server:
            reply = pool.request("PUT", server.url + "/", {}, body)
            assert (reply.status, reply.read(4)) == (503, b"busy")
            assert body.most < ENDLESS // 4
            assert time.monotonic() - start < 4  # not only when no more could be sent in time
            assert pool.request("GET", server.url + "/", {}).read(LIMIT) == b"GET / HTTP/1.1\n"
            assert len(server.connections) == 2
            done.set()

    def test_success_before_the_end_is_broken(self, pool: HttpPool) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            read_head(connection)
            connection.sendall(answer())

        with raw_server(script) as server, pytest.raises(BrokenAnswer):
            pool.request("PUT", server.url + "/", {}, Zeros(ENDLESS))

    def test_interim_ones_do_not_end_the_body(self, pool: HttpPool) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)
            connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            _head, body = read_request(connection)
            connection.sendall(answer(b"%d" % len(body)))

        with raw_server(script) as server:
            assert pool.request("PUT", server.url + "/", {}, Zeros(20 * MEBIBYTE)).read(LIMIT) == b"20971520"

    @pytest.mark.parametrize("size", [1, 5 * MEBIBYTE])
    def test_expect_waits_for_leave(self, pool: HttpPool, size: int) -> None:
        def script(connection: socket.socket, number: int) -> None:
            head, rest = read_head(connection)
            assert not rest
            assert header(head, b"expect") == b"100-continue"
            if number:
                connection.sendall(BUSY)
                assert connection.recv(1) == b""
                return
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            _take(connection, size)
            connection.sendall(answer(b"taken", headers=b"Connection: close\r\n"))

        with raw_server(script) as server:
            for expected in (b"taken", b"busy"):
                reply = pool.request("PUT", server.url + "/", {}, Zeros(size), expect_continue=True)
                assert reply.read(LIMIT) == expected
            time.sleep(0.05)
            assert not server.errors

    def test_expect_sends_in_the_end(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("obs_client._http.connection.CONTINUE_SECONDS", 0.05)
        with raw_server(echo) as server:
            reply = pool.request("PUT", server.url + "/", {}, b"ab", expect_continue=True)
            assert reply.read(LIMIT) == b"PUT / HTTP/1.1\nab"


class TestTimeouts:
    @pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200", answer(b"abc")[:-1]])
    def test_no_answer(self, words: bytes) -> None:
        with (
            _waiting(words) as (pool, url),
            pytest.raises(TimeoutError, match=r"127\.0\.0\.1:\d+ sent no byte"),
        ):
            pool.request("GET", url, {}).read(LIMIT)

    @pytest.mark.parametrize("body", [b"b" * 32 * MEBIBYTE, Zeros(ENDLESS)], ids=["bytes", "body"])
    def test_nothing_taken(self, body: Body | bytes) -> None:
        with _waiting(b"") as (pool, url), pytest.raises(TimeoutError, match=r"took no byte for 0\.1 s"):
            pool.request("PUT", url, {}, body)

    @pytest.mark.parametrize("timeout", [0, -1, float("nan")])
    def test_none_is_endless(self, timeout: float) -> None:
        with pytest.raises(ValueError, match="timeout"):
            HttpPool(timeout=timeout)


@contextmanager
def _waiting(words: bytes) -> Iterator[tuple[HttpPool, str]]:
    """A server that says these words after a request's head and nothing more, and an impatient pool."""
    done = threading.Event()

    def script(connection: socket.socket, _number: int) -> None:
        read_head(connection)
        connection.sendall(words)
        done.wait(10)

    with raw_server(script) as server:
        yield HttpPool(timeout=0.1), server.url + "/"
        done.set()


def _take(connection: socket.socket, count: int) -> None:
    while count:
        count -= len(connection.recv(min(count, 65536)))
