"""The begin of an upload, which is never just repeated; and with which digests its parts are sent.

Parts carry a checksum where the server is known to refuse a wrong one. Amazon's S3 does. Of other servers some know
nothing of checksums, some refuse the headers (Backblaze B2: 400, Cloudflare R2 of 2022: 501), some keep or echo what
they are told without a look. So a server is believed only after it refused a wrong checksum, as "Checking object
integrity" of the S3 User Guide has it; until then, and else, MD5 is used.
"""

from __future__ import annotations

import hashlib
import math
import time
from contextlib import suppress

from obs_client._http.errors import ConnectFailure, ProxyRefusal, StrangeAnswer
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.s3.digests.sent import PartDigests, SentDigest
from obs_client.backends.s3.digests.tags import md5_in
from obs_client.backends.s3.endpoints import TAGS_PARTS, VERIFIES_PARTS
from obs_client.backends.s3.errors import S3Error, classify
from obs_client.backends.s3.multipart.found import end_lost
from obs_client.backends.s3.multipart.requests import (
    Upload,
    abort_multipart_upload,
    create_multipart_upload,
    upload_part,
)
from obs_client.backends.s3.multipart.upload import S3Upload
from obs_client.backends.s3.requests import Requests
from obs_client.backends.s3.writing import attribute_headers
from obs_client.errors import IntegrityError, NotSupportedError, TemporaryError

_ANYTHING = b"a part that must be refused"
_WRONG = SentDigest("crc32", bytes(4))
_BEGUN = ("InitiateMultipartUploadResult", "InitiateMultipartUpload")
"""How the answer to a begin is called, and how `rclone serve s3` calls it."""
_NOT_DONE = ("SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "TooManyRequests")
"""S3's own words for a request that it did not begin to work on."""


def begin_upload(requests: Requests, new: NewObject, *, check: bool = True) -> S3Upload:
    """Begin an upload of parts that are sent from here; `check` what the server says of each."""
    upload = _begin_upload(requests, new)
    upload.checks = check
    return upload


def reopen_upload(requests: Requests, new: NewObject, identity: str, *, check: bool = True) -> S3Upload:
    """Go on with an upload that another process began, in the way in which it sent its parts."""
    way, _, upload_id = identity.partition(" ")
    digests = PartDigests(tuple(way.removesuffix("!").split("+")), way.endswith("!"))
    upload = S3Upload(requests, again(requests, new, upload_id), new, digests)
    upload.checks = check
    return upload


def again(requests: Requests, new: NewObject, upload_id: str) -> Upload:
    """The upload of another process, which is this one's by now."""
    requests.experience.uploads.add(upload_id)
    return Upload(new.container, new.name, upload_id)


def begin(requests: Requests, new: NewObject, headers: dict[str, str], checksums: bool) -> Upload:
    """Begin an upload with these headers; one that an earlier try may have begun is ended first."""
    end_lost_begins(requests, new.container, new.name)
    asked = create_multipart_upload(new.container, new.name, headers, checksums)
    since = time.time()
    try:
        found = requests.document(asked, _BEGUN, ("UploadId",), echoes=True)
        upload_id = found.get("UploadId")
        if not upload_id:
            raise StrangeAnswer("the response to the start of an upload has no id")
    except Exception as error:
        if _may_have_begun(error):
            late = isinstance(error, TimeoutError)  # the server is still at work, or another request would wait as long
            requests.lost_begins[new.container, new.name] = since, math.inf if late else time.time()
            if not late:
                with suppress(S3Error, OSError):
                    end_lost_begins(requests, new.container, new.name)
        raise
    requests.experience.uploads.add(upload_id)
    return Upload(new.container, new.name, upload_id)


def end_lost_begins(requests: Requests, container: str, name: str | None = None) -> None:
    """End what was begun in a container, under a name or all, by requests whose answers were lost."""
    for place, (since, until) in [*requests.lost_begins.items()]:
        if place[0] == container and name in (None, place[1]):
            end_lost(requests, *place, since, until)
            requests.lost_begins.pop(place, None)


def _may_have_begun(error: Exception) -> bool:
    """Whether the server may have done what was asked, though it did not say so."""
    if isinstance(error, S3Error):
        return error.status < 300 or (error.status >= 500 and error.code not in _NOT_DONE and error.status != 501)
    return isinstance(error, OSError) and not isinstance(error, (ConnectFailure, ProxyRefusal))


def _begin_upload(requests: Requests, new: NewObject) -> S3Upload:
    headers = {**attribute_headers(new.attributes, new.part_size), **requests.settings.choices.object_headers}
    verified = requests.experience.of(VERIFIES_PARTS)
    chosen = requests.settings.choices.checksums
    known = True if requests.uses_checksums else verified if chosen is None else chosen
    if known is None:
        return _try_checksums(requests, new, headers)
    upload = begin(requests, new, headers, known)
    return S3Upload(requests, upload, new, PartDigests(("crc32",) if known else ("md5",), verified is True))


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
    _end_trial(requests, upload, new)
    return S3Upload(requests, begin(requests, new, headers, False), new, PartDigests(("md5",)))


def _end_trial(requests: Requests, upload: Upload, new: NewObject) -> None:
    """End an upload that was begun to learn; of a server that can end none (s3rver) it stays open."""
    try:
        S3Upload(requests, upload, new).abort()
    except S3Error as error:
        if classify(error) is not NotSupportedError:
            raise


def _refuses_wrong(requests: Requests, upload: Upload) -> bool | None:
    """Whether a part with a wrong checksum is refused for that; None: this time it could not be told.

    A server that takes it has it replaced by the part that follows. Its tag tells whether those of parts are digests.
    """
    try:
        answer = requests.finish(upload_part(upload, 1, BytesBody(_ANYTHING), _WRONG.headers))
    except Exception as error:
        kind = classify(error)
        if kind is None:
            raise
        return None if issubclass(kind, TemporaryError) else issubclass(kind, IntegrityError)
    if (tag := md5_in(answer.headers)) is not None:
        requests.experience.learn(TAGS_PARTS, tag == hashlib.md5(_ANYTHING, usedforsecurity=False).hexdigest())
    return False
