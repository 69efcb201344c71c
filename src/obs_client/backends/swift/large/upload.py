"""A static large object on its way: segments in parallel, and the manifest that shows them."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from obs_client._http.kit.etags import etag_of
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.swift.deleting import delete_many
from obs_client.backends.swift.errors import UNSEEN, NoContainer, status_of
from obs_client.backends.swift.facts import TAGGED_MANIFESTS
from obs_client.backends.swift.headers import (
    attribute_headers,
    content_length,
    last_modified,
    upload_id,
    write_id_header,
)
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.requests import RENEWALS, SwiftHttp
from obs_client.backends.swift.segments import (
    Segments,
    keeps_versions,
    marked_segments,
    segment_name,
    segment_type,
    segments_container,
    tag_of_segments,
    upload_id_of,
)
from obs_client.backends.swift.writing import check_won, look_first, successor
from obs_client.errors import AuthorizationError, IntegrityError
from obs_client.models import ObjectInfo

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


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
        identity: Of the upload that another process began, if this goes on with it.
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
        identity: str | None = None,
    ) -> None:
        self.id: str = identity or secrets.token_hex(16)
        self._again = identity is not None
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

    @property
    def identity(self) -> str:
        return self.id

    def receipt(self, part: Part) -> str:
        return self._stored[part.number][0] or ""

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        there = {row["name"]: (row.get("hash"), row.get("bytes")) for row in self._listed()}
        taken, asks = list[Part](), True
        for part, tag in receipts.items():
            name = segment_name(self.id, part.number)
            # A cluster at work lists some time later what it has; when one is gone, no other is asked for.
            found = there.get(name) or (self._looked_at(name) if asks else None)
            asks = asks and found is not None
            if tag and found == (tag, part.size):
                taken.append(part)
        self._tried.update(part.number for part in taken)
        self._stored.update({part.number: (receipts[part], part.size) for part in taken})
        return taken

    def _listed(self) -> list[dict[str, Any]]:
        """The rows of the segments that another process has sent."""
        try:
            return marked_segments(self._http, self._new.container, self.id)
        except Exception as error:
            if status_of(error) != 404:
                raise
            return []

    def _looked_at(self, segment: str) -> tuple[str | None, int | None] | None:
        """Hash and size of a segment; None: it is not there."""
        try:
            headers = self._http.call("head_object", self._place, segment).headers
        except Exception as error:
            if status_of(error) != 404:
                raise
            return None
        return etag_of(headers), content_length(headers)

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

    def replaces(self) -> Sequence[str]:
        return self._segments.named_by(self._new.container, self._new.name)

    def remove_replaced(self, names: Sequence[str]) -> None:
        if self._published() is None:
            return  # what is there may have come from anywhere, and what was there may have gone to anywhere
        named = self.replaces()
        left = [name for name in names if upload_id_of(name) and name not in named]
        self._segments.discard(self._new.container, left, spared=self.id)

    def complete(self) -> ObjectInfo:
        if self._answered is None and (self._doubtful or self._again):
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
        if (self._doubtful or self._again) and self._is_published():
            return
        names = self._names_of_another() if self._again else self._names()
        for error in delete_many(self._http, self._place, names, self._limits).values():
            raise error

    def _names_of_another(self) -> list[str]:
        """What an earlier process has sent, too; none if an older version of the object may name it."""
        if keeps_versions(self._segments.look_at(self._new.container, UNSEEN) or {}):
            return []
        return sorted({*self._names(), *(row["name"] for row in self._listed())})


def _says(error: Exception, *phrases: str) -> bool:
    """Whether a manifest was refused for what one of its segments is said to be."""
    content = str(getattr(error, "http_response_content", ""))
    return status_of(error) == 400 and any(phrase in content for phrase in phrases)
