"""Requests to S3: what each is, where it goes, who signs it; sent over the library's own transport.

The files of the errands (`listing`, `reading`, `writing` and so on) have one function for each operation that is used.
It makes a `Request` as S3's API reference has it; the tests compare them all with those of botocore. Retries are the
border's.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.buffers import CONTENT_LIMIT, Buffers
from obs_client._http.kit.fork import ForkLock
from obs_client._http.pool import HttpPool
from obs_client.backend.body import Body
from obs_client.backends.s3.endpoints import (
    DEFAULT_REGION,
    GIVES_PERMISSION,
    Experience,
    Route,
    amazon_endpoint,
    experience_of,
    is_amazon,
    is_plain_container,
    is_possible,
    url_in,
)
from obs_client.backends.s3.errors import S3Error, make_error, read_error, region_of
from obs_client.backends.s3.settings import Settings
from obs_client.backends.s3.signing import Signature, Signer
from obs_client.credentials import forget_frames
from obs_client.errors import ConfigurationError, InvalidNameError

if TYPE_CHECKING:
    from obs_client._http.kit import xml
    from obs_client.backends.s3.sdk import Sdk

CONNECTIONS = 64
EXPECT_SIZE = 1024 * 1024
"""Bytes of a body from which on a write asks for permission first; for less that costs more than it saves."""

USER_AGENT = "obs_client"

XML_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
"""Of documents that are sent."""

_IDENTITIES = ("etag", "x-amz-request-id", "x-amz-id-2", "x-amzn-requestid", "x-amz-bucket-region", "cf-ray")
_OTHER_IDENTITY = "x-.+-request-?id"
"""How other servers that speak S3 name the same: `x-oss-request-id`, `x-cos-request-id`, `x-obs-request-id` …"""
_PAYER = "x-amz-request-payer"
EXPECTATION_FAILED = 417

_ROUTES_MAXIMUM = 1000


class Request(NamedTuple):
    """One request, not signed yet.

    Attributes:
        operation: As S3's API reference names it.
        container: None: it is one to the service.
        name: The object's; None: the request is one to the container.
        query: As it stands in the URL.
        expect: Ask for permission before a large body is sent.
    """

    operation: str
    method: str
    container: str | None
    name: str | None = None
    query: str = ""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed, but copied
    body: Body | bytes | None = None
    expect: bool = False

    def __repr__(self) -> str:
        """Without headers and query, which may hold what is not to be shown."""
        return f"Request({self.operation} {self.container}/{self.name or ''})"


def query_of(*parts: str | tuple[str, str | int | None]) -> str:
    """The query of a URL: names that stand alone, and names with a value; those with None are left out."""
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif part[1] is not None:
            texts.append(f"{part[0]}={quote(str(part[1]), safe='-._~')}")
    return "&".join(texts)


def headers_of(*pairs: tuple[str, str | None]) -> dict[str, str]:
    """Headers; those with None are left out."""
    return {name: value for name, value in pairs if value is not None}


class Requests:
    """Sends the requests of one client; safe for threads and after a fork. A copy of it opens connections of its own.

    Where keys and endpoint are plain, routes are made here; botocore is not even imported then.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.buffers = Buffers()
        self._lock = ForkLock()
        self._pool: HttpPool | None = None
        self._sdk: Sdk | None = None
        self._endpoint: str | None = None
        self._signatures: dict[str, Signature] = {}
        self._routes: dict[tuple[str | None, str], Route] = {}
        self._is_amazon: bool | None = None
        self._regions_asked: set[str] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return Requests, (self.settings,)

    def close(self) -> None:
        """Close idle connections."""
        self.buffers.clear()
        if self._pool:
            self._pool.close()

    def native(self) -> Any:
        """botocore's client for the same store."""
        return self._botocore().client()

    @property
    def endpoint(self) -> str:
        """The URL of the service, without a slash at its end."""
        if self._endpoint is None:
            self._endpoint = self._find_endpoint().rstrip("/")
        return self._endpoint

    @property
    def is_amazon(self) -> bool:
        """Whether this is Amazon's S3 itself."""
        if self._is_amazon is None:
            self._is_amazon = is_amazon(self.endpoint)
        return self._is_amazon

    @property
    def uses_checksums(self) -> bool:
        """Whether S3's checksums are used everywhere, without a trial."""
        chosen = self.settings.choices.checksums
        return self.is_amazon if chosen is None else chosen

    @property
    def experience(self) -> Experience:
        """What this process knows of the endpoint."""
        return experience_of(self.endpoint)

    def region_of(self, container: str) -> str:
        """The region in which requests for a container are signed."""
        return self._route("HeadBucket", container).region

    def call(self, request: Request) -> HttpAnswer:
        """Make a request; the answer's body is still to be read, or the answer to be closed.

        Raises:
            S3Error: The answer is an error.
            OSError: There was no complete answer.
        """
        if request.expect and self.experience.of(GIVES_PERMISSION) is False:
            request = request._replace(expect=False)
        try:
            return self._send(request)
        except S3Error as error:
            if error.status == EXPECTATION_FAILED and request.expect:
                # RFC 9110, 10.1.1: a server may refuse the expectation; the request is repeated without it.
                self.experience.learn(GIVES_PERMISSION, False)
                request = request._replace(expect=False)
            elif not self._follows(request, error):
                raise
        if isinstance(request.body, Body):
            request.body.rewind()
        return self._send(request)

    def finish(self, request: Request) -> HttpAnswer:
        """As `call`, for answers without content: reads them to their end, and sees that they are S3's.

        Raises:
            BrokenAnswer: Nothing in the answer says that it came from an S3 server.
        """
        answer = self.call(request)
        content = answer.read(CONTENT_LIMIT)
        if content and (failed := _error_in(content)):
            raise make_error(request.operation, answer, failed)
        check_identity(answer)
        return answer

    def document(
        self, request: Request, root: str | tuple[str, ...], fields: tuple[str, ...] = (), *, echoes: bool = False
    ) -> xml.Element:
        """As `call`, for answers that are a document.

        Args:
            echoes: It repeats names that are known, perhaps with characters that XML cannot hold: they do not matter.

        Raises:
            S3Error: The document is an error, whatever the status.
            BrokenAnswer: It is not the document that was asked for, or not complete.
        """
        from obs_client._http.kit import xml  # which only some answers need

        answer = self.call(request)
        content = answer.read(CONTENT_LIMIT)
        found = xml.parse_answer(xml.without_impossible(content) if echoes else content, root, fields)
        if found.name == "Error":
            raise make_error(request.operation, answer, found)
        return found

    def explain(self, error: S3Error, request: Request) -> None:
        """Raise the reason of a failed HEAD: its answer has none, that of this GET has."""
        if error.status in (400, 401, 403):
            self.call(request).close()

    def presign(self, request: Request, seconds: int) -> str:
        """A URL by which anybody can make the request for a time.

        Raises:
            ConfigurationError: The client is anonymous.
        """
        route = self._route(request.operation, request.container)
        if route.signer is None:
            raise ConfigurationError("an anonymous client cannot sign URLs; give credentials")
        # In the query, not as a header that is signed: whoever is given the URL would have to send that.
        payer = f"{_PAYER}=requester" if self.settings.choices.requester_pays else ""
        query = "&".join(filter(None, (request.query, payer)))
        return route.signer.presign(request.method, route.url_of(request.name, query), seconds)

    def signed(self, request: Request) -> tuple[str, dict[str, str]]:
        """The URL and the headers of a request as it is sent now."""
        route = self._route(request.operation, request.container)
        url = route.url_of(request.name, request.query)
        headers = {"User-Agent": USER_AGENT, **request.headers}
        if self.settings.choices.requester_pays and request.container is not None:
            headers[_PAYER] = "requester"
        if route.signer:
            route.signer.sign(request.method, url, headers)
        return url, headers

    def find_region(self, container: str) -> None:
        """Ask Amazon, once, in which region a container is: a URL that is signed for another one cannot work."""
        if not self.is_amazon or self.settings.anonymous or container in self._regions_asked:
            return
        with contextlib.suppress(S3Error):  # who may only sign need not be allowed to look
            self.finish(Request("HeadBucket", "HEAD", container))
        self._regions_asked.add(container)

    def _send(self, request: Request) -> HttpAnswer:
        answer = self._exchange(request)
        if answer.status >= 300:
            raise read_error(request.operation, answer)
        return answer

    def _exchange(self, request: Request) -> HttpAnswer:
        """The answer to a request, whatever it is; no frame that holds the token of a session is left in an error."""
        url, headers = self.signed(request)
        try:
            return self._transport().request(
                request.method, url, headers, request.body or None, expect_continue=request.expect
            )
        except OSError as error:
            forget_frames(error)
            raise

    def _follows(self, request: Request, error: S3Error) -> bool:
        """Note the region in which an error says that a container is; once for each, and at Amazon's endpoints only."""
        region, container = region_of(error), request.container
        if region is None or container is None or not self.is_amazon:
            return False
        if region == self._route(request.operation, container).region:
            return False
        self.experience.regions[container] = region
        self._routes.clear()
        return True

    def _route(self, operation: str, container: str | None) -> Route:
        found = self._routes.get((container, operation))
        if found is None:
            if len(self._routes) >= _ROUTES_MAXIMUM:
                self._routes.clear()
            found = self._routes[container, operation] = self._find_route(operation, container)
        return found

    def _find_route(self, operation: str, container: str | None) -> Route:
        if container is not None and not is_possible(container):
            raise InvalidNameError(f"S3 has no container {container!r}: no such name can be", container=container)
        region = self.experience.regions.get(container) if container else None
        if not self.settings.is_plain() or (container is not None and not is_plain_container(container)):
            return self._botocore().route(operation, container, region)
        region = region or self.settings.find_region() or DEFAULT_REGION
        endpoint = self.settings.find_endpoint()
        virtual = self.settings.addressing_style == "virtual" if endpoint else self.settings.addressing_style != "path"
        return Route(url_in(endpoint or amazon_endpoint(region), container, virtual), self._signer(region), region)

    def _signer(self, region: str) -> Signer | None:
        """One for all containers of a region, so that they share the key of the day."""
        if self.settings.anonymous:
            return None
        if region not in self._signatures:
            keys = self.settings.fixed_keys()
            self._signatures[region] = Signature(region, "s3", lambda: keys)
        return self._signatures[region]

    def _find_endpoint(self) -> str:
        if not self.settings.is_plain():
            return str(self.native().meta.endpoint_url)
        return self.settings.find_endpoint() or amazon_endpoint(self.settings.find_region() or DEFAULT_REGION)

    def _transport(self) -> HttpPool:
        if self._pool is None:
            plain = self.settings.is_plain()
            verify = self.settings.find_verify() if plain else self._botocore().find_verify()
            with self._lock:
                if self._pool is None:
                    self._pool = HttpPool(verify=verify, timeout=self.settings.timeout, connections=CONNECTIONS)
        return self._pool

    def _botocore(self) -> Sdk:
        if self._sdk is None:
            from obs_client.backends.s3.sdk import Sdk

            with self._lock:
                self._sdk = self._sdk or Sdk(self.settings)
        return self._sdk


def check_identity(answer: HttpAnswer) -> None:
    """Raise `BrokenAnswer` if nothing says that S3 answered: a portal on the way answers 200 to anything."""
    headers = answer.headers
    if answer.status == 204 or any(name in headers for name in _IDENTITIES):
        return
    if not any(re.fullmatch(_OTHER_IDENTITY, name) for name in headers):
        raise BrokenAnswer("the answer has neither an ETag nor a request id: it is not S3's, or not whole")


def _error_in(content: bytes) -> xml.Element | None:
    if b"<Error" not in content:
        return None
    from obs_client._http.kit import xml

    found = xml.parse(content)
    return found if found.name == "Error" else None
