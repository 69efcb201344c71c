"""Large objects at Google: by parts, and by a resumable upload, request by request."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import google_crc32c
import pytest

from obs_client import GCSClient, IntegrityError, ServiceError, TemporaryError
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.calls.refusals import Refusal
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part, UploadGone
from obs_client.backend.values import NewObject
from obs_client.backends.gcs import multipart
from obs_client.backends.gcs.multipart import GCSUpload
from obs_client.backends.gcs.reading import base64_of
from obs_client.backends.gcs.resumable import UNIT, ResumableUpload
from obs_client.models import Attributes, CleanupReport
from test.gcs.content.playing import ID, Played, playing, refused, told, xml
from test.loopback.raw import answer

ALL = Attributes("text/plain", {"a-b": "c"}, "gzip", "inline", "de", "no-store", write_id="0123")
HEADERS = {
    "content-type": "text/plain",
    "content-encoding": "gzip",
    "content-disposition": "inline",
    "content-language": "de",
    "cache-control": "no-store",
    "x-goog-meta-a-b": "c",
    "x-goog-meta-obs-write-id": "0123",
}
METADATA = {"a-b": "c", "obs-write-id": "0123"}
PIECES = [b"a" * 12, b"b" * 12, b"c" * 5]
PARTS = [Part(1, 0, 12), Part(2, 12, 12), Part(3, 24, 5)]
NEW = NewObject("box", "a/ü", ALL, 29)
PATH = "/box/a/%C3%BC"


def crc(data: bytes) -> str:
    return base64_of(google_crc32c.value(data).to_bytes(4, "big"))


def about(content: bytes) -> dict[str, str]:
    """What Google tells of an object that was written."""
    size = str(len(content))
    return {"size": size, "generation": "15", "crc32c": crc(content), "timeCreated": "2026-11-27T10:00:00Z"}


STORED = {**about(b"".join(PIECES)), "metadata": METADATA}
GONE = xml("<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>", b"404 Not Found")
ABSENT = refused(404, "notFound")
COMPLETED = xml("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


def query(line: str) -> dict[str, list[str]]:
    return parse_qs(line.partition("?")[2], keep_blank_values=True)


def stored(etag: str = '"e1"', digest: str | None = None) -> bytes:
    """The answer to a part."""
    hashed = f"x-goog-hash: crc32c={digest}\r\n" if digest else ""
    return answer(b"", headers=ID + f"ETag: {etag}\r\n{hashed}".encode())


def upload(played: Played, *, check: bool = True, identity: str | None = "u 1") -> GCSUpload:
    return GCSUpload(played.client._requests, NEW, check=check, identity=identity)


def with_parts(played: Played, *, check: bool = True) -> GCSUpload:
    """An upload whose parts are there."""
    made = upload(played, check=check)
    for number in (2, 0, 1):
        played.answers += [stored(f'"e&{number + 1}"', crc(PIECES[number]))]
        made.put_part(PARTS[number], BytesBody(PIECES[number]))
    return made


class TestParts:
    def test_an_upload_begins_with_all_attributes(self, played: Played) -> None:
        played.answers += [
            xml("<InitiateMultipartUploadResult><UploadId>u 1</UploadId></InitiateMultipartUploadResult>")
        ]
        made = upload(played, identity=None)
        assert (made.identity, str(made)) == ("u 1", "the multipart upload u 1")
        assert played.lines == [f"POST {PATH}?uploads"]
        assert played.headers() == HEADERS

    def test_parts_are_sent_with_digests_until_google_tells_them(self, played: Played) -> None:
        with_parts(played)
        assert [query(line) for line in played.lines] == [
            {"partNumber": [str(number)], "uploadId": ["u 1"]} for number in (3, 1, 2)
        ]
        assert {line.partition("?")[0] for line in played.lines} == {f"PUT {PATH}"}
        assert [played.headers(number) for number in range(3)] == [
            {"x-goog-hash": f"crc32c={crc(PIECES[2])}"}, {}, {}
        ]  # fmt: skip
        assert played.bodies == [PIECES[2], PIECES[0], PIECES[1]]

    def test_parts_of_which_nothing_is_told_are_always_sent_with_digests(self, played: Played) -> None:
        made = upload(played)
        for part, piece in zip(PARTS, PIECES, strict=True):
            played.answers += [stored()]
            made.put_part(part, BytesBody(piece))
        assert [played.headers(number) for number in range(3)] == [
            {"x-goog-hash": f"crc32c={crc(piece)}"} for piece in PIECES
        ]

    def test_a_part_of_which_nothing_is_told_any_more_is_sent_again_with_its_digest(self, played: Played) -> None:
        made = upload(played)
        played.answers += [stored(digest=crc(PIECES[0])), *[stored()] * 3]
        for part, piece in zip(PARTS, PIECES, strict=True):
            made.put_part(part, BytesBody(piece))
        digests = [crc(PIECES[0]), None, crc(PIECES[1]), crc(PIECES[2])]
        assert [played.headers(number).get("x-goog-hash") for number in range(4)] == [
            digest and f"crc32c={digest}" for digest in digests
        ]

    @pytest.mark.parametrize("first", [True, False])
    def test_a_part_of_other_bytes_is_refused(self, first: bool, played: Played) -> None:
        made = upload(played) if first else with_parts(played)
        played.answers += [stored(digest=crc(b"other"))]
        with pytest.raises(IntegrityError, match="received other bytes of part 1: CRC-32C"):
            made.put_part(PARTS[0], BytesBody(PIECES[0]))
        lenient = upload(played, check=False)
        played.answers += [stored(digest=crc(b"other"))]
        lenient.put_part(PARTS[0], BytesBody(PIECES[0]))

    def test_an_answer_without_a_tag_is_none(self, played: Played) -> None:
        played.answers += [answer(b"", headers=ID)]
        with pytest.raises(BrokenAnswer, match=r"^the response to a part has no ETag"):
            upload(played).put_part(PARTS[0], BytesBody(PIECES[0]))

    def test_parts_are_listed_in_order_and_the_whole_is_compared(self, played: Played) -> None:
        made = with_parts(played)
        played.answers += [COMPLETED, told(STORED)]
        info = made.complete()
        assert info
        assert (info.size, info.hash, info.version_id) == (29, f"15-{google_crc32c.value(b''.join(PIECES)):08x}", "15")
        assert played.lines[3] == f"POST {PATH}?uploadId=u%201"
        rows = "".join(
            f'<Part><PartNumber>{number}</PartNumber><ETag>"e&amp;{number}"</ETag></Part>' for number in (1, 2, 3)
        )
        assert played.bodies[3].decode() == f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>"
        assert played.lines[4].startswith("GET /storage/v1/b/box/o/a%2F%C3%BC?")
        assert query(played.lines[4]) == {"fields": ["size,generation,crc32c,timeCreated,metadata"]}

    def test_a_whole_of_other_bytes_is_no_success(self, played: Played) -> None:
        for changes in ({"crc32c": crc(b"other")}, {"size": "30"}):
            made = with_parts(played)
            played.answers += [COMPLETED, told({**STORED, **changes})]
            with pytest.raises(IntegrityError, match=r"^Google reports that it stored other bytes"):
                made.complete()

    @pytest.mark.parametrize("found", [ABSENT, told({**STORED, "metadata": {"a-b": "c"}}), told(about(b""))])
    def test_what_was_replaced_since_is_not_compared(self, found: bytes, played: Played) -> None:
        made = with_parts(played)
        played.answers += [COMPLETED, found]
        assert made.complete() is None

    def test_what_cannot_be_looked_at_is_not_compared_silently(self, played: Played) -> None:
        made = with_parts(played)
        played.answers += [COMPLETED, refused(403, "forbidden")]
        with pytest.raises(Refusal, match="403"):
            made.complete()

    def test_nothing_is_asked_where_nothing_is_to_be_compared(self, played: Played) -> None:
        made = with_parts(played, check=False)
        played.answers += [COMPLETED]
        assert made.complete() is None
        assert not played.answers


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("Initiate a multipart upload", lambda client: client._object_multipart(NEW)),
        ("List parts", lambda client: client._object_reopen(NEW, "u").take_up({})),
        ("Upload a part", lambda client: client._object_reopen(NEW, "u").put_part(PARTS[0], BytesBody(PIECES[0]))),
        ("Complete a multipart upload", lambda client: client._object_reopen(NEW, "u").complete()),
        ("Abort a multipart upload", lambda client: client._object_reopen(NEW, "u").abort()),
        ("List multipart uploads", lambda client: client._cleanup("box", "", 0.0)),
        ("objects.insert", lambda client: client._object_multipart(dataclasses.replace(NEW, if_absent=True))),
    ],
)
def test_a_refusal_says_of_what(operation: str, ask: Callable[[GCSClient], object], played: Played) -> None:
    played.answers += [refused(403, "forbidden")]
    with pytest.raises(Refusal) as found:
        ask(played.client)
    assert found.value.operation == operation


def test_a_refusal_of_what_follows_says_of_what(played: Played) -> None:
    made = with_parts(played)
    played.answers += [COMPLETED, refused(403, "forbidden")]
    with pytest.raises(Refusal) as found:
        made.complete()
    assert found.value.operation == "objects.get"
    for operation in ("objects.insert", "cancel an upload"):
        played.answers += [SESSION, refused(403, "forbidden")]
        resumable = ResumableUpload(played.client._requests, NEW, check=True)
        with pytest.raises(Refusal) as found:
            resumable.put_part(Part(1, 0, UNIT), BytesBody(bytes(UNIT))) if "insert" in operation else resumable.abort()
        assert found.value.operation == operation


class TestTheAnswerToTheCompletionIsLost:
    @staticmethod
    def begun(played: Played, age: float, status: int = 503) -> GCSUpload:
        """An upload whose object is of so many seconds after its begin, and whose completion was not answered well."""
        made = with_parts(played)
        made._begun = 1795773600.0 - age
        played.answers += [refused(status, "backendError")]
        with pytest.raises(Refusal, match=str(status)):
            made.complete()
        return made

    @pytest.mark.parametrize(("age", "done"), [(0.0, True), (-0.9, True), (9.0, True), (-1.1, False)])
    def test_an_upload_that_is_gone_was_published_if_the_object_is_new(
        self, age: float, done: bool, played: Played
    ) -> None:
        made = self.begun(played, age)
        played.answers += [GONE, told({**STORED, "name": "a/ü"})]
        if done:
            assert made.complete() is None
        else:
            with pytest.raises(Refusal, match="NoSuchUpload"):
                made.complete()
        assert played.lines[-1].startswith("GET /storage/v1/b/box/o/a%2F%C3%BC?")

    def test_it_was_not_if_no_object_is_there(self, played: Played) -> None:
        made = self.begun(played, 0.0)
        played.answers += [GONE, ABSENT]
        with pytest.raises(Refusal, match="NoSuchUpload"):
            made.complete()

    def test_it_is_not_known_if_that_cannot_be_looked_at(self, played: Played) -> None:
        made = self.begun(played, 0.0)
        played.answers += [GONE, refused(503, "backendError")]
        with pytest.raises(Refusal, match="503"):
            made.complete()

    def test_the_first_time_nothing_was_published(self, played: Played) -> None:
        made = with_parts(played)
        made._begun = 0.0
        played.answers += [GONE]
        with pytest.raises(Refusal, match="NoSuchUpload"):
            made.complete()
        assert not played.answers

    def test_another_refusal_is_what_it_is(self, played: Played) -> None:
        made = self.begun(played, 0.0)
        played.answers += [xml("<Error><Code>InvalidPart</Code></Error>", b"400 Bad")]
        with pytest.raises(Refusal, match="InvalidPart"):
            made.complete()

    def test_the_begin_is_now(self, played: Played) -> None:
        before = time.time()
        assert before <= upload(played)._begun <= time.time()


def listing(rows: str, **fields: str) -> bytes:
    told_fields = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return xml(f"<ListPartsResult>{told_fields}{rows}</ListPartsResult>")


def row(number: int, etag: str, size: int) -> str:
    return f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><Size>{size}</Size></Part>"


RECEIPTS = {
    part: json.dumps([f'"e{part.number}"', google_crc32c.value(piece).to_bytes(4, "big").hex()])
    for part, piece in zip(PARTS, PIECES, strict=True)
}


class TestTakingUp:
    def test_parts_that_are_there_are_completed_with_the_others(self, played: Played) -> None:
        made = upload(played)
        played.answers += [
            listing(row(1, '"e1"', 12) + row(2, "e2", 12), IsTruncated="True", NextPartNumberMarker="2"),
            listing(row(3, '"e3"', 5), IsTruncated="false"),
        ]
        assert [*made.take_up(RECEIPTS)] == PARTS
        assert [query(line) for line in played.lines] == [
            {"uploadId": ["u 1"]}, {"uploadId": ["u 1"], "part-number-marker": ["2"]}
        ]  # fmt: skip
        assert {line.partition("?")[0] for line in played.lines} == {f"GET {PATH}"}
        assert {part: made.receipt(part) for part in PARTS} == RECEIPTS
        played.answers += [COMPLETED, told(STORED)]
        assert made.complete()

    def test_what_has_another_tag_or_size_is_sent_again(self, played: Played) -> None:
        played.answers += [listing(row(1, '"e9"', 12) + row(2, '"e2"', 11), IsTruncated="false")]
        assert [*upload(played).take_up(RECEIPTS)] == []

    def test_a_listing_that_repeats_itself_is_none(self, played: Played) -> None:
        played.answers += [listing("", IsTruncated="true", NextPartNumberMarker="2")] * 2
        with pytest.raises(BrokenAnswer, match=r"^the listing of parts repeats itself"):
            upload(played).take_up(RECEIPTS)

    def test_an_upload_that_is_gone_is_said_to_be(self, played: Played) -> None:
        played.answers += [GONE]
        with pytest.raises(UploadGone):
            upload(played).take_up(RECEIPTS)
        played.answers += [xml("<Error><Code>SlowDown</Code></Error>", b"503 Slow")]
        with pytest.raises(Refusal, match="SlowDown"):
            upload(played).take_up(RECEIPTS)


def uploads(rows: str, **fields: str) -> bytes:
    told_fields = "".join(f"<{name}>{value}</{name}>" for name, value in {"Bucket": "box", **fields}.items())
    return xml(f"<ListMultipartUploadsResult>{told_fields}{rows}</ListMultipartUploadsResult>")


def open_upload(name: str, upload_id: str, begun: str = "2026-11-27T10:00:00Z") -> str:
    return f"<Upload><Key>{name}</Key><UploadId>{upload_id}</UploadId><Initiated>{begun}</Initiated></Upload>"


BEGUN = 1795773600.0
ABORTED = answer(b"", b"204 No Content")


class TestWhatKilledWritersLeft:
    def test_an_upload_is_aborted(self, played: Played) -> None:
        played.answers += [ABORTED, GONE]
        made = upload(played)
        made.abort()
        made.abort()
        assert played.lines == [f"DELETE {PATH}?uploadId=u%201"] * 2
        played.answers += [GONE]
        assert multipart.abort(played.client._requests, PATH, "x") is False
        played.answers += [refused(503, "backendError")]
        with pytest.raises(Refusal, match="503"):
            made.abort()

    def test_old_ones_of_all_pages_are_aborted(self, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(time, "time", lambda: BEGUN + 100.0)
        first = open_upload("a%2Fb+c", "u1") + open_upload("other", "u2") + open_upload("a%2Fkept", "u3")
        second = open_upload("a/new", "u4", "2026-11-27T10:00:00.001Z") + open_upload("a/gone", "u5")
        markers = {"NextKeyMarker": "a%2Fkept", "NextUploadIdMarker": "u3"}
        played.answers += [
            uploads(first, EncodingType="url", IsTruncated="True", **markers),
            uploads(second, IsTruncated="false"),
            ABORTED,
            GONE,
        ]
        report = multipart.cleanup(played.client._requests, "box", "a/", 100.0, ("u3",))
        assert report == CleanupReport(("a/b c (upload u1)",), 0)
        usual = {"uploads": [""], "encoding-type": ["url"], "prefix": ["a/"]}
        assert [query(line) for line in played.lines] == [
            usual, {**usual, "key-marker": ["a/kept"], "upload-id-marker": ["u3"]}, {"uploadId": ["u1"]},
            {"uploadId": ["u5"]},
        ]  # fmt: skip
        assert [line.partition("?")[0] for line in played.lines] == [
            "GET /box/", "GET /box/", "DELETE /box/a/b%20c", "DELETE /box/a/gone"
        ]  # fmt: skip

    def test_a_listing_that_repeats_itself_is_none(self, played: Played) -> None:
        played.answers += [uploads("", IsTruncated="true", NextKeyMarker="a", NextUploadIdMarker="u")] * 2
        with pytest.raises(BrokenAnswer, match=r"^the listing of uploads repeats itself"):
            multipart.cleanup(played.client._requests, "box", "", 0.0)

    def test_a_time_that_cannot_be_read_is_an_error(self, played: Played) -> None:
        played.answers += [uploads(open_upload("a", "u", "today"), IsTruncated="false")]
        with pytest.raises(StrangeAnswer, match=r"^the response has a time that cannot be read"):
            multipart.cleanup(played.client._requests, "box", "", 0.0)

    @pytest.mark.parametrize(("since", "ends"), [(-30.0, True), (1.0, True), (-30.1, False), (1.1, False)])
    def test_what_a_process_began_before_it_died_is_ended(self, since: float, ends: bool, played: Played) -> None:
        rows = open_upload("a/ü", "u1") + open_upload("a/ü+2", "u2")
        played.answers += [uploads(rows, IsTruncated="false"), ABORTED]
        multipart.end_begun(played.client._requests, NEW, BEGUN + since)
        assert played.lines[1:] == ([f"DELETE {PATH}?uploadId=u1"] if ends else [])
        assert query(played.lines[0])["prefix"] == ["a/ü"]

    def test_of_two_nobody_can_tell_whose_they_are(self, played: Played) -> None:
        played.answers += [uploads(open_upload("a/ü", "u1") + open_upload("a/ü", "u2"), IsTruncated="false")]
        multipart.end_begun(played.client._requests, NEW, BEGUN)
        assert len(played.lines) == 1


def goes_on(count: int) -> bytes:
    """So many bytes are stored."""
    place = f"Range: bytes=0-{count - 1}\r\n" if count else ""
    return answer(b"", b"308 Resume Incomplete", ID + place.encode())


SESSION = answer(b"", headers=ID + b"Location: http://elsewhere/upload?uploadType=resumable&upload_id=s1\r\n")
SESSION_LINE = "PUT /upload/storage/v1/b/box/o?uploadType=resumable&upload_id=s1"


class TestResumable:
    @staticmethod
    def begin(played: Played, *, check: bool = True, **conditions: Any) -> ResumableUpload:
        played.answers += [SESSION]
        return ResumableUpload(played.client._requests, dataclasses.replace(NEW, **conditions), check=check)

    @pytest.mark.parametrize(
        ("conditions", "asked"),
        [({}, []), ({"if_absent": True}, ["0"]), ({"if_hash": "15-00000000"}, ["15"])],
    )
    def test_a_session_begins_with_all_attributes_and_the_condition(
        self, conditions: dict[str, Any], asked: list[str], played: Played
    ) -> None:
        made = self.begin(played, **conditions)
        assert str(made) == "a resumable upload, which ends by itself after a week,"
        assert played.lines[0].startswith("POST /upload/storage/v1/b/box/o?")
        assert query(played.lines[0]) == {
            "uploadType": ["resumable"], "fields": ["size,generation,crc32c,timeCreated"],
            **({"ifGenerationMatch": asked} if asked else {}),
        }  # fmt: skip
        assert json.loads(played.bodies[0])["metadata"] == METADATA
        assert played.headers()["x-upload-content-type"] == "text/plain"
        assert played.headers()["content-type"].startswith("application/json")

    @pytest.mark.parametrize("location", ["", "Location: http://x/?a=b\r\n", "Location: http://x/upload_id=1\r\n"])
    def test_a_begin_without_a_session_is_none(self, location: str, played: Played) -> None:
        played.answers += [answer(b"", headers=ID + location.encode())]
        with pytest.raises(BrokenAnswer, match=r"^the response to the start of an upload has no session URL"):
            ResumableUpload(played.client._requests, NEW, check=True)

    def test_units_are_sent_in_order_and_the_rest_with_what_follows(self, played: Played) -> None:
        made = self.begin(played)
        first, second = b"a" * (UNIT + 10), b"b" * (UNIT - 7)
        played.answers += [goes_on(UNIT), goes_on(2 * UNIT)]
        made.put_part(Part(1, 0, len(first)), BytesBody(first))
        made.put_part(Part(2, len(first), len(second)), BytesBody(second))
        made.put_part(Part(1, 0, len(first)), BytesBody(first))
        whole = first + second
        assert [played.headers(number)["content-range"] for number in (1, 2)] == [
            f"bytes 0-{UNIT - 1}/*", f"bytes {UNIT}-{2 * UNIT - 1}/*"
        ]  # fmt: skip
        assert played.lines[1:] == [SESSION_LINE] * 2
        played.answers += [told(about(whole))]
        info = made.complete()
        assert info
        assert (info.hash, info.last_modified) == (f"15-{google_crc32c.value(whole):08x}", 1795773600.0)
        assert played.headers() == {
            "content-range": f"bytes {2 * UNIT}-{2 * UNIT + 2}/{len(whole)}", "x-goog-hash": f"crc32c={crc(whole)}"
        }  # fmt: skip
        assert b"".join(played.bodies[1:]) == whole

    def test_what_is_not_taken_is_sent_again(self, played: Played) -> None:
        made = self.begin(played)
        piece = b"ab" * UNIT
        played.answers += [goes_on(UNIT), goes_on(2 * UNIT)]
        made.put_part(Part(1, 0, len(piece)), BytesBody(piece))
        assert [len(body) for body in played.bodies[1:]] == [2 * UNIT, UNIT]
        assert played.headers()["content-range"] == f"bytes {UNIT}-{2 * UNIT - 1}/*"

    @pytest.mark.parametrize("taken", [0, UNIT])
    def test_after_a_failure_it_is_asked_what_is_stored(self, taken: int, played: Played) -> None:
        made = self.begin(played)
        piece = b"ab" * UNIT
        played.answers += [refused(503, "backendError"), goes_on(taken), goes_on(2 * UNIT)]
        with pytest.raises(Refusal, match="503"):
            made.put_part(Part(1, 0, len(piece)), BytesBody(piece))
        made.put_part(Part(1, 0, len(piece)), BytesBody(piece))
        assert played.headers(2)["content-range"] == "bytes */*"
        assert played.bodies[2] == b""
        assert played.headers(3)["content-range"] == f"bytes {taken}-{2 * UNIT - 1}/*"
        assert played.bodies[3] == piece[taken:]

    @pytest.mark.parametrize("taken", [0, UNIT])
    def test_a_store_that_takes_no_more_is_given_up(self, taken: int, played: Played) -> None:
        made = self.begin(played)
        piece = b"ab" * UNIT
        played.answers += [*([goes_on(taken)] if taken else []), goes_on(taken)]
        with pytest.raises(TemporaryError, match=r"^the store takes no more of the upload"):
            made.put_part(Part(1, 0, len(piece)), BytesBody(piece))

    def test_an_upload_that_ended_before_all_was_sent_is_none(self, played: Played) -> None:
        made = self.begin(played)
        played.answers += [told(about(b"a" * UNIT))]
        with pytest.raises(StrangeAnswer, match=r"^the upload has ended before all was sent"):
            made.put_part(Part(1, 0, UNIT), BytesBody(b"a" * UNIT))

    @pytest.mark.parametrize("status", [404, 410, 499])
    def test_a_session_that_has_ended_is_begun_again_by_the_caller(self, status: int, played: Played) -> None:
        made = self.begin(played)
        played.answers += [refused(status, "gone")]
        with pytest.raises(ServiceError, match=r"^Google has ended the session of the upload") as found:
            made.put_part(Part(1, 0, UNIT), BytesBody(b"a" * UNIT))
        assert found.value.hint == "send the object again"

    def test_an_end_that_is_none_is_no_success(self, played: Played) -> None:
        for end in (goes_on(UNIT), told([])):
            made = self.begin(played)
            played.answers += [goes_on(UNIT), end]
            made.put_part(Part(1, 0, UNIT), BytesBody(b"a" * UNIT))
            with pytest.raises(BrokenAnswer, match=r"^all was sent, but Google reports no object"):
                made.complete()

    def test_a_whole_of_other_bytes_is_no_success(self, played: Played) -> None:
        for check in (True, False):
            made = self.begin(played, check=check)
            made.put_part(Part(1, 0, 5), BytesBody(b"a" * 5))
            played.answers += [told(about(b"b" * 5))]
            if check:
                with pytest.raises(IntegrityError, match=r"^Google reports that it stored other bytes"):
                    made.complete()
            else:
                assert made.complete()

    @pytest.mark.parametrize("said", [ABORTED, refused(499, "cancelled"), refused(404, "notFound"), refused(410, "x")])
    def test_a_session_is_cancelled(self, said: bytes, played: Played) -> None:
        made = self.begin(played)
        played.answers += [said]
        made.abort()
        assert played.lines[-1] == SESSION_LINE.replace("PUT", "DELETE")
        assert "content-length: 0" in played.heads[-1].lower()
