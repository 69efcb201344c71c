"""Requests to S3: what each is, where it goes, who signs it; sent over the library's own transport.

The files of the errands (`listing`, `reading`, `writing` and so on) have one function for each operation that is used.
It makes a `Request` as S3's API reference has it; the tests compare them all with those of botocore. Retries are the
border's.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.buffers import CONTENT_LIMIT, Buffers
from obs_client._http.kit.fork import ForkLock
from obs_client._http.kit.identity import is_page
from obs_client._http.pool import HttpPool
from obs_client.backend.body import Body
from obs_client.backends.s3.endpoints import GIVES_PERMISSION, SPEAKS_S3, TAKES_UNSIGNED, Experience
from obs_client.backends.s3.errors import S3Error, make_error, read_error, region_of
from obs_client.backends.s3.routes import Routes
from obs_client.backends.s3.settings import Settings
from obs_client.backends.s3.signing import UNSIGNED_PAYLOAD
from obs_client.credentials import forget_frames
from obs_client.errors import ConfigurationError, NotSupportedError

if TYPE_CHECKING:
    from obs_client._http.kit import xml

CONNECTIONS = 64
EXPECT_SIZE = 1024 * 1024
"""Bytes of a body from which on a write asks for permission first; for less that costs more than it saves."""

USER_AGENT = "obs_client"

XML_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
"""Of documents that are sent."""

_IDENTITIES = ("x-amz-request-id", "x-amz-id-2", "x-amzn-requestid", "cf-ray")
_IDENTITY = "x-amz-.+|x-.+-request-?id"
"""S3's own headers, and how other servers that speak S3 name a request: `x-oss-request-id`, `x-cos-request-id` …"""
_DOCUMENTS = ("ListBucketResult", "ListAllMyBucketsResult")
_PAYER = "x-amz-request-payer"
EXPECTATION_FAILED = 417
_ENDED_KEYS = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
_UNSIGNED_REFUSED = ("XAmzContentSHA256Mismatch",)


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


class Requests:
    """Sends the requests of one client; safe for threads and after a fork. A copy of it opens connections of its own.

    Attributes:
        lost_begins: Of uploads whose begin may have been done though its answer was lost: when it was asked for, and
            when that failed, by container and name.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.buffers: Buffers = Buffers()
        self.routes: Routes = Routes(settings)
        self.lost_begins: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = ForkLock()
        self._pool: HttpPool | None = None
        self._regions_asked: set[str] = set()
        self._warned: set[str] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return Requests, (self.settings,)

    def close(self) -> None:
        """Close idle connections."""
        self.buffers.clear()
        if self._pool:
            self._pool.close()

    def native(self) -> Any:
        """botocore's client for the same store."""
        return self.routes.native()

    @property
    def endpoint(self) -> str:
        """The URL of the service, without a slash at its end."""
        return self.routes.endpoint

    @property
    def is_amazon(self) -> bool:
        """Whether this is Amazon's S3 itself."""
        return self.routes.is_amazon

    @property
    def uses_checksums(self) -> bool:
        """Whether S3's checksums are used everywhere, without a trial."""
        chosen = self.settings.choices.checksums
        return self.is_amazon if chosen is None else chosen

    @property
    def keeps_races(self) -> bool:
        """Whether of several writers under one condition one is told that it holds."""
        chosen = self.settings.choices.atomic_conditions
        return self.is_amazon if chosen is None else chosen

    @functools.cached_property
    def experience(self) -> Experience:
        """What this process knows of the endpoint."""
        return self.routes.experience

    def region_of(self, container: str) -> str:
        """The region in which requests for a container are signed."""
        return self.routes.of("HeadBucket", container).region

    def call(self, request: Request) -> HttpAnswer:
        """Make a request; the answer's body is still to be read, or the answer to be closed.

        Raises:
            S3Error: The answer is an error.
            OSError: There was no complete answer.
        """
        if request.expect and self.experience.of(GIVES_PERMISSION) is False:
            request = request._replace(expect=False)
        if request.container is not None and self.routes.may_lead_into(request.container):
            self._check_place(request.container)
        renewals = self.routes.renewals
        try:
            return self._send(request)
        except S3Error as error:
            request = self._otherwise(request, error, renewals)
        if isinstance(request.body, Body):
            request.body.rewind()
        return self._send(request)

    def finish(self, request: Request) -> HttpAnswer:
        """As `call`, for answers without content: reads them to their end, and sees that they are S3's.

        Raises:
            StrangeAnswer: Nothing says that it came from an S3 server.
        """
        answer = self.call(request)
        content = answer.read(CONTENT_LIMIT)
        if content and (failed := _error_in(content)):
            raise make_error(request.operation, answer, failed)
        self.check_identity(request.container, answer, content)
        return answer

    def document(
        self, request: Request, root: str | tuple[str, ...], fields: tuple[str, ...] = (), *, echoes: bool = False
    ) -> xml.Element:
        """As `call`, for answers that are a document.

        Args:
            echoes: It repeats names that are known, perhaps with characters that XML cannot hold: they do not matter.

        Raises:
            S3Error: The document is an error, whatever the status.
            BrokenAnswer: It is not complete.
            StrangeAnswer: It is not the document that was asked for.
        """
        from obs_client._http.kit import xml  # which only some answers need

        answer = self.call(request)
        content = answer.read(CONTENT_LIMIT)
        found = xml.parse_answer(xml.without_impossible(content) if echoes else content, root, fields)
        if found.name == "Error":
            raise make_error(request.operation, answer, found)
        return found

    def check_identity(self, container: str | None, answer: HttpAnswer, content: bytes = b"") -> None:
        """Let an answer through that is S3's: it has a header of S3's, or comes from what was seen to be S3.

        Args:
            content: What is known of its body.

        Raises:
            StrangeAnswer: It is not, or that cannot be told; the answer is closed then.
        """
        if is_identified(answer):
            return
        if not is_page(answer, content) and (self.experience.of(SPEAKS_S3) or self._speaks_s3(container)):
            return
        answer.close()
        raise StrangeAnswer(
            f"status {answer.status} without an ETag or a request id, from a server that does "
            f"not respond like S3 otherwise"
        )

    def explain(self, error: S3Error, request: Request) -> None:
        """Raise the reason of a failed HEAD: its answer has none, that of this GET has."""
        if error.status in (400, 401, 403):
            self.call(request).close()

    def presign(self, request: Request, seconds: int) -> str:
        """A URL by which anybody can make the request for a time, with its headers.

        Raises:
            NotSupportedError: The client is anonymous.
        """
        route = self.routes.of(request.operation, request.container)
        if route.signer is None:
            raise NotSupportedError("an anonymous client cannot sign URLs; use credentials")
        # In the query, not as a header that is signed: whoever is given the URL would have to send that.
        payer = f"{_PAYER}=requester" if self.settings.choices.requester_pays else ""
        query = "&".join(filter(None, (request.query, payer)))
        return route.signer.presign(request.method, route.url_of(request.name, query), seconds, request.headers)

    def signed(self, request: Request) -> tuple[str, dict[str, str]]:
        """The URL and the headers of a request as it is sent now."""
        route = self.routes.of(request.operation, request.container)
        url = route.url_of(request.name, request.query)
        headers = {"User-Agent": USER_AGENT, **request.headers}
        if self.settings.choices.requester_pays and request.container is not None:
            headers[_PAYER] = "requester"
        if route.signer:
            route.signer.sign(request.method, url, headers, self._payload(request.body))
        return url, headers

    def find_region(self, container: str) -> None:
        """Ask Amazon, once, in which region a container is: a URL that is signed for another one cannot work."""
        if not self.is_amazon or self.settings.anonymous or container in self._regions_asked:
            return
        with contextlib.suppress(S3Error):  # who may only sign need not be allowed to look
            self.finish(Request("HeadBucket", "HEAD", container))
        self._regions_asked.add(container)

    def warn_once(self, what: str, message: str, *values: object) -> None:
        """Log something at WARNING, once a client.

        Args:
            what: It is about.
        """
        if what not in self._warned:
            import logging  # slow to load, and seldom needed

            self._warned.add(what)
            logging.getLogger("obs_client").warning(message, *values)

    def _payload(self, body: Body | bytes | None) -> str:
        """What stands for the body in a signature."""
        if self.experience.of(TAKES_UNSIGNED) is not False and not self.routes.signs_payload():
            return UNSIGNED_PAYLOAD
        if isinstance(body, Body):
            return body.digest("sha256").hex()
        return hashlib.sha256(body or b"").hexdigest()

    def _send(self, request: Request) -> HttpAnswer:
        answer = self._exchange(request)
        if answer.status >= 300:
            raise read_error(request.operation, answer)
        return answer

    def _exchange(self, request: Request) -> HttpAnswer:
        """The answer to a request, whatever it is; no frame that holds the token of a session is left in an error."""
        url, headers = self.signed(request)
        try:
            answer = self._transport().request(
                request.method, url, headers, request.body or None, expect_continue=request.expect
            )
        except OSError as error:
            forget_frames(error)
            raise
        if not self.experience.server:
            self.experience.server = answer.headers.get("server", "")
        return answer

    def _otherwise(self, request: Request, error: S3Error, renewals: int) -> Request:
        """The request as it is sent once more after an error that tells what was wrong with it; else raise the error.

        A server may refuse the expectation (RFC 9110, 10.1.1); a container may be in another region; keys may end
        before their time; and a server may take signed bodies only.

        Args:
            renewals: Of keys, when it was sent.
        """
        if error.status == EXPECTATION_FAILED and request.expect:
            self.experience.learn(GIVES_PERMISSION, False)
            return request._replace(expect=False)
        if error.code in _ENDED_KEYS and self.routes.renew_keys(renewals):
            return request
        if error.code in _UNSIGNED_REFUSED and self._payload(b"") == UNSIGNED_PAYLOAD:
            self.experience.learn(TAKES_UNSIGNED, False, "sign_payload")
            return request
        if not self._follows(request, error):
            raise error
        return request

    def _follows(self, request: Request, error: S3Error) -> bool:
        """Note the region in which an error says that a container is; once for each, and at Amazon's endpoints only."""
        region, container = region_of(error), request.container
        if region is None or container is None or not self.is_amazon:
            return False
        if region == self.routes.of(request.operation, container).region:
            return False
        self.routes.move(container, region)
        return True

    def _speaks_s3(self, container: str | None) -> bool:
        """Ask for a document that S3 alone answers; an error of S3 is one, too."""
        try:
            speaks = self._listing_root(container) in _DOCUMENTS
        except S3Error as error:
            if error.status < 300:
                raise
            speaks = error.code != str(error.status)
        except StrangeAnswer:
            speaks = False
        if speaks:
            self.experience.learn(SPEAKS_S3, True)
        return speaks

    def _listing_root(self, container: str | None) -> str:
        """The name of the root of a listing of a container, or of all containers."""
        from obs_client._http.kit import xml

        asked = Request("ListObjectsV2", "GET", container, query="list-type=2&max-keys=1")
        if container is None:
            asked = Request("ListBuckets", "GET", None)
        answer = self._send(asked)
        root = xml.parse(answer.read(CONTENT_LIMIT))
        if root.name == "Error":
            raise make_error(asked.operation, answer, root)
        return root.name

    def _check_place(self, container: str) -> None:
        """See, once, that an endpoint's URL does not name the container already: objects would land under its name.

        Raises:
            ConfigurationError: It does.
        """
        if container in self.experience.places_checked:
            return
        try:
            right = self._listing_root(container) in _DOCUMENTS
        except S3Error as error:
            right = error.code != "NoSuchKey"
        except StrangeAnswer:
            right = False  # an object of the container's name
        if not right:
            raise ConfigurationError(
                f"the endpoint URL {self.endpoint!r} leads into a container: a listing of {container!r} returns "
                f"an object; leave the container's name out of the URL"
            )
        self.experience.places_checked.add(container)

    def _transport(self) -> HttpPool:
        if self._pool is None:
            verify = self.routes.find_verify()
            with self._lock:
                if self._pool is None:
                    self._pool = HttpPool(verify=verify, timeout=self.settings.timeout, connections=CONNECTIONS)
        return self._pool


def is_identified(answer: HttpAnswer) -> bool:
    """Whether an answer has a header that S3 sends and others do not, or has nothing to say."""
    headers = answer.headers
    if "etag" in headers or answer.status == 204 or any(name in headers for name in _IDENTITIES):
        return True
    return any(re.fullmatch(_IDENTITY, name) for name in headers)


def _error_in(content: bytes) -> xml.Element | None:
    if b"<Error" not in content:
        return None
    from obs_client._http.kit import xml

    found = xml.parse(content)
    return found if found.name == "Error" else None
