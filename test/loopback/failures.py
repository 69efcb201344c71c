"""Requests that fail without a reason of their own: which, how often, and what is answered in place of the truth."""

from __future__ import annotations

import dataclasses
import threading


@dataclasses.dataclass(frozen=True)
class Failure:
    """A request that fails.

    Attributes:
        operation: As the double names it (`PutObject`, `PUT object`); `*` is any.
        status: Of the response; 0: the connection is closed without one.
        code: What names the error in the response.
        headers: Sent besides, such as `Retry-After`.
        times: How often; None: always.
        skip: How many such requests are served well before.
        connection: Only over the connection of this number, from 0.
        done: The work is done all the same, and only the response is another.
    """

    operation: str
    status: int
    code: str = "InternalError"
    message: str = "We encountered an internal error. Please try again."
    headers: tuple[tuple[str, str], ...] = ()
    times: int | None = 1
    skip: int = 0
    connection: int | None = None
    done: bool = False


class Failures:
    """Which of them are still to come; safe for threads."""

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        self._counters = [(failure, [0]) for failure in failures]
        self._lock = threading.Lock()

    def next(self, operation: str, connection: int) -> Failure | None:
        """What happens to a request; None: it is served."""
        with self._lock:
            for failure, counter in self._counters:
                if failure.operation not in ("*", operation) or failure.connection not in (None, connection):
                    continue
                counter[0] += 1
                last = failure.skip + (counter[0] if failure.times is None else failure.times)
                if failure.skip < counter[0] <= last:
                    return failure
        return None
