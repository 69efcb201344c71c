"""The environment's proxies."""

import socket
import ssl
import traceback

import pytest

from obs_client._http.pool import HttpPool
from obs_client.errors import ConfigurationError
from test.http.support import LIMIT, SECRET, get, told
from test.loopback.proxy import forward_proxy
from test.loopback.raw import echo, raw_server, saying
from test.loopback.tls import Authority


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

    def test_the_certificate_is_to_be_the_servers_and_not_the_proxys(
        self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch, authority: Authority
    ) -> None:
        """The proxy is on the way, and must not be able to answer in the place of the server."""
        with raw_server(echo, authority.server_context("DNS:localhost")) as server, forward_proxy(None) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url.replace("127.0.0.1", "localhost"))
            told(lambda: get(pool, server.url + "/a"), "certificate")

    def test_wrong_password(self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch) -> None:
        with forward_proxy(f"me:{SECRET}") as proxy:
            monkeypatch.setenv("all_proxy", proxy.url.replace("me:", "you:"))
            reply = pool.request("GET", "http://server.invalid/", {})
            assert (reply.status, reply.read(LIMIT)) == (407, b"who are you?")
            assert SECRET not in told(lambda: pool.request("GET", "https://server.invalid/", {}), "status 407")

    def test_what_a_proxy_says_beside_its_answer_is_not_the_servers(
        self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It could put an answer of its own before that of the server, which is believed for its certificate."""
        with raw_server(saying(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n")) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            told(lambda: get(pool, "https://server.invalid/"), "opened no tunnel")

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
        assert f"127.0.0.1:{port}" in told(lambda: pool.request("GET", "https://server.invalid/", {}), "refused")

    @pytest.mark.parametrize(
        "variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    )
    def test_a_proxy_that_is_down_is_called_one_with_its_variable(
        self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        monkeypatch.setenv(variable, f"http://me:{SECRET}@127.0.0.1:{port}")
        scheme = "https" if "https" in variable.lower() else "http"
        words = f"the proxy 127.0.0.1:{port} ({variable}): no connection: "
        assert words in told(lambda: pool.request("GET", f"{scheme}://server.invalid/", {}), "refused")

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_proxy_that_says_nothing_is_called_one(
        self, pool: HttpPool, monkeypatch: pytest.MonkeyPatch, scheme: str
    ) -> None:
        with raw_server(saying(b"")) as mute:
            monkeypatch.setenv(f"{scheme}_proxy", mute.url)
            words = f"the proxy 127.0.0.1:{mute.port} ({scheme}_proxy) on the way to server.invalid closed"
            assert words in told(lambda: pool.request("GET", f"{scheme}://server.invalid/", {}), "closed")
