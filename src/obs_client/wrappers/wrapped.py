"""A client around another client: every primitive passes one place, where a subclass may watch it or disturb it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Protocol, TypeVar

from obs_client.backend.body import Body
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, Page, UrlTerms
from obs_client.client import ObjectStorageClient
from obs_client.errors import ObjectStorageClientError
from obs_client.models import (
    Attributes,
    Capabilities,
    CleanupReport,
    ContainerInfo,
    EndpointFact,
    ObjectInfo,
    SubdirInfo,
)

Answer = TypeVar("Answer")


class Through(Protocol):
    """`WrappedClient._through`, for the steps of an upload."""

    def __call__(self, primitive: str, call: Callable[[], Answer], /) -> Answer:
        """Make one call of a primitive."""


class WrappedClient(ObjectStorageClient):
    """Does what the inner client does, primitive by primitive, those with a default included."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        self.container_resource: str | None = inner.container_resource
        super().__init__(inner.container_name, options=inner.options)
        self.inner = inner
        self.timeout: float = inner.timeout
        self.opens_whole: bool = inner.opens_whole
        self.condition_hint: str = inner.condition_hint
        self.delete_condition_hint: str = inner.delete_condition_hint

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        """Make one call of a primitive."""
        return call()

    def _capabilities(self) -> Capabilities:
        """What the inner client can do."""
        return self.inner._capabilities()

    def close(self) -> None:
        """Close the inner client."""
        self.inner.close()

    def _location(self, container: str) -> tuple[Hashable, str]:
        return self.inner._location(container)

    def _endpoint_facts(self) -> Sequence[EndpointFact]:
        return self.inner._endpoint_facts()

    def _container_create(self, container: str) -> None:
        self._through("container_create", lambda: self.inner._container_create(container))

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        return self._through("container_list", lambda: self.inner._container_list(prefix, marker))

    def _container_info(self, container: str) -> ContainerInfo:
        return self._through("container_info", lambda: self.inner._container_info(container))

    def _container_delete(self, container: str) -> None:
        self._through("container_delete", lambda: self.inner._container_delete(container))

    def _check_emptying(self, container: str) -> None:
        self._through("check_emptying", lambda: self.inner._check_emptying(container))

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._through(
            "object_list", lambda: self.inner._object_list(container, prefix, delimiter, start_after, marker)
        )

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._through(
            "object_list_some",
            lambda: self.inner._object_list_some(container, prefix, delimiter, start_after, marker, most),
        )

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return self._through("object_info", lambda: self.inner._object_info(container, name))

    def _object_tags(self, container: str, name: str) -> Mapping[str, str]:
        return self._through("object_tags", lambda: self.inner._object_tags(container, name))

    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        return self._through("object_headers", lambda: self.inner._object_headers(container, name))

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return self._through("object_open", lambda: self.inner._object_open(container, name, start, stop, if_hash))

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        return self._through(
            "object_open_changed", lambda: self.inner._object_open_changed(container, name, start, stop, known)
        )

    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        return self._through("object_open_end", lambda: self.inner._object_open_end(container, name, count, if_hash))

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        return self._through("object_write", lambda: self.inner._object_write(new, body))

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        self._through(
            "object_replace_metadata",
            lambda: self.inner._object_replace_metadata(container, name, attributes, if_hash),
        )

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        condition = () if if_hash is None else (if_hash,)  # as the border does
        self._through("object_delete", lambda: self.inner._object_delete(container, name, *condition))

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        self._through("object_copy", lambda: self.inner._object_copy(container, source, new))

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return self._through("object_begin_copy", lambda: self.inner._object_begin_copy(container, source, new))

    def _tidy(self, container: str) -> None:
        self._through("tidy", lambda: self.inner._tidy(container))

    def _metadata_sent(self, metadata: Mapping[str, str]) -> Mapping[str, str]:
        return self.inner._metadata_sent(metadata)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return self._through("object_delete_many", lambda: self.inner._object_delete_many(container, object_names))

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return self._through("object_multipart", lambda: self.inner._object_multipart(new))

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        return self._through("object_reopen", lambda: self.inner._object_reopen(new, identity))

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        return self._through(
            "object_reopen_copy", lambda: self.inner._object_reopen_copy(container, source, new, identity)
        )

    def _lists_in_order(self, container: str) -> bool:
        return self._capabilities().ordered_listing and self.inner._lists_in_order(container)

    def _object_end_begun(self, new: NewObject, since: float) -> None:
        self._through("object_end_begun", lambda: self.inner._object_end_begun(new, since))

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._through(
            "object_generate_download_url",
            lambda: self.inner._object_generate_download_url(container, name, seconds, *terms.passed),
        )

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._through(
            "object_generate_upload_url",
            lambda: self.inner._object_generate_upload_url(container, name, seconds, *terms.passed),
        )

    def _can_sign(self, container: str | None) -> bool:
        return self.inner._can_sign(container)

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        given = (container, prefix, older_than, *((kept,) if kept else ()))  # as the border does
        return self._through("cleanup", lambda: self.inner._cleanup(*given))

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return self.inner._classify_error(error)

    def _hint(self, error: Exception) -> str:
        return self.inner._hint(error)

    def _request_id(self, error: Exception) -> str | None:
        return self.inner._request_id(error)

    def _retry_after(self, error: Exception) -> float | None:
        return self.inner._retry_after(error)


class WrappedReader(ObjectReader):
    """Reads what the inner reader reads."""

    def __init__(self, inner: ObjectReader) -> None:
        self.info: ObjectInfo = inner.info
        self.digest: ContentDigest | None = inner.digest
        self.inner = inner

    def readinto(self, buffer: memoryview) -> int:
        return self.inner.readinto(buffer)

    def close(self) -> None:
        self.inner.close()


class WrappedUpload(MultipartUpload):
    """Does what the inner upload does; every step passes the place that the client's primitives pass."""

    def __init__(self, inner: MultipartUpload, through: Through) -> None:
        self.inner = inner
        self._through = through

    def __str__(self) -> str:
        return str(self.inner)

    def put_part(self, part: Part, body: Body) -> None:
        self._through("put_part", lambda: self.inner.put_part(part, body))

    @property
    def identity(self) -> str | None:
        return self.inner.identity

    def receipt(self, part: Part) -> str:
        return self.inner.receipt(part)

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        return self._through("take_up", lambda: self.inner.take_up(receipts))

    def leave(self) -> None:
        self.inner.leave()

    def replaces(self) -> Sequence[str]:
        return self._through("replaces", self.inner.replaces)

    def remove_replaced(self, names: Sequence[str]) -> None:
        self._through("remove_replaced", lambda: self.inner.remove_replaced(names))

    def copy_part(self, part: Part) -> None:
        self._through("copy_part", lambda: self.inner.copy_part(part))

    def complete(self) -> ObjectInfo | None:
        return self._through("complete", self.inner.complete)

    def abort(self) -> None:
        self._through("abort", self.inner.abort)
