"""S3's errors: made from answers as botocore's own `ClientError`, and named as kinds of ours."""

from __future__ import annotations

import time
from typing import Any

from obs_client._http.kit import xml as s3_xml
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.failures import kind_of_failure
from obs_client._http.kit.retry_after import retry_after as retry_after_of
from obs_client._http.pool import BrokenAnswer, HttpAnswer, StrangeAnswer
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ConflictError,
    ContainerExistsError,
    ContainerNotEmptyError,
    ContainerNotFoundError,
    IntegrityError,
    InvalidNameError,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
    ObjectStorageClientError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)

Kind = type[ObjectStorageClientError]

_LIMIT = 1024 * 1024

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
_STATUSES: dict[int, Kind] = {
    401: AuthorizationError,
    403: AuthorizationError,
    404: NotFoundError,
    405: NotSupportedError,
    408: TemporaryError,
    409: ConflictError,
    412: PreconditionError,
    416: ServiceError,
    425: TemporaryError,
    429: TemporaryError,
    501: NotSupportedError,
}
_SKEW = 120.0
"""Seconds between this machine's clock and the server's that are worth a word."""


def parsed(answer: HttpAnswer) -> dict[str, Any]:
    """What botocore makes a `ClientError` of: the error in an answer; a HEAD has none but its status."""
    body = answer.read(_LIMIT)
    try:
        found = s3_xml.parse(body) if body else None
    except (BrokenAnswer, StrangeAnswer):
        found = None
    return _parsed(answer, found if found is not None and found.name == "Error" else None)


def make(operation: str, answer: HttpAnswer, found: s3_xml.Element) -> Exception:
    """The vendor's exception for an answer that says 200 and is an error."""
    return client_error(_parsed(answer, found), operation)


def client_error(response: dict[str, Any], operation: str) -> Exception:
    """A `ClientError` of botocore."""
    from botocore.exceptions import ClientError

    camel = "".join(word.capitalize() for word in operation.split("_"))
    return ClientError(response, camel)  # type: ignore[no-any-return, arg-type, unused-ignore]


def _parsed(answer: HttpAnswer, found: s3_xml.Element | None) -> dict[str, Any]:
    code = (found.find("Code") if found else None) or str(answer.status)
    message = (found.find("Message") if found else None) or answer.reason
    error = {"Code": code, "Message": message + _skew(code, answer)}
    if region := (found.find("Region") if found else None) or answer.headers.get("x-amz-bucket-region"):
        error["Region"] = region
    metadata = {
        "HTTPStatusCode": answer.status,
        "HTTPHeaders": dict(answer.headers),
        "RequestId": answer.headers.get("x-amz-request-id", ""),
    }
    return {"Error": error, "ResponseMetadata": metadata}


def _skew(code: str, answer: HttpAnswer) -> str:
    date = read_date(answer.headers.get("date"))
    if date is None or code not in ("RequestTimeTooSkewed", "AccessDenied", "403", "SignatureDoesNotMatch"):
        return ""
    ahead = time.time() - date
    if abs(ahead) < _SKEW:
        return ""
    where = "ahead of" if ahead > 0 else "behind"
    return f" (this machine's clock is {abs(ahead):,.0f} s {where} the server's: set it right)"


def region_of(error: Exception) -> str | None:
    """The region in which the container is, if an error says that it is in another one."""
    answered = _response(error)
    if answered is None:
        return None
    code, status = answered["Error"].get("Code"), _status(answered)
    moved = code in ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
                     "IllegalLocationConstraintException", "301", "307", "400")  # fmt: skip
    region = answered["Error"].get("Region")
    return str(region) if region and (moved or status in (301, 307)) else None


def code_of(error: Exception) -> str | None:
    """S3's code of an error, the bare status of a HEAD, or None if it is no answer of S3."""
    answered = _response(error)
    return None if answered is None else str(answered["Error"].get("Code"))


def status_of(error: Exception) -> int | None:
    """The HTTP status of an error, or None if it is no answer of S3."""
    answered = _response(error)
    return None if answered is None else _status(answered)


def classify(error: Exception) -> Kind | None:
    """The kind of an error; None: it is none of S3's."""
    answered = _response(error)
    if answered is not None:
        return _kind(answered, getattr(error, "operation_name", ""))
    if isinstance(error, StrangeAnswer):
        return TemporaryError
    return kind_of_failure(error) or _kind_of_sdk(error)


def retry_after(error: Exception) -> float | None:
    """Seconds that an answer asks to wait."""
    answered = _response(error)
    if answered is None:
        return None
    return retry_after_of(answered["ResponseMetadata"].get("HTTPHeaders", {}))


def _response(error: Exception) -> dict[str, Any] | None:
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) and "Error" in response else None


def _status(answered: dict[str, Any]) -> int:
    return int(answered.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _kind(answered: dict[str, Any], operation: str) -> Kind:
    code, status = str(answered["Error"].get("Code")), _status(answered)
    if code in _CODES:
        return _CODES[code]
    if status == 404 and "Bucket" in operation:
        return ContainerNotFoundError
    if status == 404 and operation in ("HeadObject", "GetObject", "DeleteObject"):
        return ObjectNotFoundError
    if code == "NoSuchUpload":
        return ServiceError
    if status >= 500 or status < 300:
        return _STATUSES.get(status, TemporaryError)
    return _STATUSES.get(status, ServiceError)


def _kind_of_sdk(error: Exception) -> Kind | None:
    module = type(error).__module__ or ""
    if not module.startswith("botocore"):
        return None
    from botocore import exceptions

    if isinstance(error, (exceptions.HTTPClientError, exceptions.CredentialRetrievalError)):
        return TemporaryError
    if isinstance(error, exceptions.ParamValidationError):
        return InvalidNameError
    return ConfigurationError if isinstance(error, exceptions.BotoCoreError) else ServiceError
