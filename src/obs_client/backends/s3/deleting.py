"""Deleting many objects by one request, with one outcome for each name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from obs_client._http.kit import xml as s3_xml
from obs_client._http.pool import BrokenAnswer
from obs_client.backends.s3 import digests as s3_digests
from obs_client.backends.s3 import errors as s3_errors
from obs_client.backends.s3.connection import Exchange, S3Connection

BATCH_MAXIMUM = 1000

_FEWEST = 15

_REFUSED_DIGEST = ("InvalidRequest", "InvalidArgument", "MissingContentMD5", "BadRequest", "NotImplemented")
_NO_SUCH_REQUEST = ("NotImplemented", "MethodNotAllowed", "405", "501", "UnsupportedOperation")


class BulkDelete:
    """How this server takes many names at once; what it refuses is not sent again, nor as many as took it too long.

    Swift's s3api deletes the names one after another and says nothing until it is done.
    """

    def __init__(self, connection: S3Connection, checksums: bool) -> None:
        self._connection = connection
        self._checksums = checksums
        self.works = True
        self._most = BATCH_MAXIMUM

    def delete(self, params: dict[str, Any], names: Sequence[str]) -> dict[str, Exception] | None:
        """The error of each name that failed, or None if the server deletes names one by one only.

        Raises:
            ClientError: The request as a whole failed.
            BrokenAnswer: The answer is not whole.
            TimeoutError: No answer came in time; the next call sends fewer names at a time.
        """
        if not self.works:
            return None
        failures: dict[str, Exception] = {}
        most = self._most
        try:
            for start in range(0, len(names), most):
                failures |= self._send(params, names[start : start + most])
        except TimeoutError:
            self._most = max(most // 4, _FEWEST)
            raise
        except Exception as error:
            code = s3_errors.code_of(error)
            if self._checksums and code in _REFUSED_DIGEST:
                self._checksums = False
                return self.delete(params, names)
            if code not in _NO_SUCH_REQUEST:
                raise
            self.works = False
            return None
        return failures

    def _send(self, params: dict[str, Any], names: Sequence[str]) -> dict[str, Exception]:
        document = _document(names)
        digest = s3_digests.of_bytes(document, self._checksums)
        exchange = Exchange(document, {"Content-Type": "application/xml", **digest.headers})
        found = self._connection.document(
            "delete_objects", {**params, "Delete": {"Objects": []}}, "DeleteResult", exchange=exchange
        )
        return _outcomes(found, names)


def _document(names: Iterable[str]) -> bytes:
    objects = "".join(f"<Object><Key>{s3_xml.escape(name)}</Key></Object>" for name in names)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{objects}</Delete>'
    ).encode()


def _outcomes(found: s3_xml.Element, names: Sequence[str]) -> dict[str, Exception]:
    """The error of each name; a name of which the answer says nothing has failed."""
    silent = set(names) - {each.get("Key") for each in found.all("Deleted")}
    failures: dict[str, Exception] = {}
    for each in found.all("Error"):
        name = each.get("Key")
        silent.discard(name)
        if each.find("Code") not in ("NoSuchKey", "NoSuchVersion"):
            error = {"Code": each.get("Code"), "Message": each.find("Message") or ""}
            failures[name] = s3_errors.client_error(
                {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 200}}, "delete_objects"
            )
    for name in silent:
        failures[name] = BrokenAnswer("the answer to a bulk delete says nothing of this name")
    return failures
