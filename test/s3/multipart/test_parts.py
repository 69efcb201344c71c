"""An open upload, request by request: its parts, what is told of them, its completion, its end."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import time
import zlib
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

import pytest

from obs_client import IntegrityError
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part, UploadGone
from obs_client.backend.values import NewObject
from obs_client.backends.s3.digests.sent import PartDigests
from obs_client.backends.s3.endpoints import TAGS_LARGE, TAGS_PARTS
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.multipart import upload as module
from obs_client.backends.s3.multipart.requests import Upload, create_multipart_upload, list_multipart_uploads
from obs_client.backends.s3.multipart.upload import S3Upload
from obs_client.errors import PreconditionError
from obs_client.models import Attributes
from test.s3.content import fips
from test.s3.content.playing import Played, got, headed, header, playing, refused

PIECES = [b"a" * 12, b"b" * 12, b"c" * 5]
PARTS = [Part(1, 0, 12), Part(2, 12, 12), Part(3, 24, 5)]
NEW = NewObject("box", "a/ü", Attributes("text/plain", {}, write_id="0123"), 29, 12)
PATH = "/box/a/%C3%BC"
WHOLE = hashlib.md5(b"".join(hashlib.md5(piece).digest() for piece in PIECES)).hexdigest() + "-3"
MARK = header("x-amz-meta-obs-write-id", "0123.12")
MODIFIED = header("Last-Modified", "Fri, 27 Nov 2026 10:00:00 GMT")
ABSENT = headed(0, status="404 Not Found")
GONE = refused(404, "NoSuchUpload")
OTHER = "0" * 32


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def sent_md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def tagged(tag: str, *headers: bytes) -> bytes:
    return got(b"", header("ETag", f'"{tag}"'), *headers)


def completed(tag: str | None = WHOLE) -> bytes:
    told = "" if tag is None else f"<ETag>&quot;{tag}&quot;</ETag>"
    return got(f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>".encode())


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


def upload(played: Played, digests: PartDigests | None = None, **conditions: Any) -> S3Upload:
    played.client._requests.experience.uploads.add("u 1")
    new = dataclasses.replace(NEW, **conditions)
    return S3Upload(played.client._requests, Upload("box", "a/ü", "u 1"), new, digests)


def with_parts(played: Played, digests: PartDigests | None = None, **conditions: Any) -> S3Upload:
    """An upload whose parts are there."""
    made = upload(played, digests, **conditions)
    for number in (2, 0, 1):
        played.answers += [tagged(md5(PIECES[number]))]
        made.put_part(PARTS[number], BytesBody(PIECES[number]))
    return made


def learned(played: Played, fact: str) -> bool | None:
    return played.client._requests.experience.of(fact)


class TestParts:
    def test_they_are_sent_with_their_digests(self, played: Played) -> None:
        with_parts(played)
        assert {line.partition("?")[0] for line in played.lines} == {f"PUT {PATH}"}
        assert [played.query(number) for number in range(3)] == [
            {"uploadId": ["u 1"], "partNumber": [str(number)]} for number in (3, 1, 2)
        ]
        assert [played.headers(number)["content-md5"] for number in range(3)] == [
            sent_md5(PIECES[number]) for number in (2, 0, 1)
        ]
        assert played.bodies == [PIECES[2], PIECES[0], PIECES[1]]
        assert learned(played, TAGS_PARTS) is True

    def test_both_digests_go_where_both_are_asked_for(self, played: Played) -> None:
        made = upload(played, PartDigests(("crc32", "md5")))
        played.answers += [tagged(md5(PIECES[0]))]
        made.put_part(PARTS[0], BytesBody(PIECES[0]))
        assert played.headers()["x-amz-checksum-crc32"] == crc32(PIECES[0])
        assert played.headers()["content-md5"] == sent_md5(PIECES[0])

    def test_other_bytes_are_refused_where_tags_are_digests(self, played: Played) -> None:
        made = with_parts(played)
        played.answers += [tagged(OTHER)]
        with pytest.raises(IntegrityError, match="received other bytes"):
            made.put_part(PARTS[0], BytesBody(PIECES[0]))
        made.checks = False
        played.answers += [tagged(OTHER)]
        made.put_part(PARTS[0], BytesBody(PIECES[0]))

    def test_a_checksum_of_other_bytes_is_refused(self, played: Played) -> None:
        made = upload(played, PartDigests(("crc32",), True))
        played.answers += [tagged(md5(PIECES[0]), header("x-amz-checksum-crc32", "AAAAAA=="))]
        with pytest.raises(IntegrityError, match="received other bytes"):
            made.put_part(PARTS[0], BytesBody(PIECES[0]))

    def test_what_tags_are_is_tried_by_a_few_bytes_in_place_of_the_part(self, played: Played) -> None:
        made = upload(played)
        played.answers += [tagged(OTHER), tagged(OTHER), tagged(OTHER)]
        made.put_part(PARTS[0], BytesBody(PIECES[0]))
        assert learned(played, TAGS_PARTS) is False
        assert played.bodies == [PIECES[0], b"a part that is replaced", PIECES[0]]
        assert [played.query(number)["partNumber"] for number in range(3)] == [["1"]] * 3
        played.answers += [tagged(OTHER), tagged(OTHER)]
        made.put_part(PARTS[1], BytesBody(PIECES[1]))
        assert played.bodies[3:] == [PIECES[1]] * 2, "no trial again"

    def test_a_trial_may_show_that_it_is_damage(self, played: Played) -> None:
        played.answers += [tagged(OTHER), tagged(md5(b"a part that is replaced"))]
        with pytest.raises(IntegrityError, match="received other bytes"):
            upload(played).put_part(PARTS[0], BytesBody(PIECES[0]))
        assert learned(played, TAGS_PARTS) is True

    def test_a_believed_checksum_shows_what_tags_are(self, played: Played) -> None:
        for tag, known in (("none", None), (OTHER, False)):
            made = upload(played, PartDigests(("crc32",), True))
            played.answers += [tagged(tag)]
            made.put_part(PARTS[0], BytesBody(PIECES[0]))
            assert learned(played, TAGS_PARTS) is known
            assert json.loads(made.receipt(PARTS[0])) == [f'"{tag}"', crc32(PIECES[0])]

    @pytest.mark.parametrize(
        ("headers", "receipt"),
        [
            ([header("ETag", '"e"')], ['"e"', None]),
            ([header("ETag", '"e"'), header("x-amz-checksum-crc32", crc32(PIECES[0]))], ['"e"', crc32(PIECES[0])]),
            ([], [f'"{md5(PIECES[0])}"', None]),
        ],
    )
    def test_what_the_completion_says_of_a_part(
        self, headers: list[bytes], receipt: list[str | None], played: Played
    ) -> None:
        made = upload(played, PartDigests(("crc32",)))
        played.answers += [got(b"", *headers)]
        made.put_part(PARTS[0], BytesBody(PIECES[0]))
        assert json.loads(made.receipt(PARTS[0])) == receipt

    def test_what_is_known_of_a_part_is_noted_with_its_body(self, played: Played) -> None:
        played.client._requests.experience.learn(TAGS_PARTS, True)
        body = BytesBody(PIECES[0])
        played.answers += [tagged(OTHER)]
        upload(played, PartDigests(("crc32",), True)).put_part(PARTS[0], body)
        assert body.digest("md5").hex() == OTHER, "as its tag says"
        for tag in ("none", "0" * 30):
            body = BytesBody(PIECES[0])
            played.answers += [tagged(tag)]
            upload(played, PartDigests(("crc32",), True)).put_part(PARTS[0], body)
            assert body.digest("md5").hex() == md5(PIECES[0])

    def test_its_identity_says_how_parts_go(self, played: Played) -> None:
        assert upload(played).identity == "md5 u 1"
        assert upload(played, PartDigests(("crc32", "md5"), True)).identity == "crc32+md5! u 1"
        assert str(upload(played)) == "the multipart upload u 1"
        for digests in (PartDigests(("crc32", "md5"), True), PartDigests(("md5",))):
            identity = upload(played, digests).identity
            again = played.client._object_reopen(NEW, identity)
            assert isinstance(again, S3Upload)
            assert (again._digests, again.identity) == (digests, identity)
            assert (again._upload, again.checks) == (Upload("box", "a/ü", "u 1"), True)


SOURCE = {"x-amz-copy-source": "/box/b"}


class TestCopies:
    def test_a_part_is_a_range_of_the_source(self, played: Played) -> None:
        made = upload(played)
        told = f'<CopyPartResult><ETag>"e"</ETag><ChecksumCRC32>{crc32(PIECES[1])}</ChecksumCRC32></CopyPartResult>'
        played.answers += [got(told.encode())]
        made.put_from(PARTS[1], SOURCE)
        assert played.lines[0].startswith(f"PUT {PATH}?")
        assert played.query() == {"uploadId": ["u 1"], "partNumber": ["2"]}
        assert played.headers() == {**SOURCE, "x-amz-copy-source-range": "bytes=12-23"}
        assert json.loads(made.receipt(PARTS[1])) == ['"e"', crc32(PIECES[1])]

    def test_they_are_completed_by_their_numbers(self, played: Played) -> None:
        made = upload(played)
        for part in reversed(PARTS[:2]):
            played.answers += [got(f"<CopyPartResult><ETag>e{part.number}</ETag></CopyPartResult>".encode())]
            made.put_from(part, SOURCE)
        played.answers += [completed()]
        made.complete()
        rows = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>e{number}</ETag></Part>" for number in (1, 2))
        assert f"{rows}</CompleteMultipartUpload>" in played.bodies[2].decode()

    @pytest.mark.parametrize("root", ["ListPartsResult", "ListPartsResponse"])
    def test_a_tag_that_is_not_told_is_in_the_list_of_parts(self, root: str, played: Played) -> None:
        """Also where the list repeats a name with characters that XML cannot hold."""
        made = upload(played)
        rows = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>e{number}</ETag></Part>" for number in (1, 2, 3))
        played.answers += [got(b"<CopyPartResult/>"), got(f"<{root}><Key>a\x01</Key>{rows}</{root}>".encode())]
        made.put_from(PARTS[1], SOURCE)
        assert played.query() == {"uploadId": ["u 1"], "part-number-marker": ["1"]}
        assert json.loads(made.receipt(PARTS[1])) == ["e2", None]

    @pytest.mark.parametrize("row", ["", "<Part><PartNumber>2</PartNumber></Part>", "<Part><ETag>e</ETag></Part>"])
    def test_a_part_without_any_tag_is_none(self, row: str, played: Played) -> None:
        played.answers += [got(b"<CopyPartResult/>"), got(f"<ListPartsResult>{row}</ListPartsResult>".encode())]
        with pytest.raises(StrangeAnswer, match=r"^no response has the ETag of a part that was copied$"):
            upload(played).put_from(PARTS[1], SOURCE)


RECEIPTS = {part: json.dumps([f'"e{part.number}"', f"c{part.number}"]) for part in PARTS}


class TestTakingUp:
    def test_parts_that_are_there_are_completed_with_the_others(self, played: Played) -> None:
        made = upload(played)
        rows = "".join(
            f"<Part><PartNumber>{part.number}</PartNumber><ETag>e{part.number}</ETag><Size>{part.size}</Size></Part>"
            for part in PARTS
        )
        played.answers += [got(f"<ListPartsResult>{rows}</ListPartsResult>".encode())]
        assert [*made.take_up(RECEIPTS)] == PARTS
        assert {part: made.receipt(part) for part in PARTS} == RECEIPTS
        played.answers += [completed()]
        made.complete()
        listed = "".join(
            f"<Part><PartNumber>{part.number}</PartNumber><ETag>&quot;e{part.number}&quot;</ETag>"
            f"<ChecksumCRC32>c{part.number}</ChecksumCRC32></Part>"
            for part in PARTS
        )
        assert listed.replace("&quot;", '"') in played.bodies[1].decode()
        short = rows.replace("<Size>12</Size>", "<Size>11</Size>").replace("e3", "other")
        played.answers += [got(f"<ListPartsResult>{short}</ListPartsResult>".encode())]
        assert [*upload(played).take_up(RECEIPTS)] == []

    def test_an_upload_that_is_gone_is_said_to_be(self, played: Played) -> None:
        played.answers += [GONE]
        with pytest.raises(UploadGone):
            upload(played).take_up(RECEIPTS)


class TestCompletion:
    def test_parts_are_listed_in_order(self, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "hashlib", fips)
        made = with_parts(played)
        played.answers += [completed()]
        info = made.complete()
        assert info
        assert (info.name, info.size, info.hash, info.write_id) == ("a/ü", 29, WHOLE, "0123")
        assert played.lines[3].startswith(f"POST {PATH}?")
        assert played.query() == {"uploadId": ["u 1"]}
        rows = "".join(
            f'<Part><PartNumber>{number}</PartNumber><ETag>"{md5(piece)}"</ETag></Part>'
            for number, piece in enumerate(PIECES, 1)
        )
        assert played.bodies[3].decode() == (
            f'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{rows}</CompleteMultipartUpload>'
        )
        assert learned(played, TAGS_LARGE) is True
        assert played.client._requests.experience.uploads == set()

    def test_md5s_that_were_sent_are_known_where_no_tag_of_a_part_is_told(self, played: Played) -> None:
        made = upload(played)
        for part, piece in zip(PARTS, PIECES, strict=True):
            played.answers += [got(b"")]
            made.put_part(part, BytesBody(piece))
        played.answers += [completed()]
        made.complete()
        assert learned(played, TAGS_LARGE) is True

    def test_an_answer_may_repeat_a_name_that_xml_cannot_hold(self, played: Played) -> None:
        made = with_parts(played)
        told = f"<Key>a\x01</Key><ETag>{WHOLE}</ETag>"
        played.answers += [got(f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>".encode())]
        info = made.complete()
        assert info
        assert info.hash == WHOLE

    def test_checksums_are_told_with_their_parts(self, played: Played) -> None:
        made = upload(played, PartDigests(("crc32",), True))
        played.answers += [tagged("a&b"), completed()]
        made.put_part(PARTS[0], BytesBody(PIECES[0]))
        made.complete()
        row = f'<ETag>"a&amp;b"</ETag><ChecksumCRC32>{crc32(PIECES[0])}</ChecksumCRC32></Part>'
        assert row in played.bodies[1].decode()
        assert learned(played, TAGS_LARGE) is None, "not every MD5 is known"

    @pytest.mark.parametrize(
        ("conditions", "told"),
        [({"if_absent": True}, {"if-none-match": "*"}), ({"if_hash": "e"}, {"if-match": '"e"'})],
    )
    def test_it_carries_the_condition_and_sees_whose_the_object_is(
        self, conditions: dict[str, Any], told: dict[str, str], played: Played
    ) -> None:
        for mark in (MARK, header("x-amz-meta-obs-write-id", "another")):
            made = with_parts(played, **conditions)
            played.answers += [completed(), headed(29, mark)]
            if mark == MARK:
                assert made.complete()
            else:
                with pytest.raises(PreconditionError, match=r"^another writer of 'a/ü' got permission at the same"):
                    made.complete()
            assert played.headers(-2).items() >= told.items()
            assert played.lines[-1] == f"HEAD {PATH}"

    def test_tags_that_are_no_digests_are_said_to_be(self, played: Played, caplog: pytest.LogCaptureFixture) -> None:
        for checks in (False, True):
            made = with_parts(played)
            made.checks = checks
            played.answers += [completed(f"{OTHER}-3")]
            assert made.complete()
            assert learned(played, TAGS_LARGE) is False
            said = [each.getMessage() for each in caplog.records if "tags of large objects" in each.getMessage()]
            assert bool(said) is checks
        assert said[0].startswith("'a/ü' in 'box' at http://")
        assert said[0].endswith(": tags of large objects are no digests of their parts at this server")
        made = with_parts(played)
        played.answers += [completed()]
        made.complete()
        assert learned(played, TAGS_LARGE) is False, "one that fits does not prove the others"

    def test_encryption_may_change_them(self) -> None:
        with playing(server_side_encryption="aws:kms", kms_key_id="k") as played:
            made = with_parts(played)
            played.answers += [completed(f"{OTHER}-3")]
            assert made.complete()
            assert learned(played, TAGS_LARGE) is None

    def test_an_answer_without_a_tag_is_looked_at(self, played: Played) -> None:
        made = with_parts(played)
        played.answers += [completed(None), headed(29, MARK)]
        info = made.complete()
        assert info
        assert info.hash is None
        assert learned(played, TAGS_LARGE) is None
        made = with_parts(played)
        played.answers += [completed(None), ABSENT, GONE]
        assert made.complete(), "nobody else could end it"
        assert played.lines[-1].startswith(f"GET {PATH}?uploadId=")
        made = with_parts(played)
        played.answers += [
            completed(None),
            headed(29, header("x-amz-meta-obs-write-id", "x")),
            got(b"<ListPartsResult/>"),
        ]
        with pytest.raises(BrokenAnswer, match=r"^the response to the completion has no ETag, and the object is not"):
            made.complete()
        assert "u 1" in played.client._requests.experience.uploads

    @pytest.mark.parametrize(("age", "there"), [(0, True), (1.0, True), (1.1, False)])
    def test_ceph_says_of_an_upload_that_is_gone_that_there_is_no_object(
        self, age: float, there: bool, played: Played
    ) -> None:
        made = with_parts(played)
        made._begun = 1795773600.0 + age
        played.answers += [completed(None), ABSENT, refused(404, "NoSuchKey"), headed(9, MODIFIED)]
        if there:
            assert made.complete()
        else:
            with pytest.raises(BrokenAnswer):
                made.complete()


class TestTheAnswerToTheCompletionIsLost:
    @staticmethod
    def tried(played: Played, begun: float = 0.0) -> S3Upload:
        made = with_parts(played)
        made._begun = begun
        played.answers += [refused(503, "SlowDown")]
        with pytest.raises(S3Error, match="SlowDown"):
            made.complete()
        return made

    def test_an_upload_that_is_gone_was_published_if_the_object_is_new(self, played: Played) -> None:
        made = self.tried(played)
        played.answers += [GONE, headed(29, MODIFIED)]
        assert made.complete() is None
        assert played.client._requests.experience.uploads == set()

    def test_new_is_what_was_made_since_the_upload_began(self, played: Played) -> None:
        now = time.time()
        for age, published in ((0.0, True), (60.0, False)):
            made = with_parts(played)
            played.answers += [refused(503, "SlowDown")]
            with pytest.raises(S3Error, match="SlowDown"):
                made.complete()
            played.answers += [GONE, headed(29, header("Last-Modified", formatdate(now + 1 - age, usegmt=True)))]
            if published:
                assert made.complete() is None
            else:
                with pytest.raises(S3Error, match="NoSuchUpload"):
                    made.complete()

    @pytest.mark.parametrize("look", [ABSENT, headed(29), headed(29, MODIFIED)])
    def test_and_not_if_it_is_old_or_absent(self, look: bytes, played: Played) -> None:
        made = self.tried(played, begun=1795773602.0)
        played.answers += [GONE, look]
        with pytest.raises(S3Error, match="NoSuchUpload"):
            made.complete()
        assert not played.answers

    def test_ceph_fails_once_another_writer_has_replaced_the_object(self, played: Played) -> None:
        made = self.tried(played)
        played.answers += [refused(500, "UnknownError"), GONE, headed(29, MODIFIED)]
        assert made.complete() is None
        made = self.tried(played)
        played.answers += [refused(500, "UnknownError"), got(b"<ListPartsResult/>")]
        with pytest.raises(S3Error, match="UnknownError"):
            made.complete()

    @pytest.mark.parametrize("error", [refused(503, "SlowDown"), refused(400, "InvalidPart")])
    def test_another_refusal_is_what_it_is(self, error: bytes, played: Played) -> None:
        made = self.tried(played)
        played.answers += [error]
        with pytest.raises(S3Error, match=r"SlowDown|InvalidPart"):
            made.complete()
        assert not played.answers

    def test_the_first_time_nothing_was_published(self, played: Played) -> None:
        made = with_parts(played)
        made._begun = 0.0
        played.answers += [GONE]
        with pytest.raises(S3Error, match="NoSuchUpload"):
            made.complete()
        assert not played.answers


@pytest.mark.parametrize("said", [got(b"", status=b"204 No Content"), GONE, refused(404, "404")])
def test_an_upload_is_aborted_and_forgotten(said: bytes, played: Played) -> None:
    made = upload(played)
    played.answers += [said]
    made.abort()
    assert played.lines == [f"DELETE {PATH}?uploadId=u%201"]
    assert played.client._requests.experience.uploads == set()


def test_one_that_could_not_be_aborted_is_not_forgotten(played: Played) -> None:
    made = upload(played)
    played.answers += [refused(403, "AccessDenied")]
    with pytest.raises(S3Error, match="AccessDenied"):
        made.abort()
    assert played.client._requests.experience.uploads == {"u 1"}


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("UploadPart", lambda made: made.put_part(PARTS[0], BytesBody(PIECES[0]))),
        ("UploadPartCopy", lambda made: made.put_from(PARTS[0], {})),
        ("CompleteMultipartUpload", lambda made: made.complete()),
        ("AbortMultipartUpload", lambda made: made.abort()),
        ("ListParts", lambda made: made.take_up({})),
    ],
)
def test_a_refusal_says_of_what(operation: str, ask: Callable[[S3Upload], object], played: Played) -> None:
    played.answers += [refused(403, "AccessDenied")]
    with pytest.raises(S3Error) as found:
        ask(upload(played))
    assert found.value.operation == operation


def test_a_begin_carries_all_that_the_object_does() -> None:
    plain, checked = (create_multipart_upload("box", "a", {"x": "y"}, checksums) for checksums in (False, True))
    assert (plain.operation, plain.method, plain.container, plain.name, plain.query) == (
        "CreateMultipartUpload", "POST", "box", "a", "uploads"
    )  # fmt: skip
    assert plain.headers == {"x": "y"}
    assert checked.headers == {"x": "y", "x-amz-checksum-algorithm": "CRC32"}


def test_open_uploads_are_asked_for_by_pages() -> None:
    asked = list_multipart_uploads("box", "a/", "k", "u", True)
    assert (asked.operation, asked.method, asked.container, asked.name) == ("ListMultipartUploads", "GET", "box", None)
    assert parse_qs(asked.query, keep_blank_values=True) == {
        "uploads": [""], "prefix": ["a/"], "encoding-type": ["url"], "key-marker": ["k"], "upload-id-marker": ["u"]
    }  # fmt: skip
    first = list_multipart_uploads("box", "", None, None, False).query
    assert "encoding-type" not in first
    assert "marker" not in first
