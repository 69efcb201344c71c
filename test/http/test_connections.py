"""Connections: which are kept, which are opened anew, and whose they are."""

import gc
import multiprocessing
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection as Pipe

import pytest

from obs_client._http.pool import IDLE_SECONDS, BrokenAnswer, HttpPool
from obs_client.backend.body import BytesBody
from test.http.support import LIMIT, MEBIBYTE, Zeros, get
from test.loopback.raw import Script, answer, echo, raw_server, read_head, read_request, saying


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

    def test_one_whose_answer_was_not_read_to_its_end_is_not_used_again_though_it_is_quiet(
        self, pool: HttpPool
    ) -> None:
        """The rest may come later, and would be taken for the next answer."""

        def script(connection: socket.socket, number: int) -> None:
            if number:
                echo(connection, number)
                return
            read_request(connection)
            connection.sendall(answer(b"hello")[:-3])
            read_request(connection)
            connection.sendall(b"llo" + answer(b"wrong"))

        with raw_server(script) as server:
            reply = pool.request("GET", server.url + "/a", {})
            assert reply.readinto(memoryview(bytearray(2))) == 2
            reply.close()
            assert get(pool, server.url + "/b") == b"GET /b HTTP/1.1\n"
            assert len(server.connections) == 2

    def test_one_that_was_idle_for_long_is_not_used_again(
        self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Routers forget it without a word: what is sent on it would be lost, and waited for in vain."""
        now = time.monotonic()
        with raw_server(echo) as server:
            for passed, connections in ((0.0, 1), (IDLE_SECONDS - 1, 1), (2 * IDLE_SECONDS - 2, 1), (400.0, 2)):
                monkeypatch.setattr("obs_client._http.pool.time.monotonic", lambda passed=passed: now + passed)
                assert get(pool, server.url + "/") == b"GET / HTTP/1.1\n"
                assert len(server.connections) == connections

    def test_one_on_which_a_request_was_not_sent_whole_is_not_used_again(self, pool: HttpPool) -> None:
        """What is left of the body would be missing from it, or be the next request."""

        def script(connection: socket.socket, number: int) -> None:
            if number:
                echo(connection, number)
                return
            read_head(connection)
            connection.sendall(answer(b"no", b"403 Forbidden"))
            while connection.recv(65536):
                pass

        with raw_server(script) as server:
            assert pool.request("PUT", server.url + "/", {}, Zeros(64 * MEBIBYTE)).read(LIMIT) == b"no"
            assert get(pool, server.url + "/b") == b"GET /b HTTP/1.1\n"
            assert len(server.connections) == 2

    def test_what_tls_holds_back_is_not_taken_for_the_next_answer(self, pool: HttpPool, local: ssl.SSLContext) -> None:
        """More than was announced, in the record of the last bytes: the socket itself has nothing to read."""

        def script(connection: socket.socket, number: int) -> None:
            while read_head(connection)[0]:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                connection.sendall(b"hello" if number else b"hello" + answer(b"wrong"))

        with raw_server(script, local) as server:
            for _ in range(3):
                reply = pool.request("GET", server.url + "/", {})
                content = bytearray(5)
                assert reply.readinto(memoryview(content)) == 5
                assert content == b"hello"
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
                while server.serving:
                    time.sleep(0.001)
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
            with pytest.raises(BrokenAnswer, match="without a response"):
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
            with pytest.raises(BrokenAnswer, match="without a response"):
                get(pool, server.url + "/")
            assert len(server.connections) == 1

    @pytest.mark.slow
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

    @pytest.mark.slow
    @pytest.mark.parametrize("tls", [False, True])
    def test_closing_the_pool_touches_none_that_is_in_use(
        self, pool: HttpPool, local: ssl.SSLContext, tls: bool
    ) -> None:
        at_work = threading.Semaphore(0)

        def work(thread: int) -> None:
            for number in range(100):
                reply = pool.request("PUT", f"{server.url}/{thread}", {}, b"b" * number * 1000)
                at_work.release()
                assert reply.read(LIMIT) == b"PUT /%d HTTP/1.1\n" % thread + b"b" * number * 1000

        with raw_server(echo, local if tls else None) as server, ThreadPoolExecutor(8) as threads:
            working = [threads.submit(work, thread) for thread in range(8)]
            while not all(each.done() for each in working):
                at_work.acquire(timeout=1)
                pool.close()
            for each in working:
                each.result()

    def test_a_forked_process_uses_none_of_the_parent(self, pool: HttpPool) -> None:
        with raw_server(echo) as server:
            held = pool.request("PUT", server.url + "/held", {}, b"b" * MEBIBYTE)
            get(pool, server.url + "/idle")
            ours, theirs = multiprocessing.Pipe()

            def child(pipe: Pipe) -> None:
                with pytest.raises(BrokenAnswer, match="parent process"):
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
