"""L01 to L11 and O01 to O07: faults of listings, and of requests without content."""

from __future__ import annotations

import dataclasses

from test.faults.matrix.bench import Bench
from test.faults.matrix.operations import Operation
from test.faults.matrix.operations_other import (
    CLEANUP,
    CONTAINERS,
    COPY,
    CREATE,
    DELETE,
    DELETE_LARGE,
    DELETE_MANY,
    DELETES_IF,
    INFO,
    LISTS,
    LOGIN_BODY,
    LOOK,
    METADATA,
    METADATA_HEAD,
    REMOVE,
    URLS,
    USE,
)
from test.faults.matrix.scenarios import (
    BROKEN,
    ERROR_WITH_200,
    OK,
    RAISED,
    SLOW_DOWN,
    SWIFT,
    FaultMaker,
    Scenario,
    for_each,
    hit,
)
from test.faults.wire.exchange import Exchange, Fault
from test.faults.wire.messages import Answer
from test.faults.wire.spoiling import (
    Action,
    change,
    close_unanswered,
    cut_at,
    cut_body,
    empty,
    html,
    portal,
    refuse,
    shorten,
    stall,
)

_ALL_LISTS = (*LISTS, CONTAINERS, CLEANUP)
_CONTAINERS_OF_SWIFT = dataclasses.replace(CONTAINERS, stores=SWIFT)
_BODIES = (*_ALL_LISTS, LOGIN_BODY)
_PAGED = (*LISTS, _CONTAINERS_OF_SWIFT)

_BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">
<!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;"><!ENTITY h "&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;">]>
<ListBucketResult><Name>&h;</Name><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>"""
_DEEP = b"[" * 200_000 + b"]" * 200_000

_SWIFT_BULK_FAILED = b'{"Number Deleted": 0, "Number Not Found": 0, "Errors": [], "Response Status": "500 Error"}'


def _second(action: Action, times: int | None = 1, skip: int = 1) -> FaultMaker:
    """Spoil page 2, or the only one where there is but one."""

    def make(bench: Bench, operation: Operation) -> list[Fault]:
        paged = operation.aim == "list" or (operation.aim == "containers" and bench.store.label in SWIFT)
        return hit(action, times, skip if paged else 0)(bench, operation)

    return make


def _same_page(bench: Bench, operation: Operation) -> list[Fault]:
    first: list[Answer] = []

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        first.append(answer)
        exchange.answer(first[0])

    return hit(act, None)(bench, operation)


def _with(body: bytes) -> Action:
    return change(lambda answer: answer.with_body(body))


LISTINGS = (
    Scenario("L01", "page 2: 503 once", OK, (_second(refuse(SLOW_DOWN)),), _ALL_LISTS),
    Scenario("L02", "page 2: body cut once", OK, (_second(cut_body()),), _BODIES),
    Scenario("L03", "page 2: short, lengths agree", RAISED, (_second(change(shorten()), None),), _BODIES),
    Scenario(
        "L04",
        "page 2: 200 with an HTML page",
        RAISED,
        (_second(change(html), None), _second(refuse(portal()), None)),
        _BODIES,
    ),
    Scenario("L05", "page 2: 200 with an empty body", RAISED, (_second(change(empty), None),), _BODIES),
    Scenario("L06", "the same page and token for ever", RAISED, (_same_page,), _PAGED),
    Scenario("L07", "page 3: 500 every time", RAISED, (_second(refuse(BROKEN), None, 2),), _PAGED),
    Scenario(
        "L08",
        "XML entity bomb (Swift: JSON of great depth)",
        RAISED,
        (for_each(s3=hit(_with(_BOMB), None), swift=hit(_with(_DEEP), None), azurite=hit(_with(_BOMB), None)),),
        _ALL_LISTS,
    ),
    Scenario("L09", "page 2 stalls, once", OK, (_second(stall()),), _ALL_LISTS),
    Scenario("L10", "page 2: cut after 40 bytes of the head", OK, (_second(cut_at(40)),), _ALL_LISTS),
    Scenario("L11", "page 2: cut between head and body", OK, (_second(cut_body(0)),), _BODIES),
)

_HEADS = (INFO, METADATA_HEAD, LOOK, USE, *URLS)
_DELETES = (DELETE, DELETE_LARGE, *DELETES_IF, DELETE_MANY, REMOVE)
_BULK_FAILED = hit(change(lambda answer: answer.with_body(_SWIFT_BULK_FAILED)), 1)

OTHERS = (
    Scenario("O01", "HEAD: 503 twice", OK, (hit(refuse(SLOW_DOWN), 2),), _HEADS),
    Scenario("O02", "HEAD: closed without an answer twice", OK, (hit(close_unanswered(), 2),), _HEADS),
    Scenario("O03", "DELETE: 503 twice", OK, (hit(refuse(SLOW_DOWN), 2),), _DELETES),
    Scenario("O04", "DELETE: done, then cut", OK, (hit(close_unanswered(done=True)),), (*_DELETES, CREATE)),
    Scenario("O05", "COPY: done, then cut", OK, (hit(close_unanswered(done=True)),), (COPY, METADATA)),
    Scenario(
        "O06",
        "COPY, bulk delete: 200 with an error body, once",
        OK,
        (for_each(s3=hit(refuse(ERROR_WITH_200)), swift=_BULK_FAILED),),
        (dataclasses.replace(COPY, stores=("seaweedfs",)), dataclasses.replace(METADATA, stores=("seaweedfs",)),
         DELETE_MANY),
    ),
    Scenario("O07", "HEAD: cut after 40 bytes of the head", OK, (hit(cut_at(40)),), _HEADS),
)  # fmt: skip
