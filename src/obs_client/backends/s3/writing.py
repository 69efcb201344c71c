"""Writing: containers, and objects by one request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from obs_client._http.kit.encoded_words import encode_words
from obs_client._http.kit.etags import quoted_etag
from obs_client.backend.body import Body
from obs_client.backend.values import NewObject
from obs_client.backends.s3.digests import digest_of_body
from obs_client.backends.s3.endpoints import DEFAULT_REGION
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.reading import METADATA_PREFIX, WRITE_ID, head_bucket
from obs_client.backends.s3.requests import EXPECT_SIZE, XML_NAMESPACE, Request, Requests, headers_of
from obs_client.errors import ContainerExistsError, InvalidNameError
from obs_client.models import Attributes

METADATA_MAXIMUM = 2048
"""Bytes of all keys and values as they are sent."""

RESERVED = 64
"""Bytes of them that this library keeps for its own mark: its key, a random id, a part size."""

HEADER_COUNT_MAXIMUM = 80
"""Metadata keys of one object: an answer has some 20 headers besides, and many clients stop at 100."""

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


def create_container(requests: Requests, container: str) -> None:
    """Create a container.

    Raises:
        ContainerExistsError: It is there, and ours.
    """
    if not _CONTAINER_NAME.fullmatch(container) or ".." in container:
        raise InvalidNameError(
            f"{container!r}: a container name in S3 has 3 to 63 of a-z, 0-9, '-' and '.', and begins and ends with "
            f"a letter or digit",
            container=container,
        )
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


def write_object(requests: Requests, new: NewObject, body: Body, *, check: bool = True) -> None:
    """Write an object by one request, with a digest of its content; `check` what the server says of it."""
    digest = digest_of_body(body, requests.uses_checksums)
    headers = {
        **attribute_headers(new.attributes),
        **conditions_of(new),
        **requests.settings.choices.object_headers,
        **digest.headers,
    }
    answer = requests.finish(put_object(new.container, new.name, body, headers))
    if check:
        digest.check(answer, body)


def attribute_headers(attributes: Attributes, part_size: int | None = None) -> dict[str, str]:
    """The headers of a write that carries these attributes.

    Args:
        part_size: Bytes of each part but the last, noted with our own mark for whoever reads the object.
    """
    headers = headers_of(
        ("Content-Type", attributes.content_type),
        ("Content-Encoding", attributes.content_encoding),
        ("Content-Disposition", attributes.content_disposition),
        ("Content-Language", attributes.content_language),
        ("Cache-Control", attributes.cache_control),
    )
    if attributes.write_id:
        headers[WRITE_ID] = f"{attributes.write_id}.{part_size}" if part_size else attributes.write_id
    return headers | {METADATA_PREFIX + key: value for key, value in sent_metadata(attributes.metadata).items()}


def sent_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata as it is sent."""
    return {key: encode_words(value) for key, value in metadata.items()}


def conditions_of(new: NewObject) -> dict[str, str]:
    """The headers of a write for the conditions of an object."""
    if new.if_absent:
        return {"If-None-Match": "*"}
    return {"If-Match": quoted_etag(new.if_hash)} if new.if_hash is not None else {}


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
