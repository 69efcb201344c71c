"""Large objects by S3's multipart upload, from bytes or from another object; and what killed writers left of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from obs_client._http.kit import xml as s3_xml
from obs_client._http.pool import BrokenAnswer
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.s3 import digests as s3_digests
from obs_client.backends.s3 import errors as s3_errors
from obs_client.backends.s3 import listing as s3_listing
from obs_client.backends.s3.connection import Exchange, S3Connection
from obs_client.errors import NotFoundError
from obs_client.models import CleanupReport, ObjectInfo

PART_SIZE_MINIMUM = 5 * 1024 * 1024
PART_SIZE_MAXIMUM = 5 * 1024**3
PART_COUNT_MAXIMUM = 10_000

ROUNDED_SECONDS = 1.0
"""Servers tell the begin of an upload in whole seconds, some of them rounded up."""

Conditions = dict[str, str]


class S3Upload(MultipartUpload):
    """An upload that was begun.

    Args:
        place: The parameters that name the object.
        conditions: The parameters under which it is published.
        write_id: The mark of this object among its metadata, None if it has none.
        look: Gives what is stored under the name, None if nothing is.
        digests: What each part carries; None: no part is sent from here, all are copied.
    """

    def __init__(
        self,
        connection: S3Connection,
        place: dict[str, Any],
        upload_id: str,
        conditions: Conditions,
        write_id: str | None,
        look: Callable[[], ObjectInfo | None],
        digests: s3_digests.PartDigests | None = None,
    ) -> None:
        self._connection = connection
        self._place = {**place, "UploadId": upload_id}
        self._conditions = conditions
        self._write_id = write_id
        self._look = look
        self._begun = time.time()
        self._completing = False
        self._digests = digests or s3_digests.PartDigests(("md5",))
        self._parts: dict[int, dict[str, Any]] = {}

    def __str__(self) -> str:
        return f"the multipart upload {self._place['UploadId']}"

    def put_part(self, part: Part, body: Body) -> None:
        sent = self._digests.of(body)
        headers = {name: value for digest in sent for name, value in digest.headers.items()}
        params = {**self._place, "PartNumber": part.number}
        answer = self._connection.finish("upload_part", params, Exchange(body, headers))
        for digest in sent:
            digest.check(answer, body)
        etag = answer.headers.get("etag")
        if not etag:
            raise BrokenAnswer("the answer to a part has no ETag: it is not whole")
        self._parts[part.number] = {"PartNumber": part.number, "ETag": etag}
        if "x-amz-checksum-crc32" in headers and "x-amz-checksum-crc32" in answer.headers:
            self._parts[part.number]["ChecksumCRC32"] = headers["x-amz-checksum-crc32"]

    def put_from(self, part: Part, source: dict[str, Any]) -> None:
        """Store a part that is a range of another object, which these parameters name."""
        params = {
            **self._place,
            **source,
            "PartNumber": part.number,
            "CopySourceRange": f"bytes={part.offset}-{part.offset + part.size - 1}",
        }
        found = self._connection.document("upload_part_copy", params, "CopyPartResult", ("ETag",))
        self._parts[part.number] = {"PartNumber": part.number, "ETag": found.get("ETag")}
        if checksum := found.find("ChecksumCRC32"):
            self._parts[part.number]["ChecksumCRC32"] = checksum

    def complete(self) -> None:
        parts = [part for _, part in sorted(self._parts.items())]
        params = {**self._place, **self._conditions, "MultipartUpload": {"Parts": parts}}
        again, self._completing = self._completing, True
        try:
            found = self._connection.document("complete_multipart_upload", params, "CompleteMultipartUploadResult")
        except Exception as error:
            if again and s3_errors.code_of(error) == "NoSuchUpload" and self._was_published():
                return
            raise
        if not found.find("ETag") and not self._is_there():
            raise BrokenAnswer("the answer to the completion has no ETag, and the object is not there")

    def _is_there(self) -> bool:
        info = self._look()
        return info is not None and (self._write_id is None or info.write_id == self._write_id)

    def _was_published(self) -> bool:
        """After a completion whose answer was lost the upload is gone: it was done, and maybe replaced since."""
        info = self._look()
        return info is not None and info.last_modified >= self._begun - ROUNDED_SECONDS

    def abort(self) -> None:
        try:
            self._connection.finish("abort_multipart_upload", self._place)
        except Exception as error:
            if s3_errors.code_of(error) not in ("NoSuchUpload", "404"):
                raise


def begin(
    connection: S3Connection,
    place: dict[str, Any],
    params: dict[str, Any],
    checksums: bool,
    headers: dict[str, str] | None = None,
) -> str:
    """Begin an upload; gives its id."""
    if checksums:
        params = {**params, "ChecksumAlgorithm": "CRC32"}
    found = connection.document(
        "create_multipart_upload",
        {**place, **params},
        "InitiateMultipartUploadResult",
        ("UploadId",),
        Exchange(headers=headers),
    )
    upload_id = found.get("UploadId")
    if not upload_id:
        raise BrokenAnswer("the answer to the begin of an upload has no id: it is not whole")
    return upload_id


def conditions_of(new: NewObject) -> Conditions:
    """The parameters of a write for the conditions of an object."""
    if new.if_absent:
        return {"IfNoneMatch": "*"}
    return {"IfMatch": f'"{new.if_hash}"'} if new.if_hash is not None else {}


def cleanup(connection: S3Connection, within: dict[str, Any], prefix: str, older_than: float) -> CleanupReport:
    """Abort every open upload under the prefix that is older than so many seconds, whoever began it.

    Args:
        within: The parameters that name the container.
    """
    removed: list[str] = []
    size = 0
    until = time.time() - older_than + ROUNDED_SECONDS
    for name, upload_id in [*_open_uploads(connection, within, prefix, until)]:
        place = {**within, "Key": name, "UploadId": upload_id}
        try:
            size += _size(connection, place)
            connection.finish("abort_multipart_upload", place)
        except Exception as error:
            if s3_errors.code_of(error) != "NoSuchUpload" and not isinstance(error, NotFoundError):
                raise
        else:
            removed.append(f"{name} (upload {upload_id})")
    return CleanupReport(tuple(removed), size)


def _open_uploads(
    connection: S3Connection, within: dict[str, Any], prefix: str, until: float
) -> Iterator[tuple[str, str]]:
    params: dict[str, Any] = {**within, "Prefix": prefix}
    if connection.is_vendor:
        # Elsewhere this is at times said of names that are not encoded.
        params["EncodingType"] = "url"
    while True:
        page = connection.document(
            "list_multipart_uploads", params, "ListMultipartUploadsResult", ("Bucket", "IsTruncated")
        )
        url = "EncodingType" in params
        for upload in page.all("Upload"):
            name = upload.get("Key")
            name = unquote_plus(name) if url else name
            if name.startswith(prefix) and s3_listing.read_time(upload.get("Initiated")) <= until:
                yield name, upload.get("UploadId")
        if not s3_listing.is_true(page.get("IsTruncated")):
            return
        marker = page.get("NextKeyMarker")
        following = {"KeyMarker": unquote_plus(marker) if url else marker}
        following["UploadIdMarker"] = page.find("NextUploadIdMarker") or ""
        if not following["KeyMarker"] or following.items() <= params.items():
            raise BrokenAnswer("the listing of uploads goes on, but not onwards: it is not whole")
        params = {**params, **following}


def _size(connection: S3Connection, place: dict[str, Any]) -> int:
    """Bytes of the first thousand parts of an upload, as far as the server tells."""
    found = connection.document("list_parts", place, ("ListPartsResult", "ListPartsResponse"))
    return sum(_number(part) for part in found.all("Part"))


def _number(part: s3_xml.Element) -> int:
    text = part.find("Size") or ""
    return int(text) if text.isdecimal() else 0
