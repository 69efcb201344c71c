"""Stores in memory that break one promise each, or keep it in another way, as servers do."""

from __future__ import annotations

import dataclasses
import gzip
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from obs_client import (
    Attributes,
    Capabilities,
    ConflictError,
    IntegrityError,
    InvalidNameError,
    MemoryClient,
    NotSupportedError,
    ObjectInfo,
    ObjectNotFoundError,
    SubdirInfo,
)
from obs_client.backend import Body, BytesBody, MultipartUpload, NewObject, ObjectReader, Page, Part

Entry = ObjectInfo | SubdirInfo
WINDOW_SECONDS = 0.05


class Folding(MemoryClient):
    """Keeps every object under another name."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        super().__init__()
        self.fold = fold

    def _object_write(self, new: NewObject, body: Body) -> None:
        super()._object_write(dataclasses.replace(new, name=self.fold(new.name)), body)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return super()._object_info(container, self.fold(name))

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return super()._object_open(container, self.fold(name), start, stop, if_hash)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        super()._object_delete(container, self.fold(name), if_hash)


class Refusing(MemoryClient):
    """Takes no name of a kind."""

    def __init__(self, refuses: Callable[[str], bool]) -> None:
        super().__init__()
        self.refuses = refuses

    def _object_write(self, new: NewObject, body: Body) -> None:
        if self.refuses(new.name):
            raise InvalidNameError("no such name can be")
        super()._object_write(new, body)


class Trees(MemoryClient):
    """Objects are files: what is an object is no folder."""

    def _object_write(self, new: NewObject, body: Body) -> None:
        parent = new.name.rpartition("/")[0]
        if any(entry.name == parent for entry in self.object_list(container_name=new.container)):
            raise ConflictError("a file is where a directory would have to be")
        super()._object_write(new, body)


class Unconditional(MemoryClient):
    """Ignores conditions, or refuses them; the copies' too."""

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__()
        self.refuses = refuses

    def _publish(self, new: NewObject, content: bytes) -> None:
        if self.refuses and new.conditional:
            raise NotSupportedError("A header you provided implies functionality that is not implemented")
        super()._publish(dataclasses.replace(new, if_absent=False, if_hash=None), content)


class Hesitating(MemoryClient):
    """Looks at a condition, and writes a little later whatever has become of it."""

    def _publish(self, new: NewObject, content: bytes) -> None:
        if new.if_absent and self._exists(new):
            super()._publish(new, content)
        if new.if_absent:
            time.sleep(WINDOW_SECONDS)
        super()._publish(dataclasses.replace(new, if_absent=False), content)

    def _exists(self, new: NewObject) -> bool:
        try:
            self._object_info(new.container, new.name)
        except ObjectNotFoundError:
            return False
        return True


class LooksFirst(MemoryClient):
    """Says of itself that its conditions are no lock."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), atomic_conditions=False)


class Constant(MemoryClient):
    """Tells the same hash of everything."""

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return dataclasses.replace(super()._object_info(container, name), hash="same")


class Lagging(MemoryClient):
    """Shows what was done some time later, in listings and to who reads."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self._shown: list[tuple[float, list[ObjectInfo]]] = [(0.0, [])]
        self._replaced: dict[str, tuple[float, bytes]] = {}

    def _keep(self, container: str) -> None:
        now = super()._object_list(container, "", None, None, None).entries
        self._shown.append((time.monotonic(), [entry for entry in now if isinstance(entry, ObjectInfo)]))

    def _object_write(self, new: NewObject, body: Body) -> None:
        try:
            with super()._object_open(new.container, new.name, 0, None, None) as reader:
                old = bytearray(reader.info.size or 0)
                reader.readinto(memoryview(old))
                self._replaced[new.name] = time.monotonic(), bytes(old)
        except ObjectNotFoundError:
            pass
        super()._object_write(new, body)
        self._keep(new.container)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        super()._object_delete(container, name, if_hash)
        self._keep(container)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[Entry]:
        then = [entries for at, entries in self._shown if at <= time.monotonic() - self.seconds]
        return Page([entry for entry in then[-1] if entry.name.startswith(prefix)] if then else [], None)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        at, old = self._replaced.get(name, (0.0, b""))
        reader = super()._object_open(container, name, start, stop, if_hash)
        return Other(reader.info, old[start:stop]) if time.monotonic() - at < self.seconds else reader


class Listing(MemoryClient):
    """Lists in pages and in an order of its own; or knows no folders."""

    def __init__(self, *, key: Callable[[str], Any] | None = None, page: int = 1000, delimiters: str = "/-") -> None:
        super().__init__()
        self.key = key
        self.page = page
        self.delimiters = delimiters

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[Entry]:
        known = delimiter if delimiter and delimiter in self.delimiters else None
        entries = [*super()._object_list(container, prefix, known, start_after, None).entries]
        key = self.key
        if key:
            entries.sort(key=lambda entry: key(entry.subdir if isinstance(entry, SubdirInfo) else entry.name))
        start = int(marker or 0)
        end = start + self.page
        # A page that is full may be the last: the next one has no names.
        return Page(entries[start:end], str(end) if len(entries) >= end else None)


class Metadata(MemoryClient):
    """Keeps metadata in another way, or not."""

    def __init__(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        super().__init__()
        self.change = change

    def _object_write(self, new: NewObject, body: Body) -> None:
        attributes = dataclasses.replace(new.attributes, metadata=self.change(new.attributes.metadata))
        super()._object_write(dataclasses.replace(new, attributes=attributes), body)


class NarrowMetadata(MemoryClient):
    """Takes so many bytes of metadata."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def _object_write(self, new: NewObject, body: Body) -> None:
        if sum(len(key) + len(value) for key, value in new.attributes.metadata.items()) > self.size:
            raise InvalidNameError("these are too many")
        super()._object_write(new, body)


class Other(ObjectReader):
    """Gives bytes of its own."""

    def __init__(self, info: ObjectInfo, content: bytes) -> None:
        self.info = info
        self._left = memoryview(content)

    def readinto(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def close(self) -> None:
        pass


class Ranges(MemoryClient):
    """Answers ranges by the whole content, and does not look at the version that is asked for."""

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return super()._object_open(container, name, 0, None, None)


class Unpinned(MemoryClient):
    """Does not look at the version that is asked for."""

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return super()._object_open(container, name, start, stop, None)


class Decoding(MemoryClient):
    """Decodes what is gzip-coded for everybody."""

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        if reader.info.content_encoding != "gzip":
            return reader
        content = bytearray(reader.info.size or 0)
        reader.readinto(memoryview(content))
        return Other(reader.info, gzip.decompress(content))


class Copyless(MemoryClient):
    """Copies nothing by itself, and deletes one by one."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), server_side_copy=False, delete_batch_maximum=1)


class Careless(MemoryClient):
    """Loses the content in copies and changes of metadata, and tells of deletions that it does not make."""

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        self._publish(new, b"")

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        self._publish(NewObject(container, name, attributes, 0), b"")

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return {}


class Cutting(MemoryClient):
    """Publishes a large object without its last part."""

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _Cut(super()._object_multipart(new))


class _Cut(MultipartUpload):
    def __init__(self, inner: MultipartUpload) -> None:
        self._inner = inner

    def put_part(self, part: Part, body: Body) -> None:
        if part.number == 1:
            self._inner.put_part(part, body)

    def complete(self) -> None:
        self._inner.complete()

    def abort(self) -> None:
        self._inner.abort()


class CopyingParts(MemoryClient):
    """Copies by parts."""

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        with self._object_open(container, source.name, 0, None, None) as reader:
            content = bytearray(reader.info.size or 0)
            reader.readinto(memoryview(content))
        return _PartsOf(bytes(content), self._object_multipart(new))


class _PartsOf(MultipartUpload):
    def __init__(self, content: bytes, inner: MultipartUpload) -> None:
        self._content = content
        self._inner = inner

    def put_part(self, part: Part, body: Body) -> None:
        raise AssertionError("it was begun as a copy")

    def copy_part(self, part: Part) -> None:
        self._inner.put_part(part, BytesBody(self._content[part.offset : part.offset + part.size]))

    def complete(self) -> None:
        self._inner.complete()

    def abort(self) -> None:
        self._inner.abort()


class Slow(MemoryClient):
    """Takes its time for each look, and has a clock that is wrong."""

    def __init__(self, *, seconds: float = 0.0, ahead: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds
        self.ahead = ahead

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        time.sleep(self.seconds)
        info = super()._object_info(container, name)
        return dataclasses.replace(info, last_modified=(info.last_modified or 0.0) + self.ahead)


class Stubborn(MemoryClient):
    """Deletes nothing once it is told to be so."""

    stubborn = False

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        if self.stubborn:
            raise NotSupportedError("nothing is deleted here")
        super()._object_delete(container, name, if_hash)


class Waiting(MemoryClient):
    """Waits in the middle of a write of a name until somebody comes."""

    def __init__(self, part_of_name: str) -> None:
        super().__init__()
        self.part_of_name = part_of_name
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def _object_write(self, new: NewObject, body: Body) -> None:
        super()._object_write(new, body)
        if self.part_of_name in new.name:
            self.reached.set()
            self.go_on.wait(20.0)


class Complaining(MemoryClient):
    """Finds fault with every answer by which the store said yes, as with tags that are not digests."""

    def _object_write(self, new: NewObject, body: Body) -> None:
        super()._object_write(new, body)
        raise IntegrityError("the store reports that it received other bytes")
