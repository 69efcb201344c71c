"""`MemoryClient`: a store in this process, for tests and for small work; the shortest backend there is."""

from __future__ import annotations

import bisect
import dataclasses
import hashlib
import heapq
import itertools
import os
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

from obs_client.backend.body import Body, BytesBody
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.listing import fold, name_of
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.client import ObjectStorageClient
from obs_client.errors import (
    ContainerExistsError,
    ContainerNotEmptyError,
    ContainerNotFoundError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionError,
)
from obs_client.models import Attributes, Capabilities, ClientOptions, ContainerInfo, ObjectInfo, SubdirInfo

PAGE_SIZE = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class _Stored:
    """One version of an object; never changed, so that a reader keeps what it began with."""

    content: bytes
    info: ObjectInfo


class _Container:
    """Objects by name, and their names in order, sorted when a listing first needs them."""

    def __init__(self) -> None:
        self._objects: dict[str, _Stored] = {}
        self._sorted: list[str] | None = []

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def size(self) -> int:
        return sum(len(stored.content) for stored in self._objects.values())

    def get(self, name: str) -> _Stored | None:
        return self._objects.get(name)

    def put(self, stored: _Stored) -> None:
        if stored.info.name not in self._objects:
            self._sorted = None
        self._objects[stored.info.name] = stored

    def remove(self, name: str) -> None:
        if self._objects.pop(name, None):
            self._sorted = None

    def infos_from(self, start: str, prefix: str) -> Iterator[ObjectInfo]:
        """The objects with the prefix whose names are not before `start`, in order."""
        if self._sorted is None:
            # Python compares text by code points, which is the order of its UTF-8 bytes.
            self._sorted = sorted(self._objects)
        names = self._sorted
        for index in range(bisect.bisect_left(names, max(start, prefix)), len(names)):
            if not names[index].startswith(prefix):
                return
            yield self._objects[names[index]].info


class MemoryClient(ObjectStorageClient):
    """Objects in this process's memory; each client is a store of its own.

    It refuses to be pickled: its objects live here. A child process has what was there at the fork.
    """

    opens_whole = True

    def __init__(self, container_name: str | None = None, *, options: ClientOptions | None = None) -> None:
        super().__init__(container_name, options=options)
        self._containers: dict[str, _Container] = {}
        self._lock = threading.RLock()
        _clients.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a MemoryClient cannot be pickled: its objects live in this process; use LocalClient")

    def _capabilities(self) -> Capabilities:
        return Capabilities(
            server_side_copy=True,
            if_absent=True,
            if_hash=True,
            delete_if_hash=True,
            container_totals=True,
            listing_has_metadata=True,
            delete_batch_maximum=PAGE_SIZE,
        )

    def _container_create(self, container: str) -> None:
        with self._lock:
            if container in self._containers:
                raise ContainerExistsError(f"container {container!r} is there already", container=container)
            self._containers[container] = _Container()

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        with self._lock:
            found = [name for name in self._containers if name.startswith(prefix) and (not marker or name > marker)]
            names = heapq.nsmallest(PAGE_SIZE, found)
            entries = [self._container_info(name) for name in names]
        return Page(entries, names[-1] if len(found) > PAGE_SIZE else None)

    def _container_info(self, container: str) -> ContainerInfo:
        with self._lock:
            objects = self._objects(container)
            return ContainerInfo(container, objects.size, len(objects))

    def _container_delete(self, container: str) -> None:
        with self._lock:
            if self._objects(container):
                raise ContainerNotEmptyError(f"container {container!r} holds objects", container=container)
            del self._containers[container]

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._object_list_some(container, prefix, delimiter, start_after, marker, PAGE_SIZE)

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        after = marker or start_after or ""
        with self._lock:
            infos = self._objects(container).infos_from(after, prefix)
            entries = (entry for entry in fold(infos, prefix, delimiter) if name_of(entry) > after)
            page = list(itertools.islice(entries, most + 1))
        if len(page) > most:
            return Page(page[:most], name_of(page[most - 1]))
        return Page(page, None)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        with self._lock:
            return self._stored(container, name).info

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        with self._lock:
            stored = self._stored(container, name)
        _check_hash(stored.info, if_hash)
        return _Reader(stored, start, stop)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        return self._publish(new, bytes(body.view()) if isinstance(body, BytesBody) else body.readall())

    def _publish(self, new: NewObject, content: bytes) -> ObjectInfo | None:
        tag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        info = ObjectInfo(new.name, len(content), tag, last_modified=time.time(), **_fields(new.attributes))
        with self._lock:
            objects = self._objects(new.container)
            old = objects.get(new.name)
            if new.if_absent and old:
                raise PreconditionError(f"there is an object {new.name!r} already")
            if new.if_hash is not None:
                _check_hash(old.info if old else None, new.if_hash)
            objects.put(_Stored(content, info))
        return info

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        with self._lock:
            stored = self._stored(container, source.name)
            if stored.info.hash != source.hash:
                raise ObjectChangedError(f"{source.name!r} was replaced before it was copied")
            self._publish(new, stored.content)

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        with self._lock:
            stored = self._stored(container, name)
            _check_hash(stored.info, if_hash)
            info = dataclasses.replace(stored.info, **_fields(attributes))
            self._objects(container).put(_Stored(stored.content, info))

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        with self._lock:
            if if_hash is not None:
                _check_hash(self._stored(container, name).info, if_hash)
            self._objects(container).remove(name)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        with self._lock:
            self._objects(new.container)
        return _Upload(self, new)

    def _objects(self, container: str) -> _Container:
        try:
            return self._containers[container]
        except KeyError:
            raise ContainerNotFoundError(f"there is no container {container!r}", container=container) from None

    def _stored(self, container: str, name: str) -> _Stored:
        stored = self._objects(container).get(name)
        if stored is None:
            raise ObjectNotFoundError(
                f"there is no object {name!r} in container {container!r}", container=container, object_name=name
            )
        return stored


class _Reader(ObjectReader):
    def __init__(self, stored: _Stored, start: int, stop: int | None) -> None:
        self.info = stored.info
        self.digest = ContentDigest("md5", (len(stored.content),), (stored.info.hash or "",))
        self._left = memoryview(stored.content)[start:stop]

    def readinto(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def close(self) -> None:
        self._left = memoryview(b"")


class _Upload(MultipartUpload):
    def __init__(self, client: MemoryClient, new: NewObject) -> None:
        self._client = client
        self._new = new
        self._parts: dict[int, bytes] = {}

    def put_part(self, part: Part, body: Body) -> None:
        self._parts[part.number] = body.readall()

    def complete(self) -> ObjectInfo | None:
        return self._client._publish(self._new, b"".join(content for _, content in sorted(self._parts.items())))

    def abort(self) -> None:
        self._parts.clear()


def _fields(attributes: Attributes) -> dict[str, Any]:
    return {field.name: getattr(attributes, field.name) for field in dataclasses.fields(attributes)}


def _check_hash(info: ObjectInfo | None, if_hash: str | None) -> None:
    if if_hash is not None and (info is None or info.hash != if_hash):
        raise PreconditionError(f"the object's hash is {info.hash if info else None!r}, not {if_hash!r}")


_clients: weakref.WeakSet[MemoryClient] = weakref.WeakSet()


def _renew_locks() -> None:
    """A thread of the parent may have held a lock at the fork; in the child nobody would ever let go of it."""
    for client in _clients:
        client._lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_locks)
