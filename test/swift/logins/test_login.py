"""Logging in to Swift: every way that works, and what each mistake is called."""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Mapping

import pytest

from obs_client.backends.swift.client import SwiftClient
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ObjectStorageClientError,
    TemporaryError,
)
from obs_client.models import ClientOptions
from test.servers import SwiftServer
from test.swift.support import QUICK, client_of, login_of, new_container

ONCE = ClientOptions(attempts=1)


def clear(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Leave nothing of a login in the environment but these."""
    for name in list(os.environ):
        if name.startswith(("OS_", "ST_")):
            monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def member(keystone: SwiftServer) -> dict[str, str]:
    """What a member of the project logs in with."""
    return dict(keystone.credentials)


def without(keys: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in keys.items() if name not in names}


def works(client: SwiftClient) -> bool:
    """Whether an absent container is told to be absent, which takes a login."""
    with client:
        return client.container_info("absent") is None


def test_password_by_names(member: dict[str, str]) -> None:
    assert works(SwiftClient(credentials=member))


def test_password_by_ids(keystone: SwiftServer, member: dict[str, str]) -> None:
    named = ("OS_PROJECT_NAME", "OS_USERNAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME")
    assert works(SwiftClient(credentials={**without(member, *named), **keystone.accounts["member"].ids}))


def test_password_with_old_names_and_no_domain(member: dict[str, str]) -> None:
    keys = without(member, "OS_PROJECT_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME")
    assert works(SwiftClient(credentials={**keys, "OS_TENANT_NAME": member["OS_PROJECT_NAME"]}))


def test_auth_url_without_version(member: dict[str, str]) -> None:
    url = member["OS_AUTH_URL"].removesuffix("/v3")
    assert works(SwiftClient(credentials={**member, "OS_AUTH_URL": url}))


def test_application_credential(keystone: SwiftServer) -> None:
    assert works(client_of(keystone, "application_credential"))


def test_version_1(swift: SwiftServer) -> None:
    assert works(client_of(swift))
    old = swift.credentials
    names = {"OS_AUTH_URL": old["ST_AUTH"], "OS_USERNAME": old["ST_USER"], "OS_PASSWORD": old["ST_KEY"]}
    assert works(SwiftClient(credentials=names))


def test_other_plug_in_of_keystoneauth(keystone: SwiftServer, member: dict[str, str]) -> None:
    keys = {**without(member, "OS_PASSWORD"), "OS_AUTH_TYPE": "v3token", "OS_TOKEN": login_of(keystone).token}
    assert works(SwiftClient(credentials=keys))


def test_ready_token(swift: SwiftServer) -> None:
    token = {"OS_AUTH_TOKEN": login_of(swift).token}
    assert works(SwiftClient(swift.storage_url, credentials=token))
    assert works(SwiftClient(credentials={**token, "OS_STORAGE_URL": swift.storage_url}))


def test_environment(monkeypatch: pytest.MonkeyPatch, keystone: SwiftServer) -> None:
    clear(monkeypatch, **keystone.credentials)
    assert works(SwiftClient())


def test_mapping_replaces_environment(
    monkeypatch: pytest.MonkeyPatch, keystone: SwiftServer, member: dict[str, str]
) -> None:
    clear(monkeypatch, **keystone.credentials)
    with pytest.raises(ConfigurationError, match="OS_PASSWORD"):
        SwiftClient(credentials=without(member, "OS_PASSWORD"))


def test_anonymous_reads_public_data(swift: SwiftServer) -> None:
    with new_container(swift) as owner:
        owner.object_write("public", b"content")
        owner._http.call("post_container", owner.container_name, {"X-Container-Read": ".r:*"})
        with SwiftClient(swift.storage_url, owner.container_name, credentials={}, options=ONCE) as client:
            assert client.object_read("public") == b"content"
            with pytest.raises(AuthorizationError):
                client.object_write("mine", b"")


def test_storage_url_overrides_the_catalogue(keystone: SwiftServer, member: dict[str, str]) -> None:
    with new_container(keystone) as client:
        client.object_write("name", b"content")
        url, name = keystone.storage_url, client.container_name
        with SwiftClient(url, name, credentials=member, region="nowhere") as other:
            assert other.object_read("name") == b"content"


@pytest.mark.parametrize("name", ["OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME"])
def test_missing_key_is_named(name: str, member: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=name):
        SwiftClient(credentials=without(member, name))


@pytest.mark.parametrize("name", ["ST_AUTH", "ST_USER", "ST_KEY"])
def test_missing_key_of_version_1_is_named(name: str, swift: SwiftServer) -> None:
    with pytest.raises(ConfigurationError, match=name):
        SwiftClient(credentials=without(swift.credentials, name))


def test_nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clear(monkeypatch)
    with pytest.raises(ConfigurationError, match=r"set OS_AUTH_URL.*or OS_CLOUD"):
        SwiftClient()


@pytest.mark.parametrize(
    "url", ["host/v1/AUTH_x", "ftp://host/v1/AUTH_x", "https://user:password@host/v1/A", "https://host"]
)
def test_storage_url_that_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="storage URL"):
        SwiftClient(url, credentials={})


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"OS_PASSWORD": "wrong"}, AuthorizationError),
        ({"OS_USERNAME": "nobody"}, AuthorizationError),
        ({"OS_PROJECT_NAME": "nothing"}, AuthorizationError),
        ({"OS_PROJECT_NAME": "test2"}, AuthorizationError),
        ({"OS_USER_DOMAIN_NAME": "nowhere"}, AuthorizationError),
        ({"OS_REGION_NAME": "nowhere"}, ConfigurationError),
        ({"OS_AUTH_TYPE": "unheard-of"}, ConfigurationError),
    ],
)
def test_wrong_credential(
    changed: dict[str, str], kind: type[ObjectStorageClientError], member: dict[str, str]
) -> None:
    with SwiftClient(credentials={**member, **changed}, options=ONCE) as client, pytest.raises(kind) as caught:
        client.container_info("any")
    assert "testing" not in str(caught.value)


def test_wrong_region_is_named(member: dict[str, str]) -> None:
    with (
        SwiftClient(credentials=member, region="Atlantis") as client,
        pytest.raises(ConfigurationError, match="Atlantis"),
    ):
        client.container_info("any")


def test_wrong_key_of_version_1(swift: SwiftServer) -> None:
    keys = {**swift.credentials, "ST_KEY": "wrong"}
    with SwiftClient(credentials=keys) as client, pytest.raises(AuthorizationError, match="refused the login"):
        client.container_info("any")


def test_unreachable_keystone(member: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v3"
        client = SwiftClient(credentials={**member, "OS_AUTH_URL": url}, options=ONCE)
        with pytest.raises(TemporaryError, match="cannot be reached"):
            client.container_info("any")


def test_token_that_nothing_renews(swift: SwiftServer) -> None:
    client = SwiftClient(swift.storage_url, credentials={"OS_AUTH_TOKEN": "expired"})
    with pytest.raises(AuthorizationError, match="no login to renew it"):
        client.container_info("any")


def test_no_right(swift: SwiftServer) -> None:
    with new_container(swift) as owner:
        with client_of(swift, "reader", container_name=owner.container_name) as reader:
            owner.object_write("name", b"content")
            assert reader.object_read("name") == b"content"
            with pytest.raises(AuthorizationError):
                reader.object_write("name", b"other")
        stranger = client_of(swift, "second", storage_url=swift.storage_url)
        with pytest.raises(AuthorizationError):
            stranger.container_info(owner.container_name or "")


def test_pickle_carries_given_keys_only(monkeypatch: pytest.MonkeyPatch, swift: SwiftServer) -> None:
    with new_container(swift) as client:
        client.object_write("name", b"content")
        with pickle.loads(pickle.dumps(client)) as copied:
            assert copied.object_read("name") == b"content"
            assert copied.options == QUICK
    clear(monkeypatch, **swift.credentials)
    client = SwiftClient(options=QUICK)
    assert works(client)
    pickled = pickle.dumps(client)
    token = client._http.session.access().token
    assert token is not None
    assert token.reveal().encode() not in pickled
    assert swift.credentials["ST_KEY"].encode() not in pickled


def test_native_is_the_sdks_own_client(swift: SwiftServer, keystone: SwiftServer) -> None:
    with new_container(keystone) as client:
        client.object_write("name", b"content")
        assert client.native.get_object(client.container_name, "name")[1] == b"content"
    with client_of(swift) as other:
        assert other.native.get_account()[0]


def test_who_may_only_write(swift: SwiftServer) -> None:
    with new_container(swift) as owner:
        owner.object_write("large", bytes(70_000))
        owner._http.call("post_container", owner.container_name, {"X-Container-Write": "test2:tester2"})
        writer = client_of(swift, "second", storage_url=swift.storage_url, container_name=owner.container_name)
        assert writer.object_write("name", b"content") is True
        assert writer.object_delete("name") is True
        with pytest.raises(AuthorizationError):
            writer.object_read("large")


@pytest.mark.parametrize("wrong", [{"timeout": 0.0}, {"timeout": -1.0}])
def test_wrong_timeout(wrong: dict[str, float], swift: SwiftServer) -> None:
    with pytest.raises(ValueError, match="timeout"):
        SwiftClient(swift.storage_url, credentials={}, timeout=wrong["timeout"])


def test_wrong_authorities(swift: SwiftServer) -> None:
    with pytest.raises(ConfigurationError, match="verify"):
        SwiftClient(swift.storage_url, credentials={}, verify="/no/such/file")


def test_certificates_that_are_not_checked_are_said(swift: SwiftServer) -> None:
    with pytest.warns(RuntimeWarning, match="certificates are not checked"):
        SwiftClient(swift.storage_url, credentials={}, verify=False)
