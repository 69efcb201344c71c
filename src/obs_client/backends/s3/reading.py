"""Reading: whether a container is there, what an object's headers tell, and its bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from obs_client._http.answer import HttpAnswer
from obs_client._http.kit.calls.opening import Opening
from obs_client._http.kit.calls.queries import headers_of, query_of
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.encoded_words import decode_words
from obs_client._http.kit.etags import bare_etag, etag_of, quoted_etag
from obs_client._http.kit.numbers import read_number
from obs_client._http.kit.ranges import is_part
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.backends.s3.digests.part_sizes import AskedPartSizes
from obs_client.backends.s3.digests.stored import digest_of_answer, is_of_parts
from obs_client.backends.s3.digests.tags import Tags, hash_is_md5
from obs_client.backends.s3.endpoints import EXPRESS_ENDS, TELLS_CHECKSUMS, is_possible
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.requests import Request, Requests
from obs_client.errors import ContainerNotFoundError
from obs_client.models import ContainerInfo, ObjectInfo

METADATA_PREFIX = "x-amz-meta-"
WRITE_ID = METADATA_PREFIX + WRITE_ID_KEY
"""The header of the mark of a write, with the size of the parts after a dot."""

_EXPIRY = re.compile('expiry-date="([^"]*)"')


def head_bucket(container: str) -> Request:
    """Ask whether a container is there."""
    return Request("HeadBucket", "HEAD", container)


def head_object(
    container: str, name: str, *, if_hash: str | None = None, part_number: int | None = None, checksums: bool = False
) -> Request:
    """Ask for an object's headers, or those of one part of it; with its checksums, if asked."""
    headers = _reading_headers(None, if_hash, checksums)
    return Request("HeadObject", "HEAD", container, name, query_of(("partNumber", part_number)), headers)


def get_object(
    container: str,
    name: str,
    *,
    part: str | None = None,
    if_hash: str | None = None,
    checksums: bool = False,
    known: str | None = None,
) -> Request:
    """Ask for an object, or for the `part` that a value of `Range` names; not for what has the hash `known`."""
    unless = headers_of(("If-None-Match", None if known is None else quoted_etag(known)))
    return Request(
        "GetObject", "GET", container, name, headers={**_reading_headers(part, if_hash, checksums), **unless}
    )


def get_object_tagging(container: str, name: str) -> Request:
    """Ask for an object's tags."""
    return Request("GetObjectTagging", "GET", container, name, "tagging")


def look_at_container(requests: Requests, container: str) -> ContainerInfo:
    """One container; the server tells no totals."""
    check_possible(container)
    try:
        requests.finish(head_bucket(container))
    except S3Error as error:
        listed = Request("ListObjectsV2", "GET", container, query=query_of("list-type=2", ("max-keys", 1)))
        requests.explain(error, listed)
        raise
    return ContainerInfo(container, None, None)


def check_possible(container: str) -> None:
    """Refuse a name that no server's container can have."""
    if not is_possible(container):
        raise ContainerNotFoundError(f"S3 has no container {container!r}: no such name can be", container=container)


def look_at(requests: Requests, container: str, name: str, if_hash: str | None = None) -> HttpAnswer:
    """An object's HEAD; if that is refused, the reason comes from a GET."""
    try:
        asked = head_object(container, name, if_hash=if_hash)
        head = requests.finish(asked)
        # Cloudflare R2 tells no length of what it would decode: what has a coding is asked for as it is stored.
        return head if "content-length" in head.headers else requests.finish(as_stored(asked))
    except S3Error as error:
        requests.explain(error, get_object(container, name, part="bytes=0-0"))
        raise


def tags_of(requests: Requests, container: str, name: str) -> dict[str, str]:
    """An object's tags."""
    found = requests.document(get_object_tagging(container, name), "Tagging", ("TagSet",))
    return {tag.get("Key"): tag.get("Value") for tag in found.all("TagSet")[0].all("Tag")}


def look_for(requests: Requests, container: str, name: str) -> ObjectInfo | None:
    """What is stored under a name, None if nothing is."""
    try:
        return info_at(requests, container, name)
    except S3Error as error:
        if error.status == 404:
            return None
        raise


class ObjectOpening(Opening[Requests]):
    """One object that is to be read."""

    def _ask(self, part: str | None) -> HttpAnswer | None:
        checksums = self.requests.uses_checksums and (part is None or part.startswith("bytes=0-"))
        asked = get_object(
            self.container, self.name, part=part, if_hash=self.if_hash, checksums=checksums, known=self.known
        )
        try:
            return _stored(self.requests, asked)
        except S3Error as error:
            if error.status != 416:
                raise
            return None

    def _look(self) -> ObjectInfo:
        return info_at(self.requests, self.container, self.name, self.if_hash)

    def _info_of(self, answer: HttpAnswer, size: int | None) -> ObjectInfo:
        self.requests.check_identity(self.container, answer)
        return info_of(self.name, answer, size)

    def _digest_of(self, answer: HttpAnswer, info: ObjectInfo) -> ContentDigest | None:
        if info.size is None:
            return None
        return _digest_of(self.requests, self.container, self.name, answer, info.size)


def as_stored(request: Request) -> Request:
    """The same request, with leave to send what is stored with the coding gzip as it is."""
    return request._replace(headers={**request.headers, "Accept-Encoding": "gzip"})


def _stored(requests: Requests, asked: Request) -> HttpAnswer:
    """The answer to a GET with the bytes that are stored: never what a server decoded on the way out.

    That shows in chunks without a length, and in a weak tag (rclone#8137, #8531).
    """
    answer = requests.call(asked)
    if answer.length is not None or not answer.headers.get("etag", "").startswith("W/"):
        return answer
    answer.close()
    return requests.call(as_stored(asked))


def info_at(requests: Requests, container: str, name: str, if_hash: str | None = None) -> ObjectInfo:
    """What is stored under a name; where a HEAD does not tell its size, a GET of its first byte may."""
    head = look_at(requests, container, name, if_hash)
    size = size_of_head(head)
    return info_of(name, head, _size_by_range(requests, container, name) if size is None else size)


def size_of_head(head: HttpAnswer) -> int | None:
    """Bytes of the object, by the answer to a HEAD; None: it does not say."""
    return read_number(head.headers.get("content-length"))


def _size_by_range(requests: Requests, container: str, name: str) -> int | None:
    """Bytes of an object by the answer to a GET of its first byte; None: it does not say."""
    try:
        with requests.call(get_object(container, name, part="bytes=0-0")) as answer:
            if not is_part(answer):
                return answer.length
            whole = answer.headers.get("content-range", "")
    except S3Error as error:
        if error.status != 416:
            raise
        whole = error.headers.get("content-range", "")
    return read_number(whole.rpartition("/")[2])


def info_of(name: str, answer: HttpAnswer, size: int | None) -> ObjectInfo:
    """What the headers of a GET or HEAD tell of an object."""
    headers = answer.headers.by_lower_name
    return ObjectInfo(
        name,
        size,
        etag_of(headers),
        headers.get("content-type"),
        _metadata(headers),
        read_date(headers.get("last-modified")),
        _coding(headers.get("content-encoding")),
        headers.get("content-disposition") or None,
        headers.get("content-language") or None,
        headers.get("cache-control") or None,
        headers.get(WRITE_ID, "").partition(".")[0] or None,
        headers.get("x-amz-storage-class") or None,
        headers.get("x-amz-version-id") or None,
        _expiry(headers.get("x-amz-expiration", "")),
    )


def _reading_headers(part: str | None, if_hash: str | None, checksums: bool) -> dict[str, str]:
    return headers_of(
        ("Range", part),
        ("If-Match", None if if_hash is None else quoted_etag(if_hash)),
        ("x-amz-checksum-mode", "ENABLED" if checksums else None),
    )


def _digest_of(requests: Requests, container: str, name: str, answer: HttpAnswer, size: int) -> ContentDigest | None:
    ask = partial(_head_of_part, requests, container, name)
    parts = AskedPartSizes(ask, answer, size, _part_size_of(answer), requests.experience.part_sizes)
    told = _with_checksums(requests, container, name, answer)
    tags = Tags(requests, container, name)
    whole = None if container.endswith(EXPRESS_ENDS) else tags.judge_whole
    found = digest_of_answer(told, size, parts, whole, tags.judge_composite)
    if found is None and whole and hash_is_md5(bare_etag(answer.headers.get("etag", "")), answer.headers):
        tags.warn("the server does not report the sizes of its parts")
    return found


def _head_of_part(requests: Requests, container: str, name: str, number: int | None) -> HttpAnswer:
    return requests.finish(head_object(container, name, part_number=number))


def _with_checksums(requests: Requests, container: str, name: str, answer: HttpAnswer) -> HttpAnswer:
    """The headers that tell most of an object: those of its GET, or of a HEAD that asks for checksums.

    An answer of a range that is all of a small object has no checksum; it is needed where the tag is no MD5. Of parts,
    CRC-32 costs a fifth of MD5; the GET itself does not ask, since servers that do not know the header refuse it.
    """
    experience = requests.experience
    if requests.settings.choices.checksums is False or experience.of(TELLS_CHECKSUMS) is False:
        return answer
    if not (_lacks_digest(answer) if requests.uses_checksums else is_of_parts(answer)):
        return answer
    try:
        head = requests.finish(head_object(container, name, checksums=True))
    except S3Error as error:
        if error.is_of_unknown_header:
            experience.learn(TELLS_CHECKSUMS, False, "checksums")
        return answer
    same = ("etag", "content-length")
    return head if all(head.headers.get(name) == answer.headers.get(name) for name in same) else answer


def _lacks_digest(answer: HttpAnswer) -> bool:
    """Whether an answer of a range tells nothing that the content can be compared with."""
    told = any(name.startswith("x-amz-checksum-") for name in answer.headers)
    return is_part(answer) and not told and not hash_is_md5(bare_etag(answer.headers.get("etag", "")), answer.headers)


def _part_size_of(answer: HttpAnswer) -> int | None:
    """The part size that this library noted when it wrote the object."""
    return read_number(answer.headers.get(WRITE_ID, "").partition(".")[2]) or None


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name[len(METADATA_PREFIX) :]: decode_words(headers[name])
        for name in headers
        if name.startswith(METADATA_PREFIX) and name != WRITE_ID
    }


def _expiry(told: str) -> float | None:
    """When a rule of the container's lifecycle will delete an object, by the header that tells date and rule."""
    found = _EXPIRY.search(told)
    return read_date(found[1]) if found else None


def _coding(value: str | None) -> str | None:
    """The content encoding without the transfer's own, which some servers keep."""
    if not value or "aws-chunked" not in value:
        return value or None
    return ", ".join(part for part in map(str.strip, value.split(",")) if part and part != "aws-chunked") or None
