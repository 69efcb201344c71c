"""What Google tells of an object, in JSON and in headers, and which requests ask for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from obs_client import ConflictError, GCSClient
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.refusals import Refusal
from obs_client.backend.combined import CombinedDigest
from obs_client.backends.gcs.reading import (
    FIELDS,
    base64_of,
    fields_at,
    generation_of,
    hash_of,
    hashes_of,
    info_of,
    info_of_headers,
    seconds_of_all,
)
from obs_client.errors import PreconditionError
from test.gcs.content.playing import ID, Played, playing, refused, told
from test.loopback.raw import answer

CRC32C = "NL0LzQ=="
HEX = "34bd0bcd"
LEAST = {
    "name": "name", "size": "7", "generation": "15", "crc32c": CRC32C, "timeCreated": "2026-11-27T10:00:00.250Z"
}  # fmt: skip
ALL = LEAST | {
    "contentType": "text/plain",
    "metadata": {"Color": "=?utf-8?q?r=C3=B6t?=", "obs-write-id": "0123"},
    "contentEncoding": "gzip",
    "contentDisposition": "inline",
    "contentLanguage": "de",
    "cacheControl": "no-store",
    "storageClass": "NEARLINE",
}
HEADERS = {
    "x-goog-generation": "15",
    "x-goog-hash": f"crc32c={CRC32C},md5=AAAAAAAAAAAAAAAAAAAAAA==",
    "last-modified": "Fri, 27 Nov 2026 10:00:00 GMT",
}
LARGE_SIZE = 3 * 1024 * 1024


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


def test_all_that_a_resource_tells_is_in_the_info() -> None:
    assert dataclasses.astuple(info_of(ALL)) == (
        "name", 7, f"15-{HEX}", "text/plain", {"color": "röt"}, 1795773600.25, "gzip", "inline", "de", "no-store",
        "0123", "NEARLINE", "15", None,
    )  # fmt: skip


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_a_resource_does_not_tell_is_none(nothing: str | None) -> None:
    names = ("metadata", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "storageClass")
    for resource in (LEAST, {**LEAST, **dict.fromkeys(names, nothing), "metadata": {"obs-write-id": ""}}):
        assert dataclasses.astuple(info_of(resource)) == (
            "name", 7, f"15-{HEX}", "application/octet-stream", {}, 1795773600.25, *[None] * 6, "15", None
        )  # fmt: skip


def test_what_is_encrypted_with_a_key_of_the_caller_has_no_hash() -> None:
    sealed: dict[str, Any] = {key: value for key, value in LEAST.items() if key != "crc32c"}
    assert info_of({**sealed, "customerEncryption": {}}).hash is None


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in LEAST if name != "name"),
        {"size": "many"},
        {"generation": "-1"},
        {"crc32c": "AAAA"},
        {"timeCreated": "today"},
        {"metadata": ["a"]},
    ],
    ids=str,
)
def test_a_resource_that_lacks_what_google_always_tells_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(StrangeAnswer, match=r"^the response is not an object of Google's: "):
        info_of({**LEAST, **changes})
    for name in changes:
        if name != "metadata":
            with pytest.raises(StrangeAnswer, match=name):
                info_of({key: value for key, value in LEAST.items() if key != name})


class TestHashes:
    def test_equal_ones_mean_equal_content(self) -> None:
        assert hash_of("15", CRC32C) == f"15-{HEX}"
        assert hashes_of(["15", "7", "8"], [CRC32C, "AAAAAA==", "/////w=="]) == [
            f"15-{HEX}", "7-00000000", "8-ffffffff"
        ]  # fmt: skip
        assert hashes_of([], []) == []
        assert base64_of(bytes.fromhex(HEX)) == CRC32C

    @pytest.mark.parametrize(
        ("generation", "digest"), [("x", CRC32C), ("", CRC32C), ("15", ""), ("15", "AAAAAAA="), ("15", "AAAAAB==")]
    )
    def test_what_is_none_is_refused(self, generation: str, digest: str) -> None:
        with pytest.raises(ValueError, match=r"^no generation, or no CRC-32C$"):
            hash_of(generation, digest)
        with pytest.raises(ValueError, match=r"^no generation, or no CRC-32C$"):
            hashes_of(["1", generation], [CRC32C, digest])

    @pytest.mark.parametrize(("generations", "digests"), [(["1"], []), ([], [CRC32C]), (["1"], [CRC32C * 2])])
    def test_as_many_generations_as_digests(self, generations: list[str], digests: list[str]) -> None:
        with pytest.raises(ValueError, match=r"^no generation, or no CRC-32C$"):
            hashes_of(generations, digests)

    def test_a_condition_is_one_on_the_generation(self) -> None:
        assert generation_of(f"15-{HEX}") == "15"
        for wrong in ("15", f"x-{HEX}", f"15-{HEX}0", "15-"):
            with pytest.raises(PreconditionError, match=f"no object in this store has the hash '{wrong}'"):
                generation_of(wrong)


def test_times_are_in_utc() -> None:
    assert seconds_of_all(["1970-01-01T00:00:01.5Z", "1970-01-01T01:00:00+01:00"]) == [1.5, 0.0]


class TestHeaders:
    def test_all_that_they_tell_is_in_the_info(self) -> None:
        headers = HEADERS | {
            "content-type": "text/plain",
            "x-goog-meta-Color": "red",
            "x-goog-meta-obs-write-id": "0123",
            "content-encoding": "gzip",
            "content-disposition": "inline",
            "content-language": "de",
            "cache-control": "no-store",
            "x-goog-storage-class": "NEARLINE",
        }
        info = info_of_headers("name", 7, headers)
        assert info
        assert dataclasses.astuple(info) == (
            "name", 7, f"15-{HEX}", "text/plain", {"color": "red"}, 1795773600.0, "gzip", "inline", "de", "no-store",
            "0123", "NEARLINE", "15", None,
        )  # fmt: skip

    @pytest.mark.parametrize("cached", [None, "", "private, max-age=0", "public, max-age=3600"])
    def test_what_they_do_not_tell_is_none(self, cached: str | None) -> None:
        names = ("content-encoding", "content-disposition", "content-language", "x-goog-storage-class")
        empty = {} if cached is None else {**dict.fromkeys(names, ""), "cache-control": cached}
        info = info_of_headers("name", 7, HEADERS | empty)
        assert info
        assert dataclasses.astuple(info) == (
            "name", 7, f"15-{HEX}", None, {}, 1795773600.0, *[None] * 6, "15", None
        )  # fmt: skip

    @pytest.mark.parametrize(
        "headers",
        [
            {**HEADERS, "x-goog-hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="},
            {**HEADERS, "last-modified": "today"},
            {**HEADERS, "x-goog-meta-key": "ü"},
            {key: value for key, value in HEADERS.items() if key != "x-goog-hash"},
            {key: value for key, value in HEADERS.items() if key != "last-modified"},
        ],
    )
    def test_what_they_cannot_tell_is_asked_for(self, headers: dict[str, str]) -> None:
        assert info_of_headers("name", 7, headers) is None


def lines(headers: dict[str, str], size: int) -> bytes:
    stored = {**headers, "x-goog-stored-content-length": str(size)}
    return ID + "".join(f"{name}: {value}\r\n" for name, value in stored.items()).encode()


def queries(played: Played) -> list[tuple[str, dict[str, list[str]]]]:
    """The method and path of each request, and its parameters."""
    parted = [line.partition("?") for line in played.lines]
    return [(path, parse_qs(query, strict_parsing=True) if query else {}) for path, _, query in parted]


def test_a_range_of_one_generation_is_asked_for(played: Played) -> None:
    headers = lines(HEADERS, 9) + b"Content-Range: bytes 2-3/9\r\n"
    played.answers += [answer(b"cd", b"206 Partial Content", headers)]
    with played.client._object_open("box", "a/ü", 2, 4, f"15-{HEX}") as reader:
        assert (reader.info.name, reader.info.size, reader.info.hash, reader.digest) == ("a/ü", 9, f"15-{HEX}", None)
    assert played.lines == ["GET /box/a/%C3%BC"]
    assert played.headers() == {"range": "bytes=2-3", "x-goog-if-generation-match": "15"}
    assert "accept-encoding: gzip" in played.heads[0].replace("Accept-Encoding", "accept-encoding")


def test_the_whole_is_compared_with_its_digest(played: Played) -> None:
    for size in (LARGE_SIZE, 0):
        played.answers += [answer(bytes(size), headers=lines(HEADERS, size))]
        with played.client._object_open("box", "name", 0, None, None) as reader:
            assert reader.digest == CombinedDigest(HEX, size)
        assert played.headers() == {}


def test_what_headers_lack_is_asked_for_by_the_generation(played: Played) -> None:
    played.answers += [
        answer(b"content", headers=lines({**HEADERS, "x-goog-hash": ""}, 7)),
        told({**ALL, "name": "a/ü"}),
    ]
    with played.client._object_open("box", "a/ü", 0, None, None) as reader:
        assert reader.info == info_of({**ALL, "name": "a/ü"})
    assert queries(played)[1] == (
        "GET /storage/v1/b/box/o/a%2F%C3%BC", {"fields": [FIELDS], "ifGenerationMatch": ["15"]}
    )  # fmt: skip


def test_an_object_without_a_hash_is_not_compared(played: Played) -> None:
    sealed = {key: value for key, value in LEAST.items() if key != "crc32c"}
    played.answers += [
        answer(b"content", headers=lines({**HEADERS, "x-goog-hash": ""}, 7)),
        told({**sealed, "customerEncryption": {}}),
    ]
    with played.client._object_open("box", "name", 0, None, None) as reader:
        assert reader.digest is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x-goog-generation": "x"}, "a Google object, or not of the bytes as they are stored"),
        ({"x-goog-stored-content-length": "8"}, "a Google object, or not of the bytes as they are stored"),
        ({"x-goog-hash": "of another size"}, "the bytes as they are stored"),
    ],
)
def test_what_is_not_stored_so_is_not_the_object(changes: dict[str, str], reason: str, played: Played) -> None:
    stored = {**HEADERS, "x-goog-stored-content-length": "7", **changes}
    headers = ID + "".join(f"{name}: {value}\r\n" for name, value in stored.items()).encode()
    played.answers += [answer(b"content", headers=headers), told({**ALL, "size": "8"})]
    with pytest.raises(StrangeAnswer, match=f"^the response is not of {reason}$"):
        played.client._object_open("box", "name", 0, None, None)


def test_what_was_unpacked_on_the_way_is_not_the_object(played: Played) -> None:
    headers = ID + "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + headers + b"\r\n7\r\ncontent\r\n0\r\n\r\n"
    played.answers += [chunked]
    with pytest.raises(StrangeAnswer, match=r"^the response does not say how many bytes the object has: .* it$"):
        played.client._object_open("box", "name", 0, None, None)


def test_an_emulator_that_tells_no_stored_length_is_asked_in_json(played: Played) -> None:
    headers = ID + "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()
    played.answers += [answer(b"content", headers=headers), told(ALL)]
    with played.client._object_open("box", "name", 0, None, None) as reader:
        assert reader.info.storage_class == "NEARLINE"


@pytest.mark.parametrize("if_hash", [None, f"15-{HEX}"])
def test_past_the_end_there_are_no_bytes_of_one_generation(if_hash: str | None, played: Played) -> None:
    played.answers += [answer(b"<Error/>", b"416 Range", ID), told(LEAST)]
    with played.client._object_open("box", "name", 9, 12, if_hash) as reader:
        assert reader.readinto(memoryview(bytearray(3))) == 0
        assert reader.info.size == 7
    condition = {} if if_hash is None else {"ifGenerationMatch": ["15"]}
    assert queries(played)[1] == ("GET /storage/v1/b/box/o/name", {"fields": [FIELDS], **condition})


def test_an_object_is_the_known_one_by_its_generation(played: Played) -> None:
    known = f"15-{HEX}"
    played.answers += [b"HTTP/1.1 304 Not Modified\r\n" + ID + b"\r\n"]
    assert played.client._object_open_changed("box", "a/ü", 0, None, known) is None
    path = "GET /storage/v1/b/box/o/a%2F%C3%BC"
    assert queries(played) == [(path, {"fields": ["generation"], "ifGenerationNotMatch": ["15"]})]
    played.answers += [told({"generation": "16"}), answer(b"content", headers=lines(HEADERS, 7))]
    opened = played.client._object_open_changed("box", "a/ü", 0, None, known)
    assert opened
    opened.close()
    played.answers += [answer(b"content", headers=lines(HEADERS, 7))]
    opened = played.client._object_open_changed("box", "a/ü", 0, None, "of another store")
    assert opened
    opened.close()
    assert played.lines[-1] == "GET /box/a/%C3%BC", "no generation was asked for"


def test_a_hash_of_another_store_is_no_condition(played: Played) -> None:
    with pytest.raises(ConflictError):
        played.client.object_read("name", if_hash="0x1")
    assert played.heads == []


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("objects.get", lambda client: client._object_info("box", "name")),
        ("Get Object", lambda client: client._object_open("box", "name", 0, None, None)),
        ("objects.get", lambda client: client._object_open_changed("box", "name", 0, None, f"15-{HEX}")),
        ("objects.get", lambda client: fields_at(client._requests, "box", "name")),
    ],
)
def test_a_refusal_says_of_what(operation: str, ask: Callable[[GCSClient], object], played: Played) -> None:
    played.answers += [refused(403, "forbidden")]
    with pytest.raises(Refusal) as found:
        ask(played.client)
    assert found.value.operation == operation


def test_all_fields_are_text(played: Played) -> None:
    played.answers += [told({"name": "a", "metadata": {"b": "c"}, "held": True})]
    assert fields_at(played.client._requests, "box", "a/b") == {"name": "a", "metadata": '{"b": "c"}', "held": "true"}
    assert played.lines == ["GET /storage/v1/b/box/o/a%2Fb"]
