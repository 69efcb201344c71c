"""Large objects by S3's multipart upload; and what killed writers left of them.

Parts carry a checksum where the server is known to refuse a wrong one. Amazon's S3 does. Of other servers some know
nothing of checksums, some refuse the headers (Backblaze B2: 400, Cloudflare R2 of 2022: 501), some keep or echo what
they are told without a look. So a server is believed only after it refused a wrong checksum, as "Checking object
integrity" of the S3 User Guide has it; until then, and else, MD5 is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote_plus

from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit import xml
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.s3.digests import PartDigests, SentDigest
from obs_client.backends.s3.endpoints import VERIFIES_PARTS
from obs_client.backends.s3.errors import S3Error, classify, code_of
from obs_client.backends.s3.listing import is_true, read_time
from obs_client.backends.s3.reading import look_for
from obs_client.backends.s3.requests import XML_NAMESPACE, Request, Requests, query_of
from obs_client.backends.s3.writing import attribute_headers, conditions_of
from obs_client.errors import IntegrityError, NotFoundError, TemporaryError
from obs_client.models import CleanupReport, ObjectInfo

PART_SIZE_MINIMUM = 5 * 1024 * 1024
PART_SIZE_MAXIMUM = 5 * 1024**3
PART_COUNT_MAXIMUM = 10_000

ROUNDED_SECONDS = 1.0
"""Servers tell the begin of an upload in whole seconds, some of them rounded up."""

_ANYTHING = b"a part that must be refused"
_WRONG = SentDigest("crc32", bytes(4))


class Upload(NamedTuple):
    """An open upload, as requests name it."""

    container: str
    name: str
    upload_id: str


class StoredPart(NamedTuple):
    """A part that is stored; `checksum` is its CRC-32 as S3 writes it, if the server told one back."""

    number: int
    etag: str
    checksum: str | None = None


def create_multipart_upload(container: str, name: str, headers: dict[str, str], checksums: bool) -> Request:
    """Begin an upload; `headers`: all that the object carries. With `checksums` its parts carry CRC-32."""
    if checksums:
        headers = {**headers, "x-amz-checksum-algorithm": "CRC32"}
    return Request("CreateMultipartUpload", "POST", container, name, "uploads", headers)


def upload_part(upload: Upload, number: int, body: Body, headers: dict[str, str]) -> Request:
    """Send a part; `headers`: its digests."""
    return Request("UploadPart", "PUT", upload.container, upload.name, _query(upload, number), headers, body)


def upload_part_copy(upload: Upload, number: int, headers: dict[str, str]) -> Request:
    """Let the server make a part of a range of another object, which the headers name."""
    return Request("UploadPartCopy", "PUT", upload.container, upload.name, _query(upload, number), headers)


def complete_multipart_upload(upload: Upload, parts: list[StoredPart], conditions: dict[str, str]) -> Request:
    """Publish the object, made of these parts in order of their numbers."""
    document = f'<CompleteMultipartUpload xmlns="{XML_NAMESPACE}">{"".join(map(_document_of, parts))}'
    body = f"{document}</CompleteMultipartUpload>".encode()
    place = upload.container, upload.name, _query(upload)
    return Request("CompleteMultipartUpload", "POST", *place, conditions, body)


def abort_multipart_upload(upload: Upload) -> Request:
    """Remove an upload and its parts."""
    return Request("AbortMultipartUpload", "DELETE", upload.container, upload.name, _query(upload))


def list_parts(upload: Upload) -> Request:
    """Ask for the first thousand parts of an upload."""
    return Request("ListParts", "GET", upload.container, upload.name, _query(upload))


def list_multipart_uploads(
    container: str, prefix: str, key_marker: str | None, upload_id_marker: str | None, encoded: bool
) -> Request:
    """Ask for open uploads; with `encoded` their names come as in URLs."""
    query = query_of(
        "uploads",
        ("prefix", prefix),
        ("encoding-type", "url" if encoded else None),
        ("key-marker", key_marker),
        ("upload-id-marker", upload_id_marker),
    )
    return Request("ListMultipartUploads", "GET", container, query=query)


def begin_upload(requests: Requests, new: NewObject, *, check: bool = True) -> S3Upload:
    """Begin an upload of parts that are sent from here; `check` what the server says of each."""
    upload = _begin_upload(requests, new)
    upload.checks = check
    return upload


def _begin_upload(requests: Requests, new: NewObject) -> S3Upload:
    headers = {**attribute_headers(new.attributes, new.part_size), **requests.settings.choices.object_headers}
    verified = requests.experience.of(VERIFIES_PARTS)
    chosen = requests.settings.choices.checksums
    known = True if requests.uses_checksums else verified if chosen is None else chosen
    if known is None:
        return _try_checksums(requests, new, headers)
    upload = begin(requests, new, headers, known)
    return S3Upload(requests, upload, new, PartDigests(("crc32",) if known else ("md5",), verified is True))


def begin(requests: Requests, new: NewObject, headers: dict[str, str], checksums: bool) -> Upload:
    """Begin an upload with these headers."""
    asked = create_multipart_upload(new.container, new.name, headers, checksums)
    upload_id = requests.document(asked, "InitiateMultipartUploadResult", ("UploadId",), echoes=True).get("UploadId")
    if not upload_id:
        raise BrokenAnswer("the answer to the begin of an upload has no id: it is not whole")
    return Upload(new.container, new.name, upload_id)


class S3Upload(MultipartUpload):
    """An upload that was begun.

    Args:
        digests: What each part carries; None: no part is sent from here, all are copied.

    Attributes:
        checks: Whether what the server says of a part is compared with what was sent.
    """

    def __init__(self, requests: Requests, upload: Upload, new: NewObject, digests: PartDigests | None = None) -> None:
        self._requests = requests
        self._upload = upload
        self._conditions = conditions_of(new)
        self._write_id = new.attributes.write_id
        self._begun = time.time()
        self._completing = False
        self.checks = True
        self._digests = digests or PartDigests(("md5",))
        self._parts: dict[int, StoredPart] = {}

    def __str__(self) -> str:
        return f"the multipart upload {self._upload.upload_id}"

    def put_part(self, part: Part, body: Body) -> None:
        sent = self._digests.of(body)
        headers = {name: value for digest in sent for name, value in digest.headers.items()}
        answer = self._requests.finish(upload_part(self._upload, part.number, body, headers))
        for digest in sent if self.checks else ():
            digest.check(answer, body)
        etag = answer.headers.get("etag")
        if not etag:
            raise BrokenAnswer("the answer to a part has no ETag: it is not whole")
        told = "x-amz-checksum-crc32" in answer.headers
        checksum = headers.get("x-amz-checksum-crc32") if told else None
        self._parts[part.number] = StoredPart(part.number, etag, checksum)

    def put_from(self, part: Part, headers: Mapping[str, str]) -> None:
        """Store a part that is a range of another object, which these headers name."""
        area = {"x-amz-copy-source-range": f"bytes={part.offset}-{part.offset + part.size - 1}"}
        asked = upload_part_copy(self._upload, part.number, {**headers, **area})
        found = self._requests.document(asked, "CopyPartResult", ("ETag",))
        self._parts[part.number] = StoredPart(part.number, found.get("ETag"), found.find("ChecksumCRC32"))

    def complete(self) -> None:
        parts = [part for _, part in sorted(self._parts.items())]
        asked = complete_multipart_upload(self._upload, parts, self._conditions)
        again, self._completing = self._completing, True
        try:
            found = self._requests.document(asked, "CompleteMultipartUploadResult", echoes=True)
        except S3Error as error:
            if again and error.code == "NoSuchUpload" and self._was_published():
                return
            raise
        if not found.find("ETag") and not self._is_there():
            raise BrokenAnswer("the answer to the completion has no ETag, and the object is not there")

    def _look(self) -> ObjectInfo | None:
        return look_for(self._requests, self._upload.container, self._upload.name)

    def _is_there(self) -> bool:
        info = self._look()
        return info is not None and (self._write_id is None or info.write_id == self._write_id)

    def _was_published(self) -> bool:
        """After a completion whose answer was lost the upload is gone: it was done, and maybe replaced since."""
        info = self._look()
        return info is not None and (info.last_modified or 0.0) >= self._begun - ROUNDED_SECONDS

    def abort(self) -> None:
        try:
            self._requests.finish(abort_multipart_upload(self._upload))
        except S3Error as error:
            if error.code not in ("NoSuchUpload", "404"):
                raise


def cleanup(requests: Requests, container: str, prefix: str, older_than: float) -> CleanupReport:
    """Abort every open upload under the prefix that is older than so many seconds, whoever began it."""
    removed: list[str] = []
    size = 0
    until = time.time() - older_than + ROUNDED_SECONDS
    for upload in [*_open_uploads(requests, container, prefix, until)]:
        try:
            size += _size(requests, upload)
            requests.finish(abort_multipart_upload(upload))
        except (S3Error, NotFoundError) as error:
            if code_of(error) != "NoSuchUpload" and not isinstance(error, NotFoundError):
                raise
        else:
            removed.append(f"{upload.name} (upload {upload.upload_id})")
    return CleanupReport(tuple(removed), size)


def _try_checksums(requests: Requests, new: NewObject, headers: dict[str, str]) -> S3Upload:
    experience = requests.experience
    try:
        upload = begin(requests, new, headers, True)
    except S3Error as error:
        if not error.is_of_unknown_header:
            raise
        upload = begin(requests, new, headers, False)
        experience.learn(VERIFIES_PARTS, False, "checksums")
        return S3Upload(requests, upload, new, PartDigests(("md5",)))
    try:
        experience.learn(VERIFIES_PARTS, _refuses_wrong(requests, upload), "checksums")
    except BaseException:
        with suppress(Exception):
            requests.finish(abort_multipart_upload(upload))
        raise
    if experience.of(VERIFIES_PARTS):
        return S3Upload(requests, upload, new, PartDigests(("crc32",), True))
    # Begun again without: who took it as one with checksums may want them with each part, or refuse them there, or
    # refuse both digests at once, as Cloudflare R2 does. MD5 alone is what every server takes.
    S3Upload(requests, upload, new).abort()
    return S3Upload(requests, begin(requests, new, headers, False), new, PartDigests(("md5",)))


def _refuses_wrong(requests: Requests, upload: Upload) -> bool | None:
    """Whether a part with a wrong checksum is refused for that; None: this time it could not be told.

    A server that takes it has it replaced by the part that follows.
    """
    try:
        requests.finish(upload_part(upload, 1, BytesBody(_ANYTHING), _WRONG.headers))
    except Exception as error:
        kind = classify(error)
        if kind is None:
            raise
        return None if issubclass(kind, TemporaryError) else issubclass(kind, IntegrityError)
    return False


def _query(upload: Upload, number: int | None = None) -> str:
    return query_of(("uploadId", upload.upload_id), ("partNumber", number))


def _document_of(part: StoredPart) -> str:
    checksum = f"<ChecksumCRC32>{part.checksum}</ChecksumCRC32>" if part.checksum else ""
    return f"<Part><PartNumber>{part.number}</PartNumber><ETag>{xml.escape(part.etag)}</ETag>{checksum}</Part>"


def _open_uploads(requests: Requests, container: str, prefix: str, until: float) -> Iterator[Upload]:
    # Elsewhere than at Amazon this is at times said of names that are not encoded.
    encoded = requests.is_amazon
    decode: Callable[[str], str] = unquote_plus if encoded else str
    markers: tuple[str | None, str | None] = None, None
    while True:
        asked = list_multipart_uploads(container, prefix, *markers, encoded)
        page = requests.document(asked, "ListMultipartUploadsResult", ("Bucket", "IsTruncated"))
        for upload in page.all("Upload"):
            name = decode(upload.get("Key"))
            if name.startswith(prefix) and read_time(upload.get("Initiated")) <= until:
                yield Upload(container, name, upload.get("UploadId"))
        if not is_true(page.get("IsTruncated")):
            return
        following = decode(page.get("NextKeyMarker")), page.find("NextUploadIdMarker") or ""
        if not following[0] or following == markers:
            raise BrokenAnswer("the listing of uploads goes on, but not onwards: it is not whole")
        markers = following


def _size(requests: Requests, upload: Upload) -> int:
    """Bytes of the first thousand parts of an upload, as far as the server tells."""
    found = requests.document(list_parts(upload), ("ListPartsResult", "ListPartsResponse"))
    return sum(_number(part) for part in found.all("Part"))


def _number(part: xml.Element) -> int:
    text = part.find("Size") or ""
    return int(text) if text.isdecimal() else 0
