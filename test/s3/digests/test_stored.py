"""What headers tell of an object's content, and what is compared of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import pytest

from obs_client.backend.combined import CombinedDigest
from obs_client.backend.crcs import CRC64, MANY, has_crc64
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.s3.digests import stored
from obs_client.backends.s3.digests.stored import JudgedDigest, digest_of_answer
from obs_client.errors import IntegrityError
from test.s3.digests.answers import answer_with

MD5_HEX = "0123456789abcdef0123456789abcdef"
DIGESTS = {CRC64: bytes(range(8)), "crc32": bytes(range(4)), "sha1": bytes(range(20)), "sha256": bytes(range(32))}


class Parts:
    """Sizes as they are told, and what was judged of them."""

    def __init__(self, sizes: Sequence[int] | None = (10, 5), sure: bool = True) -> None:
        self._sizes = sizes
        self.sure = sure
        self.counts: list[int] = []
        self.judged: list[bool] = []

    def sizes(self, count: int) -> Sequence[int] | None:
        self.counts.append(count)
        return self._sizes

    def judge(self, fits: bool) -> bool:
        self.judged.append(fits)
        return self.sure


class Tags:
    """What was judged of a tag."""

    def __init__(self, digests: bool = True) -> None:
        self.digests = digests
        self.judged: list[bool] = []

    def __call__(self, fits: bool) -> bool:
        self.judged.append(fits)
        return self.digests


def checksum(algorithm: str, count: int = 0) -> dict[str, str]:
    """The header of a checksum of the whole, or of so many parts."""
    text = base64.b64encode(DIGESTS[algorithm]).decode()
    return {f"x-amz-checksum-{algorithm}": f"{text}-{count}" if count else text}


def found(
    *told: dict[str, str],
    size: int = 15,
    parts: Parts | None = None,
    whole: Tags | None = None,
    composite: Tags | None = None,
    md5: bool = True,
) -> ContentDigest | None:
    headers = {name: value for each in told for name, value in each.items()}
    judge = (whole or Tags()) if md5 else None
    return digest_of_answer(answer_with(headers), size, parts or Parts(), judge, composite or Tags())


WHOLE = {"etag": f'"{MD5_HEX}"'}
PARTED = {"etag": f'"{MD5_HEX.upper()}-2"'}


@pytest.mark.parametrize("algorithm", ["crc32", "sha1", "sha256"])
def test_a_checksum_of_the_whole_is_compared(algorithm: str) -> None:
    digest = found(checksum(algorithm))
    assert digest == ContentDigest(algorithm, (15,), (DIGESTS[algorithm].hex(),))
    assert type(digest) is ContentDigest, "it is a proof"


def test_the_cheapest_goes_first_and_a_tag_last() -> None:
    every = [WHOLE, *map(checksum, ("sha256", "sha1", "crc32"))]
    for algorithm in ("crc32", "sha1", "sha256", "md5"):
        digest = found(*every)
        assert digest
        assert digest.algorithm == algorithm
        every.pop()


def test_digests_of_parts_go_before_those_of_the_whole() -> None:
    digest = found(checksum("crc32"), PARTED, {"x-amz-checksum-type": "FULL_OBJECT"})
    assert digest
    assert (digest.algorithm, digest.composite) == ("md5", MD5_HEX)


@pytest.mark.parametrize("algorithm", ["crc32", "sha1", "sha256"])
def test_a_checksum_of_parts_is_compared_by_their_sizes(algorithm: str) -> None:
    parts = Parts()
    digest = found(checksum(algorithm, 2), PARTED, parts=parts)
    assert digest is not None
    assert type(digest) is JudgedDigest
    assert (digest.algorithm, digest.part_sizes, digest.part_values) == (algorithm, (10, 5), ())
    assert digest.composite == DIGESTS[algorithm].hex()
    assert parts.counts == [2]
    assert digest.is_proof() is True
    parts.sure = False
    assert digest.is_proof() is False
    assert parts.judged == [False, False]
    digest = found(checksum(algorithm, 2), PARTED, composite=Tags(False))
    assert digest
    assert digest.is_proof() is True, "whatever tags are here"


def test_a_checksum_of_parts_without_their_count_is_none() -> None:
    """As moto's HEAD tells it."""
    digest = found(checksum("crc32"), PARTED)
    assert digest
    assert digest.algorithm == "md5"
    digest = found(checksum("crc32"), {"etag": '"no md5-2"'})
    assert digest is None


@pytest.mark.parametrize("wrong", ["AAAAAAA=", "AAA", "!!!!", "AAECAw==-", "AAECAw==-123456", "x" * 5])
def test_what_is_no_checksum_is_none(wrong: str) -> None:
    assert found({"x-amz-checksum-crc32": wrong}) is None
    assert found({"x-amz-checksum-crc32": ""}) is None


def test_a_tag_of_the_whole_is_judged() -> None:
    tags = Tags()
    digest = found(WHOLE, whole=tags)
    assert digest is not None
    assert type(digest) is JudgedDigest
    assert (digest.algorithm, digest.part_sizes, digest.part_values) == ("md5", (15,), (MD5_HEX,))
    assert digest.composite is None
    assert digest.is_proof() is True
    tags.digests = False
    assert digest.is_proof() is False
    assert tags.judged == [False, False]


def test_tags_are_left_alone_where_they_are_none() -> None:
    assert found(WHOLE, md5=False) is None
    assert found(PARTED, md5=False) is None
    assert found({**WHOLE, "x-amz-server-side-encryption": "aws:kms"}) is None
    assert found({"etag": '"none"'}) is None
    assert found({}) is None


@pytest.mark.parametrize(("sure", "digests"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_tag_of_parts_proves_damage_if_sizes_are_sure_and_tags_are_digests(sure: bool, digests: bool) -> None:
    parts, tags = Parts(sure=sure), Tags(digests)
    digest = found(PARTED, parts=parts, composite=tags)
    assert digest
    assert digest.is_proof() is (sure and digests)
    assert (parts.judged, tags.judged) == ([False], [False]), "both are told"


def test_parts_that_fit_are_told_to_both_who_judge() -> None:
    pieces = [hashlib.md5(b"a" * 10).digest(), hashlib.md5(b"b" * 5).digest()]
    tag = hashlib.md5(b"".join(pieces)).hexdigest()
    parts, tags = Parts(), Tags()
    digest = found({"etag": f'"{tag}-2"'}, parts=parts, composite=tags)
    assert digest
    assert digest.check_composite(pieces) is True
    assert (parts.judged, tags.judged) == ([True], [True])
    with pytest.raises(IntegrityError):
        digest.check_composite(pieces[::-1])
    assert (parts.judged, tags.judged) == ([True, False], [True, False])
    parts.sure = False
    assert digest.check_composite(pieces[::-1]) is False


def test_a_checksum_is_taken_where_nobody_knows_the_sizes_of_parts() -> None:
    digest = found(PARTED, checksum("sha1"), {"x-amz-checksum-type": "FULL_OBJECT"}, parts=Parts(None))
    assert digest == ContentDigest("sha1", (15,), (DIGESTS["sha1"].hex(),))
    assert found(PARTED, parts=Parts(None)) is None


def test_a_checksum_that_can_be_combined_goes_before_parts_of_large_objects() -> None:
    told = checksum("crc32"), {"x-amz-checksum-type": "FULL_OBJECT"}
    digest = found(*told, checksum("sha256"), size=MANY)
    assert type(digest) is CombinedDigest
    assert digest == CombinedDigest(DIGESTS["crc32"].hex(), MANY, "crc32")
    assert type(found(*told, size=MANY - 1)) is ContentDigest
    assert type(found(*told, PARTED, size=MANY)) is CombinedDigest
    assert type(found(*told, PARTED, size=MANY - 1)) is JudgedDigest


class TestCrc64:
    """It needs a package."""

    @pytest.fixture(autouse=True, params=[True, False])
    def _has(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has: bool = request.param
        if self.has and not has_crc64():
            pytest.skip("needs what computes a CRC-64")
        monkeypatch.setattr(stored, "has_crc64", lambda: self.has)

    def test_of_small_objects_it_comes_last(self) -> None:
        digest = found(checksum(CRC64), WHOLE)
        assert digest
        assert digest.algorithm == "md5"
        digest = found(checksum(CRC64))
        assert (digest and digest.algorithm) == (CRC64 if self.has else None)

    def test_of_large_ones_it_is_as_good_as_any(self) -> None:
        digest = found(checksum(CRC64), checksum("crc32"), size=MANY)
        assert digest
        assert digest.algorithm == (CRC64 if self.has else "crc32")
        digest = found(checksum(CRC64), WHOLE, size=MANY)
        assert digest
        assert digest.algorithm == (CRC64 if self.has else "md5")
        assert (type(digest) is CombinedDigest) is self.has
