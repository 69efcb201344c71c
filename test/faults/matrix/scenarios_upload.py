"""U01 to U20: faults of requests with content."""

from __future__ import annotations

import re

from test.faults.matrix.bench import Bench
from test.faults.matrix.operations import Operation
from test.faults.matrix.operations_writing import FAILING, FAILING_LARGE, WRITES, writes_large
from test.faults.matrix.scenarios import (
    BROKEN,
    BY_TOKEN,
    ERROR_WITH_200,
    IMPATIENT,
    OK,
    RAISED,
    S3,
    SLOW_DOWN,
    TIMED_OUT,
    TIMED_OUT_SWIFT,
    TOKEN_RAN_OUT,
    TOO_MANY,
    Scenario,
    balancer,
    for_each,
    hit,
)
from test.faults.wire.exchange import Fault
from test.faults.wire.messages import Answer
from test.faults.wire.spoiling import (
    change,
    close_unanswered,
    cut_at,
    cut_upload,
    refuse,
    stall,
    stop_reading,
)

_PARTS = writes_large("part")
_ENDS = writes_large("complete")
_BEGINS = writes_large("begin")
_DATA = (*WRITES, *_PARTS)
_ALL = (*_DATA, *_ENDS)

_OTHER_ETAG = change(lambda answer: answer.with_header("ETag", '"0123456789abcdef0123456789abcdef"'))


_OTHER = hit(_OTHER_ETAG, None)


def _with_other_sum(answer: Answer) -> Answer:
    """Google tells the CRC-32C of what it stored: of parts in a header, of objects in its JSON."""
    body = re.sub(rb'"crc32c": "[^"]*"', b'"crc32c": "AAAAAA=="', answer.body)
    return answer.with_body(body).with_header("X-Goog-Hash", "crc32c=AAAAAA==")


def _with_other_digests(answer: Answer) -> Answer:
    """Azure tells the MD5 of what it received, or the CRC-64."""
    return answer.with_header("Content-MD5", "ASNFZ4mrze8BI0VniavN7w==").with_header(
        "x-ms-content-crc64", "ASNFZ4mrze8="
    )


_OTHER_DIGESTS = hit(change(_with_other_digests), None)

_OTHER_SUM = hit(change(_with_other_sum), None)


def _no_fault(_bench: Bench, _operation: Operation) -> list[Fault]:
    return []


UPLOADS = (
    Scenario("U01", "upload cut (RST) midway, once", OK, (hit(cut_upload(reset=True)),), _DATA),
    Scenario("U02", "upload cut (FIN) midway, every time", RAISED, (hit(cut_upload(), None),), _DATA),
    Scenario(
        "U03",
        "503 SlowDown twice, after the body",
        OK,
        (hit(refuse(SLOW_DOWN), 2), hit(refuse(balancer(503, "Service Unavailable")), 2)),
        (*_ALL, *_BEGINS),
    ),
    Scenario("U04", "503 early, body unread, closed, once", OK, (hit(refuse(SLOW_DOWN, early=True)),), _DATA),
    Scenario("U05", "500 every time", RAISED, (hit(refuse(BROKEN), None),), (*_ALL, *_BEGINS)),
    Scenario("U06", "429 with Retry-After: 1, once", OK, (hit(refuse(TOO_MANY)),), _ALL),
    Scenario("U07", "stored, then cut without an answer, once", OK, (hit(close_unanswered(done=True)),), _DATA),
    Scenario("U08", "stored, but 500 is answered, once", OK, (hit(refuse(BROKEN, done=True)),), _ALL),
    Scenario("U09", "stored, no answer ever, once", OK, (hit(stall(done=True)),), _ALL),
    Scenario("U10", "server stops reading midway, once", OK, (hit(stop_reading()),), _DATA),
    Scenario("U11", "401 once at the data request", OK, (hit(refuse(TOKEN_RAN_OUT)),), _ALL, BY_TOKEN),
    Scenario(
        "U12",
        "ETag of the answer is of other bytes",
        RAISED,
        (for_each(s3=_OTHER, swift=_OTHER, google=_OTHER_SUM, azurite=_OTHER_DIGESTS),),
        _DATA,
    ),
    Scenario(
        "U13",
        "400 RequestTimeout (Swift: 408) once",
        OK,
        (for_each(s3=hit(refuse(TIMED_OUT)), swift=hit(refuse(TIMED_OUT_SWIFT))),),
        _ALL,
    ),
    Scenario("U14", "the second part fails every time", RAISED, (hit(refuse(BROKEN), None),), _PARTS),
    Scenario("U15", "completion: 200 with an error body, once", OK, (hit(refuse(ERROR_WITH_200)),), _ENDS, S3),
    Scenario("U16", "completion: done, then cut", OK, (hit(close_unanswered(done=True)),), _ENDS),
    Scenario("U17", "manifest, completion: 500 every time", RAISED, (hit(refuse(BROKEN), None),), _ENDS),
    Scenario("U18", "the producer of the stream fails midway", RAISED, (_no_fault,), (FAILING, FAILING_LARGE)),
    Scenario("U19", "stall on upload, own timeouts", RAISED, (hit(stop_reading(), None),), _DATA, options=IMPATIENT),
    Scenario("U20", "stored, answer cut after 40 bytes, once", OK, (hit(cut_at(40)),), _ALL),
)
