"""Where the store is and the token for it: one login for all threads, on first use and when the token ran out."""

from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult

from obs_client._http.kit.calls.told import ToldRequests
from obs_client._http.kit.fork import ForkLock
from obs_client._http.kit.service_url import read_service_url
from obs_client._http.pool import HttpPool
from obs_client.backends.swift.access.catalogue import SERVICE, find_endpoint
from obs_client.backends.swift.access.failures import login_error
from obs_client.backends.swift.access.login import Login
from obs_client.credentials import Secret, forget_frames
from obs_client.errors import AuthorizationError, ConfigurationError

if TYPE_CHECKING:
    import requests

ANSWER_LIMIT = 16 * 1024 * 1024
"""Bytes of the answer to a login; the catalogue of a large cloud has some hundred thousand."""


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """What every request needs.

    Attributes:
        origin: Scheme, host and port of the storage URL.
        parsed: The storage URL, without a slash at its end; the token goes nowhere else.
        token: None: no token is sent.
    """

    origin: str
    parsed: SplitResult
    token: Secret | None

    @property
    def url(self) -> str:
        """The storage URL."""
        return self.parsed.geturl()


class SwiftSession:
    """The access of one client."""

    def __init__(
        self, login: Login, storage_url: str | None, region: str | None, verify: bool | str, timeout: float, http: bool
    ) -> None:
        self.login = login
        self._storage_url = storage_url
        self._region = region
        self._verify = verify
        self._timeout = timeout
        self._http = http
        self._access: Access | None = None
        # One for all logins: it remembers that the login service has answered once.
        self._pool: HttpPool | None = None
        self.lock: ForkLock = ForkLock()

    def access(self) -> Access:
        """The access that is known, or that of a login."""
        return self._access or self.renewed(None)

    def renewed(self, stale: Access | None) -> Access:
        """Another access than the stale one; of many threads that ask one logs in, and the others take what it got."""
        with self.lock:
            if self._access is None or self._access is stale:
                self._access = self._log_in(stale)
            return self._access

    def _log_in(self, stale: Access | None) -> Access:
        if self.login.renewable:
            return self._ask_keystone()
        if stale is not None:
            raise AuthorizationError(
                "the store refused the token (it has expired, or was revoked), and there is no login to renew it: set "
                "a new OS_AUTH_TOKEN, or log in by password or application credential"
            )
        assert self._storage_url is not None
        return make_access(self._storage_url, self.login.token)

    def _ask_keystone(self) -> Access:
        try:
            url, token = self._url_and_token()
        except ConfigurationError:
            raise
        except Exception as error:
            forget_frames(error)
            raise login_error(error, self.login) from error
        self._check_scheme(url)
        return make_access(url, token)

    def _check_scheme(self, url: str) -> None:
        """Refuse to go on in the clear what began encrypted, unless the user named the URL or allowed it."""
        place = self.login.place
        if self._storage_url or self._http or not place.startswith("https://") or url.startswith("https://"):
            return
        raise ConfigurationError(
            f"the login at {place} is https, but leads to the storage URL {url}, which would show the token and all "
            f"content to the network; allow_http_storage=True allows it"
        )

    def _url_and_token(self) -> tuple[str, Secret]:
        import requests
        from keystoneauth1.session import Session

        plugin = self.login.plugin()
        # A redirect is not followed: the request holds the password.
        with requests.Session() as http:
            if self.login.is_built_in:
                http.trust_env = False  # the adapter sees to proxies and authorities, and `.netrc` is nobody's
            for scheme in ("https://", "http://"):
                http.mount(scheme, cast("Any", self._adapter()))
            session = Session(plugin, http, verify=self._verify, timeout=self._timeout, redirect=False)
            token = Secret(session.get_token() or "")
            return self._storage_url or self._endpoint(plugin, session), token

    def _adapter(self) -> _LoginAdapter | _ToldAdapter:
        if not self.login.is_built_in:
            return _ToldAdapter()
        if self._pool is None:
            self._pool = HttpPool(verify=self._verify, timeout=self._timeout, connections=0)
        return _LoginAdapter(self._pool)

    def _endpoint(self, plugin: Any, session: Any) -> str:
        credentials = self.login.credentials
        interface = credentials.get("OS_INTERFACE", "OS_ENDPOINT_TYPE") or "public"
        region = self._region or credentials.get("OS_REGION_NAME")
        access = plugin.get_access(session) if hasattr(plugin, "get_access") else None
        if access and hasattr(access.service_catalog, "get_endpoints_data"):
            return find_endpoint(access.service_catalog, interface, region)
        url = plugin.get_endpoint(session, service_type=SERVICE, interface=interface, region_name=region)
        if not url:
            raise ConfigurationError(
                f"the login at {self.login.place} leads to no object store: there is no {interface} endpoint in region "
                f"{region}"
            )
        return str(url)

    def sdk_session(self) -> Any:
        """A session of keystoneauth1 with a login of its own, for the SDK's own client."""
        from keystoneauth1.session import Session

        return Session(self.login.plugin(), verify=self._verify, timeout=self._timeout, redirect=False)


def make_access(storage_url: str, token: Secret | None) -> Access:
    """The access to a storage URL.

    Raises:
        ConfigurationError: It is none.
    """
    parsed = read_service_url(storage_url)
    if parsed is None or not parsed.path:
        raise ConfigurationError(
            "a storage URL reads https://host/v1/AUTH_project: http or https, a host, a path, no user, query or "
            "fragment; a container is given as container_name=..."
        )
    return Access(f"{parsed.scheme}://{parsed.netloc}", parsed, token)


class _LoginAdapter:
    """What a session of `requests` sends by: over our own transport, which sees to certificates, timeouts and proxies.

    That of `requests` takes an answer whose head breaks off for a whole one: half a storage URL is another account's.
    """

    def __init__(self, pool: HttpPool) -> None:
        self._pool = pool

    def send(self, request: requests.PreparedRequest, *_arguments: Any, **_options: Any) -> requests.Response:
        """The whole answer, whatever its status.

        Raises:
            OSError: There is none; see `HttpPool.request`.
        """
        import requests
        from requests.structures import CaseInsensitiveDict

        # A login's values are text, its body is short: the types of `requests` are for everything that can be sent.
        body = cast("str | bytes | None", request.body)
        headers = cast("dict[str, str]", {**request.headers, "Accept-Encoding": "identity"})
        answer = self._pool.request(
            request.method or "", request.url or "", headers, body.encode() if isinstance(body, str) else body
        )
        response = requests.Response()
        response.raw = io.BytesIO(answer.read(ANSWER_LIMIT))
        response.status_code, response.reason = answer.status, answer.reason
        response.headers = CaseInsensitiveDict(answer.headers)
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        self._pool.close()


class _ToldAdapter:
    """What other plug-ins send by: that of `requests`, which may need more than our own transport has."""

    def __init__(self) -> None:
        from requests.adapters import HTTPAdapter

        self._told = ToldRequests()
        self._inner = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """As that of `requests`."""
        self._told.begin(request.method or "", request.url or "", _size(request.body))
        try:
            response = self._inner.send(request, *arguments, **options)
        except BaseException as error:
            self._told.fail(error)
            raise
        self._told.end(response.status_code, response.headers, len(response.content))
        return response

    def close(self) -> None:
        self._inner.close()


def _size(body: object) -> int:
    """Bytes of a body, as far as that is known before it is sent."""
    return len(body) if isinstance(body, (bytes, str)) else 0
