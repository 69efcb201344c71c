"""What Swift's headers tell of an object, and what is compared of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from obs_client import IntegrityError, PreconditionError
from obs_client._http.errors import StrangeAnswer
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.swift.segments import tag_of_segments
from test.swift.content.playing import OTHER, Played, got, headed, header, playing

CONTENT = b"some content"
MD5 = hashlib.md5(CONTENT).hexdigest()
PIECES = (CONTENT[:7], CONTENT[7:])
HASHES = tuple(hashlib.md5(piece).hexdigest() for piece in PIECES)
TAG = tag_of_segments(HASHES)
TIME = header("X-Timestamp", "1795773600.25")
PLAIN = header("Etag", MD5), TIME, header("Content-Type", "text/plain")
LARGE = header("Etag", f'"{TAG}"'), TIME, header("X-Static-Large-Object", "True")
ROWS = [{"name": "/c/s", "bytes": len(piece), "hash": value} for piece, value in zip(PIECES, HASHES, strict=True)]


def manifest(rows: object = ROWS) -> bytes:
    return got(json.dumps(rows).encode(), *LARGE)


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


@pytest.fixture
def elsewhere() -> Iterator[Played]:
    """Not OpenStack's own Swift."""
    with playing(OTHER) as found:
        yield found


def test_a_range_is_asked_for(played: Played) -> None:
    told = *PLAIN, header("Content-Range", "bytes 2-3/12")
    played.answers += [got(CONTENT[2:4], *told, status=b"206 Partial Content")]
    with played.client._object_open("box", "a/ü", 2, 4, None) as reader:
        assert (reader.info.name, reader.info.size, reader.info.hash, reader.digest) == ("a/ü", 12, MD5, None)
        assert reader.info.last_modified == 1795773600.25
    assert played.lines == ["GET /box/a/%C3%BC"]
    assert played.headers() == {"range": "bytes=2-3"}


def test_what_is_known_is_not_sent(played: Played) -> None:
    played.answers += [b"HTTP/1.1 304 Not Modified\r\nX-Trans-Id: tx1\r\n" + b"".join(PLAIN) + b"\r\n"]
    assert played.client._object_open_changed("box", "name", 0, None, MD5) is None
    assert played.headers() == {"if-none-match": f'"{MD5}"'}


def test_a_plain_object_is_compared_with_its_tag(played: Played) -> None:
    played.answers += [got(CONTENT, *PLAIN)]
    with played.client._object_open("box", "name", 0, None, None) as reader:
        assert reader.digest == ContentDigest("md5", (12,), (MD5,))


def test_that_of_which_no_length_is_told_is_compared_to_its_end(played: Played) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Trans-Id: tx1\r\n" + b"".join(PLAIN) + b"\r\n"
    for content in (CONTENT, b"other"):
        played.answers += [chunked + b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)]
        if content == CONTENT:
            assert played.client.object_read("name") == CONTENT
        else:
            with pytest.raises(IntegrityError):
                played.client.object_read("name")


def test_what_is_no_md5_is_not(played: Played) -> None:
    played.answers += [got(CONTENT, header("Etag", "none"), TIME)]
    with played.client._object_open("box", "name", 0, None, None) as reader:
        assert reader.digest is None


class TestOneVersion:
    def test_what_is_told_is_compared_with_the_hash(self, played: Played) -> None:
        played.answers += [got(CONTENT, *PLAIN)] * 2
        played.client._object_open("box", "name", 0, None, MD5).close()
        with pytest.raises(PreconditionError, match=rf"^the object's hash is '{MD5}', not 'other'"):
            played.client._object_open("box", "name", 0, None, "other")

    @pytest.mark.parametrize("stop", [4, 20])
    def test_no_bytes_are_of_it_too(self, stop: int, played: Played) -> None:
        start = 4 if stop == 4 else 12
        past = [] if stop == 4 else [got(b"", status=b"416 Range")]
        for wanted in (MD5, "other"):
            played.answers += [*past, headed(12, *PLAIN)]
            if wanted == MD5:
                assert played.client._object_open("box", "name", start, stop, wanted).info.size == 12
            else:
                with pytest.raises(PreconditionError):
                    played.client._object_open("box", "name", start, stop, wanted)
        assert played.lines[-1] == "HEAD /box/name"

    def test_where_a_get_tells_no_tag_a_head_may(self, played: Played) -> None:
        for tag in (MD5, "0" * 32):
            played.answers += [got(CONTENT, TIME), headed(12, header("Etag", tag), TIME)]
            if tag == MD5:
                played.client._object_open("box", "name", 0, None, MD5).close()
            else:
                with pytest.raises(PreconditionError):
                    played.client._object_open("box", "name", 0, None, MD5)


class TestLargeObjects:
    def test_each_segment_is_compared(self, played: Played) -> None:
        played.answers += [got(CONTENT, *LARGE), manifest()]
        with played.client._object_open("box", "a/ü", 0, None, None) as reader:
            assert reader.digest == ContentDigest("md5", (7, 5), HASHES)
        assert played.lines == ["GET /box/a/%C3%BC", "GET /box/a/%C3%BC?multipart-manifest=get"]

    def test_a_manifest_of_another_size_is_none(self, played: Played) -> None:
        rows = [{**ROWS[0], "bytes": 8}, ROWS[1]]
        played.answers += [got(CONTENT, *LARGE), manifest(rows)]
        with pytest.raises(StrangeAnswer, match=r"^12 bytes were reported where the manifest has 13$"):
            played.client._object_open("box", "name", 0, None, None)

    def test_one_of_another_object_proves_nothing(self, played: Played) -> None:
        for told in (manifest([ROWS[0]]), got(b"{}", *PLAIN)):
            played.answers += [got(CONTENT, *LARGE), told]
            with played.client._object_open("box", "name", 0, None, None) as reader:
                assert reader.digest is None

    def test_one_that_is_no_array_is_none(self, played: Played) -> None:
        played.answers += [got(CONTENT, *LARGE), manifest({})]
        with pytest.raises(StrangeAnswer, match=r"^the manifest of 'name' is not a JSON array$"):
            played.client._object_open("box", "name", 0, None, None)

    def test_where_the_manifest_is_not_told_our_own_segments_are_listed(self, elsewhere: Played) -> None:
        upload = "0123456789abcdef0123456789abcdef"
        rows = [
            {"name": f"{upload}/0000000{number}", "bytes": len(piece), "hash": value}
            for number, (piece, value) in enumerate(zip(PIECES, HASHES, strict=True), 1)
        ]
        mark = header("X-Object-Meta-Obs-Write-Id", f"77.{upload}")
        elsewhere.answers += [got(CONTENT, *LARGE, mark), got(b"", *LARGE), got(json.dumps(rows).encode())]
        elsewhere.answers += [got(b"[]")]
        with elsewhere.client._object_open("box", "name", 0, None, None) as reader:
            assert reader.digest == ContentDigest("md5", (7, 5), HASHES)
        assert elsewhere.lines[2].startswith("GET /box_segments?")
        assert f"prefix={upload}/" in elsewhere.lines[2]


LOST = r"^a segment of the large object 'name' is missing or was changed"


class TestLostSegments:
    def test_409_is_asked_again_and_then_content_is_lost(self, played: Played) -> None:
        played.answers += [got(b"", status=b"409 Conflict")] * 2
        with pytest.raises(IntegrityError, match=LOST):
            played.client._object_open("box", "name", 0, None, None)
        assert len(played.heads) == 2
        played.answers += [headed(0, status="409 Conflict")]
        with pytest.raises(IntegrityError, match=LOST):
            played.client._object_info("box", "name")

    def test_what_is_asked_for_again_is_the_same(self, played: Played) -> None:
        """A token may have run out just then."""
        told = *PLAIN, header("Content-Range", "bytes 2-5/12")
        played.answers += [got(b"", status=b"409 Conflict"), got(CONTENT[2:6], *told, status=b"206 Partial Content")]
        with played.client._object_open("box", "name", 2, 6, None) as reader:
            buffer = bytearray(9)
            assert buffer[: reader.readinto(memoryview(buffer))] == CONTENT[2:6]
        assert played.headers(0) == played.headers(1) == {"range": "bytes=2-5"}

    @pytest.mark.parametrize(("told", "lost"), [(LARGE, True), (PLAIN, False), (None, False)])
    def test_404_is_one_elsewhere_if_the_manifest_is_there(
        self, told: tuple[bytes, ...] | None, lost: bool, elsewhere: Played
    ) -> None:
        look = headed(0, status="404 Not Found") if told is None else headed(12, *told)
        elsewhere.answers += [got(b"", status=b"404 Not Found"), look]
        with pytest.raises(Exception, match=LOST if lost else r"^Object GET failed.* 404") as found:
            elsewhere.client._object_open("box", "name", 0, None, None)
        assert isinstance(found.value, IntegrityError) is lost

    def test_where_that_cannot_be_seen_the_failure_is_said(self, elsewhere: Played) -> None:
        elsewhere.answers += [got(b"", status=b"404 Not Found"), headed(0, status="503 Busy")]
        with pytest.raises(Exception, match="503"):
            elsewhere.client._object_open("box", "name", 0, None, None)

    def test_404_is_absence_at_openstacks(self, played: Played) -> None:
        played.answers += [got(b"", status=b"404 Not Found")]
        with pytest.raises(Exception, match="404"):
            played.client._object_open("box", "name", 0, None, None)
        assert len(played.heads) == 1


class TestDynamicLargeObjects:
    MANIFEST = header("X-Object-Manifest", "other%2B/pre%20fix/")

    def test_what_the_store_does_not_measure_is_summed(self, played: Played) -> None:
        rows = [{"name": "pre fix/1", "bytes": 7}, {"name": "pre fix/2", "bytes": 5}]
        played.answers += [headed(0, header("Etag", MD5), TIME, self.MANIFEST), got(json.dumps(rows).encode())]
        played.answers += [got(b"[]")]
        info = played.client._object_info("box", "name")
        assert (info.name, info.size, info.hash) == ("name", 12, None)
        assert played.lines[1].startswith("GET /other%2B?")
        assert "prefix=pre%20fix%2F" in played.lines[1]

    @pytest.mark.parametrize("told", ["Ã¼/Ã¼", "%C3%BC/%C3%BC", "Ã¼/%C3%BC"])
    def test_names_are_utf_8_quoted_or_not(self, told: str, played: Played) -> None:
        manifest = b"X-Object-Manifest: " + told.encode("latin-1") + b"\r\n"
        played.answers += [headed(0, header("Etag", MD5), TIME, manifest), got(b'[{"name":"a","bytes":7}]'), got(b"[]")]
        assert played.client._object_info("box", "name").size == 7
        assert played.lines[1].startswith("GET /%C3%BC?")
        assert "prefix=%C3%BC" in played.lines[1]

    @pytest.mark.parametrize("told", ["other/%FF", "%FF/a", "other/ÿ"])
    def test_what_is_no_name_has_no_size(self, told: str, played: Played) -> None:
        manifest = b"X-Object-Manifest: " + told.encode("latin-1") + b"\r\n"
        played.answers += [headed(0, header("Etag", MD5), TIME, manifest)]
        assert played.client._object_info("box", "name").size is None
        assert len(played.heads) == 1, "no store has such names"

    @pytest.mark.parametrize("status", [b"403 Forbidden", b"404 Not Found"])
    def test_what_cannot_be_listed_has_no_size(self, status: bytes, played: Played) -> None:
        played.answers += [headed(0, header("Etag", MD5), TIME, self.MANIFEST), got(b"", status=status)]
        assert played.client._object_info("box", "name").size is None

    def test_what_is_measured_is_not_summed(self, played: Played) -> None:
        played.answers += [headed(12, header("Etag", f'"{MD5}"'), TIME, self.MANIFEST)]
        assert played.client._object_info("box", "name").size == 12
