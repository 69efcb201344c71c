"""What is known of a server's checksums (`x-amz-checksum-*`), and how that is found out without risk.

Amazon's S3 has them. Of other servers some know nothing of them, some refuse the headers (Backblaze B2: 400, Cloudflare
R2 of 2022: 501), some keep or echo what they are told without a look. So a server is believed only after it refused a
wrong checksum, as "Checking object integrity" of the S3 User Guide has it; until then, and else, MD5 is used.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import Any

from obs_client._http.pool import HttpAnswer
from obs_client.backends.s3 import digests as s3_digests
from obs_client.backends.s3 import errors as s3_errors
from obs_client.backends.s3 import multipart as s3_multipart
from obs_client.backends.s3.connection import Exchange, S3Connection
from obs_client.errors import IntegrityError, TemporaryError

_UNKNOWN_HEADER = (400, 403, 501)
"""How servers refuse a header that they do not know; 403: it was dropped on the way, and was signed."""

_ANYTHING = b"a part that must be refused"
_WRONG = s3_digests.SentDigest("crc32", bytes(4))


@dataclasses.dataclass(slots=True)
class ServerChecksums:
    """What a client knows of its server.

    Attributes:
        chosen: The caller's word; None: Amazon's has checksums, others are tried.
        verified: Whether the server refuses parts with wrong checksums; None: not known yet.
        told: Whether it may be asked for the checksums of objects.
    """

    connection: S3Connection
    chosen: bool | None
    verified: bool | None = None
    told: bool = True

    @property
    def always(self) -> bool:
        """Whether checksums are used everywhere, without a trial."""
        return self.connection.is_vendor if self.chosen is None else self.chosen

    def begin(self, place: dict[str, Any], params: dict[str, Any]) -> tuple[str, s3_digests.PartDigests]:
        """Begin a multipart upload; gives its id, and the digests that its parts carry."""
        known = self.always or self.chosen
        if known is None:
            known = self.verified
        if known is None:
            return self._try(place, params)
        upload_id = s3_multipart.begin(self.connection, place, params, known)
        return upload_id, s3_digests.PartDigests(("crc32",) if known else ("md5",), self.verified is True)

    def _try(self, place: dict[str, Any], params: dict[str, Any]) -> tuple[str, s3_digests.PartDigests]:
        try:
            upload_id = s3_multipart.begin(self.connection, place, params, True)
        except Exception as error:
            if s3_errors.status_of(error) not in _UNKNOWN_HEADER:
                raise
            upload_id = s3_multipart.begin(self.connection, place, params, False)
            self.verified = False
            return upload_id, s3_digests.PartDigests(("md5",))
        try:
            self.verified = self._refuses_wrong({**place, "UploadId": upload_id, "PartNumber": 1})
        except BaseException:
            with suppress(Exception):
                self.connection.finish("abort_multipart_upload", {**place, "UploadId": upload_id})
            raise
        # Whoever took the upload as one with checksums may want them with each part, believed or not.
        return upload_id, s3_digests.PartDigests(("crc32",) if self.verified else ("crc32", "md5"), bool(self.verified))

    def _refuses_wrong(self, part: dict[str, Any]) -> bool | None:
        """Whether a part with a wrong checksum is refused for that; None: this time it could not be told.

        A server that takes it has it replaced by the part that follows.
        """
        try:
            self.connection.finish("upload_part", part, Exchange(_ANYTHING, _WRONG.headers))
        except Exception as error:
            kind = s3_errors.classify(error)
            if kind is None:
                raise
            return None if issubclass(kind, TemporaryError) else issubclass(kind, IntegrityError)
        return False

    def ask(self, place: dict[str, Any], answer: HttpAnswer) -> HttpAnswer:
        """The headers that tell most of an object of parts: those of its GET, or of a HEAD that asks for checksums.

        CRC-32 costs a fifth of MD5; the GET itself does not ask, since servers that do not know the header refuse it.
        """
        if self.always or self.chosen is False or not self.told or not s3_digests.is_of_parts(answer):
            return answer
        try:
            head = self.connection.finish("head_object", {**place, "ChecksumMode": "ENABLED"})
        except Exception as error:
            status = s3_errors.status_of(error)
            if status is None:
                raise
            self.told = status not in _UNKNOWN_HEADER
            return answer
        same = ("etag", "content-length")
        return head if all(head.headers.get(name) == answer.headers.get(name) for name in same) else answer
