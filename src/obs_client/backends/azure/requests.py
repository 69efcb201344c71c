"""Requests to Azure: what each is and who signs it; sent over the library's own transport. Retries are the border's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from obs_client._http.answer import HttpAnswer
from obs_client._http.kit.buffers import CONTENT_LIMIT, Buffers
from obs_client._http.kit.calls.refusals import kind_of_status
from obs_client._http.kit.calls.tokens import send_with_token
from obs_client._http.kit.dates import write_date
from obs_client._http.kit.identity import check_identity
from obs_client._http.pool import HttpPool
from obs_client.backend.body import Body
from obs_client.backends.azure.errors import IDENTITIES, read_refusal
from obs_client.backends.azure.login import DEVELOPMENT_ACCOUNT, Login
from obs_client.backends.azure.names import IMPOSSIBLE
from obs_client.backends.azure.signing import VERSION, authorization
from obs_client.credentials import Secret, forget_frames
from obs_client.errors import ConfigurationError, ObjectNotFoundError, TemporaryError

if TYPE_CHECKING:
    from obs_client._http.kit import xml

_READING = ("GET", "HEAD")
_WRITING = ("", "comp=blocklist")
_ACCOUNT = "restype=account&comp=properties"


class Request(NamedTuple):
    """One request, not signed yet.

    Attributes:
        operation: As Azure's REST reference names it.
        container: "": it is one to the account.
        name: The object's; None: the request is one to the container.
        query: As it stands in the URL.
        secret: Makes headers that nobody else may see, when the request is signed.
    """

    operation: str
    method: str
    container: str
    name: str | None = None
    query: str = ""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed, but copied
    body: Body | bytes | None = None
    secret: Callable[[], dict[str, str]] = dict

    def __repr__(self) -> str:
        """Without headers and query, which may hold what is not to be shown."""
        return f"Request({self.operation} {self.container}/{self.name or ''})"


class Requests:
    """Sends the requests of one client; safe for threads and after a fork."""

    def __init__(self, login: Login, verify: bool | str, timeout: float) -> None:
        self.login = login
        self.buffers: Buffers = Buffers()
        self._pool = HttpPool(verify=verify, timeout=timeout)
        # No emulator has hierarchical namespaces.
        self._is_flat = True if login.account == DEVELOPMENT_ACCOUNT else None
        self._is_unsure = False
        parts = urlsplit(login.endpoint)
        self._origin, self._base = f"{parts.scheme}://{parts.netloc}", parts.path

    def close(self) -> None:
        """Close idle connections."""
        self.buffers.clear()
        self._pool.close()
        if self.login.identity:
            self.login.identity.close()

    def path_of(self, container: str, name: str | None = None) -> str:
        """The path of a container or object, as it is sent and signed.

        Raises:
            ObjectNotFoundError: No such name can be; Azure might take it for another one.
        """
        if name is not None and IMPOSSIBLE.search(name):
            raise ObjectNotFoundError("no name in Azure can be so", container=container, object_name=name)
        path = f"{self._base}/{quote(container, safe='$')}"
        return path if name is None else f"{path}/{quote(name, safe='/~')}"

    def url_of(self, container: str, name: str, query: str = "") -> str:
        """The URL of an object."""
        return f"{self._origin}{self.path_of(container, name)}{f'?{query}' if query else ''}"

    def call(self, request: Request, make: Callable[[Secret | None], Request] | None = None) -> HttpAnswer:
        """Make a request; the answer's body is still to be read, or the answer to be closed.

        Args:
            make: Makes the request for the token with which it is sent, if it has parts with their own signatures.

        Raises:
            Refusal: The answer is an error.
            OSError: There was no complete answer.
            ConfigurationError: The account has a hierarchical namespace.
        """
        if not (self._is_flat or request.method in _READING):
            self._check_flat(request.container)
        answer = self.exchange(make or (lambda _token: request))
        if answer.status >= 300:
            raise read_refusal(request.operation, answer)
        if "x-ms-resource-type" in answer.headers:
            answer.close()
            raise hierarchical()
        if self._is_unsure and request.method == "PUT" and request.name is not None and request.query in _WRITING:
            self._check_written(request.container, request.name)
        return answer

    def finish(self, request: Request) -> HttpAnswer:
        """As `call`, for answers without content: reads them to their end, and sees that they are Azure's."""
        answer = self.call(request)
        check_identity(answer, IDENTITIES, "Azure")
        answer.read(CONTENT_LIMIT)
        return answer

    def text(self, request: Request) -> str:
        """As `call`, for answers that are a document."""
        return self.buffers.read_text(self.call(request))

    def document(self, request: Request, root: str) -> xml.Element:
        """As `text`, as a tree."""
        from obs_client._http.kit import xml

        return xml.parse_answer(self.call(request).read(CONTENT_LIMIT), root, ())

    def signed(self, request: Request, token: Secret | None) -> tuple[str, dict[str, str]]:
        """The target and the headers of a request as it is sent now."""
        headers = {"x-ms-version": VERSION, **request.headers, **request.secret(), "x-ms-date": write_date()}
        path, query, login = self.path_of(request.container, request.name), request.query, self.login
        if login.key:
            size = 0 if request.body is None else len(request.body)
            headers["Authorization"] = authorization(login.key, request.method, path, query, headers, size)
        elif token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        elif login.sas:
            query = f"{query}&{login.sas.reveal()}" if query else login.sas.reveal()
        return f"{path}?{query}" if query else path, headers

    def _check_flat(self, container: str) -> None:
        """See before the first change that names are only names: no answer to a change tells of directories."""
        if self._is_flat is False:
            raise hierarchical()
        # A SAS may be for one container alone.
        asked = Request("Get Account Information", "HEAD", container if self.login.sas else "", query=_ACCOUNT)
        with self.exchange(lambda _token: asked) as answer:
            if answer.status < 300:
                check_identity(answer, IDENTITIES, "Azure")
            elif kind_of_status(answer.status) is TemporaryError:
                raise read_refusal(asked.operation, answer)
        if answer.headers.get("x-ms-is-hns-enabled", "").lower() == "true":
            raise hierarchical()
        self._is_flat = True
        self._is_unsure = answer.status >= 300

    def _check_written(self, container: str, name: str) -> None:
        """See by the first object that was written, if nobody would say it before, that names are only names.

        In a tree the next name might be taken for another one. Who may not look either is told by what he reads.
        """
        asked = Request("Get Blob Properties", "HEAD", container, name)
        with contextlib.suppress(OSError), self.exchange(lambda _token: asked) as answer:
            self._is_unsure = answer.status >= 500
            if "x-ms-resource-type" in answer.headers:
                self._is_flat = False
                raise hierarchical(f"; {name!r} was written before that could be seen, and is there now")

    def exchange(self, make: Callable[[Secret | None], Request]) -> HttpAnswer:
        """The answer to a request that is made for the token with which it is sent; whatever the answer is."""
        return send_with_token(self.login.tokens, lambda token: self._send(make(token), token), _refuses_token)

    def _send(self, request: Request, token: Secret | None) -> HttpAnswer:
        """Send a request once; no frame that holds a secret is left in an error."""
        if isinstance(request.body, Body):
            request.body.rewind()
        target, headers = self.signed(request, token)
        try:
            return self._pool.request(request.method, self._origin + target, headers, request.body)
        except OSError as error:
            forget_frames(error)
            raise


def _refuses_token(answer: HttpAnswer) -> bool:
    """Whether a token was not taken at all, as one that has ended; Azure says 401, Azurite 403."""
    return answer.status == 401 or answer.headers.get("x-ms-error-code") == "AuthenticationFailed"


def hierarchical(done: str = "") -> ConfigurationError:
    """The error for an account whose names are paths; `done` says what was done there already."""
    return ConfigurationError(
        "the account has a hierarchical namespace (Data Lake Storage), in which names are paths and directories are "
        f"listed as objects, so names would change; use an account without one{done}"
    )
