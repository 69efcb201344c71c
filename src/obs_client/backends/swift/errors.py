"""What the exceptions of swiftclient, keystoneauth1 and the transport mean."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import ProxyRefusal, StrangeAnswer
from obs_client._http.kit.failures import NO_STORE, SLOW, kind_of_failure
from obs_client._http.kit.retry_after import retry_after as retry_after_of
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ContainerNotFoundError,
    IntegrityError,
    NotSupportedError,
    ObjectNotFoundError,
    ObjectStorageClientError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)

Kind = type[ObjectStorageClientError]

_STATUSES: dict[int, Kind] = {
    401: AuthorizationError,
    403: AuthorizationError,
    404: ObjectNotFoundError,
    407: AuthorizationError,
    408: TemporaryError,
    409: TemporaryError,  # a write with an older time stamp than the stored object's
    412: PreconditionError,
    422: IntegrityError,
    425: TemporaryError,
    429: TemporaryError,
    498: TemporaryError,
    499: TemporaryError,
    501: NotSupportedError,
    505: ServiceError,
}


REQUEST_IDS = ("x-trans-id", "x-openstack-request-id")
"""What Swift puts on every answer, if nobody on the way takes it off."""

PROXY_HINT = "the proxy wants a login: write it into HTTPS_PROXY or HTTP_PROXY, as http://user:password@host:port"

_HINTS = {
    401: "without credentials only what a container's access list opens to all (.r:*) is read; else get a new token",
    403: (
        "the login is valid, but is not permitted to do this: a role in the project (member, "
        "as its operators call it), or an "
        "entry in the container's access list (X-Container-Read, X-Container-Write) gives it"
    ),
    407: PROXY_HINT,
    413: "it is larger than the store takes at once",
    422: "something on the way changed the content; if that is meant, ClientOptions(check_content=False)",
    507: "the store is full",
}


@functools.cache
def swift_sdk() -> Any:
    """The module of swiftclient's functions, loaded when a client is first used."""
    from swiftclient import client

    return client


@functools.cache
def login_sdk() -> Any:
    """The exceptions of keystoneauth1."""
    from keystoneauth1 import exceptions

    return exceptions


def status_of(error: BaseException) -> int | None:
    """The status of an answer that swiftclient raised, or None."""
    status = error.http_status if isinstance(error, swift_sdk().ClientException) else None
    return status if isinstance(status, int) else None


REFUSED = (401, 403)
"""Answers for what is not allowed."""

UNSEEN = (*REFUSED, 404)
"""Answers for what is not there, and for what who may only write may not look at."""


def refusal_of(answer: HttpAnswer, message: str) -> Exception:
    """What swiftclient would have raised for an answer."""
    error: Exception = swift_sdk().ClientException(
        message, http_status=answer.status, http_reason=answer.reason, http_response_headers=answer.headers
    )
    return error


def check_success(answer: HttpAnswer, message: str) -> None:
    """Raise what swiftclient would for an answer that is none."""
    if answer.status >= 300:
        raise refusal_of(answer, message)


def classify(error: Exception) -> Kind | None:
    """The kind of a vendor's exception, or None if it is not the store's."""
    status = status_of(error)
    if status is not None:
        return _STATUSES.get(status, TemporaryError if status >= 500 else ServiceError)
    if isinstance(error, swift_sdk().ClientException):
        return ServiceError
    if isinstance(error, login_sdk().ClientException):
        return _login_kind(error)
    return kind_of_failure(error)


def _login_kind(error: Exception) -> Kind:
    sdk = login_sdk()
    kinds: tuple[tuple[Any, Kind], ...] = (
        ((sdk.Unauthorized, sdk.Forbidden), AuthorizationError),
        ((sdk.EndpointNotFound, sdk.AuthPluginException, sdk.NotFound, sdk.MethodNotAllowed), ConfigurationError),
        ((sdk.PreconditionFailed,), ConfigurationError),  # Swift's answer to a path that is none of its own
        ((sdk.SSLError, sdk.HttpVersionNotSupported), ServiceError),
        ((sdk.ConnectionError, sdk.HttpServerError, sdk.TooManyRequests, sdk.RequestTimeout), TemporaryError),
        ((sdk.ServiceUnavailable, sdk.RetriableConnectionFailure), TemporaryError),
    )
    return next((kind for classes, kind in kinds if isinstance(error, classes)), ServiceError)


def retry_after(error: Exception) -> float | None:
    """Seconds that an answer asked to wait."""
    headers = headers_of(error)
    return retry_after_of(headers) if headers else None


def headers_of(error: Exception) -> Mapping[str, str]:
    """The headers of the answer that swiftclient or keystoneauth1 raised; none if there was no answer."""
    headers = getattr(error, "http_response_headers", None)
    if headers is None:
        headers = getattr(getattr(error, "response", None), "headers", None)
    return headers or {}


def request_id_of(error: Exception) -> str | None:
    """By which the server's operators know the request."""
    headers = headers_of(error)
    return next((headers[name] for name in REQUEST_IDS if headers.get(name)), None)


def hint_of(error: Exception) -> str:
    """What the user can do about an error."""
    if isinstance(error, TimeoutError):
        return SLOW
    if isinstance(error, ProxyRefusal) and error.status == 407:
        return PROXY_HINT
    if isinstance(error, StrangeAnswer):
        return "look whether the storage URL is that of Swift, and what is on the way: a portal, a proxy"
    status = status_of(error)
    if getattr(error, "http_status", None) == 400 and request_id_of(error) is None:  # also of a login
        return NO_STORE
    if status == 413 and b"quota" in bytes(
        str(getattr(error, "http_response_content", "")).lower(), "utf-8", "replace"
    ):
        return "a quota of the container or the project is used up"
    return _HINTS.get(status or 0, "")


class NoContainer:
    """A request whose 404 means that the container is absent."""

    def __init__(self, container: str) -> None:
        self._container = container

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None and status_of(error) == 404:
            message = f"there is no container {self._container!r}"
            raise ContainerNotFoundError(message, container=self._container) from error
