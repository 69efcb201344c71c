"""The sizes of an object's parts: as its writer noted them, as the store tells them, or as programs choose them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.numbers import read_number
from obs_client.backends.s3.errors import S3Error
from obs_client.errors import IntegrityError

PARTS_ASKED = 200
"""Parts of different sizes that are asked for one by one; an object of more is read unchecked."""

_MEBIBYTE = 1024 * 1024
_USUAL = tuple(
    size * _MEBIBYTE for size in (8, 5, 16, 64, 15, 10, 100, 50, 25, 20, 32, 128, 256, 512, 6, 12, 200, 500, 1000, 1024)
)
"""What programs make parts of by themselves, the commonest first."""


def equal_parts(size: int, part_size: int, count: int) -> Sequence[int] | None:
    """The sizes of so many parts that are equal but the last; None if they do not make the size."""
    if part_size < 1 or -(-size // part_size) != count:
        return None
    return (*([part_size] * (count - 1)), size - part_size * (count - 1))


def guessed_parts(size: int, count: int, seen: Sequence[int] = ()) -> Sequence[int] | None:
    """The likeliest sizes of so many parts, by what other objects had, and what programs choose."""
    for part_size in _likely(size, count, seen):
        if sizes := equal_parts(size, part_size, count):
            return sizes
    return None


def _likely(size: int, count: int, seen: Sequence[int]) -> Iterator[int]:
    yield from seen
    yield from _USUAL
    even = -(-size // count)
    yield -(-even // _MEBIBYTE) * _MEBIBYTE
    yield even


class AskedPartSizes:
    """The sizes of an object's parts as its writer noted them, or as the store tells them.

    Args:
        head: A HEAD with a part number, or with None of the whole.
        answer: The GET of the object.
        noted: Bytes of each part but the last, if this library wrote the object.
        seen: Such of other objects of this store, the last one first; more are noted there.
    """

    _used: Sequence[int]

    def __init__(
        self,
        head: Callable[[int | None], HttpAnswer],
        answer: HttpAnswer,
        size: int,
        noted: int | None,
        seen: list[int],
    ) -> None:
        self._head = head
        self._size = size
        self._noted = noted
        self._seen = seen
        self._guessed = False
        self._etag = answer.headers.get("etag")
        self._headers = answer.headers

    def sizes(self, count: int) -> Sequence[int] | None:
        noted = equal_parts(self._size, self._noted, count) if self._noted else None
        found = noted or self._tell(lambda: self._infer(count))
        if not noted:
            self._noted = None
        if found is None:
            if not self._size_holds():
                raise BrokenAnswer("the response does not have the length of the object: it is incomplete")
            found, self._guessed = guessed_parts(self._size, count, self._seen), True
        self._used = found or ()
        return found

    def _size_holds(self) -> bool:
        """Whether a second answer does not contradict the size: without digests of parts nothing else would tell."""
        headers = self._head(None).headers
        length = read_number(headers.get("content-length"))
        return headers.get("etag") != self._etag or length in (None, self._size)

    def judge(self, fits: bool) -> bool:
        """Note a guess that fits; gives whether the sizes are sure, so that content that does not fit is damaged."""
        if fits and self._guessed and len(self._used) > 1:
            self._seen[:] = [self._used[0], *(each for each in self._seen if each != self._used[0])][:4]
        return fits or self._is_sure()

    def _is_sure(self) -> bool:
        try:
            holds = self._size_holds()
        except (S3Error, OSError):
            holds = True
        if not holds:
            raise IntegrityError("the response does not have the length of the object")
        if self._guessed:
            return False
        told = self._tell(lambda: self._ask_each(len(self._used)))
        if self._noted:
            return told is None or [*told] == [*self._used]
        # SeaweedFS gives parts that are copied ETags that are no MD5s.
        odd_copies = any(name.startswith("seaweed-") for name in self._headers)
        return told is not None and [*told] == [*self._used] and not odd_copies

    def _infer(self, count: int) -> Sequence[int] | None:
        """The first and the last part tell whether all are equal; only if they are not, each is asked for."""
        first = self._part_size(1, count)
        sizes = equal_parts(self._size, first, count)
        if sizes and (count <= 2 or self._part_size(count, count) == sizes[-1]):
            return sizes
        return self._ask_each(count) if first and count <= PARTS_ASKED else None

    def _ask_each(self, count: int) -> Sequence[int] | None:
        told = [self._part_size(number, count) for number in range(1, count + 1)]
        return told if all(told) and sum(told) == self._size else None

    def _part_size(self, number: int, count: int) -> int:
        """The bytes of a part; 0 if the answer is not of a part of this object."""
        headers = self._head(number).headers
        length = read_number(headers.get("content-length"))
        if headers.get("x-amz-mp-parts-count", str(count)) != str(count) or length is None:
            return 0
        # Some servers answer with the part's own ETag.
        same = headers.get("etag") == self._etag or "-" not in headers.get("etag", "-")
        return length if same else 0

    @staticmethod
    def _tell(ask: Callable[[], Sequence[int] | None]) -> Sequence[int] | None:
        try:
            return ask()
        except S3Error:
            return None
