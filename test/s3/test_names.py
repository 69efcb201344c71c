"""Names that SeaweedFS would keep otherwise: refused before they are written, by one request more at the most."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator

import pytest

from obs_client import InvalidNameError, S3Client
from obs_client.backends.s3.endpoints import forget_endpoints
from obs_client.models import RequestRecord
from test.loopback.s3_double import s3_double
from test.s3.running import QUICK, client, container
from test.servers.shared import Servers

ODD = ["a//b", "/a", "back\\slash", "folder//", "x/" + "s" * 256]


@pytest.fixture
def seen() -> list[RequestRecord]:
    return []


@pytest.fixture
def owner(servers: Servers, monkeypatch: pytest.MonkeyPatch, seen: list[RequestRecord]) -> Iterator[S3Client]:
    monkeypatch.setenv("no_proxy", "*")
    options = dataclasses.replace(QUICK, observe=seen.append, part_size=5 * 1024 * 1024)
    with client(servers.seaweedfs(), options) as made:
        container(made)
        seen.clear()
        yield made


def stored(owner: S3Client) -> list[str]:
    return [getattr(entry, "name", "") for entry in owner.object_list()]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_refused_before_any_request(owner: S3Client, name: str, seen: list[RequestRecord]) -> None:
    assert owner.capabilities.object_names_refused
    with pytest.raises(InvalidNameError, match="SeaweedFS"):
        owner.object_write(name, b"content")
    assert seen == []
    assert stored(owner) == []


@pytest.mark.parametrize("name", ODD)
def test_a_server_that_is_not_known_yet_is_asked_once(owner: S3Client, name: str, seen: list[RequestRecord]) -> None:
    forget_endpoints()
    assert owner.capabilities.object_names_refused == ()
    for _ in range(2):
        with pytest.raises(InvalidNameError, match="SeaweedFS"):
            owner.object_write(name, b"content")
    assert [each.method for each in seen] == ["HEAD"]
    assert stored(owner) == []


def test_an_ordinary_name_costs_nothing(owner: S3Client, seen: list[RequestRecord]) -> None:
    forget_endpoints()
    owner.object_write("a/b with space.txt", b"content")
    assert [each.method for each in seen] == ["PUT"]


def test_a_folder_has_no_content(owner: S3Client) -> None:
    owner.object_write("folder/", b"")
    assert stored(owner) == ["folder/"]
    owner.object_write("object", b"content")
    large = io.BytesIO(bytes(6 * 1024 * 1024))
    writes: tuple[Callable[[], object], ...] = (
        lambda: owner.object_write("other/", b"content"),
        lambda: owner.object_upload(large, "other/"),
        lambda: owner.object_copy("object", "other/"),
    )
    for write in writes:
        with pytest.raises(InvalidNameError, match="would lose the content"):
            write()
    assert sorted(stored(owner)) == ["folder/", "object"]


def test_other_servers_keep_every_name() -> None:
    with s3_double() as server:
        other = S3Client("box", endpoint_url=server.url, region=server.region, credentials=server.credentials)
        other.container_create("box")
        for name in ODD:
            other.object_write(name, name.encode())
        assert sorted(stored(other)) == sorted(ODD)
        assert other.capabilities.object_names_refused == ()
