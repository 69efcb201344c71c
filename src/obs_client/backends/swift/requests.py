"""Requests to Swift: swiftclient's functions over the library's own transport, and some without them.

Only here a token joins a request: swiftclient gets none, so that it can neither log nor lose one.
"""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from obs_client._http.errors import StrangeAnswer
from obs_client._http.head import HttpHeaders
from obs_client._http.kit.buffers import CONTENT_LIMIT, Buffers
from obs_client._http.kit.identity import check_identity, is_named
from obs_client._http.kit.json_answer import parse_json
from obs_client._http.pool import HttpAnswer, HttpPool
from obs_client.backend.body import Body
from obs_client.backends.swift.access.session import Access, SwiftSession
from obs_client.backends.swift.errors import REQUEST_IDS as _IDENTITIES
from obs_client.backends.swift.errors import refusal_of, swift_sdk
from obs_client.backends.swift.facts import REQUEST_IDS, Facts
from obs_client.backends.swift.limits import Limits, limits_of
from obs_client.credentials import forget_frames

EXPECT_FROM = 1024 * 1024
"""Bytes of a body from which on the store is asked first whether it will take it."""

RENEWALS = 2
"""Tokens asked for in one request: a short one may run out again while a new one is on its way."""

_thread = threading.local()

_OWN_HEADERS = re.compile(
    "x-timestamp|x-(account|container)-(object|bytes|container|meta)-.*|x-storage-policy|x-object-(meta-.*|manifest)"
    "|x-static-large-object"
)
"""Headers that only Swift has."""

_CHANGED = (201, 202, 204)
"""Statuses of requests that changed something; a portal has none of them."""

_SECTIONS = ("swift", "slo", "tempurl", "bulk_delete")
"""Of `/info`; one of them at least is there."""

_INFO_TRIES = 3
"""How often a failing `/info` is asked for before the cluster is taken for one that has none."""

_INFO_PAUSE = 60.0
"""Seconds until it is asked for again after that."""

_VERSION = re.compile(r"/v\d+\.?\d*(/.*)?$")

_SENT_ANEW = frozenset({"accept-encoding", "x-auth-token"})


class SwiftHttp:
    """Sends requests with the session's token; one whose token ran out is sent again, whole, with a new one."""

    def __init__(
        self, session: SwiftSession, verify: bool | str, timeout: float, conditions: bool | None = None
    ) -> None:
        """Args: conditions: Whether the user says that the server supports conditions of writes."""
        self.session = session
        self.facts: Facts = Facts(lambda: session.access().url)
        self._conditions = conditions
        self._limits: Limits | None = None
        self._ask_info_at = -math.inf
        self._info_failures = 0
        self._verify = verify
        self._timeout = timeout
        self._pool: HttpPool | None = HttpPool(verify=verify, timeout=timeout)
        self._buffers = Buffers()

    def close(self) -> None:
        """Close the idle connections."""
        pool, self._pool = self._pool, None
        self._buffers.clear()
        if pool:
            pool.close()

    def call(self, function: str, *arguments: Any, body: Body | bytes | None = None, **options: Any) -> Exchange:
        """Let a function of swiftclient make its request; raises its ClientException for a refusal."""
        access = self.session.access()
        exchange = Exchange(self, body)
        connection = access.parsed, exchange
        make = getattr(swift_sdk(), function)
        exchange.result = _lowered(partial(make, access.url, "", *arguments, http_conn=connection, **options))
        return exchange

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Body | bytes | None = None
    ) -> Exchange:
        """As `fetch`; the result is parsed JSON, an empty list where there is no content (204)."""
        exchange = self.fetch(method, path, headers, body)
        exchange.result = [] if exchange.answer.status == 204 else parse_json(exchange.result)
        return exchange

    def fetch(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Body | bytes | None = None
    ) -> Exchange:
        """Make a request without swiftclient, for a quoted path below the storage URL; the result is the text."""
        exchange = Exchange(self, body)
        exchange.request(method, self.session.access().parsed.path + path, None, headers or {})
        if exchange.answer.status >= 300:
            response = exchange.getresponse()
            raise swift_sdk().ClientException.from_response(response, f"{method} failed", response.read())
        exchange.result = self._buffers.read_text(exchange.answer)
        return exchange

    @property
    def limits(self) -> Limits:
        """What the cluster can, by its `/info`, asked once; one that has none, or hides it, has Swift's own defaults.

        Raises:
            OSError, ClientException: It failed in a way that may pass; if that goes on, there is none for a while.
        """
        if self._limits is None or time.monotonic() >= self._ask_info_at:
            info, self._ask_info_at = self._ask_info()
            limits = limits_of(info)
            limits.tell(self.facts, self._conditions)
            self._limits = limits
        return self._limits

    def keeps(self, fact: str) -> bool:
        """Whether something is known to be so, asking the cluster what it is if that was not done yet."""
        return self.limits is not None and self.facts.hold(fact)

    def lacks(self, fact: str) -> bool:
        """Whether something is known not to be so."""
        return self.limits is not None and self.facts.do_not_hold(fact)

    def _ask_info(self) -> tuple[Mapping[str, Any] | None, float]:
        """What `/info` says, and when to ask again."""
        try:
            answer, content = self._get_info()
        except Exception:
            self._info_failures += 1
            if self._info_failures < _INFO_TRIES:
                raise
            return None, time.monotonic() + _INFO_PAUSE
        found = _parsed_info(content) if answer.status == 200 else None
        if found is not None:
            self.facts.learn(REQUEST_IDS, is_named(answer, _IDENTITIES))
        return found, math.inf

    def _get_info(self) -> tuple[HttpAnswer, bytes]:
        access = self.session.access()
        target = _VERSION.sub("", access.parsed.path) + "/info"
        with self._send_once("GET", target, {}, None, access) as answer:
            content = answer.read(CONTENT_LIMIT)
        if answer.status >= 500:
            raise refusal_of(answer, f"GET {target} failed")
        return answer, content

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: Body | bytes | None
    ) -> tuple[HttpAnswer, Access]:
        """Send a request for a path of the store's host; any status but that of a token that can be renewed."""
        access = self.session.access()
        for renewals_left in reversed(range(RENEWALS + 1)):
            answer = self._send_once(method, target, headers, body, access)
            self._check_identity(answer)
            if answer.status != 401 or not renewals_left or access.token is None:
                break
            answer.read(CONTENT_LIMIT)
            access = self.session.renewed(access)
            if isinstance(body, Body):
                body.rewind()
        return answer, access

    def _send_once(
        self, method: str, target: str, headers: Mapping[str, str], body: Body | bytes | None, access: Access
    ) -> HttpAnswer:
        pool = self._pool
        if pool is None:
            pool = self._pool = HttpPool(verify=self._verify, timeout=self._timeout)
        expect = body is not None and len(body) >= EXPECT_FROM
        try:
            answer = pool.request(
                method, access.origin + target, _complete(headers, access), body, expect_continue=expect
            )
        except OSError as error:
            forget_frames(error)
            raise
        return answer

    def _check_identity(self, answer: HttpAnswer) -> None:
        """Let an answer through that is the store's, also where the requests of this one have no names.

        Raises:
            StrangeAnswer: It is not; the answer is closed then.
        """
        if is_named(answer, _IDENTITIES):
            return
        try:
            if any(map(_OWN_HEADERS.fullmatch, answer.headers)):
                self.facts.learn(REQUEST_IDS, False)
                return
            known = not self._names_requests() and (answer.status >= 300 or _is_content_of_swift(answer))
        except BaseException:
            answer.close()
            raise
        if not known:
            check_identity(answer, _IDENTITIES, "Swift")

    def _names_requests(self) -> bool:
        """Whether the store names its requests, or nothing shows that it does not."""
        return not self.lacks(REQUEST_IDS)


def _is_content_of_swift(answer: HttpAnswer) -> bool:
    """Whether a success may be Swift's: a portal answers 200 with a page."""
    json = "json" in answer.headers.get("content-type", "")
    return answer.status in _CHANGED or json or "etag" in answer.headers


def _parsed_info(content: bytes) -> Mapping[str, Any] | None:
    """The document of `/info`; None: it is another's."""
    try:
        found = parse_json(content)
    except StrangeAnswer:
        return None
    sections = [found.get(name) for name in _SECTIONS] if isinstance(found, dict) else []
    return found if any(isinstance(each, dict) for each in sections) else None


class Exchange:
    """One request and its answer: what swiftclient takes for a connection.

    Attributes:
        answer: The answer; its body may still be unread.
        access: What the request was made with.
        result: What swiftclient's function gave, or the JSON that was asked for.
    """

    def __init__(self, http: SwiftHttp, body: Body | bytes | None) -> None:
        self._http = http
        self._body = body
        self._url = ""
        self.answer: HttpAnswer
        self.access: Access
        self.result: Any = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, names in lower case, values as text of latin-1."""
        return self.answer.headers

    def request(self, method: str, target: str, _data: object, headers: Mapping[str, str]) -> None:
        """Send; the body is the one that the exchange was made with."""
        self._url = target
        self.answer, self.access = self._http.send(method, target, headers, self._body)

    def putrequest(self, target: str, data: object, headers: Mapping[str, str]) -> None:
        """Send a body that has `read`."""
        self.request("PUT", target, data, headers)

    def getresponse(self) -> Response:
        """The answer, as swiftclient reads it."""
        return Response(self.answer, self._url)


class Response:
    """An answer as swiftclient reads it.

    It is told no headers but in an error: what it does to them (it takes `%` for its own quoting) is not wanted.
    """

    def __init__(self, answer: HttpAnswer, url: str) -> None:
        self.status: int = answer.status
        self.status_code: int = answer.status
        self.reason: str = answer.reason
        self.headers: HttpHeaders = answer.headers
        self.request = self
        self.url = url
        self.content = b""
        self._answer = answer

    def getheaders(self) -> tuple[tuple[str, str], ...]:
        return ()

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return self.headers.get(name, default)

    def read(self) -> bytes:
        return self._answer.read(CONTENT_LIMIT)


def _complete(headers: Mapping[str, str], access: Access) -> dict[str, str]:
    """The headers as they are sent: text beyond ASCII as UTF-8, and the token."""
    sent = {
        name: value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("latin-1")
        for name, value in headers.items()
        if name.lower() not in _SENT_ANEW
    }
    if access.token is not None:
        sent["X-Auth-Token"] = access.token.reveal()
    return sent


def _lowered(call: Callable[[], Any]) -> Any:
    """The result of a call into swiftclient, whose records are DEBUG ones meanwhile, in this thread.

    It logs every refusal as INFO, an absent object too. What the program makes of it by itself stays as it is.
    """
    _install_filter()
    _thread.ours = True
    try:
        return call()
    finally:
        _thread.ours = False


class _Lower(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(_thread, "ours", False):
            record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        return logging.getLogger(record.name).isEnabledFor(record.levelno)


@cache
def _install_filter() -> None:
    logging.getLogger("swiftclient").addFilter(_Lower())
