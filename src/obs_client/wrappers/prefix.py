"""A store that begins at a prefix: every name that goes in gets it, and every name that comes out loses it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from obs_client._engine import arguments, listing
from obs_client._engine.border import Border
from obs_client.backend.body import Body
from obs_client.backend.listing import name_of
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, Page, UrlTerms
from obs_client.client import ObjectStorageClient
from obs_client.errors import (
    ContainerNotEmptyError,
    InvalidNameError,
    NotFoundError,
    ObjectNotFoundError,
    ObjectStorageClientError,
)
from obs_client.models import Attributes, Capabilities, CleanupReport, ContainerInfo, ObjectInfo, SubdirInfo
from obs_client.wrappers.wrapped import Through, WrappedClient, WrappedReader, WrappedUpload

Answer = TypeVar("Answer")


class PrefixedClient(WrappedClient):
    """See `obs_client.wrappers.prefixed`.

    Attributes:
        prefix: It ends with a slash.
    """

    def __init__(self, inner: ObjectStorageClient, prefix: str) -> None:
        super().__init__(inner)
        arguments.check_prefix(prefix)
        if not prefix:
            raise InvalidNameError("a prefix has at least one character; without one, take the client itself")
        self.prefix: str = prefix if prefix.endswith("/") else f"{prefix}/"
        arguments.check_object_name(f"{self.prefix}x")

    def __repr__(self) -> str:
        return f"prefixed({self.inner!r}, {self.prefix!r})"

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except ObjectStorageClientError as error:
            name = error.object_name
            if name is not None and name.startswith(self.prefix):
                error.object_name = name.removeprefix(self.prefix)
                error.args = (str(error.args[0]).replace(repr(name), repr(error.object_name)), *error.args[1:])
            raise

    def _full(self, name: str) -> str:
        """The name in the inner store.

        Raises:
            ObjectNotFoundError: It is too long to be there.
        """
        full = self.prefix + name
        if len(full.encode()) > arguments.OBJECT_NAME_MAXIMUM:
            raise ObjectNotFoundError(f"there is no object {name!r}: with the prefix its name is too long")
        return full

    def _inner_new(self, new: NewObject) -> NewObject:
        return dataclasses.replace(new, name=self._full(new.name))

    def _own(self, info: ObjectInfo) -> ObjectInfo:
        return dataclasses.replace(info, name=info.name.removeprefix(self.prefix))

    def _capabilities(self) -> Capabilities:
        inner = super()._capabilities()
        most = inner.object_name_maximum or arguments.OBJECT_NAME_MAXIMUM
        return dataclasses.replace(inner, object_name_maximum=most - len(self.prefix.encode()), container_totals=False)

    def _location(self, container: str) -> tuple[Hashable, str]:
        store, base = super()._location(container)
        return store, base + self.prefix

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        page = super()._container_list(prefix, marker)
        return Page([ContainerInfo(each.name, None, None) for each in page.entries], page.next_marker)

    def _container_info(self, container: str) -> ContainerInfo:
        return ContainerInfo(super()._container_info(container).name, None, None)

    def _check_emptying(self, container: str) -> None:
        """Refuse a container that holds anything beside the prefix; by a listing of each folder above it."""
        super()._check_emptying(container)
        border = Border(self.inner)  # each of these requests has its own tries
        above = ""
        for folder in self.prefix.removesuffix("/").split("/"):
            entries = listing.objects(border, listing.Query(container, above, "/"), fetch_metadata=False)
            above += f"{folder}/"
            if (other := next((name for name in map(name_of, entries) if name != above), None)) is not None:
                raise self._holds(container, other)
        with contextlib.suppress(NotFoundError):
            border.object_info(container, self.prefix)
            raise self._holds(container, self.prefix)

    def _holds(self, container: str, name: str) -> ContainerNotEmptyError:
        return ContainerNotEmptyError(
            f"container {container!r} holds {name!r} too, which is not within the prefix {self.prefix!r}; nothing was "
            f"deleted",
            container=container,
            hint=f"object_delete_prefix({self.prefix!r}) of the inner client deletes what is within",
        )

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._own_page(
            super()._object_list(container, self.prefix + prefix, delimiter, self._full_start(start_after), marker)
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
        after = self._full_start(start_after)
        return self._own_page(
            super()._object_list_some(container, self.prefix + prefix, delimiter, after, marker, most)
        )

    def _full_start(self, start_after: str | None) -> str | None:
        return None if start_after is None else self.prefix + start_after

    def _own_page(self, page: Page[ObjectInfo | SubdirInfo]) -> Page[ObjectInfo | SubdirInfo]:
        # An object that has the prefix itself as its name marks the folder, and has no name in it.
        entries = [self._own_entry(each) for each in page.entries if name_of(each) != self.prefix]
        return Page(entries, page.next_marker)

    def _own_entry(self, entry: ObjectInfo | SubdirInfo) -> ObjectInfo | SubdirInfo:
        if isinstance(entry, SubdirInfo):
            return SubdirInfo(entry.subdir.removeprefix(self.prefix))
        return self._own(entry)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return self._own(super()._object_info(container, self._full(name)))

    def _object_tags(self, container: str, name: str) -> Mapping[str, str]:
        return super()._object_tags(container, self._full(name))

    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        return super()._object_headers(container, self._full(name))

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, self._full(name), start, stop, if_hash)
        return _Reader(reader, self._own(reader.info), self._through)

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        reader = super()._object_open_changed(container, self._full(name), start, stop, known)
        return reader and _Reader(reader, self._own(reader.info), self._through)

    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        reader = super()._object_open_end(container, self._full(name), count, if_hash)
        return _Reader(reader, self._own(reader.info), self._through)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        written = super()._object_write(self._inner_new(new), body)
        return written and self._own(written)

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        super()._object_replace_metadata(container, self._full(name), attributes, if_hash)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        super()._object_delete(container, self._full(name), if_hash)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        room = arguments.OBJECT_NAME_MAXIMUM - len(self.prefix.encode())
        full = [self.prefix + name for name in object_names if len(name.encode()) <= room]
        failures = super()._object_delete_many(container, full) if full else {}
        return {name.removeprefix(self.prefix): error for name, error in failures.items()}

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        super()._object_copy(container, self._inner_source(source), self._inner_new(new))

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        upload = super()._object_begin_copy(container, self._inner_source(source), self._inner_new(new))
        return WrappedUpload(upload, self._through)

    def _inner_source(self, source: ObjectInfo) -> ObjectInfo:
        return dataclasses.replace(source, name=self._full(source.name))

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _Upload(super()._object_multipart(self._inner_new(new)), self._through, self._own)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        return _Upload(super()._object_reopen(self._inner_new(new), identity), self._through, self._own)

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        places = container, self._inner_source(source), self._inner_new(new)
        return WrappedUpload(super()._object_reopen_copy(*places, identity), self._through)

    def _object_end_begun(self, new: NewObject, since: float) -> None:
        super()._object_end_begun(self._inner_new(new), since)

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return super()._object_generate_download_url(container, self._full(name), seconds, terms)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return super()._object_generate_upload_url(container, self._full(name), seconds, terms)

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        return super()._cleanup(container, self.prefix + prefix, older_than, kept)


class _Upload(WrappedUpload):
    """The inner upload, whose object gets its own name."""

    def __init__(self, inner: MultipartUpload, through: Through, own: Callable[[ObjectInfo], ObjectInfo]) -> None:
        super().__init__(inner, through)
        self._own = own

    def complete(self) -> ObjectInfo | None:
        written = super().complete()
        return written and self._own(written)


class _Reader(WrappedReader):
    """The inner reader, with the object's own name."""

    def __init__(self, inner: ObjectReader, info: ObjectInfo, through: Callable[[str, Callable[[], int]], int]) -> None:
        super().__init__(inner)
        self.info = info
        self._through = through

    def readinto(self, buffer: memoryview) -> int:
        return self._through("readinto", lambda: self.inner.readinto(buffer))
