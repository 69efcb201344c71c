"""An open upload: its parts, its completion, its end."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Mapping

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit import xml
from obs_client._http.kit.etags import bare_etag
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.s3.digests.sent import PartDigests, other_bytes, tag_is_of
from obs_client.backends.s3.digests.tags import Tags
from obs_client.backends.s3.endpoints import TAGS_LARGE, TAGS_PARTS
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.multipart.found import ROUNDED_SECONDS, parts_there
from obs_client.backends.s3.multipart.requests import (
    StoredPart,
    Upload,
    abort_multipart_upload,
    complete_multipart_upload,
    list_parts,
    upload_part,
    upload_part_copy,
)
from obs_client.backends.s3.reading import look_for
from obs_client.backends.s3.requests import Requests
from obs_client.backends.s3.writing import under_conditions
from obs_client.errors import PreconditionError
from obs_client.models import ObjectInfo

PART_SIZE_MINIMUM = 5 * 1024 * 1024
PART_SIZE_MAXIMUM = 5 * 1024**3
PART_COUNT_MAXIMUM = 10_000

MD5_DIGITS = 32
_ANYTHING = b"a part that is replaced"


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
        self._new = new
        self._write_id = new.attributes.write_id
        self._begun = time.time()
        self._completing = False
        self.checks = True
        self._digests = digests or PartDigests(("md5",))
        self._parts: dict[int, StoredPart] = {}
        self._md5s: dict[int, bytes] = {}

    def __str__(self) -> str:
        return f"the multipart upload {self._upload.upload_id}"

    @property
    def identity(self) -> str:
        digests = self._digests
        return f"{'+'.join(digests.algorithms)}{'!' if digests.believed else ''} {self._upload.upload_id}"

    def receipt(self, part: Part) -> str:
        stored = self._parts[part.number]
        return json.dumps([stored.etag, stored.checksum])

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        there = parts_there(self._requests, self._upload)
        taken = []
        for part, receipt in receipts.items():
            etag, checksum = json.loads(receipt)
            if there.get(part.number) == (bare_etag(etag), part.size):
                self._parts[part.number] = StoredPart(part.number, etag, checksum)
                taken.append(part)
        return taken

    def put_part(self, part: Part, body: Body) -> None:
        answer = self._send(part.number, body)
        if self.checks and self._fits(answer, body) is False:
            if self._tags_are_digests(part.number):
                raise other_bytes(answer, body)
            answer = self._send(part.number, body)  # in place of what was tried
        # Who does not tell a part's tag is told the MD5, as S3 itself makes tags.
        etag = answer.headers.get("etag") or f'"{body.digest("md5").hex()}"'
        told = self._digests.believed or "x-amz-checksum-crc32" in answer.headers
        checksum = self._headers(body).get("x-amz-checksum-crc32") if told else None
        self._parts[part.number] = StoredPart(part.number, etag, checksum)
        if md5 := self._md5_of(etag, body):
            self._md5s[part.number] = md5
            body.note_digest("md5", md5)

    def put_from(self, part: Part, headers: Mapping[str, str]) -> None:
        """Store a part that is a range of another object, which these headers name."""
        area = {"x-amz-copy-source-range": f"bytes={part.offset}-{part.offset + part.size - 1}"}
        asked = upload_part_copy(self._upload, part.number, {**headers, **area})
        found = self._requests.document(asked, "CopyPartResult")
        etag = found.find("ETag") or self._etag_of(part.number)
        self._parts[part.number] = StoredPart(part.number, etag, found.find("ChecksumCRC32"))

    def complete(self) -> ObjectInfo | None:
        again, self._completing = self._completing, True
        try:
            tag = under_conditions(self._requests, self._new, self._complete)
        except S3Error as error:
            if again and self._is_gone_by(error) and self._was_published():
                self._forget()
                return None
            raise
        if not tag and not self._is_there() and not self._is_gone():
            raise BrokenAnswer("the response to the completion has no ETag, and the object is not there")
        self._check_race()
        self._learn(tag)
        self._forget()
        return self._new.written(tag or None)

    def abort(self) -> None:
        try:
            self._requests.finish(abort_multipart_upload(self._upload))
        except S3Error as error:
            if error.code not in ("NoSuchUpload", "404"):
                raise
        self._forget()

    def _send(self, number: int, body: Body) -> HttpAnswer:
        headers = self._headers(body)
        body.rewind()
        return self._requests.finish(upload_part(self._upload, number, body, headers))

    def _headers(self, body: Body) -> dict[str, str]:
        """Those of a part's digests."""
        return {name: value for digest in self._digests.of(body) for name, value in digest.headers.items()}

    def _fits(self, answer: HttpAnswer, body: Body) -> bool | None:
        """Whether the part's tag is a digest of what was sent; None: nothing tells, or it need not.

        Raises:
            IntegrityError: The store tells the checksum of other bytes.
        """
        told = [digest.tag_fits(answer, body) for digest in self._digests.of(body)]
        fits = next((each for each in told if each is not None), None)
        if self._knows_tags is None and fits is not False and (known := tag_is_of(answer, body)) is not None:
            # What arrived is known to be what was sent: so this is what its tag is.
            self._requests.experience.learn(TAGS_PARTS, known)
        return fits

    @property
    def _knows_tags(self) -> bool | None:
        """Whether tags of parts are digests; None: it was not seen."""
        return True if self._requests.is_amazon else self._requests.experience.of(TAGS_PARTS)

    def _tags_are_digests(self, number: int) -> bool:
        """Whether tags of parts are digests, by a trial where it is not known: a few bytes in place of a part."""
        if self._knows_tags is None:
            body = BytesBody(_ANYTHING)
            fits = tag_is_of(self._send(number, body), body)
            self._requests.experience.learn(TAGS_PARTS, fits is True)
        return bool(self._knows_tags)

    def _md5_of(self, etag: str, body: Body) -> bytes | None:
        """The MD5 of a part, if it is known without reading it again."""
        if "md5" in self._digests.algorithms:
            return body.digest("md5")
        tag = bare_etag(etag)
        return bytes.fromhex(tag) if self._knows_tags and len(tag) == MD5_DIGITS else None

    def _complete(self, conditions: dict[str, str]) -> str:
        """Ask for the completion; gives the tag of the object, empty if it is not told."""
        parts = [part for _, part in sorted(self._parts.items())]
        asked = complete_multipart_upload(self._upload, parts, conditions)
        found = self._requests.document(asked, "CompleteMultipartUploadResult", echoes=True)
        return bare_etag(found.find("ETag") or "")

    def _learn(self, tag: str) -> None:
        """See whether tags of large objects are digests: who sent the parts knows their MD5s."""
        experience = self._requests.experience
        if self._requests.is_amazon or not tag or len(self._md5s) != len(self._parts):
            return
        joined = b"".join(md5 for _, md5 in sorted(self._md5s.items()))
        fits = tag.lower() == f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(self._md5s)}"
        if fits and experience.of(TAGS_LARGE) is None:
            experience.learn(TAGS_LARGE, True)
        elif not fits and "x-amz-server-side-encryption" not in self._requests.settings.choices.object_headers:
            experience.learn(TAGS_LARGE, False)
            reason = "tags of large objects are no digests of their parts at this server"
            if self.checks:
                Tags(self._requests, self._upload.container, self._upload.name).warn(reason)

    def _etag_of(self, number: int) -> str:
        """The tag of a part as a list of parts tells it."""
        found = self._requests.document(
            list_parts(self._upload, number - 1), ("ListPartsResult", "ListPartsResponse"), echoes=True
        )
        told = [_tag_of(part) for part in found.all("Part") if part.find("PartNumber") == str(number)]
        if not told or not told[0]:
            raise StrangeAnswer("no response has the ETag of a part that was copied")
        return told[0]

    def _check_race(self) -> None:
        """Look whose object is there: SeaweedFS says yes to several completions at once under one condition.

        Raises:
            PreconditionError: Another one is.
        """
        if self._new.conditional and not self._requests.keeps_races and not self._is_there():
            raise PreconditionError(f"another writer of {self._upload.name!r} got permission at the same time")

    def _look(self) -> ObjectInfo | None:
        return look_for(self._requests, self._upload.container, self._upload.name)

    def _is_there(self) -> bool:
        info = self._look()
        return info is not None and (self._write_id is None or info.write_id == self._write_id)

    def _is_gone_by(self, error: S3Error) -> bool:
        """Whether an error of a completion that is asked for again is that the first was done.

        Ceph's gateway answers with 500 once another writer has replaced the object.
        """
        return error.code == "NoSuchUpload" or (error.status == 500 and self._is_gone())

    def _is_gone(self) -> bool:
        """Whether the store says that it has no such upload: nobody but us could end it, so it was completed.

        Ceph's gateway says so by NoSuchKey, as a server would that knows no such request, and no such object.
        """
        try:
            self._requests.finish(list_parts(self._upload))
        except S3Error as error:
            return error.code == "NoSuchUpload" or (error.code == "NoSuchKey" and self._was_published())
        return False

    def _was_published(self) -> bool:
        """After a completion whose answer was lost the upload is gone: it was done, and maybe replaced since."""
        info = self._look()
        return info is not None and (info.last_modified or 0.0) >= self._begun - ROUNDED_SECONDS

    def _forget(self) -> None:
        self._requests.experience.uploads.discard(self._upload.upload_id)


def _tag_of(part: xml.Element) -> str:
    return part.find("ETag") or ""
