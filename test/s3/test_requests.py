"""Requests that are made without the SDK are those that the SDK would make, and only where it shows that they are."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obs_client import ConfigurationError, ObjectNotFoundError
from obs_client.backends.s3 import direct as s3_direct
from obs_client.backends.s3 import settings as s3_settings
from obs_client.backends.s3 import vendor as s3_vendor
from obs_client.backends.s3.client import S3Client
from obs_client.backends.s3.requests import Requests
from test.loopback.raw import answer, raw_server, read_request

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
OBJECT = b'ETag: "8d777f385d3dfec8815d20f7496026dc"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n'
ENDPOINTS = {
    "own": ("http://127.0.0.1:8333", "path"),
    "own, with a path": ("https://[::1]/s3/", "path"),
    "own, virtual": ("https://store.example:8443", "virtual"),
    "Amazon's": (None, None),
    "Amazon's, path": (None, "path"),
}
ARN = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine"


def requests_of(endpoint: str, region: str = "eu-west-1") -> Requests:
    """Requests of a new client, which sends none."""
    url, style = ENDPOINTS[endpoint]
    chosen = s3_settings.check(region, url, KEYS, True, 60.0, style)
    return Requests(s3_vendor.make_client(chosen, None))


shared = functools.cache(requests_of)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
VALUES = st.text("abcXYZ019-_=/;,. ", min_size=1, max_size=20).filter(lambda text: text == text.strip())
PARAMS = {
    **dict.fromkeys(set(s3_direct.HEADERS) - {"ChecksumMode"}, VALUES),
    "ChecksumMode": st.just("ENABLED"),
    "Metadata": st.dictionaries(st.text("abc019-", min_size=1, max_size=8), VALUES, max_size=4),
    "PartNumber": st.integers(1, 10_000),
    "UploadId": st.text("abcXYZ019-_.~+/=", min_size=1, max_size=20),
}


def known_to(requests: Requests, operation: str) -> list[str]:
    """The parameters made directly that the operation has."""
    client = requests.client
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
    return sorted(set(PARAMS) & set(shape.members))


@settings(deadline=None)  # on a machine that is busy each may take long
@given(data=st.data(), endpoint=st.sampled_from(list(ENDPOINTS)), operation=st.sampled_from(list(s3_direct.METHODS)))
def test_direct_requests_are_the_vendors(data: st.DataObject, endpoint: str, operation: str) -> None:
    requests = shared(endpoint)
    params: dict[str, Any] = {"Bucket": "docs", "Key": data.draw(NAMES)}
    if operation == "upload_part":
        params |= {"PartNumber": data.draw(PARAMS["PartNumber"]), "UploadId": data.draw(PARAMS["UploadId"])}
    for name in data.draw(st.lists(st.sampled_from(known_to(requests, operation)), unique=True)):
        params[name] = data.draw(PARAMS[name])
    theirs = s3_vendor.prepare(requests.client, operation, params).request
    base = theirs.url.partition("?")[0].removesuffix(s3_direct.quoted(params["Key"]))
    ours = s3_direct.build(base, "obs_client", operation, params)
    assert ours
    assert (ours.method, ours.headers, ours.body) == (theirs.method, theirs.headers, theirs.body)
    assert ours.url.partition("?")[0] == theirs.url.partition("?")[0]
    assert sorted(ours.url.partition("?")[2].split("&")) == sorted(theirs.url.partition("?")[2].split("&"))


def test_every_parameter_made_directly_is_one_of_some_operation() -> None:
    requests = shared("own")
    known = {name for operation in s3_direct.METHODS for name in known_to(requests, operation)}
    assert known == set(PARAMS) == {*s3_direct.HEADERS, *s3_direct.QUERY, "Metadata"}


class Asked:
    """Counts the calls that reach the vendor's own parameter handling."""

    def __init__(self, client: Any) -> None:
        self.count = 0
        client.meta.events.register("provide-client-params.s3", self.add)

    def add(self, **_: Any) -> None:
        self.count += 1


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_vendor_is_asked_once_for_each_kind_and_container(endpoint: str) -> None:
    requests = requests_of(endpoint)
    asked = Asked(requests.client)
    for operation, container in itertools.product(s3_direct.METHODS, ("docs", "more")):
        part = {"PartNumber": 1, "UploadId": "u"} if operation == "upload_part" else {}
        for name in ("a", "b/c d", "ä"):
            made = requests.make(operation, {"Bucket": container, "Key": name, **part}, {"Content-MD5": "m"}, None)
            assert made.headers["Content-MD5"] == "m"
            assert "SignedHeaders=content-md5;host;" in made.headers["Authorization"]
            assert made.url.partition("?")[0].endswith(s3_direct.quoted(name))
            assert container in made.url
    assert asked.count == 2 * len(s3_direct.METHODS)


def test_what_is_not_known_goes_by_the_vendor() -> None:
    requests = requests_of("own")
    place = {"Bucket": "docs", "Key": "a"}
    requests.make("get_object", place, None, None)
    asked = Asked(requests.client)
    made = requests.make("get_object", {**place, "VersionId": "v 1"}, None, None)
    assert asked.count == 1
    assert made.url.endswith("/docs/a?versionId=v%201")
    requests.make("get_object", place, None, None)
    assert asked.count == 1


def test_a_container_named_by_an_arn() -> None:
    requests = shared("Amazon's")
    for _ in range(2):
        made = requests.make("get_object", {"Bucket": ARN, "Key": "a"}, None, None)
        assert made.url == "https://mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/a"
        assert "/eu-west-1/s3/aws4_request" in made.headers["Authorization"]


def test_what_is_signed_in_another_way_is_left_to_the_vendor() -> None:
    requests = requests_of("Amazon's", "us-east-1")
    prepared = s3_vendor.prepare(requests.client, "get_object", {"Bucket": "docs--use1-az4--x-s3", "Key": "a"})
    assert prepared.signature is None
    chosen = s3_settings.check(None, "http://127.0.0.1:8333", {}, True, 60.0, None)
    anonymous = Requests(s3_vendor.make_client(chosen, None))
    asked = Asked(anonymous.client)
    for _ in range(2):
        assert "Authorization" not in anonymous.make("get_object", {"Bucket": "docs", "Key": "a"}, None, None).headers
    assert asked.count == 2


def test_what_a_handler_of_the_users_changes_is_not_made_directly() -> None:
    requests = requests_of("own")
    requests.client.meta.events.register(
        "before-parameter-build.s3.GetObject", lambda params, **_: params.update(RequestPayer="requester")
    )
    for _ in range(3):
        made = requests.make("get_object", {"Bucket": "docs", "Key": "a"}, None, None)
        assert made.headers["x-amz-request-payer"] == "requester"


def test_a_handler_of_the_users_that_answers_is_named() -> None:
    requests = requests_of("own")
    requests.client.meta.events.register(
        "before-call.s3.HeadObject", lambda **_: (SimpleNamespace(status_code=200), {})
    )
    with pytest.raises(ConfigurationError, match="head_object"):
        requests.make("head_object", {"Bucket": "docs", "Key": "a"}, None, None)


def test_the_number_of_containers_that_are_remembered_has_a_bound() -> None:
    requests = requests_of("own")
    for number in range(1100):
        made = requests.make("get_object", {"Bucket": f"docs-{number}", "Key": "a"}, None, None)
        assert made.url == f"http://127.0.0.1:8333/docs-{number}/a"
    assert len(requests._routes) <= 1000


@contextmanager
def store(heads: list[bytes], says: bytes) -> Iterator[str]:
    """A server that gives one answer to all; gives its URL."""

    def script(connection: socket, _: int) -> None:
        while head := read_request(connection)[0]:
            heads.append(head)
            connection.sendall(says)

    with raw_server(script) as server:
        yield server.url


def test_errors_are_the_vendors_classes_on_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    absent = answer(b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>", b"404 Not Found")
    with store([], absent) as url:
        client = S3Client("docs", endpoint_url=url, credentials=KEYS)
        for _ in range(2):
            with pytest.raises(ObjectNotFoundError) as caught:
                client.object_read("a")
            cause = caught.value.__cause__
            assert isinstance(cause, client.native.exceptions.NoSuchKey)
            assert cause.operation_name == "GetObject"
            assert cause.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_renewed_credentials_are_used_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that the vendor asks for credentials gives others each time, which are about to end."""
    monkeypatch.setenv("no_proxy", "*")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)).isoformat()
    given = {"Version": 1, "SecretAccessKey": "secret", "SessionToken": "token", "Expiration": soon}
    program = tmp_path / "program.py"
    program.write_text(
        "import json, pathlib, sys\n"
        "count = pathlib.Path(__file__).with_name('count')\n"
        "number = int(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text(str(number))\n"
        f"print(json.dumps({json.dumps(given)} | {{'AccessKeyId': f'id-{{number}}'}}))\n"
    )
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {sys.executable} {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    heads: list[bytes] = []
    with store(heads, answer(b"data", headers=OBJECT)) as url:
        client = S3Client("docs", endpoint_url=url)
        for _ in range(3):
            assert client.object_read("a") == b"data"
    used = [head.partition(b"Credential=")[2].partition(b"/")[0] for head in heads]
    assert len(set(used)) == 3
