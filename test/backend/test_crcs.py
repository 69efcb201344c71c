"""CRC-32C and CRC-64: of bytes, of a whole from its pieces, and the check of content that is read by pieces."""

from __future__ import annotations

import random

import google_crc32c
import pytest

from obs_client.backend.combined import PIECE, CombinedDigest
from obs_client.backend.crcs import CRC32, CRC32C, CRC64, combine, has_crc64
from obs_client.backend.integrity import ContentCheck, new_hash
from obs_client.errors import IntegrityError

needs_crc64 = pytest.mark.skipif(not has_crc64(), reason="the package awscrt is not installed")
ALGORITHMS = [CRC32, CRC32C, pytest.param(CRC64, marks=needs_crc64)]


def digest(data: bytes) -> bytes:
    return int(google_crc32c.value(data)).to_bytes(4, "big")


def hashed(algorithm: str, data: bytes) -> bytes:
    hasher = new_hash(algorithm)
    hasher.update(data)
    return hasher.digest()


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", "00000000"), (b"123456789", "e3069283"), (bytes(32), "8a9136aa"), (b"\xff" * 32, "62a8ab43")],
)
def test_known_values(data: bytes, expected: str) -> None:
    """Those of RFC 3720, B.4, and the usual one."""
    hasher = new_hash("crc32c")
    for start in range(0, len(data), 5):
        hasher.update(memoryview(bytearray(data[start : start + 5])))
    assert hasher.hexdigest() == expected


@needs_crc64
@pytest.mark.parametrize(
    ("data", "expected"),
    [(bytes(4096), "6482d367eb22b64e"), (b"\xff" * 4096, "c0ddba7302eca3ac"), (b"123456789", "ae8b14860a799888")],
)
def test_known_values_of_crc64(data: bytes, expected: str) -> None:
    """Those of the NVM Command Set Specification, 1.0, 5.2.1.3.4, and the usual one."""
    hasher = new_hash(CRC64)
    for start in range(0, len(data), 5):
        hasher.update(memoryview(bytearray(data[start : start + 5])))
    assert hasher.hexdigest() == expected


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("seed", range(20))
def test_a_whole_follows_from_its_pieces(seed: int, algorithm: str) -> None:
    source = random.Random(seed)
    pieces = [source.randbytes(source.choice([0, 1, 7, 1000, 300_000])) for _ in range(source.randrange(1, 9))]
    whole = hashed(algorithm, b"".join(pieces))
    assert combine(algorithm, ((hashed(algorithm, piece), len(piece)) for piece in pieces)) == whole


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_content_that_is_read_by_pieces_is_checked(size: int) -> None:
    data = random.Random(size).randbytes(size)
    expected = CombinedDigest(digest(data).hex(), size)
    assert sum(expected.part_sizes) == size
    assert expected.whole == (size <= PIECE)
    check = ContentCheck(expected)
    check.update(memoryview(data))
    check.finish()
    assert expected.check_composite(check.digests)


@pytest.mark.parametrize("size", [1, 3 * PIECE + 5])
def test_one_other_bit_is_found(size: int) -> None:
    data = random.Random(size).randbytes(size)
    expected = CombinedDigest(digest(data).hex(), size)
    check = ContentCheck(expected)
    with pytest.raises(IntegrityError, match="other bytes"):
        check.update(memoryview(data[:-1] + bytes([data[-1] ^ 1])))
        check.finish()
        expected.check_composite(check.digests)


def test_pieces_of_huge_objects_are_few() -> None:
    expected = CombinedDigest("00000000", 5 * 1024**4)
    assert len(expected.part_sizes) <= 10_000
    assert sum(expected.part_sizes) == 5 * 1024**4
