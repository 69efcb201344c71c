"""Deleting: containers, objects, and many objects by one request, with one outcome for each name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from obs_client._http.kit import xml
from obs_client._http.kit.calls.queries import headers_of
from obs_client._http.kit.etags import quoted_etag
from obs_client.backends.s3.digests.sent import digest_of_bytes
from obs_client.backends.s3.endpoints import DELETES_MANY
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.reading import info_at
from obs_client.backends.s3.requests import XML_NAMESPACE, Request, Requests

BATCH_MAXIMUM = 1000

_FEWEST = 15

BAD_REQUEST = 400
"""What some servers answer that know no such request; believed of one that never yet took it."""

PRECONDITION_FAILED = 412

_REFUSED_DIGEST = ("InvalidRequest", "InvalidArgument", "MissingContentMD5", "BadRequest", "NotImplemented")
_NO_SUCH_REQUEST = ("NotImplemented", "MethodNotAllowed", "405", "501", "UnsupportedOperation")


def delete_bucket(container: str) -> Request:
    """Delete an empty container."""
    return Request("DeleteBucket", "DELETE", container)


def delete_object(container: str, name: str, if_match: str | None = None) -> Request:
    """Delete an object, or only if it has this tag, which is sent as it is given."""
    return Request("DeleteObject", "DELETE", container, name, headers=headers_of(("If-Match", if_match)))


def delete_version(requests: Requests, container: str, name: str, if_hash: str) -> None:
    """Delete an object if it has this hash.

    Amazon's S3 says 404 of what is absent and 412 of another one; where a server says 412 of both, it is looked at, and
    one that knows tags only without quotes is asked again so.

    Raises:
        S3Error: 404: there is none; 412: there is another one.
    """
    try:
        requests.finish(delete_object(container, name, quoted_etag(if_hash)))
    except S3Error as error:
        if error.status != PRECONDITION_FAILED or requests.is_amazon:
            raise
        if info_at(requests, container, name).hash != if_hash:
            raise
        requests.finish(delete_object(container, name, if_hash))


def delete_objects(container: str, names: Iterable[str], checksum: bool) -> Request:
    """Delete many objects; with a checksum of the document, or the MD5 that older servers want."""
    objects = "".join(f"<Object><Key>{xml.escape(name)}</Key></Object>" for name in names)
    document = f'<Delete xmlns="{XML_NAMESPACE}">{objects}</Delete>'.encode()
    headers = {"Content-Type": "application/xml", **digest_of_bytes(document, checksum).headers}
    return Request("DeleteObjects", "POST", container, None, "delete", headers, document)


def can_be_deleted_with_others(name: str) -> bool:
    """Whether XML carries a name unchanged, there and back."""
    return xml.can_hold(name)


class Outcomes(NamedTuple):
    """What came of many names: the error of each that failed, and those of which the answer said nothing."""

    failures: dict[str, Exception]
    silent: list[str]


def delete_at_once(requests: Requests, container: str, names: Sequence[str]) -> Outcomes | None:
    """What came of deleting many names, or None if the server deletes names one by one only.

    What the endpoint refuses is not sent again, and not as many names either as took it too long: Swift's s3api deletes
    them one after another and says nothing until it is done.

    Args:
        names: Those that `can_be_deleted_with_others`.

    Raises:
        S3Error: The request as a whole failed.
        BrokenAnswer: The answer is not complete.
        StrangeAnswer: It is none of S3's.
        TimeoutError: No answer came in time; the next call sends fewer names at a time.
    """
    experience = requests.experience
    if experience.of(DELETES_MANY) is False:
        return None
    found = Outcomes({}, [])
    most = experience.delete_maximum
    checksum = requests.uses_checksums and experience.deletes_by_checksum
    try:
        for start in range(0, len(names), most):
            failures, silent = _delete(requests, container, names[start : start + most], checksum)
            found.failures.update(failures)
            found.silent.extend(silent)
    except TimeoutError:
        experience.delete_maximum = max(most // 4, _FEWEST)
        raise
    except S3Error as error:
        if checksum and error.code in _REFUSED_DIGEST:
            experience.deletes_by_checksum = False
            return delete_at_once(requests, container, names)
        # Not only while nothing is known: another thread's request may have been refused at the same time.
        never_yet = experience.of(DELETES_MANY) is not True and error.status == BAD_REQUEST
        if error.code not in _NO_SUCH_REQUEST and not never_yet:
            raise
        experience.learn(DELETES_MANY, False)
        return None
    experience.learn(DELETES_MANY, True)
    return found


def _delete(requests: Requests, container: str, names: Sequence[str], checksum: bool) -> Outcomes:
    found = requests.document(delete_objects(container, names, checksum), "DeleteResult")
    return _outcomes(found, names)


def _outcomes(found: xml.Element, names: Sequence[str]) -> Outcomes:
    told = {each.find("Key") for each in found.all("Deleted")}
    failures: dict[str, Exception] = {}
    for each in found.all("Error"):
        name, code = each.find("Key"), each.find("Code") or ""
        told.add(name)
        if name is not None and code not in ("NoSuchKey", "NoSuchVersion"):
            failures[name] = S3Error("DeleteObjects", 200, code, each.find("Message") or "")
    return Outcomes(failures, [name for name in names if name not in told])
