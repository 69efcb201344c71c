"""No error of the transport tells a secret."""

import socket
import subprocess
import sys
import traceback

import pytest

from obs_client._http.pool import HttpPool
from test.http.support import LIMIT, SECRET, told
from test.loopback.raw import answer, raw_server, read_request


class TestSecrets:
    @pytest.mark.parametrize(
        "reply", [b"", SECRET.encode(), answer(SECRET.encode())[:-1], b"HTTP/1.1 200 " + SECRET.encode() + b"\r\n\r\n"]
    )
    def test_are_nottold(self, pool: HttpPool, reply: bytes) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            read_request(connection)
            connection.sendall(reply)

        def act() -> None:
            pool.request("PUT", f"{server.url}/{SECRET}?{SECRET}", {"X": SECRET}, SECRET.encode()).read(LIMIT)

        with raw_server(script) as server:
            told(act, "response|answer|closed")

    @pytest.mark.parametrize("url", [f"http://me:{SECRET}@127.0.0.1/", f"http://h:{SECRET}/", f"{SECRET}://h/"])
    def test_refused_urls_are_nottold(self, pool: HttpPool, url: str) -> None:
        with pytest.raises(ValueError, match="URL") as caught:
            pool.request("GET", url, {})
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_refused_headers_are_nottold(self, pool: HttpPool) -> None:
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
