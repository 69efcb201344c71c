"""How to log in to Azure: chosen from the credentials, with no request and no SDK until the login itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from obs_client._http.connection import CONNECT_SECONDS
from obs_client._http.kit.calls.refusals import kind_of_status
from obs_client._http.kit.calls.tokens import Token, Tokens, missing_package
from obs_client._http.kit.calls.told import ToldRequests
from obs_client._http.kit.fork import renew_in_children
from obs_client._http.kit.service_url import read_service_url
from obs_client.backends.azure.signing import Key, read_key
from obs_client.credentials import Credentials, Secret, forget_frames
from obs_client.errors import AuthorizationError, ConfigurationError, ObjectStorageClientError, TemporaryError

PREFIX = "AZURE_"
DEVELOPMENT_ACCOUNT = "devstoreaccount1"
DEVELOPMENT_URL = f"http://127.0.0.1:10000/{DEVELOPMENT_ACCOUNT}"
DEVELOPMENT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of the account that every emulator has: no secret."""

SCOPE = "https://storage.azure.com/.default"

_ACCOUNT = ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME")
_WHO = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
_KEY = ("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY")
_ADVICE = (
    "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, "
    "or give account_url=... and log in by azure-identity: AZURE_TENANT_ID and AZURE_CLIENT_ID with "
    "AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE, or without credentials=... by "
    "a managed identity or `az login`; "
    "credentials={} (in a URL anonymous=true) reads public data"
)
_HOSTS = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn")
"""The authorities of Azure's own clouds."""

_TRIES = 3
"""How often azure-identity asks again by itself: within a chain nobody else could."""

_HOST = r"(?i)([a-z0-9]{3,24})(-secondary)?\.[a-z0-9.-]+"


class Login(NamedTuple):
    """One account, and one way into it.

    Attributes:
        endpoint: The URL of the account's blobs, without a slash at its end.
        key: The account's own.
        sas: A query that is sent with each request.
        identity: The login by azure-identity,
        tokens: and its tokens.
    """

    account: str
    endpoint: str
    key: Key | None = None
    sas: Secret | None = None
    identity: Identity | None = None
    tokens: Tokens | None = None

    @property
    def can_sign(self) -> bool:
        """Whether URLs can be signed."""
        return self.key is not None or self.tokens is not None


def choose(
    credentials: Credentials, account_url: str | None, verify: bool | str = True, timeout: float = 60.0
) -> Login:
    """The login that the credentials are meant for.

    Args:
        verify, timeout: Those of the client, for what logs in over the network.

    Raises:
        ConfigurationError: None can be made of them; the message names what is missing.
    """
    given = _of_connection_string(credentials.secret("AZURE_STORAGE_CONNECTION_STRING"))
    endpoint = check_url(account_url or given.get("BlobEndpoint") or _usual_url(credentials, given))
    account = account_of(endpoint)
    named = given.get("AccountName") or credentials.get(*_ACCOUNT)
    if account is None:
        account = named or ""
    elif named and named != account and account_url:
        raise ConfigurationError(f"account_url is of the account {account!r}, {credentials.source} of {named!r}")
    key = _secret(given.get("AccountKey")) or credentials.secret(*_KEY)
    sas = _secret(given.get("SharedAccessSignature")) or credentials.secret("AZURE_STORAGE_SAS_TOKEN")
    if key is None and sas is None and account == DEVELOPMENT_ACCOUNT and not credentials.anonymous:
        key = Secret(DEVELOPMENT_KEY)
    if key is not None:
        return Login(account, endpoint, Key(account, read_key(key.reveal())))
    if sas is not None:
        return Login(account, endpoint, sas=Secret(sas.reveal().removeprefix("?")))
    if credentials.anonymous or (credentials.get("AZURE_STORAGE_ANON") or "").lower() in ("1", "true"):
        return Login(account, endpoint)
    if not endpoint.startswith("https://"):
        raise ConfigurationError(f"a token is sent by https only, not to {endpoint}; {_ADVICE}")
    identity = Identity(credentials, verify, timeout)
    return Login(account, endpoint, identity=identity, tokens=Tokens(identity.token))


def check_url(url: str) -> str:
    """The URL of an account's blobs, without a slash at its end.

    Raises:
        ConfigurationError: It is none.
    """
    if read_service_url(url) is None:
        raise ConfigurationError(
            "account_url reads https://account.blob.core.windows.net: http or https, a host, no user, query or "
            "fragment; a container is given as container_name=..., a SAS as AZURE_STORAGE_SAS_TOKEN"
        )
    return url.rstrip("/")


def account_of(endpoint: str) -> str | None:
    """The account of an endpoint: the path's first segment, or the host's first label; None if neither names one."""
    parts = urlsplit(endpoint)
    if parts.path.strip("/"):
        return parts.path.strip("/").partition("/")[0]
    match = re.fullmatch(_HOST, parts.hostname or "")
    return match[1] if match and ".blob." in (parts.hostname or "") else None


def _usual_url(credentials: Credentials, given: Mapping[str, str]) -> str:
    if given.get("UseDevelopmentStorage", "").lower() == "true":
        return DEVELOPMENT_URL
    account = given.get("AccountName") or credentials.get(*_ACCOUNT)
    if not account:
        raise ConfigurationError(f"there is no account of Azure in {credentials.source}; {_ADVICE}")
    if account == DEVELOPMENT_ACCOUNT:
        return DEVELOPMENT_URL
    scheme = given.get("DefaultEndpointsProtocol") or "https"
    return f"{scheme}://{account}.blob.{given.get('EndpointSuffix') or 'core.windows.net'}"


def _of_connection_string(text: Secret | None) -> Mapping[str, str]:
    if text is None:
        return {}
    pairs = [pair.partition("=") for pair in text.reveal().split(";") if pair.strip()]
    if not all(mark for _, mark, _ in pairs):
        raise ConfigurationError("AZURE_STORAGE_CONNECTION_STRING must read name=value;name=value")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


class Identity:
    """Logs in by azure-identity: as a service principal of the credentials, else by its default chain.

    A forked process begins with a login of its own.
    """

    def __init__(self, credentials: Credentials, verify: bool | str, timeout: float) -> None:
        self._credentials = credentials
        self._verify, self._timeout = verify, timeout
        self._made: Any = None
        self._last: Secret | None = None
        self._told = ToldRequests()
        renew_in_children(self)

    def renew(self) -> None:
        """Leave the parent's connections to it."""
        self._made = None

    def close(self) -> None:
        """Close idle connections."""
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def token(self) -> Token:
        """A new token.

        Raises:
            ConfigurationError: The package is not installed, or the credentials have no login.
            AuthorizationError, TemporaryError: There is no token.
        """
        token = self._ask()
        if token.value == self._last:
            # It keeps tokens, also one that the store refused; a new login has none.
            self.close()
            token = self._ask()
        self._last = token.value
        return token

    def _ask(self) -> Token:
        if self._made is None:
            self._made = self.credential()
        try:
            found = self._made.get_token(SCOPE)
        except Exception as error:
            self._told.fail(error)
            forget_frames(error)
            kind = _kind_of(error)
            hint = "" if kind is TemporaryError else _ADVICE
            made = kind(f"azure-identity has no token for the store: {error}", hint=hint)
            if isinstance(made, TemporaryError):
                made.first_contact = not self._told.has_answer
            raise made from error
        return Token(Secret(found.token), float(found.expires_on))

    def credential(self) -> Any:
        """A new one of azure-identity; whoever takes it closes it.

        Raises:
            ConfigurationError: The package is not installed, or the credentials have no login.
        """
        try:
            return self._make()
        except ImportError as error:
            raise missing_package("azure-identity", "azure", "a login without key or SAS") from error
        except (OSError, ValueError) as error:
            forget_frames(error)
            raise ConfigurationError(f"there is no login to Azure: {error}", hint=_ADVICE) from None

    def _make(self) -> Any:
        from azure.identity import (
            CertificateCredential,
            ClientSecretCredential,
            DefaultAzureCredential,
            WorkloadIdentityCredential,
        )

        get, require, how = self._credentials.get, self._credentials.require, self._how()
        if self._credentials.given() is None:
            return DefaultAzureCredential(**how)
        who: dict[str, Any] = {"tenant_id": get("AZURE_TENANT_ID"), "client_id": get("AZURE_CLIENT_ID"), **how}
        if secret := get("AZURE_CLIENT_SECRET"):
            require("the login of a service principal", *_WHO)
            return ClientSecretCredential(client_secret=secret, **who)
        if path := get("AZURE_CLIENT_CERTIFICATE_PATH"):
            require("the login of a service principal", *_WHO)
            return CertificateCredential(
                certificate_path=path, password=get("AZURE_CLIENT_CERTIFICATE_PASSWORD"), **who
            )
        if path := get("AZURE_FEDERATED_TOKEN_FILE"):
            require("the login of a workload", *_WHO)
            return WorkloadIdentityCredential(token_file_path=path, **who)
        raise ConfigurationError(f"there is no login to Azure in {self._credentials.source}; {_ADVICE}")

    def _how(self) -> dict[str, Any]:
        """How it speaks with Azure's login: as this client does, and not for minutes by itself."""
        how: dict[str, Any] = {
            "connection_timeout": min(self._timeout, CONNECT_SECONDS),
            "read_timeout": self._timeout,
            "retry_total": _TRIES,
            "connection_verify": self._verify,
            "raw_request_hook": self._begin,
            "raw_response_hook": self._end,
        }
        authority = self._credentials.get("AZURE_AUTHORITY_HOST")
        if authority:
            how["authority"] = authority
            # Azure's own authority knows nothing of those of others.
            how["disable_instance_discovery"] = urlsplit(f"//{authority.rpartition('//')[2]}").hostname not in _HOSTS
        return how

    def _begin(self, request: Any) -> None:
        """What the pipelines of azure-core call before each request."""
        self._told.begin(request.http_request.method, request.http_request.url)

    def _end(self, response: Any) -> None:
        """What they call with each response."""
        self._told.end(response.http_response.status_code, response.http_response.headers)


def _kind_of(error: Exception) -> type[ObjectStorageClientError]:
    """The kind of an error of azure-identity, which puts whatever happened into one of its own."""
    from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

    cause = error.__cause__ or error
    if isinstance(cause, HttpResponseError) and cause.status_code:
        return TemporaryError if kind_of_status(cause.status_code) is TemporaryError else AuthorizationError
    # So says msal, by a bare exception.
    if isinstance(cause, (ServiceRequestError, ServiceResponseError)) or str(cause).startswith("HTTP Error: 5"):
        return TemporaryError
    # A file of the credentials cannot be read.
    return ConfigurationError if isinstance(cause, OSError) else AuthorizationError
