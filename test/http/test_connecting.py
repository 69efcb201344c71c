"""Opening connections: those that fail, and TLS."""

import pickle
import socket
import ssl
from pathlib import Path

import pytest

from obs_client._http.pool import BrokenAnswer, ConnectFailure, HttpPool
from obs_client.backend.body import BytesBody
from obs_client.errors import ConfigurationError
from test.http.support import LIMIT, MEBIBYTE, SECRET, get, told
from test.loopback.raw import answer, echo, raw_server, read_head, read_request
from test.loopback.tls import Authority, tls_front


class TestConnecting:
    def test_refused(self, pool: HttpPool) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(ConnectFailure, match=rf"127\.0\.0\.1:{port}: .*refused") as caught:
            get(pool, f"http://127.0.0.1:{port}/{SECRET}")
        assert isinstance(caught.value.__cause__, ConnectionRefusedError)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)

    @pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".invalid"])
    def test_unknown(self, pool: HttpPool, host: str) -> None:
        with pytest.raises(ConnectFailure, match=host.replace(".", r"\.")):
            get(pool, f"http://{host}/")

    def test_full_backlog_times_out(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
            port = server.getsockname()[1]
            waiting = [socket.socket() for _ in range(3)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            with pytest.raises(ConnectFailure, match="timed out"):
                get(HttpPool(timeout=0.2), f"http://127.0.0.1:{port}/")
            for one in waiting:
                one.close()

    def test_the_next_address_of_a_host_is_tried(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            refusing = free.getsockname()
        with raw_server(echo) as server:
            of_all = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", to) for to in (refusing, ("127.0.0.1", server.port))]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_: of_all)
            assert get(pool, server.url + "/a") == b"GET /a HTTP/1.1\n"

    def test_ipv6(self, pool: HttpPool) -> None:
        try:
            listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError:
            pytest.skip("no IPv6 here")
        with listener:
            with pytest.raises(TimeoutError):
                HttpPool(timeout=0.1).request("GET", f"http://[::1]:{listener.getsockname()[1]}/", {})
            with listener.accept()[0] as connection:
                assert b"Host: [::1]:" in connection.recv(1000)


class TestTls:
    def test_known_authority(self, pool: HttpPool, local: ssl.SSLContext) -> None:
        data = bytes(range(256)) * 20_000
        with raw_server(echo, local) as server:
            for host in ("127.0.0.1", "localhost"):
                for _ in range(3):
                    reply = pool.request("PUT", f"https://{host}:{server.port}/", {}, BytesBody(data))
                    assert reply.read(LIMIT) == b"PUT / HTTP/1.1\n" + data
            assert len(server.connections) == 2

    def test_authority_of_the_environment(
        self, authority: Authority, local: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with raw_server(echo, local) as server:
            for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
                monkeypatch.setenv(name, str(authority.file))
                pool = HttpPool(timeout=5.0)
                assert get(pool, server.url + "/") == b"GET / HTTP/1.1\n"
                monkeypatch.delenv(name)
                pool.close()

    def test_unknown_authority_is_refused(self, local: ssl.SSLContext) -> None:
        with (
            raw_server(echo, local) as server,
            pytest.raises(ConnectFailure, match="certificate verify failed") as caught,
        ):
            get(HttpPool(timeout=5.0), server.url + "/")
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)

    def test_wrong_name_is_refused(self, pool: HttpPool, authority: Authority) -> None:
        context = authority.server_context("DNS:elsewhere.example")
        with raw_server(echo, context) as server:
            for host in ("127.0.0.1", "localhost"):
                with pytest.raises(ConnectFailure, match=rf"{host}:\d+: .*certificate verify failed"):
                    get(pool, f"https://{host}:{server.port}/")

    def test_nothing_is_checked_only_if_asked(self, authority: Authority) -> None:
        pool = HttpPool(timeout=5.0, verify=False)
        with raw_server(echo, authority.server_context("DNS:elsewhere.example")) as server:
            assert get(pool, server.url + "/") == b"GET / HTTP/1.1\n"
        pool.close()

    def test_plain_server_is_no_tls_server(self, pool: HttpPool) -> None:
        def act() -> None:
            get(pool, f"https://127.0.0.1:{server.port}/")

        with raw_server(lambda connection, _: connection.sendall(answer())) as server:
            said = told(act, "SSL")
        assert f"127.0.0.1:{server.port}: no connection" in said
        assert "the server there does not speak TLS; should the URL begin with http://?" in said

    @pytest.mark.parametrize(
        "reply",
        [
            b"",
            b"\x15\x03\x01\x00\x02\x02\x46",
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
        ],
    )
    def test_tls_server_is_no_plain_server(self, pool: HttpPool, reply: bytes) -> None:
        def serve(connection: socket.socket, _number: int) -> None:
            read_head(connection)
            connection.sendall(reply)

        with raw_server(serve) as server, pytest.raises(BrokenAnswer, match="speaks TLS, its URL begins with https://"):
            get(pool, server.url + "/")

    def test_cuts_are_seen(self, pool: HttpPool, local: ssl.SSLContext) -> None:
        reply = answer(b"hello")
        cuts = iter(range(len(reply)))

        def script(connection: socket.socket, _number: int) -> None:
            read_request(connection)
            connection.sendall(reply[: next(cuts)])

        with raw_server(script, local) as server:
            for _ in range(len(reply)):
                with pytest.raises(BrokenAnswer):
                    get(pool, server.url + "/")

    def test_early_answer(self, pool: HttpPool, local: ssl.SSLContext) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            read_head(connection)
            connection.sendall(answer(b"busy", b"503 Busy"))
            connection.recv(1000)

        with raw_server(script, local) as server:
            assert pool.request("PUT", server.url + "/", {}, b"b" * 32 * MEBIBYTE).read(4) == b"busy"

    def test_no_answer(self, authority: Authority, local: ssl.SSLContext) -> None:
        pool = HttpPool(timeout=0.3, verify=str(authority.file))
        with raw_server(_hold, local) as server, pytest.raises(TimeoutError, match="sent no byte"):
            get(pool, server.url + "/")

    def test_expect_waits_for_leave(self, pool: HttpPool, local: ssl.SSLContext) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            read_head(connection)
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(answer(connection.recv(4)))

        with raw_server(script, local) as server:
            reply = pool.request("PUT", server.url + "/", {}, b"body", expect_continue=True)
            assert reply.read(4) == b"body"

    def test_stale_connection_is_unseen(self, pool: HttpPool, local: ssl.SSLContext) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            read_request(connection)
            connection.sendall(answer(b"a"))

        with raw_server(script, local) as server:
            for _ in range(5):
                assert get(pool, server.url + "/") == b"a"

    def test_front_hands_everything_over(self, pool: HttpPool, local: ssl.SSLContext) -> None:
        with raw_server(echo) as server, tls_front(local, "127.0.0.1", server.port) as front:
            reply = pool.request("PUT", front.url + "/", {}, b"b" * MEBIBYTE)
            assert len(reply.read(LIMIT)) == 15 + MEBIBYTE

    def test_authorities_that_are_not_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(ConfigurationError, match="no file or directory"):
            HttpPool(verify=str(tmp_path / "absent"))
        empty = tmp_path / "empty"
        empty.touch()
        with pytest.raises(ConfigurationError, match="no authorities"):
            get(HttpPool(verify=str(empty)), "https://127.0.0.1/")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent"))
        with pytest.raises(ConfigurationError, match="no authorities"):
            get(HttpPool(), "https://127.0.0.1/")


def _hold(connection: socket.socket, _number: int) -> None:
    read_head(connection)
    connection.recv(1)
