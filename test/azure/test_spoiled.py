"""Answers of Azure's that must be compared with what was sent, or with each other, each spoiled in one way."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest

from obs_client import IntegrityError, ServiceError
from obs_client.backend.crcs import CRC64, has_crc64
from obs_client.backend.integrity import new_hash
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.backends.azure.names import METADATA, sent_metadata
from test.azure.playing import BLOB, ID, Played, playing
from test.loopback.raw import answer

CONTENT = bytes(range(250))
OTHER = CONTENT[:100] + b"?" + CONTENT[101:]


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def crc64(data: bytes) -> str:
    hasher = new_hash(CRC64)
    hasher.update(data)
    return hasher.hexdigest()


def header(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()


def mark(note: str) -> bytes:
    """What this library notes with an object that it wrote by parts."""
    ((key, value),) = sent_metadata({WRITE_ID_KEY: f"0123456789abcdef{note}"}).items()
    return header(METADATA + key, value)


@pytest.fixture
def played() -> Iterator[Played]:
    with playing("devstoreaccount1", {"AZURE_X": ""}) as found:
        yield found


def test_a_write_whose_md5_is_told_otherwise_is_no_success(played: Played) -> None:
    played.answers += [answer(b"", b"201 Created", BLOB + header("Content-MD5", md5(b"other")))]
    with pytest.raises(IntegrityError, match="Azure reports that it received other bytes: MD5"):
        played.client.object_write("name", CONTENT)
    played.answers += [answer(b"", b"201 Created", BLOB + header("Content-MD5", md5(CONTENT)))]
    assert played.client.object_write("name", CONTENT)
    assert all(f"Content-MD5: {md5(CONTENT)}" in head for head in played.heads)


def test_a_block_that_is_sent_with_its_md5_is_compared_by_it(played: Played) -> None:
    """Where nothing is told of CRC-64."""
    blocks = [b"", header("Content-MD5", md5(b"other"))] if has_crc64() else [header("Content-MD5", md5(b"other"))]
    played.client.options = played.client.options.__class__(part_size=len(CONTENT), workers=1, attempts=1)
    played.answers += [answer(b"", b"201 Created", ID + told) for told in blocks]
    with pytest.raises(IntegrityError, match="Azure reports that it received other bytes: MD5"):
        played.client.object_write("name", CONTENT * 2)


PIECES = b"".join(hashlib.md5(CONTENT[at : at + 100]).digest() for at in (0, 100, 200))
DIGESTS = [
    header("Content-MD5", md5(CONTENT)),
    header("x-ms-blob-content-md5", md5(CONTENT)),
    mark(f".100x2,50x1.{hashlib.md5(PIECES).hexdigest()}"),
    *([mark(f".250.crc64-{crc64(CONTENT)}")] if has_crc64() else []),
]


def verified(played: Played) -> bool:
    with played.client.object_open("name") as file:
        file.read()
        return file.verified


@pytest.mark.parametrize("told", DIGESTS, ids=lambda told: told.decode()[:40].strip())
def test_content_is_compared_with_what_is_told_of_it(told: bytes, played: Played) -> None:
    played.answers += [answer(CONTENT, headers=BLOB + told)] * 2
    assert played.client.object_read("name") == CONTENT
    assert verified(played)
    played.answers += [answer(OTHER, headers=BLOB + told)]
    with pytest.raises(IntegrityError, match="other bytes"):
        played.client.object_read("name")


@pytest.mark.parametrize(
    "told",
    [
        mark(f".100x2,51x1.{'0' * 32}"),
        mark(".251.crc64-0123456789abcdef"),
        mark(""),
        header("Content-MD5", "no base64"),
        header("Content-MD5", base64.b64encode(b"too short").decode()),
        b"",
    ],
    ids=lambda told: told.decode()[:70].strip(),
)
def test_what_is_noted_of_other_content_proves_nothing(told: bytes, played: Played) -> None:
    """Whoever replaced the object kept its metadata."""
    played.answers += [answer(CONTENT, headers=BLOB + told)] * 2
    assert played.client.object_read("name") == CONTENT
    assert not verified(played)


def test_of_a_range_only_its_place_is_compared(played: Played) -> None:
    part = header("Content-Range", "bytes 5-99/250")
    told = BLOB + part + header("Content-MD5", md5(b"other"))
    played.answers += [answer(CONTENT[5:100], b"206 Partial Content", told)]
    assert played.client.object_read("name", start=5, stop=100) == CONTENT[5:100]
    for wrong in ("bytes 4-98/250", "bytes 5-98/250", "bytes 5-100/250", "bytes 5-99/60", "none"):
        told = BLOB + header("Content-Range", wrong)
        played.answers += [answer(CONTENT[5:100], b"206 Partial Content", told)]
        with pytest.raises(ServiceError):
            played.client.object_read("name", start=5, stop=100)


@pytest.mark.parametrize("told", DIGESTS, ids=lambda told: told.decode()[:40].strip())
def test_a_range_has_no_digest_and_the_whole_by_a_range_has_one(told: bytes, played: Played) -> None:
    """What Azure tells with a range is of the whole: no byte of a part can be compared with it."""
    for start, stop, proved in ((0, 250, True), (0, 300, True), (0, 249, False), (1, 250, False), (5, 100, False)):
        held = CONTENT[start:stop]
        part = header("Content-Range", f"bytes {start}-{start + len(held) - 1}/250")
        played.answers += [answer(held, b"206 Partial Content", BLOB + part + told)]
        with played.client._object_open("box", "name", start, stop, None) as reader:
            assert (reader.digest is not None) is proved


@pytest.mark.parametrize("missing", ["Last-Modified", "ID"])
def test_an_answer_that_lacks_what_azure_always_tells_is_none(missing: str, played: Played) -> None:
    told = {"Last-Modified": ID + b'ETag: "0x1"\r\n', "ID": BLOB.removeprefix(ID)}[missing]
    played.answers += [answer(CONTENT, headers=told)] * 8
    with pytest.raises(ServiceError):
        played.client.object_read("name")
