"""Google's errors: made from answers of both APIs, and named as kinds of ours."""

from __future__ import annotations

import re
from typing import Any

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.calls.refusals import Refusal, kind_of_refusal
from obs_client._http.kit.failures import NO_STORE, SLOW, kind_of_failure
from obs_client._http.kit.identity import advice_of
from obs_client.errors import (
    AuthorizationError,
    ConflictError,
    ContainerNotFoundError,
    IntegrityError,
    NotFoundError,
    ObjectNotFoundError,
    ObjectStorageClientError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)

Kind = type[ObjectStorageClientError]

IDENTITY = "x-guploader-uploadid"
"""What Google's servers put on their answers, by which their people find the request."""

_LIMIT = 1024 * 1024
_SAID_BY_STATUS = (401, 407, 408, 425, 429)
_OTHER_BYTES = r"(?i)(crc32c|md5).*match"
_HELD_BY_WORDS = "cannot be deleted, overwritten or archived until"
"""Google's code of it may be `forbidden`, as of a login that lacks a role."""

_PAYS = ("UserProjectMissing", "UserProjectAccessDenied", "UserProjectInvalid")
_PAYS_BY_WORDS = "requester pays bucket but no user project"
_HELD = dict.fromkeys(
    ("retentionPolicyNotMet", "RetentionPolicyNotMet", "objectUnderActiveHold", "ObjectUnderActiveHold"), ConflictError
)
_CODES: dict[str, Kind] = {
    **_HELD,
    **dict.fromkeys(_PAYS, AuthorizationError),
    "BadDigest": IntegrityError,
    "InvalidDigest": IntegrityError,
    "NoSuchBucket": ContainerNotFoundError,
    "NoSuchKey": ObjectNotFoundError,
    "NoSuchUpload": ServiceError,
    "PreconditionFailed": PreconditionError,
    "conditionNotMet": PreconditionError,
    "rateLimitExceeded": TemporaryError,
    "userRateLimitExceeded": TemporaryError,
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
    if not isinstance(error, Refusal):
        # An answer that is not Google's may be that of a portal on the way, which ends.
        return TemporaryError if isinstance(error, StrangeAnswer) else kind_of_failure(error)
    if error.status == 404 and error.code not in _CODES:
        return _absent(error.operation, error.message)
    if error.status == 400 and re.search(_OTHER_BYTES, error.message):
        return IntegrityError
    if _is_held(error):
        return ConflictError
    if _PAYS_BY_WORDS in error.message:
        return AuthorizationError
    return kind_of_refusal(error, _CODES)


def hint_of(error: Exception) -> str:
    """What the user can do about an error."""
    if isinstance(error, TimeoutError):
        return SLOW
    if not isinstance(error, Refusal):
        return ""
    if _is_held(error):
        return "a hold or the container's retention policy protects the object"
    if error.code == "400" and IDENTITY not in error.headers:
        return NO_STORE
    if error.status == 401:
        return "log in: set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`"
    if error.code in _PAYS or _PAYS_BY_WORDS in error.message:
        return "its reader pays for requests to this container: user_project=... names the project that does"
    if error.status == 403:
        return "the login is known and lacks a role; without storage.objects.list what is absent is refused so too"
    return ""


def _is_held(error: Refusal) -> bool:
    return error.code in _HELD or _HELD_BY_WORDS in error.message


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
