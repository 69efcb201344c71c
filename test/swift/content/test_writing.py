"""What is sent to Swift with an object, what is compared of the answer, and who has won."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from obs_client import ContainerNotFoundError, IntegrityError, NotSupportedError, PreconditionError
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.swift.writing import post_object, write_object
from obs_client.models import Attributes
from test.swift.content.playing import OTHER, Played, got, headed, header, playing

CONTENT = b"some content"
MD5 = hashlib.md5(CONTENT).hexdigest()
TIME = header("Last-Modified", "Fri, 27 Nov 2026 10:00:00 GMT")
CREATED = got(b"", header("Etag", MD5), TIME, status=b"201 Created")
ABSENT = headed(0, status="404 Not Found")
ALL = Attributes("text/plain", {"a-b": "c"}, "gzip", "inline", "de", "no-store", write_id="0123")
ALL_SENT = {
    "content-type": "text/plain",
    "content-encoding": "gzip",
    "content-disposition": "inline",
    "content-language": "de",
    "cache-control": "no-store",
    "x-object-meta-a-b": "c",
    "x-object-meta-obs-write-id": "0123",
}
NEW = NewObject("box", "a/ü", ALL, len(CONTENT))
PATH = "/box/a/%C3%BC"
OURS, ANOTHERS = (headed(12, header("Etag", MD5), header("X-Object-Meta-Obs-Write-Id", mark)) for mark in ("0123", "9"))


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


@pytest.fixture
def elsewhere() -> Iterator[Played]:
    """Not OpenStack's own Swift."""
    with playing(OTHER) as found:
        yield found


def written(played: Played, **conditions: Any) -> Any:
    return played.client._object_write(dataclasses.replace(NEW, **conditions), BytesBody(CONTENT))


def test_a_write_carries_all_attributes_and_its_digest(played: Played) -> None:
    played.answers += [ABSENT, CREATED]
    info = written(played)
    assert played.lines == ["HEAD /box_segments", f"PUT {PATH}"]
    assert played.headers() == {**ALL_SENT, "etag": MD5}
    assert played.bodies[1] == CONTENT
    assert (info.name, info.size, info.hash, info.last_modified) == ("a/ü", 12, MD5, 1795773600.0)


def test_the_store_is_told_the_length(played: Played) -> None:
    played.answers += [ABSENT, CREATED]
    written(played)
    head = played.heads[1].lower()
    assert "\r\ncontent-length: 12" in head
    assert "transfer-encoding" not in head


def test_more_than_the_store_takes_at_once_is_refused() -> None:
    for most in (len(CONTENT), len(CONTENT) - 1):
        with playing({"swift": {"version": "2.33.0", "max_file_size": most}}) as played:
            played.answers += [ABSENT, CREATED]
            if most == len(CONTENT):
                written(played)
            else:
                with pytest.raises(NotSupportedError, match=r"^12 bytes are more than this store takes at once: 11"):
                    written(played)
                assert played.answers, "nothing was asked"


def test_further_headers_go_with_the_attributes(played: Played) -> None:
    played.answers += [ABSENT, CREATED]
    further = {"X-Delete-At": "1800000000"}
    client = played.client
    write_object(client._http, client._segments, client._limits, NEW, BytesBody(CONTENT), check=True, further=further)
    assert played.headers() == {**ALL_SENT, "etag": MD5, "x-delete-at": "1800000000"}


def test_absence_is_the_containers(played: Played) -> None:
    played.answers += [ABSENT, got(b"", status=b"404 Not Found")]
    with pytest.raises(ContainerNotFoundError, match=r"^there is no container 'box'") as found:
        written(played)
    assert found.value.container == "box"


def test_other_bytes_are_no_success_unless_the_caller_does_not_mind(played: Played) -> None:
    other = got(b"", header("Etag", "0" * 32), status=b"201 Created")
    played.answers += [ABSENT, other]
    with pytest.raises(IntegrityError, match=rf"^the store has other bytes: MD5 {'0' * 32} in place of {MD5}"):
        written(played)
    played.client.options = dataclasses.replace(played.client.options, check_content=False)
    played.answers += [other]
    written(played)
    assert "etag" not in played.headers()
    played.client.options = dataclasses.replace(played.client.options, check_content=True)
    played.answers += [got(b"", TIME, status=b"201 Created")]
    assert written(played).hash is None, "nothing is told"


class TestIfAbsent:
    @pytest.mark.parametrize("look", [OURS, ABSENT, headed(0, status="403 Forbidden")])
    def test_who_wrote_last_has_won(self, look: bytes, played: Played) -> None:
        played.answers += [ABSENT, CREATED, look]
        written(played, if_absent=True)
        assert played.headers(1) == {**ALL_SENT, "etag": MD5, "if-none-match": "*"}
        assert played.lines[2] == f"HEAD {PATH}"
        assert played.headers(2) == {"x-newest": "true"}

    def test_and_it_may_be_another(self, played: Played) -> None:
        played.answers += [ABSENT, CREATED, ANOTHERS]
        with pytest.raises(
            PreconditionError, match=r"^another writer of 'a/ü' came at the same time, and was the last"
        ):
            written(played, if_absent=True)

    def test_a_look_that_fails_otherwise_is_an_error(self, played: Played) -> None:
        played.answers += [ABSENT, CREATED, headed(0, status="500 Oops")]
        with pytest.raises(Exception, match="500"):
            written(played, if_absent=True)

    def test_where_the_condition_may_not_be_kept_it_is_looked_first(self, elsewhere: Played) -> None:
        elsewhere.answers += [ABSENT, ABSENT, CREATED, OURS]
        written(elsewhere, if_absent=True)
        assert elsewhere.lines[0] == f"HEAD {PATH}"
        elsewhere.answers += [OURS]
        with pytest.raises(PreconditionError, match=r"^there is an object 'a/ü' already") as found:
            written(elsewhere, if_absent=True)
        assert (found.value.container, found.value.object_name) == ("box", "a/ü")
        elsewhere.answers += [headed(0, status="500 Oops")]
        with pytest.raises(Exception, match="500"):
            written(elsewhere, if_absent=True)
        assert not elsewhere.answers


class TestMetadata:
    OLD = (header("Etag", MD5), header("X-Timestamp", "1.5"))

    def test_what_a_post_would_drop_is_sent_again(self, played: Played) -> None:
        kept = {"X-Delete-At": "1800000000", "X-Object-Manifest": "c/p", "X-Robots-Tag": "none", "Expires": "never"}
        headers = [header(name, value) for name, value in {**kept, "Content-Type": "text/html"}.items()]
        played.answers += [headed(12, *self.OLD, *headers), got(b"", status=b"202 Accepted")]
        played.client._object_replace_metadata("box", "a/ü", ALL, None)
        assert played.lines == [f"HEAD {PATH}", f"POST {PATH}"]
        head = played.heads[1].lower()
        assert all(f"\r\n{name}: {value}".lower() in head for name, value in kept.items())
        assert played.headers().items() >= ALL_SENT.items()

    def test_a_type_that_stays_is_not_sent(self, played: Played) -> None:
        for kind in ("text/plain", None):
            told = header("Content-Type", kind) if kind else b""
            played.answers += [headed(12, *self.OLD, told), got(b"", status=b"202 Accepted")]
            attributes = dataclasses.replace(ALL, content_type=kind or "application/octet-stream")
            played.client._object_replace_metadata("box", "a/ü", attributes, None)
            assert "content-type" not in played.headers()

    def test_the_mark_of_the_upload_stays_with_that_of_the_write(self, played: Played) -> None:
        for old, new in (("0123.77", "0123.77"), ("9.77", "0123")):
            mark = header("X-Object-Meta-Obs-Write-Id", old)
            played.answers += [headed(12, *self.OLD, mark), got(b"", status=b"202 Accepted")]
            played.client._object_replace_metadata("box", "a/ü", ALL, None)
            assert played.headers()["x-object-meta-obs-write-id"] == new

    def test_those_of_a_symlink_are_its_targets(self, played: Played) -> None:
        there = header("Location", "/v1/AUTH_test/box/target")
        played.answers += [got(b"", there, status=b"307 Temporary Redirect"), got(b"", status=b"202 Accepted")]
        post_object(played.client._http, "box", "a/ü", {"X-Object-Meta-A": "b"})
        assert played.lines == [f"POST {PATH}", "POST /box/target"]
        assert played.headers() == {"x-object-meta-a": "b"}

    def test_a_refusal_is_what_it_is(self, played: Played) -> None:
        played.answers += [got(b"", status=b"404 Not Found")]
        with pytest.raises(Exception, match=r"^Object POST failed.* 404"):
            post_object(played.client._http, "box", "a/ü", {})

    @pytest.mark.parametrize("location", ["http://127.0.0.1:9/v1/AUTH_test/box/b", "/elsewhere", "", None])
    def test_what_leads_out_of_the_store_is_not_followed(self, location: str | None, played: Played) -> None:
        there = b"" if location is None else header("Location", location)
        played.answers += [got(b"", there, status=b"307 Temporary Redirect")]
        with pytest.raises(NotSupportedError, match=r"^'a/ü' is a symlink, and where the store leads") as found:
            post_object(played.client._http, "box", "a/ü", {})
        assert found.value.hint == "change the metadata of the object that it leads to"
        assert len(played.heads) == 1

    def test_nor_is_what_leads_too_far(self, played: Played) -> None:
        there = header("Location", "/v1/AUTH_test/box/target")
        played.answers += [got(b"", there, status=b"307 Temporary Redirect")] * 5
        with pytest.raises(NotSupportedError):
            post_object(played.client._http, "box", "a/ü", {})
        assert not played.answers
