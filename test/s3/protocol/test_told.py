"""The requests by which botocore gets keys are told of as well."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from obs_client import ClientOptions, ObjectStorageClientError, RequestRecord, S3Client
from test.loopback.raw import raw_server, read_request, replying
from test.s3.support import leave_the_machine

ASSUMED = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>AKIACANARY</AccessKeyId><SecretAccessKey>secretcanary</SecretAccessKey>
<SessionToken>sessioncanary</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>"""
PROFILE = """
[profile acting]
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = base
region = us-east-1
[profile base]
aws_access_key_id = AKIABASECANARY
aws_secret_access_key = basecanary
"""


def _options(seen: list[RequestRecord]) -> ClientOptions:
    return ClientOptions(observe=seen.append, attempts=2, first_pause=0.001)


def _script(connection: socket.socket, _number: int) -> None:
    """The service of keys, and S3, which says that an object is there."""
    while head := read_request(connection)[0]:
        body = ASSUMED if head.startswith(b"POST") else b""
        more = b"Content-Type: text/xml\r\n" if body else b'ETag: "e"\r\nContent-Type: text/plain\r\n'
        date = b"Last-Modified: Fri, 27 Nov 2026 10:00:00 GMT\r\nx-amzn-RequestId: R7\r\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\n%s%sContent-Length: %d\r\n\r\n%s" % (more, date, len(body), body))


def test_a_role_is_taken_on_by_requests_that_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_the_machine(monkeypatch, tmp_path)
    (tmp_path / "config").write_text(PROFILE)
    seen: list[RequestRecord] = []
    with raw_server(_script) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        with S3Client("box", profile="acting", endpoint_url=server.url, options=_options(seen)) as client:
            assert client.object_info("name")
    assert [(one.method, one.path, one.status) for one in seen] == [("POST", "/", 200), ("HEAD", "/box/name", 200)]
    assert (seen[0].request_id, seen[0].received) == ("R7", len(ASSUMED))
    assert "canary" not in repr(seen).lower()


@pytest.mark.slow
def test_a_service_of_keys_that_is_down_is_soon_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_the_machine(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    (tmp_path / "config").write_text(PROFILE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{free.getsockname()[1]}")
    seen: list[RequestRecord] = []
    with raw_server(replying(b"")) as server:
        options = ClientOptions(observe=seen.append, give_up_first_after=5.0)
        client = S3Client("box", profile="acting", endpoint_url=server.url, options=options)
        with client, pytest.raises(ObjectStorageClientError, match="no credentials for S3 now") as caught:
            client.object_info("name")
    assert getattr(caught.value, "first_contact", False)
    assert {(one.status, one.error) for one in seen} == {(None, "EndpointConnectionError")}
    assert len(seen) >= 2
