"""What a failed login says to the user: what is wrong, where, and what to do."""

from __future__ import annotations

from obs_client.backends.swift.access.login import Login
from obs_client.backends.swift.errors import PROXY_HINT, classify, hint_of, login_sdk, request_id_of
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ObjectStorageClientError,
    ServiceError,
    TemporaryError,
)

_REFUSED = (
    "refused the login: the user, the password (or secret), the project or a domain is wrong or unknown, or the user "
    "has no role in the project"
)
_CHECKED = {
    "password": "OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME (or their ids), OS_USER_DOMAIN_NAME, OS_PROJECT_DOMAIN_NAME",
    "application credential": "OS_APPLICATION_CREDENTIAL_ID and OS_APPLICATION_CREDENTIAL_SECRET",
    "v1": "ST_USER and ST_KEY (or OS_USERNAME and OS_PASSWORD)",
    "login by token": "OS_AUTH_TOKEN (or OS_TOKEN) and the project",
}
"""What a login is made of, by its kind."""

_TOO_OLD = "refused the login: the token ran out, was revoked, or has no role in the project"


def login_error(error: Exception, login: Login) -> ObjectStorageClientError:
    """The typed error for whatever a login raised."""
    kind, place = classify(error), login.place
    if kind is None or isinstance(error, login_sdk().InvalidResponse):
        what = str(error) or type(error).__name__
        return ServiceError(f"the response from {place} is not one to a login: {what}", hint=_advice(login))
    told = f"{place} {_told(kind, error, login)}: {error or type(error).__name__}"
    return kind(told, request_id=request_id_of(error), hint=_hint(kind, error, login))


def _told(kind: type[ObjectStorageClientError], error: Exception, login: Login) -> str:
    if _is_of_proxy(error):
        return "is behind a proxy that wants a login"
    if kind is AuthorizationError:
        return _TOO_OLD if login.kind == "login by token" else _REFUSED
    if kind is TemporaryError:
        return "is busy or out of order" if _is_answer(error) else "cannot be reached, or does not respond"
    if kind is ConfigurationError:
        return "is not where one logs in" if _is_answer(error) else "refused the login of these credentials"
    return "failed at the login"


def _hint(kind: type[ObjectStorageClientError], error: Exception, login: Login) -> str:
    if _is_of_proxy(error):
        return PROXY_HINT
    quoted = login.credentials.quoted
    if quoted:
        return f"{', '.join(quoted)} in {login.credentials.source} stands in quotes: take them off"
    if kind is ConfigurationError:
        return _advice(login)
    if kind is AuthorizationError and login.kind in _CHECKED:
        return f"check {_CHECKED[login.kind]}, and that {login.url[0]} is that of the cloud they are for"
    return hint_of(error)


def _advice(login: Login) -> str:
    form = (
        "https://host/auth/v1.0, that of the login" if login.kind == "v1" else "https://host:5000/v3, that of Keystone"
    )
    return f"{login.url[0]} is a URL as {form}"


def _is_of_proxy(error: Exception) -> bool:
    return isinstance(error, login_sdk().HttpError) and error.http_status == 407


def _is_answer(error: Exception) -> bool:
    """Whether the login service said so itself."""
    return isinstance(error, login_sdk().HttpError)
