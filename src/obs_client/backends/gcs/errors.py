"""Google's errors: made from answers of both APIs, and named as kinds of ours."""

from __future__ import annotations

import re
from typing import Any

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.calls import refusals
from obs_client._http.kit.calls.refusals import Kind, Refusal
from obs_client._http.kit.identity import advice_of
from obs_client.errors import (
    AuthorizationError,
    ConflictError,
    ContainerNotFoundError,
    IntegrityError,
    NotFoundError,
    NotSupportedError,
    ObjectNotFoundError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)

IDENTITY = "x-guploader-uploadid"
"""What Google's servers put on their answers, by which their people find the request."""

_LIMIT = 1024 * 1024
_SAID_BY_STATUS = (401, 407, 408, 425, 429)

_HELD = ("objectUnderActiveHold", "ObjectUnderActiveHold", "retentionPolicyNotMet", "RetentionPolicyNotMet")
_PAYS = ("UserProjectMissing", "UserProjectAccessDenied", "UserProjectInvalid")
_ENCRYPTED = ("resourceIsEncryptedWithCustomerEncryptionKey", "ResourceIsEncryptedWithCustomerEncryptionKey")
_NO_KEY = "KmsKeyRefused"
_PERIMETER = "PerimeterRefused"
_LACKS_ROLE = ("forbidden", "AccessDenied", "insufficientPermissions", "403")

_BY_WORDS = (
    (r"cannot be deleted, overwritten or archived until", _HELD[0]),
    (r"requester pays bucket but no user project", _PAYS[0]),
    (r"(?i)(crc32c|md5).*match", "BadDigest"),
    (r"Permission denied on Cloud KMS key", _NO_KEY),
    (r"vpcServiceControls", _PERIMETER),
)
"""Codes of what Google says in words, with the code of other errors; those of keys and perimeters are ours."""

_CODES: dict[str, Kind] = {
    **dict.fromkeys(_HELD, ConflictError),
    **dict.fromkeys((*_PAYS, _NO_KEY, _PERIMETER), AuthorizationError),
    **dict.fromkeys(_ENCRYPTED, NotSupportedError),
    **dict.fromkeys(("BadDigest", "InvalidDigest"), IntegrityError),
    **dict.fromkeys(("PreconditionFailed", "conditionNotMet"), PreconditionError),
    **dict.fromkeys(("rateLimitExceeded", "userRateLimitExceeded"), TemporaryError),
    "NoSuchBucket": ContainerNotFoundError,
    "NoSuchKey": ObjectNotFoundError,
    "NoSuchUpload": ServiceError,
}
_HINTS = {
    **dict.fromkeys(_HELD, "a hold or the container's retention policy protects the object"),
    **dict.fromkeys(
        _PAYS, "its reader pays for requests to this container: user_project=... names the project that does"
    ),
    **dict.fromkeys(_ENCRYPTED, "its writer gave a key of his own, which this library does not send: use `native`"),
    _NO_KEY: "the project's Cloud Storage service agent needs the role Cloud KMS CryptoKey Encrypter/Decrypter on the "
    "key; a role of your own does not help",
    _PERIMETER: "VPC Service Controls refuse this place or login: come from inside the perimeter, or ask its "
    "administrators, who find the request by its unique identifier; a role does not help",
    **dict.fromkeys(
        _LACKS_ROLE,
        "the login is known and lacks a role; without storage.objects.list what is absent is refused so too",
    ),
}


def read_refusal(operation: str, answer: HttpAnswer, *, emulated: bool = False) -> Refusal:
    """The error in an answer whose status says that it is one.

    Args:
        emulated: An emulator answers, which has no words of Google's.

    Raises:
        StrangeAnswer: It was not Google that answered, but something on the way.
    """
    code, message = read_content(answer.read(_LIMIT))
    known = emulated or code or IDENTITY in answer.headers or answer.status >= 500 or answer.status in _SAID_BY_STATUS
    if not known:
        said = f"status {answer.status} without the fields of Google's errors: this response is not from Google"
        raise StrangeAnswer(said + advice_of(answer))
    return Refusal(operation, answer.status, code, message or answer.reason, answer.headers)


def classify(error: Exception) -> Kind | None:
    """The kind of an error; None: it is none of Google's, nor of the way to it."""
    if isinstance(error, StrangeAnswer):
        return TemporaryError  # an answer that is not Google's may be that of a portal on the way, which ends
    if isinstance(error, Refusal) and error.status == 404 and error.code not in _CODES:
        return _absent(error.operation, error.message)
    return refusals.kind_of(_meant(error), _CODES)


def hint_of(error: Exception) -> str:
    """What the user can do about an error."""
    if refusals.status_of(error) == 401:
        return "log in: set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`"
    return refusals.hint_of(_meant(error), _HINTS, IDENTITY)


def _meant(error: Exception) -> Exception:
    """The error with the code for which its words stand."""
    if isinstance(error, Refusal) and error.status in (400, 403):
        for words, code in _BY_WORDS:
            if re.search(words, error.message):
                return Refusal(error.operation, error.status, code, error.message, error.headers)
    return error


def _absent(operation: str, message: str) -> Kind:
    """What is absent: the JSON API says it in words only, with the same code for both; emulators say nothing."""
    if message.startswith("No such object") or operation == "Get Object":
        return ObjectNotFoundError
    return ContainerNotFoundError if "bucket does not exist" in message else NotFoundError


def read_content(content: bytes) -> tuple[str, str]:
    """The code and the message of an error, empty if the content is none of Google's documents."""
    try:
        if content.lstrip().startswith(b"<"):
            from obs_client._http.kit import xml

            found = xml.parse(content)
            return (found.find("Code") or "", found.find("Message") or "") if found.name == "Error" else ("", "")
        from obs_client._http.kit.json_answer import parse_json

        return _of_json(parse_json(content))
    except (BrokenAnswer, StrangeAnswer):
        return "", ""


def _of_json(document: Any) -> tuple[str, str]:
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return "", ""
    details = error.get("errors")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    return str(first.get("reason", error.get("code", ""))), str(error.get("message", ""))
