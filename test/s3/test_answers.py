"""Answers that are not whole, or not S3's, are never a success, whatever the operation."""

import socket
from collections.abc import Callable

import pytest

from obs_client import (
    AuthorizationError,
    IntegrityError,
    PartialFailureError,
    ServiceError,
    TemporaryError,
)
from obs_client.backends.s3.client import S3Client
from obs_client.models import ClientOptions
from test.loopback.raw import answer, raw_server, read_request

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
MODIFIED = b"Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
OBJECT = MODIFIED + b'ETag: "8d777f385d3dfec8815d20f7496026dc"\r\nContent-Type: text/plain\r\n'
LISTING = (
    b"<ListBucketResult><Name>c</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents>"
    b"<Key>a</Key><LastModified>2026-11-22T10:00:00Z</LastModified><ETag>&quot;e&quot;</ETag><Size>4</Size>"
    b"</Contents></ListBucketResult>"
)
LARGE = bytes(6 * 1024 * 1024)
UPLOAD = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"

CALLS: dict[str, Callable[[S3Client], object]] = {
    "list": lambda client: client.object_list(),
    "containers": lambda client: client.container_list(),
    "info": lambda client: client.object_info("a"),
    "read": lambda client: client.object_read("a"),
    "write": lambda client: client.object_write("a", b"data"),
    "begin": lambda client: client.object_write("a", LARGE),
    "copy": lambda client: client.object_copy("a", "b"),
    "metadata": lambda client: client.object_set_metadata("a", "key", "value"),
    "delete many": lambda client: client.object_delete_many(["a", "b"]),
    "create": lambda client: client.container_create("other"),
    "cleanup": lambda client: client.cleanup(),
}
FOREIGN = {
    "html": answer(b"<html><body>Please log in</body></html>", headers=b"Content-Type: text/html\r\n"),
    "empty": answer(),
    "cut": answer(LISTING[:-30]),
    "short": answer(LISTING).replace(b"\r\nContent-Length: ", b"\r\nContent-Length: 9"),
    "head": b'HTTP/1.1 200 OK\r\nETag: "8d777f385d3dfec8815d20f7496026dc"\r\nContent-Le',
    "not HTTP": b"220 mail.example ready\r\n\r\n",
    "error with 200": answer(b"<Error><Code>InternalError</Code><Message>again</Message></Error>"),
    "doctype": answer(b'<!DOCTYPE x [<!ENTITY e "e">]>' + LISTING),
    "503": answer(b"<Error><Code>SlowDown</Code></Error>", b"503 Slow Down"),
    "429": answer(b"", b"429 Too Many Requests"),
    "nothing": b"",
}
SLOW = pytest.mark.slow  # what is missing of a short answer is waited for


def always(data: bytes) -> Callable[[socket.socket, int], None]:
    def script(connection: socket.socket, _: int) -> None:
        while read_request(connection)[0]:
            connection.sendall(data)
            if not data.startswith(b"HTTP") or b"Content-Le\r" in data or len(data) < 90:
                return

    return script


def client_of(url: str, attempts: int = 2) -> S3Client:
    options = ClientOptions(attempts=attempts, first_pause=0.0, part_size=5 * 1024 * 1024, workers=1)
    return S3Client("c", endpoint_url=url, credentials=KEYS, options=options, timeout=0.5)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


COMPLETE = ("html", "doctype")
"""What came complete and is not S3's: the same request would get the same response again."""


@pytest.mark.parametrize("foreign", [pytest.param(kind, marks=SLOW if kind == "short" else ()) for kind in FOREIGN])
@pytest.mark.parametrize("call", CALLS)
def test_no_foreign_answer_is_a_success(call: str, foreign: str) -> None:
    with raw_server(always(FOREIGN[foreign])) as server, pytest.raises((ServiceError, PartialFailureError)) as caught:
        CALLS[call](client_of(server.url))
    error = caught.value
    errors = [*error.failures.values()] if isinstance(error, PartialFailureError) else [error]
    assert {type(each) for each in errors} == {ServiceError if foreign in COMPLETE else TemporaryError}


def test_a_listing_cut_anywhere_is_no_listing() -> None:
    whole = answer(LISTING, headers=b"x-amz-request-id: 1\r\n")
    cuts = iter(range(0, len(whole), 3))

    def script(connection: socket.socket, _: int) -> None:
        if read_request(connection)[0]:
            connection.sendall(whole[: next(cuts)])

    with raw_server(script) as server:
        client = client_of(server.url, attempts=1)
        for _ in range(0, len(whole), 3):
            with pytest.raises(TemporaryError):
                client.object_list()


def test_a_document_cut_anywhere_is_no_listing() -> None:
    cuts = iter(range(len(LISTING)))

    def script(connection: socket.socket, _: int) -> None:
        while read_request(connection)[0]:
            connection.sendall(answer(LISTING[: next(cuts)], headers=b"x-amz-request-id: 1\r\n"))

    with raw_server(script) as server:
        client = client_of(server.url, attempts=1)
        for _ in range(len(LISTING)):
            with pytest.raises(TemporaryError):
                client.object_list()


def test_a_name_is_read_whichever_way_it_is_written() -> None:
    page = b"<ListBucketResult xmlns='x'><Name>c</Name>%b<IsTruncated>false</IsTruncated>%b</ListBucketResult>"
    rest = b"<ETag>e</ETag><LastModified>2026-11-22T10:00:00.5Z</LastModified>"
    row = b"<Contents><Size>4</Size><Key>%b</Key>" + rest + b"</Contents>"
    url = b"<EncodingType>url</EncodingType>"
    cases = {
        (url, b"a+b%2Bc%26%C3%A4"): "a b+c&ä",
        (b"", b"a+b%2B&amp;amp;&lt;&#x41;"): "a+b%2B&amp;<A",
        (b"", b"<![CDATA[<a>]]>&amp;"): "<a>&",
    }
    for (encoding, key), name in cases.items():
        with raw_server(
            always(answer(page % (encoding, row % key + row % b"z"), headers=b"x-amz-request-id: 1\r\n"))
        ) as it:
            found = client_of(it.url).object_list()
        assert [entry.name for entry in found] == [name, "z"]
        assert found[0].last_modified == 1795341600.5


def test_names_that_a_bulk_delete_says_nothing_of_are_deleted_one_by_one() -> None:
    failed = b"<Error><Key>b</Key><Code>AccessDenied</Code></Error>"
    result = answer(b"<DeleteResult><Deleted><Key>a</Key></Deleted>%b</DeleteResult>" % failed)
    lines: list[bytes] = []

    def script(connection: socket.socket, _: int) -> None:
        while head := read_request(connection)[0]:
            lines.append(head.split(b" HTTP")[0])
            busy = answer(b"<Error><Code>SlowDown</Code></Error>", b"503 Slow Down")
            done = b"HTTP/1.1 204 No Content\r\n\r\n"
            connection.sendall(result if head.startswith(b"POST") else busy if b"/d " in head else done)

    with raw_server(script) as server, pytest.raises(PartialFailureError) as caught:
        client_of(server.url).object_delete_many(["a", "b", "c", "d"])
    kinds = {name: type(error) for name, error in caught.value.failures.items()}
    assert kinds == {"b": AuthorizationError, "d": TemporaryError}
    assert lines[:3] == [b"POST /c?delete", b"DELETE /c/c", b"DELETE /c/d"]


def in_turn(*answers: bytes) -> Callable[[socket.socket, int], None]:
    """The next answer to each request, the last one to all that follow."""
    left = list(answers)

    def script(connection: socket.socket, _: int) -> None:
        while read_request(connection)[0]:
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return script


def test_an_answer_of_other_bytes_is_an_integrity_error() -> None:
    """Where a tag was seen to be a digest; and in writing also where it was not, since what is stored is read then."""
    right, other = answer(b"data", headers=OBJECT), answer(b"dat!", headers=OBJECT)
    with raw_server(in_turn(right, other)) as server:
        client = client_of(server.url)
        assert client.object_read("a") == b"data"
        with pytest.raises(IntegrityError):
            client.object_read("a")
    with raw_server(always(answer(headers=OBJECT))) as server, pytest.raises(IntegrityError):
        client_of(server.url).object_write("a", b"other")


def test_other_bytes_prove_nothing_where_no_tag_was_seen_to_be_a_digest(caplog: pytest.LogCaptureFixture) -> None:
    """minio#8793: 32 digits that are no MD5."""
    with raw_server(always(answer(b"dat!", headers=OBJECT))) as server:
        client = client_of(server.url)
        for _ in range(2):
            with client.object_open("a") as file:
                assert file.read() == b"dat!"
                assert not file.verified
    assert [record.levelname for record in caplog.records if "not verified" in record.message] == ["WARNING"]


@pytest.mark.parametrize(
    "encryption",
    [b"x-amz-server-side-encryption: aws:kms\r\n", b"x-amz-server-side-encryption-customer-algorithm: AES256\r\n"],
)
def test_the_hash_of_an_encrypted_object_is_no_digest(encryption: bytes) -> None:
    with raw_server(always(answer(b"dat!", headers=OBJECT + encryption))) as server:
        client = client_of(server.url)
        assert client.object_read("a") == b"dat!"
        with client.object_open("a") as file:
            assert file.read() == b"dat!"
            assert not file.verified


def test_a_stored_checksum_verifies_an_encrypted_object() -> None:
    headers = OBJECT + b"x-amz-server-side-encryption: aws:kms\r\nx-amz-checksum-crc32: rfPzYw==\r\n"
    with raw_server(always(answer(b"data", headers=headers))) as server, client_of(server.url).object_open("a") as file:
        assert file.read() == b"data"
        assert file.verified
    with raw_server(always(answer(b"dat!", headers=headers))) as server, pytest.raises(IntegrityError):
        client_of(server.url).object_read("a")


@pytest.mark.parametrize("fit", [b"bytes 2-3/4", b"bytes 2-3/5", b"bytes 1-2/4", b"", b"bytes 2-4/5"])
def test_a_range_is_the_one_that_was_asked_for(fit: bytes) -> None:
    partial = answer(b"ta", b"206 Partial Content", OBJECT + b"Content-Range: " + fit + b"\r\n")
    with raw_server(always(partial)) as server:
        client = client_of(server.url)
        if fit in (b"bytes 2-3/4", b"bytes 2-3/5"):
            assert client.object_read("a", start=2, stop=4) == b"ta"
        else:
            # It came complete: the same request would get the same answer again.
            with pytest.raises(ServiceError) as caught:
                client.object_read("a", start=2, stop=4)
            assert not isinstance(caught.value, TemporaryError)


def test_a_server_that_ignores_ranges_is_read_from_its_start() -> None:
    with raw_server(always(answer(b"data", headers=OBJECT))) as server:
        client = client_of(server.url)
        assert client.object_read("a", start=1, stop=3) == b"at"
        assert client.object_read("a", start=3) == b"a"
        assert client.object_read("a", start=9) == b""


def test_the_completion_without_a_hash_is_looked_after() -> None:
    complete = answer(b"<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>")
    absent = answer(status=b"404 Not Found")
    heads: list[bytes] = []

    def script(connection: socket.socket, _: int) -> None:
        while head := read_request(connection)[0]:
            line = head.split(b"\r\n")[0]
            heads.append(line)
            if line.startswith(b"HEAD"):
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            elif b"uploads" in line:
                connection.sendall(answer(UPLOAD))
            elif line.startswith(b"PUT"):
                connection.sendall(answer(headers=b"ETag: no-md5\r\nx-amz-request-id: 1\r\n"))
            elif line.startswith(b"POST"):
                connection.sendall(complete)
            else:
                connection.sendall(absent)

    with raw_server(script) as server, pytest.raises(TemporaryError, match="completion"):
        client_of(server.url).object_write("a", LARGE)
    assert heads[-1].startswith(b"DELETE"), "the upload is aborted"
