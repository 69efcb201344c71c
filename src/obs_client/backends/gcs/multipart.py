"""Large objects by the XML API's multipart uploads; and what killed writers left of them.

Parts may come side by side and in any order. The whole is proved by its CRC-32C, which follows from those of the parts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import unquote_plus

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit import xml
from obs_client._http.kit.calls.framed import hashed
from obs_client._http.kit.calls.queries import content_headers, query_of
from obs_client._http.kit.calls.refusals import Refusal, code_of
from obs_client.backend.body import Body
from obs_client.backend.crcs import CRC32C, combine, prepare
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.gcs.reading import CRC32C_IN_HASH, METADATA_PREFIX, base64_of, look_at, seconds_of
from obs_client.backends.gcs.requests import Request, Requests, object_path, xml_path
from obs_client.backends.gcs.writing import STORED, check_stored, marked_metadata, written
from obs_client.errors import IntegrityError
from obs_client.models import CleanupReport, ObjectInfo

PART_SIZE_MINIMUM = 5 * 1024 * 1024
PART_SIZE_MAXIMUM = 5 * 1024**3
PART_COUNT_MAXIMUM = 10_000
_HASH = "x-goog-hash"
_ROUNDED = 1.0
"""Seconds that the clock of the store may be behind."""


class GCSUpload(MultipartUpload):
    """An upload that was begun; it knows no conditions, as Google has it."""

    def __init__(self, requests: Requests, new: NewObject, *, check: bool) -> None:
        self._requests, self._new, self._check = requests, new, check
        prepare(new.size or 0)
        self._path = xml_path(new.container, new.name)
        asked = Request("Initiate a multipart upload", "POST", self._path, "uploads", _headers_of(new))
        self._id = requests.document(asked, "InitiateMultipartUploadResult", ("UploadId",)).get("UploadId")
        self._parts: dict[int, tuple[str, bytes, int]] = {}
        self._begun = time.time()
        self._completing = False
        self._tells: bool | None = None  # whether answers to parts say what was received

    def __str__(self) -> str:
        return f"the multipart upload {self._id}"

    def put_part(self, part: Part, body: Body) -> None:
        if self._tells:
            # It needs no digest before the bytes, so that these are read once only.
            sent = hashed(body, CRC32C)
            etag, told = self._put(part.number, sent, {})
            if told is not None:
                self._keep(part, etag, sent.digest(CRC32C), told)
                return
            self._tells = False
        digest = body.digest(CRC32C)
        etag, told = self._put(part.number, body, {_HASH: f"crc32c={base64_of(digest)}"})
        if self._tells is None:
            self._tells = told is not None
        self._keep(part, etag, digest, told)

    def _keep(self, part: Part, etag: str, digest: bytes, told: str | None) -> None:
        """Note a part that is stored as it was sent, as far as Google tells."""
        if self._check and told not in (None, base64_of(digest)):
            raise IntegrityError(f"Google reports that it received other bytes of part {part.number}: CRC-32C {told}")
        self._parts[part.number] = etag, digest, part.size

    def _put(self, number: int, body: Body, headers: dict[str, str]) -> tuple[str, str | None]:
        """Send a part; gives its ETag, and the CRC-32C that Google tells of it."""
        query = query_of(("partNumber", number), ("uploadId", self._id))
        answer = self._requests.finish(Request("Upload a part", "PUT", self._path, query, headers, body))
        etag, told = answer.headers.get("etag"), re.search(CRC32C_IN_HASH, answer.headers.get(_HASH, ""))
        if not etag:
            raise BrokenAnswer("the response to a part has no ETag: it is incomplete")
        return etag, told and told[1]

    def complete(self) -> ObjectInfo | None:
        parts = sorted(self._parts.items())
        rows = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{xml.escape(etag)}</ETag></Part>"
            for number, (etag, _, _) in parts
        )
        document = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
        asked = Request("Complete a multipart upload", "POST", self._path, self._query, {}, document)
        again, self._completing = self._completing, True
        try:
            self._requests.document(asked, "CompleteMultipartUploadResult", ("ETag",))
        except Refusal as error:
            if again and error.code == "NoSuchUpload" and self._was_published():
                return None
            raise
        return self._check_whole(sum(size for _, (_, _, size) in parts)) if self._check else None

    def _check_whole(self, size: int) -> ObjectInfo | None:
        """Compare the object with its parts, unless it was replaced since; gives what it is."""
        path = object_path(self._new.container, self._new.name)
        try:
            told = self._requests.json(Request("objects.get", "GET", path, f"fields={STORED},metadata"))
        except Refusal as error:
            if error.status == 404:
                return None
            raise
        if not marked_metadata(self._new.attributes).items() <= (told.get("metadata") or {}).items():
            return None
        whole = combine(CRC32C, ((digest, length) for _, (_, digest, length) in sorted(self._parts.items())))
        check_stored(told, size, base64_of(whole))
        return written(self._new, told)

    def _was_published(self) -> bool:
        """After a completion whose answer was lost the upload is gone: it was done, and maybe replaced since."""
        try:
            info = look_at(self._requests, self._new.container, self._new.name)
        except Refusal as error:
            if error.status == 404:
                return False
            raise
        return info.last_modified is not None and info.last_modified >= self._begun - _ROUNDED

    @property
    def _query(self) -> str:
        return query_of(("uploadId", self._id))

    def abort(self) -> None:
        abort(self._requests, self._path, self._id)


def abort(requests: Requests, path: str, upload_id: str) -> bool:
    """Remove an upload and its parts; False: it is gone already."""
    try:
        asked = query_of(("uploadId", upload_id))
        requests.finish(Request("Abort a multipart upload", "DELETE", path, asked))
    except Exception as error:
        if code_of(error) != "NoSuchUpload":
            raise
        return False
    return True


def cleanup(requests: Requests, container: str, prefix: str, older_than: float) -> CleanupReport:
    """Abort every open upload under the prefix that is older than so many seconds, whoever began it."""
    until = time.time() - older_than
    removed = []
    for name, upload_id in [*_open_uploads(requests, container, prefix, until)]:
        if abort(requests, xml_path(container, name), upload_id):
            removed.append(f"{name} (upload {upload_id})")
    return CleanupReport(tuple(removed), 0)


def _open_uploads(requests: Requests, container: str, prefix: str, until: float) -> Iterator[tuple[str, str]]:
    markers: tuple[str | None, str | None] = None, None
    while True:
        # Names as in URLs: XML cannot write them all.
        places = ("key-marker", markers[0]), ("upload-id-marker", markers[1])
        query = query_of("uploads", "encoding-type=url", ("prefix", prefix), *places)
        asked = Request("List multipart uploads", "GET", xml_path(container), query)
        page = requests.document(asked, "ListMultipartUploadsResult", ("Bucket", "IsTruncated"))
        decode: Callable[[str], str] = unquote_plus if page.find("EncodingType") == "url" else str
        for upload in page.all("Upload"):
            name = decode(upload.get("Key"))
            if name.startswith(prefix) and _seconds(upload.get("Initiated")) <= until:
                yield name, upload.get("UploadId")
        if page.get("IsTruncated").lower() != "true":
            return
        following = decode(page.get("NextKeyMarker")), page.find("NextUploadIdMarker")
        if following == markers:
            raise BrokenAnswer("the listing of uploads repeats itself: it is incomplete")
        markers = following


def _headers_of(new: NewObject) -> dict[str, str]:
    """The headers of all that the object carries."""
    metadata = marked_metadata(new.attributes)
    return content_headers(new.attributes) | {METADATA_PREFIX + key: value for key, value in metadata.items()}


def _seconds(text: str) -> float:
    try:
        return seconds_of(text)
    except (TypeError, ValueError) as error:
        raise StrangeAnswer("the response has a time that cannot be read") from error
