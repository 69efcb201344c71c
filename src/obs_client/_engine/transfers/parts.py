"""How an object is cut into parts, for writing and for reading."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from obs_client.backend.integrity import ContentDigest
from obs_client.errors import NotSupportedError
from obs_client.models import Capabilities

if TYPE_CHECKING:
    from obs_client.backend.multipart import Part


def part_size(size: int, wanted: int, capabilities: Capabilities) -> int:
    """Bytes of a part of an object of known size: what is wanted, or more where the store limits the count of parts.

    Raises:
        NotSupportedError: No parts that the store takes can hold so much.
    """
    chosen = _within(wanted, capabilities)
    count = capabilities.part_count_maximum
    if count is not None and size > chosen * count:
        chosen = -(-size // count)
        if capabilities.part_size_maximum is not None and chosen > capabilities.part_size_maximum:
            largest = count * capabilities.part_size_maximum
            raise NotSupportedError(f"{size:,} bytes are more than this store holds in one object: {largest:,}")
    return chosen


def parts_of(size: int, part: int) -> Iterator[Part]:
    """All parts of an object of known size."""
    from obs_client.backend.multipart import Part

    for number, offset in enumerate(range(0, size, part), 1):
        yield Part(number, offset, min(part, size - offset))


def stream_part_sizes(wanted: int, capabilities: Capabilities) -> Iterator[int]:
    """Bytes of each part of a stream of unknown size, as many as the store takes.

    Where parts may be unequal they double after each tenth of the count that the store allows: the first tenth holds
    `wanted` x count / 10 bytes, the whole about a hundred times `wanted` x count.
    """
    size = _within(wanted, capabilities)
    count = capabilities.part_count_maximum
    if count is None:
        yield from itertools.repeat(size)
        return
    step = max(1, count // 10)
    for number in range(count):
        if number and number % step == 0 and not capabilities.equal_parts:
            size = _within(2 * size, capabilities)
        yield size


def _within(size: int, capabilities: Capabilities) -> int:
    chosen = max(size, capabilities.part_size_minimum)
    return chosen if capabilities.part_size_maximum is None else min(chosen, capabilities.part_size_maximum)


class Range(NamedTuple):
    """Some of an object's bytes, and the first of its digest's parts in them."""

    offset: int
    size: int
    first_part: int

    @property
    def end(self) -> int:
        """The byte after the last."""
        return self.offset + self.size


def ranges_of(size: int, wanted: int, digest: ContentDigest | None) -> list[Range]:
    """The ranges by which an object is read in parallel; they end where the parts of its digest end."""
    if digest is None:
        return [Range(offset, min(wanted, size - offset), 0) for offset in range(0, size, wanted)]
    ranges: list[Range] = []
    offset = first = length = 0
    for number, part in enumerate(digest.part_sizes, 1):
        length += part
        if length >= wanted or number == len(digest.part_sizes):
            ranges.append(Range(offset, length, first))
            offset, first, length = offset + length, number, 0
    return ranges
