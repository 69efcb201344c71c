"""Logins by azure-identity, each from its own server on loopback to objects on Azurite over TLS."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import logging
import os
import pickle
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from obs_client import AuthorizationError, AzureClient, ConfigurationError, TemporaryError
from obs_client.models import ClientOptions, RequestRecord
from test.azure.identities import ASSERTION, HEADER, SECRET, Identities, token_text
from test.azure.running import container, content
from test.loopback.serving import serve
from test.loopback.tls import make_authority
from test.servers import AzuriteServer, start_azurite

PARTS = ClientOptions(part_size=20_000, first_pause=0.01, longest_pause=0.1, attempts=3)
LIFE = 4.0
"""Seconds; more than what writes the first object may take."""

APP = {"AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client"}


class Place:
    """Azurite over TLS, and a double of the logins, over TLS and without.

    Attributes:
        file: Of the authority of the certificates.
    """

    def __init__(self, store: AzuriteServer, file: Path, secured: Identities, plain: Identities) -> None:
        self.store = store
        self.file = file
        self.secured = secured
        self.plain = plain

    def client(self, credentials: Mapping[str, str] | None = None) -> AzureClient:
        """A client that logs in by these, or by the environment."""
        if credentials is not None:
            credentials = {"AZURE_AUTHORITY_HOST": self.secured.url, **credentials}
        return AzureClient(
            account_url=self.store.storage_url,
            credentials=credentials,
            verify=str(self.file),
            options=PARTS,
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, starts_servers: None) -> Iterator[Place]:
    authority = make_authority(tmp_path_factory.mktemp("tls"))
    secured, plain = Identities(), Identities()
    context = authority.server_context("IP:127.0.0.1")
    certificate = authority.certificate_files("IP:127.0.0.1")
    with start_azurite(certificate) as store, serve(secured, context) as one, serve(plain) as other:
        secured.url, plain.url = one.url.replace("http:", "https:"), other.url
        yield Place(store, authority.file, secured, plain)


@pytest.fixture
def place(served: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    """The servers, with an environment that has no login."""
    for each in (served.secured, served.plain):
        each.lives, each.failing, each.given, each.asked = [], [], [], []
    for name in [name for name in os.environ if name.startswith(("AZURE_", "IDENTITY_", "MSI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return served


def as_app(place: Place, _: pytest.MonkeyPatch, __: Path) -> AzureClient:
    return place.client({**APP, "AZURE_CLIENT_SECRET": SECRET})


def as_workload(place: Place, _: pytest.MonkeyPatch, folder: Path) -> AzureClient:
    (folder / "assertion").write_text(ASSERTION)
    return place.client({**APP, "AZURE_FEDERATED_TOKEN_FILE": str(folder / "assertion")})


def as_app_of_the_environment(place: Place, patch: pytest.MonkeyPatch, _: Path) -> AzureClient:
    for name, value in {**APP, "AZURE_CLIENT_SECRET": SECRET, "AZURE_AUTHORITY_HOST": place.secured.url}.items():
        patch.setenv(name, value)
    return place.client()


def as_app_service(place: Place, patch: pytest.MonkeyPatch, _: Path) -> AzureClient:
    patch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    patch.setenv("IDENTITY_ENDPOINT", f"{place.plain.url}/msi/token")
    patch.setenv("IDENTITY_HEADER", HEADER)
    return place.client()


def as_machine(place: Place, patch: pytest.MonkeyPatch, _: Path) -> AzureClient:
    # It probes first, as no chain but its default one does.
    patch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", place.plain.url)
    return place.client()


def by_command(place: Place, patch: pytest.MonkeyPatch, folder: Path) -> AzureClient:
    program = folder / "az"
    answer = f'{{"accessToken": "{token_text(3600)}", "expires_on": 9999999999, "tokenType": "Bearer"}}'
    program.write_text(f"#!{sys.executable}\nprint('''{answer}''')\n")
    program.chmod(0o755)
    patch.setenv("PATH", str(folder), prepend=os.pathsep)
    patch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    return place.client()


Way = Callable[[Place, pytest.MonkeyPatch, Path], AzureClient]
SERVED: list[Way] = [as_app, as_workload, as_app_of_the_environment, as_app_service, as_machine]


@pytest.mark.parametrize("way", [*SERVED, by_command])
def test_all_logins_reach_the_store(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "obs_client")
    with way(place, monkeypatch, tmp_path) as client:
        container(client)
        client.object_write("name", content(50_000), {"a-key": "value"})
        assert client.object_read("name") == content(50_000)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert all(pool.map(lambda number: client.object_write(f"o{number}", b"x"), range(16)))
        client.object_delete_many([f"o{number}" for number in range(16)])
        assert [entry.name for entry in client.object_list()] == ["name"]
        assert len(place.secured.given) + len(place.plain.given) <= 2  # a machine's is probed before
        shown = f"{client!r} {vars(client)!r} {vars(client._requests)!r} {caplog.text}"
        for secret in (SECRET, ASSERTION, HEADER, *place.secured.given, *place.plain.given):
            assert secret not in shown


@pytest.mark.parametrize("way", SERVED)
def test_a_token_that_the_store_does_not_take_any_more_is_renewed_once_for_all_threads(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: Way
) -> None:
    # It is said to last an hour, so that azure-identity goes on giving it out.
    place.secured.lives = place.plain.lives = [LIFE] * 2
    with way(place, monkeypatch, tmp_path) as client:
        container(client)
        client.object_write("name", content(50_000))
        given = len(place.secured.given) + len(place.plain.given)
        place.secured.lives, place.plain.lives = [], []
        time.sleep(LIFE + 1)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: client.object_read("name"), range(16)))
        assert found == [content(50_000)] * 16
        # The probe of a machine's login is made once more by a new one.
        assert given < len(place.secured.given) + len(place.plain.given) <= given + 2


def test_a_login_that_is_busy_is_asked_again(place: Place) -> None:
    place.secured.failing = [503, 500]
    with place.client({**APP, "AZURE_CLIENT_SECRET": SECRET}) as client:
        container(client)
        assert client.object_info("name") is None


def test_a_login_that_stays_busy_is_a_temporary_error(place: Place) -> None:
    place.secured.failing = [503] * 99
    with place.client({**APP, "AZURE_CLIENT_SECRET": SECRET}) as client, pytest.raises(TemporaryError) as caught:
        client.object_read("name", "box")
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert "AZURE_" not in caught.value.hint  # what was given is not at fault


@pytest.mark.parametrize(
    ("credentials", "kind", "message"),
    [
        ({**APP, "AZURE_CLIENT_SECRET": "canary-wrong"}, AuthorizationError, "AADSTS7000215"),
        ({"AZURE_TENANT_ID": "t", "AZURE_CLIENT_SECRET": SECRET}, ConfigurationError, "lacks AZURE_CLIENT_ID in the"),
        ({"AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "/x"}, ConfigurationError, "lacks AZURE_TENANT_ID"),
        ({**APP, "AZURE_FEDERATED_TOKEN_FILE": "/not/there"}, ConfigurationError, "/not/there"),
        ({**APP, "AZURE_CLIENT_CERTIFICATE_PATH": "/not/there"}, ConfigurationError, "/not/there"),
        ({**APP, "AZURE_TENANT_ID": "no/tenant", "AZURE_CLIENT_SECRET": SECRET}, ConfigurationError, "tenant"),
        (APP, ConfigurationError, "no login to Azure in the credentials given.*AZURE_CLIENT_SECRET"),
    ],
)
def test_wrong_pieces_are_told(place: Place, credentials: dict[str, str], kind: type[Exception], message: str) -> None:
    with place.client(credentials) as client, pytest.raises(kind, match=f"(?s){message}") as caught:
        client.object_read("name", "box")
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value)
    assert SECRET not in shown
    assert "canary-wrong" not in shown
    assert "AZURE_" in shown + getattr(caught.value, "hint", "")


def test_a_machine_without_an_identity_is_told_what_can_be_set(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with as_app_service(place, monkeypatch, tmp_path) as client:
        monkeypatch.setenv("IDENTITY_HEADER", "canary-other")
        with pytest.raises(AuthorizationError, match="ManagedIdentityCredential") as caught:
            client.object_read("name", "box")
    assert "AZURE_STORAGE_CONNECTION_STRING" in caught.value.hint
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_command_that_is_not_logged_in_is_told(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with by_command(place, monkeypatch, tmp_path) as client:
        (tmp_path / "az").write_text("#!/bin/sh\necho \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1\n")
        with pytest.raises(AuthorizationError, match="az login"):
            client.object_read("name", "box")


def test_a_forked_process_logs_in_for_itself(place: Place) -> None:
    with place.client({**APP, "AZURE_CLIENT_SECRET": SECRET}) as client:
        container(client)
        client.object_write("name", b"content")
        child = os.fork()
        if not child:
            os._exit(0 if client.object_read("name") == b"content" else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert client.object_read("name") == b"content"


def test_a_pickle_has_the_credentials_that_were_given_and_no_token(place: Place) -> None:
    with place.client({**APP, "AZURE_CLIENT_SECRET": SECRET}) as client:
        container(client)
        client.object_write("name", b"content")
        data = pickle.dumps(client)
        assert not any(each.encode() in data for each in place.secured.given)
        with pickle.loads(data) as copy:
            assert copy.object_read("name") == b"content"


def test_a_closed_client_logs_in_again(place: Place) -> None:
    client = place.client({**APP, "AZURE_CLIENT_SECRET": SECRET})
    container(client)
    client.close()
    place.secured.lives = [3600]
    tokens = client._requests.login.tokens
    assert tokens
    tokens._token = None
    assert client.object_info("name") is None
    client.close()


def test_the_requests_of_a_login_are_told(place: Place) -> None:
    seen: list[RequestRecord] = []
    with place.client({**APP, "AZURE_CLIENT_SECRET": SECRET}) as client:
        client.options = dataclasses.replace(PARTS, observe=seen.append)
        client.container_info("absent")
    asked = [(one.method, one.status) for one in seen if one.path.endswith("/oauth2/v2.0/token")]
    assert asked == [("POST", 200)]
    assert seen[-1].status == 404
    assert SECRET not in repr(seen)


def test_a_login_service_that_is_down_is_soon_given_up(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
    seen: list[RequestRecord] = []
    with place.client({**APP, "AZURE_CLIENT_SECRET": SECRET, "AZURE_AUTHORITY_HOST": url}) as client:
        client.options = ClientOptions(observe=seen.append)
        began = time.monotonic()
        with pytest.raises(TemporaryError) as caught:
            client.container_info("absent")
    assert caught.value.first_contact
    assert time.monotonic() - began < 12.0  # azure-core has tries of its own
    assert {one.status for one in seen} == {None}
