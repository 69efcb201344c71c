"""The vendor's client over our transport: it knows endpoints, credentials and parameters, we send and read.

Requests are made by `s3_requests` and sent by `HttpPool`. Retries are the border's; the SDK's own transport and parsers
are not used.
"""

from __future__ import annotations

import threading
from typing import Any

from obs_client._http.kit import xml as s3_xml
from obs_client._http.kit.fork import renew_in_children
from obs_client._http.pool import BrokenAnswer, HttpAnswer, HttpPool
from obs_client.backend.body import Body
from obs_client.backends.s3 import errors as s3_errors
from obs_client.backends.s3 import vendor as s3_vendor
from obs_client.backends.s3.requests import Requests
from obs_client.backends.s3.settings import Settings, is_vendor
from obs_client.credentials import forget_frames

CONNECTIONS = 64
EXPECT_SIZE = 1024 * 1024
"""Bytes of a body from which on a write asks for leave first; for less that costs more than it saves."""

_IDENTITIES = ("etag", "x-amz-request-id", "x-amz-id-2", "x-amzn-requestid", "x-amz-bucket-region")


class Exchange:
    """One request beyond what the SDK makes of it.

    Attributes:
        body: What is sent in place of the SDK's body, None: what the SDK made.
        headers: Sent besides the SDK's.
        expect: Ask for leave before a large body is sent.
    """

    __slots__ = ("body", "expect", "headers")

    def __init__(
        self, body: Body | bytes | None = None, headers: dict[str, str] | None = None, expect: bool = False
    ) -> None:
        self.body = body
        self.headers = headers
        self.expect = expect and isinstance(body, Body) and body.size >= EXPECT_SIZE


class S3Connection:
    """Clients of one configuration, by region, made when first used; safe for threads and after a fork."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.renew()
        self._pool: HttpPool | None = None
        self._is_vendor: bool | None = None
        self._regions: dict[str, str] = {}
        renew_in_children(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return S3Connection, (self.settings,)

    def renew(self) -> None:
        """Begin anew: in a child process, locks may be held by threads that do not exist there."""
        self._lock = threading.Lock()
        self._requests: dict[str | None, Requests] = {}

    def close(self) -> None:
        """Close idle connections."""
        if self._pool:
            self._pool.close()

    @property
    def is_vendor(self) -> bool:
        """Whether this is Amazon's S3 itself."""
        if self._is_vendor is None:
            endpoint = self.settings.find_endpoint()
            by_default = endpoint is None and self.settings.given
            self._is_vendor = by_default or is_vendor(endpoint or self.client().meta.endpoint_url)
        return self._is_vendor

    def client(self, container: str | None = None) -> Any:
        """The vendor's client for the region that a container is known to be in, else for the configured one."""
        return self._requests_of(container).client

    def call(self, operation: str, params: dict[str, Any], exchange: Exchange | None = None) -> HttpAnswer:
        """Make a request; the answer's body is still to be read, or the answer to be closed.

        Raises:
            botocore.exceptions.ClientError: The answer is an error.
            OSError: There was no whole answer.
        """
        exchange = exchange or Exchange()
        container = params.get("Bucket")
        try:
            return self._call(operation, container, params, exchange)
        except Exception as error:
            region = s3_errors.region_of(error)
            if region is None or container is None or not self._may_follow(container, region):
                raise
        self._regions[container] = region
        if isinstance(exchange.body, Body):
            exchange.body.rewind()
        return self._call(operation, container, params, exchange)

    def finish(self, operation: str, params: dict[str, Any], exchange: Exchange | None = None) -> HttpAnswer:
        """As `call`, for answers without content: reads them to their end, and sees that they are S3's.

        Raises:
            BrokenAnswer: Nothing in the answer says that it came from an S3 server.
        """
        answer = self.call(operation, params, exchange)
        content = answer.read(s3_xml.LIMIT)
        if content and (failed := _error_in(content)):
            raise s3_errors.make(operation, answer, failed)
        check_identity(answer)
        return answer

    def document(
        self,
        operation: str,
        params: dict[str, Any],
        root: str | tuple[str, ...],
        fields: tuple[str, ...] = (),
        exchange: Exchange | None = None,
    ) -> s3_xml.Element:
        """As `call`, for answers that are a document.

        Raises:
            ClientError: The document is an error, whatever the status.
            BrokenAnswer: It is not the document that was asked for, or not whole.
        """
        answer = self.call(operation, params, exchange)
        found = s3_xml.parse_answer(answer.read(s3_xml.LIMIT), root, fields)
        if found.name == "Error":
            raise s3_errors.make(operation, answer, found)
        return found

    def pool(self) -> HttpPool:
        """The transport."""
        if self._pool is None:
            with self._lock:
                if self._pool is None:
                    self._pool = HttpPool(
                        verify=self.settings.find_verify(), timeout=self.settings.timeout, connections=CONNECTIONS
                    )
        return self._pool

    def region_of(self, container: str) -> str:
        """The region in which requests for a container are signed."""
        return str(self.client(container).meta.region_name)

    def _may_follow(self, container: str, region: str) -> bool:
        """Whether to ask again in another region: once for a container, and only at the vendor's own endpoints."""
        return self.is_vendor and region != self.region_of(container)

    def _requests_of(self, container: str | None) -> Requests:
        region = self._regions.get(container) if container else None
        found = self._requests.get(region)
        if found is None:
            with self._lock:
                found = self._requests.get(region)
                if found is None:
                    found = self._requests[region] = Requests(s3_vendor.make_client(self.settings, region))
        return found

    def _call(self, operation: str, container: str | None, params: dict[str, Any], exchange: Exchange) -> HttpAnswer:
        requests = self._requests_of(container)
        request = requests.make(operation, params, exchange.headers, exchange.body)
        body = request.body if exchange.body is None else exchange.body
        try:
            answer = self.pool().request(
                request.method, request.url, request.headers, body or None, expect_continue=exchange.expect
            )
        except OSError as error:
            forget_frames(error)  # they hold the request's head, and that the token of a session
            raise
        if answer.status >= 300:
            raise s3_vendor.error_of(requests.client, operation, s3_errors.parsed(answer))
        return answer


def check_identity(answer: HttpAnswer) -> None:
    """Raise `BrokenAnswer` if nothing says that S3 answered: a portal on the way answers 200 to anything."""
    headers = answer.headers
    if answer.status != 204 and not any(name in headers for name in _IDENTITIES):
        raise BrokenAnswer("the answer has neither an ETag nor a request id: it is not S3's, or not whole")


def _error_in(content: bytes) -> s3_xml.Element | None:
    if b"<Error" not in content:
        return None
    found = s3_xml.parse(content)
    return found if found.name == "Error" else None
