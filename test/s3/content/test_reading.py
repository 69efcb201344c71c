"""What S3's headers tell of an object, and which requests ask for it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import logging
import zlib
from collections.abc import Iterator

import pytest

from obs_client import ConflictError, IntegrityError
from obs_client._http.errors import StrangeAnswer
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.s3 import reading
from obs_client.backends.s3.endpoints import TAGS_LARGE, TELLS_CHECKSUMS
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.reading import (
    check_possible,
    info_at,
    info_of,
    look_at_container,
    look_for,
    size_of_head,
    tags_of,
)
from obs_client.errors import ContainerNotFoundError
from obs_client.models import ContainerInfo
from test.s3.content.playing import MODIFIED, Played, got, headed, header, playing, refused
from test.s3.digests.answers import answer_with

CONTENT = b"some content"
MD5 = hashlib.md5(CONTENT).hexdigest()
ETAG = header("ETag", f'"{MD5}"')
CRC32 = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big")).decode()
PARTED = header("ETag", f'"{"0" * 32}-2"')
FOREIGN = header("ETag", '"none"')


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


def test_all_that_headers_tell_is_in_the_info() -> None:
    told = {
        "etag": '"e"',
        "content-type": "text/plain",
        "x-amz-meta-color": "=?UTF-8?B?csO2dA==?=",
        "x-amz-meta-obs-write-id": "0123.7",
        "last-modified": "Fri, 27 Nov 2026 10:00:00 GMT",
        "content-encoding": "gzip",
        "content-disposition": "inline",
        "content-language": "de",
        "cache-control": "no-store",
        "x-amz-storage-class": "GLACIER",
        "x-amz-version-id": "v1",
        "x-amz-expiration": 'expiry-date="Sat, 28 Nov 2026 10:00:00 GMT", rule-id="r"',
    }
    assert dataclasses.astuple(info_of("name", answer_with(told), 7)) == (
        "name", 7, "e", "text/plain", {"color": "röt"}, 1795773600.0, "gzip", "inline", "de", "no-store", "0123",
        "GLACIER", "v1", 1795860000.0,
    )  # fmt: skip


def test_what_headers_do_not_tell_is_none() -> None:
    names = ("content-encoding", "content-disposition", "content-language", "cache-control", "x-amz-storage-class",
             "x-amz-version-id", "x-amz-expiration", "x-amz-meta-obs-write-id")  # fmt: skip
    for told in ({}, dict.fromkeys(names, ""), {"x-amz-expiration": 'rule-id="r"'}):
        assert dataclasses.astuple(info_of("name", answer_with(told), None)) == (
            "name", None, None, None, {}, *[None] * 9
        )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "meant"),
    [("gzip", "gzip"), ("aws-chunked", None), ("aws-chunked, gzip", "gzip"), ("gzip,aws-chunked , br,", "gzip, br")],
)
def test_the_coding_of_the_transfer_is_none_of_the_object(told: str, meant: str | None) -> None:
    assert info_of("name", answer_with({"content-encoding": told}), 7).content_encoding == meant


@pytest.mark.parametrize(("told", "mark"), [("0123", "0123"), ("0123.7", "0123"), ("0123.7.8", "0123"), (".7", None)])
def test_the_mark_of_a_write_ends_at_the_size_of_its_parts(told: str, mark: str | None) -> None:
    assert info_of("name", answer_with({"x-amz-meta-obs-write-id": told}), 7).write_id == mark


def test_the_size_of_a_head_is_its_length() -> None:
    assert size_of_head(answer_with({"content-length": "7"})) == 7
    assert size_of_head(answer_with({})) is None


class TestLooking:
    def test_a_head_tells_all(self, played: Played) -> None:
        played.answers += [headed(7, ETAG)]
        info = info_at(played.client._requests, "box", "a/ü", "e")
        assert (info.name, info.size, info.hash) == ("a/ü", 7, MD5)
        assert played.lines == ["HEAD /box/a/%C3%BC"]
        assert played.headers() == {"if-match": '"e"'}

    @pytest.mark.parametrize(
        ("told", "size"),
        [
            (got(b"c", header("Content-Range", "bytes 0-0/9"), status=b"206 Partial Content"), 9),
            (got(b"c", status=b"206 Partial Content"), None),
            (got(b"content"), 7),
            (got(b"", header("Content-Range", "bytes */0"), status=b"416 Range"), 0),
            (got(b"", status=b"416 Range"), None),
        ],
    )
    def test_where_it_does_not_tell_the_size_a_get_may(self, told: bytes, size: int | None, played: Played) -> None:
        """Cloudflare R2 tells no length of what it would decode."""
        played.answers += [headed(None, ETAG), headed(None, ETAG), told]
        assert info_at(played.client._requests, "box", "name").size == size
        assert played.lines == ["HEAD /box/name"] * 2 + ["GET /box/name"]
        assert "\r\nAccept-Encoding: gzip" in played.heads[1]
        assert played.headers() == {"range": "bytes=0-0"}

    def test_what_is_stored_with_a_coding_is_asked_for_as_it_is(self, played: Played) -> None:
        played.answers += [headed(None, ETAG), headed(9, ETAG)]
        assert info_at(played.client._requests, "box", "name", "e").size == 9
        assert played.headers(1) == {"if-match": '"e"'}

    def test_a_refusal_is_explained_by_a_get(self, played: Played) -> None:
        played.answers += [headed(0, status="403 Forbidden"), refused(403, "AccessDenied")]
        with pytest.raises(S3Error, match="AccessDenied"):
            info_at(played.client._requests, "box", "name")
        assert played.lines[1] == "GET /box/name"
        assert played.headers() == {"range": "bytes=0-0"}
        played.answers += [headed(None, ETAG), headed(None, ETAG), refused(403, "AccessDenied")]
        with pytest.raises(S3Error, match="AccessDenied"):
            info_at(played.client._requests, "box", "name")

    def test_absence_alone_is_nothing(self, played: Played) -> None:
        played.answers += [headed(0, status="404 Not Found")]
        assert look_for(played.client._requests, "box", "name") is None
        played.answers += [headed(0, status="403 Forbidden"), refused(403, "AccessDenied")]
        with pytest.raises(S3Error):
            look_for(played.client._requests, "box", "name")
        played.answers += [headed(7, ETAG)]
        found = look_for(played.client._requests, "box", "name")
        assert found
        assert (found.name, found.size) == ("name", 7)
        assert played.lines[-1] == "HEAD /box/name"


class TestContainers:
    def test_one_is_there(self, played: Played) -> None:
        played.answers += [headed(0)]
        assert look_at_container(played.client._requests, "box") == ContainerInfo("box", None, None)
        assert played.lines == ["HEAD /box"]

    def test_a_refusal_is_explained_by_a_listing(self, played: Played) -> None:
        played.answers += [headed(0, status="403 Forbidden"), refused(403, "AccessDenied")]
        with pytest.raises(S3Error, match="AccessDenied"):
            look_at_container(played.client._requests, "box")
        assert played.lines[1].partition("?")[0] == "GET /box"
        assert played.query() == {"list-type": ["2"], "max-keys": ["1"]}

    def test_an_impossible_name_is_absent(self, played: Played) -> None:
        with pytest.raises(ContainerNotFoundError, match="S3 has no container 'a/b': no such name can be") as found:
            look_at_container(played.client._requests, "a/b")
        assert found.value.container == "a/b"
        assert played.heads == []
        check_possible("box")


def test_tags_are_read_by_their_names(played: Played) -> None:
    rows = "<Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value>2</Value></Tag>"
    played.answers += [got(f"<Tagging><TagSet>{rows}</TagSet></Tagging>".encode())]
    assert tags_of(played.client._requests, "box", "name") == {"a": "1", "b": "2"}
    assert played.lines == ["GET /box/name?tagging"]
    played.answers += [got(b"<Tagging></Tagging>")]
    with pytest.raises(OSError, match="TagSet"):
        tags_of(played.client._requests, "box", "name")


class TestOpening:
    def test_a_range_of_one_version_is_asked_for(self, played: Played) -> None:
        told = ETAG, MODIFIED, header("Content-Range", "bytes 2-3/12")
        played.answers += [got(CONTENT[2:4], *told, status=b"206 Partial Content")]
        with played.client._object_open("box", "a/ü", 2, 4, "e") as reader:
            assert (reader.info.name, reader.info.size, reader.info.hash, reader.digest) == ("a/ü", 12, MD5, None)
        assert played.lines == ["GET /box/a/%C3%BC"]
        assert played.headers() == {"range": "bytes=2-3", "if-match": '"e"'}

    def test_what_is_known_is_not_sent(self, played: Played) -> None:
        played.answers += [b"HTTP/1.1 304 Not Modified\r\n" + b"x-amz-request-id: 1\r\n\r\n"]
        assert played.client._object_open_changed("box", "name", 0, None, "e") is None
        assert played.headers() == {"if-none-match": '"e"'}

    @pytest.mark.parametrize("if_hash", [None, "e"])
    def test_past_the_end_there_are_no_bytes_of_one_version(self, if_hash: str | None, played: Played) -> None:
        played.answers += [refused(416, "InvalidRange"), headed(7, ETAG)]
        with played.client._object_open("box", "name", 9, 12, if_hash) as reader:
            assert reader.readinto(memoryview(bytearray(3))) == 0
            assert (reader.info.name, reader.info.size) == ("name", 7)
        assert played.lines[-1] == "HEAD /box/name"
        assert played.headers() == ({} if if_hash is None else {"if-match": '"e"'})

    def test_a_refusal_is_what_it_is(self, played: Played) -> None:
        played.answers += [refused(412, "PreconditionFailed")]
        with pytest.raises(ConflictError):
            played.client.object_read("name", if_hash="e")

    def test_what_was_decoded_on_the_way_is_asked_for_as_it_is_stored(self, played: Played) -> None:
        """A weak tag and no length: those are not the bytes that are stored."""
        decoded = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + header("ETag", f'W/"{MD5}"') + b"\r\n"
        played.answers += [decoded + b"5\r\nother\r\n0\r\n\r\n", got(CONTENT, ETAG)]
        assert played.client.object_read("name") == CONTENT
        assert "\r\nAccept-Encoding: gzip" in played.heads[1]
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + ETAG + b"\r\n"
        played.answers += [chunked + b"c\r\n" + CONTENT + b"\r\n0\r\n\r\n"]
        assert played.client.object_read("name") == CONTENT

    def test_what_has_neither_length_nor_tag_is_not_asked_for_again(self, played: Played) -> None:
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx-amz-request-id: 1\r\n\r\n"
        played.answers += [chunked + b"c\r\n" + CONTENT + b"\r\n0\r\n\r\n"]
        with played.client._object_open("box", "name", 0, None, None) as reader:
            buffer = bytearray(20)
            assert buffer[: reader.readinto(memoryview(buffer))] == CONTENT
        assert len(played.heads) == 1

    def test_an_answer_without_any_header_of_s3_is_believed_of_what_lists_the_container(self, played: Played) -> None:
        nameless = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + CONTENT
        played.answers += [nameless, got(b"<ListBucketResult/>")]
        played.client._object_open("box", "name", 0, None, None).close()
        assert played.lines[1].startswith("GET /box?list-type=2")
        with playing() as other:
            other.answers += [nameless, got(b"<html/>")]
            with pytest.raises(StrangeAnswer, match="without an ETag or a request id"):
                other.client._object_open("box", "name", 0, None, None)

    def test_the_whole_is_compared_with_its_tag(self, played: Played) -> None:
        played.answers += [got(CONTENT, ETAG)]
        with played.client._object_open("box", "name", 0, None, None) as reader:
            assert reader.digest
            assert (reader.digest.algorithm, reader.digest.part_values) == ("md5", (MD5,))
        assert played.headers() == {}


class TestChecksums:
    """Asked for where they are taken, or where the tag is no MD5."""

    @pytest.fixture
    def checked(self) -> Iterator[Played]:
        with playing(checksums=True) as found:
            yield found

    TOLD = header("x-amz-checksum-crc32", CRC32)

    @pytest.mark.parametrize(("start", "asked"), [(0, True), (1, False)])
    def test_whole_objects_are_asked_for_with_them(self, start: int, asked: bool, checked: Played) -> None:
        place = header("Content-Range", f"bytes {start}-4/12")
        checked.answers += [got(CONTENT[start:5], ETAG, place, status=b"206 Partial Content")]
        checked.client._object_open("box", "name", start, 5, None).close()
        assert checked.headers() == {
            "range": f"bytes={start}-4", **({"x-amz-checksum-mode": "ENABLED"} if asked else {})
        }  # fmt: skip

    def test_all_of_an_object_is(self, checked: Played) -> None:
        checked.answers += [got(CONTENT, ETAG, self.TOLD)]
        with checked.client._object_open("box", "name", 0, None, None) as reader:
            assert reader.digest == ContentDigest("crc32", (12,), (zlib.crc32(CONTENT).to_bytes(4, "big").hex(),))
        assert checked.headers() == {"x-amz-checksum-mode": "ENABLED"}
        assert len(checked.heads) == 1

    def open_all_by_a_range(self, played: Played, *told: bytes) -> ContentDigest | None:
        place = header("Content-Range", "bytes 0-11/12")
        played.answers.insert(0, got(CONTENT, place, *told, status=b"206 Partial Content"))
        with played.client._object_open("box", "name", 0, 20, None) as reader:
            return reader.digest

    def test_a_range_that_is_all_and_has_no_md5_is_compared_with_what_a_head_tells(self, checked: Played) -> None:
        checked.answers += [headed(12, FOREIGN, self.TOLD)]
        digest = self.open_all_by_a_range(checked, FOREIGN)
        assert digest
        assert digest.algorithm == "crc32"
        assert checked.lines == ["GET /box/name", "HEAD /box/name"]
        assert checked.headers() == {"x-amz-checksum-mode": "ENABLED"}

    def test_one_without_any_tag_too(self, checked: Played) -> None:
        checked.answers += [headed(12, self.TOLD)]
        assert self.open_all_by_a_range(checked)

    def test_a_range_that_tells_enough_asks_nobody(self, checked: Played) -> None:
        for told in ((ETAG,), (FOREIGN, self.TOLD)):
            assert self.open_all_by_a_range(checked, *told)
        assert {line.split(" ")[0] for line in checked.lines} == {"GET"}

    @pytest.mark.parametrize("changes", [(12, ETAG), (13, FOREIGN)])
    def test_a_head_of_another_object_is_not_believed(self, changes: tuple[int, bytes], checked: Played) -> None:
        length, tag = changes
        checked.answers += [headed(length, tag, self.TOLD)]
        assert self.open_all_by_a_range(checked, FOREIGN) is None

    @pytest.mark.parametrize(("status", "again"), [(400, False), (503, True)])
    def test_a_server_that_knows_no_such_header_is_not_asked_again(
        self, status: int, again: bool, played: Played
    ) -> None:
        for asked in (True, again):
            told = (headed(0, status=f"{status} No"), *[headed(12, PARTED)] * 9)
            count = len(played.heads)
            played.answers[:] = [got(CONTENT, PARTED), *told]
            played.client._object_open("box", "name", 0, None, None).close()
            modes = ["x-amz-checksum-mode" in played.headers(number) for number in range(count, len(played.heads))]
            assert any(modes) is asked
        options = [fact.option for fact in played.client.endpoint_facts if fact.name == TELLS_CHECKSUMS]
        assert options == ([] if again else ["checksums"])

    def test_of_parts_they_are_asked_for_unless_the_caller_says_not(self) -> None:
        for checksums, asked in ((None, True), (False, False)):
            with playing(checksums=checksums) as played:
                played.answers += [got(CONTENT, PARTED), *[headed(12, PARTED)] * 9]
                played.client._object_open("box", "name", 0, None, None).close()
                heads = [played.headers(number) for number in range(len(played.heads))]
                assert any("x-amz-checksum-mode" in each for each in heads) is asked


def test_the_size_of_parts_that_this_library_noted_is_believed(played: Played) -> None:
    pieces = [hashlib.md5(CONTENT[:7]).digest(), hashlib.md5(CONTENT[7:]).digest()]
    tag = header("ETag", f'"{hashlib.md5(b"".join(pieces)).hexdigest()}-2"')
    with playing(checksums=False) as noted:
        noted.answers += [got(CONTENT, tag, header("x-amz-meta-obs-write-id", "0123.7"))]
        with noted.client._object_open("box", "name", 0, None, None) as reader:
            assert reader.digest
            assert reader.digest.part_sizes == (7, 5)
        assert len(noted.heads) == 1
        for mark in ("7", "0123", "0123.0", "0123.x"):
            noted.answers[:] = [
                got(CONTENT, tag, header("x-amz-meta-obs-write-id", mark)),
                headed(7, tag, header("x-amz-mp-parts-count", 2)),
            ]
            with noted.client._object_open("box", "name", 0, None, None) as reader:
                assert reader.digest
                assert reader.digest.part_sizes == (7, 5), "they were asked for"
            assert noted.lines[-1] == "HEAD /box/name?partNumber=1"


def test_what_differs_from_a_tag_is_damage_once_tags_were_seen_to_be_digests(played: Played) -> None:
    played.answers += [got(CONTENT, ETAG), got(b"other bytes!", ETAG)]
    assert played.client.object_read("name") == CONTENT
    with pytest.raises(IntegrityError, match="other bytes"):
        played.client.object_read("name")


class TestWhatCannotBeCompared:
    """The tag is one of parts, and nobody tells which."""

    @pytest.fixture
    def untold(self) -> Iterator[Played]:
        with playing(checksums=False) as found:
            found.answers += [got(b"1234", header("ETag", f'"{"0" * 32}-5"')), refused(400, "InvalidArgument")]
            found.answers += [headed(4, header("ETag", f'"{"0" * 32}-5"'))]
            yield found

    def said(self, caplog: pytest.LogCaptureFixture) -> list[str]:
        return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]

    def test_it_is_said_of_which_object(self, untold: Played, caplog: pytest.LogCaptureFixture) -> None:
        with untold.client._object_open("box", "name", 0, None, None) as reader:
            assert reader.digest is None
        (message,) = self.said(caplog)
        assert message.startswith("'name' in 'box' at http://")
        assert message.endswith(": the server does not report the sizes of its parts")

    def test_nothing_is_said_of_what_has_no_such_tag_or_a_digest(
        self, played: Played, caplog: pytest.LogCaptureFixture
    ) -> None:
        for tag in (b"", FOREIGN, ETAG):
            played.answers += [got(CONTENT, tag)]
            played.client._object_open("box", "name", 0, None, None).close()
        assert self.said(caplog) == []

    def test_tags_of_an_express_container_are_none(
        self, played: Played, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "EXPRESS_ENDS", "box")
        played.answers += [got(CONTENT, ETAG)]
        with played.client._object_open("box", "name", 0, None, None) as reader:
            assert reader.digest is None
        assert self.said(caplog) == []

    def test_a_tag_of_parts_proves_nothing_until_one_was_seen_to_be_a_digest(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        tag = header("ETag", f'"{"0" * 32}-2"')
        with playing(checksums=False) as played:
            played.answers += [got(CONTENT, tag, header("x-amz-meta-obs-write-id", "0123.7"))]
            with played.client._object_open("box", "name", 0, None, None) as reader:
                assert reader.digest
                for known in (None, True):
                    played.answers[:] = [headed(12, tag), refused(400, "InvalidArgument")]
                    if known:
                        played.client._requests.experience.learn(TAGS_LARGE, True)
                    assert reader.digest.is_proof() is (known is True)
        (message,) = self.said(caplog)
        assert message.startswith("'name' in 'box' at http://")
