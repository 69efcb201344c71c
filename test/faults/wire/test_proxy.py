"""The proxy hands on, journals, aims, and tells whether a fault struck: seen by a bare socket before it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from test.faults.wire import spoiling
from test.faults.wire.messages import made, read_answer
from test.faults.wire.origin import CONTENT, Origin, aim, get, running_origin, send
from test.faults.wire.proxy import FaultProxy, fault_proxy
from test.loopback.raw import raw_server, read_head

pytestmark = pytest.mark.slow


@pytest.fixture
def origin() -> Iterator[Origin]:
    with running_origin() as one:
        yield one


@pytest.fixture
def proxy(origin: Origin) -> Iterator[FaultProxy]:
    assert origin.server
    with fault_proxy(origin.server.url) as one:
        yield one


def test_without_a_fault_all_bytes_go_both_ways(proxy: FaultProxy, origin: Origin) -> None:
    with send(proxy, b"PUT /thing?a=%20b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello") as connection:
        found = read_answer(connection, "PUT")
    assert found.body == CONTENT
    assert origin.requests[0][0].startswith(b"PUT /thing?a=%20b HTTP/1.1\r\n")
    assert origin.requests[0][1] == b"hello"
    (entry,) = proxy.journal
    assert (entry.request.method, entry.request.query, entry.status, entry.fault) == ("PUT", {"a": " b"}, 200, None)


def test_chunks_come_as_they_were_sent(proxy: FaultProxy) -> None:
    with send(proxy, b"GET /chunked HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        found = read_answer(connection, "GET")
    assert found.body == CONTENT
    assert b"Transfer-Encoding: chunked" in found.head()


def test_a_body_that_waits_for_leave_is_asked_for(proxy: FaultProxy, origin: Origin) -> None:
    request = b"PUT /thing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with send(proxy, request) as connection:
        assert read_head(connection)[0] == b"HTTP/1.1 100 Continue"
        connection.sendall(b"hello")
        assert read_answer(connection, "PUT").status == 200
    assert origin.requests[0][1] == b"hello"


def test_a_fault_hits_the_requests_that_it_is_aimed_at_only(proxy: FaultProxy) -> None:
    aim(proxy, spoiling.refuse(made(503, "no")), times=2, skip=1)
    statuses = [get(proxy)[0].split(b" ")[1] for _ in range(5)]
    assert statuses == [b"200", b"503", b"503", b"200", b"200"]
    assert get(proxy, b"/other")[0].split(b" ")[1] == b"200"
    assert [entry.fault for entry in proxy.journal] == [None, "test", "test", None, None, None]


def test_a_request_can_be_changed_on_its_way(proxy: FaultProxy, origin: Origin) -> None:
    aim(proxy, spoiling.pass_on(lambda request, body: ("/elsewhere", {"host": "x"})))
    get(proxy)
    assert origin.requests[0][0].startswith(b"GET /elsewhere HTTP/1.1")


def test_a_request_for_another_server_goes_there(origin: Origin) -> None:
    assert origin.server
    with raw_server(Origin().serve) as other, fault_proxy(other.url, {"/login/": origin.server.url}) as proxy:
        get(proxy, b"/login/tokens")
        get(proxy, b"/thing")
    assert [head.split(b" ")[1] for head, _ in origin.requests] == [b"/login/tokens"]


def test_a_fault_that_does_not_strike_is_told(proxy: FaultProxy) -> None:
    aim(proxy, spoiling.refuse(made(503, "no")), times=2)
    assert not proxy.struck
    get(proxy)
    assert not proxy.struck, "one of two"
    get(proxy)
    assert proxy.struck
    aim(proxy, spoiling.refuse(made(503, "no")), times=None)
    get(proxy, b"/other")
    assert not proxy.struck
    get(proxy)
    assert proxy.struck


def test_a_fault_that_fails_itself_is_told(proxy: FaultProxy) -> None:
    aim(proxy, spoiling.change(lambda found: found.with_body(bytes(1 // len(found.body[:0])))))
    get(proxy)
    assert proxy.server
    until = time.monotonic() + 5
    while not proxy.server.errors and time.monotonic() < until:
        time.sleep(0.02)
    with pytest.raises(ZeroDivisionError):
        _ = proxy.struck


def test_a_fault_that_changes_nothing_is_told(proxy: FaultProxy) -> None:
    for action in (
        spoiling.change(lambda found: found.without("x-absent")),
        spoiling.cut_at(10**6),
        spoiling.change(lambda found: found.with_body(found.body)),
    ):
        aim(proxy, action)
        get(proxy)
        assert not proxy.struck
    aim(proxy, spoiling.change(spoiling.flip))
    get(proxy)
    assert proxy.struck
