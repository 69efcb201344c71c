"""Where requests go, what they carry, and with whose keys: virtual hosts, redirects, payers, keys that renew."""

import datetime as dt
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from socket import socket

import pytest

from obs_client import ObjectStorageClientError, PartialFailureError
from obs_client.backends.s3.client import S3Client
from obs_client.models import ClientOptions
from test.loopback.raw import answer, header, raw_server, read_request
from test.s3.support import leave_the_machine

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
ONCE = ClientOptions(attempts=1, part_size=5 * 1024 * 1024, workers=1)
LARGE = bytes(6 * 1024 * 1024)
OBJECT = b'ETag: "8d777f385d3dfec8815d20f7496026dc"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n'
LISTING = (
    b"<ListBucketResult><Name>c</Name><IsTruncated>false</IsTruncated><Contents><Key>a</Key>"
    b"<LastModified>2026-11-22T10:00:00Z</LastModified><ETag>e</ETag><Size>4</Size></Contents></ListBucketResult>"
)
UPLOADS = (
    b"<ListMultipartUploadsResult><Bucket>c</Bucket><IsTruncated>false</IsTruncated><Upload><Key>a</Key>"
    b"<UploadId>u</UploadId><Initiated>2020-11-22T10:00:00Z</Initiated></Upload></ListMultipartUploadsResult>"
)
DOCUMENTS = {
    (b"GET", b"list-type"): LISTING,
    (b"GET", b"uploads"): UPLOADS,
    (b"GET", b"uploadId"): b"<ListPartsResult></ListPartsResult>",
    (b"POST", b"uploads"): b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
    (b"POST", b"uploadId"): b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
    (
        b"POST",
        b"delete",
    ): b"<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>",
}

CALLS: dict[str, Callable[[S3Client], object]] = {
    "list": lambda client: client.object_list(),
    "info": lambda client: client.object_info("a"),
    "read": lambda client: client.object_read("a"),
    "write": lambda client: client.object_write("a", b"data"),
    "large write": lambda client: client.object_write("a", LARGE),
    "copy": lambda client: client.object_copy("a", "b"),
    "metadata": lambda client: client.object_set_metadata("a", "key", "value"),
    "delete": lambda client: client.object_delete("a"),
    "delete many": lambda client: client.object_delete_many(["a", "b"]),
    "cleanup": lambda client: client.cleanup(older_than=0),
}


def reply(head: bytes) -> bytes:
    """A server that has an object `a` of four bytes, and to which all succeeds."""
    method, target = head.split(b" ")[:2]
    ids = b"x-amz-request-id: 1\r\n"
    for (verb, word), document in DOCUMENTS.items():
        if method == verb and re.search(rb"[?&]%b(=|&|$)" % word, target):
            return answer(document, headers=ids)
    if method == b"DELETE":
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    if header(head, b"x-amz-copy-source"):
        return answer(b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>", headers=ids)
    if method == b"HEAD":
        return b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" + OBJECT + b"\r\n"
    if method == b"PUT":
        return answer(headers=ids + b"ETag: no-md5\r\n")
    return answer(b"data", headers=OBJECT)


class Recorder:
    """A server that answers by `reply`, and what came to it."""

    def __init__(self, answering: Callable[[bytes], bytes] = reply) -> None:
        self.heads: list[bytes] = []
        self._answering = answering

    def serve(self, connection: socket, _: int) -> None:
        while head := read_request(connection)[0]:
            self.heads.append(head)
            connection.sendall(self._answering(head))

    def keys(self) -> list[str]:
        """The access key that each request is signed with."""
        return [found[1].decode() for head in self.heads if (found := re.search(rb"Credential=([^/]+)/", head))]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_the_machine(monkeypatch, tmp_path)


@pytest.mark.parametrize("call", CALLS)
def test_who_agrees_to_pay_says_so_with_every_request(call: str) -> None:
    recorder = Recorder()
    with raw_server(recorder.serve) as server:
        CALLS[call](S3Client("c", endpoint_url=server.url, credentials=KEYS, options=ONCE, requester_pays=True))
    assert recorder.heads
    assert [header(head, b"x-amz-request-payer") for head in recorder.heads] == [b"requester"] * len(recorder.heads)


@pytest.mark.parametrize("call", CALLS)
def test_who_does_not_agree_to_pay_does_not_say_so(call: str) -> None:
    recorder = Recorder()
    with raw_server(recorder.serve) as server:
        CALLS[call](S3Client("c", endpoint_url=server.url, credentials=KEYS, options=ONCE))
    assert {header(head, b"x-amz-request-payer") for head in recorder.heads} == {None}


@pytest.mark.parametrize("call", CALLS)
def test_a_container_in_the_host_of_ones_own_server(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`addressing_style="virtual"`: the names of such hosts are the proxy's to find."""
    recorder = Recorder()
    monkeypatch.delenv("no_proxy")
    monkeypatch.delenv("NO_PROXY", raising=False)
    url = "http://s3.example:9000"
    with raw_server(recorder.serve) as server:
        monkeypatch.setenv("http_proxy", server.url)
        CALLS[call](S3Client("docs", endpoint_url=url, credentials=KEYS, options=ONCE, addressing_style="virtual"))
    assert recorder.heads
    for head in recorder.heads:
        assert re.match(rb"[A-Z]+ http://docs\.s3\.example:9000/(a|b)?(\?\S*)? HTTP", head), head
        assert header(head, b"host") == b"docs.s3.example:9000"
        assert b"SignedHeaders=" in head


def test_odd_names_in_a_virtual_host(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.delenv("no_proxy")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with raw_server(recorder.serve) as server:
        monkeypatch.setenv("http_proxy", server.url)
        owner = S3Client("docs", endpoint_url="http://s3.example", credentials=KEYS, addressing_style="virtual")
        for _ in range(2):
            owner.object_read("a b/\u00e4+%//c")
        url = owner.object_generate_download_url("a b/\u00e4+%//c")
    target = b"http://docs.s3.example/a%20b/%C3%A4%2B%25//c"
    assert [head.split(b" ")[1] for head in recorder.heads] == [target] * 2
    assert url.startswith(target.decode() + "?")


@pytest.mark.parametrize("status", [b"301 Moved Permanently", b"302 Found", b"307 Temporary Redirect",
                                    b"308 Permanent Redirect"])  # fmt: skip
@pytest.mark.parametrize("call", CALLS)
def test_a_redirect_to_another_host_is_never_followed(call: str, status: bytes) -> None:
    foreign = Recorder()
    with raw_server(foreign.serve) as elsewhere:
        place = b"Location: " + elsewhere.url.encode() + b"/c/a\r\nx-amz-bucket-region: eu-west-1\r\n"
        moved = b"<Error><Code>PermanentRedirect</Code><Endpoint>%b</Endpoint></Error>" % elsewhere.url[7:].encode()

        def redirect(head: bytes) -> bytes:
            if head.startswith(b"HEAD"):
                return b"HTTP/1.1 %b\r\nContent-Length: 0\r\n%b\r\n" % (status, place)
            return answer(moved, status, place)

        recorder = Recorder(redirect)
        with raw_server(recorder.serve) as server:
            owner = S3Client("c", endpoint_url=server.url, credentials=KEYS, options=ONCE)
            with pytest.raises((ObjectStorageClientError, PartialFailureError)):
                CALLS[call](owner)
    assert recorder.heads
    assert foreign.heads == []


def temporary(number: int, seconds: float) -> dict[str, str]:
    """Keys as AWS's services hand them out, which expire in so many seconds."""
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return {
        "AccessKeyId": f"key-{number}",
        "SecretAccessKey": "secret",
        "Token": f"token-{number}",
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_keys_of_a_container_renew_before_they_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two are at their end when they come, the third lasts: each request is signed with what is good then."""
    recorder = Recorder()
    asked: list[bytes | None] = []

    def hand_out(head: bytes) -> bytes:
        asked.append(header(head, b"authorization"))
        return answer(json.dumps(temporary(len(asked), 60 if len(asked) < 3 else 3600)).encode())

    with raw_server(Recorder(hand_out).serve) as service, raw_server(recorder.serve) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{service.url}/credentials")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary-of-the-container")
        owner = S3Client("c", endpoint_url=server.url, options=ONCE)
        for _ in range(5):
            assert owner.object_read("a") == b"data"
            owner.object_write("a", b"data")
    assert recorder.keys()[-1] == "key-3"
    assert set(recorder.keys()) <= {"key-2", "key-3"}, "the first was used up by the look whether there are any"
    assert set(asked) == {b"canary-of-the-container"}
    assert len(asked) == 3
    assert header(recorder.heads[-1], b"x-amz-security-token") == b"token-3"


@pytest.mark.slow
def test_keys_of_a_program_renew_at_every_request_that_needs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    count.write_text("0")
    program = tmp_path / "keys.py"
    program.write_text(
        f"import datetime as dt, json, pathlib\n"
        f"count = pathlib.Path({str(count)!r})\n"
        f"number = int(count.read_text()) + 1\n"
        f"count.write_text(str(number))\n"
        f"expires = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)\n"
        f"print(json.dumps(dict(Version=1, AccessKeyId=f'key-{{number}}', SecretAccessKey='secret',\n"
        f"                      SessionToken=f'token-{{number}}', Expiration=expires.isoformat())))\n"
    )
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {sys.executable} {program}\n")
    recorder = Recorder()
    with raw_server(recorder.serve) as server:
        owner = S3Client("c", endpoint_url=server.url, options=ONCE)
        for _ in range(4):
            assert owner.object_read("a") == b"data"
    keys = recorder.keys()
    assert len(set(keys)) == len(recorder.heads) == 4, keys
    tokens = [header(head, b"x-amz-security-token") for head in recorder.heads]
    assert tokens == [key.replace("key", "token").encode() for key in keys]


@pytest.mark.slow
def test_keys_that_cannot_be_renewed_are_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service fails when the keys are at their end: no request goes out with dead keys, and no secret is shown."""
    asked: list[bytes] = []

    def hand_out(head: bytes) -> bytes:
        asked.append(head)
        if len(asked) == 1:
            return answer(json.dumps(temporary(1, 1)).encode())
        return answer(b"{}", b"400 Bad Request")

    recorder = Recorder()
    with raw_server(Recorder(hand_out).serve) as service, raw_server(recorder.serve) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{service.url}/credentials")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary-of-the-container")
        owner = S3Client("c", endpoint_url=server.url, options=ONCE)
        with pytest.raises(ObjectStorageClientError) as caught:
            for _ in range(2):
                owner.object_read("a")
    assert "canary" not in str(caught.value)
    assert recorder.heads == []
