"""Acting for another account, and signing by a key that Google keeps, with Google's own hosts played on loopback."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from obs_client import AuthorizationError
from obs_client.backends.gcs.client import GCSClient
from test.gcs.running import QUICK
from test.loopback.raw import answer, header, raw_server, read_request
from test.loopback.tls import make_authority
from test.servers import RunningServer

ACTING = "acting@project.iam.gserviceaccount.com"
HOSTS = ("oauth2.googleapis.com", "iamcredentials.googleapis.com", "storage.googleapis.com")
OBJECT = {"name": "x", "size": "1", "generation": "17", "crc32c": "AAAAAA==", "timeCreated": "2026-01-02T03:04:05Z"}


class Hosts:
    """Google's hosts: gives tokens, acts for who may, signs, and knows one object.

    Attributes:
        asked: Host, path, and the token of each request.
        may_act: Whether the login has the role.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.may_act = True
        self._context = context
        self._tunnels: list[ssl.SSLSocket] = []

    def serve(self, connection: socket, _: int) -> None:
        """Take a tunnel, and speak TLS in it."""
        host = read_request(connection)[0].split()[1].decode().removesuffix(":443")
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self._context.wrap_socket(connection, server_side=True) as secured:
            self._tunnels.append(secured)
            while head := read_request(secured)[0]:
                path, token = head.split()[1].decode(), (header(head, b"authorization") or b"").decode()
                self.asked.append((host, path.partition("?")[0], token.removeprefix("Bearer ")))
                found = self._said(host, path)
                status = b"200 OK" if found is not None else b"403 Forbidden"
                refusal = {"error": {"code": 403, "message": "Permission 'iam.serviceAccounts.getAccessToken' denied"}}
                secured.sendall(answer(json.dumps(found or refusal).encode(), status))

    def _said(self, host: str, path: str) -> Any:
        if host == "oauth2.googleapis.com":
            return {"access_token": "base-token", "expires_in": 3600, "token_type": "Bearer"}
        if host == "storage.googleapis.com":
            return OBJECT
        if not self.may_act:
            return None
        if path.endswith(":generateAccessToken"):
            return {"accessToken": "acting-token", "expireTime": "2036-01-02T03:04:05Z"}
        return {"keyId": "1", "signedBlob": base64.b64encode(b"signature").decode()}

    def end(self) -> None:
        """End the tunnels that clients keep."""
        for tunnel in self._tunnels:
            with suppress(OSError):
                socket.shutdown(tunnel, SHUT_RDWR)


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    authority = make_authority(tmp_path)
    played = Hosts(authority.server_context(*(f"DNS:{host}" for host in HOSTS)))
    with raw_server(played.serve) as server:
        monkeypatch.delenv("no_proxy")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
        yield played
        played.end()


@pytest.fixture
def acting(google: RunningServer) -> GCSClient:
    """A client whose login acts for another account."""
    key = {
        **json.loads(google.credentials["GOOGLE_SERVICE_ACCOUNT_KEY"]),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    credentials = {
        "GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key),
        "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": ACTING,
    }
    return GCSClient("box", credentials=credentials, options=QUICK)


def test_requests_are_made_in_the_name_of_the_other_account(acting: GCSClient, hosts: Hosts) -> None:
    info = acting.object_info("x")
    assert info
    assert info.hash == "17-00000000"
    iam = f"/v1/projects/-/serviceAccounts/{ACTING}:generateAccessToken"
    assert hosts.asked[1:] == [
        ("iamcredentials.googleapis.com", iam, "base-token"),
        ("storage.googleapis.com", "/storage/v1/b/box/o/x", "acting-token"),
    ]
    acting.close()


def test_urls_are_signed_by_the_key_that_google_keeps(acting: GCSClient, hosts: Hosts) -> None:
    assert acting.capabilities.download_urls
    assert hosts.asked == []
    query = parse_qs(urlsplit(acting.object_generate_download_url("x")).query)
    assert query["X-Goog-Credential"][0].startswith(f"{ACTING}/")
    assert query["X-Goog-Signature"] == [b"signature".hex()]
    assert hosts.asked[-1][1:] == (f"/v1/projects/-/serviceAccounts/{ACTING}:signBlob", "base-token")
    acting.close()


def test_who_may_not_act_is_told_so(acting: GCSClient, hosts: Hosts) -> None:
    hosts.may_act = False
    with pytest.raises(AuthorizationError, match="getAccessToken") as caught:
        acting.object_info("x")
    assert "base-token" not in str(caught.value)
    with pytest.raises(AuthorizationError):
        acting.object_generate_download_url("x")
    acting.close()
