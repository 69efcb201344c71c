"""One digest of the whole that is checked by pieces: for content that is read side by side."""

from __future__ import annotations

from collections.abc import Sequence

from obs_client.backend.crcs import CRC32C, combine
from obs_client.backend.integrity import ContentDigest, mismatch

PIECE = 1024 * 1024
"""Bytes of each piece of an object that is hashed by pieces, or more, so that there are not too many."""

_PIECES_MAXIMUM = 10_000


class CombinedDigest(ContentDigest):
    """One digest of a whole that can be read by pieces, side by side."""

    __slots__ = ()

    def __init__(self, value: str, size: int, algorithm: str = CRC32C) -> None:
        """Keep the digest in hex of so many bytes; the algorithm is one that `crcs.combine` knows."""
        piece = max(PIECE, -(-size // _PIECES_MAXIMUM))
        count = max(1, -(-size // piece))
        sizes = (*([piece] * (count - 1)), size - piece * (count - 1))
        values = (value,) if count == 1 else ()
        super().__init__(algorithm, sizes, values, None if values else value)

    def check_composite(self, digests: Sequence[bytes]) -> bool:
        """As in `ContentDigest`: the pieces' digests are combined, not hashed."""
        if self.composite is None:
            return True
        found = combine(self.algorithm, zip(digests, self.part_sizes, strict=True)).hex()
        if found != self.composite:
            raise mismatch(f"its {len(digests)} pieces", self.algorithm, self.composite, found)
        return True
