"""CRC-32C (RFC 3720, B.4) and CRC-64/NVME (NVM Express, "64b CRC"): of bytes, each by a package where it is installed;
and of a whole from those of its pieces, CRC-32 (ISO-HDLC) too.

A cyclic redundancy check is linear over bits. So that of a concatenation follows from those of its pieces and their
lengths, without their bytes: the first one is carried over as many zero bytes as the second piece has, and added.
"""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Self

from obs_client.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CRC32 = "crc32"
CRC32C = "crc32c"
CRC64 = "crc64nvme"

MANY = 16 * 1024 * 1024
"""Bytes from which on it pays to load awscrt, and to read pieces side by side."""


_COPIED = 128 * 1024
_POLYNOMIALS = {CRC32: (0xEDB88320, 32), CRC32C: (0x82F63B78, 32), CRC64: (0x9A6C9329AC4BC9B5, 64)}
"""Of each its polynomial, with the lowest power in the highest bit, and how many bits it has."""

Extend = Callable[["ReadableBuffer", int], int]
"""Gives the value of a CRC after more bytes, from those bytes and the value before."""

Matrix = tuple[int, ...]
"""A linear map of bits: the image of each."""


class Crc32c:
    """A hash of four bytes, big-endian: by awscrt where that is loaded (`prepare`), else by google-crc32c."""

    def __init__(self) -> None:
        self._extend = _crc32c_of_awscrt() or _crc32c_of_google()
        self._value = 0

    def update(self, data: ReadableBuffer, /) -> None:
        """Take the next bytes."""
        self._value = self._extend(data, self._value)

    def copy(self) -> Self:
        """Another one that has taken the same bytes."""
        return copy.copy(self)

    def digest(self) -> bytes:
        """The four bytes."""
        return self._value.to_bytes(4, "big")

    def hexdigest(self) -> str:
        """The same in hex."""
        return self.digest().hex()


@functools.cache
def has_crc64() -> bool:
    """Whether CRC-64/NVME can be computed here: by the package awscrt, which nobody needs to install."""
    try:
        from awscrt.checksums import crc64nvme  # noqa: F401
    except ImportError:
        return False
    return True


def prepare(size: int) -> None:
    """Load awscrt, if it is installed, to hash so many bytes: it is slow to load, and faster with many."""
    if size >= MANY:
        has_crc64()


def _crc32c_of_awscrt() -> Extend | None:
    return getattr(sys.modules.get("awscrt.checksums"), "crc32c", None)


@functools.cache
def _crc32c_of_google() -> Extend:
    try:
        from google_crc32c import extend
    except ImportError as error:
        raise ConfigurationError(
            "to check content with CRC-32C needs the package google-crc32c, which is not installed",
            hint="pip install 'obs_client[gcs]'",
        ) from error

    def extend_by(data: ReadableBuffer, value: int) -> int:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _COPIED):
            # The package takes nothing but `bytes`; copies that are this small stay in the processor's cache.
            value = extend(value, bytes(view[start : start + _COPIED]))
        return value

    return extend_by


class Crc64:
    """A hash of eight bytes, big-endian; only where `has_crc64`."""

    def __init__(self) -> None:
        from awscrt.checksums import crc64nvme

        self._extend = crc64nvme
        self._value = 0

    def update(self, data: ReadableBuffer, /) -> None:
        """Take the next bytes."""
        self._value = self._extend(data, self._value)

    def copy(self) -> Self:
        """Another one that has taken the same bytes."""
        return copy.copy(self)

    def digest(self) -> bytes:
        """The eight bytes."""
        return self._value.to_bytes(8, "big")

    def hexdigest(self) -> str:
        """The same in hex."""
        return self.digest().hex()


def combine(algorithm: str, pieces: Iterable[tuple[bytes, int]]) -> bytes:
    """The digest of a concatenation, from that of each piece and its size in bytes."""
    whole = 0
    for digest, size in pieces:
        whole = _times(_over_zeros(algorithm, size), whole) ^ int.from_bytes(digest, "big")
    return whole.to_bytes(_POLYNOMIALS[algorithm][1] // 8, "big")


@functools.lru_cache(64)
def _over_zeros(algorithm: str, size: int) -> Matrix:
    """How so many zero bytes change a CRC."""
    result, power = _first_powers(algorithm)
    while size:
        if size & 1:
            result = _after(power, result)
        power = _after(power, power)
        size >>= 1
    return result


def _first_powers(algorithm: str) -> tuple[Matrix, Matrix]:
    """How no byte changes a CRC, and how one zero byte does."""
    polynomial, width = _POLYNOMIALS[algorithm]
    nothing = tuple(1 << bit for bit in range(width))
    one_bit = (polynomial, *nothing[:-1])
    return nothing, functools.reduce(lambda done, _: _after(one_bit, done), range(8), nothing)


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
