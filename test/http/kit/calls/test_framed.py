"""Bodies made of others: with something before and after, pieces, and hashed as they are sent."""

from __future__ import annotations

import hashlib

import pytest

from obs_client._http.kit.calls.framed import FramedBody, HashedBody, PieceBody, hashed
from obs_client.backend.body import Body, BytesBody


def read_all(body: Body, count: int) -> bytes:
    buffer = memoryview(bytearray(count))
    content = b""
    while found := body.readinto(buffer):
        content += buffer[:found]
    return content


@pytest.mark.parametrize("count", [1, 2, 3, 100])
@pytest.mark.parametrize("inner", [b"", b"x", b"content"])
def test_a_frame_is_around_a_body(count: int, inner: bytes) -> None:
    body = FramedBody(b"<(", BytesBody(inner), b")>")
    for _ in range(2):
        assert len(body) == len(inner) + 4
        assert read_all(body, count) == b"<(" + inner + b")>"
        body.rewind()


def test_what_was_sent_shows_in_the_inner_body() -> None:
    inner = BytesBody(b"content")
    body = FramedBody(b"<<", inner, b">>")
    body.readinto(memoryview(bytearray(2)))
    assert inner.sent == 0
    body.readinto(memoryview(bytearray(3)))
    assert inner.sent == 3
    body.rewind()
    read_all(body, 4)
    assert inner.sent == 7


@pytest.mark.parametrize(("start", "size"), [(0, 7), (2, 3), (6, 1), (3, 0)])
def test_a_piece_of_a_body(start: int, size: int) -> None:
    piece = PieceBody(FramedBody(b"<", BytesBody(b"content")), start, size)
    assert read_all(piece, 2) == b"<content"[start : start + size]
    piece.rewind()
    assert piece.read() == b"<content"[start : start + size]


class Counted(FramedBody):
    """A body that is not in memory, as far as anybody can tell; `read` counts its bytes that were read."""

    read_count = 0

    def _read_at(self, position: int, buffer: memoryview) -> int:
        count = super()._read_at(position, buffer)
        self.read_count += count
        return count


CONTENT = b"content of some length"


@pytest.mark.parametrize("size", [1, 5, 100])
def test_a_body_is_hashed_by_being_sent(size: int) -> None:
    inner = Counted(b"", BytesBody(CONTENT))
    body = hashed(inner, "md5")
    for tries in range(1, 3):
        body.rewind()
        assert read_all(body, size) == CONTENT
        assert body.digest("md5") == hashlib.md5(CONTENT).digest()
        assert inner.read_count == tries * len(CONTENT)
    assert inner.sent == len(CONTENT)


def test_a_body_that_was_not_sent_whole_is_read_for_its_digest() -> None:
    inner = Counted(b"", BytesBody(CONTENT))
    body = hashed(inner, "md5")
    body.readinto(memoryview(bytearray(5)))
    assert body.digest("md5") == hashlib.md5(CONTENT).digest()
    assert body.digest("sha256") == hashlib.sha256(CONTENT).digest()
    body.rewind()
    assert read_all(body, 7) == CONTENT
    assert body.digest("md5") == hashlib.md5(CONTENT).digest()


def test_a_second_try_is_hashed_anew() -> None:
    body = HashedBody(Counted(b"", BytesBody(CONTENT)), "md5")
    body.readinto(memoryview(bytearray(5)))
    body.rewind()
    assert read_all(body, 6) == CONTENT
    assert body.digest("md5") == hashlib.md5(CONTENT).digest()


def test_a_second_try_is_not_read_once_more_for_its_digest() -> None:
    inner = Counted(b"", BytesBody(CONTENT))
    body = HashedBody(inner, "md5")
    body.readinto(memoryview(bytearray(5)))
    body.rewind()
    assert read_all(body, 6) == CONTENT
    assert body.digest("md5") == hashlib.md5(CONTENT).digest()
    assert inner.read_count == 5 + len(CONTENT)


class Trickle(Body):
    """Bytes that come two at a time, whatever room there is."""

    def _read_at(self, position: int, buffer: memoryview) -> int:
        piece = CONTENT[position : position + 2]
        buffer[: len(piece)] = piece
        return len(piece)


def test_only_the_bytes_that_were_read_are_hashed_and_by_the_algorithm_that_is_asked_for() -> None:
    body = HashedBody(Trickle(len(CONTENT)), "md5")
    assert read_all(body, 100) == CONTENT
    assert body.digest("md5") == hashlib.md5(CONTENT).digest()
    assert body.digest("sha256") == hashlib.sha256(CONTENT).digest()


def test_what_is_read_out_of_order_is_not_taken_for_the_whole() -> None:
    body = HashedBody(Counted(b"", BytesBody(CONTENT)), "md5")
    half = memoryview(bytearray(len(CONTENT) // 2))
    for position in (0, 0, len(half)):  # the first half twice has as many bytes as the whole, too
        body.seek(position)
        body.readinto(half)
    body.seek(len(half))
    body.readinto(half)
    assert body.digest("md5") == hashlib.md5(CONTENT).digest()


def test_what_is_in_memory_is_sent_as_it_is() -> None:
    body = BytesBody(CONTENT)
    assert hashed(body, "md5") is body
