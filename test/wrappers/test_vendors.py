"""The whole suite on wrappers around the clients of Azure and Google, and their URLs under names of one's own."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import ClassVar

import pytest

from obs_client import AzureClient, GCSClient, NotSupportedError, ObjectStorageClient, StorageUrl, from_url, stores
from obs_client.stores import NamedStore
from obs_client.testing import Conformance, differences
from obs_client.wrappers import limited, prefixed, read_only
from test.azure import running as azure
from test.gcs import running as google
from test.servers.shared import Servers
from test.wrappers.support import ReadThrough

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _servers(servers: Servers) -> None:
    Suite.servers = servers


class Suite(Conformance):
    """The suite on two servers that start once."""

    servers: ClassVar[Servers]
    keeps_everything = False  # names have less room


def on_azurite(case: type[Suite]) -> type[Suite]:
    """Let the tests in which Azurite is known to differ from Azure fail as declared, and only so."""
    differences.apply(case, "azurite", pytest.xfail)
    return case


@pytest.mark.full
@on_azurite
class TestPrefixedAzure(Suite, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return prefixed(azure.client(self.servers.azurite()), "photos/2026")


@pytest.mark.full
@on_azurite
class TestLimitedAzure(Suite, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return limited(azure.client(self.servers.azurite()), bytes_per_second=1e9, requests_per_second=1e5)


@pytest.mark.full
@on_azurite
class TestReadOnlyAzure(Suite, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return ReadThrough(azure.client(self.servers.azurite()))


@pytest.mark.full
class TestPrefixedGoogle(Suite, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return prefixed(google.client(self.servers.google()), "photos/2026")


@pytest.mark.full
class TestLimitedGoogle(Suite, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return limited(google.client(self.servers.google()), bytes_per_second=1e9, requests_per_second=1e5)


@pytest.mark.full
class TestReadOnlyGoogle(Suite, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return ReadThrough(google.client(self.servers.google()))


@pytest.fixture
def _file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBS_STORES", str(tmp_path / "stores.toml"))


@pytest.mark.usefixtures("_file")
def test_azure_under_a_name(servers: Servers) -> None:
    server = servers.azurite()
    with azure.client(server) as client:
        container = azure.container(client)
        client.object_write("in/a", b"1")
    stores.add(NamedStore("work", f"azure://?account_url={server.storage_url}&attempts=2", dict(server.credentials)))
    stores.add(NamedStore("part", f"azure://{container}/in?account_url={server.storage_url}", dict(server.credentials)))
    with from_url(f"work://{container}?part_size=1MiB&timeout=5s") as client:
        assert isinstance(client, AzureClient)
        assert (client.options.attempts, client.options.part_size, client.timeout) == (2, 1024**2, 5.0)
        assert client.object_read("in/a") == b"1"
    with from_url("part://") as client:
        assert client.object_read("a") == b"1"
        with pytest.raises(NotSupportedError):
            read_only(client).object_write("a", b"2")
    stores.add(NamedStore("vendor", "https://mine.blob.core.windows.net/box/in", {"AZURE_STORAGE_KEY": "Y2FuYXJ5"}))
    found = StorageUrl.parse("vendor://a/b")
    assert (found.scheme, found.container_name, found.prefix) == ("azure", "box", "in/a/b")
    assert found.options == {"account_url": "https://mine.blob.core.windows.net"}
    again = stores.read_store("part")
    assert again is not None
    assert again.credentials == server.credentials


@pytest.mark.usefixtures("_file")
def test_google_under_a_name(servers: Servers) -> None:
    server = servers.google()
    with google.client(server) as client:
        container = google.container(client)
        client.object_write("in/a", b"1")
    stores.add(NamedStore("work", f"gs://?endpoint_url={server.endpoint_url}&attempts=2", dict(server.credentials)))
    stores.add(NamedStore("part", f"gcs://{container}/in?endpoint_url={server.endpoint_url}", dict(server.credentials)))
    with from_url(f"work://{container}?part_size=6MiB&timeout=5s") as client:
        assert isinstance(client, GCSClient)
        assert (client.options.attempts, client.options.part_size, client.timeout) == (2, 6 * 1024**2, 5.0)
        assert client.object_read("in/a") == b"1"
    with from_url("part://") as client:
        assert client.object_read("a") == b"1"
