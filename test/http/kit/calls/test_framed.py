"""Bodies made of others: with something before and after, and pieces."""

from __future__ import annotations

import pytest

from obs_client._http.kit.calls.framed import FramedBody, PieceBody
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
    body = FramedBody(b"<<", BytesBody(inner), b">")
    for _ in range(2):
        assert len(body) == len(inner) + 3
        assert read_all(body, count) == b"<<" + inner + b">"
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
