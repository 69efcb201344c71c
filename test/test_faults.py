"""The fault-injecting proxy does what it says: seen by a bare socket, before a server that says what it was sent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from test.faults import spoiling
from test.faults.matrix import SCENARIOS, cells, quick
from test.faults.proxy import Fault, FaultProxy, fault_proxy
from test.faults.spoiling import Action
from test.faults.thief import thief
from test.faults.wire import Answer, made, read_answer
from test.loopback.raw import RawServer, answer, raw_server, read_head, read_request

CONTENT = bytes(range(256)) * 40


class Origin:
    """A server that notes what it was sent, whole or not, and answers with content."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self.server: RawServer | None = None

    def serve(self, connection: socket.socket, _number: int) -> None:
        head, body = read_request(connection)
        self.requests.append((head, body))
        if b"chunked" in head:
            chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: x\r\n\r\n" + chunk)
        else:
            connection.sendall(answer(CONTENT, headers=b"ETag: x\r\n"))


@pytest.fixture
def origin() -> Iterator[Origin]:
    one = Origin()
    with raw_server(one.serve) as one.server:
        yield one


@pytest.fixture
def proxy(origin: Origin) -> Iterator[FaultProxy]:
    assert origin.server
    with fault_proxy(origin.server.url) as one:
        yield one


def _send(proxy: FaultProxy, request: bytes) -> socket.socket:
    assert proxy.server
    connection = socket.create_connection(("127.0.0.1", proxy.server.port), 5)
    connection.sendall(request)
    return connection


def _get(proxy: FaultProxy, path: bytes = b"/thing") -> tuple[bytes, Exception | None]:
    """All bytes of an answer, and how its connection ended: None by FIN."""
    with _send(proxy, b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path) as connection:
        connection.settimeout(0.4)
        data = b""
        try:
            while received := connection.recv(65536):
                data += received
        except OSError as error:
            return data, error
    return data, None


def _aim(proxy: FaultProxy, action: Action, times: int | None = 1, skip: int = 0) -> None:
    proxy.aim(Fault("test", lambda request: request.path == "/thing", action, times, skip))


def _body(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[2]


def test_without_a_fault_all_bytes_go_both_ways(proxy: FaultProxy, origin: Origin) -> None:
    with _send(proxy, b"PUT /thing?a=%20b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello") as connection:
        found = read_answer(connection, "PUT")
    assert found.body == CONTENT
    assert origin.requests[0][0].startswith(b"PUT /thing?a=%20b HTTP/1.1\r\n")
    assert origin.requests[0][1] == b"hello"
    (entry,) = proxy.journal
    assert (entry.request.method, entry.request.query, entry.status, entry.fault) == ("PUT", {"a": " b"}, 200, None)


def test_chunks_come_as_they_were_sent(proxy: FaultProxy) -> None:
    with _send(proxy, b"GET /chunked HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        found = read_answer(connection, "GET")
    assert found.body == CONTENT
    assert b"Transfer-Encoding: chunked" in found.head()


def test_a_body_that_waits_for_leave_is_asked_for(proxy: FaultProxy, origin: Origin) -> None:
    request = b"PUT /thing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with _send(proxy, request) as connection:
        assert read_head(connection)[0] == b"HTTP/1.1 100 Continue"
        connection.sendall(b"hello")
        assert read_answer(connection, "PUT").status == 200
    assert origin.requests[0][1] == b"hello"


def test_a_fault_hits_the_requests_that_it_is_aimed_at_only(proxy: FaultProxy) -> None:
    _aim(proxy, spoiling.refuse(made(503, "no")), times=2, skip=1)
    statuses = [_get(proxy)[0].split(b" ")[1] for _ in range(5)]
    assert statuses == [b"200", b"503", b"503", b"200", b"200"]
    assert _get(proxy, b"/other")[0].split(b" ")[1] == b"200"
    assert [entry.fault for entry in proxy.journal] == [None, "test", "test", None, None, None]


def test_cuts(proxy: FaultProxy) -> None:
    _aim(proxy, spoiling.cut_body(0.5))
    data, error = _get(proxy)
    assert (_body(data), error) == (CONTENT[: len(CONTENT) // 2], None)
    _aim(proxy, spoiling.cut_body(0.5, reset=True))
    data, error = _get(proxy)
    assert _body(data) == CONTENT[: len(CONTENT) // 2]
    assert isinstance(error, ConnectionResetError)
    _aim(proxy, spoiling.cut_at(40))
    assert len(_get(proxy)[0]) == 40
    _aim(proxy, spoiling.cut_head())
    assert b"\r\n\r\n" not in _get(proxy)[0]
    _aim(proxy, spoiling.close_unanswered())
    assert _get(proxy) == (b"", None)


def test_what_is_done_but_not_answered_reached_the_server(proxy: FaultProxy, origin: Origin) -> None:
    _aim(proxy, spoiling.close_unanswered(done=True))
    assert _get(proxy) == (b"", None)
    _aim(proxy, spoiling.refuse(made(500, "no"), done=True))
    assert _get(proxy)[0].startswith(b"HTTP/1.1 500")
    assert len(origin.requests) == 2
    _aim(proxy, spoiling.close_unanswered())
    _get(proxy)
    assert len(origin.requests) == 2


def test_stalls_last_until_the_client_goes(proxy: FaultProxy) -> None:
    for action, wanted in ((spoiling.stall(), b""), (spoiling.stall_body(0.25), CONTENT[: len(CONTENT) // 4])):
        _aim(proxy, action)
        data, error = _get(proxy)
        assert _body(data) == wanted
        assert isinstance(error, TimeoutError)


def test_a_trickle_has_all_bytes_in_time(proxy: FaultProxy) -> None:
    _aim(proxy, spoiling.trickle(40_000))
    begin = time.monotonic()
    with _send(proxy, b"GET /thing HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        assert read_answer(connection, "GET").body == CONTENT
    assert 0.2 < time.monotonic() - begin < 2.0


def test_lengths_agree_where_they_are_made_to(proxy: FaultProxy) -> None:
    for change, size in ((spoiling.shorten(0.5), len(CONTENT) // 2), (spoiling.lengthen, len(CONTENT) + 5)):
        _aim(proxy, spoiling.change(change))
        data, _ = _get(proxy)
        assert len(_body(data)) == size
        assert b"Content-Length: %d\r\n" % size in data


def test_changes_of_content(proxy: FaultProxy) -> None:
    _aim(proxy, spoiling.change(spoiling.flip))
    body = _body(_get(proxy)[0])
    assert len(body) == len(CONTENT)
    assert sum(first != second for first, second in zip(body, CONTENT, strict=True)) == 1
    _aim(proxy, spoiling.change(spoiling.html))
    data, _ = _get(proxy)
    assert _body(data) == spoiling.PAGE
    assert b"ETag: x" in data
    _aim(proxy, spoiling.change(spoiling.empty))
    assert _body(_get(proxy)[0]) == b""
    _aim(proxy, spoiling.change(lambda found: found.without("etag")))
    assert b"ETag" not in _get(proxy)[0]
    _aim(proxy, spoiling.not_http())
    assert _get(proxy)[0].startswith(b"SSH-2.0")


def test_an_early_answer_leaves_the_body_unread_and_arrives(proxy: FaultProxy, origin: Origin) -> None:
    _aim(proxy, spoiling.refuse(made(503, "no"), early=True))
    size = 200_000
    with _send(proxy, b"PUT /thing HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size) as connection:
        threading.Thread(target=lambda: _send_quietly(connection, bytes(size)), daemon=True).start()
        assert read_answer(connection, "PUT").status == 503
    assert origin.requests == []


def test_half_an_upload_reaches_the_server_as_half(proxy: FaultProxy, origin: Origin) -> None:
    for reset in (False, True):
        _aim(proxy, spoiling.cut_upload(reset=reset))
        with _send(proxy, b"PUT /thing HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + bytes(100)) as connection:
            if reset:
                with pytest.raises(ConnectionResetError):
                    connection.recv(10)
            else:
                assert connection.recv(10) == b""
    _until(lambda: len(origin.requests) == 2)
    assert [len(body) for _, body in origin.requests] == [50, 50]


def test_a_request_can_be_changed_on_its_way(proxy: FaultProxy, origin: Origin) -> None:
    _aim(proxy, spoiling.pass_on(lambda request, body: ("/elsewhere", {"host": "x"})))
    _get(proxy)
    assert origin.requests[0][0].startswith(b"GET /elsewhere HTTP/1.1")


def test_a_thief_notes_what_it_is_sent() -> None:
    with thief() as one:
        assert one.server
        with socket.create_connection(("127.0.0.1", one.server.port), 5) as connection:
            connection.sendall(b"GET /x HTTP/1.1\r\nX-Auth-Token: secret\r\n\r\n")
            assert read_answer(connection, "GET").body == b"stolen"
        assert "X-Auth-Token: secret" in one.seen[0]


def test_an_answer_keeps_its_bytes_until_it_is_changed() -> None:
    first = Answer(200, "OK", (("etag", "x"),), b"abc", b"HTTP/1.1 200 Fine\r\netag:x\r\n\r\nabc")
    assert first.encode().startswith(b"HTTP/1.1 200 Fine")
    assert first.with_header("ETag", "y").encode() == b"HTTP/1.1 200 OK\r\nETag: y\r\n\r\nabc"


def test_the_matrix_has_every_scenario_and_names_its_cells_apart() -> None:
    every = cells()
    assert [scenario.id for scenario in SCENARIOS] == [
        *(f"D{number:02d}" for number in range(1, 28)),
        *(f"L{number:02d}" for number in range(1, 12)),
        *(f"O{number:02d}" for number in range(1, 8)),
        *(f"U{number:02d}" for number in range(1, 21)),
    ]
    assert len({cell.id for cell in every}) == len(every)
    assert {cell.scenario.id for cell in quick(every)} == {scenario.id for scenario in SCENARIOS}


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
