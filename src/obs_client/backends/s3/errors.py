"""S3's errors: made from answers, and named as kinds of ours."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.calls.refusals import Kind, kind_of_status
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.failures import SLOW, kind_of_failure
from obs_client._http.kit.retry_after import retry_after as retry_after_of
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ContainerExistsError,
    ContainerNotEmptyError,
    ContainerNotFoundError,
    IntegrityError,
    InvalidNameError,
    NotSupportedError,
    ObjectNotFoundError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)

if TYPE_CHECKING:
    from obs_client._http.kit import xml

NOT_MODIFIED = 304

_LIMIT = 1024 * 1024
_MOVED = ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException", "301", "307", "400")  # fmt: skip

_CODES: dict[str, Kind] = {
    "NoSuchBucket": ContainerNotFoundError,
    "NoSuchKey": ObjectNotFoundError,
    "NoSuchVersion": ObjectNotFoundError,
    "BucketAlreadyOwnedByYou": ContainerExistsError,
    "BucketAlreadyExists": AuthorizationError,
    "BucketNotEmpty": ContainerNotEmptyError,
    "PreconditionFailed": PreconditionError,
    "InvalidBucketName": InvalidNameError,
    "KeyTooLongError": InvalidNameError,
    "KeyTooLong": InvalidNameError,
    "MetadataTooLarge": InvalidNameError,
    "InvalidURI": InvalidNameError,
    "NotImplemented": NotSupportedError,
    "EntityTooLarge": NotSupportedError,
    "BadDigest": IntegrityError,
    "InvalidDigest": IntegrityError,
    "IncompleteBody": TemporaryError,
    "XAmzContentSHA256Mismatch": IntegrityError,
    "XAmzContentChecksumMismatch": IntegrityError,
    **dict.fromkeys(
        ("AccessDenied", "AllAccessDisabled", "AccountProblem", "AuthorizationHeaderMalformed", "ExpiredToken",
         "ExpiredTokenException",
         "Forbidden", "InvalidAccessKeyId", "InvalidObjectState", "InvalidSecurity", "InvalidToken", "NotSignedUp",
         "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "TokenRefreshRequired", "Unauthorized"),
        AuthorizationError,
    ),
    **dict.fromkeys(
        ("BandwidthLimitExceeded", "ConditionalRequestConflict", "InternalError", "InternalServerError",
         "LimitExceeded", "OperationAborted", "PriorRequestNotComplete", "RequestLimitExceeded",
         "RequestThrottled", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable", "SlowDown",
         "Throttling", "ThrottlingException", "TooManyRequests", "TooManyRequestsException", "TransientError"),
        TemporaryError,
    ),
}  # fmt: skip
_SKEW = 120.0
"""Seconds between this machine's clock and the server's that are worth a word."""


class S3Error(Exception):
    """An answer of S3 that is an error.

    Attributes:
        operation: As S3's API reference names it.
        status: Of HTTP; 200 too, since some errors come after the head of a success.
        code: S3's own, or the bare status: the answer to a HEAD has no other.
        region: The one in which the container is, if the answer says so.
        request_id: By which the server's people find the request.
        headers: Those of the answer, names in lower case.
    """

    def __init__(
        self,
        operation: str,
        status: int,
        code: str = "",
        message: str = "",
        region: str | None = None,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.operation = operation
        self.status = status
        self.code: str = code or str(status)
        self.message = message
        self.region = region
        self.request_id = request_id
        self.headers: dict[str, str] = dict(headers or {})
        super().__init__(operation, status, self.code, message, region, request_id, self.headers)

    def __str__(self) -> str:
        what = f"{self.operation} failed: {self.message or 'no message'}"
        return f"{what} ({self.code})" if self.code == str(self.status) else f"{what} ({self.code}, {self.status})"

    def __repr__(self) -> str:
        return f"S3Error({str(self)!r})"

    @property
    def is_of_unknown_header(self) -> bool:
        """Whether a server may refuse so a header that it does not know; 403: it was dropped on the way, and signed."""
        return self.status in (400, 403, 501)

    @classmethod
    def of_response(cls, operation: str, response: Mapping[str, Any]) -> S3Error:
        """The error in a response as botocore has it, to a request that botocore itself made."""
        error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
        return cls(
            operation,
            int(metadata.get("HTTPStatusCode", 0)),
            str(error.get("Code", "")),
            str(error.get("Message", "")),
            error.get("Region"),
            metadata.get("RequestId"),
            metadata.get("HTTPHeaders"),
        )


def read_error(operation: str, answer: HttpAnswer) -> S3Error:
    """The error in an answer whose status says that it is one."""
    from obs_client._http.kit import xml

    body = answer.read(_LIMIT)
    try:
        found = xml.parse(body) if body else None
    except (BrokenAnswer, StrangeAnswer):
        found = None
    return make_error(operation, answer, found if found is not None and found.name == "Error" else None)


def make_error(operation: str, answer: HttpAnswer, found: xml.Element | None) -> S3Error:
    """The error that a document in an answer tells, whatever the status."""
    code = (found.find("Code") if found else None) or str(answer.status)
    message = (found.find("Message") if found else None) or answer.reason
    region = (found.find("Region") if found else None) or answer.headers.get("x-amz-bucket-region")
    identity = answer.headers.get("x-amz-request-id")
    return S3Error(operation, answer.status, code, message + _skew(code, answer), region, identity, answer.headers)


def _skew(code: str, answer: HttpAnswer) -> str:
    date = read_date(answer.headers.get("date"))
    if date is None or code not in ("RequestTimeTooSkewed", "AccessDenied", "403", "SignatureDoesNotMatch"):
        return ""
    ahead = time.time() - date
    if abs(ahead) < _SKEW:
        return ""
    where = "ahead of" if ahead > 0 else "behind"
    return f" (this machine's clock is {abs(ahead):,.0f} s {where} the server's: set it right)"


def region_of(error: S3Error) -> str | None:
    """The region in which the container is, if an error says that it is in another one."""
    return error.region if error.code in _MOVED or error.status in (301, 307) else None


def code_of(error: Exception) -> str | None:
    """S3's code of an error, the bare status of a HEAD, or None if it is no answer of S3."""
    return error.code if isinstance(error, S3Error) else None


def status_of(error: Exception) -> int | None:
    """The HTTP status of an error, or None if it is no answer of S3."""
    return error.status if isinstance(error, S3Error) else None


def classify(error: Exception) -> Kind | None:
    """The kind of an error; None: it is none of S3's, nor of the way to it."""
    if isinstance(error, S3Error):
        return _kind(error)
    return kind_of_failure(error)


_LOGIN = "look at the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or the profile"
_HINTS = {
    **dict.fromkeys(("InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed"), _LOGIN),
    **dict.fromkeys(
        ("ExpiredToken", "InvalidToken", "TokenRefreshRequired"), "the session's keys have ended: get new ones"
    ),
    "RequestTimeTooSkewed": "set this machine's clock right",
    "InvalidObjectState": "it is archived: restore it first (RestoreObject), and read it when that has ended",
    "AccessDenied": (
        "the keys are known, and their policy, the container's or the key's does not allow this; "
        "without the right s3:ListBucket S3 refuses so what is not there, too; some policies take signed bodies only: "
        "sign_payload=True (in a URL ?sign_payload=true)"
    ),
    "403": "not allowed by a policy, or not there: without the right s3:ListBucket S3 refuses both alike",
    "ExpiredTokenException": "the session's keys have ended: get new ones",
    "XAmzContentSHA256Mismatch": "something on the way changed the content",
}


_INTO_CONTAINER = (
    "the endpoint URL leads into a container, by its host or its path: leave the container's name out of it"
)


_NO_SERVER = "there is probably no S3 server at this address: look at endpoint_url (AWS_ENDPOINT_URL)"


def _leads_into_container(error: S3Error) -> bool:
    """Whether a listing was answered as an object."""
    return error.code == "NoSuchKey" and error.operation.startswith("List")


def hint_of(error: Exception, endpoint: str | None = None) -> str:
    """What the user can do about an error of a server, at the endpoint that was given."""
    if isinstance(error, S3Error):
        if error.code == "NoSuchBucket" and endpoint is not None and urlsplit(endpoint).path.strip("/"):
            return "the endpoint URL has a path: if that is a container's name, leave it out of it"
        if error.operation.startswith("List") and error.code == "404":
            return _NO_SERVER
        if error.code == "400":
            return f"{_NO_SERVER}, and whether it is to begin with https://"
        return _INTO_CONTAINER if _leads_into_container(error) else _HINTS.get(error.code, "")
    if isinstance(error, StrangeAnswer):
        return _NO_SERVER
    if isinstance(error, TimeoutError):
        return SLOW
    return ""


def hint_of_anonymous(error: Exception, endpoint: str | None = None) -> str:
    """The same for who has no keys."""
    if isinstance(error, S3Error) and error.status in (401, 403) and error.code != "InvalidObjectState":
        return "without credentials only public data can be read: leave anonymous out, or ask for a public policy"
    return hint_of(error, endpoint)


def request_id_of(error: Exception) -> str | None:
    """By which the server's operators know the request."""
    return error.request_id if isinstance(error, S3Error) else None


def retry_after(error: Exception) -> float | None:
    """Seconds that an answer asks to wait."""
    return retry_after_of(error.headers) if isinstance(error, S3Error) else None


def _kind(error: S3Error) -> Kind:
    code, status = error.code, error.status
    if _leads_into_container(error):
        return ConfigurationError
    if code in _CODES:
        return _CODES[code]
    if status == 404 and "Bucket" in error.operation:
        return ContainerNotFoundError
    if status == 404 and error.operation in ("HeadObject", "GetObject", "DeleteObject"):
        return ObjectNotFoundError
    if code == "NoSuchUpload":
        return ServiceError
    return kind_of_status(status)
