"""A site on real servers: an upload to Swift, served by a signed URL, and the site moved to S3 by changing one URL."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from obs_client import ObjectStorageClient, Place, from_url
from obs_client.sync import check, sync
from test.adapters.django.running import storages_setting
from test.servers.shared import Servers

CONTENT = bytes(range(256)) * 20_000
"""More than Django keeps in memory: it comes as a file on disk."""


@pytest.fixture
def swift_url(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the site begins; its login is in the environment."""
    server = servers.swift()
    _log_in(monkeypatch, dict(server.credentials))
    url = f"{server.storage_url}/site-{secrets.token_hex(6)}"
    _with_container(from_url(url))
    return f"{url}/media?create_temp_url_key=true"


@pytest.fixture
def s3_url(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the site moves to."""
    server = servers.seaweedfs()
    _log_in(monkeypatch, dict(server.s3_credentials))
    container = f"site-{secrets.token_hex(6)}"
    options = f"endpoint_url={server.endpoint_url}&region={server.region}"
    _with_container(from_url(f"s3://{container}?{options}"))
    return f"s3://{container}/media?{options}"


def _log_in(monkeypatch: pytest.MonkeyPatch, names: dict[str, str]) -> None:
    for name, value in names.items():
        monkeypatch.setenv(name, value)


def _with_container(client: ObjectStorageClient) -> None:
    with client:
        assert client.container_create(client.container_name or "")


def fetched(key: int) -> tuple[str, bytes]:
    """Where the page of a document leads to, and what is there."""
    url = Client().get(f"/documents/{key}")["Location"]
    with urlopen(url) as response:
        return urlsplit(url).netloc, response.read()


def test_a_site_moves_by_changing_one_url(swift_url: str, s3_url: str) -> None:
    with override_settings(STORAGES=storages_setting(swift_url)):
        stored = Client().post("/upload", {"file": SimpleUploadedFile("large name.bin", CONTENT)}).json()
        again = Client().post("/upload", {"file": SimpleUploadedFile("large name.bin", b"another")}).json()
        assert stored["name"].endswith("/large_name.bin")
        assert again["name"] != stored["name"]
        swift_host, content = fetched(stored["id"])
        assert content == CONTENT
        assert fetched(again["id"])[1] == b"another"
    source, target = (Place.parse(url) for url in (swift_url, s3_url))
    assert sync(source, target).copied == 2
    assert check(source, target).ok
    with override_settings(STORAGES=storages_setting(s3_url)):
        s3_host, content = fetched(stored["id"])
        assert content == CONTENT
        assert fetched(again["id"])[1] == b"another"
    assert s3_host != swift_host
