"""TempURLs, fetched by a plain HTTP client."""

from __future__ import annotations

import urllib.error
import urllib.request
from email.utils import collapse_rfc2231_value

import pytest

from obs_client.errors import AuthorizationError, InvalidNameError, NotSupportedError
from test.servers import SwiftLimits, SwiftServer, start_swift
from test.swift.support import client_of, login_of, new_container

NAMES = ("plain", "a b", "50%", "%41", "a?b#c", "a&b=c", "ü/日本", "a//b", "/first", "last/", "\t\n", "+;:'\"")


def fetch(url: str, method: str = "GET", data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, data, method=method)) as answer:
        return bytes(answer.read())


def test_names_of_every_kind(swift: SwiftServer) -> None:
    with new_container(swift, temp_url_key=None, create_temp_url_key=True) as client:
        for name in NAMES:
            client.object_write(name, name.encode())
            assert fetch(client.object_generate_download_url(name)) == name.encode()
            fetch(client.object_generate_upload_url(name), "PUT", b"by anybody")
            assert client.object_read(name) == b"by anybody"
        with pytest.raises(InvalidNameError, match="slashes"):
            client.object_generate_download_url("//")


def test_a_url_is_for_one_method_and_name(swift: SwiftServer) -> None:
    with new_container(swift, create_temp_url_key=True) as client:
        client.object_write("name", b"content")
        client.object_write("other", b"content")
        url = client.object_generate_download_url("name", expires_in_seconds=60)
        for wrong, method in ((url.replace("/name?", "/other?"), "GET"), (url, "PUT"), (url, "DELETE")):
            with pytest.raises(urllib.error.HTTPError) as caught:
                fetch(wrong, method, b"" if method == "PUT" else None)
            caught.value.close()
            assert caught.value.code == 401


def test_key_of_the_container(keystone: SwiftServer) -> None:
    with new_container(keystone) as client:
        login = login_of(keystone)
        headers = {"X-Container-Meta-Temp-URL-Key-2": "of the container"}
        assert login.send("POST", f"/{client.container_name}", headers=headers).status == 204
        client.object_write("name", b"content")
        assert client.capabilities.download_urls, "a key of the chosen container counts"
        assert fetch(client.object_generate_download_url("name")) == b"content"
        container, client.container_name = client.container_name, None
        assert not client.capabilities.download_urls
        client.container_name = "absent"
        assert not client.capabilities.download_urls
        client.container_name = container


def test_no_key_and_no_right_to_set_one(keystone: SwiftServer) -> None:
    with new_container(keystone) as owner:
        owner.object_write("name", b"content")
        assert not owner.capabilities.download_urls
        assert not owner.capabilities.upload_urls
        with pytest.raises(
            NotSupportedError, match=r"create_temp_url_key=True \(in a URL \?create_temp_url_key=true\)"
        ):
            owner.object_generate_download_url("name")
        reader = client_of(keystone, "reader", container_name=owner.container_name, create_temp_url_key=True)
        with pytest.raises(AuthorizationError, match="give temp_url_key"):
            reader.object_generate_download_url("name")


@pytest.mark.server
@pytest.mark.parametrize("digest", ["sha1", "sha512"])
def test_digests(digest: str) -> None:
    limits = SwiftLimits(tempurl_digests=(digest,))
    with start_swift(limits) as server, new_container(server, create_temp_url_key=True) as client:
        client.object_write("name", b"content")
        assert fetch(client.object_generate_download_url("name")) == b"content"


@pytest.mark.server
def test_cluster_without_the_features() -> None:
    limits = SwiftLimits(without=("tempurl", "bulk", "slo"), max_file_size=100_000)
    with start_swift(limits) as server, new_container(server, create_temp_url_key=True) as client:
        assert not client.capabilities.download_urls
        with pytest.raises(NotSupportedError):
            client.object_generate_download_url("name")
        client.object_write("name", bytes(90_000))
        assert client.object_read("name") == bytes(90_000)
        client.object_copy("name", "copy")
        with pytest.raises(NotSupportedError):
            client.object_write("name", bytes(100_001))
        client.object_delete_many(["name", "copy"])
        assert client.object_list() == []
        features = ("bulk delete", "large objects by segments", "signed URLs")
        found = {fact.name: str(fact.outcome) for fact in client.endpoint_facts}
        assert {name: found.pop(name) for name in features} == dict.fromkeys(features, "does not hold")
        assert set(found.values()) == {"holds"}  # what follows from its version


def test_what_a_cluster_says_of_itself_is_known_once_it_was_asked(
    swift: SwiftServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "obs_client"), client_of(swift, temp_url_key="key") as client:
        assert list(client.endpoint_facts) == []
        assert client.capabilities.download_urls
        assert {str(fact.outcome) for fact in client.endpoint_facts} == {"holds"}
        assert [message for message in caplog.messages if "'bulk delete' holds (documented)" in message]


def test_dispositions_that_swift_can_answer(swift: SwiftServer) -> None:
    with (
        new_container(swift, temp_url_key="key") as client,
        pytest.raises(InvalidNameError, match="attachment and inline"),
    ):
        client.object_generate_download_url("a", content_disposition="form-data; name=a")
    with new_container(swift, create_temp_url_key=True, temp_url_key=None) as client:
        client.object_write("folder/a b.txt", b"content", content_disposition="inline")
        for asked, told in (
            ("inline", ("inline", None)),
            ("attachment", ("attachment", "a b.txt")),
            ("inline; filename=x.txt", ("inline", "x.txt")),
            ("attachment; filename=\"plain\"; filename*=UTF-8''%C3%A9%26.txt", ("attachment", "é&.txt")),
        ):
            url = client.object_generate_download_url("folder/a b.txt", content_disposition=asked)
            with urllib.request.urlopen(url) as answer:
                headers = answer.headers
            name = headers.get_params([], "Content-Disposition")[1:]
            found = [collapse_rfc2231_value(value) for _, value in name]
            assert (headers.get_content_disposition(), found[-1] if found else None) == told, asked
