"""Who is told of each request to a server: the logger `obs_client.requests`, and whoever observes the client.

The engine says, thread by thread, in whose name it calls a store; whoever sends a request begins a `Watch`, which is
None, and costs next to nothing, if nobody wants to know. What is told holds no secrets: of a URL the host, the path and
the harmless part of the query, of headers the request's id.
"""

from __future__ import annotations

import contextvars
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from obs_client.models import RequestRecord

LOGGER = "obs_client.requests"

_DEBUG = 10
_HARMLESS = frozenset(
    (
     "acl", "alt", "comp", "continuation-token", "delete", "delimiter", "encoding-type", "end_marker",
     "format", "fields", "generation", "list-type", "location", "limit", "marker", "max-keys", "maxresults",
     "maxResults", "multipart-manifest", "pageToken", "partNumber", "part-number-marker", "path", "prefix",
     "project", "projection", "restype", "reverse", "start-after", "startOffset", "tagging", "uploads",
     "uploadType", "versioning", "versions",
    )
)  # fmt: skip
"""Names of a query whose values are no secrets; the others are left out, with their names."""

_IDENTITIES = (
    "x-amz-request-id",
    "x-ms-request-id",
    "x-openstack-request-id",
    "x-trans-id",
    "x-request-id",
    "x-amzn-requestid",
)
_OTHER_IDENTITY = re.compile("x-.+-request-?id")
_UPLOADER = "x-guploader-uploadid"
"""By which Google names a request; of one that begins an upload it is what opens that upload to anybody."""


class Tries(Protocol):
    """What counts the tries of one request."""

    tries: int


Observe = Callable[[RequestRecord], object]
"""`ClientOptions.observe`."""


Caller = tuple[Observe | None, Tries | None]
"""In whose name a thread calls a store: who observes it, and what counts the tries."""


class _Thread(threading.local):
    """What is known of this thread.

    Attributes:
        silent: Somebody is just being told; the requests that it makes are told to nobody.
    """

    caller: Caller = (None, None)
    silent: bool = False


_thread = _Thread()
_logger: Any = None
_failed: list[Observe] = []
"""Observers whose failure was told; in a list, since they need not be hashable."""


def enter(caller: Caller) -> Caller:
    """Say in whose name this thread calls a store from now on; gives what `enter` is to be called with at the end."""
    before, _thread.caller = _thread.caller, caller
    return before


def watch(method: str, host: str, target: str) -> Watch | None:
    """Begin to watch a request; None if nobody wants to know of it.

    Args:
        target: The path with its query.
    """
    if (_thread.caller[0] is None and not is_logged()) or _thread.silent:
        return None
    return Watch(method, host, target)


def is_logged() -> bool:
    """Whether the logger takes records; that the module for it is not even loaded is the quickest no."""
    global _logger
    if _logger is None:
        logging = sys.modules.get("logging")
        if logging is None or not hasattr(logging, "getLogger"):
            return False
        _logger = logging.getLogger(LOGGER)
    enabled: bool = _logger.isEnabledFor(_DEBUG)
    return enabled


class Watch:
    """One request on its way.

    Attributes:
        sent: Bytes of its body that were sent.
    """

    __slots__ = (
        "_attempt", "_began", "_clock", "_context", "_head", "_host", "_method", "_observe", "_target", "_told", "sent",
    )  # fmt: skip

    def __init__(self, method: str, host: str, target: str) -> None:
        self._method, self._host, self._target = method, host, target
        self._observe, counter = _thread.caller
        self._attempt = 1 if counter is None else counter.tries
        self._context = None if self._observe is None else contextvars.copy_context()
        self._began, self._clock = time.time(), time.perf_counter()
        self._head: tuple[int, str | None, float] | None = None
        self._told = False
        self.sent: int = 0

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """The head of the response has come; names of headers are in lower case."""
        self._head = status, self._identity(headers), self._elapsed()

    def end(self, received: int = 0, error: BaseException | None = None) -> None:
        """It has ended, after so many bytes of the response's body; only the first end counts.

        Args:
            error: How it failed.
        """
        if self._told or _thread.silent:
            return
        self._told = True
        status, identity, head = self._head or (None, None, None)
        path, _, query = self._target.partition("?")
        failure = None if error is None else _text(error)
        record = RequestRecord(
            self._method, self._host, path, _harmless(query), status, identity, self._attempt, self.sent, received,
            self._elapsed(), head, self._began, failure,
        )  # fmt: skip
        _thread.silent = True
        try:
            _log(record)
            if self._observe is not None and self._context is not None:
                _tell(self._observe, record, self._context)
        finally:
            _thread.silent = False

    def _elapsed(self) -> float:
        """Milliseconds since it began."""
        return (time.perf_counter() - self._clock) * 1000.0

    def _identity(self, headers: Mapping[str, str]) -> str | None:
        for name in _IDENTITIES:
            if name in headers:
                return headers[name]
        if _UPLOADER in headers and "/upload/" not in self._target:
            return headers[_UPLOADER]
        return next((value for name, value in headers.items() if _OTHER_IDENTITY.fullmatch(name)), None)


def _tell(observe: Observe, record: RequestRecord, context: contextvars.Context) -> None:
    """Tell an observer, in the context in which the request began; what it raises is logged, once, and disturbs nobody.

    A body may be read, or dropped, far from there, when another span is the current one.
    """
    try:
        context.run(observe, record)
    except Exception as error:  # noqa: BLE001 - that a request is not told of is no reason to lose it
        if observe not in _failed:
            import logging

            _failed.append(observe)
            message = "observe=%r failed; further failures of it are not logged: %s: %s"
            logging.getLogger("obs_client").warning(message, observe, type(error).__name__, str(error))


def _harmless(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair.partition("=")[0] in _HARMLESS) if query else ""


def _text(error: BaseException) -> str:
    """What failed; of errors that are not ours the kind alone, since their texts hold whole URLs."""
    kind = type(error)
    return f"{kind.__name__}: {error}" if kind.__module__.startswith("obs_client.") else kind.__name__


def _log(record: RequestRecord) -> None:
    if not is_logged():
        return
    fields = {name: getattr(record, name) for name in RequestRecord.__slots__}
    where = f"{record.host}{record.path}" + (f"?{record.query}" if record.query else "")
    _logger.debug(
        "%s %s: %s, try %d, %d bytes sent, %d received, %.1f ms%s",
        record.method,
        where,
        f"no response ({record.error})" if record.status is None else record.status,
        record.attempt,
        record.sent,
        record.received,
        record.milliseconds,
        _ending(record),
        extra=fields,
    )


def _ending(record: RequestRecord) -> str:
    identity = f", request {record.request_id}" if record.request_id else ""
    broken = f", broken off: {record.error}" if record.error and record.status is not None else ""
    return identity + broken
