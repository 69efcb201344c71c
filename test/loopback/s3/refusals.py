"""Errors of S3: what an operation raises, and the response that is made of it."""

from __future__ import annotations

from http import HTTPStatus


class Refusal(Exception):
    """A request that is refused.

    Args:
        headers: Of the response.
        details: More elements of the error document, by name.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        headers: dict[str, str] | None = None,
        details: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message or HTTPStatus(status).phrase
        self.headers = headers or {}
        self.details = details or {}


def no_such_bucket(name: str) -> Refusal:
    """404 for a container."""
    return Refusal(404, "NoSuchBucket", "The specified bucket does not exist", details={"BucketName": name})


def no_such_key(name: str) -> Refusal:
    """404 for an object."""
    return Refusal(404, "NoSuchKey", "The specified key does not exist.", details={"Key": name})


def no_such_upload() -> Refusal:
    """404 for an upload."""
    message = "The specified upload does not exist. The upload ID may be invalid, or it was aborted or completed."
    return Refusal(404, "NoSuchUpload", message)


def precondition_failed(condition: str) -> Refusal:
    """412, with the name of the condition."""
    message = "At least one of the pre-conditions you specified did not hold"
    return Refusal(412, "PreconditionFailed", message, details={"Condition": condition})


def not_implemented(header: str) -> Refusal:
    """501 for a header or a request."""
    message = "A header you provided implies functionality that is not implemented"
    return Refusal(501, "NotImplemented", message, details={"Header": header})


def bad_digest(name: str) -> Refusal:
    """400 for a body that is not what its digest says."""
    return Refusal(400, "BadDigest", f"The {name} you specified did not match what we received.")


def invalid(message: str, code: str = "InvalidRequest") -> Refusal:
    """400."""
    return Refusal(400, code, message)
