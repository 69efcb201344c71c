"""Whether tags of a server are digests: what is learned, tried, believed, and said."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Iterator

import pytest

from obs_client.backends.s3.digests import tags as module
from obs_client.backends.s3.digests.tags import Tags, hash_is_md5, md5_in
from obs_client.backends.s3.endpoints import TAGS, TAGS_LARGE
from obs_client.backends.s3.routes import Routes
from obs_client.models import Origin
from test.s3.content import fips
from test.s3.content.playing import Played, got, header, playing, refused

HEX = "0123456789abcdef0123456789abcdef"


class TestForms:
    @pytest.mark.parametrize("tag", [HEX, HEX.upper(), f"{HEX}-1", f"{HEX}-12345"])
    def test_of_md5s(self, tag: str) -> None:
        assert hash_is_md5(tag, {}) is True
        assert hash_is_md5(tag, {"x-amz-server-side-encryption": "AES256"}) is True
        assert hash_is_md5(tag, {"x-amz-server-side-encryption": "aws:kms"}) is False
        assert hash_is_md5(tag, {"x-amz-server-side-encryption-customer-algorithm": "AES256"}) is False

    @pytest.mark.parametrize("tag", ["", HEX[1:], f"{HEX}0", f"{HEX}-", f"{HEX}-123456", f"g{HEX[1:]}"])
    def test_of_none(self, tag: str) -> None:
        assert hash_is_md5(tag, {}) is False

    def test_of_the_whole(self) -> None:
        assert md5_in({"etag": f'"{HEX.upper()}"'}) == HEX
        assert md5_in({"etag": f'"{HEX}-2"'}) is None
        assert md5_in({"etag": f'"{HEX}"', "x-amz-server-side-encryption": "aws:kms"}) is None
        assert md5_in({}) is None


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


def tags(played: Played) -> Tags:
    return Tags(played.client._requests, "box", "name")


def learned(played: Played, fact: str = TAGS) -> bool | None:
    return played.client._requests.experience.of(fact)


def listing(*entries: tuple[str, int, str]) -> bytes:
    rows = "".join(
        f"<Contents><Key>{name}</Key><LastModified>2026-11-22T10:00:00Z</LastModified><ETag>&quot;{tag}&quot;</ETag>"
        f"<Size>{size}</Size></Contents>"
        for name, size, tag in entries
    )
    return got(
        "<ListBucketResult><Name>box</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
        f"{rows}</ListBucketResult>".encode()
    )


def stored(content: bytes, tag: str | None = None) -> bytes:
    return got(content, header("ETag", f'"{tag or hashlib.md5(content).hexdigest()}"'))


class TestLearning:
    def test_one_that_fits_shows_it_and_then_one_that_does_not_is_damage(self, played: Played) -> None:
        assert tags(played).judge_whole(True) is True
        assert tags(played).judge_composite(True) is True
        assert (learned(played), learned(played, TAGS_LARGE)) == (True, True)
        assert tags(played).judge_whole(False) is True
        assert tags(played).judge_composite(False) is True
        assert played.heads == []

    def test_what_was_found_to_be_otherwise_stays(self, played: Played) -> None:
        played.client._requests.experience.learn(TAGS, False)
        assert tags(played).judge_whole(True) is True
        assert learned(played) is False
        assert tags(played).judge_whole(False) is False

    @pytest.mark.parametrize(("server", "known"), [("SeaweedFS 3.9", True), ("XSeaweedFS 3", None), ("", None)])
    def test_of_one_server_it_is_known(self, server: str, known: bool | None, played: Played) -> None:
        experience = played.client._requests.experience
        experience.server = server
        assert tags(played).judge_composite(False) is (known is True)
        assert learned(played, TAGS_LARGE) is known
        if known:
            (fact,) = (each for each in played.client.endpoint_facts if each.name == TAGS_LARGE)
            assert fact.origin is Origin.DOCUMENT

    def test_even_there_what_was_found_to_be_otherwise_stays(
        self, played: Played, caplog: pytest.LogCaptureFixture
    ) -> None:
        experience = played.client._requests.experience
        experience.server = "SeaweedFS 3.9"
        assert tags(played).judge_whole(False) is True
        assert [each for each in caplog.records if each.levelno == logging.WARNING] == [], "nothing is unverified"
        experience.learn(TAGS, False)
        assert tags(played).judge_whole(False) is False
        assert learned(played) is False

    def test_amazon_says_what_its_tags_are(self, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Routes, "is_amazon", True)
        assert tags(played).judge_whole(False) is True
        assert learned(played) is None


class TestTrying:
    """Other small objects of the container are compared with their tags."""

    def test_a_digest_among_them_is_enough(self, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "hashlib", fips)
        played.answers += [listing(("a", 9, HEX), ("b", 5, HEX)), stored(b"other", HEX), stored(b"something")]
        assert tags(played).judge_whole(False) is True
        assert learned(played) is True
        assert played.lines[0].partition("?")[0] == "GET /box"
        assert "prefix" not in played.query(0) or played.query(0)["prefix"] == [""]
        assert played.lines[1:] == ["GET /box/b", "GET /box/a"], "the smallest first"

    def test_of_none_that_fits_it_is_learned_that_they_are_none(self, played: Played) -> None:
        played.answers += [listing(("a", 9, HEX)), stored(b"something", HEX)]
        assert tags(played).judge_whole(False) is False
        assert learned(played) is False
        assert tags(played).judge_whole(False) is False
        assert len(played.heads) == 2, "it is tried once"

    def test_three_are_tried_and_no_more(self, played: Played) -> None:
        names = ["a", "b", "c", "d"]
        played.answers += [listing(*((name, 5, HEX) for name in names)), *[stored(b"other", HEX)] * 3]
        assert tags(played).judge_whole(False) is False
        assert [line[-2:] for line in played.lines[1:]] == ["/a", "/b", "/c"]

    @pytest.mark.parametrize(
        "entry", [("name", 5, HEX), ("a", 0, HEX), ("a", 256 * 1024 + 1, HEX), ("a", 5, "none"), ("a", 5, f"{HEX}-2")]
    )
    def test_what_tells_nothing_is_not_read(self, entry: tuple[str, int, str], played: Played) -> None:
        played.answers += [listing(entry)]
        assert tags(played).judge_whole(False) is False
        assert learned(played) is None
        assert len(played.heads) == 1

    @pytest.mark.parametrize("size", [1, 256 * 1024])
    def test_the_smallest_and_the_largest_are(self, size: int, played: Played) -> None:
        content = bytes(size)
        played.answers += [listing(("a", len(content), HEX)), stored(content)]
        assert tags(played).judge_whole(False) is True

    @pytest.mark.parametrize("answer", [got(b"other", header("ETag", '"none"')), refused(403, "AccessDenied")])
    def test_what_cannot_be_compared_shows_nothing(self, answer: bytes, played: Played) -> None:
        played.answers += [listing(("a", 5, HEX)), answer]
        assert tags(played).judge_whole(False) is False
        assert learned(played) is None

    def test_where_nothing_can_be_listed_nothing_is_learned(self, played: Played) -> None:
        played.answers += [refused(403, "AccessDenied")]
        assert tags(played).judge_whole(False) is False
        assert learned(played) is None

    def test_of_tags_of_parts_none_is_tried(self, played: Played) -> None:
        assert tags(played).judge_composite(False) is False
        assert learned(played, TAGS_LARGE) is None
        assert played.heads == []


def test_it_is_said_once_what_was_not_verified_and_why(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    played.client.options = dataclasses.replace(played.client.options)
    for _ in range(2):
        tags(played).judge_composite(False)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [
        f"'name' in 'box' at {played.client._requests.endpoint} is not verified, as others may not be: it does not fit "
        "its tag, and tags of this server were not seen to be digests"
    ]
