"""A server on loopback that speaks Swift from memory, as OpenStack's or in the ways of another server.

    with swift_double(Ways(manifest_told=False)) as server:
        client = SwiftClient(credentials=server.credentials)

It has a v1 login, and a Keystone if its ways name regions. `test.loopback.swift_named` has known servers.
"""

from __future__ import annotations

import dataclasses
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from test.loopback.failures import Failure, Failures
from test.loopback.serving import Request, Response, serve
from test.loopback.swift import signed_urls
from test.loopback.swift.access import Access, User
from test.loopback.swift.objects import Objects
from test.loopback.swift.place import Place, place_of
from test.loopback.swift.places import Places
from test.loopback.swift.refusals import Refusal
from test.loopback.swift.state import Container, State, Stored, md5
from test.loopback.swift.ways import Ways

LOGIN_PATH = "/auth/v1.0"
KEYSTONE_PATH = "/v3"
ACCOUNT = "test"
MEMBER = User("test:tester", "testing", ACCOUNT)
OTHER = User("test:other", "other", ACCOUNT, owner=False)
"""A user who may do only what the access lists of containers say."""


@dataclasses.dataclass(frozen=True)
class Seen:
    """A request as the server took it."""

    operation: str
    target: str
    headers: Mapping[str, str]
    connection: int
    status: int


class SwiftDouble:
    """The running server.

    Attributes:
        url: Its root.
        state: What it keeps; tests may look, and change it.
        seen: The requests that it answered, in order.
    """

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.state = State(ways)
        self.access = Access(self.state, {user.name: user for user in (MEMBER, OTHER)})
        self.seen: list[Seen] = []
        self._failures = Failures(ways.failures)
        self._lock = threading.Lock()
        self._places, self._objects = Places(self.state), Objects(self.state)

    @property
    def url(self) -> str:
        return self.access.url

    @property
    def storage_url(self) -> str:
        """The URL of the member's account."""
        return self.url + self.ways.account_path.replace("{account}", ACCOUNT)

    @property
    def credentials(self) -> Mapping[str, str]:
        """The v1 login of the member, who owns the account."""
        return self._login(MEMBER)

    @property
    def other_credentials(self) -> Mapping[str, str]:
        """The v1 login of `OTHER`."""
        return self._login(OTHER)

    @property
    def keystone_credentials(self) -> Mapping[str, str]:
        """The login of the member to Keystone, without a region."""
        return {
            "OS_AUTH_URL": self.url + KEYSTONE_PATH,
            "OS_USERNAME": "tester",
            "OS_PASSWORD": MEMBER.password,
            "OS_PROJECT_NAME": ACCOUNT,
        }

    def container(self, name: str, headers: Mapping[str, str] | None = None) -> Container:
        """A container of the member's, made past the protocol if it is absent.

        Args:
            headers: Metadata, access lists and so on, by names in lower case.
        """
        with self.state.lock:
            account = self.state.account(ACCOUNT)
            found = account.containers.setdefault(name, Container(name, time.time()))
            found.headers |= headers or {}
        return found

    def store(
        self, container: str, name: str, content: bytes, headers: Mapping[str, str] | None = None, *, dynamic: str = ""
    ) -> Stored:
        """Put an object there past the protocol.

        Args:
            headers: What GET and HEAD tell, by names in lower case.
            dynamic: `container/prefix` of a dynamic large object.
        """
        stored = Stored(content, md5(content), "application/octet-stream", headers or {}, time.time(), dynamic=dynamic)
        with self.state.lock:
            self.container(container).objects[name] = stored
        return stored

    def operations(self) -> list[str]:
        """The operations that were asked for, in order: `PUT object`, `HEAD container` and so on."""
        return [each.operation for each in self.seen]

    def early(self, request: Request) -> Response | None:
        """Every body may be sent."""
        return None

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        operation = f"{request.method} unknown"
        try:
            operation = self._operation(request)
            response = self._failed(request, operation) or self._do(request)
        except Refusal as error:
            response = _refused(error)
        except UnicodeDecodeError:
            response = _refused(Refusal(412, "Invalid UTF8 or contains NULL"))
        return self._finished(request, operation, response)

    def _login(self, user: User) -> Mapping[str, str]:
        return {"ST_AUTH": self.url + LOGIN_PATH, "ST_USER": user.name, "ST_KEY": user.password}

    def _operation(self, request: Request) -> str:
        path = request.raw_path
        if path == LOGIN_PATH or f"{path}/".startswith(f"{KEYSTONE_PATH}/"):
            return f"{request.method} login"
        if path == self.ways.info_path:
            return f"{request.method} info"
        return f"{request.method} {place_of(request, self.ways, ACCOUNT).kind}"

    def _do(self, request: Request) -> Response:
        if request.raw_path == LOGIN_PATH:
            return self.access.log_in(request)
        if request.raw_path == f"{KEYSTONE_PATH}/auth/tokens" and self.ways.regions:
            return self.access.log_in_to_keystone(request)
        if request.raw_path.rstrip("/") == KEYSTONE_PATH and self.ways.regions:
            return self.access.discovery()
        if request.raw_path == self.ways.info_path:
            return self._places.info()
        place = place_of(request, self.ways, ACCOUNT)
        if not signed_urls.is_signed(request):
            self.access.check(request, place)
            return self._handler(request, place)(request, place)
        signed_urls.check(request, place, self.state)
        return signed_urls.veil(request, place, self._handler(request, place)(request, place))

    def _handler(self, request: Request, place: Place) -> Callable[[Request, Place], Response]:
        handlers = {
            ("GET", "account"): self._places.get_account,
            ("HEAD", "account"): self._places.get_account,
            ("POST", "account"): self._places.post_account,
            ("DELETE", "account"): self._places.post_account,
            ("GET", "container"): self._places.get_container,
            ("HEAD", "container"): self._places.get_container,
            ("PUT", "container"): self._places.put_container,
            ("POST", "container"): self._places.post_container,
            ("DELETE", "container"): self._places.delete_container,
            ("GET", "object"): self._objects.get,
            ("HEAD", "object"): self._objects.get,
            ("PUT", "object"): self._objects.put,
            ("COPY", "object"): self._objects.copy,
            ("POST", "object"): self._objects.post,
            ("DELETE", "object"): self._objects.delete,
        }
        found = handlers.get((request.method, place.kind))
        if found is None or (request.method == "DELETE" and "bulk-delete" not in request.query and not place.container):
            raise Refusal(405)
        return found

    def _failed(self, request: Request, operation: str) -> Response | None:
        failure = self._failures.next(operation, request.connection)
        if failure is None:
            return None
        if failure.done:
            self._do(request)
        if not failure.status:
            return Response(lost=True)
        return _refused(Refusal(failure.status, failure.message, dict(failure.headers)))

    def _finished(self, request: Request, operation: str, response: Response) -> Response:
        """The response with what all responses have, without what this server leaves out."""
        name = self.ways.id_form.format(id=secrets.token_hex(10), time=f"{int(time.time()):010x}")
        headers = {**response.headers, **dict.fromkeys(self.ways.ids, name)}
        response.headers = {name: headers[name] for name in headers if name.lower() not in self.ways.omit_headers}
        with self._lock:
            self.seen.append(
                Seen(
                    operation,
                    request.target,
                    request.headers,
                    request.connection,
                    0 if response.lost else response.status,
                )
            )
        return response


def _refused(error: Refusal) -> Response:
    if error.status == 304:
        return Response(304, error.headers)
    return Response(error.status, {"Content-Type": "text/html; charset=UTF-8", **error.headers}, error.text.encode())


@contextmanager
def swift_double(ways: Ways | None = None, tls: ssl.SSLContext | None = None) -> Iterator[SwiftDouble]:
    """Run the server; as OpenStack's if no ways are given, over TLS if a context is."""
    double = SwiftDouble(ways or Ways())
    with serve(double, tls) as server:
        double.access.url = server.url
        yield double


__all__ = ["ACCOUNT", "MEMBER", "OTHER", "Failure", "Seen", "SwiftDouble", "Ways", "swift_double"]
