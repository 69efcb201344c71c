"""How one logs in: by the names that Azure's own tools have, and by what is missing."""

from __future__ import annotations

import pickle

import pytest

import obs_client
from obs_client import AzureClient, ConfigurationError, from_url
from obs_client.backends.azure.login import DEVELOPMENT_KEY, Login, choose
from obs_client.backends.azure.signing import Key, read_key
from obs_client.credentials import Credentials

KEY = "c2VjcmV0LWtleS1vZi1hbi1hY2NvdW50"
URL = "https://someaccount.blob.core.windows.net"


def login(credentials: dict[str, str], account_url: str | None = None) -> Login:
    return choose(Credentials(credentials, "AZURE_"), account_url)


@pytest.mark.parametrize("account", ["AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"])
@pytest.mark.parametrize("key", ["AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY"])
def test_an_account_and_its_key(account: str, key: str) -> None:
    found = login({account: "someaccount", key: KEY})
    assert (found.account, found.endpoint) == ("someaccount", URL)
    assert found.key is not None
    assert found.key.value == b"secret-key-of-an-account"
    assert found.can_sign


def test_a_connection_string_goes_before_all_else() -> None:
    text = f"DefaultEndpointsProtocol=https;AccountName=one;AccountKey={KEY};EndpointSuffix=core.chinacloudapi.cn"
    found = login({"AZURE_STORAGE_CONNECTION_STRING": text, "AZURE_STORAGE_ACCOUNT": "two"})
    assert (found.account, found.endpoint) == ("one", "https://one.blob.core.chinacloudapi.cn")
    own = login({"AZURE_STORAGE_CONNECTION_STRING": f"{text};BlobEndpoint=https://files.example.com/"})
    assert (own.account, own.endpoint) == ("one", "https://files.example.com")
    shared = login({"AZURE_STORAGE_CONNECTION_STRING": f"BlobEndpoint={URL}/;SharedAccessSignature=sv=1&sig=a%3D"})
    assert shared.sas is not None
    assert (shared.account, shared.sas.reveal(), shared.can_sign) == ("someaccount", "sv=1&sig=a%3D", False)


def test_azurites_account_is_known() -> None:
    for credentials, url in (
        ({"AZURE_STORAGE_CONNECTION_STRING": "UseDevelopmentStorage=true"}, None),
        ({"AZURE_STORAGE_ACCOUNT": "devstoreaccount1"}, None),
        ({"AZURE_OTHER": "x"}, "http://127.0.0.1:10000/devstoreaccount1"),
    ):
        found = login(credentials, url)
        assert (found.account, found.endpoint) == ("devstoreaccount1", "http://127.0.0.1:10000/devstoreaccount1")
        assert found.key == Key("devstoreaccount1", read_key(DEVELOPMENT_KEY))


def test_a_sas_and_nobody() -> None:
    found = login({"AZURE_STORAGE_SAS_TOKEN": "?sv=1&sig=a"}, URL)
    assert found.sas is not None
    assert found.sas.reveal() == "sv=1&sig=a"
    for credentials in ({}, {"AZURE_STORAGE_ANON": "true"}):
        nobody = login(credentials, URL)
        assert (nobody.key, nobody.sas, nobody.tokens, nobody.can_sign) == (None, None, None, False)


def test_all_else_is_left_to_azure_identity() -> None:
    found = login({"AZURE_STORAGE_ACCOUNT": "someaccount"})
    assert found.tokens is not None
    assert found.can_sign


@pytest.mark.parametrize(
    ("credentials", "url", "message"),
    [
        ({"AZURE_TENANT_ID": "t"}, None, "no account of Azure in the credentials given; set AZURE_STORAGE_CONN"),
        ({}, None, "no account of Azure"),
        ({"AZURE_STORAGE_KEY": "no base64!"}, URL, "incomplete"),
        (
            {"AZURE_STORAGE_ACCOUNT": "one", "AZURE_STORAGE_KEY": KEY},
            URL,
            "'someaccount', the credentials .*'one'",
        ),
        ({"AZURE_STORAGE_CONNECTION_STRING": "nonsense"}, None, "name=value;name=value"),
        ({"AZURE_STORAGE_KEY": KEY}, f"{URL}?sig=x", "account_url reads https"),
        ({"AZURE_STORAGE_KEY": KEY}, "https://user:secret@host", "account_url reads https"),
        ({"AZURE_STORAGE_ACCOUNT": "a"}, "http://host/a", "by https only"),
    ],
)
def test_what_makes_no_login_is_told(credentials: dict[str, str], url: str | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        login(credentials, url)
    assert KEY not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_login_without_a_tenant_is_told_at_first_use() -> None:
    client = AzureClient("box", account_url=URL, credentials={"AZURE_TENANT_ID": "t"})
    with pytest.raises(ConfigurationError, match="no login to Azure in the credentials given"):
        client.object_info("name")


def test_secrets_are_neither_shown_nor_taken_along(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"AZURE_STORAGE_ACCOUNT": "someaccount", "AZURE_STORAGE_KEY": KEY}
    client = AzureClient("box", credentials=given)
    assert KEY not in repr(client) + repr(vars(client)) + repr(client._requests.login)
    copy = pickle.loads(pickle.dumps(client))
    assert copy._requests.login == client._requests.login
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert KEY.encode() not in pickle.dumps(AzureClient("box"))


@pytest.mark.parametrize(
    ("url", "account_url", "container", "prefix"),
    [
        ("azure://box", None, "box", ""),
        ("az://box/a%20b/c", None, "box", "a b/c"),
        ("abfs://box/a", None, "box", "a"),
        ("abfss://box@someaccount.dfs.core.windows.net/a/b", URL, "box", "a/b"),
        ("abfss://box@someaccount.blob.core.windows.net", URL, "box", ""),
        (f"{URL}/box/a%2Fb//", URL, "box", "a/b//"),
        (f"{URL}/", URL, None, ""),
        (f"{URL}/box/a?timeout=5", URL, "box", "a"),
        ("http://127.0.0.1:7/devstoreaccount1/box/a", "http://127.0.0.1:7/devstoreaccount1", "box", "a"),
    ],
)
def test_urls_that_people_have(url: str, account_url: str | None, container: str | None, prefix: str) -> None:
    place = obs_client.StorageUrl.parse(url)
    assert (place.scheme, place.container_name, place.prefix) == ("azure", container, prefix)
    assert place.options.get("account_url") == account_url
    client = place.client(credentials={"AZURE_STORAGE_ACCOUNT": "devstoreaccount1"} if account_url is None else {})
    assert type(client) is AzureClient
    assert client.container_name == container


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"{URL}/box?sv=2021&sig=secretsig", "the SAS.*AZURE_STORAGE_SAS_TOKEN"),
        ("azure://key@box", "must not contain credentials"),
        ("azure://box?account_key=x", "must not contain credentials|unknown option"),
        ("azure://box?colour=red", "unknown option 'colour'.*account_url"),
    ],
)
def test_urls_with_what_must_not_be_there(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        from_url(url)
    assert "secretsig" not in str(caught.value)
