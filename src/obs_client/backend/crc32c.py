"""CRC-32C (RFC 3720, B.4): of bytes by the package google-crc32c; and of a whole from those of its pieces.

A cyclic redundancy check is linear over bits. So that of a concatenation follows from those of its pieces and their
lengths, without their bytes: the first one is carried over as many zero bytes as the second piece has, and added.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from obs_client.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ALGORITHM = "crc32c"
_COPIED = 128 * 1024
_POLYNOMIAL = 0x82F63B78

Matrix = tuple[int, ...]
"""A linear map of 32 bits: the image of each."""


class Crc32c:
    """A hash of four bytes, big-endian."""

    def __init__(self) -> None:
        try:
            from google_crc32c import extend
        except ImportError as error:
            raise ConfigurationError(
                "to check content with CRC-32C needs the package google-crc32c, which is not installed",
                hint="pip install 'obs_client[gcs]'",
            ) from error
        self._extend = extend
        self._value = 0

    def update(self, data: ReadableBuffer, /) -> None:
        """Take the next bytes."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _COPIED):
            # The package takes nothing but `bytes`; copies that are this small stay in the processor's cache.
            self._value = self._extend(self._value, bytes(view[start : start + _COPIED]))

    def digest(self) -> bytes:
        """The four bytes."""
        return self._value.to_bytes(4, "big")

    def hexdigest(self) -> str:
        """The same in hex."""
        return self.digest().hex()


def combine(pieces: Iterable[tuple[bytes, int]]) -> bytes:
    """The digest of a concatenation, from that of each piece and its size in bytes."""
    whole = 0
    for digest, size in pieces:
        whole = _times(_over_zeros(size), whole) ^ int.from_bytes(digest, "big")
    return whole.to_bytes(4, "big")


@functools.lru_cache(64)
def _over_zeros(size: int) -> Matrix:
    """How so many zero bytes change a CRC."""
    result, power = _IDENTITY, _ONE_BYTE
    while size:
        if size & 1:
            result = _after(power, result)
        power = _after(power, power)
        size >>= 1
    return result


def _times(matrix: Matrix, bits: int) -> int:
    value = 0
    for image in matrix:
        if bits & 1:
            value ^= image
        bits >>= 1
        if not bits:
            break
    return value


def _after(second: Matrix, first: Matrix) -> Matrix:
    """The map that does one after the other."""
    return tuple(_times(second, image) for image in first)


_IDENTITY: Matrix = tuple(1 << bit for bit in range(32))
_ONE_BIT: Matrix = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
_ONE_BYTE = functools.reduce(lambda done, _: _after(_ONE_BIT, done), range(8), _IDENTITY)
