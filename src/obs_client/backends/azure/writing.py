"""Writing: containers, objects by one request, and metadata alone."""

from __future__ import annotations

import base64
import re

from obs_client._http.answer import HttpAnswer
from obs_client._http.kit.calls.queries import headers_of
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.etags import etag_of
from obs_client.backend.body import Body
from obs_client.backend.values import WRITE_ID_KEY, NewObject
from obs_client.backends.azure.names import CONTAINER_NAMES, METADATA, sent_metadata
from obs_client.backends.azure.reading import condition
from obs_client.backends.azure.requests import Request, Requests
from obs_client.errors import IntegrityError, InvalidNameError
from obs_client.models import Attributes, ObjectInfo

METADATA_MAXIMUM = 8 * 1024
"""Bytes of all keys and values as they are sent."""

RESERVED = 320
"""Bytes of them that this library keeps for its own mark."""


def check_container_name(container: str) -> None:
    """Refuse a name that no container in Azure can have."""
    if not re.fullmatch(CONTAINER_NAMES, container):
        raise InvalidNameError(
            f"{container!r}: a container name in Azure has 3 to 63 of a-z, 0-9 and single '-' between them",
            container=container,
        )


def create_container(requests: Requests, container: str) -> None:
    """Create a container."""
    check_container_name(container)
    requests.finish(Request("Create Container", "PUT", container, query="restype=container"))


def put_blob(requests: Requests, new: NewObject, body: Body, *, check: bool) -> ObjectInfo:
    """Write an object by one request, with the MD5 of its content; `check` what Azure says of it, and give it."""
    digest = body.digest("md5")
    headers = {
        **attribute_headers(new.attributes, new.attributes.write_id),
        **conditions_of(new),
        "x-ms-blob-type": "BlockBlob",
        "Content-MD5": encode(digest),
    }
    answer = requests.finish(Request("Put Blob", "PUT", new.container, new.name, "", headers, body))
    if check:
        check_md5(answer, digest)
    return written(new, answer)


def written(new: NewObject, answer: HttpAnswer) -> ObjectInfo:
    """What the answer to a write tells of what is there now."""
    told = answer.headers
    return new.written(etag_of(told), read_date(told.get("last-modified")), told.get("x-ms-version-id"))


def replace_metadata(requests: Requests, new: NewObject) -> None:
    """Give an object other metadata; content and headers stay."""
    headers = {**metadata_headers(new.attributes, new.attributes.write_id), **conditions_of(new)}
    requests.finish(Request("Set Blob Metadata", "PUT", new.container, new.name, "comp=metadata", headers))


def attribute_headers(attributes: Attributes, mark: str | None) -> dict[str, str]:
    """The headers of a write that carries these attributes, and the mark of this write if it has one."""
    named = headers_of(
        ("x-ms-blob-content-type", attributes.content_type),
        ("x-ms-blob-content-encoding", attributes.content_encoding),
        ("x-ms-blob-content-disposition", attributes.content_disposition),
        ("x-ms-blob-content-language", attributes.content_language),
        ("x-ms-blob-cache-control", attributes.cache_control),
    )
    return named | metadata_headers(attributes, mark)


def metadata_headers(attributes: Attributes, mark: str | None) -> dict[str, str]:
    """Those of the metadata alone."""
    marked = {**attributes.metadata, WRITE_ID_KEY: mark} if mark else attributes.metadata
    return {METADATA + key: value for key, value in sent_metadata(marked).items()}


def conditions_of(new: NewObject) -> dict[str, str]:
    """The headers of a write for the conditions of an object."""
    return {"If-None-Match": "*"} if new.if_absent else condition(new.if_hash)


def check_md5(answer: HttpAnswer, digest: bytes) -> None:
    """Raise `IntegrityError` if Azure tells the digest of other bytes."""
    told = answer.headers.get("content-md5")
    if told not in (None, encode(digest)):
        raise IntegrityError(f"Azure reports that it received other bytes: MD5 {told} in place of {encode(digest)}")


def encode(value: bytes) -> str:
    """Bytes as Azure writes them."""
    return base64.b64encode(value).decode()
