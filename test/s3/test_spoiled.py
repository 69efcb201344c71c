"""What answers of S3's API say is compared with what was sent and read: each is spoiled, and must not be believed."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from socket import socket
from typing import Any

import pytest

from obs_client import ClientOptions, IntegrityError, ObjectChangedError, S3Client, ServiceError
from obs_client._http.kit.readers import read_fully
from obs_client.backends.s3 import copying
from obs_client.backends.s3.multipart import upload
from test.loopback.raw import answer, header, raw_server, read_request
from test.loopback.s3.ways import Ways
from test.loopback.s3_double import S3Double, s3_double
from test.loopback.serving import Request, Response

PART = 5 * 1024 * 1024
OPTIONS = ClientOptions(part_size=PART, workers=2, attempts=3, first_pause=0.001, longest_pause=0.002)
LARGE = bytes(range(256)) * 4 * 1024 * 6
"""Six MiB: two parts."""
TAG = '"0123456789abcdef0123456789abcdef"'

Spoil = Callable[[Request, Response], Response]


class Spoiled:
    """A double whose requests and responses pass through what a test says."""

    def __init__(self, double: S3Double) -> None:
        self.double = double
        self.spoil: Spoil = lambda request, response: response
        self.arrive: Callable[[Request], Request] = lambda request: request
        self.asked: list[Request] = []
        respond = double.respond

        def spoiled(request: Request) -> Response:
            self.asked.append(request)
            return self.spoil(request, respond(self.arrive(request)))

        double.respond = spoiled  # type: ignore[method-assign]

    def client(self, **options: Any) -> S3Client:
        given = {"endpoint_url": self.double.url, "credentials": self.double.credentials, "options": OPTIONS}
        return S3Client("box", region=self.double.region, **{**given, **options})


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Spoiled]:
    with s3_double(getattr(request, "param", Ways(part_minimum=1))) as double:
        spoiled = Spoiled(double)
        spoiled.client().container_create("box")
        yield spoiled


def is_part(request: Request) -> bool:
    return request.method == "PUT" and "partNumber" in request.query


def is_write(request: Request) -> bool:
    return request.method == "PUT" and request.raw_path.endswith("/box/name") and "partNumber" not in request.query


def headed(which: Callable[[Request], bool], **headers: str) -> Spoil:
    """Answers to some requests tell this in place of what is so."""
    changes = {name.replace("_", "-"): value for name, value in headers.items()}

    def spoil(request: Request, response: Response) -> Response:
        if which(request) and response.status < 300:
            kept = {name: value for name, value in response.headers.items() if name.lower() not in changes}
            response.headers = {**kept, **changes}
        return response

    return spoil


DEAF = Ways(content_md5=False, checksums="ignore", part_minimum=1)
"""Compares nothing."""


@pytest.mark.parametrize("server", [DEAF], indirect=True)
@pytest.mark.parametrize("checksums", [None, False])
@pytest.mark.parametrize("size", [1000, len(LARGE)])
def test_bytes_that_change_on_their_way_are_found_by_the_tags(
    checksums: bool | None, size: int, server: Spoiled
) -> None:
    def flipped(request: Request) -> Request:
        if not is_part(request) and not is_write(request):
            return request
        content = bytearray(request.body)
        content[-1] ^= 1
        return dataclasses.replace(request, body=bytes(content))

    with server.client(checksums=checksums) as client:
        assert client.object_write("first", LARGE[:size])
        server.arrive = flipped
        with pytest.raises(IntegrityError, match="received other bytes"):
            client.object_write("name", LARGE[:size])
    assert server.double.open_uploads() == []


def test_a_checksum_of_other_bytes_that_is_told_of_a_part_is_believed(server: Spoiled) -> None:
    server.spoil = headed(is_part, x_amz_checksum_crc32="AAAAAA==")
    with server.client(checksums=True) as client, pytest.raises(IntegrityError, match="received other bytes"):
        client.object_write("name", LARGE)
    assert server.double.open_uploads() == []


def test_who_was_overtaken_at_the_completion_is_told_so(server: Spoiled) -> None:
    """SeaweedFS says yes to several completions at once under one condition."""

    def spoil(request: Request, response: Response) -> Response:
        if request.method == "POST" and "uploadId" in request.query and response.status == 200:
            server.double.store("box", "name", b"another's")
        return response

    server.spoil = spoil
    with server.client(conditional_writes=True) as client:
        assert client.object_write("name", LARGE, if_absent=True) is False
        assert client.object_read("name") == b"another's"


def test_an_upload_that_is_gone_is_no_success_while_the_object_is_that_of_before(server: Spoiled) -> None:
    """The first completion was not done; the second is told that there is no such upload, as after a cleanup."""
    old = server.double.store("box", "name", b"old")
    server.double.state.bucket("box").objects["name"] = dataclasses.replace(old, modified=old.modified - 3600.0)
    completions: list[int] = []

    def arrive(request: Request) -> Request:
        if request.method != "POST" or "uploadId" not in request.query:
            return request
        completions.append(1)
        server.double.state.bucket("box").uploads.clear()
        return request

    lost = [Response(503)]
    server.arrive = arrive
    server.spoil = lambda request, response: (
        lost.pop() if lost and request.method == "POST" and "uploadId" in request.query else response
    )
    with server.client() as client:
        with pytest.raises(ServiceError):
            client.object_write("name", LARGE)
        assert len(completions) == 2
        server.arrive, server.spoil = (lambda request: request), (lambda request, response: response)
        assert client.object_read("name") == b"old"


def flipped_answers(request: Request, response: Response) -> Response:
    """One byte of what is read is another."""
    if request.method != "GET" or not request.raw_path.endswith("/name") or not response.body:
        return response
    content = bytearray(response.body)
    content[len(content) // 2] ^= 1
    return dataclasses.replace(response, body=bytes(content))


@pytest.mark.parametrize("checksums", [None, False])
@pytest.mark.parametrize("size", [1, 1000, len(LARGE)])
def test_content_that_comes_as_other_bytes_is_an_error(checksums: bool | None, size: int, server: Spoiled) -> None:
    with server.client(checksums=checksums) as client:
        client.object_write("name", LARGE[:size])
        assert client.object_read("name") == LARGE[:size]
        with client.object_open("name") as file:
            assert file.read() == LARGE[:size]
            assert file.verified
        server.spoil = flipped_answers
        with pytest.raises(IntegrityError):
            client.object_read("name")
        assert len(client.object_read("name", stop=size - 1)) == size - 1, "of a range nothing is known"


@pytest.mark.parametrize(
    "parts", [(1000, 1000, 1000, 500), (1000, 1200, 900, 400), (1000, 900, 1600), (3500,), (1, 3499)], ids=str
)
def test_parts_of_any_sizes_are_compared(parts: tuple[int, ...], server: Spoiled) -> None:
    """As another program made them."""
    server.double.store("box", "name", LARGE[:3500], parts=parts)
    with server.client() as client:
        with client.object_open("name") as file:
            assert file.read() == LARGE[:3500]
            assert file.verified
        server.spoil = flipped_answers
        with pytest.raises(IntegrityError):
            client.object_read("name")


def test_sizes_of_parts_that_do_not_make_the_object_prove_nothing(server: Spoiled) -> None:
    """Some servers answer of other parts than they were asked for."""
    server.double.store("box", "name", LARGE[:3500], parts=(1000, 1200, 900, 400))
    with server.client() as client:
        client.object_write("first", LARGE)  # by which tags of this server are known to be digests

        def spoil(request: Request, response: Response) -> Response:
            if request.method == "HEAD" and request.query.get("partNumber") == "2":
                return dataclasses.replace(response, body=response.body[:1100])
            return response

        server.spoil = spoil
        with client.object_open("name") as file:
            assert file.read() == LARGE[:3500]
            assert not file.verified


@pytest.mark.parametrize("told", ["AAAA", "AAAAAA=", "no base64", "AAAAAAAAAAAAAAAAAAAAAA=="])
def test_a_checksum_that_is_none_is_not_compared(told: str, server: Spoiled) -> None:
    with server.client() as client:
        client.object_write("name", LARGE[:1000])
        server.spoil = headed(lambda request: request.method == "GET", x_amz_checksum_sha256=told)
        with client.object_open("name") as file:
            assert file.read() == LARGE[:1000]
            assert file.verified


def test_a_checksum_of_parts_that_has_lost_their_count_is_not_compared_with_the_whole(server: Spoiled) -> None:
    """As in moto's HEAD; of what is encrypted by a service's key, nothing else is told that could be compared."""
    server.double.store("box", "name", LARGE[:3500], parts=(1000, 1200, 900, 400))
    server.spoil = headed(
        lambda request: request.method in ("GET", "HEAD"),
        x_amz_checksum_crc32="AAAAAA==",
        x_amz_server_side_encryption="aws:kms",
    )
    with server.client() as client, client.object_open("name") as file:
        assert file.read() == LARGE[:3500]
        assert not file.verified


@pytest.mark.parametrize("size", [1000, len(LARGE)])
def test_a_range_has_no_digest_and_the_whole_by_a_range_has_one(size: int, server: Spoiled) -> None:
    with server.client() as client:
        client.object_write("name", LARGE[:size])
        for start, stop, proved in ((0, size, True), (0, size + 9, True), (0, size - 1, False), (1, size, False)):
            with client._object_open("box", "name", start, stop, None) as reader:
                assert (reader.digest is not None) is proved


@pytest.mark.parametrize("start", [0, 100])
def test_what_was_decoded_on_the_way_is_asked_for_as_it_is_stored(start: int) -> None:
    """Chunks without a length and a weak tag: they are not the bytes that the tag and the size are of."""
    packed = gzip.compress(LARGE[:5000])
    tag = hashlib.md5(packed).hexdigest().encode()
    told = b"Server: x\r\nx-amz-request-id: 1\r\nLast-Modified: Fri, 27 Nov 2026 10:00:00 GMT\r\n"
    decoded = b'HTTP/1.1 200 OK\r\n%bETag: W/"%b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nother\r\n0\r\n\r\n' % (
        told,
        tag,
    )
    told += b'ETag: "%b"\r\nContent-Encoding: gzip\r\n' % tag
    if start:
        told += b"Content-Range: bytes %d-%d/%d\r\n" % (start, len(packed) - 1, len(packed))
    stored = answer(packed[start:], b"206 Partial Content" if start else b"200 OK", told)
    asked: list[bytes | None] = []

    def script(connection: socket, _number: int) -> None:
        while head := read_request(connection)[0]:
            asked.append(header(head, b"accept-encoding"))
            connection.sendall(stored if asked[-1] == b"gzip" else decoded)

    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    with raw_server(script) as running:
        client = S3Client("box", region="x", endpoint_url=running.url, credentials=keys, options=OPTIONS)
        with client, client._object_open("box", "name", start, None, None) as reader:
            content = bytearray(len(packed) - start)
            read_fully(reader, memoryview(content))
            assert content == packed[start:]
            assert (reader.info.size, reader.info.content_encoding) == (len(packed), "gzip")
    assert asked == [b"identity", b"gzip"]


@pytest.mark.parametrize("changed", [{"etag": TAG}, {"content_length": "5"}], ids=str)
def test_what_another_answer_tells_is_used_for_the_same_version_only(changed: dict[str, str], server: Spoiled) -> None:
    """A HEAD after the GET brings the checksum; by then the object may be another."""
    with server.client() as client:
        client.object_write("name", LARGE)
        told = headed(lambda request: request.method == "HEAD", **changed, x_amz_checksum_crc32="AAAAAA==")

        def spoil(request: Request, response: Response) -> Response:
            response = told(request, response)
            if request.method == "HEAD" and "content_length" in changed:
                return dataclasses.replace(response, length_told=False)
            return response

        server.spoil = spoil
        try:
            assert client.object_read("name") == LARGE
        except (ServiceError, IntegrityError) as error:
            assert "length" in str(error)  # noqa: PT017 - either is right, other bytes are not


@pytest.mark.parametrize(
    "wrong", ["bytes 4-98/1000", "bytes 5-98/1000", "bytes 5-100/1000", "bytes 5-99/50", "bytes 5-99", ""]
)
def test_a_range_is_the_one_that_was_asked_for(wrong: str, server: Spoiled) -> None:
    with server.client() as client:
        client.object_write("name", LARGE[:1000])
        server.spoil = headed(lambda request: "range" in request.headers, content_range=wrong)
        with pytest.raises(ServiceError):
            client.object_read("name", start=5, stop=100)


def test_who_does_not_say_that_it_is_s3_is_not_read(server: Spoiled) -> None:
    with server.client() as client:
        client.object_write("name", b"content")

        def spoil(request: Request, response: Response) -> Response:
            return Response(200, {"Content-Type": "text/html"}, b"<html>please log in</html>")

        server.spoil = spoil
        with pytest.raises(ServiceError):
            client.object_read("name")


class TestDeleting:
    """Many names by one request."""

    def test_what_fails_is_told_and_what_is_absent_is_done(self, server: Spoiled) -> None:
        def spoil(request: Request, response: Response) -> Response:
            if "delete" not in request.query:
                return response
            rows = (
                "<Error><Key>b</Key><Code>AccessDenied</Code></Error><Error><Key>c</Key><Code>NoSuchKey</Code></Error>"
            )
            body = f"<DeleteResult><Deleted><Key>a</Key></Deleted>{rows}</DeleteResult>"
            return dataclasses.replace(response, body=body.encode())

        with server.client() as client:
            server.spoil = spoil
            failures = client._object_delete_many("box", ["a", "b", "c"])
        assert list(failures) == ["b"]

    def test_of_what_nothing_is_said_is_deleted_by_itself(self, server: Spoiled) -> None:
        def spoil(request: Request, response: Response) -> Response:
            if "delete" not in request.query:
                return response
            for name in ("b", "c"):
                server.double.store("box", name, b"still there")
            body = b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>"
            return dataclasses.replace(response, body=body)

        with server.client() as client:
            for name in "abc":
                client.object_write(name, b"content")
            server.spoil = spoil
            client.object_delete_many(["a", "b", "c"])
            assert client.object_list() == []


class TestCopying:
    """Of the version that was looked at, whole."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(copying, "COPY_MAXIMUM", 1000)
        monkeypatch.setattr(copying, "COPY_PART_SIZE", 700)
        monkeypatch.setattr(upload, "PART_SIZE_MINIMUM", 1)

    @pytest.mark.parametrize("size", [999, 1000, 1001, 1400, 1401, 5000])
    def test_all_bytes_of_all_parts(self, size: int, server: Spoiled) -> None:
        with server.client() as client:
            client.object_write("name", LARGE[:size], {"key": "value"})
            assert client.object_copy("name", "copy")
            assert client.object_read("copy") == LARGE[:size]
        ranges = [asked.header("x-amz-copy-source-range") for asked in server.asked if is_part(asked)]
        spans = [[int(number) for number in re.findall(r"\d+", each)] for each in ranges]
        if size > 1000:
            assert sorted(spans)[-1][1] == size - 1
            assert {(start % 700, end - start) for start, end in spans if end < size - 1} <= {(0, 699)}

    @pytest.mark.parametrize("size", [10, 3000])
    @pytest.mark.parametrize(
        "server",
        [
            Ways(part_minimum=1),
            Ways(part_minimum=1, copy_source_conditions="ignore", part_copy_source_conditions="ignore"),
            Ways(part_minimum=1, copy_source_conditions="refuse", part_copy_source_conditions="refuse"),
        ],
        indirect=True,
        ids=["keeps", "ignores", "refuses"],
    )
    def test_a_source_that_is_always_replaced_is_not_copied_in_pieces(self, size: int, server: Spoiled) -> None:
        """Whether the server keeps the condition or not: what is there is one version, or nothing."""
        versions = [bytes([number]) * size for number in range(250)]
        count = [0]

        def replace(request: Request) -> Request:
            if "x-amz-copy-source" in request.headers:
                count[0] += 1
                server.double.store("box", "name", versions[count[0] % 250])
            return request

        with server.client() as client:
            client.object_write("name", versions[0])
            server.arrive = replace
            try:
                client.object_copy("name", "copy")
            except (ObjectChangedError, ServiceError):
                assert server.double.open_uploads() == []
                return
            server.arrive = lambda request: request
            assert client.object_read("copy") in versions
