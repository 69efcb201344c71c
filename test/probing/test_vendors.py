"""Azure and Google, by Azurite and the double: what a probe says and leaves, and its profile handed back."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

import obs_client
from obs_client import AzureClient, ConfigurationError, GCSClient
from obs_client.probing import StoreProfile, probe
from test.azure import running as azure
from test.cli.running import done
from test.gcs import running as google
from test.probing.trying import KEPT, findings, place
from test.servers.shared import Servers

NO_MD5 = {"the hash is the MD5 of the content"}
REFUSED_BY_AZURE = {"control characters", "line ends", "a backslash", "byte order of names"}


def test_azurite(servers: Servers) -> None:
    server = servers.azurite()
    with place(lambda: azure.client(server)) as client:
        profile = probe(client)
    assert KEPT - findings(profile, "holds") == NO_MD5
    assert findings(profile, "does not hold") >= NO_MD5 | REFUSED_BY_AZURE
    # Parts have a CRC-64 where it can be computed: Azurite does not compare it, but the client does.
    compared = "does not hold" if find_spec("awscrt") else "holds"
    assert "a part with a wrong digest is refused" in findings(profile, compared)
    assert findings(profile, "holds") >= {
        "a write with a wrong digest is refused",
        "a write if the hash matches",
        "of two writers at once, one succeeds",
        "of two writers of large objects at once, one succeeds",
        "4 objects by one call, absent ones too",
        "a changed signature is refused",
        "_ in keys, apart from -",
    }
    assert (profile.store, profile.endpoint) == ("AzureClient", server.storage_url)
    assert profile.options == {"account_url": server.storage_url}


def test_google(servers: Servers) -> None:
    server = servers.google()
    with place(lambda: google.client(server)) as client:
        profile = probe(client)
    missing = {"a copy by parts within the store"}
    assert KEPT - findings(profile, "holds") == NO_MD5 | missing
    assert findings(profile, "does not hold") >= NO_MD5 | missing | {"line ends"}
    assert findings(profile, "holds") >= {
        "byte order of names",
        "a write with a wrong digest is refused",
        "of two writers of large objects at once, one succeeds",
        "4 objects by one call, absent ones too",
        "a changed signature is refused",
    }
    assert (profile.store, profile.endpoint) == ("GCSClient", server.endpoint_url)
    assert profile.options == {"endpoint_url": server.endpoint_url}


def environment_of(environment: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        environment.setenv(name, value)


def test_the_command_and_a_profile_handed_back_to_azure(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = servers.azurite()
    environment_of(monkeypatch, dict(server.credentials))
    with azure.client(server) as client:
        container = azure.container(client)
        text = done("probe", "--json", f"azure://{container}?account_url={server.storage_url}")
        assert client.object_list(container_name=container) == []
    assert StoreProfile.from_json(text).options == {"account_url": server.storage_url}
    path = tmp_path / "store.json"
    path.write_text(text)
    with obs_client.from_url(f"azure://{container}?store_profile={path}") as again:
        assert isinstance(again, AzureClient)
        assert again.object_write("a", b"1", if_absent=True)
        assert again._location(container)[0] == ("azure", server.storage_url)
    with pytest.raises(ConfigurationError, match="another server can do other things"):
        obs_client.from_url(f"azure://{container}?store_profile={path}&account_url=https://other.blob.core.windows.net")
    with pytest.raises(ConfigurationError, match="is of AzureClient, and this is GCSClient"):
        obs_client.from_url(f"gs://{container}?store_profile={path}")


def test_the_command_and_a_profile_handed_back_to_google(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = servers.google()
    environment_of(monkeypatch, dict(server.credentials))
    with google.client(server) as client:
        container = google.container(client)
        text = done("probe", "--json", f"gs://{container}/in/side?endpoint_url={server.endpoint_url}")
        assert client.object_list(container_name=container) == []
        shown = done("probe", f"gs://{container}?endpoint_url={server.endpoint_url}").splitlines()
    assert shown[-1] == f"options to set: ?endpoint_url={server.endpoint_url}"
    assert json.loads(text)["endpoint"] == server.endpoint_url
    path = tmp_path / "store.json"
    path.write_text(text)
    with obs_client.from_url(f"gs://{container}?store_profile={path}") as again:
        assert isinstance(again, GCSClient)
        assert again.object_write("a", b"1", if_absent=True)
