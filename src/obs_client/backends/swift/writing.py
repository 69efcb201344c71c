"""Writing: an object by one request, or a static large object by segments in parallel and the manifest that shows it.

Swift looks for an object when a write begins: of several `if_absent` writes that begin before one has ended it refuses
none, and the last wins. Nor does it say which object a write replaced. So a writer looks again after it has written.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from obs_client._http.kit.buffers import CONTENT_LIMIT
from obs_client._http.kit.etags import etag_of
from obs_client.backend import content_types
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.swift.deleting import delete_many
from obs_client.backends.swift.errors import UNSEEN, NoContainer, check_success, status_of
from obs_client.backends.swift.facts import CONDITIONS, TAGGED_MANIFESTS
from obs_client.backends.swift.headers import (
    KEPT_BY_POST,
    WRITE_ID_HEADER,
    attribute_headers,
    content_length,
    last_modified,
    text,
    upload_id,
    write_id,
    write_id_header,
)
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.requests import RENEWALS, SwiftHttp
from obs_client.backends.swift.segments import (
    Segments,
    segment_name,
    segment_type,
    segments_container,
    tag_of_segments,
    upload_id_of,
)
from obs_client.errors import AuthorizationError, IntegrityError, NotSupportedError, PreconditionError
from obs_client.models import Attributes, ObjectInfo

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


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


class HashingBody(Body):
    """A body whose MD5 is computed as it is read, beside the transfer."""

    def __init__(self, inner: Body) -> None:
        super().__init__(inner.size)
        self._inner = inner
        self._hash = hashlib.md5(usedforsecurity=False)

    def _read_at(self, position: int, buffer: memoryview) -> int:
        raise NotImplementedError

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        count = self._inner.readinto(view)
        self._hash.update(view[:count])
        return count

    def rewind(self) -> None:
        self._inner.rewind()
        self._hash = hashlib.md5(usedforsecurity=False)

    def hexdigest(self) -> str:
        """The MD5 of what was read since the start."""
        return self._hash.hexdigest()


class SwiftUpload(MultipartUpload):
    """An upload of segments under a random id.

    Args:
        check: Compare what arrived with what was sent.
        further: Headers of the object beside its attributes.
    """

    def __init__(
        self,
        http: SwiftHttp,
        segments: Segments,
        new: NewObject,
        limits: Limits,
        *,
        check: bool,
        further: Mapping[str, str] | None = None,
    ) -> None:
        self.id: str = secrets.token_hex(16)
        self._http = http
        self._segments = segments
        self._new = new
        self._limits = limits
        self._check = check
        self._further = further or {}
        self._place = segments_container(new.container)
        self._tried: set[int] = set()
        self._stored: dict[int, tuple[str | None, int]] = {}
        self._old: list[str] = []
        self._doubtful = False
        self._answered: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"the upload with segments in {self._place}/{self.id}"

    def put_part(self, part: Part, body: Body) -> None:
        hashing = body if isinstance(body, BytesBody) or not self._check else HashingBody(body)
        known = body.digest("md5").hex() if isinstance(body, BytesBody) and self._check else None
        found = self._put(part.number, hashing, {"ETag": known} if known else {})
        expected = hashing.hexdigest() if isinstance(hashing, HashingBody) else known
        if expected is not None and found not in (None, expected):
            raise IntegrityError(f"part {part.number} arrived with other bytes: MD5 {found} in place of {expected}")
        self._stored[part.number] = (found or expected, part.size)

    def put_from(self, part: Part, headers: Mapping[str, str]) -> None:
        """Let the store make a segment of what the headers name."""
        self._stored[part.number] = (self._put(part.number, b"", headers), part.size)

    def _put(self, number: int, body: Body | bytes, headers: Mapping[str, str]) -> str | None:
        self._tried.add(number)
        headers = {"Content-Type": segment_type(self._new.name), **headers}
        size = len(body) if isinstance(body, Body) else None
        exchange = self._http.call(
            "put_object",
            self._place,
            segment_name(self.id, number),
            body,
            content_length=size,
            headers=headers,
            body=body,
        )
        return etag_of(exchange.headers)

    def size_of_part(self, number: int) -> int | None:
        """Bytes of a segment, as the store tells."""
        headers = self._http.call("head_object", self._place, segment_name(self.id, number)).headers
        return content_length(headers)

    def complete(self) -> ObjectInfo:
        if self._answered is None and self._doubtful:
            self._answered = self._published()
        if self._answered is None:
            self._old += self._segments.named_by(self._new.container, self._new.name)
            self._answered = self._publish()
        self._segments.discard(self._new.container, self._old, spared=self.id)
        check_won(self._http, self._new)
        self._leave_nothing_if_replaced(self._answered)
        return self._new.written(etag_of(self._answered), last_modified(self._answered))

    def _published(self) -> Mapping[str, str] | None:
        """The headers of the object, if an earlier try was done though its answer was lost, or came too late.

        A store looks at each segment before it answers, silently and perhaps for longer than the timeout.
        """
        try:
            headers = self._http.call("head_object", self._new.container, self._new.name).headers
        except Exception as error:
            if status_of(error) not in UNSEEN:
                raise
            return None
        return headers if upload_id(headers) == self.id else None

    def _publish(self) -> Mapping[str, str]:
        """Put the manifest; gives the headers of the answer."""
        doubtful, self._doubtful = self._doubtful, True
        if self._new.if_absent and not doubtful:
            look_first(self._http, self._new)
        try:
            return self._put_manifest_by_a_living_token()
        except Exception as error:
            if _says(error, "403 Forbidden"):
                raise self._unread() from error
            if not _says(error, "Mismatch", "404 Not Found") and not self._lacks_segments(error):
                raise
            if doubtful:
                # An earlier try was done, though its answer was lost: who replaced the object removed its segments.
                return {}
            raise IntegrityError("the store does not have the segments as they were sent") from error

    def _unread(self) -> AuthorizationError:
        return AuthorizationError(
            f"the store looks at the segments of a large object with the rights of who writes it, and {self._place!r} "
            f"may not be read",
            container=self._new.container,
            object_name=self._new.name,
            hint=f"an entry in the access list of {self._place!r} (X-Container-Read) gives this right",
        )

    def _lacks_segments(self, error: Exception) -> bool:
        """Whether a manifest was refused by 404 for a segment that is absent; raises if it was for the container."""
        if status_of(error) != 404:
            return False
        with NoContainer(self._new.container):
            self._http.call("head_container", self._new.container)
        return True

    def _leave_nothing_if_replaced(self, answered: Mapping[str, str]) -> None:
        """Remove the segments if another writer replaced the manifest before it could know of them."""
        found = successor(self._http, self._new)
        if found is None or not answered:
            return
        theirs, ours = last_modified(found), last_modified(answered)
        if theirs is not None and ours is not None and theirs > ours - 1:
            self._segments.discard(self._new.container, self._names())

    def _is_published(self) -> bool:
        """Whether a manifest names the segments, though the answer to its PUT was lost."""
        if self._published() is not None:
            return True
        named = self._segments.named_by(self._new.container, self._new.name)
        return any(upload_id_of(name) == self.id for name in named)

    def _names(self) -> list[str]:
        return [segment_name(self.id, number) for number in sorted(self._tried)]

    def _put_manifest_by_a_living_token(self) -> Mapping[str, str]:
        """Put the manifest; Swift looks at each segment with the token, and answers 400 if it runs out meanwhile."""
        for _ in range(RENEWALS):
            try:
                return self._put_manifest()
            except Exception as error:
                if not _says(error, "401 Unauthorized"):
                    raise
                self._http.session.renewed(self._http.session.access())
        return self._put_manifest()

    def _put_manifest(self) -> Mapping[str, str]:
        """Put the manifest with the tag that it must get, where the store takes that, else compare what it answers."""
        stored = [(number, tag, size) for number, (tag, size) in sorted(self._stored.items())]
        tags = [tag for _, tag, _ in stored if tag]
        whole = tag_of_segments(tags) if len(tags) == len(stored) else None
        content = json.dumps([self._entry(*each) for each in stored]).encode()
        if whole and not self._http.lacks(TAGGED_MANIFESTS):
            try:
                return self._send_manifest(content, {"ETag": whole})
            except Exception as error:
                if status_of(error) != 422 or self._http.keeps(TAGGED_MANIFESTS):
                    raise
        headers = self._send_manifest(content, {})
        if whole and etag_of(headers) not in (None, whole):
            raise IntegrityError(f"the store has other segments: tag {etag_of(headers)} in place of {whole}")
        if whole:
            self._http.facts.learn(TAGGED_MANIFESTS, False)
        return headers

    def _entry(self, number: int, tag: str | None, size: int) -> dict[str, object]:
        entry: dict[str, object] = {"path": f"/{self._place}/{segment_name(self.id, number)}", "size_bytes": size}
        return entry | ({"etag": tag} if tag else {})

    def _send_manifest(self, content: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
        attributes = self._new.attributes
        headers = {**attribute_headers(attributes), **write_id_header(attributes, self.id), **self._further, **headers}
        if self._new.if_absent:
            headers["If-None-Match"] = "*"
        return self._http.call(
            "put_object",
            self._new.container,
            self._new.name,
            content,
            headers=headers,
            query_string="multipart-manifest=put",
            body=content,
        ).headers

    def abort(self) -> None:
        if self._doubtful and self._is_published():
            return
        for error in delete_many(self._http, self._place, self._names(), self._limits).values():
            raise error


def _says(error: Exception, *phrases: str) -> bool:
    """Whether a manifest was refused for what one of its segments is said to be."""
    content = str(getattr(error, "http_response_content", ""))
    return status_of(error) == 400 and any(phrase in content for phrase in phrases)
