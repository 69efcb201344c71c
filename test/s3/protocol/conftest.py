"""What the tests of S3's protocol share beyond the modules beside this one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from test.loopback.raw import raw_server
from test.loopback.tls import make_authority
from test.s3.protocol.amazon import NAMES, Amazon


@pytest.fixture
def amazon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    """Amazon's endpoints, to which all that goes by `https_proxy` leads."""
    authority = make_authority(tmp_path)
    played = Amazon(authority.server_context(*(f"DNS:{name}" for name in NAMES)), str(authority.file))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.file))
    with raw_server(played.serve) as server:
        monkeypatch.setenv("https_proxy", server.url)
        yield played
        played.end()
