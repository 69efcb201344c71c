"""Writing: an object by one request, or a static large object by segments in parallel and the manifest that shows it.

Swift looks for an object when a write begins: of several `if_absent` writes that begin before one has ended it refuses
none, and the last wins. Nor does it say which object a write replaced. So a writer looks again after it has written.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from obs_client._http.kit.buffers import CONTENT_LIMIT
from obs_client._http.kit.etags import etag_of
from obs_client.backend import content_types
from obs_client.backend.body import Body
from obs_client.backend.values import NewObject
from obs_client.backends.swift.errors import UNSEEN, NoContainer, check_success, status_of
from obs_client.backends.swift.facts import CONDITIONS
from obs_client.backends.swift.headers import (
    KEPT_BY_POST,
    WRITE_ID_HEADER,
    attribute_headers,
    last_modified,
    text,
    write_id,
)
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import (
    Segments,
)
from obs_client.errors import IntegrityError, NotSupportedError, PreconditionError
from obs_client.models import Attributes, ObjectInfo

LINKS = 5
"""How many symlinks one after another are followed."""


def write_object(
    http: SwiftHttp,
    segments: Segments,
    limits: Limits,
    new: NewObject,
    body: Body,
    *,
    check: bool,
    further: Mapping[str, str] | None = None,
) -> ObjectInfo:
    """Write an object by one request.

    Args:
        check: Compare what arrived with what was sent.
        further: Headers of the object beside its attributes.
    """
    if body.size > limits.file_size:
        raise NotSupportedError(f"{body.size:,} bytes are more than this store takes at once: {limits.file_size:,}")
    headers = {**attribute_headers(new.attributes), **(further or {})}
    if check:
        headers["ETag"] = body.digest("md5").hex()
    if new.if_absent:
        headers["If-None-Match"] = "*"
        look_first(http, new)
    with segments.replacing(new.container, new.name), NoContainer(new.container):
        exchange = http.call(
            "put_object", new.container, new.name, body, content_length=body.size, headers=headers, body=body
        )
    found = etag_of(exchange.headers)
    if check and found not in (None, headers["ETag"]):
        raise IntegrityError(f"the store has other bytes: MD5 {found} in place of {headers['ETag']}")
    check_won(http, new)
    return new.written(found, last_modified(exchange.headers))


def look_first(http: SwiftHttp, new: NewObject) -> None:
    """Before a write with `if_absent` to a store that may not keep this condition: see whether an object is there.

    Raises:
        PreconditionError: There is one.
    """
    if http.keeps(CONDITIONS):
        return
    try:
        http.call("head_object", new.container, new.name)
    except Exception as error:
        if status_of(error) != 404:
            raise
        return
    raise PreconditionError(f"there is an object {new.name!r} already", container=new.container, object_name=new.name)


def replace_metadata(http: SwiftHttp, container: str, name: str, attributes: Attributes) -> None:
    """Give an object other attributes; the headers that Swift would drop are sent again."""
    old = http.call("head_object", container, name).headers
    headers = attribute_headers(attributes)
    if attributes.content_type == old.get("content-type", content_types.DEFAULT):
        del headers["content-type"]  # which alone a POST does not drop
    if write_id(old) == attributes.write_id:
        headers.update({key: old[key] for key in (WRITE_ID_HEADER,) if key in old})
    kept = {key: text(old[key]) for key in KEPT_BY_POST if key in old}
    post_object(http, container, name, {**kept, **headers})


def post_object(http: SwiftHttp, container: str, name: str, headers: Mapping[str, str]) -> None:
    """Change the metadata of an object; those of a symlink are its target's, as all that is read of it.

    Raises:
        NotSupportedError: It is a symlink that leads out of the store, or too far.
    """
    target = f"{http.session.access().parsed.path}/{quote(container)}/{quote(name)}"
    for _ in range(LINKS):
        answer, access = http.send("POST", target, headers, None)
        answer.read(CONTENT_LIMIT)
        if answer.status != 307:
            check_success(answer, "Object POST failed")
            return
        found = urlsplit(answer.headers.get("location", ""))
        if (found.netloc and f"{found.scheme}://{found.netloc}" != access.origin) or not found.path.startswith("/v"):
            break
        target = found.path
    raise NotSupportedError(
        f"{name!r} is a symlink, and where the store leads from it is not within the store or too far",
        hint="change the metadata of the object that it leads to",
    )


def successor(http: SwiftHttp, new: NewObject) -> Mapping[str, str] | None:
    """The headers of the object that is there in place of the one just written; None: it is this, or none."""
    mark = new.attributes.write_id
    if mark is None:
        return None
    try:
        # X-Newest asks all replicas: one of them may still have an older object.
        headers = http.call("head_object", new.container, new.name, headers={"X-Newest": "true"}).headers
    except Exception as error:
        if status_of(error) not in UNSEEN:
            raise
        return None
    return None if write_id(headers) == mark else headers


def check_won(http: SwiftHttp, new: NewObject) -> None:
    """Look whose object it is after a write with `if_absent`.

    Raises:
        PreconditionError: It is another writer's, who ended later.
    """
    if new.if_absent and successor(http, new) is not None:
        raise PreconditionError(f"another writer of {new.name!r} came at the same time, and was the last")
