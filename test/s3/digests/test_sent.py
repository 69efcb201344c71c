"""Digests that go with what is sent, and what answers say of them."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest

from obs_client.backend.body import BytesBody
from obs_client.backend.integrity import AS_IT_IS
from obs_client.backends.s3.digests import sent
from obs_client.backends.s3.digests.sent import (
    PartDigests,
    SentDigest,
    digest_of_body,
    digest_of_bytes,
    other_bytes,
    tag_is_of,
)
from obs_client.errors import IntegrityError
from test.s3.content import fips
from test.s3.digests.answers import answer_with

CONTENT = b"some content"
MD5 = hashlib.md5(CONTENT)
CRC32 = zlib.crc32(CONTENT).to_bytes(4, "big")
OTHER = hashlib.md5(b"other").hexdigest()


@pytest.mark.parametrize(("checksums", "digest"), [(False, ("md5", MD5.digest())), (True, ("crc32", CRC32))])
def test_md5_goes_where_checksums_are_not_taken(checksums: bool, digest: tuple[str, bytes]) -> None:
    for made in (digest_of_body(BytesBody(CONTENT), checksums), digest_of_bytes(CONTENT, checksums)):
        assert made == (*digest, False)
        name = {"md5": "Content-MD5", "crc32": "x-amz-checksum-crc32"}[digest[0]]
        assert made.headers == {name: base64.b64encode(digest[1]).decode()}


def test_parts_carry_what_is_asked_for_and_a_checksum_alone_may_be_believed() -> None:
    made = PartDigests(("crc32", "md5"), believed=True).of(BytesBody(CONTENT))
    assert made == [("crc32", CRC32, True), ("md5", MD5.digest(), False)]
    assert PartDigests(("crc32",)).of(BytesBody(CONTENT)) == [("crc32", CRC32, False)]


def test_what_is_known_of_a_body_is_not_computed_again() -> None:
    body = BytesBody(CONTENT)
    body.note_digest("md5", bytes(16))
    assert digest_of_body(body, False).value == bytes(16)
    assert tag_is_of(answer_with({"etag": "0" * 32}), body) is True
    assert str(other_bytes(answer_with({"etag": OTHER}), body)).partition(" (")[0].endswith("0" * 32)


def test_md5_is_taken_where_it_is_forbidden_for_security(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent, "hashlib", fips)
    assert digest_of_bytes(CONTENT, False).value == MD5.digest()


class TestAnswers:
    SENT = SentDigest("crc32", CRC32)

    def fits(self, *, believed: bool = False, **headers: str) -> bool | None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return SentDigest("crc32", CRC32, believed).tag_fits(answer_with(told), BytesBody(CONTENT))

    def test_a_checksum_of_other_bytes_is_an_error(self) -> None:
        for believed in (True, False):
            with pytest.raises(IntegrityError, match=r"^the store reports that it received other bytes: AAAAAA== in"):
                self.fits(believed=believed, x_amz_checksum_crc32="AAAAAA==", etag=MD5.hexdigest())

    def test_one_that_is_told_back_need_not_be_proved_by_the_tag(self) -> None:
        assert self.fits(x_amz_checksum_crc32=self.SENT.text, etag=OTHER) is None

    def test_a_server_that_is_believed_need_not_tell(self) -> None:
        assert self.fits(believed=True, etag=OTHER) is None
        assert self.fits(etag=OTHER) is False
        assert self.fits(etag=f'"{MD5.hexdigest()}"') is True

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"etag": '"none"'},
            {"etag": f'"{OTHER}-2"'},
            {"etag": OTHER, "x-amz-server-side-encryption": "aws:kms"},
            {"etag": OTHER, "x-amz-server-side-encryption-customer-algorithm": "AES256"},
        ],
        ids=str,
    )
    def test_a_tag_that_is_no_md5_tells_nothing(self, headers: dict[str, str]) -> None:
        assert tag_is_of(answer_with(headers), BytesBody(CONTENT)) is None

    def test_a_tag_is_the_md5_in_any_case(self) -> None:
        headers = {"etag": f'"{MD5.hexdigest().upper()}"', "x-amz-server-side-encryption": "AES256"}
        assert tag_is_of(answer_with(headers), BytesBody(CONTENT)) is True
        assert tag_is_of(answer_with(headers), BytesBody(b"other")) is False

    def test_the_error_says_both_and_what_to_do(self) -> None:
        error = other_bytes(answer_with({"etag": f'"{OTHER}"'}), BytesBody(CONTENT))
        assert str(error).startswith(
            f"the store reports that it received other bytes: {OTHER} in place of {MD5.hexdigest()}"
        )
        assert error.hint == AS_IT_IS
