"""Tokens in place of keys, over TLS: on Azurite, which looks at all of a token but its signature."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator

import pytest

from obs_client import AuthorizationError, AzureClient
from obs_client._http.kit.calls.tokens import Token, Tokens
from obs_client.credentials import Secret
from obs_client.models import ClientOptions
from test.azure.identities import token_text
from test.azure.running import container, content
from test.loopback.tls import make_authority
from test.servers import AzuriteServer, start_azurite

PARTS = ClientOptions(part_size=20_000, first_pause=0.01, longest_pause=0.1)
NOBODY = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}


def token(life: float) -> Token:
    """One that Azurite takes."""
    return Token(Secret(token_text(life)), time.time() + 3600.0)


class Login:
    """Gives tokens that end early without saying so, then good ones."""

    def __init__(self, *lives: float) -> None:
        self.given: list[str] = []
        self._lives = [*lives]

    def __call__(self) -> Token:
        found = token(self._lives.pop(0) if self._lives else 3600)
        self.given.append(found.value.reveal())
        return found


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, starts_servers: None) -> Iterator[tuple[AzuriteServer, str]]:
    folder = tmp_path_factory.mktemp("tls")
    authority = make_authority(folder)
    certificate = authority.certificate_files("IP:127.0.0.1")
    with start_azurite(certificate) as server:
        yield server, str(authority.file)


def logged_in(secured: tuple[AzuriteServer, str], login: Login) -> AzureClient:
    server, authority = secured
    client = AzureClient(account_url=server.storage_url, credentials=NOBODY, verify=authority, options=PARTS)
    client._requests.login = client._requests.login._replace(tokens=Tokens(login))
    return client


def test_all_works_with_tokens(secured: tuple[AzuriteServer, str]) -> None:
    with logged_in(secured, Login()) as client:
        container(client)
        client.object_write("small", b"content", {"a-key": "value"})
        client.object_write("large", content(50_000))
        assert client.object_read("large") == content(50_000)
        assert client.object_copy("large", "copied")
        assert client.object_read("copied") == content(50_000)
        client.object_delete_many(["small", "large", "copied", "absent"])
        assert client.object_list() == []


def test_a_token_that_was_refused_is_renewed_and_the_request_sent_again(secured: tuple[AzuriteServer, str]) -> None:
    login = Login(-30)
    with logged_in(secured, login) as client:
        container(client)
        client.object_write("name", content(50_000))
        assert client.object_read("name") == content(50_000)
        assert len(login.given) == 2


def test_a_token_that_is_refused_again_is_an_error(secured: tuple[AzuriteServer, str]) -> None:
    login = Login(-30, -30)
    with logged_in(secured, login) as client, pytest.raises(AuthorizationError) as caught:
        client.container_list()
    assert len(login.given) == 2
    assert not any(each in str(caught.value) for each in login.given)


def test_urls_are_signed_by_a_key_of_the_user(secured: tuple[AzuriteServer, str]) -> None:
    import ssl

    with logged_in(secured, Login()) as client:
        container(client)
        client.object_write("a b/é", b"content")
        assert client.capabilities.download_urls
        url = client.object_generate_download_url("a b/é", expires_in_seconds=300)
        assert "skoid=" in url
        context = ssl.create_default_context(cafile=secured[1])
        with urllib.request.urlopen(url, context=context) as answer:
            assert answer.read() == b"content"
        with pytest.raises(ValueError, match="at most 604,800"):
            client.object_generate_download_url("a b/é", expires_in_seconds=8 * 24 * 3600)
