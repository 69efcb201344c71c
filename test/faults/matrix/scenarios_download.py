"""D01 to D27: faults of answers with content, and of requests in general."""

from __future__ import annotations

from test.faults.matrix.bench import Bench
from test.faults.matrix.operations import Operation
from test.faults.matrix.operations_other import (
    CREATE,
    DELETE,
    DELETE_IF,
    INFO,
    LISTS,
    LOGIN,
    LOOK,
    METADATA,
    ON_CONTAINERS,
    ON_OBJECTS,
    URLS,
)
from test.faults.matrix.operations_reading import RANGE, READS, READS_LARGE
from test.faults.matrix.operations_writing import WRITES
from test.faults.matrix.scenarios import (
    BROKEN,
    BY_TOKEN,
    EITHER,
    IMPATIENT,
    OK,
    RAISED,
    SLOW_DOWN,
    TOKEN_RAN_OUT,
    TOO_MANY,
    Scenario,
    balancer,
    hit,
)
from test.faults.wire.exchange import Fault
from test.faults.wire.messages import made
from test.faults.wire.spoiling import (
    change,
    close_unanswered,
    cut_at,
    cut_body,
    cut_head,
    flip,
    html,
    lengthen,
    not_http,
    pass_on,
    portal,
    refuse,
    shorten,
    stall,
    stall_body,
    trickle,
)

_READS = (*READS, RANGE)
_ALL_READS = (*READS, RANGE, *READS_LARGE)
_OTHERS = (*ON_OBJECTS, *ON_CONTAINERS, *URLS)
_WITH_TOKEN = (*_READS, *READS_LARGE[:1], *_OTHERS)
_EVERYTHING = (*_WITH_TOKEN, LOGIN)


def _range_ignored(bench: Bench, operation: Operation) -> list[Fault]:
    def wants(request: object) -> bool:
        return bench.sees("get", request) and "range" in request.headers  # type: ignore[arg-type, attr-defined]

    cut, *_ = hit(cut_body())(bench, operation)
    return [cut, Fault("range ignored", wants, pass_on(bench.store.unranged), None)]


def _replaced(bench: Bench, operation: Operation) -> list[Fault]:
    return hit(cut_body(then=bench.replace))(bench, operation)


def _redirected(bench: Bench, operation: Operation) -> list[Fault]:
    def elsewhere(bench: Bench) -> str:
        return bench.elsewhere

    answer = made(
        307, "Temporary Redirect", Location=elsewhere(bench) + "/somewhere", X_Trans_Id="tx1", X_Amz_Request_Id="1"
    )
    return hit(refuse(answer), None)(bench, operation)


def _page_in_place(bench: Bench, operation: Operation) -> list[Fault]:
    """In an answer without content a page changes nothing; there it has a head of its own."""
    with_id = refuse(portal().with_header("Via", "1.1 portal"))
    return hit(change(html) if operation.aim == "get" else with_id, None)(bench, operation)


def _closed_when_kept(bench: Bench, operation: Operation) -> list[Fault]:
    def wants(request: object) -> bool:
        return bench.sees(operation.aim, request) and request.turn > 1  # type: ignore[arg-type, attr-defined]

    return [Fault("closed", wants, close_unanswered(), 1)]


DOWNLOADS = (
    Scenario("D01", "body cut (FIN) midway, once", OK, (hit(cut_body()),), _ALL_READS),
    Scenario("D02", "body cut (RST) midway, once", OK, (hit(cut_body(reset=True)),), _ALL_READS),
    Scenario("D03", "body cut at its first byte, every time", RAISED, (hit(cut_body(0), None),), _ALL_READS),
    Scenario("D04", "cut in the middle of the answer's head, once", OK, (hit(cut_head()),), _EVERYTHING),
    Scenario("D05", "connection closed before any answer, twice", OK, (hit(close_unanswered(), 2),), _EVERYTHING),
    Scenario("D06", "body short, Content-Length made to agree", RAISED, (hit(change(shorten()), None),), _READS),
    Scenario("D07", "one byte flipped", RAISED, (hit(change(flip), None),), READS),
    Scenario("D08", "one byte flipped, multipart/SLO object", RAISED, (hit(change(flip), None),), READS_LARGE),
    Scenario("D09", "5 bytes appended, lengths agree", RAISED, (hit(change(lengthen), None),), _READS),
    Scenario("D10", "body stalls midway, once", OK, (hit(stall_body()),), _ALL_READS),
    Scenario("D11", "no answer at all, once", OK, (hit(stall()),), (*_READS, *_OTHERS, LOGIN)),
    Scenario(
        "D12", "body stalls midway, own timeouts", RAISED, (hit(stall_body(0), None),), _ALL_READS, options=IMPATIENT
    ),
    Scenario(
        "D13",
        "503 SlowDown twice",
        OK,
        (hit(refuse(SLOW_DOWN), 2), hit(refuse(balancer(503, "Service Unavailable")), 2)),
        _EVERYTHING,
    ),
    Scenario("D14", "500 every time", RAISED, (hit(refuse(BROKEN), None),), _EVERYTHING),
    Scenario(
        "D15",
        "429 with Retry-After: 1, once",
        OK,
        (hit(refuse(TOO_MANY)),),
        (*_READS, INFO, DELETE, DELETE_IF, LOOK, LOGIN),
    ),
    Scenario("D16", "401 once, then well", OK, (hit(refuse(TOKEN_RAN_OUT)),), (*_WITH_TOKEN, *LISTS), BY_TOKEN),
    Scenario(
        "D17",
        "200 with an HTML page in place of the object",
        RAISED,
        (_page_in_place, hit(refuse(portal()), None)),
        (*_READS, DELETE, DELETE_IF, METADATA, CREATE, LOOK, LOGIN),
    ),
    Scenario("D18", "cut once, and Range ignored on the retry", EITHER, (_range_ignored,), _ALL_READS),
    Scenario("D19", "overwritten between the cut and the retry", EITHER, (_replaced,), _ALL_READS),
    Scenario("D20", "trickle, timeout never reached", OK, (hit(trickle(20_000)),), _READS),
    Scenario("D21", "kept connection closed unannounced", OK, (_closed_when_kept,), _WITH_TOKEN, primed=True),
    Scenario("D22", "bytes that are not HTTP, once", OK, (hit(not_http()),), _EVERYTHING),
    Scenario("D23", "ETag header missing", OK, (hit(change(lambda answer: answer.without("etag")), None),), _ALL_READS),
    Scenario("D24", "307 to another host", RAISED, (_redirected,), (*_EVERYTHING, *LISTS, *WRITES)),
    Scenario("D25", "cut after 40 bytes of the answer's head", OK, (hit(cut_at(40)),), _EVERYTHING),
    Scenario("D26", "body short, lengths agree, large object", RAISED, (hit(change(shorten()), None),), READS_LARGE),
    Scenario(
        "D27",
        "HTML page with 200, large object",
        RAISED,
        (hit(change(html), None), hit(refuse(portal()), None)),
        READS_LARGE,
    ),
)
