"""What an object's content must hash to, and the check of bytes against it."""

from __future__ import annotations

import dataclasses
import hashlib
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, Self

from obs_client.errors import IntegrityError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Hash(Protocol):
    """What `hashlib` gives, as far as it is used."""

    def update(self, data: ReadableBuffer, /) -> None: ...

    def digest(self) -> bytes: ...

    def hexdigest(self) -> str: ...

    def copy(self) -> Self: ...


def new_hash(algorithm: str) -> Hash:
    """A hash by a name of `hashlib`, or `crc32`, `crc32c` or `crc64nvme`: big-endian, as S3 and Google have it.

    Raises:
        ConfigurationError: `crc32c` needs the package google-crc32c, which is not installed.
        ImportError: `crc64nvme` is asked for where `crcs.has_crc64` says no.
    """
    if algorithm in ("crc32c", "crc64nvme"):
        from obs_client.backend import crcs  # of few stores only

        return crcs.Crc32c() if algorithm == crcs.CRC32C else crcs.Crc64()
    return _Crc32() if algorithm == "crc32" else hashlib.new(algorithm, usedforsecurity=False)


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: ReadableBuffer, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def copy(self) -> _Crc32:
        made = _Crc32()
        made._value = self._value
        return made

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")

    def hexdigest(self) -> str:
        return self.digest().hex()


@dataclasses.dataclass(frozen=True, slots=True)
class ContentDigest:
    """What a store tells of an object's content: of the whole, or of its parts.

    Attributes:
        algorithm: A name that `new_hash` knows.
        part_sizes: Bytes of each part in order; their sum is the object's size. One entry: the whole; none: the whole,
            whose size nobody told.
        part_values: The digest of each part in hex, or empty if only `composite` is known.
        composite: The digest, in hex, of the parts' binary digests one after another, or None.
    """

    algorithm: str
    part_sizes: Sequence[int]
    part_values: Sequence[str] = ()
    composite: str | None = None

    @property
    def whole(self) -> bool:
        """Whether one digest covers all bytes, so that they must be hashed in order."""
        return len(self.part_sizes) <= 1

    def is_proof(self) -> bool:
        """Whether content that does not fit is not what was stored; asked for only then.

        False: the digest may be none, or the sizes of the parts a guess, so that nothing is proved. A backend that
        cannot know overrides this.
        """
        return True

    def check_composite(self, digests: Sequence[bytes]) -> bool:
        """Compare the parts' digests, in order, with the composite that the store tells.

        False: they do not fit, but that proves nothing.

        Raises:
            IntegrityError: The content is not what the store says.
        """
        if self.composite is None:
            return True
        hasher = new_hash(self.algorithm)
        hasher.update(b"".join(digests))
        if hasher.hexdigest() != self.composite:
            if not self.is_proof():
                return False
            raise mismatch(f"its {len(digests)} parts", self.algorithm, self.composite, hasher.hexdigest())
        return True


class ContentCheck:
    """Hashes the bytes of consecutive parts as they come, and compares each part whose digest is known.

    Attributes:
        fits: No part differed from its digest; one that differs is an error, unless that proves nothing.
    """

    def __init__(self, digest: ContentDigest, first_part: int = 0) -> None:
        self.digests: list[bytes] = []
        self.fits: bool = True
        self._digest = digest
        self._part = first_part
        self._left = digest.part_sizes[first_part] if digest.part_sizes else 0
        self._hash = new_hash(digest.algorithm)

    def update(self, block: memoryview) -> None:
        """Take the next bytes; raises `IntegrityError` at the end of a part that is not what it should be."""
        while self._part < len(self._digest.part_sizes) and len(block) >= self._left:
            self._hash.update(block[: self._left])
            block = block[self._left :]
            self._end_part()
        if block:
            self._left -= len(block)
            self._hash.update(block)

    def finish(self) -> None:
        """Say that no byte follows: ends a last part of no bytes, or one whose size nobody told."""
        if not self._digest.part_sizes and not self.digests:
            self._end_part()
        self.update(memoryview(b""))

    @property
    def so_far(self) -> Hash:
        """The hash of all bytes until now, where one digest covers the whole; not to be changed."""
        return self._hash

    def go_on(self, hashed: Hash, count: int) -> None:
        """Take the hash of the first bytes, so many, where one digest covers the whole; the next ones follow."""
        self._hash = hashed
        self._left -= count

    def _end_part(self) -> None:
        values = self._digest.part_values
        if values and self._hash.hexdigest() != values[self._part]:
            self._refuse(values[self._part])
        self.digests.append(self._hash.digest())
        self._part += 1
        if self._part < len(self._digest.part_sizes):
            self._left = self._digest.part_sizes[self._part]
            self._hash = new_hash(self._digest.algorithm)

    def _refuse(self, expected: str) -> None:
        """A part differs from its digest."""
        self.fits = False
        if self._digest.is_proof():
            what = "its content" if self._digest.whole else f"its part {self._part + 1}"
            raise mismatch(what, self._digest.algorithm, expected, self._hash.hexdigest())


AS_IT_IS = (
    "to have what is stored as it is: ClientOptions(check_content=False), in a URL ?check_content=false; "
    "nothing that is read or written is compared then"
)
"""What can be done where content does not fit its digest."""


def mismatch(what: str, algorithm: str, expected: str, found: str) -> IntegrityError:
    """The error for content that is not what its store says."""
    return IntegrityError(
        f"{what} arrived with other bytes: {algorithm} {found} in place of {expected}; read it again, and if that "
        f"fails too, the stored object is damaged",
        hint=AS_IT_IS,
    )
