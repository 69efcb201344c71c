"""What a storage promises, on real servers and on the double of Google's."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.request import urlopen

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.test import override_settings

from obs_client import ObjectStorageClient
from obs_client.django import ObjectStorage
from test.adapters.django.running import collect
from test.adapters.django.savers import assert_none_is_lost
from test.azure import running as azure
from test.gcs import running as gcs
from test.s3 import running as s3
from test.servers.shared import Servers
from test.swift.support import new_container


class MakesContainer(Protocol):
    """Gives a client whose chosen container is new."""

    def __call__(self, servers: Servers) -> AbstractContextManager[ObjectStorageClient]: ...


@contextlib.contextmanager
def on_azurite(servers: Servers) -> Iterator[ObjectStorageClient]:
    with azure.client(servers.azurite()) as client:
        azure.container(client)
        yield client


@contextlib.contextmanager
def on_google(servers: Servers) -> Iterator[ObjectStorageClient]:
    with gcs.client(servers.google()) as client:
        gcs.container(client)
        yield client


@contextlib.contextmanager
def on_seaweedfs(servers: Servers) -> Iterator[ObjectStorageClient]:
    with s3.client(servers.seaweedfs(), conditional_writes=True) as client:
        s3.container(client)
        yield client


def on_swift(servers: Servers) -> AbstractContextManager[ObjectStorageClient]:
    return new_container(servers.swift(), create_temp_url_key=True)


ATOMIC = {"azurite": on_azurite, "google": on_google, "seaweedfs": on_seaweedfs}
"""Stores that refuse the second of two writers."""


@pytest.mark.parametrize("make", [*ATOMIC.values(), on_swift], ids=[*ATOMIC, "swift"])
def test_files_on_a_server(servers: Servers, make: MakesContainer) -> None:
    with make(servers) as client:
        storage = ObjectStorage(client)
        first, second = (storage.save("a b/cät.txt", ContentFile(text)) for text in ("meow", "miau"))
        assert first != second
        for name, content in ((first, b"meow"), (second, b"miau")):
            assert storage.open(name).read() == content
            with urlopen(storage.url(name)) as response:
                assert response.read() == content
        folders, files = storage.listdir("a b")
        assert (folders, sorted(files)) == ([], sorted(name.removeprefix("a b/") for name in (first, second)))
        assert abs(storage.get_modified_time(first) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
        for name in (first, second):
            storage.delete(name)
        assert not storage.exists(first)
        assert not storage.exists("a b")
        with pytest.raises(FileNotFoundError):
            storage.open(first)


@pytest.mark.parametrize("make", [on_seaweedfs, on_swift], ids=["seaweedfs", "swift"])
def test_static_files_on_a_server(servers: Servers, make: MakesContainer) -> None:
    with make(servers) as client:
        backend = {"BACKEND": "obs_client.django.ObjectManifestStaticStorage", "OPTIONS": {"store": client}}
        with override_settings(STORAGES={"staticfiles": backend}, DEBUG=False):
            assert "2 static files copied" in collect()
            assert "0 static files copied, 2 unmodified" in collect()
            hashed = staticfiles_storage.url("cat.txt").removeprefix("/static/")
        assert client.object_read(hashed) == client.object_read("cat.txt") == b"meow\n"


@pytest.mark.parametrize("make", ATOMIC.values(), ids=ATOMIC)
def test_of_many_that_save_one_name_none_is_lost(servers: Servers, make: MakesContainer) -> None:
    with make(servers) as client:
        assert_none_is_lost(ObjectStorage(client))
