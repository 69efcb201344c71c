"""Reading: what is known of an object, and its bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.calls.opening import Opening
from obs_client._http.kit.calls.queries import headers_of
from obs_client._http.kit.calls.refusals import Refusal
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.etags import etag_of, quoted_etag
from obs_client._http.kit.identity import check_identity
from obs_client._http.kit.numbers import read_number
from obs_client.backend.combined import CombinedDigest
from obs_client.backend.crcs import CRC64, combine, has_crc64
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.azure.errors import IDENTITIES
from obs_client.backends.azure.names import METADATA, read_metadata
from obs_client.backends.azure.requests import Request, Requests
from obs_client.models import ObjectInfo

_MARK = r"[^.]+\.(\d+x\d+(?:,\d+x\d+)*)\.([0-9a-f]{32})"
"""The mark of a write by parts: its id, the sizes of the parts (`bytes x count`), the MD5 of the parts' MD5s."""

_MARK_CRC64 = r"[^.]+\.(\d+)\.crc64-([0-9a-f]{16})"
"""As well: its id, the size of the object, and its CRC-64/NVME, where that can be computed."""

_PAST_THE_END = 416
NOT_MODIFIED = 304


def head_blob(container: str, name: str, if_hash: str | None = None) -> Request:
    """Ask for an object's headers."""
    return Request("Get Blob Properties", "HEAD", container, name, headers=condition(if_hash))


def condition(if_hash: str | None) -> dict[str, str]:
    """The header of a request for the version that has this hash."""
    return {} if if_hash is None else {"If-Match": quoted_etag(if_hash)}


def look_at(requests: Requests, container: str, name: str, if_hash: str | None = None) -> ObjectInfo:
    """What is stored under a name."""
    return info_of(name, requests.finish(head_blob(container, name, if_hash)).headers)


def tags_of(requests: Requests, container: str, name: str) -> dict[str, str]:
    """An object's tags."""
    found = requests.document(Request("Get Blob Tags", "GET", container, name, "comp=tags"), "Tags")
    return {tag.get("Key"): tag.get("Value") for tags in found.all("TagSet") for tag in tags.all("Tag")}


class BlobOpening(Opening[Requests]):
    """One object that is to be read."""

    def _ask(self, part: str | None) -> HttpAnswer | None:
        unless = None if self.known is None else quoted_etag(self.known)
        headers = headers_of(("Range", part), ("If-None-Match", unless)) | condition(self.if_hash)
        try:
            answer = self.requests.call(Request("Get Blob", "GET", self.container, self.name, headers=headers))
        except Refusal as error:
            if error.code == "ConditionNotMet" and error.status != NOT_MODIFIED:
                look_at(self.requests, self.container, self.name)  # Azurite says so of what is absent, too
            if error.status != _PAST_THE_END:
                raise
            return None
        if answer.status == 206 and answer.length == 0:  # Azurite, of a range that starts at the end
            answer.close()
            return None
        return answer

    def _look(self) -> ObjectInfo:
        return look_at(self.requests, self.container, self.name, self.if_hash)

    def _info_of(self, answer: HttpAnswer, size: int | None) -> ObjectInfo:
        check_identity(answer, IDENTITIES, "Azure")
        return info_of(self.name, answer.headers, size)

    def _digest_of(self, answer: HttpAnswer, info: ObjectInfo) -> ContentDigest | None:
        return digest_of(info.size or 0, info.write_id, answer.headers)


def info_of(name: str, headers: Mapping[str, str], size: int | None = None) -> ObjectInfo:
    """What the headers of a GET or HEAD tell of an object."""
    modified = read_date(headers.get("last-modified"))
    if size is None:
        size = read_number(headers.get("content-length"))
    if modified is None or size is None:
        raise BrokenAnswer("the response has no size or no time of the object: it is incomplete")
    start = len(METADATA)
    metadata, mark = read_metadata((name[start:], headers[name]) for name in headers if name.startswith(METADATA))
    return ObjectInfo(
        name, size, etag_of(headers), headers.get("content-type"), metadata, modified,
        headers.get("content-encoding") or None, headers.get("content-disposition") or None,
        headers.get("content-language") or None, headers.get("cache-control") or None, mark or None,
        headers.get("x-ms-access-tier") or None, headers.get("x-ms-version-id") or None,
        read_date(headers.get("x-ms-expiry-time")),
    )  # fmt: skip


def digest_of(size: int, mark: str | None, headers: Mapping[str, str]) -> ContentDigest | None:
    """What the whole content must hash to: as its writer noted it, else the MD5 that Azure tells."""
    if (noted := re.fullmatch(_MARK_CRC64, mark or "")) and int(noted[1]) == size and has_crc64():
        return CombinedDigest(noted[2], size, CRC64)
    if noted := re.fullmatch(_MARK, mark or ""):
        runs = [tuple(map(int, run.split("x"))) for run in noted[1].split(",")]
        if sum(each * count for each, count in runs) == size:
            return ContentDigest("md5", [each for each, count in runs for _ in range(count)], (), noted[2])
    told = headers.get("x-ms-blob-content-md5") or headers.get("content-md5") or ""
    try:
        value = base64.b64decode(told, validate=True).hex()
    except binascii.Error:
        return None
    return ContentDigest("md5", (size,), (value,)) if len(value) == 32 else None


def note_of_crc64(pieces: Sequence[tuple[int, bytes]]) -> str:
    """What a mark says of an object whose parts have these sizes and CRC-64s, after the id."""
    whole = combine(CRC64, ((digest, size) for size, digest in pieces))
    return f".{sum(size for size, _ in pieces)}.crc64-{whole.hex()}"


def note_of_parts(sizes: Sequence[int], digests: Sequence[bytes]) -> str:
    """What a mark says of the parts of an object, after the id."""
    runs = ",".join(f"{size}x{len(list(run))}" for size, run in itertools.groupby(sizes))
    return f".{runs}.{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}"
