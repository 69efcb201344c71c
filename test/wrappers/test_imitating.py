"""Imitations: what the other store's own client declares and refuses, and signed URLs that are answered."""

from __future__ import annotations

import dataclasses
import gc
import pickle
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_client import (
    AzureClient,
    ClientOptions,
    ConflictError,
    GCSClient,
    InvalidNameError,
    LocalClient,
    MemoryClient,
    NotSupportedError,
    ObjectStorageClient,
    S3Client,
)
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import MultipartUpload, NeedsParts, Part, SpooledUpload
from obs_client.backend.values import NewObject
from obs_client.backends.azure.login import DEVELOPMENT_URL
from obs_client.models import ObjectInfo
from obs_client.testing.rules.signed_urls import fetch
from obs_client.testing.wrapper import WrappedClient
from obs_client.wrappers import imitating
from obs_client.wrappers.kinds import KINDS
from test.servers.shared import Servers
from test.swift.support import client_of

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}


def assert_refused(status: int, call: Callable[[], object]) -> None:
    with pytest.raises(urllib.error.HTTPError, match=str(status)) as caught:
        call()
    caught.value.close()


class PartsOnly(WrappedClient):
    """Copies by parts only."""

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        raise NeedsParts

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return PartsCopy(self.inner, source, new)


class PartsCopy(SpooledUpload):
    """A copy by parts that reads what it copies."""

    def __init__(self, inner: ObjectStorageClient, source: ObjectInfo, new: NewObject) -> None:
        super().__init__(new, inner._object_write)
        self._data = inner.object_read(source.name, new.container)

    def copy_part(self, part: Part) -> None:
        self.put_part(part, BytesBody(self._data[part.offset : part.offset + part.size]))


def imitation(store: str, listing_lag: float = 0.0) -> ObjectStorageClient:
    client = imitating(MemoryClient("box"), store, listing_lag=listing_lag)
    client.container_create("box")
    return client


@pytest.mark.parametrize("store", sorted(set(KINDS) - {"azure", "gcs", "swift"}))
def test_what_speaks_s3_declares_what_its_client_does(store: str) -> None:
    endpoint = None if store == "s3" else "http://store.example"
    real = S3Client(region="eu-west-1", endpoint_url=endpoint, credentials=KEYS)
    made = imitating(MemoryClient(), store)
    # What SeaweedFS does with names its client does not know beforehand.
    changed = made.capabilities.object_names_refused if store == "seaweedfs" else ()
    # Nor can memory go on with an upload of another process, whatever it imitates.
    expected = dataclasses.replace(real.capabilities, object_names_refused=changed, resumable_uploads=False)
    assert made.capabilities == expected
    assert made.condition_hint == real.condition_hint or store == "s3"
    assert made.delete_condition_hint == real.delete_condition_hint or store == "s3"
    for value in ("plain", "", " é ", "=?x?="):
        assert made._metadata_sent({"key": value}) == real._metadata_sent({"key": value})


def test_googles_store_declares_what_its_client_does() -> None:
    with GCSClient("box", credentials={}) as real:
        declared = dataclasses.replace(  # it has no key to sign
            real.capabilities,
            download_urls=True,
            upload_urls=True,
            download_url_content_type=True,
            download_url_content_disposition=True,
            upload_url_content_type=True,
            upload_url_content_disposition=True,
            upload_url_size=True,
            resumable_uploads=False,  # as above
        )
        assert imitating(MemoryClient(), "gcs").capabilities == declared


def test_azures_store_declares_what_its_client_does() -> None:
    with AzureClient(account_url=DEVELOPMENT_URL) as real:
        declared = dataclasses.replace(real.capabilities, resumable_uploads=False)  # as above
        assert imitating(MemoryClient(), "azure").capabilities == declared


def test_swift_declares_what_a_real_one_does(servers: Servers) -> None:
    with client_of(servers.swift(), temp_url_key="key") as real:
        declared = dataclasses.replace(real.capabilities, resumable_uploads=False)  # as above
        assert imitating(MemoryClient(), "swift").capabilities == declared


def test_refusals() -> None:
    swift = imitation("swift")
    swift.object_write("a", b"1")
    info = swift.object_info("a")
    assert info is not None
    with pytest.raises(NotSupportedError):
        swift.object_write("a", b"2", if_hash=info.hash)
    with pytest.raises(InvalidNameError):
        swift.object_write("a", b"2", {"under_score": "1"})
    other = imitation("r2")
    with pytest.raises(NotSupportedError, match="conditional_writes=True"):
        other.object_write("a", b"1", if_absent=True)
    with pytest.raises(InvalidNameError):
        other.container_create("Upper Case")
    with pytest.raises(InvalidNameError, match="no line ends"):
        imitation("gcs").object_write("a\nb", b"1")
    with pytest.raises(ValueError, match="no imitation of 'tape'; there are azure, b2"):
        imitating(MemoryClient(), "tape")


def test_conditions_of_a_server_that_speaks_s3_are_granted_as_a_client_is_told(tmp_path: Path) -> None:
    inner = LocalClient(tmp_path, "box")
    inner.container_create("box")
    told = imitating(inner, "r2", conditional_writes=True)
    for client in (told, pickle.loads(pickle.dumps(told))):
        capabilities = client.capabilities
        assert (capabilities.if_absent, capabilities.if_hash, capabilities.atomic_conditions) == (True, True, True)
        assert not capabilities.delete_if_hash
    assert told.object_write("a", b"1", if_absent=True)
    assert not told.object_write("a", b"2", if_absent=True)
    info = told.object_info("a")
    assert info is not None
    with pytest.raises(NotSupportedError, match="conditional_deletes=True"):
        told.object_delete("a", if_hash=info.hash)
    assert imitating(inner, "minio", conditional_deletes=True).object_delete("a", "box", if_hash=info.hash)
    for store in ("swift", "s3", "azure", "gcs"):
        with pytest.raises(ValueError, match="are for other servers that speak S3"):
            imitating(inner, store, conditional_writes=False)


@pytest.mark.slow
def test_a_listing_lags() -> None:
    client = imitation("swift", listing_lag=0.5)
    assert client.object_list() == []
    client.object_write("a/1", b"1")
    client.object_write("b", b"1")
    assert client.object_list() == [], "what was just written is listed already"
    assert client.object_read("b") == b"1"
    time.sleep(0.6)
    assert [info.name for info in client.object_list()] == ["a/1", "b"]
    assert len(client.object_list(delimiter="/")) == 2
    client.object_delete("b")
    assert [info.name for info in client.object_list()] == ["a/1", "b"], "what was just deleted is not listed any more"
    time.sleep(0.6)
    assert [info.name for info in client.object_list()] == ["a/1"]
    client.object_delete("a/1")
    time.sleep(0.6)
    assert client.container_delete("box", force=True)


@pytest.mark.slow
def test_a_listing_lags_for_copies_by_parts_too() -> None:
    client = imitating(PartsOnly(MemoryClient("box")), "s3", listing_lag=0.5)
    client.container_create("box")
    client.object_write("a", b"12345")
    time.sleep(0.6)
    assert client.object_copy("a", "b")
    assert client.object_read("b") == b"12345"
    assert [info.name for info in client.object_list()] == ["a"]
    time.sleep(0.6)
    assert [info.name for info in client.object_list()] == ["a", "b"]


def test_large_writers_of_one_name_exclude_each_other_where_they_do() -> None:
    client = imitation("azure")
    client.options = ClientOptions(part_size=10)
    other = client.object_open("a", "wb")
    other.write(b"2" * 100)
    assert client.object_write("a", b"1")
    with pytest.raises(ConflictError, match="the parts are gone"):
        other.close()
    assert client.object_read("a") == b"1"
    with client.object_open("a", "wb") as file:
        file.write(b"3" * 100)
    assert client.object_read("a") == b"3" * 100


@pytest.mark.parametrize("name", ["a//b", "/a", "a/", "a\\b", "x/" + "s" * 300, "é" * 128])
def test_seaweedfs_keeps_names_as_paths(name: str) -> None:
    client = imitation("seaweedfs")
    with pytest.raises(InvalidNameError, match="SeaweedFS"):
        client.object_write(name, b"1")
    assert client.object_info(name) is None
    client.object_write("a/" + "s" * 255, b"1")


def test_signed_urls_are_answered_until_the_client_is_closed() -> None:
    with imitation("s3") as client:
        client.object_write("a é", b"content", content_type="text/x-own")
        url = client.object_generate_download_url("a é")
        with urllib.request.urlopen(url) as answer:
            assert (answer.read(), answer.headers["Content-Type"]) == (b"content", "text/x-own")
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as answer:
            assert answer.headers["Content-Length"] == "7"
        client.object_delete("a é")
        assert_refused(404, lambda: fetch(url))
        assert_refused(403, lambda: fetch(url.replace("expires=1", "expires=2")))
        with pytest.raises(ValueError, match="604,800"):
            client.object_generate_download_url("a", expires_in_seconds=604_801)
        client.object_write("a é", b"again")
    with pytest.raises(OSError, match="refused"):
        fetch(url)
    assert fetch(client.object_generate_download_url("a é")) == b"again", "a closed client can be used again"
    client.close()


@pytest.mark.parametrize("store", ["azure", "gcs", "s3", "swift"])
def test_what_is_put_by_a_signed_url_has_its_content_type(store: str) -> None:
    with imitation(store) as client:
        url = client.object_generate_upload_url("a")
        headers = {"Content-Type": "image/x-own", **dict(client.capabilities.upload_url_headers)}
        with urllib.request.urlopen(urllib.request.Request(url, b"content", headers, method="PUT")) as answer:
            assert answer.status == 201
        info = client.object_info("a")
        assert info is not None
        assert (info.content_type, client.object_read("a")) == ("image/x-own", b"content")
        with urllib.request.urlopen(client.object_generate_download_url("a")) as answer:
            assert (answer.read(), answer.headers["Content-Type"]) == (b"content", "image/x-own")


def test_a_put_to_azure_says_what_kind_of_blob_it_is() -> None:
    with imitation("azure") as client:
        request = urllib.request.Request(client.object_generate_upload_url("a"), b"content", method="PUT")
        assert_refused(400, lambda: urllib.request.urlopen(request))
        assert client.object_info("a") is None


def test_a_client_that_is_dropped_leaves_no_server() -> None:
    url = imitation("s3").object_generate_download_url("a")
    gc.collect()
    with pytest.raises(OSError, match="refused"):
        fetch(url)


def test_it_can_be_pickled_where_the_inner_one_can(tmp_path: Path) -> None:
    client = imitating(LocalClient(tmp_path, "box"), "s3")
    client.container_create("box")
    client.object_write("a", b"1")
    client.object_generate_download_url("a")
    client.options = dataclasses.replace(client.options, workers=2)
    copy = pickle.loads(pickle.dumps(client))
    assert (copy.object_read("a"), copy.options.workers, copy.capabilities) == (b"1", 2, client.capabilities)
    client.close()
