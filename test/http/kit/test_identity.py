"""Whether it was the store that answered."""

import pytest

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.identity import check_identity
from obs_client._http.pool import HttpPool
from test.loopback.raw import answer, raw_server, saying

NAMES = ("x-store-id", "x-older-id")


@pytest.mark.parametrize(
    ("status", "headers", "known"),
    [
        (b"200 OK", b"X-Store-Id: 1\r\n", True),
        (b"404 Not Found", b"x-older-id: 1\r\n", True),
        (b"200 OK", b"", False),
        (b"404 Not Found", b"Server: portal\r\n", False),
        (b"302 Found", b"Location: /login\r\n", False),
        (b"429 Too Many", b"", True),
        (b"408 Timeout", b"", True),
        (b"503 Busy", b"", True),
    ],
)
def test_one_of_the_stores_headers(status: bytes, headers: bytes, known: bool) -> None:
    reply = answer(b"body", status, headers)
    with raw_server(saying(reply)) as server:
        pool = HttpPool(timeout=5.0)
        found = pool.request("GET", server.url + "/", {})
        if known:
            check_identity(found, NAMES, "Store")
            assert found.read(4) == b"body"
        else:
            with pytest.raises(StrangeAnswer, match="x-store-id or x-older-id: this response is not from Store"):
                check_identity(found, NAMES, "Store")
            with pytest.raises(BrokenAnswer, match="closed"):
                found.read(4)
        pool.close()
