"""What a scenario is, and the pieces that those of all groups are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from obs_client import ClientOptions
from test.faults.matrix.bench import Bench
from test.faults.matrix.operations import Operation
from test.faults.wire.exchange import Fault
from test.faults.wire.messages import Answer, made
from test.faults.wire.spoiling import Action

FaultMaker = Callable[[Bench, Operation], list[Fault]]

ALL = ("seaweedfs", "swift", "keystone", "google", "azurite")

S3 = ("seaweedfs",)
SWIFT = ("swift", "keystone")
BY_TOKEN = ("google", *SWIFT)
"""Where requests carry a token that ends."""

OK = frozenset({"ok"})
RAISED = frozenset({"raised"})
EITHER = OK | RAISED

IMPATIENT = {
    "timeout": 0.5,
    "options": ClientOptions(workers=2, attempts=3, first_pause=0.01, longest_pause=0.05, give_up_after=2.5),
}
"""For faults that last: how a client gives up is the same with longer waits."""


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One row of the table of hazards.

    Attributes:
        id, title: As there.
        wanted: The outcomes that are right.
        variants: Each gives the faults of one way in which it happens.
        operations: What it can touch.
        stores: Where it can happen.
        options: Of the client, where they matter.
        primed: A request goes before, so that there is a kept connection.
    """

    id: str
    title: str
    wanted: frozenset[str]
    variants: tuple[FaultMaker, ...]
    operations: tuple[Operation, ...]
    stores: tuple[str, ...] = ALL
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    primed: bool = False


def hit(action: Action, times: int | None = 1, skip: int = 0) -> FaultMaker:
    """Spoil the request that the operation is aimed at: the first `times` after `skip`, None: all."""

    def make(bench: Bench, operation: Operation) -> list[Fault]:
        return [Fault("fault", lambda request: bench.sees(operation.aim, request), action, times, skip)]

    return make


def for_each(**makers: FaultMaker) -> FaultMaker:
    """What to do by the kind of server: `s3`, `swift`, `google` or `azurite`; as `swift` if it is not named."""

    def make(bench: Bench, operation: Operation) -> list[Fault]:
        if bench.store.label in makers:
            return makers[bench.store.label](bench, operation)
        return makers["s3" if bench.store.label in S3 else "swift"](bench, operation)

    return make


def said(status: int, reason: str, code: str = "InternalError", **headers: str) -> Answer:
    """A refusal as the servers word it, with the ids that both kinds put on all answers."""
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{reason}</Message></Error>"
    ids = {"X_Trans_Id": "tx-from-the-proxy", "X_Amz_Request_Id": "from-the-proxy", "Content_Type": "application/xml"}
    return made(status, reason, body.encode(), **ids, **headers)


def balancer(status: int, reason: str) -> Answer:
    """A refusal of something between client and server: no id, a page of its own."""
    return made(status, reason, f"<html><body>{reason}</body></html>".encode(), Content_Type="text/html")


SLOW_DOWN = said(503, "Slow Down", "SlowDown")
BROKEN = said(500, "Internal Error")
TOO_MANY = said(429, "Too Many Requests", "TooManyRequests", Retry_After="1")
TOKEN_RAN_OUT = said(401, "Unauthorized", "Unauthorized", Www_Authenticate="Swift realm='AUTH_test2'")
TIMED_OUT = said(400, "Bad Request", "RequestTimeout")
TIMED_OUT_SWIFT = said(408, "Request Timeout", "RequestTimeout")
ERROR_WITH_200 = said(200, "OK", "InternalError")
