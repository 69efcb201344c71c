"""Requests: bodies from memory and files arrive as they are, and nothing is sent that was not given."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from obs_client._http import connection
from obs_client._http.pool import BLOCK_SIZE, BrokenAnswer, HttpPool
from obs_client.backend.body import Body, BytesBody, CallerError, FileBody, SourceFile
from obs_client.errors import ObjectChangedError
from test.http.support import LIMIT, MEBIBYTE, Zeros
from test.loopback.raw import answer, echo, header, raw_server, read_head, read_request

_REFUSALS = "does not allow|fragment|no path|URL|Content-Length|Transfer-Encoding"


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

    def test_arrive_whole_though_the_system_takes_few_bytes_at_a_time(
        self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Narrow(socket.socket):
            def send(self, data: Any, /, *flags: int) -> int:
                return super().send(memoryview(data)[:1001], *flags)

        dial = connection._dial

        def dialled(host: str, port: int, seconds: float) -> socket.socket:
            narrow = Narrow(fileno=dial(host, port, seconds).detach())
            narrow.settimeout(seconds)
            return narrow

        monkeypatch.setattr(connection, "_dial", dialled)
        data = os.urandom(100_000)
        with raw_server(echo) as server:
            for body in (data, BytesBody(data), Trickle(data)):
                assert pool.request("PUT", server.url + "/", {}, body).read(LIMIT) == b"PUT / HTTP/1.1\n" + data

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

    def test_what_was_sent_of_one_is_no_less_after_another_try(self, pool: HttpPool) -> None:
        """It is told as progress, which never goes back."""
        body = BytesBody(bytes(4 * BLOCK_SIZE))
        sent: list[int] = []

        def script(connection: socket.socket, number: int) -> None:
            if number:
                read_head(connection)
                sent.append(body.sent)
            read_request(connection) if not number else connection.recv(1)
            sent.append(body.sent)

        with raw_server(script) as server:
            for _ in range(2):
                with pytest.raises(BrokenAnswer):
                    pool.request("PUT", server.url + "/", {}, body)
        assert sent[0] > 0
        assert sent == sorted(sent)

    def test_are_read_into_a_buffer_that_is_used_again(self, pool: HttpPool) -> None:
        """Fresh memory for each would cost more than to send it."""
        buffers = set()

        class Noting(Trickle):
            def _read_at(self, position: int, buffer: memoryview) -> int:
                buffers.add(id(buffer.obj))
                return super()._read_at(position, buffer)

        held = Noting(b"content")
        with raw_server(echo) as server:
            for _ in range(5):
                pool.request("PUT", server.url + "/", {}, held).read(LIMIT)
        assert len(buffers) == 1

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

        with raw_server(echo) as server, pytest.raises(ValueError, match="ended 4 bytes before its size"):
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
