"""Digests of what is sent and read: MD5 as every S3 server knows it, or S3's checksums where they are taken."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.etags import bare_etag
from obs_client.backend.body import Body
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.s3.errors import S3Error
from obs_client.errors import IntegrityError

PARTS_ASKED = 200
"""Parts of different sizes that are asked for one by one; an object of more is read unchecked."""

_STORED = {"crc32": 4, "sha1": 20, "sha256": 32}
"""Algorithms of S3's checksums that can be compared in reading, the cheapest first, and the bytes of each."""

_HASH_CHANGING = ("x-amz-server-side-encryption-customer-algorithm",)
_CHECKSUM = r"([A-Za-z0-9+/]+={0,2})(?:-(\d+))?"


class SentDigest(NamedTuple):
    """The digest of a body, and the headers that carry it.

    Attributes:
        believed: The server is known to refuse a wrong one, so that it need not tell it back.
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

    def check(self, answer: HttpAnswer, body: Body) -> None:
        """Compare an answer with what was sent.

        Raises:
            IntegrityError: The store tells the digest of other bytes.
        """
        told = answer.headers.get(f"x-amz-checksum-{self.algorithm}")
        if told is not None:
            found, wanted = told, self.text
        elif self.believed:
            return
        else:
            found = bare_etag(answer.headers.get("etag", ""))
            if not hash_is_md5(found, answer.headers) or "-" in found:
                return
            wanted = self.value.hex() if self.algorithm == "md5" else body.digest("md5").hex()
        if found.lower() != wanted.lower():
            raise IntegrityError(f"the store says that it received other bytes: {found} in place of {wanted}")


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


class PartsDigest(ContentDigest):
    """A digest of parts whose sizes were inferred, or whose store is known to tell other digests at times.

    Args:
        is_proof: Tells whether content that does not fit is damaged.
    """

    __slots__ = ("_is_proof",)
    _is_proof: Callable[[], bool]

    def __init__(self, algorithm: str, part_sizes: Sequence[int], composite: str, is_proof: Callable[[], bool]) -> None:
        super().__init__(algorithm, part_sizes, (), composite)
        object.__setattr__(self, "_is_proof", is_proof)

    def check_composite(self, digests: Sequence[bytes]) -> bool:
        """As in `ContentDigest`; a mismatch is an error only if it proves something."""
        try:
            return ContentDigest.check_composite(self, digests)
        except IntegrityError:
            if self._is_proof():
                raise
            return False


class PartSizes(Protocol):
    """The sizes of an object's parts."""

    def sizes(self, count: int) -> Sequence[int] | None:
        """The bytes of each of so many parts, or None if they cannot be told."""

    def is_proof(self) -> bool:
        """Whether content that does not fit these sizes is damaged, and not the sizes or the store's digests odd."""


def digest_of_answer(answer: HttpAnswer, size: int, parts: PartSizes, whole_md5: bool) -> ContentDigest | None:
    """What the whole content must hash to, as far as the headers of an object tell.

    Digests of parts go first, since parts are read in parallel; then the cheapest.

    Args:
        parts: Asked for only if a digest is one of parts.
        whole_md5: The store's ETags are MD5s.
    """
    told = _told(answer, whole_md5)
    for algorithm, value, count in sorted(told, key=lambda each: not each[2]):
        if not count:
            return ContentDigest(algorithm, (size,), (value,))
        sizes = parts.sizes(count)
        if sizes is not None:
            return PartsDigest(algorithm, sizes, value, parts.is_proof)
    return None


def hash_is_md5(etag: str, headers: Mapping[str, str]) -> bool:
    """Whether the ETag can be made of MD5s: encryption with keys of a service or of the caller changes it."""
    if headers.get("x-amz-server-side-encryption", "AES256") != "AES256":
        return False
    return not any(name in headers for name in _HASH_CHANGING) and bool(re.fullmatch(r"[0-9a-fA-F]{32}(-\d+)?", etag))


def is_of_parts(answer: HttpAnswer) -> bool:
    """Whether the ETag is that of an object made of parts."""
    return "-" in bare_etag(answer.headers.get("etag", ""))


def _told(answer: HttpAnswer, whole_md5: bool) -> list[tuple[str, str, int]]:
    """Each digest that the headers tell: its algorithm, its value in hex, and the count of parts (0: of the whole)."""
    found = []
    # moto's HEAD tells a checksum of parts without their count.
    must_count = is_of_parts(answer) and answer.headers.get("x-amz-checksum-type") != "FULL_OBJECT"
    for algorithm, length in _STORED.items():
        text = answer.headers.get(f"x-amz-checksum-{algorithm}")
        if text and (match := re.fullmatch(_CHECKSUM, text)) and (match[2] or not must_count):
            value = base64.b64decode(match[1])
            if len(value) == length:
                found.append((algorithm, value.hex(), int(match[2] or 0)))
    etag = bare_etag(answer.headers.get("etag", ""))
    if whole_md5 and hash_is_md5(etag, answer.headers):
        digits, _, count = etag.lower().partition("-")
        found.append(("md5", digits, int(count or 0)))
    return found


def equal_parts(size: int, part_size: int, count: int) -> Sequence[int] | None:
    """The sizes of so many parts that are equal but the last; None if they do not make the size."""
    if part_size < 1 or -(-size // part_size) != count:
        return None
    return (*([part_size] * (count - 1)), size - part_size * (count - 1))


class AskedPartSizes:
    """The sizes of an object's parts as its writer noted them, or as the store tells them.

    Args:
        head: A HEAD with a part number, or with None of the whole.
        answer: The GET of the object.
        noted: Bytes of each part but the last, if this library wrote the object.
    """

    def __init__(
        self, head: Callable[[int | None], HttpAnswer], answer: HttpAnswer, size: int, noted: int | None
    ) -> None:
        self._head = head
        self._size = size
        self._noted = noted
        self._etag = answer.headers.get("etag", "")
        self._headers = answer.headers
        self._used: Sequence[int] = ()

    def sizes(self, count: int) -> Sequence[int] | None:
        noted = equal_parts(self._size, self._noted, count) if self._noted else None
        found = noted or self._tell(lambda: self._infer(count))
        if not noted:
            self._noted = None
        self._used = found or ()
        if found is None and not self._size_holds():
            raise BrokenAnswer("the answer has another length than the object: it is not whole")
        return found

    def _size_holds(self) -> bool:
        """Whether a second answer does not contradict the size: without digests of parts nothing else would tell."""
        headers = self._head(None).headers
        length = headers.get("content-length", "")
        return headers.get("etag") != self._etag or not length.isdecimal() or int(length) == self._size

    def is_proof(self) -> bool:
        if not self._size_holds():
            return True
        told = self._tell(lambda: self._ask_each(len(self._used)))
        if self._noted:
            return told is None or [*told] == [*self._used]
        # SeaweedFS gives parts that are copied ETags that are no MD5s.
        odd_copies = any(name.startswith("seaweed-") for name in self._headers)
        return told is not None and [*told] == [*self._used] and not odd_copies

    def _infer(self, count: int) -> Sequence[int] | None:
        """The first and the last part tell whether all are equal; only if they are not, each is asked for."""
        first = self._part_size(1, count)
        sizes = equal_parts(self._size, first, count) if first else None
        if sizes and (count <= 2 or self._part_size(count, count) == sizes[-1]):
            return sizes
        return self._ask_each(count) if first and count <= PARTS_ASKED else None

    def _ask_each(self, count: int) -> Sequence[int] | None:
        told = [self._part_size(number, count) for number in range(1, count + 1)]
        return told if all(told) and sum(told) == self._size else None

    def _part_size(self, number: int, count: int) -> int:
        """The bytes of a part; 0 if the answer is not of a part of this object."""
        headers = self._head(number).headers
        length = headers.get("content-length", "")
        if headers.get("x-amz-mp-parts-count", str(count)) != str(count) or not length.isdecimal():
            return 0
        # Some servers answer with the part's own ETag.
        same = headers.get("etag") == self._etag or "-" not in headers.get("etag", "-")
        return int(length) if same else 0

    @staticmethod
    def _tell(ask: Callable[[], Sequence[int] | None]) -> Sequence[int] | None:
        try:
            return ask()
        except S3Error:
            return None
