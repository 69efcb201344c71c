"""Large objects by the XML API's multipart uploads; and what killed writers left of them.

Parts may come side by side and in any order. The whole is proved by its CRC-32C, which follows from those of the parts.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import unquote_plus

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit import xml
from obs_client._http.kit.calls.framed import hashed
from obs_client._http.kit.calls.queries import content_headers, query_of
from obs_client._http.kit.calls.refusals import Refusal, code_of
from obs_client._http.kit.etags import bare_etag
from obs_client.backend.body import Body
from obs_client.backend.crcs import CRC32C, combine, prepare
from obs_client.backend.multipart import MultipartUpload, Part, UploadGone
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
_BEGIN_SECONDS = 30.0
"""How long after a process noted that it begins an upload it may have begun it."""


class GCSUpload(MultipartUpload):
    """An upload that was begun; it knows no conditions, as Google has it.

    Args:
        identity: Of the upload that another process began, if this goes on with it.
    """

    def __init__(self, requests: Requests, new: NewObject, *, check: bool, identity: str | None = None) -> None:
        self._requests, self._new, self._check = requests, new, check
        prepare(new.size or 0)
        self._path = xml_path(new.container, new.name)
        self._id = identity or self._begin()
        self._parts: dict[int, tuple[str, bytes, int]] = {}
        self._begun = time.time()
        self._completing = False
        self._tells: bool | None = None  # whether answers to parts say what was received

    def _begin(self) -> str:
        asked = Request("Initiate a multipart upload", "POST", self._path, "uploads", _headers_of(self._new))
        return self._requests.document(asked, "InitiateMultipartUploadResult", ("UploadId",)).get("UploadId")

    def __str__(self) -> str:
        return f"the multipart upload {self._id}"

    @property
    def identity(self) -> str:
        return self._id

    def receipt(self, part: Part) -> str:
        etag, digest, _ = self._parts[part.number]
        return json.dumps([etag, digest.hex()])

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        try:
            there = dict(self._there())
        except Refusal as error:
            if error.code != "NoSuchUpload":
                raise
            raise UploadGone from error
        taken = []
        for part, receipt in receipts.items():
            etag, digest = json.loads(receipt)
            if there.get(part.number) == (bare_etag(etag), str(part.size)):
                self._parts[part.number] = etag, bytes.fromhex(digest), part.size
                taken.append(part)
        return taken

    def _there(self) -> Iterator[tuple[int, tuple[str, str]]]:
        """The ETag and the size of each part that Google has, by its number."""
        after: str | None = None
        while True:
            query = query_of(("uploadId", self._id), ("part-number-marker", after))
            asked = Request("List parts", "GET", self._path, query)
            page = self._requests.document(asked, "ListPartsResult", ("IsTruncated",))
            for part in page.all("Part"):
                yield int(part.get("PartNumber")), (bare_etag(part.get("ETag")), part.get("Size"))
            if page.get("IsTruncated").lower() != "true":
                return
            before, after = after, page.get("NextPartNumberMarker")
            if after == before:
                raise BrokenAnswer("the listing of parts repeats itself: it is incomplete")

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


def end_begun(requests: Requests, new: NewObject, since: float) -> None:
    """End the upload of a process that died before it knew its id: the one of this very name that began then.

    Of several nobody can tell whose they are: `cleanup` ends them in time.
    """
    until = since + _BEGIN_SECONDS
    found = [
        upload_id
        for name, upload_id, begun in _open_uploads(requests, new.container, new.name)
        if name == new.name and since - _ROUNDED <= begun <= until
    ]
    if len(found) == 1:
        abort(requests, xml_path(new.container, new.name), found[0])


def cleanup(
    requests: Requests, container: str, prefix: str, older_than: float, kept: Collection[str] = ()
) -> CleanupReport:
    """Abort every open upload under the prefix that is older than so many seconds, whoever began it.

    Args:
        kept: Ids of uploads that stay.
    """
    until = time.time() - older_than
    removed = []
    for name, upload_id, begun in [*_open_uploads(requests, container, prefix)]:
        if begun > until or upload_id in kept:
            continue
        if abort(requests, xml_path(container, name), upload_id):
            removed.append(f"{name} (upload {upload_id})")
    return CleanupReport(tuple(removed), 0)


def _open_uploads(requests: Requests, container: str, prefix: str) -> Iterator[tuple[str, str, float]]:
    """The name, the id and the begin of each upload that is open."""
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
            if name.startswith(prefix):
                yield name, upload.get("UploadId"), _seconds(upload.get("Initiated"))
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
