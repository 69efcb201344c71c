"""Logins to Google: which is taken, what is said of those that are none, and that nothing secret is shown."""

from __future__ import annotations

import concurrent.futures
import json
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from obs_client import AuthorizationError, ConfigurationError, NotSupportedError, from_url
from obs_client.backends.gcs.client import GCSClient
from obs_client.credentials import Secret
from obs_client.models import ClientOptions
from test.gcs.running import QUICK, asked, container
from test.loopback.raw import answer, raw_server, read_request
from test.servers import RunningServer
from test.servers.requests import web

ONCE = ClientOptions(attempts=1)
NOWHERE = "http://127.0.0.1:9"


def key_of(google: RunningServer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(google.credentials["GOOGLE_SERVICE_ACCOUNT_KEY"])
    return found


def test_a_constructor_loads_no_sdk() -> None:
    code = (
        "import sys; from obs_client import GCSClient;"
        "GCSClient('name', credentials={'GOOGLE_APPLICATION_CREDENTIALS': 'x'});"
        "assert not [name for name in sys.modules if name.startswith(('google', 'cryptography', 'requests'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("package", "kind", "call"),
    [
        pytest.param("google.auth", "authorized_user", "c.object_info('x')", marks=pytest.mark.slow),
        pytest.param("cryptography", "service_account", "c.object_info('x')", marks=pytest.mark.slow),
        ("google_crc32c", "", "c.object_write('x', b'')"),
    ],
)
def test_a_missing_package_is_named_with_the_extra(package: str, kind: str, call: str) -> None:
    key = json.dumps({"type": kind, "client_email": "a@b", "private_key": "k"})
    credentials = {"GOOGLE_SERVICE_ACCOUNT_KEY": key} if kind else {}
    code = (
        f"import sys; sys.modules[{package!r}] = None; from obs_client import GCSClient;"
        f"c = GCSClient('box', endpoint_url={NOWHERE!r}, credentials={credentials!r}); {call}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ConfigurationError" in done.stderr
    assert "obs_client[gcs]" in done.stderr


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ({"GOOGLE_CLOUD_PROJECT": "p"}, "GOOGLE_APPLICATION_CREDENTIALS"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "/no/such/file"}, "/no/such/file"),
        ({"GOOGLE_SERVICE_ACCOUNT_KEY": "no json"}, "no JSON object"),
        ({"GOOGLE_SERVICE_ACCOUNT_KEY": "[]"}, "no JSON object"),
        ({"GOOGLE_SERVICE_ACCOUNT_KEY": '{"type": "odd"}'}, "'odd'"),
        ({"GOOGLE_SERVICE_ACCOUNT_KEY": '{"type": "service_account"}'}, "client_email"),
        ({"GOOGLE_SERVICE_ACCOUNT_KEY": '{"type": "authorized_user"}'}, "refresh_token"),
    ],
)
def test_a_login_that_is_none_is_said_before_a_request(credentials: dict[str, str], message: str) -> None:
    client = GCSClient("box", endpoint_url=NOWHERE, credentials=credentials, options=ONCE)
    with pytest.raises(ConfigurationError, match="login to Google") as caught:
        client.object_info("x")
    assert message in str(caught.value)


def test_a_file_that_is_named_is_read(google: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key_of(google)))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    client = from_url(f"gs://?endpoint_url={google.endpoint_url}")
    assert isinstance(client, GCSClient)
    name = container(client)
    client.object_write("x", b"y")
    assert name in {each.name for each in client.container_list()}  # of the project that the key names


def test_who_has_no_project_is_told_to_name_one(google: RunningServer) -> None:
    key = {name: value for name, value in key_of(google).items() if name != "project_id"}
    client = GCSClient(endpoint_url=google.endpoint_url, credentials={"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key)})
    with pytest.raises(ConfigurationError, match="GOOGLE_CLOUD_PROJECT"):
        client.container_create("some-box")


def test_public_data_are_read_without_a_login(client: GCSClient, google: RunningServer) -> None:
    client.object_write("x", b"public")
    anybody = GCSClient(client.container_name, endpoint_url=google.endpoint_url, credentials={}, options=QUICK)
    with pytest.raises(AuthorizationError, match="log in"):
        anybody.object_read("x")
    policy = {"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]}
    asked(client, "PUT", f"/storage/v1/b/{client.container_name}/iam", body=policy)
    assert anybody.object_read("x") == b"public"
    with pytest.raises(AuthorizationError):
        anybody.object_write("x", b"mine")
    assert anybody.capabilities.download_urls is False
    with pytest.raises(NotSupportedError, match="service account"):
        anybody.object_generate_download_url("x")


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "http://127.0.0.1:{}"])
def test_an_emulator_is_sent_no_token(form: str, google: RunningServer) -> None:
    heads = []

    def serve(connection: Any, _: int) -> None:
        while head := read_request(connection)[0]:
            heads.append(head)
            connection.sendall(answer(b'{"kind": "storage#objects"}'))

    with raw_server(serve) as server:
        host = form.format(server.port)
        for credentials in ({"STORAGE_EMULATOR_HOST": host}, {**google.credentials, "STORAGE_EMULATOR_HOST": host}):
            client = GCSClient("box", credentials=credentials)
            assert client.object_list() == []
            client.close()
        assert client.capabilities.download_urls is True
    assert len(heads) == 2
    assert b"authorization" not in b"".join(heads).lower()


def test_a_token_goes_nowhere_in_the_clear() -> None:
    with pytest.raises(ConfigurationError, match="https only"):
        GCSClient(endpoint_url="http://storage.example.com", credentials={"GOOGLE_OAUTH_ACCESS_TOKEN": "t"})


@pytest.mark.parametrize(
    "url", ["storage.googleapis.com", "https://user:pass@host", "https://host/path", "ftp://host", "https://host?x=1"]
)
def test_an_endpoint_that_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint_url") as caught:
        GCSClient(endpoint_url=url, credentials={})
    assert "pass" not in str(caught.value)


def test_a_ready_token_is_sent_and_not_renewed(client: GCSClient, google: RunningServer) -> None:
    assert client._requests.login.tokens
    token = client._requests.login.tokens.current().reveal()
    other = GCSClient(
        client.container_name, endpoint_url=google.endpoint_url, credentials={"GOOGLE_OAUTH_ACCESS_TOKEN": token}
    )
    other.object_write("x", b"y")
    assert other.capabilities.upload_urls is False
    wrong = GCSClient("box", endpoint_url=google.endpoint_url, credentials={"GOOGLE_BEARER_TOKEN": "canary-token"})
    with pytest.raises(AuthorizationError, match="expired, or was revoked") as caught:
        wrong.object_info("x")
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_token_that_ran_out_is_renewed_once_for_all_threads(client: GCSClient) -> None:
    client.object_write("x", b"y" * 100_000)
    tokens = client._requests.login.tokens
    assert tokens
    logins = []
    fetch = tokens._fetch

    def counted() -> Any:
        logins.append(1)
        return fetch()

    tokens._fetch = counted
    tokens._token = tokens._token and tokens._token._replace(value=Secret("ran-out"))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: client.object_read("x"), range(24)))
    assert found == [b"y" * 100_000] * 24
    assert len(logins) == 1


def test_a_key_that_google_does_not_know(google: RunningServer) -> None:
    key = {**key_of(google), "client_email": "nobody@example.com"}
    credentials = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key)}
    client = GCSClient("box", endpoint_url=google.endpoint_url, credentials=credentials)
    with pytest.raises(AuthorizationError, match="invalid_grant") as caught:
        client.object_info("x")
    assert key["private_key"].splitlines()[1] not in "".join(traceback.format_exception(caught.value))


def test_nothing_secret_is_shown_and_a_pickle_works_elsewhere(client: GCSClient, google: RunningServer) -> None:
    secret = key_of(google)["private_key"].splitlines()[1]
    assert secret not in repr(client) + repr(client._requests) + repr(client._credentials) + str(vars(client))
    client.object_write("x", b"y")
    again = pickle.loads(pickle.dumps(client))
    assert (again.object_read("x"), again.container_name) == (b"y", client.container_name)
    token = client._requests.login.tokens
    assert token
    assert token.current().reveal().encode() not in pickle.dumps(client)


def test_a_pickle_holds_nothing_of_the_environment(google: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in google.credentials.items():
        monkeypatch.setenv(name, value)
    client = GCSClient("box", endpoint_url=google.endpoint_url)
    assert client.object_info("x") is None
    assert key_of(google)["private_key"].splitlines()[1].encode() not in pickle.dumps(client)


def test_urls_of_a_stranger_are_refused(client: GCSClient, google: RunningServer) -> None:
    client.object_write("x", b"y")
    key = json.loads(google.accounts["stranger"].credentials["GOOGLE_SERVICE_ACCOUNT_KEY"])
    key["client_email"] = key_of(google)["client_email"]
    false = GCSClient(
        client.container_name,
        endpoint_url=google.endpoint_url,
        credentials={"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key)},
    )
    url = false.object_generate_download_url("x")
    assert web.request("GET", client.object_generate_download_url("x")).body == b"y"
    assert web.request("GET", url).status == 403


def test_the_life_of_a_url_is_a_week_at_most(client: GCSClient) -> None:
    url = client.object_generate_upload_url("a b/ü", expires_in_seconds=604_800)
    assert parse_qs(urlsplit(url).query)["X-Goog-Expires"] == ["604800"]
    with pytest.raises(ValueError, match="7 days"):
        client.object_generate_upload_url("x", expires_in_seconds=604_801)
