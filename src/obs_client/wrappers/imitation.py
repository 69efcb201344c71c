"""A store with the limits and refusals of another one."""

from __future__ import annotations

import dataclasses
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from obs_client._http.kit.fork import ForkLock
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NO_TERMS, NewObject, Page, UrlTerms
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConflictError, PreconditionError
from obs_client.models import Attributes, Capabilities, ClientOptions, ContainerInfo, ObjectInfo, SubdirInfo
from obs_client.wrappers.kinds import KINDS
from obs_client.wrappers.lag import Listings
from obs_client.wrappers.wrapped import WrappedClient, WrappedUpload

if TYPE_CHECKING:
    from obs_client.wrappers.signing import UrlServer

Answer = TypeVar("Answer")


class ImitatingClient(WrappedClient):
    """See `obs_client.wrappers.imitating`.

    Attributes:
        store: The name of what is imitated.
    """

    def __init__(
        self,
        inner: ObjectStorageClient,
        store: str,
        listing_lag: float = 0.0,
        conditional_writes: bool | None = None,
        conditional_deletes: bool | None = None,
    ) -> None:
        super().__init__(inner)
        if store not in KINDS:
            raise ValueError(f"there is no imitation of {store!r}; there are {', '.join(KINDS)}")
        if not listing_lag >= 0:
            raise ValueError(f"listing_lag must be 0 or more seconds, not {listing_lag}")
        self.store = store
        self._kind = KINDS[store].granting(conditional_writes, conditional_deletes)
        self._granted = conditional_writes, conditional_deletes
        self.condition_hint: str = self._kind.condition_hint
        self.delete_condition_hint: str = self._kind.delete_condition_hint
        self._lag = listing_lag
        self._listings = Listings(inner, listing_lag) if listing_lag else None
        self._lock = ForkLock()
        self._urls: tuple[int, UrlServer] | None = None
        self._uploads: weakref.WeakSet[_Upload] = weakref.WeakSet()

    def __repr__(self) -> str:
        return f"imitating({self.inner!r}, {self.store!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.inner, self.store, self._lag, self._granted, self.container_name, self.options)

    def close(self) -> None:
        """Close the inner client, and end the server of signed URLs."""
        with self._lock:
            if self._urls is not None and self._urls[0] == os.getpid():
                self._urls[1].stop()
            self._urls = None
        super().close()

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), **self._kind.capabilities)

    def _metadata_sent(self, metadata: Mapping[str, str]) -> Mapping[str, str]:
        return self._kind.sent(metadata)

    def _container_create(self, container: str) -> None:
        self._kind.check_container(container)
        super()._container_create(container)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        page = super()._container_list(prefix, marker)
        return Page([self._as_told(each) for each in page.entries], page.next_marker)

    def _container_info(self, container: str) -> ContainerInfo:
        return self._as_told(super()._container_info(container))

    def _as_told(self, info: ContainerInfo) -> ContainerInfo:
        return info if self._kind.capabilities["container_totals"] else ContainerInfo(info.name, None, None)

    def _container_delete(self, container: str) -> None:
        super()._container_delete(container)
        if self._listings:
            self._listings.forget(container)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        if self._listings:
            self.inner._container_info(container)
            return self._listings.page(container, prefix, delimiter, marker or start_after or "")
        return self._page_as_listed(super()._object_list(container, prefix, delimiter, start_after, marker))

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        if self._listings:
            return self._object_list(container, prefix, delimiter, start_after, marker)
        return self._page_as_listed(super()._object_list_some(container, prefix, delimiter, start_after, marker, most))

    def _page_as_listed(self, page: Page[ObjectInfo | SubdirInfo]) -> Page[ObjectInfo | SubdirInfo]:
        if self._capabilities().listing_has_metadata:
            return page
        return Page([self._as_listed(entry) for entry in page.entries], page.next_marker)

    def _as_listed(self, entry: ObjectInfo | SubdirInfo) -> ObjectInfo | SubdirInfo:
        return entry if isinstance(entry, SubdirInfo) else dataclasses.replace(entry, metadata=None)

    def _object_tags(self, container: str, name: str) -> Mapping[str, str]:
        """None, since nothing here can set some."""
        self._object_info(container, name)
        return {}

    def _changed(self, container: str, names: Sequence[str], call: Callable[[], Answer]) -> Answer:
        """Make a change, which listings show later."""
        if self._listings is None:
            return call()
        return self._listings.changed(container, names, call)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        call = super()._object_write
        return self._written(new, lambda: call(new, body))

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        # Without a condition where the other store keeps none: the inner one is asked as that would be.
        kept = if_hash if self._capabilities().if_hash else None
        call = super()._object_replace_metadata
        self._changed(container, [name], lambda: call(container, name, attributes, kept))

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        call = super()._object_delete
        self._changed(container, [name], lambda: call(container, name, if_hash))

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        call = super()._object_delete_many
        return self._changed(container, object_names, lambda: call(container, object_names))

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        call = super()._object_copy
        self._written(new, lambda: call(container, source, new))

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return self._begun(super()._object_begin_copy(container, source, new), new)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return self._begun(super()._object_multipart(new), new)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        return self._begun(super()._object_reopen(new, identity), new)

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        return self._begun(super()._object_reopen_copy(container, source, new, identity), new)

    def _begun(self, inner: MultipartUpload, new: NewObject) -> MultipartUpload:
        upload = _Upload(inner, new, self._written)
        if self._capabilities().exclusive_uploads:
            with self._lock:
                self._uploads.add(upload)
        return upload

    def _written(self, new: NewObject, call: Callable[[], Answer], own: _Upload | None = None) -> Answer:
        """Write an object; where uploads exclude each other, the others under its name are lost by that."""
        if not self._capabilities().exclusive_uploads:
            return self._changed(new.container, [new.name], call)
        with self._lock:
            if own is not None:
                own.check_parts()
            answer = self._changed(new.container, [new.name], call)
            for each in self._uploads:
                each.lost = each.lost or (each is not own and each.is_of(new.container, new.name))
        return answer

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._signed("GET", container, name, seconds, terms)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._signed("PUT", container, name, seconds, terms)

    def _can_sign(self, container: str | None) -> bool:
        return True

    def _signed(self, method: str, container: str, name: str, seconds: int, terms: UrlTerms) -> str:
        self._kind.check_signed(name)
        most = self._kind.url_seconds_maximum
        if most is not None and seconds > most:
            raise ValueError(f"expires_in_seconds in {self.store} is at most {most:,}, not {seconds:,}")
        return self._url_server().url(method, container, name, seconds, terms)

    def _url_server(self) -> UrlServer:
        """The one of this process; a child made by fork has its own."""
        from obs_client.wrappers.signing import UrlServer

        with self._lock:
            if self._urls is None or self._urls[0] != os.getpid():
                server = UrlServer(weakref.ref(self))
                weakref.finalize(self, server.stop)
                self._urls = os.getpid(), server
            return self._urls[1]


def _rebuild(
    inner: ObjectStorageClient,
    store: str,
    lag: float,
    granted: tuple[bool | None, bool | None],
    container_name: str | None,
    options: ClientOptions,
) -> ImitatingClient:
    client = ImitatingClient(inner, store, lag, *granted)
    client.container_name = container_name
    client.options = options
    return client


class _Upload(WrappedUpload):
    """The inner upload, whose object is listed later.

    Attributes:
        lost: Another write to the name ended first, and took the parts with it.
    """

    def __init__(self, inner: MultipartUpload, new: NewObject, written: Callable[..., ObjectInfo | None]) -> None:
        super().__init__(inner, lambda _, call: call())
        self.lost = False
        self._new = new
        self._written = written

    def is_of(self, container: str, name: str) -> bool:
        """Whether it is of this object."""
        return (self._new.container, self._new.name) == (container, name)

    def check_parts(self) -> None:
        """Raise `ConflictError`, or `PreconditionError` of a conditional write, if the parts are lost."""
        if self.lost:
            kind = PreconditionError if self._new.conditional else ConflictError
            raise kind("another write to this name ended first, and the parts are gone")

    def complete(self) -> ObjectInfo | None:
        return self._written(self._new, self.inner.complete, self)
