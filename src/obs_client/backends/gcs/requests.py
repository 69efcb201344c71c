"""Requests to Google: what each is; sent with the token of the login over our own transport. Retries are the border's.

JSON stands for Google's "Cloud Storage JSON API", XML for its "XML API"; both reach the same objects.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.buffers import CONTENT_LIMIT, Buffers
from obs_client._http.kit.calls.tokens import send_with_token
from obs_client._http.kit.identity import check_identity
from obs_client._http.pool import HttpPool
from obs_client.backend.body import Body
from obs_client.backends.gcs.errors import IDENTITY, read_refusal
from obs_client.backends.gcs.login.choice import Login
from obs_client.credentials import Secret, forget_frames

if TYPE_CHECKING:
    from obs_client._http.kit import xml

# What reads documents is imported when there is one.

JSON_TYPE = "application/json; charset=UTF-8"
_NO_CONTENT = 204
_UNAUTHORIZED = 401


class Request(NamedTuple):
    """One request.

    Attributes:
        operation: As Google's reference names it.
        path: Quoted, from the host on.
        query: As it stands in the URL.
        further: Statuses from 300 on that are no error.
    """

    operation: str
    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed, but copied
    body: Body | bytes | None = None
    further: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """Without headers and query, which may hold what is not to be shown."""
        return f"Request({self.operation} {self.path})"


def bucket_path(container: str) -> str:
    """The path of a container in the JSON API."""
    return f"/storage/v1/b/{quote(container, safe='')}"


def object_path(container: str, name: str) -> str:
    """The path of an object in the JSON API, in which its slashes are quoted."""
    return f"/storage/v1/b/{quote(container, safe='')}/o/{quote(name, safe='')}"


def upload_path(container: str) -> str:
    """The path to which the JSON API wants content."""
    return f"/upload/storage/v1/b/{quote(container, safe='')}/o"


def xml_path(container: str, name: str = "") -> str:
    """The path of a container or an object in the XML API."""
    return f"/{quote(container, safe='')}/{quote(name, safe='/~')}"


class Requests:
    """Sends the requests of one client; safe for threads and after a fork.

    Args:
        payer: The project that pays for requests to containers of others; None: who owns them.
    """

    def __init__(self, login: Login, payer: str | None, verify: bool | str, timeout: float) -> None:
        self.login = login
        self.buffers: Buffers = Buffers()
        self.payer = payer
        self._pool = HttpPool(verify=verify, timeout=timeout)

    def close(self) -> None:
        """Close idle connections."""
        self.buffers.clear()
        self._pool.close()
        self.login.close()

    def call(self, request: Request) -> HttpAnswer:
        """Make a request; the answer's body is still to be read, or the answer to be closed.

        Raises:
            Refusal: The answer is an error.
            OSError: There was no complete answer.
        """
        answer = send_with_token(self.login.tokens, partial(self._exchange, request), _refuses_token)
        if answer.status >= 300 and answer.status not in request.further:
            raise read_refusal(request.operation, answer, emulated=self.login.is_emulator)
        return answer

    def finish(self, request: Request) -> HttpAnswer:
        """As `call`, for answers whose content does not matter: reads them, and sees that they are Google's."""
        answer = self.call(request)
        if answer.status != _NO_CONTENT and not self.login.is_emulator:  # which no portal on the way says
            check_identity(answer, (IDENTITY, "etag", "location"), "Google")
        answer.read(CONTENT_LIMIT)
        return answer

    def json(self, request: Request) -> dict[str, Any]:
        """As `call`, for answers that are a resource of the JSON API."""
        return read_resource(self.text(request))

    def text(self, request: Request) -> str:
        """As `call`, for answers that are a long document."""
        return self.buffers.read_text(self.call(request))

    def document(self, request: Request, root: str, fields: tuple[str, ...] = ()) -> xml.Element:
        """As `call`, for answers that are a document of the XML API.

        It may repeat a name with characters that XML cannot hold: those do not matter.
        """
        from obs_client._http.kit import xml

        content = xml.without_impossible(self.call(request).read(CONTENT_LIMIT))
        return xml.parse_answer(content, root, fields)

    def _exchange(self, request: Request, token: Secret | None) -> HttpAnswer:
        """The answer to a request, whatever it is; no frame that holds a secret is left in an error."""
        if isinstance(request.body, Body):
            request.body.rewind()
        headers = {"User-Agent": "obs_client", **request.headers}
        if self.payer is not None:
            headers["x-goog-user-project"] = self.payer
        if token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        query = f"?{request.query}" if request.query else ""
        url = f"{self.login.endpoint}{request.path}{query}"
        try:
            return self._pool.request(request.method, url, headers, request.body)
        except OSError as error:
            forget_frames(error)
            raise


def read_resource(text: str) -> dict[str, Any]:
    """A resource of the JSON API.

    Raises:
        BrokenAnswer, StrangeAnswer: It is none.
    """
    from obs_client._http.kit.json_answer import parse_json

    found = parse_json(text)
    if not isinstance(found, dict):
        raise StrangeAnswer("the response is JSON, but not a Google resource")
    return found


def _refuses_token(answer: HttpAnswer) -> bool:
    return answer.status == _UNAUTHORIZED
