"""What is told of an object in the headers of Azure, and which requests ask for it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator

import pytest

from obs_client import AzureClient, ConflictError, ObjectNotFoundError, ServiceError
from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.calls.refusals import Refusal
from obs_client.backend.combined import CombinedDigest
from obs_client.backend.crcs import CRC64, has_crc64
from obs_client.backend.integrity import ContentDigest, new_hash
from obs_client.backends.azure import reading
from obs_client.backends.azure.reading import digest_of, info_of, note_of_crc64, note_of_parts, tags_of
from test.azure.content import fips
from test.azure.playing import BLOB, ID, Played, playing
from test.loopback.raw import answer

MD5_OF_ABC = "900150983cd24fb0d6963f7d28e17f72"
BASE64_OF_ABC = "kAFQmDzST7DWlj99KOF/cg=="
TOLD = {"last-modified": "Fri, 27 Nov 2026 10:00:00 GMT", "content-length": "7"}
ABSENT = b"HTTP/1.1 404 Not Found\r\n" + ID + b"x-ms-error-code: BlobNotFound\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def played() -> Iterator[Played]:
    with playing("devstoreaccount1", {"AZURE_X": ""}) as found:
        yield found


def test_all_that_headers_tell_is_in_the_info() -> None:
    headers = TOLD | {
        "etag": '"0x1"',
        "content-type": "text/plain",
        "x-ms-meta-Color": "red",
        "x-ms-meta-obs__0x2d__write__0x2d__id": "0123.7",
        "content-encoding": "gzip",
        "content-disposition": "inline",
        "content-language": "de",
        "cache-control": "no-store",
        "x-ms-access-tier": "Cool",
        "x-ms-version-id": "v1",
        "x-ms-expiry-time": "Sat, 28 Nov 2026 10:00:00 GMT",
    }
    assert dataclasses.astuple(info_of("name", headers)) == (
        "name", 7, "0x1", "text/plain", {"color": "red"}, 1795773600.0, "gzip", "inline", "de", "no-store", "0123.7",
        "Cool", "v1", 1795860000.0,
    )  # fmt: skip


def test_what_headers_do_not_tell_is_none() -> None:
    empty = dict.fromkeys(("content-encoding", "content-disposition", "content-language", "cache-control"), "")
    for headers in (TOLD, {**TOLD, **empty, "x-ms-access-tier": "", "x-ms-version-id": ""}):
        assert dataclasses.astuple(info_of("name", headers)) == (
            "name", 7, None, None, {}, 1795773600.0, *[None] * 8
        )  # fmt: skip


def test_the_size_that_the_place_of_a_range_tells_goes_before_the_length_of_the_range() -> None:
    assert info_of("name", TOLD, 0).size == 0
    assert info_of("name", TOLD, 9).size == 9


@pytest.mark.parametrize("missing", TOLD)
def test_no_size_or_no_time_is_no_answer(missing: str) -> None:
    with pytest.raises(BrokenAnswer, match=r"^the response has no size or no time of the object: it is incomplete$"):
        info_of("name", {key: value for key, value in TOLD.items() if key != missing})


class TestDigests:
    def test_of_parts(self) -> None:
        digest = digest_of(25, f"id.10x2,5x1.{MD5_OF_ABC}", {"content-md5": BASE64_OF_ABC})
        assert digest == ContentDigest("md5", [10, 10, 5], (), MD5_OF_ABC)

    @pytest.mark.skipif(not has_crc64(), reason="needs what computes a CRC-64")
    def test_of_the_whole_by_pieces(self) -> None:
        digest = digest_of(25, "id.25.crc64-0123456789abcdef", {"content-md5": BASE64_OF_ABC})
        assert type(digest) is CombinedDigest
        assert digest == CombinedDigest("0123456789abcdef", 25, CRC64)

    @pytest.mark.parametrize("name", ["content-md5", "x-ms-blob-content-md5"])
    @pytest.mark.parametrize("mark", [None, "", "id", f"id.10x2,6x1.{MD5_OF_ABC}", "id.26.crc64-0123456789abcdef"])
    def test_of_the_whole(self, name: str, mark: str | None) -> None:
        assert digest_of(25, mark, {name: BASE64_OF_ABC}) == ContentDigest("md5", (25,), (MD5_OF_ABC,))

    def test_of_a_range_what_is_told_of_the_whole_goes_before(self) -> None:
        headers = {"x-ms-blob-content-md5": BASE64_OF_ABC, "content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}
        assert digest_of(25, None, headers) == ContentDigest("md5", (25,), (MD5_OF_ABC,))

    @pytest.mark.parametrize(
        "told", [None, "", "AAAA", BASE64_OF_ABC[:-1], BASE64_OF_ABC[:4] + "!" + BASE64_OF_ABC[4:]]
    )
    def test_of_nothing(self, told: str | None) -> None:
        assert digest_of(25, None, {} if told is None else {"content-md5": told}) is None

    def test_what_is_noted_is_read_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "hashlib", fips)
        pieces = [b"a" * 10, b"b" * 10, b"c" * 5]
        note = note_of_parts([10, 10, 5], [hashlib.md5(piece).digest() for piece in pieces])
        composite = hashlib.md5(b"".join(hashlib.md5(piece).digest() for piece in pieces)).hexdigest()
        assert note == f".10x2,5x1.{composite}"
        assert digest_of(25, f"id{note}", {}) == ContentDigest("md5", [10, 10, 5], (), composite)

    @pytest.mark.skipif(not has_crc64(), reason="needs what computes a CRC-64")
    def test_what_is_noted_of_pieces_is_that_of_the_whole(self) -> None:
        pieces = [b"a" * 10, b"b" * 10, b"c" * 5]
        hashes = []
        for content in (*pieces, b"".join(pieces)):
            hasher = new_hash(CRC64)
            hasher.update(content)
            hashes.append(hasher.digest())
        note = note_of_crc64([(len(piece), digest) for piece, digest in zip(pieces, hashes[:-1], strict=True)])
        assert note == f".25.crc64-{hashes[-1].hex()}"
        assert digest_of(25, f"id{note}", {}) == CombinedDigest(hashes[-1].hex(), 25, CRC64)


def first_lines(played: Played) -> list[str]:
    return [head.partition(" HTTP/")[0] for head in played.heads]


def fields(head: str) -> dict[str, str]:
    """What a request said of range and conditions."""
    pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:])
    return {name: value for name, value in pairs if name in ("Range", "If-Match", "If-None-Match")}


def test_a_range_of_one_version_is_asked_for(played: Played) -> None:
    told = BLOB + b"Content-Range: bytes 2-3/9\r\n"
    played.answers += [answer(b"cd", b"206 Partial Content", told)]
    with played.client._object_open("box", "a/ü", 2, 4, "0x1") as reader:
        assert (reader.info.name, reader.info.size, reader.info.hash, reader.digest) == ("a/ü", 9, "0x1", None)
    assert first_lines(played) == ["GET /devstoreaccount1/box/a/%C3%BC"]
    assert fields(played.heads[0]) == {"Range": "bytes=2-3", "If-Match": '"0x1"'}


def test_no_bytes_of_one_version_are_asked_for_by_its_headers(played: Played) -> None:
    played.answers += [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" + BLOB + b"\r\n"]
    with played.client._object_open("box", "name", 4, 4, "0x1") as reader:
        assert (reader.info.name, reader.info.size) == ("name", 9)
    assert first_lines(played) == ["HEAD /devstoreaccount1/box/name"]
    assert fields(played.heads[0]) == {"If-Match": '"0x1"'}


@pytest.mark.parametrize("how", ["416", "206"])
def test_past_the_end_there_are_no_bytes_of_one_version(how: str, played: Played) -> None:
    """Azurite answers a range that starts at the end by 206 and nothing."""
    refusal = answer(b"", b"416 Range", ID + b"x-ms-error-code: InvalidRange\r\n")
    nothing = answer(b"", b"206 Partial Content", BLOB)
    played.answers += [{"416": refusal, "206": nothing}[how]]
    played.answers += [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" + BLOB + b"\r\n"]
    with played.client._object_open("box", "name", 9, 12, "0x1") as reader:
        assert reader.readinto(memoryview(bytearray(3))) == 0
        assert reader.info.size == 9
    assert fields(played.heads[1]) == {"If-Match": '"0x1"'}


def test_an_empty_object_is_no_range_past_its_end(played: Played) -> None:
    played.answers += [answer(b"", headers=BLOB)]
    assert played.client.object_read("name") == b""
    assert len(played.heads) == 1


def test_a_failed_condition_is_looked_at_since_what_is_absent_fails_it_too(played: Played) -> None:
    failed = answer(b"", b"412 Precondition Failed", ID + b"x-ms-error-code: ConditionNotMet\r\n")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" + BLOB + b"\r\n"
    played.answers += [failed, head]
    with pytest.raises(ConflictError):
        played.client.object_read("name", if_hash="0x2")
    assert first_lines(played)[1] == "HEAD /devstoreaccount1/box/name"
    assert fields(played.heads[1]) == {}
    played.answers += [failed, ABSENT]
    with pytest.raises(ObjectNotFoundError):
        played.client.object_read("name", if_hash="0x2")


def test_content_is_not_compared_where_the_caller_says_so(played: Played) -> None:
    told = BLOB + b"Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    played.client.options = dataclasses.replace(played.client.options, check_content=False)
    played.answers += [answer(b"content", headers=told)]
    assert played.client.object_read("name") == b"content"


def test_what_is_not_from_azure_is_no_object(played: Played) -> None:
    played.answers += [answer(b"content", headers=BLOB.removeprefix(ID))] * 8
    with pytest.raises(ServiceError, match="is not from Azure"):
        played.client.object_read("name")


def test_an_empty_object_is_compared_too(played: Played) -> None:
    played.answers += [answer(b"", headers=BLOB + b"Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\n")]
    with played.client._object_open("box", "name", 0, None, None) as reader:
        assert reader.digest
        assert reader.digest.part_sizes == (0,)


def test_what_is_known_is_not_sent(played: Played) -> None:
    played.answers += [b"HTTP/1.1 304 Not Modified\r\n" + ID + b"x-ms-error-code: ConditionNotMet\r\n\r\n"]
    assert played.client._object_open_changed("box", "name", 0, None, "0x1") is None
    assert fields(played.heads[0]) == {"If-None-Match": '"0x1"'}
    assert len(played.heads) == 1


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("Get Blob Properties", lambda client: client._object_info("box", "name")),
        ("Get Blob", lambda client: client._object_open("box", "name", 0, None, None)),
        ("Get Blob Tags", lambda client: client._object_tags("box", "name")),
    ],
)
def test_a_refusal_says_of_what(operation: str, ask: Callable[[AzureClient], object], played: Played) -> None:
    played.answers += [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n" + ID + b"\r\n"] * 2
    with pytest.raises(Refusal) as found:
        ask(played.client)
    assert found.value.operation == operation


def test_tags_are_read_by_their_names(played: Played) -> None:
    document = (
        b"<Tags><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value>2</Value></Tag></TagSet></Tags>"
    )
    played.answers += [answer(document, headers=ID)]
    assert tags_of(played.client._requests, "box", "name") == {"a": "1", "b": "2"}
    assert first_lines(played) == ["GET /devstoreaccount1/box/name?comp=tags"]
