"""The transport's ways: connections that fail, TLS, the environment's proxies; no error tells a secret."""

import pickle
import socket
import ssl
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obs_client._http.pool import BrokenAnswer, ConnectFailure, HttpPool
from obs_client.backend.body import BytesBody
from obs_client.errors import ConfigurationError
from test.loopback.proxy import forward_proxy
from test.loopback.raw import answer, echo, raw_server, read_head, read_request
from test.loopback.tls import Authority, make_authority, tls_front

MEBIBYTE = 1024 * 1024
LIMIT = 64 * MEBIBYTE
SECRET = "s3cr3t"
ENVIRONMENT = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def local(authority: Authority) -> ssl.SSLContext:
    return authority.server_context("IP:127.0.0.1", "DNS:localhost")


@pytest.fixture
def pool(authority: Authority) -> Iterator[HttpPool]:
    pool = HttpPool(timeout=5.0, verify=str(authority.file))
    yield pool
    pool.close()


def get(pool: HttpPool, url: str) -> bytes:
    return pool.request("GET", url, {}).read(LIMIT)


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
            assert f"127.0.0.1:{server.port}: no connection" in _told(act, "SSL")

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


class TestProxies:
    @pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
    @pytest.mark.parametrize("credentials", [None, f"me:{SECRET}"])
    def test_plain(
        self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch, variable: str, credentials: str | None
    ) -> None:
        with raw_server(echo) as server, forward_proxy(credentials) as proxy:
            monkeypatch.setenv(variable, proxy.url)
            reply = pool.request("PUT", server.url + "/a/../b?c", {}, b"body")
            assert reply.read(LIMIT) == b"PUT /a/../b?c HTTP/1.1\nbody"
            assert proxy.request_lines == [f"PUT {server.url}/a/../b?c HTTP/1.1"]

    @pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
    @pytest.mark.parametrize("credentials", [None, f"me:{SECRET}"])
    def test_secured(
        self,
        pool: HttpPool,
        monkeypatch: pytest.MonkeyPatch,
        local: ssl.SSLContext,
        variable: str,
        credentials: str | None,
    ) -> None:
        with raw_server(echo, local) as server, forward_proxy(credentials) as proxy:
            monkeypatch.setenv(variable, proxy.url)
            for _ in range(3):
                assert get(pool, server.url + "/a") == b"GET /a HTTP/1.1\n"
            assert proxy.request_lines == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"]

    def test_wrong_password(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        with forward_proxy(f"me:{SECRET}") as proxy:
            monkeypatch.setenv("all_proxy", proxy.url.replace("me:", "you:"))
            reply = pool.request("GET", "http://server.invalid/", {})
            assert (reply.status, reply.read(LIMIT)) == (407, b"who are you?")
            assert SECRET not in _told(lambda: pool.request("GET", "https://server.invalid/", {}), "status 407")

    def test_encoded_credentials(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        with raw_server(echo) as server, forward_proxy("m@e:p/ä:%") as proxy:
            monkeypatch.setenv("http_proxy", proxy.url.replace("m@e:p/ä:%", "m%40e:p%2F%C3%A4:%25"))
            assert get(pool, server.url + "/") == b"GET / HTTP/1.1\n"

    def test_exceptions(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        with raw_server(echo) as server:
            monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
            monkeypatch.setenv("NO_PROXY", "other.example, 127.0.0.1")
            assert get(pool, server.url + "/") == b"GET / HTTP/1.1\n"

    @pytest.mark.parametrize(
        "url",
        [f"socks5://me:{SECRET}@127.0.0.1:1", f"https://me:{SECRET}@127.0.0.1:1", f"http://me:{SECRET}@h:{SECRET}"],
    )
    def test_other_kinds_are_refused(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("all_proxy", url)
        with pytest.raises(ConfigurationError, match="proxy") as caught:
            get(pool, "http://127.0.0.1/")
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_absent_proxy(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        monkeypatch.setenv("all_proxy", f"me:{SECRET}@127.0.0.1:{port}")
        assert f"127.0.0.1:{port}" in _told(lambda: pool.request("GET", "https://server.invalid/", {}), "refused")


class TestSecrets:
    @pytest.mark.parametrize(
        "reply", [b"", SECRET.encode(), answer(SECRET.encode())[:-1], b"HTTP/1.1 200 " + SECRET.encode() + b"\r\n\r\n"]
    )
    def test_are_not_told(self, pool: HttpPool, reply: bytes) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            read_request(connection)
            connection.sendall(reply)

        def act() -> None:
            pool.request("PUT", f"{server.url}/{SECRET}?{SECRET}", {"X": SECRET}, SECRET.encode()).read(LIMIT)

        with raw_server(script) as server:
            _told(act, "answer|closed")

    @pytest.mark.parametrize("url", [f"http://me:{SECRET}@127.0.0.1/", f"http://h:{SECRET}/", f"{SECRET}://h/"])
    def test_refused_urls_are_not_told(self, pool: HttpPool, url: str) -> None:
        with pytest.raises(ValueError, match="URL") as caught:
            pool.request("GET", url, {})
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_refused_headers_are_not_told(self, pool: HttpPool) -> None:
        for value in (f"{SECRET}\n", f"{SECRET}\u20ac"):
            with pytest.raises(ValueError, match="does not allow") as caught:
                pool.request("GET", "http://127.0.0.1/", {"X": value})
            assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_is_not_loaded_with_the_package() -> None:
    program = (
        "import sys, obs_client; print([name for name in sys.modules if name.startswith('obs_client._http.pool')])"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=30)
    assert result.stdout.strip() == b"[]"


def _hold(connection: socket.socket, _number: int) -> None:
    read_head(connection)
    connection.recv(1)


def _told(act: Callable[[], object], words: str) -> str:
    """What an act that fails tells, all of it; never a secret."""
    with pytest.raises(OSError, match=words) as caught:
        act()
    text = "".join(traceback.format_exception(caught.value))
    assert SECRET not in text
    return text
