"""Each way to spoil an answer or a request does what it says: seen by a bare socket, and by the server behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from test.faults.wire import spoiling
from test.faults.wire.messages import made, read_answer
from test.faults.wire.origin import CONTENT, Origin, aim, body_of, get, running_origin, send
from test.faults.wire.proxy import FaultProxy, fault_proxy


@pytest.fixture
def origin() -> Iterator[Origin]:
    with running_origin() as one:
        yield one


@pytest.fixture
def proxy(origin: Origin) -> Iterator[FaultProxy]:
    assert origin.server
    with fault_proxy(origin.server.url) as one:
        yield one


def test_cuts(proxy: FaultProxy) -> None:
    aim(proxy, spoiling.cut_body(0.5))
    data, error = get(proxy)
    assert (body_of(data), error) == (CONTENT[: len(CONTENT) // 2], None)
    aim(proxy, spoiling.cut_body(0.5, reset=True))
    data, error = get(proxy)
    assert body_of(data) == CONTENT[: len(CONTENT) // 2]
    assert isinstance(error, ConnectionResetError)
    aim(proxy, spoiling.cut_at(40))
    assert len(get(proxy)[0]) == 40
    aim(proxy, spoiling.cut_head())
    assert b"\r\n\r\n" not in get(proxy)[0]
    aim(proxy, spoiling.close_unanswered())
    assert get(proxy) == (b"", None)


def test_what_is_done_but_not_answered_reached_the_server(proxy: FaultProxy, origin: Origin) -> None:
    aim(proxy, spoiling.close_unanswered(done=True))
    assert get(proxy) == (b"", None)
    aim(proxy, spoiling.refuse(made(500, "no"), done=True))
    assert get(proxy)[0].startswith(b"HTTP/1.1 500")
    assert len(origin.requests) == 2
    aim(proxy, spoiling.close_unanswered())
    get(proxy)
    assert len(origin.requests) == 2


@pytest.mark.slow
def test_stalls_last_until_the_client_goes(proxy: FaultProxy) -> None:
    for action, wanted in ((spoiling.stall(), b""), (spoiling.stall_body(0.25), CONTENT[: len(CONTENT) // 4])):
        aim(proxy, action)
        data, error = get(proxy)
        assert body_of(data) == wanted
        assert isinstance(error, TimeoutError)


def test_a_trickle_has_all_bytes_in_time(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(spoiling, "sleep", pauses.append)
    aim(proxy, spoiling.trickle(40_000))
    with send(proxy, b"GET /thing HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        assert read_answer(connection, "GET").body == CONTENT
    assert len(pauses) > 4, "it came at once"
    assert sum(pauses) == pytest.approx(len(CONTENT) / 40_000, rel=0.2)


@pytest.mark.slow
def test_lengths_agree_where_they_are_made_to(proxy: FaultProxy) -> None:
    for change, size in ((spoiling.shorten(0.5), len(CONTENT) // 2), (spoiling.lengthen, len(CONTENT) + 5)):
        aim(proxy, spoiling.change(change))
        data, _ = get(proxy)
        assert len(body_of(data)) == size
        assert b"Content-Length: %d\r\n" % size in data


@pytest.mark.slow
def test_changes_of_content(proxy: FaultProxy) -> None:
    aim(proxy, spoiling.change(spoiling.flip))
    body = body_of(get(proxy)[0])
    assert len(body) == len(CONTENT)
    assert sum(first != second for first, second in zip(body, CONTENT, strict=True)) == 1
    aim(proxy, spoiling.change(spoiling.html))
    data, _ = get(proxy)
    assert body_of(data) == spoiling.PAGE
    assert b"ETag: x" in data
    aim(proxy, spoiling.change(spoiling.empty))
    assert body_of(get(proxy)[0]) == b""
    aim(proxy, spoiling.change(lambda found: found.without("etag")))
    assert b"ETag" not in get(proxy)[0]
    aim(proxy, spoiling.not_http())
    assert get(proxy)[0].startswith(b"SSH-2.0")


def test_an_early_answer_leaves_the_body_unread_and_arrives(proxy: FaultProxy, origin: Origin) -> None:
    aim(proxy, spoiling.refuse(made(503, "no"), early=True))
    size = 200_000
    with send(proxy, b"PUT /thing HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size) as connection:
        sender = threading.Thread(target=lambda: _send_quietly(connection, bytes(size)))
        sender.start()
        assert read_answer(connection, "PUT").status == 503
        connection.shutdown(socket.SHUT_RDWR)
        sender.join()  # before its descriptor is closed, and another's
    assert origin.requests == []


def test_half_an_upload_reaches_the_server_as_half(proxy: FaultProxy, origin: Origin) -> None:
    for reset in (False, True):
        aim(proxy, spoiling.cut_upload(reset=reset))
        with send(proxy, b"PUT /thing HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + bytes(100)) as connection:
            if reset:
                with pytest.raises(ConnectionResetError):
                    connection.recv(10)
            else:
                assert connection.recv(10) == b""
    _until(lambda: len(origin.requests) == 2)
    assert [len(body) for _, body in origin.requests] == [50, 50]


def _send_quietly(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError:
        return


def _until(holds: object) -> None:
    for _ in range(100):
        if holds():  # type: ignore[operator]
            return
        time.sleep(0.02)
    raise AssertionError("it did not come about")
