"""The requests of logins are told of, whoever sends them: this library, or a plug-in of keystoneauth1."""

from __future__ import annotations

import pytest

from obs_client import ClientOptions, ObjectStorageClientError, RequestRecord, SwiftClient
from test.servers import SwiftServer


def _options(seen: list[RequestRecord]) -> ClientOptions:
    return ClientOptions(observe=seen.append, attempts=2, first_pause=0.001)


def test_a_login_at_keystone_is_told(keystone: SwiftServer) -> None:
    seen: list[RequestRecord] = []
    with SwiftClient(credentials=keystone.credentials, options=_options(seen)) as client:
        client.container_info("absent")
    login = seen[0]
    assert (login.method, login.path, login.status) == ("POST", "/v3/auth/tokens", 201)
    assert login.sent > 100
    assert login.received > 100
    assert any(one.path.endswith("/absent") and one.status == 404 and one.request_id for one in seen)
    assert keystone.credentials["OS_PASSWORD"] not in repr(seen)


def test_a_login_by_another_plug_in_is_told(keystone: SwiftServer) -> None:
    seen: list[RequestRecord] = []
    keys = {**keystone.credentials, "OS_AUTH_TYPE": "v3totp", "OS_PASSCODE": "123456"}
    with SwiftClient(credentials=keys, options=_options(seen)) as client, pytest.raises(ObjectStorageClientError):
        client.container_info("absent")
    assert ("POST", "/v3/auth/tokens", 401) in {(one.method, one.path, one.status) for one in seen}
    assert "123456" not in repr(seen)
