"""Bodies around another one: with a few bytes before and after it, a piece of it, or hashed as it is sent."""

from __future__ import annotations

from obs_client.backend.body import Body, BytesBody
from obs_client.backend.integrity import new_hash

_JOINED_SIZE = 64 * 1024


def frame(head: bytes, body: Body, tail: bytes = b"") -> Body | bytes:
    """A body within a frame: as bytes if it is small and in memory."""
    if isinstance(body, BytesBody) and body.size <= _JOINED_SIZE:
        return b"".join((head, body.view(), tail))
    return FramedBody(head, body, tail)


class FramedBody(Body):
    """Sends `head`, all of `inner`, then `tail`; what was sent of the inner body shows there."""

    def __init__(self, head: bytes, inner: Body, tail: bytes = b"") -> None:
        super().__init__(len(head) + inner.size + len(tail))
        self._head, self._inner, self._tail = memoryview(head), inner, memoryview(tail)

    def _read_at(self, position: int, buffer: memoryview) -> int:
        place = position - len(self._head)
        if place < 0:
            return _fill(buffer, self._head[position:])
        if place < self._inner.size:
            self._inner.seek(place)
            return self._inner.readinto(buffer)
        return _fill(buffer, self._tail[place - self._inner.size :])


def _fill(buffer: memoryview, source: memoryview) -> int:
    count = min(len(buffer), len(source))
    buffer[:count] = source[:count]
    return count


class PieceBody(Body):
    """Some of the bytes of another body."""

    def __init__(self, inner: Body, start: int, size: int) -> None:
        super().__init__(size)
        self._inner, self._start = inner, start

    def _read_at(self, position: int, buffer: memoryview) -> int:
        self._inner.seek(self._start + position)
        return self._inner.readinto(buffer)


def hashed(body: Body, algorithm: str) -> Body:
    """A body that knows its digest by an algorithm once it was sent, and is not read for that before.

    What is in memory is hashed fast enough, and sent without a copy.
    """
    return body if isinstance(body, BytesBody) else HashedBody(body, algorithm)


class HashedBody(Body):
    """Another body, hashed as it is sent; the digest is of the bytes that were given to who sends them."""

    def __init__(self, inner: Body, algorithm: str) -> None:
        super().__init__(inner.size)
        self._inner, self._algorithm = inner, algorithm
        self._hash, self._hashed = new_hash(algorithm), 0

    def _read_at(self, position: int, buffer: memoryview) -> int:
        self._inner.seek(position)
        count = self._inner.readinto(buffer)
        if position == 0:
            self._hash, self._hashed = new_hash(self._algorithm), 0
        if position == self._hashed:
            self._hash.update(buffer[:count])
            self._hashed += count
        return count

    def digest(self, algorithm: str) -> bytes:
        """As that of any body; without reading it if it was just sent in order."""
        if algorithm == self._algorithm and self._hashed == self.size:
            return self._hash.digest()
        return self._inner.digest(algorithm)
