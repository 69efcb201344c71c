"""Errors of both APIs ("HTTP status and error codes for JSON", "... for XML")."""

from __future__ import annotations

import json
from http import HTTPStatus
from xml.sax.saxutils import escape

from test.loopback.serving import Response


class Refusal(Exception):
    """A request that is refused.

    Args:
        reason: The JSON API's word for it.
        code: The XML API's.
    """

    def __init__(self, status: int, reason: str, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.reason, self.message, self.code = status, reason, message, code or reason

    def as_json(self) -> Response:
        """As the JSON API has it."""
        details = [{"message": self.message, "domain": "global", "reason": self.reason}]
        error = {"code": self.status, "message": self.message, "errors": details}
        return json_response({"error": error}, self.status)

    def as_xml(self) -> Response:
        """As the XML API has it."""
        body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{escape(self.code)}</Code>"
        body += f"<Message>{escape(self.message)}</Message></Error>"
        return xml_response(body, self.status)


def json_response(document: object, status: int = 200) -> Response:
    """A response with a resource."""
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    return Response(status, headers, json.dumps(document).encode())


def xml_response(document: str, status: int = 200) -> Response:
    """A response with a document."""
    return Response(status, {"Content-Type": "application/xml; charset=UTF-8"}, document.encode())


def no_bucket() -> Refusal:
    """404 of a bucket."""
    return Refusal(404, "notFound", "The specified bucket does not exist.", "NoSuchBucket")


def no_object(bucket: str, name: str) -> Refusal:
    """404 of an object."""
    return Refusal(404, "notFound", f"No such object: {bucket}/{name}", "NoSuchKey")


def no_upload() -> Refusal:
    """404 of an upload by parts."""
    return Refusal(404, "notFound", "The requested upload was not found.", "NoSuchUpload")


def condition_failed() -> Refusal:
    """412."""
    message = "At least one of the pre-conditions you specified did not hold."
    return Refusal(412, "conditionNotMet", message, "PreconditionFailed")


def not_modified() -> Refusal:
    """304, to a read under a condition of what is not."""
    return Refusal(HTTPStatus.NOT_MODIFIED, "notModified", "")


def invalid(message: str, code: str = "InvalidArgument") -> Refusal:
    """400."""
    return Refusal(400, "invalid", message, code)


def wrong_digest(name: str, given: str, found: str) -> Refusal:
    """400 for content that is not what its digest says ("Data validation")."""
    return invalid(f'Provided {name} hash "{given}" doesn\'t match calculated {name} hash "{found}".', "BadDigest")
