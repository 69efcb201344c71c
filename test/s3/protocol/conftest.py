"""What the tests of S3's protocol share beyond the modules beside this one."""

import ssl
from collections.abc import Iterator

import pytest

from test.loopback.raw import raw_server
from test.loopback.tls import make_authority
from test.s3.protocol.amazon import NAMES, Amazon


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """The side of Amazon's hosts, and the file of the authority that certifies them."""
    authority = make_authority(tmp_path_factory.mktemp("authority"))
    return authority.server_context(*(f"DNS:{name}" for name in NAMES)), str(authority.file)


@pytest.fixture
def amazon(certified: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    """Amazon's endpoints, to which all that goes by `https_proxy` leads."""
    played = Amazon(*certified)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CA_BUNDLE", played.authority)
    with raw_server(played.serve) as server:
        monkeypatch.setenv("https_proxy", server.url)
        yield played
        played.end()
