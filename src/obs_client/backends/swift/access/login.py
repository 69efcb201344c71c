"""How to log in to Swift: chosen from the credentials, with no request and no SDK until the login itself."""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import urlsplit

from obs_client.credentials import Credentials, Secret
from obs_client.errors import ConfigurationError

PREFIXES = ("OS_", "ST_")

_PROJECT = "OS_PROJECT_ID or OS_PROJECT_NAME or OS_TENANT_ID or OS_TENANT_NAME"
_USER = "OS_USERNAME or OS_USER_ID"
_TOKENS = ("OS_AUTH_TOKEN", "OS_TOKEN")
_SECRETS = ("OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_SECRET")
_TYPES = {
    "password": "password",
    "v3password": "password",
    "v1password": "v1",
    "v3applicationcredential": "application credential",
    "token": "login by token",
    "v3token": "login by token",
}
"""The kinds of logins that are made here, by their names in OS_AUTH_TYPE."""

_ADVICE = (
    "set OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME, or an application credential, or OS_CLOUD, or "
    "OS_AUTH_TOKEN (or OS_TOKEN) with a storage URL or with OS_AUTH_URL and OS_PROJECT_NAME, or ST_AUTH, ST_USER and "
    "ST_KEY; credentials={} (in a URL anonymous=true) reads "
    "public data"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """One way to a token.

    Attributes:
        kind: Password, application credential, v1, login by token (which finds the storage URL), another plug-in of
            keystoneauth1, a ready token (which needs none), or nobody.
        credentials: What it uses.
        token: The ready token, which nothing can renew.
    """

    kind: str
    credentials: Credentials
    token: Secret | None = None

    @property
    def renewable(self) -> bool:
        """Whether there is something to log in with."""
        return self.kind not in ("anonymous", "token")

    @property
    def is_built_in(self) -> bool:
        """Whether its requests are known here; other plug-ins may need more of the transport, as Kerberos does."""
        return self.kind in _BUILT_IN

    @property
    def place(self) -> str:
        """Where the login goes, for messages."""
        return self.url[1] or "the login service"

    @property
    def url(self) -> tuple[str, str]:
        """The key that tells where the login goes, and its value."""
        name = "ST_AUTH" if self.kind == "v1" and self.credentials.get("ST_AUTH") else "OS_AUTH_URL"
        return name, self.credentials.get(name) or ""

    def plugin(self) -> Any:
        """A new plug-in of keystoneauth1, which has no token yet."""
        return _BUILT_IN.get(self.kind, _other)(self.credentials)


def choose(credentials: Credentials, storage_url: str | None) -> Login:
    """The login that the credentials are meant for.

    Raises:
        ConfigurationError: None can be made of them; the message names what is missing.
    """
    get = credentials.get
    if credentials.anonymous:
        _require_url(storage_url, "anonymous access")
        return Login("anonymous", credentials)
    if _is_by_token(credentials, storage_url):
        return _by_token(credentials, storage_url)
    kind = _kind(credentials)
    if kind == "v1":
        credentials.check_lines("ST_USER", "OS_USERNAME", "ST_KEY", "OS_PASSWORD")
        credentials.require("v1 login", "ST_AUTH or OS_AUTH_URL", "ST_USER or OS_USERNAME", "ST_KEY or OS_PASSWORD")
    elif kind == "application credential":
        credentials.require(
            "login by application credential",
            "OS_AUTH_URL",
            "OS_APPLICATION_CREDENTIAL_ID or OS_APPLICATION_CREDENTIAL_NAME",
            "OS_APPLICATION_CREDENTIAL_SECRET",
        )
        if not get("OS_APPLICATION_CREDENTIAL_ID"):
            credentials.require("login by an application credential's name", _USER)
    elif kind == "password":
        credentials.require("login by password", "OS_AUTH_URL", _USER, "OS_PASSWORD", _PROJECT)
    return _checked(Login(kind, credentials))


def _is_by_token(credentials: Credentials, storage_url: str | None) -> bool:
    """Whether a ready token is meant: by its type, or since nothing else is given, or it needs no login."""
    get = credentials.get
    kind = get("OS_AUTH_TYPE")
    if kind and _TYPES.get(kind) == "login by token":
        return True
    token = get("OS_AUTH_TOKEN") if kind else get(*_TOKENS)
    return bool(token and (storage_url or not get(*_SECRETS)))


def _by_token(credentials: Credentials, storage_url: str | None) -> Login:
    get = credentials.get
    credentials.require("login by a ready token", " or ".join(_TOKENS))
    credentials.check_lines(*_TOKENS)
    if storage_url:
        return Login("token", credentials, credentials.secret(*_TOKENS))
    if not get("OS_AUTH_URL"):
        name = next(name for name in _TOKENS if get(name))
        _require_url(storage_url, f"the ready token {name}", ", or OS_AUTH_URL and a project to find it")
    credentials.require("login by a ready token", _PROJECT)
    return _checked(Login("login by token", credentials))


def _checked(login: Login) -> Login:
    """The login, if there can be one at its URL.

    Raises:
        ConfigurationError: It is no URL.
    """
    name, url = login.url
    parts = urlsplit(url)
    if not url or (parts.scheme in ("http", "https") and parts.hostname):
        return login
    quoted = " is in quotes" if url[0] in "\"'" else " is not a URL"
    raise ConfigurationError(
        f"{name}{quoted}: {url}", hint=f"{name} reads https://host:5000/v3, with http or https and without quotes"
    )


def _require_url(storage_url: str | None, what: str, otherwise: str = "") -> None:
    if not storage_url:
        raise ConfigurationError(f"{what} needs a storage URL: give storage_url=..., or set OS_STORAGE_URL{otherwise}")


def _kind(credentials: Credentials) -> str:
    get = credentials.get
    named = get("OS_AUTH_TYPE")
    if named:
        return _TYPES.get(named, f"the plug-in {named}")
    if get("ST_AUTH", "ST_USER", "ST_KEY") or "/auth/v1" in (get("OS_AUTH_URL") or ""):
        return "v1"
    if get("OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_NAME", "OS_APPLICATION_CREDENTIAL_SECRET"):
        return "application credential"
    if get("OS_AUTH_URL", "OS_USERNAME", "OS_USER_ID", "OS_PASSWORD"):
        return "password"
    raise ConfigurationError(f"there is no login to Swift in {credentials.source}; {_ADVICE}")


def version_3(auth_url: str) -> str:
    """Keystone's URL with its version; what it may answer about its own place is never asked for nor believed."""
    url = auth_url.rstrip("/")
    if url.endswith("/v2.0"):
        raise ConfigurationError("OS_AUTH_URL ends with /v2.0, which Keystone dropped; use the one with /v3")
    return url if url.endswith("/v3") else f"{url}/v3"


def _user(credentials: Credentials) -> dict[str, Any]:
    get = credentials.get
    user_id = get("OS_USER_ID")
    if user_id:
        return {"user_id": user_id}
    domain_id, domain_name = get("OS_USER_DOMAIN_ID", "OS_DEFAULT_DOMAIN_ID"), get("OS_USER_DOMAIN_NAME")
    return {
        "username": get("OS_USERNAME"),
        "user_domain_name": None if domain_id else domain_name,
        "user_domain_id": domain_id or (None if domain_name else get("OS_DEFAULT_DOMAIN") or "default"),
    }


def _project(credentials: Credentials) -> dict[str, Any]:
    get = credentials.get
    project_id = get("OS_PROJECT_ID", "OS_TENANT_ID")
    if project_id:
        return {"project_id": project_id}
    domain_id, domain_name = get("OS_PROJECT_DOMAIN_ID", "OS_DEFAULT_DOMAIN_ID"), get("OS_PROJECT_DOMAIN_NAME")
    return {
        "project_name": get("OS_PROJECT_NAME", "OS_TENANT_NAME"),
        "project_domain_name": None if domain_id else domain_name,
        "project_domain_id": domain_id or (None if domain_name else get("OS_DEFAULT_DOMAIN") or "default"),
    }


def _password(credentials: Credentials) -> Any:
    from keystoneauth1.identity import v3

    url = version_3(credentials.get("OS_AUTH_URL") or "")
    return v3.Password(
        url, password=credentials.get("OS_PASSWORD") or "", **_user(credentials), **_project(credentials)
    )


def _application_credential(credentials: Credentials) -> Any:
    from keystoneauth1.identity import v3

    identifier = credentials.get("OS_APPLICATION_CREDENTIAL_ID")
    owner: dict[str, Any] = {} if identifier else _user(credentials)
    return v3.ApplicationCredential(
        version_3(credentials.get("OS_AUTH_URL") or ""),
        credentials.get("OS_APPLICATION_CREDENTIAL_SECRET") or "",
        application_credential_id=identifier,
        application_credential_name=None if identifier else credentials.get("OS_APPLICATION_CREDENTIAL_NAME"),
        **owner,
    )


def _token(credentials: Credentials) -> Any:
    from keystoneauth1.identity import v3

    url = version_3(credentials.get("OS_AUTH_URL") or "")
    return v3.Token(url, token=credentials.get(*_TOKENS) or "", **_project(credentials))


def _version_1(credentials: Credentials) -> Any:
    from swiftclient import authv1

    get = credentials.get
    return authv1.PasswordPlugin(
        get("ST_AUTH", "OS_AUTH_URL"), get("ST_USER", "OS_USERNAME"), get("ST_KEY", "OS_PASSWORD")
    )


def _other(credentials: Credentials) -> Any:
    """Any plug-in by its name in OS_AUTH_TYPE, its options by their names in the environment."""
    from keystoneauth1 import loading

    loader: Any = loading.get_plugin_loader(credentials.get("OS_AUTH_TYPE") or "")
    names = {option.dest: [option.dest, *(old.dest for old in option.deprecated)] for option in loader.get_options()}
    values = {name: credentials.get(*(f"OS_{each.upper()}" for each in every)) for name, every in names.items()}
    return loader.load_from_options(**{name: value for name, value in values.items() if value is not None})


_BUILT_IN = {
    "password": _password,
    "application credential": _application_credential,
    "login by token": _token,
    "v1": _version_1,
}
