"""Whether two objects have the same content: by stored digests where they prove it, by reading where not."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from obs_client._engine.border import Border
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.places import Place
from obs_client.sync.listing import Listed
from obs_client.sync.sides import in_files

MD5_DIGITS = 32
SEGMENTS_MAXIMUM = 10_000

Proof = Literal["stored digests", "digest and reading", "reading", "no bytes", "sizes", "folder"]
"""By what a name was compared: both stores' digests, one's and the bytes of the other, the bytes of both, that neither
has any, that one has more; or, of an object that marks a folder, that the directory has the folder."""

_DIGEST = re.compile("[0-9a-fA-F]{32,128}(-[0-9]+)?")
"""The form of a digest, of the whole or of parts; a tag of another form may say nothing of content."""


class Comparison:
    """Two places whose contents are compared."""

    def __init__(self, source: Place, target: Place) -> None:
        self.source = source
        self.target = target

    def proves_equal(self, source: str | None, target: str | None) -> bool:
        """Whether two hashes of objects of one size prove that their content is the same."""
        return source == target and source is not None and _DIGEST.fullmatch(source) is not None


def same_content(comparison: Comparison, source: Listed, target: Listed) -> bool:
    """Whether two objects of the same size have the same bytes, as `compare_content` finds."""
    return compare_content(comparison, source, target)[0]


def compare_content(comparison: Comparison, source: Listed, target: Listed) -> tuple[bool, Proof]:
    """Whether two objects of the same size have the same bytes, and by what that was seen.

    Equal digests prove it, but that of a file: any program may have changed the file since, so it is always read.
    Different ones prove nothing, since a store may call by that name what is none; then both are read, or only one if
    the other's MD5 is stored.

    Raises:
        NotFoundError: One is gone by now.
    """
    if proof := proved_by_listing(comparison, source, target):
        return True, proof
    tag, other_tag = _stored(comparison.source, source), _stored(comparison.target, target)
    if comparison.proves_equal(tag, other_tag) and are_md5s(comparison, source, target):
        return True, "stored digests"
    if _is_md5(tag) and other_tag is None and _md5(comparison.target, target) == tag:
        return True, "digest and reading"
    if _is_md5(other_tag) and tag is None and _md5(comparison.source, source) == other_tag:
        return True, "digest and reading"
    with _reader(comparison.source, source) as one, _reader(comparison.target, target) as other:
        sizes = {one.info.size, other.info.size} - {None}
        return len(sizes) < 2 and _same_bytes(one, other), "reading"


def proved_by_listing(comparison: Comparison, source: Listed, target: Listed) -> Proof | None:
    """By what two objects of the same size are proved to have the same bytes without a request; None: by nothing."""
    if source.size == target.size == 0:
        return "no bytes"
    tag, other_tag = _stored(comparison.source, source), _stored(comparison.target, target)
    if comparison.proves_equal(tag, other_tag) and not _may_be_of_segments(source):
        return "stored digests"
    return None


def _stored(place: Place, entry: Listed) -> str | None:
    """The hash, as far as the store itself keeps the content by it."""
    return None if in_files(place) else entry.hash


def _may_be_of_segments(entry: Listed) -> bool:
    """Whether a hash in the form of an MD5 may be another one, so that the stores are to be asked.

    The tag of an object of segments is the MD5 of their digests in hex, as is that of an object which holds this text:
    32 bytes a segment.
    """
    size = entry.size
    if not _is_md5(entry.hash):
        return False
    return size is None or not (size % MD5_DIGITS or size > MD5_DIGITS * SEGMENTS_MAXIMUM)


def are_md5s(comparison: Comparison, source: Listed, target: Listed) -> bool:
    """Whether two hashes that look like MD5s are; asks both stores, without reading contents.

    A store may call by an MD5 what is none: of a large object's segments, or of encrypted content.
    """
    return _tells_md5(comparison.source, source) and _tells_md5(comparison.target, target)


def _tells_md5(place: Place, entry: Listed) -> bool:
    if not place.client.options.check_content:
        return True  # then digests are not told, and the listing is all there is
    with _reader(place, entry) as reader:
        digest = reader.digest
    if digest is None or not digest.whole:
        return False
    return digest.algorithm != "md5" or list(digest.part_values) == [entry.hash]


def _is_md5(tag: str | None) -> bool:
    return tag is not None and len(tag) == MD5_DIGITS


def _reader(place: Place, entry: Listed) -> GuardedReader:
    return GuardedReader(Border(place.client), place.container_name, entry.name)


def _md5(place: Place, entry: Listed) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with _reader(place, entry) as reader:
        buffer = memoryview(bytearray(reader.block_size or 1))
        while count := reader.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


def _same_bytes(one: GuardedReader, other: GuardedReader) -> bool:
    size = one.block_size or 1
    first, second = memoryview(bytearray(size)), memoryview(bytearray(size))
    while True:
        count = _fill(one, first)
        if _fill(other, second) != count or first[:count] != second[:count]:
            return False
        if count < size:
            return True


def _fill(reader: GuardedReader, buffer: memoryview) -> int:
    filled = 0
    while filled < len(buffer) and (count := reader.readinto(buffer[filled:])):
        filled += count
    return filled
