"""Writing: containers, and objects by one request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.queries import content_headers
from obs_client._http.kit.encoded_words import encode_words
from obs_client._http.kit.etags import etag_of, quoted_etag
from obs_client.backend.body import BLOCK_SIZE, Body
from obs_client.backend.values import NewObject
from obs_client.backends.s3.digests.sent import digest_of_body, other_bytes
from obs_client.backends.s3.digests.tags import Tags
from obs_client.backends.s3.endpoints import DEFAULT_REGION, TAGS, TAKES_QUOTED
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.reading import METADATA_PREFIX, WRITE_ID, get_object, head_bucket, look_for
from obs_client.backends.s3.requests import (
    EXPECT_SIZE,
    XML_NAMESPACE,
    Request,
    Requests,
    is_identified,
)
from obs_client.errors import ContainerExistsError, InvalidNameError
from obs_client.models import Attributes, ObjectInfo

T = TypeVar("T")

METADATA_MAXIMUM = 2048
"""Bytes of all keys and values as they are sent."""

RESERVED = 64
"""Bytes of them that this library keeps for its own mark: its key, a random id, a part size."""

HEADER_COUNT_MAXIMUM = 80
"""Metadata keys of one object: an answer has some 20 headers besides, and many clients stop at 100."""

_NOT_HELD = ("PreconditionFailed", "NoSuchKey", "404")
"""How servers say that If-Match does not hold: of another object, or where there is none."""

_CONTAINER_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def create_bucket(container: str, region: str) -> Request:
    """Create a container in a region; us-east-1 is where S3 creates those that name none."""
    if region == DEFAULT_REGION:
        return Request("CreateBucket", "PUT", container)
    place = f"<LocationConstraint>{region}</LocationConstraint>"
    document = f'<CreateBucketConfiguration xmlns="{XML_NAMESPACE}">{place}</CreateBucketConfiguration>'
    return Request("CreateBucket", "PUT", container, body=document.encode())


def put_object(container: str, name: str, body: Body, headers: dict[str, str]) -> Request:
    """Write an object; `headers`: all that it carries, its conditions and digests."""
    return Request("PutObject", "PUT", container, name, "", headers, body, body.size >= EXPECT_SIZE)


def check_container_name(container: str) -> None:
    """Refuse a name that no new container in S3 can have."""
    if not _CONTAINER_NAME.fullmatch(container) or ".." in container:
        raise InvalidNameError(
            f"{container!r}: a container name in S3 has 3 to 63 of a-z, 0-9, '-' and '.', and begins and ends with "
            f"a letter or digit",
            container=container,
        )


def create_container(requests: Requests, container: str) -> None:
    """Create a container.

    Raises:
        ContainerExistsError: It is there, and ours.
    """
    check_container_name(container)
    if _is_ours(requests, container):
        # Asked before, since S3 in us-east-1 and many servers say yes to creating one's own again.
        raise _exists(container)
    try:
        requests.finish(create_bucket(container, requests.region_of(container)))
    except S3Error as error:
        if error.code != "BucketAlreadyExists" or not _is_ours(requests, container):
            raise
        # Some servers say so of one's own too.
        raise _exists(container) from error


def write_object(requests: Requests, new: NewObject, body: Body, *, check: bool) -> ObjectInfo:
    """Write an object by one request, with a digest of its content; `check` what the server says of it, and give it."""
    digest = digest_of_body(body, requests.uses_checksums)
    headers = {**attribute_headers(new.attributes), **requests.settings.choices.object_headers, **digest.headers}

    def send(conditions: dict[str, str]) -> HttpAnswer:
        body.rewind()
        return requests.finish(put_object(new.container, new.name, body, {**headers, **conditions}))

    answer = under_conditions(requests, new, send)
    if not is_identified(answer):
        _check_stored(requests, new, body)
    if check and (fits := digest.tag_fits(answer, body)) is not None:
        _check_tag(requests, new, body, answer, fits)
    return new.written(etag_of(answer.headers), version_id=answer.headers.get("x-amz-version-id"))


def under_conditions(requests: Requests, new: NewObject, send: Callable[[dict[str, str]], T]) -> T:
    """Send a write with the headers of its conditions.

    Ceph's gateway knows the tag of a condition only without quotes: where it refuses a tag that is the object's, it is
    asked again so.

    Raises:
        S3Error: 412 also where nothing is, which Amazon's S3 answers with 404.
    """
    quoted = requests.experience.of(TAKES_QUOTED) is not False
    try:
        answer = send(conditions_of(new, quoted=quoted))
    except S3Error as error:
        if new.if_hash is None or error.code not in _NOT_HELD:
            raise
        if error.code != "PreconditionFailed":
            raise S3Error(error.operation, 412, "PreconditionFailed", error.message, None, error.request_id) from error
        found = look_for(requests, new.container, new.name) if quoted and not requests.is_amazon else None
        if found is None or found.hash != new.if_hash or requests.experience.of(TAKES_QUOTED):
            raise
        quoted = False
        answer = send(conditions_of(new, quoted=quoted))
    if new.if_hash is not None and not requests.is_amazon:
        requests.experience.learn(TAKES_QUOTED, quoted)
    return answer


def _check_stored(requests: Requests, new: NewObject, body: Body) -> None:
    """See that an object is there of whose write a server said neither its tag nor a request id."""
    found = look_for(requests, new.container, new.name)
    if found is None or found.size not in (None, body.size):
        raise StrangeAnswer("the server reported success for the write, but the object is not there")


def _check_tag(requests: Requests, new: NewObject, body: Body, answer: HttpAnswer, fits: bool) -> None:
    """Judge the tag that a write was answered with; where it is not known what tags are, the object is read, once.

    Raises:
        IntegrityError: The store has other bytes.
    """
    tags = Tags(requests, new.container, new.name)
    if not fits and not requests.is_amazon and requests.experience.of(TAGS) is None:
        stored = _stored_digest(requests, new, answer)
        if stored == body.digest("md5"):
            requests.experience.learn(TAGS, False)
        elif stored is not None:
            raise other_bytes(answer, body)
    if tags.judge_whole(fits) and not fits:
        raise other_bytes(answer, body)


def _stored_digest(requests: Requests, new: NewObject, written: HttpAnswer) -> bytes | None:
    """The MD5 of what a write left there; None: another object is, or it cannot be read."""
    hasher = hashlib.md5(usedforsecurity=False)
    block = memoryview(bytearray(BLOCK_SIZE))
    try:
        with requests.call(get_object(new.container, new.name)) as answer:
            if answer.headers.get("etag") != written.headers.get("etag"):
                return None
            while count := answer.readinto(block):
                hasher.update(block[:count])
    except (S3Error, OSError):
        return None
    return hasher.digest()


def attribute_headers(attributes: Attributes, part_size: int | None = None) -> dict[str, str]:
    """The headers of a write that carries these attributes.

    Args:
        part_size: Bytes of each part but the last, noted with our own mark for whoever reads the object.
    """
    headers = content_headers(attributes)
    if attributes.write_id:
        headers[WRITE_ID] = f"{attributes.write_id}.{part_size}" if part_size else attributes.write_id
    return headers | {METADATA_PREFIX + key: value for key, value in sent_metadata(attributes.metadata).items()}


def sent_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata as it is sent."""
    return {key: encode_words(value) for key, value in metadata.items()}


def conditions_of(new: NewObject, *, quoted: bool = True) -> dict[str, str]:
    """The headers of a write for the conditions of an object."""
    if new.if_absent:
        return {"If-None-Match": "*"}
    if new.if_hash is None:
        return {}
    return {"If-Match": quoted_etag(new.if_hash) if quoted else new.if_hash}


def _is_ours(requests: Requests, container: str) -> bool:
    """Whether a container is there, and not closed to us."""
    try:
        requests.finish(head_bucket(container))
    except S3Error as error:
        if error.status in (403, 404):
            return False
        raise
    return True


def _exists(container: str) -> ContainerExistsError:
    return ContainerExistsError(f"container {container!r} is there already", container=container)
