"""Which login the credentials are meant for, and where its requests go."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from obs_client._http.kit.calls.tokens import Token, Tokens
from obs_client._http.kit.service_url import read_service_url
from obs_client.backends.gcs.login.identity import ADVICE, FILE, KEY, Identity
from obs_client.credentials import Credentials, Secret
from obs_client.errors import AuthorizationError, ConfigurationError

PREFIXES = ("GOOGLE_", "GCLOUD_PROJECT", "CLOUDSDK_", "STORAGE_EMULATOR_HOST")
ENDPOINT = "https://storage.googleapis.com"

_PROJECT = ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
_TOKEN = ("GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_BEARER_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN")
_HERE = ("127.0.0.1", "localhost", "::1")


class Login:
    """One way into the store.

    Attributes:
        endpoint: Scheme, host and port, without a slash at the end.
        is_emulator: It is at an emulator, which is believed though it lacks what Google's servers tell.
        tokens: None: requests carry no token.
        identity: None: there is nothing to sign with.
    """

    def __init__(self, endpoint: str, project: str | None, identity: Identity | None, tokens: Tokens | None) -> None:
        self.endpoint = endpoint
        self.is_emulator = False
        self.tokens = tokens
        self.identity = identity
        self._project = project

    @property
    def project(self) -> str:
        """The project whose containers are made and listed.

        Raises:
            ConfigurationError: None is named.
        """
        found = self._project or (self.identity.account().project if self.identity else None)
        if not found:
            raise ConfigurationError(
                "which project's containers? Google wants its name", hint="set GOOGLE_CLOUD_PROJECT or give project=..."
            )
        return found

    @property
    def can_sign(self) -> bool:
        """Whether URLs can be signed: by a key, or by a service account whose key Google has."""
        return self.identity is not None and self.identity.account().can_sign

    def close(self) -> None:
        """Close idle connections."""
        if self.identity:
            self.identity.close()


def choose(
    credentials: Credentials, endpoint_url: str | None, project: str | None, verify: bool | str, timeout: float
) -> Login:
    """The login that the credentials are meant for.

    Raises:
        ConfigurationError: The endpoint is none, or a token would go there in the clear.
    """
    get, emulator = credentials.get, credentials.get("STORAGE_EMULATOR_HOST")
    endpoint = check_url(endpoint_url or (emulator and _with_scheme(emulator)) or ENDPOINT)
    project = project or get(*_PROJECT)
    if credentials.anonymous or (get("GOOGLE_SKIP_SIGNATURE") or "").lower() in ("1", "true"):
        return Login(endpoint, project, None, None)
    if emulator and not endpoint_url:
        # Google's own libraries send an emulator no token; a key that was given serves for signing.
        named = credentials.given() is not None and credentials.secret(FILE, *KEY)
        identity = Identity(credentials, verify, timeout) if named else None
        login = Login(endpoint, project or "emulator", identity, None)
        login.is_emulator = True
        return login
    if not endpoint.startswith("https://") and urlsplit(endpoint).hostname not in _HERE:
        raise ConfigurationError(f"a token is sent by https only, not to {endpoint}; {ADVICE}")
    if token := credentials.secret(*_TOKEN):
        return Login(endpoint, project, None, Tokens(_ready(token)))
    identity = Identity(credentials, verify, timeout)
    return Login(endpoint, project, identity, Tokens(identity.token))


def check_url(url: str) -> str:
    """The URL of a server, without a slash at its end.

    Raises:
        ConfigurationError: It is none.
    """
    parts = read_service_url(url)
    if parts is None or parts.path:
        raise ConfigurationError(
            "endpoint_url (or STORAGE_EMULATOR_HOST) reads https://storage.googleapis.com: http or https, a host, "
            "perhaps a port, and nothing else; a container is given as container_name=..."
        )
    return url.rstrip("/")


def _with_scheme(host: str) -> str:
    return host if "://" in host else f"http://{host}"


def _ready(token: Secret) -> Callable[[], Token]:
    """Gives a token that nothing can renew, once."""
    left = [token]

    def fetch() -> Token:
        if not left:
            raise AuthorizationError("the store refused the token: it has expired, or was revoked")
        return Token(left.pop(), float("inf"))

    return fetch
