"""What the tests of the transport share: a pool that trusts the tests' own authority, and nothing of the machine's."""

import ssl
from collections.abc import Iterator

import pytest

from obs_client._http.pool import HttpPool
from test.loopback.tls import Authority, make_authority

ENVIRONMENT = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def local(authority: Authority) -> ssl.SSLContext:
    """A server's side of TLS for this machine."""
    return authority.server_context("IP:127.0.0.1", "DNS:localhost")


@pytest.fixture
def pool(authority: Authority) -> Iterator[HttpPool]:
    pool = HttpPool(timeout=5.0, verify=str(authority.file))
    yield pool
    pool.close()
