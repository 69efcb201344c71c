"""Copying within Swift, always into an object of its own: the copy shares no segment with its source.

Small enough, it is one request. Larger objects are copied range by range into new segments. A copy that must not
replace anything cannot be one request, since Swift takes its condition as one on the source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import quote

from obs_client._http.errors import BrokenAnswer
from obs_client._http.kit.etags import etag_of, quoted_etag
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import NeedsParts, NeedsReading, Part
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.backends.swift.errors import status_of
from obs_client.backends.swift.facts import COPY_CONDITIONS, OPENSTACK
from obs_client.backends.swift.headers import (
    content_length,
    is_manifest,
    is_unmeasured,
    object_info,
    upload_id,
    write_id_header,
)
from obs_client.backends.swift.large.upload import SwiftUpload
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.reading import ObjectOpening
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import Segments
from obs_client.errors import (
    ContainerNotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionError,
)
from obs_client.models import ObjectInfo

T = TypeVar("T")

Write = Callable[[NewObject, Body, Mapping[str, str]], object]


class Source:
    """The source of a copy, as it was seen: another one is refused."""

    def __init__(self, http: SwiftHttp, container: str, info: ObjectInfo) -> None:
        self.info = info
        self._http = http
        self._container = container
        self._condition = {} if info.hash is None else {"If-Match": quoted_etag(info.hash)}

    def copied(self, put: Callable[[Mapping[str, str]], T], target_container: str, range_: str | None = None) -> T:
        """What a PUT gives whose content is the source's, or a range of it.

        Raises:
            ObjectChangedError: The source is another by now.
            ObjectNotFoundError, ContainerNotFoundError: Whichever is absent.
        """
        try:
            return self._copied(put, range_)
        except Exception as error:
            if status_of(error) == 404:
                raise self._absent(target_container) from error
            if status_of(error) != 412:
                raise
            if not self._condition or not self.is_same():
                raise self._changed() from error
        # Swift judges a large object that is copied by the hash of its first segment's object, or an old one.
        self._condition = {}
        return self._copied(put, range_)

    def _copied(self, put: Callable[[Mapping[str, str]], T], range_: str | None) -> T:
        headers = {"X-Copy-From": f"/{quote(self._container)}/{quote(self.info.name)}", **self._condition}
        return put({**headers, "Range": range_} if range_ else headers)

    def check_same(self) -> None:
        """Raise `ObjectChangedError` if it is another by now; asked where the store may not have seen to that."""
        believed = self._condition and self._http.keeps(COPY_CONDITIONS)
        if not believed and not self.is_same():
            raise self._changed()

    def is_unmeasured(self) -> bool:
        """Whether the store itself does not know its size; asked only of what has no hash."""
        return self.info.hash is None and is_unmeasured(self._head())

    def may_share_segments(self) -> bool:
        """Whether a copy by one request would name the segments of the source; OpenStack's Swift copies content."""
        if self._http.keeps(OPENSTACK):
            return False
        headers = self._head()
        return is_manifest(headers) or upload_id(headers) is not None

    def check_is_read(self) -> None:
        """Raise `NotSupportedError` if the source has what a copy by reading and writing would lose."""
        if self.expiry():
            raise NotSupportedError(
                f"{self.info.name!r} expires, and a copy made by the store would not expire",
                hint="download it and write it again",
            )

    def is_same(self) -> bool:
        """Whether the object is the one that was seen."""
        headers = self._head()
        return object_info(self.info.name, headers, content_length(headers)).hash == self.info.hash

    def expiry(self) -> dict[str, str]:
        """When the source expires; the copy does too, as a copy by one request."""
        headers = self._head()
        return {"X-Delete-At": headers["x-delete-at"]} if "x-delete-at" in headers else {}

    def content(self, start: int, size: int) -> bytearray:
        """Bytes of that very version."""
        content = bytearray(size)
        view = memoryview(content)
        try:
            with self._open(start, start + size) as reader:
                while view:
                    count = reader.readinto(view)
                    if not count:
                        raise BrokenAnswer("the source broke off")
                    view = view[count:]
        except PreconditionError as error:
            raise self._changed() from error
        return content

    def _open(self, start: int, stop: int) -> ObjectReader:
        return ObjectOpening(self._http, self._container, self.info.name, self.info.hash, check=False).open(start, stop)

    def _head(self) -> Mapping[str, str]:
        return self._http.call("head_object", self._container, self.info.name).headers

    def _changed(self) -> ObjectChangedError:
        return ObjectChangedError(f"{self.info.name!r} was replaced before it was copied")

    def _absent(self, target_container: str) -> Exception:
        """The error that says which of source and target container is not there."""
        try:
            self._http.call("head_container", target_container)
        except Exception as error:
            if status_of(error) != 404:
                raise
            return ContainerNotFoundError(f"there is no container {target_container!r}", container=target_container)
        return ObjectNotFoundError(
            f"there is no object {self.info.name!r} in container {self._container!r}",
            container=self._container,
            object_name=self.info.name,
        )


def copy_at_once(
    http: SwiftHttp, segments: Segments, write: Write, source: Source, new: NewObject, piece: int, memory: int | None
) -> None:
    """Copy by one request, or a small one by way of memory.

    Args:
        write: Writes an object with further headers.
        piece: Bytes that the store copies in one request.
        memory: Bytes up to which an object may come by here; None: any, since the store has no large objects.

    Raises:
        NeedsParts: It is too large, or was no plain object.
        NeedsReading: The store measures it wrongly, as a dynamic large object of very many segments.
    """
    size = source.info.size
    if size is None or source.is_unmeasured():
        source.check_is_read()
        raise NeedsReading
    if memory is not None and size > (memory if new.if_absent else piece):
        raise NeedsParts
    if new.if_absent:
        write(new, BytesBody(source.content(0, size)), source.expiry())
        return
    if memory is not None and source.may_share_segments():
        raise NeedsParts

    def put(headers: Mapping[str, str]) -> Mapping[str, str]:
        headers = {**headers, **write_id_header(new.attributes)}
        with segments.replacing(new.container, new.name):
            return http.call("put_object", new.container, new.name, b"", headers=headers).headers

    tag = etag_of(source.copied(put, new.container))
    if tag != source.info.hash:
        source.check_same()
        if memory is not None and size and tag:
            raise NeedsParts  # it was a large object, and Swift would go on judging the copy by its old hash


class SwiftCopy(SwiftUpload):
    """A copy by parts: segments that the store makes of ranges of the source, or that are read and written."""

    def __init__(
        self,
        http: SwiftHttp,
        segments: Segments,
        new: NewObject,
        limits: Limits,
        source: Source,
        identity: str | None = None,
    ) -> None:
        super().__init__(http, segments, new, limits, check=True, further=source.expiry(), identity=identity)
        self._source = source
        self._reads = source.may_share_segments()

    def copy_part(self, part: Part) -> None:
        if self._reads or self._http.lacks(COPY_CONDITIONS):
            self.put_part(part, BytesBody(self._source.content(part.offset, part.size)))
            return
        range_ = f"bytes={part.offset}-{part.offset + part.size - 1}"
        self._source.copied(lambda headers: self.put_from(part, headers), self._new.container, range_)
        if not self._http.keeps(COPY_CONDITIONS):
            self._learn(part)

    def _learn(self, part: Part) -> None:
        """See whether the store copied a range, or all there is."""
        if part.size != self._source.info.size:
            self._http.facts.learn(COPY_CONDITIONS, self.size_of_part(part.number) == part.size)
        if self._http.lacks(COPY_CONDITIONS):
            self.copy_part(part)

    def complete(self) -> ObjectInfo:
        self._source.check_same()
        return super().complete()
