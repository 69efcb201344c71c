"""What is sent to S3 with an object: attributes, digests and conditions; and what is made of the answer."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import logging
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from obs_client import IntegrityError, InvalidNameError, S3Client
from obs_client._http.errors import StrangeAnswer
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.s3 import writing
from obs_client.backends.s3.endpoints import SPEAKS_S3, TAGS, TAKES_QUOTED
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.requests import EXPECT_SIZE
from obs_client.backends.s3.writing import (
    attribute_headers,
    check_container_name,
    conditions_of,
    create_bucket,
    create_container,
    put_object,
)
from obs_client.errors import ContainerExistsError
from obs_client.models import Attributes
from test.s3.content import fips
from test.s3.content.playing import Played, got, headed, header, playing, refused

CONTENT = b"some content"
MD5 = hashlib.md5(CONTENT)
MD5_SENT = base64.b64encode(MD5.digest()).decode()
ETAG = header("ETag", f'"{MD5.hexdigest()}"')
OTHER = header("ETag", f'"{hashlib.md5(b"other").hexdigest()}"')
ALL = Attributes("text/plain", {"a-b": "röt"}, "gzip", "inline", "de", "no-store", write_id="0123")
ALL_SENT = {
    "content-type": "text/plain",
    "content-encoding": "gzip",
    "content-disposition": "inline",
    "content-language": "de",
    "cache-control": "no-store",
    "x-amz-meta-a-b": "=?UTF-8?B?csO2dA==?=",
    "x-amz-meta-obs-write-id": "0123",
}
NEW = NewObject("box", "a/ü", ALL, len(CONTENT))
PLAIN = NewObject("box", "name", Attributes("text/plain", {}), len(CONTENT))
NOTHING_LISTED = got(
    b"<ListBucketResult><Name>box</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    b"</ListBucketResult>"
)


@pytest.fixture
def played() -> Iterator[Played]:
    with playing(checksums=False) as found:
        yield found


def written(played: Played, new: NewObject = NEW, check: bool = True) -> Any:
    return writing.write_object(played.client._requests, new, BytesBody(CONTENT), check=check)


CONDITIONS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}), ({"if_absent": True}, {"if-none-match": "*"}), ({"if_hash": "e"}, {"if-match": '"e"'})
]  # fmt: skip


@pytest.mark.parametrize(("conditions", "told"), CONDITIONS)
def test_a_write_carries_all_attributes_its_digest_and_its_condition(
    conditions: dict[str, Any], told: dict[str, str], played: Played
) -> None:
    played.answers += [got(b"", ETAG, header("x-amz-version-id", "v1"))]
    info = written(played, dataclasses.replace(NEW, **conditions))
    assert played.lines == ["PUT /box/a/%C3%BC"]
    sent = {key: value for key, value in played.headers().items() if not key.startswith("x-amz-content")}
    assert sent == {**ALL_SENT, "content-md5": MD5_SENT, **told}
    assert played.bodies == [CONTENT]
    assert (info.name, info.size, info.hash, info.version_id) == ("a/ü", 12, MD5.hexdigest(), "v1")


def test_checksums_go_where_they_are_taken_and_options_of_the_client_with_them() -> None:
    with playing(checksums=True, storage_class="GLACIER") as played:
        played.answers += [got(b"", ETAG)]
        written(played)
        crc32 = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big")).decode()
        assert played.headers()["x-amz-checksum-crc32"] == crc32
        assert "content-md5" not in played.headers()
        assert played.headers()["x-amz-storage-class"] == "GLACIER"


@pytest.mark.parametrize(("size", "asked"), [(EXPECT_SIZE - 1, False), (EXPECT_SIZE, True)])
def test_permission_is_asked_for_before_a_large_body_is_sent(size: int, asked: bool) -> None:
    assert put_object("box", "name", BytesBody(bytes(size)), {}).expect is asked


def test_the_mark_has_the_size_of_parts_where_there_are_any() -> None:
    assert attribute_headers(ALL, 7)["x-amz-meta-obs-write-id"] == "0123.7"
    assert attribute_headers(ALL, 0)["x-amz-meta-obs-write-id"] == "0123"
    assert attribute_headers(PLAIN.attributes, 7) == {"Content-Type": "text/plain"}
    conditional = dataclasses.replace(NEW, if_hash="e")
    assert conditions_of(conditional) == {"If-Match": '"e"'}
    assert conditions_of(conditional, quoted=False) == {"If-Match": "e"}


class TestConditions:
    """Ceph's gateway knows tags only without quotes."""

    NEW = dataclasses.replace(PLAIN, if_hash="e")
    SAME = headed(7, header("ETag", '"e"'))
    OTHER = headed(7, header("ETag", '"other"'))
    FAILED = refused(412, "PreconditionFailed")

    def test_a_tag_that_is_the_objects_is_sent_again_without_quotes(self, played: Played) -> None:
        played.answers += [self.FAILED, self.SAME, got(b"", ETAG)]
        written(played, self.NEW)
        assert [played.headers(number).get("if-match") for number in (0, 2)] == ['"e"', "e"]
        assert played.lines == ["PUT /box/name", "HEAD /box/name", "PUT /box/name"]
        assert played.bodies[2] == CONTENT
        assert played.client._requests.experience.of(TAKES_QUOTED) is False
        played.answers += [got(b"", ETAG), self.FAILED]
        written(played, self.NEW)
        assert played.headers()["if-match"] == "e"
        with pytest.raises(S3Error, match="PreconditionFailed"):
            written(played, self.NEW)
        assert not played.answers, "it is not looked at again"

    @pytest.mark.parametrize("look", [OTHER, headed(0, status="404 Not Found")])
    def test_a_condition_that_does_not_hold_is_one(self, look: bytes, played: Played) -> None:
        played.answers += [self.FAILED, look]
        with pytest.raises(S3Error, match="PreconditionFailed"):
            written(played, self.NEW)
        assert played.client._requests.experience.of(TAKES_QUOTED) is None

    def test_a_server_that_took_quotes_is_believed(self, played: Played) -> None:
        played.answers += [got(b"", ETAG), self.FAILED, self.SAME]
        written(played, self.NEW)
        assert played.client._requests.experience.of(TAKES_QUOTED) is True
        with pytest.raises(S3Error, match="PreconditionFailed"):
            written(played, self.NEW)
        assert len([line for line in played.lines if line.startswith("PUT")]) == 2

    @pytest.mark.parametrize(("status", "code"), [(404, "NoSuchKey"), (404, "404")])
    def test_where_nothing_is_the_condition_failed(self, status: int, code: str, played: Played) -> None:
        played.answers += [refused(status, code)]
        with pytest.raises(S3Error) as found:
            written(played, self.NEW)
        error = found.value
        assert (error.operation, error.status, error.code, error.message) == (
            "PutObject", 412, "PreconditionFailed", "no"
        )  # fmt: skip
        assert error.request_id == "1"
        assert isinstance(error.__cause__, S3Error)

    @pytest.mark.parametrize("conditions", [{}, {"if_absent": True}])
    def test_other_writes_fail_as_they_fail(self, conditions: dict[str, Any], played: Played) -> None:
        for error in (refused(404, "NoSuchKey"), self.FAILED):
            played.answers += [error]
            with pytest.raises(S3Error) as found:
                written(played, dataclasses.replace(PLAIN, **conditions))
            assert found.value.status == (404 if error is not self.FAILED else 412)
        played.answers += [got(b"", ETAG)]
        written(played, dataclasses.replace(PLAIN, **conditions))
        assert played.client._requests.experience.of(TAKES_QUOTED) is None

    def test_other_refusals_are_what_they_are(self, played: Played) -> None:
        played.answers += [refused(404, "NoSuchBucket")]
        with pytest.raises(S3Error, match="NoSuchBucket"):
            written(played, self.NEW)


class TestTheTag:
    """What a write is answered."""

    def test_one_of_these_bytes_shows_what_tags_are(self, played: Played) -> None:
        played.answers += [got(b"", ETAG)]
        written(played)
        assert played.client._requests.experience.of(TAGS) is True
        played.answers += [got(b"", OTHER)]
        with pytest.raises(IntegrityError, match="received other bytes"):
            written(played)

    def test_where_tags_are_not_known_what_was_written_is_read(
        self, played: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writing, "hashlib", fips)
        played.answers += [got(b"", OTHER), got(CONTENT, OTHER)]
        written(played)
        assert played.lines == ["PUT /box/a/%C3%BC", "GET /box/a/%C3%BC"]
        assert played.client._requests.experience.of(TAGS) is False
        played.answers += [got(b"", OTHER)]
        written(played)
        assert len(played.heads) == 3, "once"

    def test_and_other_bytes_are_damage(self, played: Played) -> None:
        played.answers += [got(b"", OTHER), got(b"other bytes!", OTHER)]
        with pytest.raises(IntegrityError, match="received other bytes"):
            written(played)
        assert played.client._requests.experience.of(TAGS) is None

    @pytest.mark.parametrize("look", [got(CONTENT, ETAG), refused(403, "AccessDenied"), refused(404, "NoSuchKey")])
    def test_what_cannot_be_read_or_was_replaced_proves_nothing(self, look: bytes, played: Played) -> None:
        played.answers += [got(b"", OTHER), look, NOTHING_LISTED]
        written(played)
        assert played.client._requests.experience.of(TAGS) is None

    def test_a_read_that_breaks_off_proves_nothing(self, played: Played) -> None:
        cut = got(CONTENT, OTHER).replace(b"Content-Length: 12", b"Content-Length: 13")
        broken = cut.replace(b"HTTP/1.1 200 OK\r\nContent-Length: 13", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked")
        broken = broken.replace(CONTENT, b"zz\r\n")
        played.answers += [got(b"", OTHER), broken, NOTHING_LISTED]
        written(played)
        assert played.client._requests.experience.of(TAGS) is None

    def test_it_is_said_of_which_object_tags_prove_nothing(
        self, played: Played, caplog: pytest.LogCaptureFixture
    ) -> None:
        played.answers += [got(b"", OTHER), refused(403, "AccessDenied"), NOTHING_LISTED]
        written(played)
        assert played.lines[2].startswith("GET /box?list-type=2")
        (message,) = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
        assert message.startswith("'a/ü' in 'box' at http://")

    def test_nothing_is_compared_where_the_caller_says_so(self, played: Played) -> None:
        played.client._requests.experience.learn(TAGS, True)
        played.answers += [got(b"", OTHER)]
        written(played, check=False)
        assert len(played.heads) == 1


class TestAnAnswerThatSaysNothing:
    """Neither a tag nor a request id."""

    NOTHING = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    @pytest.mark.parametrize("size", [12, None])
    def test_it_is_looked_at(self, size: int | None, played: Played) -> None:
        looks = [headed(size, ETAG)] if size else [headed(None, ETAG)] * 2 + [refused(416, "InvalidRange")]
        played.client._requests.experience.learn(SPEAKS_S3, True)
        played.answers += [self.NOTHING, *looks]
        written(played)
        assert played.lines[1] == "HEAD /box/a/%C3%BC"

    @pytest.mark.parametrize("look", [headed(11, ETAG), headed(0, status="404 Not Found")])
    def test_what_is_not_there_was_not_written(self, look: bytes, played: Played) -> None:
        played.client._requests.experience.learn(SPEAKS_S3, True)
        played.answers += [self.NOTHING, look]
        with pytest.raises(StrangeAnswer, match=r"^the server reported success for the write, but the object is not"):
            written(played)


class TestContainers:
    @pytest.mark.parametrize("name", ["abc", "a.b-c", "1" * 63])
    def test_possible_names(self, name: str) -> None:
        check_container_name(name)

    @pytest.mark.parametrize("name", ["ab", "a" * 64, "a..b", "-ab", "ab-", "aBc", "a_b"])
    def test_impossible_names(self, name: str) -> None:
        with pytest.raises(InvalidNameError, match=rf"^'{name}': a container name in S3 has 3 to 63 of") as found:
            check_container_name(name)
        assert found.value.container == name

    def test_one_is_made_in_its_region(self, played: Played) -> None:
        played.answers += [headed(0, status="404 Not Found"), got(b"")]
        create_container(played.client._requests, "box-1")
        assert played.lines == ["HEAD /box-1", "PUT /box-1"]
        assert played.bodies[1] == b""
        made = create_bucket("box-1", "eu-west-1")
        assert (made.operation, made.method, made.container, made.name) == ("CreateBucket", "PUT", "box-1", None)
        assert made.body == (
            b'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            b"<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
        )

    def test_one_that_was_in_another_region_is_made_there(self, played: Played) -> None:
        played.client._requests.routes.move("box-1", "eu-west-1")
        played.answers += [headed(0, status="404 Not Found"), got(b"")]
        create_container(played.client._requests, "box-1")
        assert b"<LocationConstraint>eu-west-1</LocationConstraint>" in played.bodies[1]

    def test_one_of_ours_is_there(self, played: Played) -> None:
        played.answers += [headed(0)]
        with pytest.raises(ContainerExistsError, match=r"^container 'box-1' is there already") as found:
            create_container(played.client._requests, "box-1")
        assert found.value.container == "box-1"
        assert len(played.heads) == 1

    @pytest.mark.parametrize(
        ("refusal", "look", "kind"),
        [
            (refused(409, "BucketAlreadyExists"), headed(0), ContainerExistsError),
            (refused(409, "BucketAlreadyExists"), headed(0, status="403 Forbidden"), S3Error),
            (refused(409, "OperationAborted"), None, S3Error),
            (refused(409, "BucketAlreadyOwnedByYou"), None, S3Error),
        ],
    )
    def test_a_refusal_is_one_of_ours_only_if_it_is(
        self, refusal: bytes, look: bytes | None, kind: type[Exception], played: Played
    ) -> None:
        played.answers += [headed(0, status="403 Forbidden"), refusal, *([look] if look else [])]
        with pytest.raises(kind) as found:
            create_container(played.client._requests, "box-1")
        assert played.lines == ["HEAD /box-1", "PUT /box-1", *(["HEAD /box-1"] if look else [])]
        if isinstance(found.value, ContainerExistsError):
            assert found.value.container == "box-1"

    def test_what_cannot_be_looked_at_is_not_made(self, played: Played) -> None:
        played.answers += [headed(0, status="500 Oops")]
        with pytest.raises(S3Error, match="500"):
            create_container(played.client._requests, "box-1")


@pytest.mark.parametrize(
    ("operation", "ask", "answers"),
    [
        ("HeadBucket", lambda client: client._container_info("box"), [headed(0, status="500 Oops")]),
        ("HeadObject", lambda client: client._object_info("box", "a"), [headed(0, status="500 Oops")]),
        (
            "ListObjectsV2",
            lambda client: client._container_info("box"),
            [headed(0, status="403 No"), refused(403, "A")],
        ),
        ("GetObject", lambda client: client._object_info("box", "a"), [headed(0, status="403 No"), refused(403, "A")]),
        ("GetObject", lambda client: client._object_open("box", "a", 0, None, None), [refused(403, "A")]),
        ("GetObjectTagging", lambda client: client._object_tags("box", "a"), [refused(403, "A")]),
        ("PutObject", lambda client: client._object_write(PLAIN, BytesBody(CONTENT)), [refused(403, "A")]),
        (
            "CreateBucket",
            lambda client: client._container_create("box"),
            [headed(0, status="404 No"), refused(403, "A")],
        ),
    ],
)
def test_a_refusal_says_of_what(
    operation: str, ask: Callable[[S3Client], object], answers: list[bytes], played: Played
) -> None:
    played.answers += answers
    with pytest.raises(S3Error) as found:
        ask(played.client)
    assert found.value.operation == operation
