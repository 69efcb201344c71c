"""What the whole content of an object must hash to, as far as its headers tell, and what is proved if it does not."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Protocol

from obs_client._http.answer import HttpAnswer
from obs_client._http.kit.etags import bare_etag
from obs_client.backend.combined import CombinedDigest
from obs_client.backend.crcs import CRC32, CRC64, MANY, has_crc64
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.s3.digests.tags import hash_is_md5

_STORED = {CRC64: 8, "crc32": 4, "sha1": 20, "sha256": 32}
"""Algorithms of S3's checksums that can be compared in reading, the cheapest first, and the bytes of each."""

_CHECKSUM = r"([A-Za-z0-9+/]+={0,2})(?:-(\d{1,5}))?"

Judge = Callable[[bool], bool]
"""Is told whether content fits, and tells whether content that does not is damaged."""


class JudgedDigest(ContentDigest):
    """A digest of parts whose sizes were inferred, or an ETag that may not be a digest.

    S3 reports how many parts an object has, but not how large they are: the sizes are inferred from the size of the
    object. If content written with other sizes is compared, it does not match although nothing is damaged. So whether
    a mismatch is a proof of damage is asked at the end, when the content has been read.

    Args:
        judge: Is asked at the end.
    """

    __slots__ = ("_judge",)
    _judge: Judge

    def __init__(
        self,
        algorithm: str,
        part_sizes: Sequence[int],
        part_values: Sequence[str],
        composite: str | None,
        judge: Judge,
    ) -> None:
        super().__init__(algorithm, part_sizes, part_values, composite)
        object.__setattr__(self, "_judge", judge)

    def is_proof(self) -> bool:
        return self._judge(False)

    def check_composite(self, digests: Sequence[bytes]) -> bool:
        fits = ContentDigest.check_composite(self, digests)
        if fits:
            self._judge(True)
        return fits


class PartSizes(Protocol):
    """The sizes of an object's parts."""

    def sizes(self, count: int) -> Sequence[int] | None:
        """The bytes of each of so many parts, or None if they cannot be told."""

    def judge(self, fits: bool) -> bool:
        """Take note of whether content fits these sizes; gives whether they are sure, so that it must."""


def digest_of_answer(
    answer: HttpAnswer, size: int, parts: PartSizes, whole: Judge | None, composite: Judge
) -> ContentDigest | None:
    """What the whole content must hash to, as far as the headers of an object tell.

    Digests of parts go first, since parts are read in parallel; then the cheapest.

    Args:
        parts: Asked for only if a digest is one of parts.
        whole: Judges tags that look like an MD5 of the whole; None: such tags are none.
        composite: Judges tags that look like an MD5 of MD5s of parts.
    """
    told = _told(answer, whole is not None)
    for algorithm, value, count in sorted(told, key=lambda each: _rank(each[0], each[2], size)):
        if algorithm == CRC64 and not has_crc64():
            continue
        if not count:
            if _is_combinable(algorithm, size):
                return CombinedDigest(value, size, algorithm)
            if algorithm == "md5" and whole:
                return JudgedDigest(algorithm, (size,), (value,), None, whole)
            return ContentDigest(algorithm, (size,), (value,))
        sizes = parts.sizes(count)
        if sizes is not None:
            judge = _both(parts.judge, composite) if algorithm == "md5" else parts.judge
            return JudgedDigest(algorithm, sizes, (), value, judge)
    return None


def _rank(algorithm: str, count: int, size: int) -> tuple[bool, bool]:
    """The place of a digest: first those of parts, which are compared while parts are read in parallel.

    The CRC-64 comes last, because it needs a package; but for large objects it is as good as any, because its pieces
    can be computed in parallel and combined, which an MD5 of the complete content does not allow.
    """
    return not (count or _is_combinable(algorithm, size)), algorithm == CRC64 and size < MANY


def _is_combinable(algorithm: str, size: int) -> bool:
    """Whether a digest of the whole is compared by those of its pieces, which pays where there are many bytes."""
    return algorithm in (CRC32, CRC64) and size >= MANY


def is_of_parts(answer: HttpAnswer) -> bool:
    """Whether the ETag is that of an object made of parts."""
    return "-" in bare_etag(answer.headers.get("etag", ""))


def _both(parts: Judge, tags: Judge) -> Judge:
    """The sizes must be sure, and the tag a digest."""

    def judge(fits: bool) -> bool:
        sure = parts(fits)
        return tags(fits) and sure

    return judge


def _told(answer: HttpAnswer, md5: bool) -> list[tuple[str, str, int]]:
    """Each digest that the headers tell: its algorithm, its value in hex, and the count of parts (0: of the whole)."""
    found = []
    headers = answer.headers.by_lower_name
    # moto's HEAD tells a checksum of parts without their count.
    must_count = is_of_parts(answer) and headers.get("x-amz-checksum-type") != "FULL_OBJECT"
    for algorithm, length in _STORED.items():
        text = headers.get(f"x-amz-checksum-{algorithm}")
        if text and (match := re.fullmatch(_CHECKSUM, text)) and (match[2] or not must_count):
            value = _decoded(match[1])
            if len(value) == length:
                found.append((algorithm, value.hex(), int(match[2] or 0)))
    etag = bare_etag(headers.get("etag", ""))
    if md5 and hash_is_md5(etag, headers):
        digits, _, count = etag.lower().partition("-")
        found.append(("md5", digits, int(count or 0)))
    return found


def _decoded(text: str) -> bytes:
    """The bytes of a checksum; none if this is no checksum, but something that a server or a proxy made of one."""
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""
