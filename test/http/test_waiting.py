"""Waits: answers that come early, leave to send, and limits of time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from obs_client._http.pool import BrokenAnswer, HttpPool
from obs_client.backend import stopping
from obs_client.backend.body import Body
from test.http.support import ENDLESS, LIMIT, MEBIBYTE, Zeros
from test.loopback.raw import answer, echo, header, raw_server, read_head, read_request, saying

BUSY = answer(b"busy", b"503 Busy")


class TestFirstContact:
    """Of a server that never answered, waits are short; one that did once is waited for."""

    def test_is_over_with_the_first_answer(self, pool: HttpPool) -> None:
        with raw_server(saying(b"HTTP/1.1 ", answer(b"a"), b"HTTP/1.1 ")) as server:
            for first in (True, False):
                with pytest.raises(BrokenAnswer) as caught:
                    pool.request("GET", server.url + "/", {})
                assert caught.value.first_contact is first
                if first:
                    assert pool.request("GET", server.url + "/", {}).read(1) == b"a"


class TestUnwanted:
    """A worker whose result nobody wants any more stops waiting."""

    @pytest.mark.parametrize("method", ["GET", "PUT"])
    def test_an_answer_is_not_waited_for(self, method: str) -> None:
        stop = threading.Event()
        pool = HttpPool(timeout=30.0)

        def script(connection: socket.socket, _number: int) -> None:
            read_head(connection)
            stop.set()
            connection.recv(1)

        with raw_server(script) as server:
            began = time.monotonic()
            with pytest.raises(stopping.Stopped), stopping.stoppable(stop):
                pool.request(method, server.url + "/", {}, b"" if method == "GET" else None)
            assert time.monotonic() - began < 20
        pool.close()


class TestEarlyAnswers:
    @pytest.mark.parametrize("closes", [True, False], ids=["closes", "waits"])
    @pytest.mark.parametrize("taken", [0, 1, MEBIBYTE])
    def test_are_read_before_the_body_is_sent(self, closes: bool, taken: int) -> None:
        done, gave_up = threading.Event(), threading.Event()

        def script(connection: socket.socket, number: int) -> None:
            if number:
                echo(connection, number)
                return
            read_head(connection)
            _take(connection, taken)
            connection.sendall(BUSY)
            if not closes and not done.wait(30):
                gave_up.set()

        body = Zeros(ENDLESS)
        pool = HttpPool(timeout=60.0)  # so that nothing is noticed only because no more could be sent in time
        with raw_server(script) as server:
            reply = pool.request("PUT", server.url + "/", {}, body)
            assert (reply.status, reply.read(4)) == (503, b"busy")
            assert body.most < ENDLESS // 4
            assert not gave_up.is_set()
            assert pool.request("GET", server.url + "/", {}).read(LIMIT) == b"GET / HTTP/1.1\n"
            assert len(server.connections) == 2
            done.set()
        pool.close()

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

    def script(connection: socket.socket, _number: int) -> None:
        read_head(connection)
        connection.sendall(words)
        server.stopped.wait(60)

    with raw_server(script) as server:
        yield HttpPool(timeout=0.1), server.url + "/"


def _take(connection: socket.socket, count: int) -> None:
    while count:
        count -= len(connection.recv(min(count, 65536)))
