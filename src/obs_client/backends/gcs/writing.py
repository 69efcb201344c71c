"""Writing: containers, objects by one request, and metadata alone."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.framed import frame
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.calls.refusals import status_of
from obs_client._http.kit.encoded_words import encode_words
from obs_client.backend.body import Body
from obs_client.backend.crcs import CRC32C
from obs_client.backend.values import WRITE_ID_KEY, NewObject
from obs_client.backends.gcs.reading import base64_of, generation_of, hash_of, seconds_of
from obs_client.backends.gcs.requests import JSON_TYPE, Request, Requests, bucket_path, object_path, upload_path
from obs_client.errors import AuthorizationError, ContainerExistsError, IntegrityError, InvalidNameError
from obs_client.models import Attributes, ObjectInfo

STORED = "size,generation,crc32c,timeCreated"
"""What is asked of an object that was written."""

METADATA_MAXIMUM = 8 * 1024
"""Bytes of all keys and values as they are sent."""

RESERVED = 64
"""Bytes of them that this library keeps for its own mark: its key, a random id."""

NAMES_REFUSED = (
    (r"[\r\n]", "Google Cloud Storage takes no line ends in names"),
    (r"\A\.well-known/acme-challenge/", "Google Cloud Storage refuses names that begin like this"),
)

_CONTAINER = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


def check_container_name(container: str) -> None:
    """Refuse a name that no container at Google can have."""
    labels = container.split(".")
    odd = container.startswith("goog") or "google" in container or _ADDRESS.fullmatch(container)
    if not _CONTAINER.fullmatch(container) or odd or not all(0 < len(label) <= 63 for label in labels):
        raise InvalidNameError(
            f"{container!r}: a container name at Google has 3 to 63 of a-z, 0-9, '-', '_' and '.' (up to 222 with "
            f"dots, 63 between them), a letter or digit at its ends, and neither 'google' nor an address in it",
            container=container,
        )


def create_container(requests: Requests, container: str) -> None:
    """Create a container.

    Raises:
        ContainerExistsError: It is there, and not closed to us.
        AuthorizationError: It is somebody else's: all projects of Google share the names.
    """
    check_container_name(container)
    body = json.dumps({"name": container}).encode()
    query = query_of(("project", requests.login.project), ("fields", "name"))
    asked = Request("buckets.insert", "POST", "/storage/v1/b", query, {"Content-Type": JSON_TYPE}, body)
    try:
        requests.json(asked)
    except Exception as error:
        if status_of(error) != 409:
            raise
        if not _is_ours(requests, container):
            raise AuthorizationError(
                f"a container {container!r} is there, and not yours: choose another name"
            ) from error
        raise ContainerExistsError(f"container {container!r} is there already", container=container) from error


def write_object(requests: Requests, new: NewObject, body: Body, *, check: bool) -> ObjectInfo | None:
    """Write an object by one request, with the CRC-32C of its content; `check` what Google says of it, and give it."""
    digest = base64_of(body.digest(CRC32C))
    boundary = secrets.token_hex(16)
    head = (
        f"--{boundary}\r\nContent-Type: {JSON_TYPE}\r\n\r\n{resource_of(new, {'crc32c': digest})}\r\n"
        f"--{boundary}\r\nContent-Type: {new.attributes.content_type}\r\n\r\n"
    )
    framed = frame(head.encode(), body, f"\r\n--{boundary}--\r\n".encode())
    query = query_of("uploadType=multipart", f"fields={STORED}", *conditions_of(new))
    headers = {"Content-Type": f"multipart/related; boundary={boundary}"}
    told = requests.json(Request("objects.insert", "POST", upload_path(new.container), query, headers, framed))
    if check:
        check_stored(told, body.size, digest)
    return written(new, told)


def written(new: NewObject, told: Mapping[str, Any]) -> ObjectInfo | None:
    """What is there now, by the answer to a write; None: an emulator's lacks some of `STORED`."""
    try:
        version = told["generation"]
        return new.written(hash_of(version, told["crc32c"]), seconds_of(told["timeCreated"]), version)
    except (KeyError, TypeError, ValueError):
        return None


def check_stored(told: Mapping[str, Any], size: int, digest: str) -> None:
    """Compare what Google says that it stored with what was sent.

    Raises:
        IntegrityError: It is something else.
    """
    if "crc32c" not in told:
        raise StrangeAnswer("the response to a write does not say what was stored")
    found = told.get("size"), told["crc32c"]
    if found != (str(size), digest):
        raise IntegrityError(
            f"Google reports that it stored other bytes: size and CRC-32C {found}, not {size}, {digest}"
        )


def replace_metadata(requests: Requests, new: NewObject) -> None:
    """Give an object other metadata; content, all other attributes and the mark of its write stay."""
    path = object_path(new.container, new.name)
    pinned = conditions_of(new)
    asked = Request("objects.get", "GET", path, query_of("fields=metadata,generation,metageneration", *pinned))
    found = requests.json(asked)
    old: Mapping[str, Any] = found.get("metadata") or {}
    removed: dict[str, str | None] = {key: None for key in old if key.lower() != WRITE_ID_KEY}
    body = json.dumps({"metadata": {**removed, **sent_metadata(new.attributes.metadata)}}).encode()
    query = query_of(
        "fields=name",
        ("ifGenerationMatch", found.get("generation")),
        ("ifMetagenerationMatch", found.get("metageneration")),
    )
    requests.json(Request("objects.patch", "PATCH", path, query, {"Content-Type": JSON_TYPE}, body))


def resource_of(new: NewObject, further: Mapping[str, Any]) -> str:
    """An object's attributes as a resource of the JSON API."""
    attributes = new.attributes
    resource = {
        "name": new.name,
        "contentType": attributes.content_type,
        "contentEncoding": attributes.content_encoding,
        "contentDisposition": attributes.content_disposition,
        "contentLanguage": attributes.content_language,
        "cacheControl": attributes.cache_control,
        "metadata": marked_metadata(attributes) or None,
        **further,
    }
    return json.dumps({key: value for key, value in resource.items() if value is not None})


def marked_metadata(attributes: Attributes) -> dict[str, str]:
    """The metadata as it is sent, with the mark of this write if it has one."""
    mark = {WRITE_ID_KEY: attributes.write_id} if attributes.write_id else {}
    return {**sent_metadata(attributes.metadata), **mark}


def sent_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata as it is sent: values that a header carries too, since parts begin by headers."""
    return {key: encode_words(value) for key, value in metadata.items()}


def conditions_of(new: NewObject) -> list[tuple[str, str | None]]:
    """The parameters of a write for the conditions of an object."""
    if new.if_absent:
        return [("ifGenerationMatch", "0")]
    return [("ifGenerationMatch", None if new.if_hash is None else generation_of(new.if_hash))]


def _is_ours(requests: Requests, container: str) -> bool:
    try:
        requests.json(Request("buckets.get", "GET", bucket_path(container), "fields=name"))
    except Exception as error:
        if status_of(error) in (403, 404):
            return False
        raise
    return True
