"""Ranges of bytes: what is asked for, and what an answer holds of it."""

import pytest

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.ranges import Place, end_header, find_end, find_place, range_header
from obs_client._http.pool import HttpPool
from test.loopback.raw import answer, raw_server, saying


def placed(reply: bytes, start: int, stop: int | None) -> Place:
    """Where the range is in this answer."""
    with raw_server(saying(reply)) as server:
        pool = HttpPool(timeout=5.0)
        found = pool.request("GET", server.url + "/", {})
        try:
            return find_place(found, start, stop)
        finally:
            found.close()
            pool.close()


def partial(fit: bytes, body: bytes = b"cd") -> bytes:
    return answer(body, b"206 Partial Content", b"Content-Range: " + fit + b"\r\n")


@pytest.mark.parametrize(
    ("start", "stop", "asked"),
    [(0, None, None), (3, None, "bytes=3-"), (0, 1, "bytes=0-0"), (2, 10, "bytes=2-9")],
)
def test_what_is_asked_for(start: int, stop: int | None, asked: str | None) -> None:
    assert range_header(start, stop) == asked


@pytest.mark.parametrize(
    ("fit", "start", "stop", "size"),
    [
        (b"bytes 2-3/9", 2, 4, 9),
        (b"bytes 2-3/4", 2, None, 4),
        (b"bytes 2-3/4", 2, 10, 4),
    ],
)
def test_the_range_that_was_asked_for(fit: bytes, start: int, stop: int | None, size: int) -> None:
    assert placed(partial(fit), start, stop) == Place(size, 0, 2)


def as_whole(fit: bytes, body: bytes = b"cd") -> bytes:
    """A range with the status of a whole object, as `rclone serve s3` sends it."""
    return answer(body, headers=b"Content-Range: " + fit + b"\r\n")


def in_chunks(status: bytes, fit: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Range: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % (status, fit)
    return head + b"%d\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    ("reply", "start", "stop", "place"),
    [
        (as_whole(b"bytes 2-3/9"), 2, 4, Place(9, 0, 2)),
        (as_whole(b"bytes 2-3/4"), 2, None, Place(4, 0, 2)),
        (as_whole(b"bytes 2-3/*"), 2, 4, Place(None, 0, 2)),
        # It tells of all that there is, or sends it whatever it tells.
        (as_whole(b"bytes 0-3/4", b"abcd"), 1, 3, Place(4, 1, 2)),
        (as_whole(b"bytes 2-3/4", b"abcd"), 2, 4, Place(4, 2, 2)),
        (as_whole(b"bytes */4", b"abcd"), 2, 4, Place(4, 2, 2)),
        (in_chunks(b"200 OK", b"bytes 0-3/4", b"abcd"), 2, 4, Place(None, 2, 2)),
    ],
)
def test_a_range_with_the_status_of_a_whole_object(reply: bytes, start: int, stop: int | None, place: Place) -> None:
    assert placed(reply, start, stop) == place


def test_a_range_in_chunks() -> None:
    assert placed(in_chunks(b"206 x", b"bytes 2-3/9", b"cd"), 2, 4) == Place(9, 0, 2)


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("reply", "stop", "place"),
    [
        (CHUNKS, None, Place(None, 2, None)),
        (CHUNKS, 4, Place(None, 2, 2)),
        (partial(b"bytes 2-3/*"), 4, Place(None, 0, 2)),
        (partial(b"bytes 2-3/*"), 9, Place(None, 0, 2)),
        (partial(b"bytes 2-3/*"), None, Place(None, 0, 2)),
    ],
)
def test_a_size_that_is_not_told_is_none(reply: bytes, stop: int | None, place: Place) -> None:
    assert placed(reply, 2, stop) == place


@pytest.mark.parametrize(
    ("start", "stop", "place"),
    [
        (0, None, Place(4, 0, 4)),
        (1, None, Place(4, 1, 3)),
        (1, 3, Place(4, 1, 2)),
        (1, 30, Place(4, 1, 3)),
        (4, None, Place(4, 4, 0)),
        (9, 12, Place(4, 4, 0)),
    ],
)
def test_a_server_that_ignores_ranges(start: int, stop: int | None, place: Place) -> None:
    assert placed(answer(b"abcd"), start, stop) == place


@pytest.mark.parametrize(
    "reply",
    [
        partial(b"bytes 1-2/9"),
        partial(b"bytes 2-4/9"),
        partial(b"bytes 2-3/3"),
        partial(b"bytes */9"),
        partial(b"bytes 1-3/*"),
        partial(b"bytes 2-4/*", b"cde"),
        partial(b"bytes 2-3/9", b"cde"),
        partial(b""),
        answer(b"cd", b"206 Partial Content"),
        as_whole(b"bytes 1-2/9"),
        as_whole(b"bytes 2-3/9", b"cde"),
    ],
)
def test_other_ranges_make_no_sense(reply: bytes) -> None:
    with pytest.raises(StrangeAnswer):
        placed(reply, 2, 4)


@pytest.mark.parametrize(
    ("fit", "stop", "message"),
    [
        (b"bytes 1-2/9", 4, "the response has bytes 1 to 2, requested were 2 to 3"),
        (b"bytes 1-2/9", None, "the response has bytes 1 to 2, requested were 2 to the end"),
        (b"", 4, "the response is a range, but does not say which one"),
    ],
)
def test_what_came_and_what_was_asked_for_are_told(fit: bytes, stop: int | None, message: str) -> None:
    with pytest.raises(StrangeAnswer) as caught:
        placed(partial(fit), 2, stop)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("reply", "count", "place"),
    [
        (partial(b"bytes 2-3/4"), 2, Place(4, 0, 2)),
        (partial(b"bytes 0-1/2"), 9, Place(2, 0, 2)),
        (as_whole(b"bytes 2-3/4"), 2, Place(4, 0, 2)),
        (as_whole(b"bytes 2-3/9"), 2, None),
        (answer(b"abcd"), 3, Place(4, 1, 3)),
        (answer(b"abcd"), 9, Place(4, 0, 4)),
        (answer(b""), 1, Place(0, 0, 0)),
        # What does not say that it is the end: then the size is asked for.
        (CHUNKS, 2, None),
        (partial(b"bytes 2-3/*"), 2, None),
        (partial(b"bytes 0-1/4"), 2, None),
        (partial(b"bytes 2-3/4"), 3, None),
        (partial(b"bytes 2-3/4", b"bcd"), 2, None),
        (partial(b""), 2, None),
    ],
)
def test_the_end_that_was_asked_for(reply: bytes, count: int, place: Place | None) -> None:
    assert end_header(count) == f"bytes=-{count}"
    with raw_server(saying(reply)) as server:
        pool = HttpPool(timeout=5.0)
        found = pool.request("GET", server.url + "/", {})
        try:
            assert find_end(found, count) == place
        finally:
            found.close()
            pool.close()
