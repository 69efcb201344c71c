"""How to log in to Google: chosen from the credentials, with no request and no SDK until the login itself."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from obs_client._http.kit.calls.tokens import Token, Tokens, missing_package
from obs_client._http.kit.service_url import read_service_url
from obs_client._http.pool import HttpPool
from obs_client.credentials import Credentials, Secret, forget_frames
from obs_client.errors import AuthorizationError, ConfigurationError, TemporaryError

PREFIXES = ("GOOGLE_", "GCLOUD_PROJECT", "CLOUDSDK_", "STORAGE_EMULATOR_HOST")
ENDPOINT = "https://storage.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/devstorage.full_control"
CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform"

_PROJECT = ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
_KEY = ("GOOGLE_SERVICE_ACCOUNT_KEY", "GOOGLE_CREDENTIALS")
_TOKEN = ("GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_BEARER_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN")
_ACTING = ("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT")
_HERE = ("127.0.0.1", "localhost", "::1")
_LIMIT = 16 * 1024 * 1024
_ADVICE = (
    "set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file, or GOOGLE_SERVICE_ACCOUNT_KEY to its JSON, or run "
    "`gcloud auth application-default login`; credentials={} (in a URL anonymous=true) reads public data"
)


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
        found = self._project or (self.identity.project() if self.identity else None)
        if not found:
            raise ConfigurationError(
                "which project's containers? Google wants its name", hint="set GOOGLE_CLOUD_PROJECT or give project=..."
            )
        return found

    @property
    def can_sign(self) -> bool:
        """Whether URLs can be signed: by a key, or by a service account whose key Google has."""
        return self.identity is not None and self.identity.can_sign()

    def close(self) -> None:
        """Close idle connections."""
        if self.identity:
            self.identity.transport.close()


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
        named = credentials.given() is not None and credentials.secret("GOOGLE_APPLICATION_CREDENTIALS", *_KEY)
        identity = Identity(credentials, Transport(verify, timeout)) if named else None
        login = Login(endpoint, project or "emulator", identity, None)
        login.is_emulator = True
        return login
    if not endpoint.startswith("https://") and urlsplit(endpoint).hostname not in _HERE:
        raise ConfigurationError(f"a token is sent by https only, not to {endpoint}; {_ADVICE}")
    if token := credentials.secret(*_TOKEN):
        return Login(endpoint, project, None, Tokens(_ready(token)))
    identity = Identity(credentials, Transport(verify, timeout))
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
            raise AuthorizationError("the store refused the token that was given: it has ended, or was revoked")
        return Token(left.pop(), float("inf"))

    return fetch


class Identity:
    """Logs in by google-auth: with a key or another file that is named, else by the default chain."""

    def __init__(self, credentials: Credentials, transport: Transport) -> None:
        self.transport = transport
        self._credentials = credentials
        self._made: tuple[Any, Any, str | None] | None = None

    def token(self) -> Token:
        """A new token.

        Raises:
            ConfigurationError: The package is not installed, or there is no login.
            AuthorizationError, TemporaryError: There is no token.
        """
        made = self.credential()
        from google.auth import exceptions

        try:
            made.refresh(self.transport)
        except (exceptions.GoogleAuthError, AttributeError, KeyError, TypeError, ValueError) as error:
            forget_frames(error)
            # It does not look at what it is answered: a portal's page, or half an answer, shows as any error.
            known = isinstance(error, exceptions.GoogleAuthError)
            passing = not known or isinstance(error, exceptions.TransportError) or bool(getattr(error, "retryable", 0))
            kind = TemporaryError if passing else AuthorizationError
            raise kind(f"Google has no token for this login: {error}", hint="" if passing else _ADVICE) from error
        ends = float("inf") if made.expiry is None else made.expiry.replace(tzinfo=dt.UTC).timestamp()
        return Token(Secret(made.token), max(ends, time.time()))

    def credential(self) -> Any:
        """That of google-auth, always the same."""
        return self._find()[0]

    def project(self) -> str | None:
        """The project that the login names."""
        return self._find()[2]

    def can_sign(self) -> bool:
        """Whether `signer` gives something."""
        from google.auth import compute_engine, credentials

        return isinstance(self.credential(), (credentials.Signing, compute_engine.Credentials))

    def signer(self) -> Any:
        """What signs in the name of a service account (`sign_bytes`, `signer_email`), or None."""
        made, base, _ = self._find()
        from google.auth import compute_engine, iam, impersonated_credentials

        if isinstance(made, compute_engine.Credentials):
            made.refresh(self.transport)  # by which it learns its account's name
        elif not isinstance(made, impersonated_credentials.Credentials):
            return made if self.can_sign() else None
        # By IAM's signBlob, over our own transport.
        email = made.service_account_email
        return _Remote(email, iam.Signer(self.transport, base, email))

    def _find(self) -> tuple[Any, Any, str | None]:
        """The credential, the one that it acts by, and the project."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> tuple[Any, Any, str | None]:
        try:
            import google.auth
        except ImportError as error:
            raise missing_package("google-auth", "gcs", "a login to Google") from error
        from google.auth import exceptions

        try:
            base, project = self._load(google.auth)
        except (exceptions.GoogleAuthError, OSError, ValueError) as error:
            forget_frames(error)
            raise ConfigurationError(f"there is no login to Google: {error}", hint=_ADVICE) from None
        acting = self._credentials.get(*_ACTING)
        if not acting:
            return base, base, project
        from google.auth import impersonated_credentials

        return impersonated_credentials.Credentials(base, acting, [SCOPE]), base, project

    def _load(self, library: Any) -> tuple[Any, str | None]:
        get = self._credentials.get
        # Who acts for another account asks IAM for its tokens, and for that needs more than the storage.
        scopes = [CLOUD_SCOPE] if get(*_ACTING) else [SCOPE]
        if text := self._credentials.secret(*_KEY):
            info = _json_of(text.reveal(), "the service account's key")
        elif path := get("GOOGLE_APPLICATION_CREDENTIALS"):
            with open(os.path.expanduser(path), encoding="utf-8") as file:
                info = _json_of(file.read(), path)
        elif self._credentials.given() is not None:
            raise ValueError(f"no key and no file is named in {self._credentials.source}")
        else:
            made, project = library.default(scopes=scopes, request=self.transport)
            return made, project
        return _credential_of(info, scopes), info.get("project_id") or info.get("quota_project_id")


def _credential_of(info: dict[str, Any], scopes: list[str]) -> Any:
    """The credential that a key file describes, by the class that is for its type."""
    kind, source = info.get("type"), info.get("credential_source") or {}
    if kind == "service_account":
        from google.oauth2 import service_account

        return service_account.Credentials.from_service_account_info(info, scopes=scopes)
    if kind == "authorized_user":
        from google.oauth2.credentials import Credentials as User

        return User.from_authorized_user_info(info, scopes)
    if kind == "impersonated_service_account":
        from google.auth.impersonated_credentials import Credentials as Impersonated

        return Impersonated.from_impersonated_service_account_info(info, scopes=scopes)
    if kind == "external_account":
        from google.auth import aws, identity_pool, pluggable

        home: Any = pluggable if "executable" in source else aws if "environment_id" in source else identity_pool
        return home.Credentials.from_info(info, scopes=scopes)
    raise ValueError(f"its type {kind!r} is none that is known")


def _json_of(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"{what} is no key file: it holds no JSON object")  # noqa: TRY004 - of a text
    return found


class _Remote:
    """Signs by a key that Google keeps."""

    def __init__(self, email: str, signer: Any) -> None:
        self.signer_email = email
        self._signer = signer

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature of a message.

        Raises:
            AuthorizationError, TemporaryError: There is none.
        """
        from google.auth import exceptions

        try:
            return bytes(self._signer.sign(message))
        except exceptions.GoogleAuthError as error:
            forget_frames(error)
            kind = TemporaryError if isinstance(error.__cause__, OSError) else AuthorizationError
            raise kind(
                f"Google signs nothing for {self.signer_email}: {error}",
                hint="it needs the role roles/iam.serviceAccountTokenCreator on that account",
            ) from error


class Transport:
    """What google-auth sends by (its `transport.Request`): our own transport, with its proxies and certificates."""

    def __init__(self, verify: bool | str, timeout: float) -> None:
        self._verify, self._timeout = verify, timeout
        self._pool = HttpPool(verify=verify, timeout=timeout, connections=1)

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, timeout: Any = None, **_: Any
    ) -> Reply:
        """The answer, whatever its status; google-auth's own error if there is none."""
        from google.auth import exceptions

        data = body.encode() if isinstance(body, str) else body
        # Its probe of the machine's own login service is to fail fast.
        short = HttpPool(verify=self._verify, timeout=timeout) if timeout and timeout < self._timeout else None
        try:
            whole = url if urlsplit(url).path else f"{url}/"
            answer = (short or self._pool).request(method, whole, {**(headers or {})}, data)
            return Reply(answer.status, answer.headers, answer.read(_LIMIT))
        except OSError as error:
            forget_frames(error)
            raise exceptions.TransportError(str(error)) from error
        finally:
            if short:
                short.close()


class Reply:
    """An answer as google-auth reads it."""

    def __init__(self, status: int, headers: Any, data: bytes) -> None:
        self.status, self.headers, self.data = status, headers, data
