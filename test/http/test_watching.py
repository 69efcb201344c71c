"""Each request to a server is told of: to the logger `obs_client.requests`, and to who observes the client."""

from __future__ import annotations

import dataclasses
import io
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from obs_client import ClientOptions, RequestRecord, S3Client
from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.calls.told import ToldRequests
from obs_client._http.pool import HttpPool
from obs_client.backend import watching
from obs_client.backend.body import BytesBody
from test.http.support import LIMIT, Zeros, get
from test.loopback.proxy import forward_proxy
from test.loopback.raw import raw_server, replying, saying
from test.loopback.s3_double import CREDENTIALS, s3_double

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nx-amz-request-id: R1\r\nContent-Length: 5\r\n\r\nabcde"
EMPTY = b"HTTP/1.1 204 No Content\r\nx-trans-id: tx1\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nx-amz-request-id: 1\r\nContent-Length: 0\r\n\r\n"
ETAG = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nx-amz-request-id: 2\r\nContent-Length: 0\r\n\r\n'
SIGNED = "http://h/box/a%20b?X-Amz-Signature=s3cr3t&list-type=2&sig=s3cr3t&uploadId=s3cr3t&prefix=p"
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAKEYCANARY",
    "AWS_SECRET_ACCESS_KEY": "secretcanary",
    "AWS_SESSION_TOKEN": "tokencanary",
}


class Seen(list[RequestRecord]):
    """What an observer was told."""

    @property
    def last(self) -> RequestRecord:
        return self[-1]


@pytest.fixture
def seen() -> Iterator[Seen]:
    """What is told of the requests of this thread."""
    found = Seen()
    before = watching.enter((found.append, None))
    yield found
    watching.enter(before)


def _client(url: str, observe: Callable[[RequestRecord], object], **options: float) -> S3Client:
    chosen = ClientOptions(observe=observe, first_pause=0.001, longest_pause=0.002, **options)  # type: ignore[arg-type]
    return S3Client("box", endpoint_url=url, region="us-east-1", credentials=KEYS, options=chosen)


def test_a_record_has_what_was_asked_and_how_it_was_answered(pool: HttpPool, seen: Seen) -> None:
    with raw_server(saying(PLAIN)) as server:
        pool.request("PUT", f"{server.url}/box/name?partNumber=3", {}, b"1234").read(LIMIT)
    one = seen.last
    assert (one.method, one.host, one.path, one.query) == (
        "PUT",
        f"127.0.0.1:{server.port}",
        "/box/name",
        "partNumber=3",
    )
    assert (one.status, one.request_id, one.attempt, one.error) == (200, "R1", 1, None)
    assert (one.sent, one.received) == (4, 5)
    assert one.head_milliseconds is not None
    assert 0.0 < one.head_milliseconds <= one.milliseconds
    assert len(seen) == 1


@pytest.mark.parametrize(("reply", "received", "identity"), [(PLAIN, 5, "R1"), (CHUNKED, 5, None), (EMPTY, 0, "tx1")])
def test_bytes_are_counted_however_they_come(
    pool: HttpPool, seen: Seen, reply: bytes, received: int, identity: str | None
) -> None:
    with raw_server(saying(reply)) as server:
        get(pool, f"{server.url}/")
    assert (seen.last.received, seen.last.request_id) == (received, identity)


@pytest.mark.parametrize("body", [b"x" * 700_000, BytesBody(b"x" * 700_000), Zeros(700_000)])
def test_bytes_are_counted_however_they_go(pool: HttpPool, seen: Seen, body: BytesBody | bytes) -> None:
    with raw_server(replying(EMPTY)) as server:
        for _ in range(2):  # by a new connection, and by a kept one
            pool.request("PUT", f"{server.url}/", {}, body).read(LIMIT)
    assert [one.sent for one in seen] == [700_000, 700_000]


def test_a_body_that_breaks_off_is_told(pool: HttpPool, seen: Seen) -> None:
    with raw_server(saying(PLAIN[:-2])) as server, pytest.raises(BrokenAnswer):
        get(pool, f"{server.url}/")
    assert (seen.last.status, seen.last.received) == (200, 3)
    assert (seen.last.error or "").startswith("BrokenAnswer: 127.0.0.1")


def test_a_body_that_is_not_wanted_to_its_end_is_no_failure(pool: HttpPool, seen: Seen) -> None:
    with raw_server(saying(PLAIN)) as server:
        pool.request("GET", f"{server.url}/", {}).close()
    assert (seen.last.status, seen.last.received, seen.last.error) == (200, 0, None)
    assert len(seen) == 1


def test_what_was_never_answered_is_told(pool: HttpPool, seen: Seen) -> None:
    with raw_server(saying(b"")) as server, pytest.raises(BrokenAnswer):
        pool.request("POST", f"{server.url}/", {}, b"123")
    assert (seen.last.status, seen.last.sent, seen.last.head_milliseconds) == (None, 3, None)
    with pytest.raises(OSError, match="no connection"):
        pool.request("GET", f"{server.url}/", {})
    assert (seen.last.error or "").startswith("ConnectFailure: 127.0.0.1")


def test_of_a_query_only_what_is_harmless_is_told(pool: HttpPool, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(replying(EMPTY)) as server, forward_proxy("me:s3cr3t") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        get(pool, SIGNED.replace("http://h", server.url))
    assert (seen.last.path, seen.last.query) == ("/box/a%20b", "list-type=2&prefix=p")
    assert "s3cr3t" not in repr(seen)


def test_the_request_id_of_what_begins_an_upload_is_a_key_to_it(pool: HttpPool, seen: Seen) -> None:
    reply = EMPTY.replace(b"x-trans-id", b"x-guploader-uploadid")
    with raw_server(replying(reply)) as server:
        get(pool, f"{server.url}/upload/storage/v1/b/box/o?uploadType=resumable")
        assert seen.last.request_id is None
        get(pool, f"{server.url}/storage/v1/b/box")
        assert seen.last.request_id == "tx1"


def test_the_logger_has_the_same_as_text_and_as_fields(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen()
    with (
        caplog.at_level(logging.DEBUG, "obs_client.requests"),
        raw_server(saying(ETAG)) as server,
        _client(server.url, seen.append) as client,
    ):
        client.object_write("a b", b"12345")
    (record,) = [each for each in caplog.records if each.name == "obs_client.requests"]
    assert record.getMessage().startswith(
        f"PUT 127.0.0.1:{server.port}/box/a%20b: 200, try 1, 5 bytes sent, 0 received, "
    )
    assert record.getMessage().endswith(" ms, request 2")
    assert {name: record.__dict__[name] for name in RequestRecord.__slots__} == dataclasses.asdict(seen.last)


def test_tries_are_numbered_and_retries_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen()
    with (
        caplog.at_level(logging.INFO, "obs_client.requests"),
        raw_server(saying(BUSY, BUSY, ETAG)) as server,
        _client(server.url, seen.append) as client,
    ):
        client.object_write("name", b"content")
    assert [(one.status, one.attempt) for one in seen] == [(503, 1), (503, 2), (200, 3)]
    ends = [each.getMessage() for each in caplog.records if each.levelno == logging.INFO]
    assert ends == ["done at try 3"]


def test_the_workers_of_a_call_are_observed_too() -> None:
    seen = Seen()
    options = ClientOptions(observe=seen.append, part_size=5 * 1024 * 1024)
    with (
        s3_double() as server,
        S3Client("box", endpoint_url=server.url, credentials=CREDENTIALS, options=options) as client,
    ):
        client.container_create("box")
        client.object_upload(io.BytesIO(bytes(12 * 1024 * 1024)), "large")
    queries = [one.query for one in seen]
    assert "uploads" in queries
    assert {text for text in queries if text.startswith("partNumber")} == {
        f"partNumber={number}" for number in (1, 2, 3)
    }
    assert "uploadId" not in repr(seen)
    assert {one.sent for one in seen} >= {5 * 1024 * 1024, 2 * 1024 * 1024}


def test_no_secret_is_told(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen()
    with (
        caplog.at_level(logging.DEBUG, "obs_client"),
        raw_server(replying(ETAG)) as server,
        _client(server.url, seen.append) as client,
    ):
        client.object_write("name", b"content")
        client.object_generate_download_url("name")
    text = repr(seen) + caplog.text + repr([record.__dict__ for record in caplog.records])
    assert not [secret for secret in KEYS.values() if secret in text]
    assert "Signature" not in text


def test_an_observer_that_fails_breaks_nothing_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    def fail(record: RequestRecord) -> None:
        raise ZeroDivisionError("of the observer")

    with (
        caplog.at_level(logging.WARNING, "obs_client"),
        raw_server(replying(ETAG)) as server,
        _client(server.url, fail) as client,
    ):
        for _ in range(3):
            assert client.object_write("name", b"content")
    (told,) = [record.getMessage() for record in caplog.records]
    assert "ZeroDivisionError: of the observer" in told


def test_an_observer_that_uses_its_own_client_is_not_told_of_that() -> None:
    seen = Seen()

    def keep(record: RequestRecord) -> None:
        seen.append(record)
        client.object_write("log", b"a line")

    with raw_server(replying(ETAG)) as server, _client(server.url, keep) as client:
        client.object_write("name", b"content")
    assert [one.path for one in seen] == ["/box/name"]


def test_the_observer_of_one_client_is_not_told_of_another() -> None:
    first, second = Seen(), Seen()
    with (
        raw_server(replying(ETAG)) as server,
        _client(server.url, first.append) as one,
        _client(server.url, second.append) as other,
    ):
        one.object_write("a", b"")
        other.object_write("b", b"")
    assert ([each.path for each in first], [each.path for each in second]) == (["/box/a"], ["/box/b"])


def test_an_observer_must_be_callable_and_goes_along_with_a_pickle_by_its_name() -> None:
    with pytest.raises(TypeError, match="observe must be callable, not str"):
        ClientOptions(observe="print")  # type: ignore[arg-type]
    client = S3Client("box", credentials=KEYS, options=ClientOptions(observe=os.fspath))  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(client)).options.observe is os.fspath


def test_who_does_not_log_loads_no_logging() -> None:
    program = (
        "import sys; from obs_client.backend import watching\n"
        "assert watching.watch('GET', 'h', '/') is None and 'logging' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_requests_of_an_sdk_are_told_by_its_hooks(seen: Seen) -> None:
    told = ToldRequests()
    told.begin("POST", "https://me:s3cr3t@login.example/token?code=s3cr3t", 7)
    told.begin("POST", "https://login.example", 7)  # the first one had no response
    assert not told.has_answer
    told.end(200, {"X-Request-Id": "R2"}, 11)
    told.begin("GET", "https://login.example/")
    told.fail(ConnectionError("https://login.example/?code=s3cr3t"))
    assert [(one.host, one.path, one.status) for one in seen] == [
        ("login.example", "/token", None),
        ("login.example", "/", 200),
        ("login.example", "/", None),
    ]
    assert (seen[1].request_id, seen[1].sent, seen[1].received) == ("R2", 7, 11)
    assert seen[2].error == "ConnectionError"
    assert "s3cr3t" not in repr(seen)
