"""What is sent to Azure with an object: its attributes, its digests and its conditions; and what is told of it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterator

import pytest

from obs_client import AzureClient, IntegrityError, InvalidNameError
from obs_client._http.kit.calls.refusals import Refusal
from obs_client.backend.body import BytesBody
from obs_client.backend.crcs import CRC64, has_crc64
from obs_client.backend.integrity import new_hash
from obs_client.backend.multipart import Part, UploadGone
from obs_client.backend.values import NewObject
from obs_client.backends.azure import blocks
from obs_client.backends.azure.writing import check_container_name
from obs_client.errors import PreconditionError
from obs_client.models import Attributes
from test.azure.content import fips
from test.azure.playing import BLOB, ID, Played, playing
from test.loopback.raw import answer

CONTENT = b"some content"
ALL = Attributes("text/plain", {"a-b": "c"}, "gzip", "inline", "de", "no-store", write_id="0123456789abcdef")
ALL_SENT = {
    "x-ms-blob-content-type": "text/plain",
    "x-ms-blob-content-encoding": "gzip",
    "x-ms-blob-content-disposition": "inline",
    "x-ms-blob-content-language": "de",
    "x-ms-blob-cache-control": "no-store",
    "x-ms-meta-a__0x2d__b": "c",
}
MARK = "x-ms-meta-obs__0x2d__write__0x2d__id"
PLAIN = Attributes("text/plain", {})
CREATED = answer(b"", b"201 Created", BLOB + b"x-ms-version-id: v1\r\n")
SIZES = (12, 12, 5)
PARTS = [Part(number + 1, number * 12, size) for number, size in enumerate(SIZES)]
PIECES = [bytes([65 + number]) * size for number, size in enumerate(SIZES)]
NEW = NewObject("box", "a/ü", ALL, sum(SIZES))
WRITTEN = ("0x1", 1795773600.0, "v1")


@pytest.fixture
def played() -> Iterator[Played]:
    with playing("devstoreaccount1", {"AZURE_X": ""}) as found:
        yield found


def sent(head: str) -> dict[str, str]:
    """The headers of a request that say something of the object."""
    pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:])
    return {name: value for name, value in pairs if re.match(r"(?i)x-ms-(blob|meta)-|if-|content-md5", name)}


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def written(played: Played, attributes: Attributes, **conditions: str | bool) -> tuple[str, dict[str, str]]:
    """The line and the headers of a write by one request."""
    new = NewObject("box", "a/ü", attributes, len(CONTENT), **conditions)  # type: ignore[arg-type]
    played.answers += [CREATED]
    info = played.client._object_write(new, BytesBody(CONTENT))
    assert info
    assert (info.name, info.size, info.content_type) == ("a/ü", len(CONTENT), "text/plain")
    assert (info.hash, info.last_modified, info.version_id) == WRITTEN
    assert played.bodies[-1].encode() == CONTENT
    return played.heads[-1].partition(" HTTP/")[0], sent(played.heads[-1])


def test_a_write_carries_all_attributes_and_its_digest(played: Played) -> None:
    line, headers = written(played, ALL)
    assert line == "PUT /devstoreaccount1/box/a/%C3%BC"
    digest = {"x-ms-blob-type": "BlockBlob", "Content-MD5": md5(CONTENT)}
    assert headers == {**ALL_SENT, **digest, MARK: "0123456789abcdef"}


@pytest.mark.parametrize(
    ("conditions", "told"),
    [({"if_absent": True}, {"If-None-Match": "*"}), ({"if_hash": "0x9"}, {"If-Match": '"0x9"'}), ({}, {})],
)
def test_a_write_carries_its_condition(conditions: dict[str, str], told: dict[str, str], played: Played) -> None:
    digest = {"x-ms-blob-type": "BlockBlob", "Content-MD5": md5(CONTENT)}
    assert written(played, PLAIN, **conditions)[1] == {"x-ms-blob-content-type": "text/plain", **digest, **told}


def test_metadata_alone_are_replaced_with_the_mark_and_under_the_condition(played: Played) -> None:
    played.answers += [answer(b"", headers=BLOB)]
    played.client._object_replace_metadata("box", "name", ALL, "0x9")
    assert played.heads[0].startswith("PUT /devstoreaccount1/box/name?comp=metadata HTTP/")
    assert sent(played.heads[0]) == {"x-ms-meta-a__0x2d__b": "c", MARK: "0123456789abcdef", "If-Match": '"0x9"'}


def test_the_digest_of_a_body_is_not_computed_again(played: Played) -> None:
    body = BytesBody(CONTENT)
    body.note_digest("md5", bytes(16))
    played.answers += [CREATED]
    played.client._object_write(NewObject("box", "name", PLAIN, len(CONTENT)), body)
    assert sent(played.heads[0])["Content-MD5"] == base64.b64encode(bytes(16)).decode()


def test_what_azure_says_of_a_write_is_not_compared_where_the_caller_says_so(played: Played) -> None:
    played.client.options = dataclasses.replace(played.client.options, check_content=False)
    played.answers += [answer(b"", b"201 Created", BLOB + f"Content-MD5: {md5(b'other')}\r\n".encode())]
    assert played.client.object_write("name", CONTENT)


def test_a_container_is_made_under_a_possible_name(played: Played) -> None:
    played.answers += [answer(b"", b"201 Created", ID)]
    played.client._container_create("box-1")
    assert played.heads[0].startswith("PUT /devstoreaccount1/box-1?restype=container HTTP/")
    for name in ("ab", "Box", "a--b", "-ab", "a" * 64):
        with pytest.raises(InvalidNameError, match=f"^'{name}': a container name in Azure has 3 to 63") as found:
            check_container_name(name)
        assert found.value.container == name


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("Create Container", lambda client: client._container_create("box")),
        ("Put Blob", lambda client: client._object_write(NEW, BytesBody(PIECES[0]))),
        ("Set Blob Metadata", lambda client: client._object_replace_metadata("box", "name", PLAIN, None)),
        ("Put Block", lambda client: client._object_multipart(NEW).put_part(PARTS[0], BytesBody(PIECES[0]))),
        ("Put Block List", lambda client: with_no_blocks(client).complete()),
        ("Get Block List", lambda client: client._object_multipart(NEW).take_up({})),
    ],
)
def test_a_refusal_says_of_what(operation: str, ask: Callable[[AzureClient], object], played: Played) -> None:
    played.answers += [answer(b"", b"403 Forbidden", ID)]
    with pytest.raises(Refusal) as found:
        ask(played.client)
    assert found.value.operation == operation


def with_no_blocks(client: AzureClient) -> blocks.AzureUpload:
    """An upload of nothing."""
    made = blocks.AzureUpload(client._requests, NEW, check=True)
    made._parts[1] = 0, bytes(8)
    return made


IDENTITY = "0123456789abcdef01234567"


def crc64(data: bytes) -> bytes:
    hasher = new_hash(CRC64)
    hasher.update(data)
    return hasher.digest()


def block(number: int) -> str:
    return base64.b64encode(f"{IDENTITY}{number:08}".encode()).decode()


def told_crc64(data: bytes) -> bytes:
    """As Azure writes it: the lowest byte first."""
    return answer(b"", b"201 Created", ID + b"x-ms-content-crc64: " + base64.b64encode(crc64(data)[::-1]) + b"\r\n")


@pytest.fixture(params=[CRC64, "md5"])
def algorithm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    chosen: str = request.param
    if chosen == CRC64 and not has_crc64():
        pytest.skip("needs what computes a CRC-64")
    monkeypatch.setattr(blocks, "has_crc64", lambda: chosen == CRC64)
    return chosen


def upload(played: Played, new: NewObject = NEW, identity: str | None = IDENTITY) -> blocks.AzureUpload:
    return blocks.AzureUpload(played.client._requests, new, check=True, identity=identity)


def note(algorithm: str) -> str:
    """What the mark says of all parts."""
    if algorithm == CRC64:
        return f".29.crc64-{crc64(b''.join(PIECES)).hex()}"
    return f".12x2,5x1.{hashlib.md5(b''.join(hashlib.md5(piece).digest() for piece in PIECES)).hexdigest()}"


class TestBlocks:
    def test_blocks_are_sent_with_digests_and_listed_in_order(
        self, algorithm: str, played: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(blocks, "hashlib", fips)
        made = upload(played)
        for part, piece in reversed([*zip(PARTS, PIECES, strict=True)]):
            told = told_crc64(piece) if algorithm == CRC64 else answer(b"", b"201 Created", ID)
            played.answers += [told]
            made.put_part(part, BytesBody(piece))
        lines = [head.partition(" HTTP/")[0] for head in played.heads]
        escaped = [block(number).replace("=", "%3D") for number in (3, 2, 1)]
        assert lines == [f"PUT /devstoreaccount1/box/a/%C3%BC?comp=block&blockid={each}" for each in escaped]
        assert [body.encode() for body in played.bodies] == PIECES[::-1]
        digests = [{} if algorithm == CRC64 else {"Content-MD5": md5(piece)} for piece in PIECES[::-1]]
        assert [sent(head) for head in played.heads] == digests
        played.answers += [CREATED]
        info = made.complete()
        assert (info.size, info.hash, info.last_modified, info.version_id) == (29, *WRITTEN)
        listed = "".join(f"<Latest>{block(number)}</Latest>" for number in (1, 2, 3))
        assert played.bodies[-1] == f"<BlockList>{listed}</BlockList>"
        assert played.heads[-1].startswith("PUT /devstoreaccount1/box/a/%C3%BC?comp=blocklist HTTP/")
        assert "\r\nContent-Type: application/xml" in played.heads[-1]
        mark = f"0123456789abcdef{note(algorithm)}"
        assert sent(played.heads[-1]) == {**ALL_SENT, MARK: mark, "Content-MD5": md5(played.bodies[-1].encode())}

    @pytest.mark.parametrize(
        ("conditions", "told"),
        [({"if_absent": True}, {"If-None-Match": "*"}), ({"if_hash": "0x9"}, {"If-Match": '"0x9"'})],
    )
    def test_the_list_carries_the_condition(
        self, conditions: dict[str, str], told: dict[str, str], algorithm: str, played: Played
    ) -> None:
        made = self._with_blocks(algorithm, played, **conditions)
        played.answers += [CREATED]
        made.complete()
        assert sent(played.heads[-1]).items() >= told.items()

    @staticmethod
    def _with_blocks(algorithm: str, played: Played, **conditions: str) -> blocks.AzureUpload:
        """An upload whose first two blocks are there."""
        made = upload(played, dataclasses.replace(NEW, **conditions))  # type: ignore[arg-type]
        for part, piece in zip(PARTS[:2], PIECES[:2], strict=True):
            played.answers += [told_crc64(piece) if algorithm == CRC64 else answer(b"", b"201 Created", ID)]
            made.put_part(part, BytesBody(piece))
        return made

    @pytest.mark.skipif(not has_crc64(), reason="needs what computes a CRC-64")
    def test_other_bytes_by_their_crc64_are_refused(self, played: Played) -> None:
        made = upload(played)
        played.answers += [told_crc64(PIECES[1])]
        sent = re.escape(base64.b64encode(crc64(PIECES[0])[::-1]).decode())
        with pytest.raises(
            IntegrityError, match=rf"^Azure reports that it received other bytes: CRC-64 \S+, not {sent}$"
        ):
            made.put_part(PARTS[0], BytesBody(PIECES[0]))

    @pytest.mark.skipif(not has_crc64(), reason="needs what computes a CRC-64")
    def test_a_block_of_which_no_crc64_is_told_is_sent_again_with_its_md5(self, played: Played) -> None:
        made = upload(played)
        played.answers += [answer(b"", b"201 Created", ID)] * 2
        made.put_part(PARTS[0], BytesBody(PIECES[0]))
        assert [body.encode() for body in played.bodies] == [PIECES[0]] * 2
        assert [sent(head) for head in played.heads] == [{}, {"Content-MD5": md5(PIECES[0])}]
        assert json.loads(made.receipt(PARTS[0])) == [CRC64, crc64(PIECES[0]).hex()]

    def test_nothing_is_compared_where_the_caller_says_so(self, algorithm: str, played: Played) -> None:
        made = blocks.AzureUpload(played.client._requests, NEW, check=False)
        wrong = f"Content-MD5: {md5(b'other')}\r\nx-ms-content-crc64: AAAAAAAAAAA=\r\n".encode()
        for told in (wrong, b""):
            played.answers += [answer(b"", b"201 Created", ID + told)]
            made.put_part(PARTS[0], BytesBody(PIECES[0]))
        assert len(played.heads) == 2
        assert algorithm in made.receipt(PARTS[0])

    def test_what_is_secret_goes_with_a_block_that_is_copied(self, played: Played) -> None:
        played.answers += [answer(b"", b"201 Created", ID)]
        upload(played).put_block(1, None, {}, lambda: {"x-ms-copy-source-authorization": "Bearer t"})
        assert "\r\nx-ms-copy-source-authorization: Bearer t" in played.heads[0]

    def test_each_upload_has_blocks_of_its_own(self, played: Played) -> None:
        identities = {upload(played, identity=None).identity for _ in range(2)}
        assert [len(each) for each in identities] == [24, 24]
        assert upload(played).identity == IDENTITY
        assert str(upload(played)) == f"the blocks {IDENTITY}..., which Azure drops after a week,"


class TestTakingUp:
    @staticmethod
    def listing(*rows: tuple[str, int]) -> bytes:
        listed = "".join(f"<Block><Name>{name}</Name><Size>{size}</Size></Block>" for name, size in rows)
        document = f"<BlockList><UncommittedBlocks>{listed}</UncommittedBlocks></BlockList>"
        return answer(document.encode(), headers=ID)

    @staticmethod
    def receipts(algorithm: str) -> dict[Part, str]:
        digests = [crc64(piece) if algorithm == CRC64 else hashlib.md5(piece).digest() for piece in PIECES]
        return {part: json.dumps([algorithm, each.hex()]) for part, each in zip(PARTS, digests, strict=True)}

    def test_parts_that_are_there_are_listed_with_the_others(self, algorithm: str, played: Played) -> None:
        made = upload(played)
        played.answers += [self.listing((block(1), 12), (block(2), 12), (block(3), 5))]
        assert [*made.take_up(self.receipts(algorithm))] == PARTS
        assert played.heads[0].startswith(
            "GET /devstoreaccount1/box/a/%C3%BC?comp=blocklist&blocklisttype=uncommitted HTTP/"
        )
        played.answers += [CREATED]
        made.complete()
        assert sent(played.heads[-1])[MARK] == f"0123456789abcdef{note(algorithm)}"
        listed = "".join(f"<Latest>{block(number)}</Latest>" for number in (1, 2, 3))
        assert played.bodies[-1] == f"<BlockList>{listed}</BlockList>"
        assert made.receipt(PARTS[2]) == self.receipts(algorithm)[PARTS[2]]

    def test_what_has_another_size_or_digest_or_is_not_there_is_sent_again(
        self, algorithm: str, played: Played
    ) -> None:
        receipts = self.receipts(algorithm)
        other = "md5" if algorithm == CRC64 else CRC64
        receipts[PARTS[0]] = json.dumps([other, "00"])
        played.answers += [self.listing((block(1), 12), (block(2), 11))]
        assert [*upload(played).take_up(receipts)] == []

    @pytest.mark.parametrize("what", ["absent", "nothing", "others"])
    def test_an_upload_without_blocks_is_gone(self, what: str, played: Played) -> None:
        others = base64.b64encode(b"f" * 24 + b"00000001").decode()
        absent = answer(b"", b"404 Not Found", ID + b"x-ms-error-code: BlobNotFound\r\n")
        played.answers += [{"absent": absent, "nothing": self.listing(), "others": self.listing((others, 12))}[what]]
        with pytest.raises(UploadGone):
            upload(played).take_up({})

    def test_a_refusal_does_not_say_that_it_is_gone(self, played: Played) -> None:
        played.answers += [answer(b"", b"503 Busy", ID)] * 4
        with pytest.raises(Refusal, match="503"):
            upload(played).take_up({})


class TestTheListIsRefused:
    """Blocks are gone once another upload to the name has ended."""

    REFUSED = answer(b"", b"400 Bad Request", ID + b"x-ms-error-code: InvalidBlockList\r\n")
    ABSENT = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n" + ID + b"\r\n"
    OTHER = b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n" + ID + b"\r\n"
    BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n" + ID + b"\r\n"
    THERE = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" + BLOB + b"\r\n"

    @pytest.mark.parametrize(
        ("conditions", "look", "failed"),
        [
            ({}, None, False),
            ({"if_absent": True}, THERE, True),
            ({"if_absent": True}, ABSENT, False),
            ({"if_hash": "0x9"}, THERE, False),
            ({"if_hash": "0x9"}, ABSENT, True),
            ({"if_hash": "0x9"}, OTHER, True),
            ({"if_hash": "0x9"}, BUSY, False),
        ],
    )
    def test_a_condition_that_does_not_hold_any_more_is_the_reason(
        self, conditions: dict[str, str], look: bytes | None, failed: bool, played: Played
    ) -> None:
        made = TestBlocks._with_blocks("md5" if not has_crc64() else CRC64, played, **conditions)
        played.answers += [self.REFUSED, *([look] if look else [])]
        with pytest.raises((Refusal, PreconditionError)) as found:
            made.complete()
        assert isinstance(found.value, PreconditionError) is failed
        if failed:
            assert str(found.value).startswith("another upload to this name ended first, and the condition failed")
        if look:
            assert played.heads[-1].startswith("HEAD /devstoreaccount1/box/a/%C3%BC HTTP/")
            assert sent(played.heads[-1]) == ({"If-Match": '"0x9"'} if "if_hash" in conditions else {})
        assert not played.answers

    def test_another_refusal_is_what_it_is(self, played: Played) -> None:
        made = TestBlocks._with_blocks("md5" if not has_crc64() else CRC64, played, if_absent=True)  # type: ignore[arg-type]
        played.answers += [answer(b"", b"400 Bad Request", ID + b"x-ms-error-code: InvalidHeaderValue\r\n")]
        with pytest.raises(Refusal, match="InvalidHeaderValue"):
            made.complete()
