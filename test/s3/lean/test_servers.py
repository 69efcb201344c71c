"""Servers that keep less than S3 does: no bulk delete, no part numbers, no digests; never a loss or a false alarm."""

import dataclasses
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from urllib.parse import unquote

import pytest

from obs_client import AuthorizationError, IntegrityError, PartialFailureError, PreconditionError, TemporaryError
from obs_client.backends.s3 import copying as s3_copying
from obs_client.backends.s3.client import S3Client
from obs_client.models import Capabilities, ClientOptions
from test.loopback.raw import answer, header, raw_server, read_request
from test.s3.running import client, container, content, read_verified
from test.servers.shared import Servers

MIB = 1024 * 1024
KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
MODIFIED = b"Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
NOT_THERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@contextmanager
def playing(reply: Callable[[bytes, bytes], bytes]) -> Iterator[tuple[S3Client, list[str]]]:
    """A client of a server that answers so to each head and body; and the request lines as they come."""
    lines: list[str] = []

    def script(connection: socket, _: int) -> None:
        while True:
            head, body = read_request(connection)
            if not head:
                return
            lines.append(head.split(b" HTTP")[0].decode())
            connection.sendall(reply(head, body))

    options = ClientOptions(attempts=2, first_pause=0.0, workers=1)
    with raw_server(script) as running:
        yield S3Client("c", endpoint_url=running.url, credentials=KEYS, options=options, timeout=30.0), lines


@pytest.mark.parametrize(
    "refusal",
    [
        answer(b"<Error><Code>NotImplemented</Code></Error>", b"501 Not Implemented"),
        answer(b"<Error><Code>MethodNotAllowed</Code></Error>", b"405 Method Not Allowed"),
        answer(b"", b"405 Method Not Allowed"),
        answer(b"<html>no</html>", b"501 Not Implemented"),
    ],
    ids=["501", "405", "405 empty", "501 html"],
)
def test_without_bulk_delete_names_are_deleted_one_by_one(refusal: bytes) -> None:
    """One outcome a name: `a` is deleted, `b` is not ours, `c` was not there; the bulk is not asked for again."""

    def reply(head: bytes, _: bytes) -> bytes:
        if head.startswith(b"POST"):
            return refusal
        if b"/c/b " in head:
            return answer(b"<Error><Code>AccessDenied</Code></Error>", b"403 Forbidden")
        return NOT_THERE if b"/c/c " in head else b"HTTP/1.1 204 No Content\r\n\r\n"

    with playing(reply) as (owner, lines):
        for _ in range(2):
            with pytest.raises(PartialFailureError) as caught:
                owner.object_delete_many(["a", "b", "c"])
            assert {name: type(error) for name, error in caught.value.failures.items()} == {"b": AuthorizationError}
    assert [line.split(" ")[0] for line in lines] == ["POST", *["DELETE"] * 6]


def test_a_bulk_delete_that_wants_md5_gets_it() -> None:
    """`checksums=True` sends CRC-32, which older servers do not take for the digest that the request must have."""

    def reply(head: bytes, _: bytes) -> bytes:
        if not header(head, b"content-md5"):
            return answer(b"<Error><Code>InvalidRequest</Code></Error>", b"400 Bad Request")
        return answer(b"<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>")

    with playing(reply) as (plain, lines):
        owner = S3Client("c", endpoint_url=plain.native.meta.endpoint_url, credentials=KEYS, checksums=True)
        owner.object_delete_many(["a", "b"])
        owner.object_delete_many(["a", "b"])
    assert len(lines) == 3


@pytest.mark.slow
def test_a_bulk_delete_that_takes_too_long_is_sent_in_pieces() -> None:
    """Swift's s3api is silent until the last name is deleted: 1,000 took it longer than 60 s on a busy machine."""

    def reply(_: bytes, body: bytes) -> bytes:
        names = re.findall(rb"<Key>(\d+)</Key>", body)
        if len(names) > 100:
            time.sleep(2)
        deleted = b"".join(b"<Deleted><Key>%b</Key></Deleted>" % name for name in names)
        return answer(b"<DeleteResult>%b</DeleteResult>" % deleted)

    options = ClientOptions(attempts=4, first_pause=0.0)
    sizes: list[int] = []

    def script(connection: socket, _: int) -> None:
        while True:
            head, body = read_request(connection)
            if not head:
                return
            sizes.append(body.count(b"<Key>"))
            connection.sendall(reply(head, body))

    with raw_server(script) as running:
        owner = S3Client("c", endpoint_url=running.url, credentials=KEYS, options=options, timeout=1.0)
        owner.object_delete_many([str(number) for number in range(1000)])
        assert sizes[:2] == [1000, 250]
        assert sizes[2:] == [62] * 16 + [8]
        owner.object_delete_many(["1", "2"])
        assert sizes[-1] == 2


SIZES = (6 * MIB, 5 * MIB, 7)
WHOLE = content(sum(SIZES))


def composite(sizes: tuple[int, ...]) -> bytes:
    """The ETag of the whole in parts of these sizes."""
    digests, offset = b"", 0
    for size in sizes:
        digests += hashlib.md5(WHOLE[offset : offset + size]).digest()
        offset += size
    return hashlib.md5(digests).hexdigest().encode() + b"-%d" % len(sizes)


def stored(etag: bytes, part: Callable[[int], bytes | None], body: bytes = WHOLE) -> Callable[[bytes, bytes], bytes]:
    """A server with one object, whose HEADs by part number are answered by `part` (None: as for the whole)."""
    headers = MODIFIED + b'ETag: "' + etag + b'"\r\n'

    def reply(head: bytes, _: bytes) -> bytes:
        number = re.search(rb"partNumber=(\d+)", head)
        if head.startswith(b"HEAD"):
            told = part(int(number[1])) if number else None
            return told or b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (len(body), headers)
        return answer(body, headers=headers)

    return reply


def told_size(size: int, etag: bytes) -> bytes:
    return b'HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\nETag: "%b"\r\n\r\n' % (size, etag)


UNEQUAL = composite(SIZES)
PART_ANSWERS: dict[str, tuple[Callable[[int], bytes | None], bool]] = {
    "ignored": (lambda _: None, False),
    "refused": (lambda _: b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n", False),
    "not there": (lambda _: NOT_THERE, False),
    "always the first": (lambda _: told_size(SIZES[0], UNEQUAL), False),
    "of another upload": (lambda number: told_size(SIZES[number - 1], b"0123456789abcdef0123456789abcdef-3"), False),
    "told": (lambda number: told_size(SIZES[number - 1], UNEQUAL), True),
}


@pytest.mark.parametrize("how", PART_ANSWERS)
def test_part_numbers_that_a_server_does_not_keep_are_no_alarm(how: str) -> None:
    part, verified = PART_ANSWERS[how]
    with playing(stored(UNEQUAL, part)) as (owner, _):
        assert read_verified(owner, "a") == (WHOLE, verified)
        assert owner.object_read("a") == WHOLE


def test_parts_that_are_told_find_flipped_bytes() -> None:
    """Where a tag of this server was seen to be made of the digests of parts."""
    flipped = WHOLE[:-1] + bytes([WHOLE[-1] ^ 1])
    replies = [stored(UNEQUAL, PART_ANSWERS["told"][0], body) for body in (WHOLE, flipped)]
    with playing(lambda head, body: replies[b"/bad" in head](head, body)) as (owner, _):
        assert read_verified(owner, "good") == (WHOLE, True)
        with pytest.raises(IntegrityError):
            owner.object_read("bad")


@pytest.mark.parametrize(
    "encryption",
    [b"x-amz-server-side-encryption: aws:kms", b"x-amz-server-side-encryption: aws:kms:dsse",
     b"x-amz-server-side-encryption-customer-algorithm: AES256"],
)  # fmt: skip
def test_the_composite_of_an_encrypted_object_is_no_digest(encryption: bytes) -> None:
    """Its parts' ETags are no MD5s of what was sent: the User Guide, "Object ETags"."""
    reply = stored(b"0123456789abcdef0123456789abcdef-3", PART_ANSWERS["told"][0])

    def encrypted(head: bytes, body: bytes) -> bytes:
        return reply(head, body).replace(MODIFIED, MODIFIED + encryption + b"\r\n")

    with playing(encrypted) as (owner, _):
        assert read_verified(owner, "a") == (WHOLE, False)
        assert owner.object_read("a") == WHOLE


@pytest.mark.parametrize("size", [5, 11 * MIB])
def test_encrypted_objects_of_a_server_are_read(size: int, servers: Servers) -> None:
    running = servers.moto()
    owner = S3Client(endpoint_url=running.endpoint_url, credentials=running.s3_credentials, kms_key_id="a-key")
    name = container(owner)
    owner.object_write("a", content(size))
    assert owner.native.head_object(Bucket=name, Key="a")["ServerSideEncryption"] == "aws:kms"
    assert owner.object_read("a") == content(size)
    assert owner.object_copy("a", "b")
    assert owner.native.head_object(Bucket=name, Key="b")["ServerSideEncryption"] == "aws:kms"
    assert owner.object_read("b") == content(size)


def test_an_answer_to_a_write_that_was_encrypted_is_not_compared() -> None:
    other = b'ETag: "0123456789abcdef0123456789abcdef"\r\nx-amz-server-side-encryption: aws:kms\r\n'
    with playing(lambda *_: answer(headers=other)) as (owner, _):
        owner.object_write("a", b"data")


def test_what_is_created_by_others_meanwhile_is_not_ours_to_create() -> None:
    taken = answer(b"<Error><Code>BucketAlreadyOwnedByYou</Code></Error>", b"409 Conflict")
    with playing(lambda head, _: NOT_THERE if head.startswith(b"HEAD") else taken) as (owner, _):
        assert owner.container_create("other") is False


def begun_copy(head: bytes) -> bytes | None:
    """The answers to all but the part copies of a copy of 12 bytes."""
    if head.startswith(b"HEAD"):
        return b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nETag: "source"\r\n%b\r\n' % MODIFIED
    if head.startswith(b"POST"):
        if b"?uploads" in head:
            return answer(b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
        return answer(b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
    return b"HTTP/1.1 204 No Content\r\n\r\n" if head.startswith(b"DELETE") else None


@pytest.fixture
def _copies_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_copying, "COPY_MAXIMUM", 5)
    found = S3Client._capabilities

    def small_parts(client: S3Client) -> Capabilities:
        return dataclasses.replace(found(client), part_size_minimum=1, copy_part_size=5)

    monkeypatch.setattr(S3Client, "_capabilities", small_parts)


@pytest.mark.usefixtures("_copies_by_parts")
def test_a_part_copy_that_fails_is_made_again_by_itself() -> None:
    failed: list[bytes] = []

    def reply(head: bytes, _: bytes) -> bytes:
        if b"partNumber=2" in head and not failed:
            failed.append(head)
            return answer(b"<Error><Code>SlowDown</Code></Error>", b"503 Slow Down")
        return begun_copy(head) or answer(b"<CopyPartResult><ETag>e</ETag></CopyPartResult>")

    with playing(reply) as (owner, lines):
        assert owner.object_copy("a", "b")
    assert [re.sub(r".*partNumber=(\d).*", r"part \1", line).split("?")[0] for line in lines if "HEAD" not in line] == [
        "POST /c/b", "part 1", "part 2", "part 2", "part 3", "POST /c/b",
    ]  # fmt: skip


@pytest.mark.usefixtures("_copies_by_parts")
@pytest.mark.parametrize("replaced", [True, False])
def test_a_source_that_is_replaced_while_it_is_copied(replaced: bool) -> None:
    """It is copied anew; a 412 of a source that is the same is the target's."""
    refused: list[bytes] = []

    def reply(head: bytes, _: bytes) -> bytes:
        if b"partNumber=2" in head and len(refused) < 1:
            refused.append(head)
            return answer(b"<Error><Code>PreconditionFailed</Code></Error>", b"412 Precondition Failed")
        told = begun_copy(head) or answer(b"<CopyPartResult><ETag>e</ETag></CopyPartResult>")
        return told.replace(b'"source"', b'"other"') if refused and replaced else told

    with playing(reply) as (owner, lines):
        if replaced:
            assert owner.object_copy("a", "b")
        else:
            with pytest.raises(PreconditionError):
                owner.object_copy("a", "b")
    assert sum(line.startswith("DELETE") for line in lines) == 1, "the first upload is aborted"


@pytest.mark.usefixtures("_copies_by_parts")
def test_a_copy_by_parts_that_fails_is_aborted_and_not_begun_again() -> None:
    def reply(head: bytes, _: bytes) -> bytes:
        return begun_copy(head) or answer(b"<Error><Code>SlowDown</Code></Error>", b"503 Slow Down")

    with playing(reply) as (owner, lines):
        with pytest.raises(TemporaryError, match="part 1"):
            owner.object_copy("a", "b")
        assert sum("?uploads" in line for line in lines) == 1
        assert lines[-1].startswith("DELETE /c/b?uploadId=u")


def test_names_that_xml_cannot_hold_are_deleted_one_by_one(servers: Servers) -> None:
    owner = client(servers.swift())
    container(owner)
    names = ["a", "b", "line\nend", "tab\tstop", "\x01"]
    for name in names:
        owner.object_write(name, b"data")
    owner.object_delete_many(names)
    assert owner.object_list() == []


def test_an_odd_name_is_deleted_by_itself() -> None:
    result = answer(b"<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>")
    with playing(lambda head, _: result if head.startswith(b"POST") else b"HTTP/1.1 204 No Content\r\n\r\n") as (
        owner,
        lines,
    ):
        owner.object_delete_many(["a", "b", "line\nend"])
    assert [unquote(line) for line in lines[1:]] == ["DELETE /c/line\nend"]
