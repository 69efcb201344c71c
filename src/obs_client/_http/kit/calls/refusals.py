"""Answers that are errors, of stores that name their errors by codes; and what kind of ours each is."""

from __future__ import annotations

from collections.abc import Mapping

from obs_client._http.kit.failures import NO_STORE, SLOW, kind_of_failure
from obs_client._http.kit.retry_after import retry_after as retry_after_of
from obs_client.errors import (
    AuthorizationError,
    ConflictError,
    NotFoundError,
    NotSupportedError,
    ObjectStorageClientError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)

Kind = type[ObjectStorageClientError]

_STATUSES: dict[int, Kind] = {
    401: AuthorizationError,
    403: AuthorizationError,
    404: NotFoundError,
    405: NotSupportedError,
    408: TemporaryError,
    409: ConflictError,
    412: PreconditionError,
    425: TemporaryError,
    429: TemporaryError,
    501: NotSupportedError,
}


class Refusal(Exception):
    """An answer that is an error.

    Attributes:
        operation: As the store's reference names it.
        status: Of HTTP.
        code: The store's own; the bare status where it tells none.
        headers: Those of the answer, names in lower case.
    """

    def __init__(
        self, operation: str, status: int, code: str = "", message: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        self.operation = operation
        self.status = status
        self.code: str = code or str(status)
        self.headers: dict[str, str] = dict(headers or {})
        super().__init__(operation, status, self.code, message, self.headers)
        self.message = message

    def __str__(self) -> str:
        status = "" if self.code == str(self.status) else f", {self.status}"
        return f"{self.operation} failed: {self.message or 'no message'} ({self.code}{status})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


def kind_of_status(status: int) -> Kind:
    """The kind of an error of which nothing but its status is known; a success that is an error may pass."""
    return _STATUSES.get(status, TemporaryError if status >= 500 or status < 300 else ServiceError)


def kind_of_refusal(refusal: Refusal, codes: Mapping[str, Kind]) -> Kind:
    """The kind of a refusal, by its code where `codes` has that, else by its status."""
    if refusal.code in codes:
        return codes[refusal.code]
    return kind_of_status(refusal.status)


def kind_of(error: Exception, codes: Mapping[str, Kind]) -> Kind | None:
    """The kind of an error of the store, or of the way to it; None: it is neither."""
    return kind_of_refusal(error, codes) if isinstance(error, Refusal) else kind_of_failure(error)


def hint_of(error: Exception, hints: Mapping[str, str], identity: str) -> str:
    """What the user can do about an error, by the store's code where `hints` has that.

    Args:
        identity: The header by which the store's people know a request, in lower case: their own servers send it.
    """
    if isinstance(error, TimeoutError):
        return SLOW
    if isinstance(error, Refusal) and error.code == "400" and identity not in error.headers:
        return NO_STORE
    return hints.get(code_of(error), "")


def code_of(error: BaseException) -> str:
    """The store's code of an error, or "" if it is no refusal."""
    return error.code if isinstance(error, Refusal) else ""


def status_of(error: BaseException) -> int:
    """The status of an error, or 0 if it is no refusal."""
    return error.status if isinstance(error, Refusal) else 0


def header_of(error: BaseException, name: str) -> str | None:
    """A header of an error, by its name in lower case."""
    return error.headers.get(name) if isinstance(error, Refusal) else None


def retry_after(error: BaseException) -> float | None:
    """Seconds that an error asks to wait."""
    return retry_after_of(error.headers) if isinstance(error, Refusal) else None
