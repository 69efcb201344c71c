"""Digests of what is sent: MD5 as every S3 server knows it, or S3's checksums where they are taken."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import NamedTuple

from obs_client._http.answer import HttpAnswer
from obs_client.backend.body import Body
from obs_client.backend.integrity import AS_IT_IS
from obs_client.backends.s3.digests.tags import md5_in
from obs_client.errors import IntegrityError


class SentDigest(NamedTuple):
    """The digest of a body, and the headers that carry it.

    Attributes:
        believed: The server is known to refuse a wrong one. Otherwise the response must prove that the digest was used:
            old servers ignore the header of a checksum that they do not know, and store whatever arrives.
    """

    algorithm: str
    value: bytes
    believed: bool = False

    @property
    def text(self) -> str:
        """As S3 writes it."""
        return base64.b64encode(self.value).decode()

    @property
    def headers(self) -> dict[str, str]:
        """What a request carries."""
        name = "Content-MD5" if self.algorithm == "md5" else f"x-amz-checksum-{self.algorithm}"
        return {name: self.text}

    def tag_fits(self, answer: HttpAnswer, body: Body) -> bool | None:
        """Whether the tag that the store made is the MD5 of what was sent; None: nothing tells, or it need not.

        Raises:
            IntegrityError: The store tells the checksum of other bytes.
        """
        told = answer.headers.get(f"x-amz-checksum-{self.algorithm}")
        if told is not None and told != self.text:
            raise IntegrityError(f"the store reports that it received other bytes: {told} in place of {self.text}")
        if told is not None or self.believed:
            return None
        return tag_is_of(answer, body)


def tag_is_of(answer: HttpAnswer, body: Body) -> bool | None:
    """Whether the tag in an answer is the MD5 of these bytes; None: it is none of MD5s of a whole."""
    tag = md5_in(answer.headers)
    return None if tag is None else tag == body.digest("md5").hex()


def other_bytes(answer: HttpAnswer, body: Body) -> IntegrityError:
    """The error for a tag that is a digest of other bytes than these."""
    found, wanted = md5_in(answer.headers), body.digest("md5").hex()
    return IntegrityError(
        f"the store reports that it received other bytes: {found} in place of {wanted}", hint=AS_IT_IS
    )


def digest_of_body(body: Body, checksums: bool) -> SentDigest:
    """The digest to send with a body: CRC-32 where S3's checksums are taken, else MD5."""
    if not checksums:
        return SentDigest("md5", body.digest("md5"))
    return SentDigest("crc32", body.digest("crc32"))


class PartDigests(NamedTuple):
    """The digests that each part of an upload carries.

    Attributes:
        algorithms: `crc32` as S3's checksum, `md5`, or both.
        believed: As in `SentDigest`, of the checksum.
    """

    algorithms: tuple[str, ...]
    believed: bool = False

    def of(self, body: Body) -> list[SentDigest]:
        """Those of a part."""
        return [SentDigest(name, body.digest(name), self.believed and name != "md5") for name in self.algorithms]


def digest_of_bytes(data: bytes, checksums: bool) -> SentDigest:
    """As `digest_of_body`, for a document."""
    if not checksums:
        return SentDigest("md5", hashlib.md5(data, usedforsecurity=False).digest())
    return SentDigest("crc32", zlib.crc32(data).to_bytes(4, "big"))
