"""Which failures may pass, and which the next try would meet again."""

import socket
import ssl
from collections.abc import Iterator

import pytest

from obs_client._http.errors import BrokenAnswer, ClosedBeforeAnswer, ConnectFailure, ProxyRefusal, StrangeAnswer
from obs_client._http.kit.failures import kind_of_failure
from obs_client._http.pool import HttpPool
from obs_client.errors import AuthorizationError, ServiceError, TemporaryError
from test.loopback.raw import answer, echo, raw_server, replying, saying


@pytest.fixture
def pool() -> Iterator[HttpPool]:
    pool = HttpPool(timeout=0.5)
    yield pool
    pool.close()


def failure(pool: HttpPool, url: str) -> OSError:
    try:
        pool.request("GET", url, {}).read(100)
    except OSError as error:
        return error
    raise AssertionError("it did not fail")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BrokenAnswer("cut"), TemporaryError),
        (ClosedBeforeAnswer("closed"), TemporaryError),
        (TimeoutError("late"), TemporaryError),
        (ConnectionResetError("reset"), TemporaryError),
        (ConnectFailure("refused"), TemporaryError),
        (StrangeAnswer("a portal"), ServiceError),
        (FileNotFoundError("a file of the caller's"), None),
        (OSError("full disk"), None),
        (ValueError("no failure of the transport"), None),
    ],
)
def test_kinds(error: Exception, kind: type[Exception] | None) -> None:
    assert kind_of_failure(error) is kind


def test_a_cut_answer_may_pass(pool: HttpPool) -> None:
    with raw_server(saying(answer(b"abc")[:-1])) as server:
        assert kind_of_failure(failure(pool, server.url + "/")) is TemporaryError


def test_a_refused_connection_may_pass(pool: HttpPool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert kind_of_failure(failure(pool, f"http://127.0.0.1:{port}/")) is TemporaryError


def test_a_wrong_certificate_is_for_good(pool: HttpPool, local: ssl.SSLContext) -> None:
    with raw_server(echo, local) as server:
        assert kind_of_failure(failure(pool, server.url + "/")) is ServiceError
    assert kind_of_failure(ssl.SSLCertVerificationError("expired")) is ServiceError


def test_a_server_without_tls_is_for_good(pool: HttpPool) -> None:
    with raw_server(lambda connection, _: connection.sendall(answer())) as server:
        error = failure(pool, f"https://127.0.0.1:{server.port}/")
    assert isinstance(error.__cause__, ssl.SSLError)
    assert kind_of_failure(error) is ServiceError


def test_tls_that_breaks_off_may_pass(pool: HttpPool) -> None:
    with raw_server(lambda connection, _: None) as server:
        assert kind_of_failure(failure(pool, f"https://127.0.0.1:{server.port}/")) is TemporaryError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (b"407 Who?", AuthorizationError),
        (b"403 No", AuthorizationError),
        (b"400 Bad", ServiceError),
        (b"429 Busy", TemporaryError),
        (b"502 Bad Gateway", TemporaryError),
    ],
)
def test_a_proxy_that_opens_no_tunnel(
    pool: HttpPool, monkeypatch: pytest.MonkeyPatch, status: bytes, kind: type[Exception]
) -> None:
    with raw_server(replying(answer(status=status))) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        error = failure(pool, "https://server.invalid/")
    assert isinstance(error.__cause__, ProxyRefusal)
    assert kind_of_failure(error) is kind
