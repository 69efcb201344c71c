"""Backends that write other than they were told."""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Callable
from urllib.parse import quote

from obs_client import ObjectInfo
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.errors import ContainerNotEmptyError, ContainerNotFoundError, PreconditionError, ServiceError
from obs_client.models import Attributes, Capabilities
from obs_client.wrappers.wrapped import WrappedUpload
from test.testing.broken.backends import BrokenClient, caught_by


class BrokenWriting(BrokenClient):
    """Changes what is to be written, whichever way it comes."""

    def changed(self, new: NewObject) -> NewObject:
        """What is written in place of what was told."""
        return new

    def _object_write(self, new: NewObject, body: Body) -> None:
        super()._object_write(self.changed(new), body)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return super()._object_multipart(self.changed(new))


@caught_by("test_container_delete_while_written")
class LooksAndThenDeletesAll(BrokenClient):
    """As a store whose own delete takes all that is in the container, and that declares nothing of it."""

    def _object_write(self, new: NewObject, body: Body) -> None:
        time.sleep(0.02)
        super()._object_write(new, body)

    def _container_delete(self, container: str) -> None:
        if self.inner.object_list(container_name=container):
            raise ContainerNotEmptyError(f"container {container!r} holds objects")
        time.sleep(0.1)
        self.inner.container_delete(container, force=True)


@caught_by("test_if_absent_there")
class IgnoresIfAbsent(BrokenWriting):
    def changed(self, new: NewObject) -> NewObject:
        return dataclasses.replace(new, if_absent=False)


@caught_by("test_if_hash")
class IgnoresIfHash(BrokenWriting):
    def changed(self, new: NewObject) -> NewObject:
        return dataclasses.replace(new, if_hash=None)


@caught_by("test_writer_info")
class TellsTheHashOfTheOldObject(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        old = self.inner.object_info(new.name, new.container)
        super()._object_write(new, body)
        return new.written(old.hash if old else "none")


@caught_by("test_writer_info")
class TellsBareContentOfLargeObjects(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        class Upload(WrappedUpload):
            def complete(self) -> ObjectInfo | None:
                super().complete()
                return dataclasses.replace(new, attributes=Attributes("text/plain", {})).written(None)

        return Upload(super()._object_multipart(new), self._through)


@caught_by("test_delete_if_hash")
class IgnoresIfHashOfDeletions(BrokenClient):
    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        super()._object_delete(container, name)


@caught_by("test_delete_if_hash")
class RefusesToDeleteWhatIsNotThere(BrokenClient):
    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        if if_hash is not None and self.inner.object_info(name, container) is None:
            raise PreconditionError("there is none")
        super()._object_delete(container, name, if_hash)


@caught_by("test_delete_if_hash_race")
class LooksBeforeItDeletes(BrokenClient):
    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        if if_hash is not None and self.inner._object_info(container, name).hash != if_hash:
            raise PreconditionError("it is another one")
        time.sleep(0.005)
        super()._object_delete(container, name)


@caught_by("test_if_absent_there")
class IgnoresIfAbsentOfLargeObjects(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return super()._object_multipart(dataclasses.replace(new, if_absent=False))


@caught_by("test_if_absent_race")
class LooksBeforeItWrites(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> None:
        if new.if_absent and self.inner.object_info(new.name, new.container):
            raise PreconditionError("there is one")
        time.sleep(0.005)
        super()._object_write(dataclasses.replace(new, if_absent=False), body)


@caught_by("test_read_while_overwritten")
class WritesInPlace(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> None:
        data = body.readall()
        super()._object_write(new, BytesBody(data[: len(data) // 2]))
        time.sleep(0.002)
        super()._object_write(new, BytesBody(data))


@caught_by("test_info_while_overwritten")
class DeletesBeforeItWrites(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> None:
        self.inner.object_delete(new.name, new.container)
        time.sleep(0.002)
        super()._object_write(new, body)


@caught_by("test_info_while_overwritten")
class WritesAttributesLater(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> None:
        bare = dataclasses.replace(new.attributes, metadata={})
        super()._object_write(dataclasses.replace(new, attributes=bare), body)
        time.sleep(0.002)
        self.inner._object_replace_metadata(new.container, new.name, new.attributes, None)


class BrokenAttributes(BrokenWriting):
    """Changes the attributes that are written."""

    def altered(self, attributes: Attributes) -> Attributes:
        """What is kept in place of what was told."""
        return attributes

    def changed(self, new: NewObject) -> NewObject:
        return dataclasses.replace(new, attributes=self.altered(new.attributes))


class BrokenValues(BrokenAttributes):
    """Changes the metadata that is written."""

    def entry(self, key: str, value: str) -> dict[str, str]:
        """What is kept of one key and value."""
        return {key: value}

    def altered(self, attributes: Attributes) -> Attributes:
        kept: dict[str, str] = {}
        for key, value in attributes.metadata.items():
            kept |= self.entry(key, value)
        return dataclasses.replace(attributes, metadata=kept)


@caught_by("test_metadata")
class LosesMetadata(BrokenValues):
    def entry(self, key: str, value: str) -> dict[str, str]:
        return {}


@caught_by("test_metadata_values")
class KeepsAsciiOnly(BrokenValues):
    def entry(self, key: str, value: str) -> dict[str, str]:
        return {key: value.encode("ascii", "replace").decode()}


@caught_by("test_metadata_values")
class DropsEmptyValues(BrokenValues):
    def entry(self, key: str, value: str) -> dict[str, str]:
        return {key: value} if value else {}


@caught_by("test_metadata_blank_edges")
class StripsValues(BrokenValues):
    def entry(self, key: str, value: str) -> dict[str, str]:
        return {key: value.strip()}


@caught_by("test_metadata_underscore")
class ChangesUnderscores(BrokenValues):
    def entry(self, key: str, value: str) -> dict[str, str]:
        return {key.replace("_", "-"): value}


@caught_by("test_metadata_key_case")
class GivesKeysInTitleCase(BrokenValues):
    def entry(self, key: str, value: str) -> dict[str, str]:
        return {key.title(): value}


@caught_by("test_if_absent_new")
class ShowsTheWriteId(BrokenAttributes):
    def altered(self, attributes: Attributes) -> Attributes:
        return dataclasses.replace(attributes, metadata={key.title(): v for key, v in attributes.metadata.items()})

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        info = super()._object_info(container, name)
        metadata = {
            "shown-" + key.lower() if "Obs" in key else key.lower(): v for key, v in (info.metadata or {}).items()
        }
        return dataclasses.replace(info, metadata=metadata)


@caught_by("test_metadata_size")
class CutsMetadataShort(BrokenValues):
    def entry(self, key: str, value: str) -> dict[str, str]:
        return {key: value[:100]}


@caught_by("test_metadata_size_as_sent")
class CountsMetadataBeforeTheyGrow(BrokenWriting):
    """Its limit is of what it is sent, which it does not tell how it counts."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), metadata_total_maximum=4000)

    def changed(self, new: NewObject) -> NewObject:
        if sum(len(quote(key + value)) for key, value in new.attributes.metadata.items()) > 4000:
            raise ServiceError("the headers are too large")
        return new


@caught_by("test_content_type")
class IgnoresTheContentType(BrokenAttributes):
    def altered(self, attributes: Attributes) -> Attributes:
        return dataclasses.replace(attributes, content_type="application/octet-stream")


@caught_by("test_headers")
class LosesAHeader(BrokenAttributes):
    def altered(self, attributes: Attributes) -> Attributes:
        return dataclasses.replace(attributes, cache_control=None)


@caught_by("test_overwrite_drops_attributes")
class KeepsOldMetadata(BrokenWriting):
    def changed(self, new: NewObject) -> NewObject:
        old = self.inner.object_info(new.name, new.container)
        merged = {**(old.metadata or {} if old else {}), **new.attributes.metadata}
        return dataclasses.replace(new, attributes=dataclasses.replace(new.attributes, metadata=merged))


class BrokenChange(BrokenClient):
    """Changes attributes other than was told."""

    def altered(self, attributes: Attributes, old: ObjectInfo) -> Attributes:
        """What is kept in place of what was told."""
        return attributes

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        old = self.inner._object_info(container, name)
        super()._object_replace_metadata(container, name, self.altered(attributes, old), if_hash)


@caught_by("test_metadata_change_keeps_all")
class ForgetsTheContentTypeWithMetadata(BrokenChange):
    def altered(self, attributes: Attributes, old: ObjectInfo) -> Attributes:
        return dataclasses.replace(attributes, content_type="application/octet-stream")


@caught_by("test_metadata_change_keeps_all")
class ForgetsHeadersWithMetadata(BrokenChange):
    def altered(self, attributes: Attributes, old: ObjectInfo) -> Attributes:
        return Attributes(attributes.content_type, attributes.metadata)


@caught_by("test_replace_metadata")
class AddsMetadata(BrokenChange):
    def altered(self, attributes: Attributes, old: ObjectInfo) -> Attributes:
        return dataclasses.replace(attributes, metadata={**(old.metadata or {}), **attributes.metadata})


class BrokenHash(BrokenClient):
    """Tells other hashes."""

    def tag(self, info: ObjectInfo) -> str:
        """What is told in place of the hash."""
        raise NotImplementedError

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        info = super()._object_info(container, name)
        return dataclasses.replace(info, hash=self.tag(info))


@caught_by("test_hash")
class ConstantHash(BrokenHash):
    def tag(self, info: ObjectInfo) -> str:
        return "constant"


@caught_by("test_hash")
class HashOfTheSize(BrokenHash):
    def tag(self, info: ObjectInfo) -> str:
        return str(info.size)


@caught_by("test_hash")
class QuotedHash(BrokenHash):
    def tag(self, info: ObjectInfo) -> str:
        return f'"{info.hash}"'


@caught_by("test_metadata_change_keeps_all")
class HashOfMetadataToo(BrokenHash):
    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        super()._object_replace_metadata(container, name, attributes, None)

    def tag(self, info: ObjectInfo) -> str:
        return f"{info.hash}{sorted((info.metadata or {}).items())}"


@caught_by("test_copy_attributes")
class CopiesContentOnly(BrokenClient):
    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        super()._object_copy(container, source, dataclasses.replace(new, attributes=Attributes("text/plain", {})))


@caught_by("test_copy")
class MovesInPlaceOfCopying(BrokenClient):
    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        super()._object_copy(container, source, new)
        self.inner.object_delete(source.name, container)


@caught_by("test_if_absent_copy")
class CopiesOverWhatIsThere(BrokenClient):
    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        super()._object_copy(container, source, dataclasses.replace(new, if_absent=False))


@caught_by("test_absent_container_write")
class MakesContainersByWriting(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> None:
        try:
            super()._object_write(new, body)
        except ContainerNotFoundError:
            self.inner.container_create(new.container)
            super()._object_write(new, body)


class BrokenUpload(MultipartUpload):
    """A large object in memory, put together in the order of its parts' numbers."""

    def __init__(self, new: NewObject, write: Callable[[NewObject, Body], object]) -> None:
        self.new = new
        self.parts: dict[int, bytes] = {}
        self.write = write

    def put_part(self, part: Part, body: Body) -> None:
        self.parts[part.number] = body.readall()

    def content(self) -> bytes:
        """All parts."""
        return b"".join(self.parts[number] for number in sorted(self.parts))

    def complete(self) -> None:
        self.write(self.new, BytesBody(self.content()))

    def abort(self) -> None:
        self.parts.clear()


@caught_by("test_write_bytes")
class DropsTheLastPart(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        class Upload(BrokenUpload):
            def content(self) -> bytes:
                return b"".join(self.parts[number] for number in sorted(self.parts)[:-1])

        return Upload(new, self.inner._object_write)


@caught_by("test_upload_plain_stream")
class OrdersPartsAsTheyCome(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        class Upload(BrokenUpload):
            def put_part(self, part: Part, body: Body) -> None:
                time.sleep(0.02 / part.number)
                super().put_part(part, body)

            def content(self) -> bytes:
                return b"".join(self.parts.values())

        return Upload(new, self.inner._object_write)


@caught_by("test_failing_stream")
class PublishesByAbort(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        class Upload(BrokenUpload):
            def abort(self) -> None:
                self.complete()

        return Upload(new, self.inner._object_write)


@caught_by("test_failing_stream")
class LeavesPartsAfterAbort(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        write = self.inner._object_write

        class Upload(BrokenUpload):
            def put_part(self, part: Part, body: Body) -> None:
                write(dataclasses.replace(self.new, name=f"{self.new.name}.{part.number}"), body)
                body.rewind()
                super().put_part(part, body)

        return Upload(new, write)


@caught_by("test_writer_publishes")
class PublishesBeforeTheEnd(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        class Upload(BrokenUpload):
            def put_part(self, part: Part, body: Body) -> None:
                super().put_part(part, body)
                self.complete()

        return Upload(new, self.inner._object_write)


@caught_by("test_metadata")
class LosesMetadataOfLargeObjects(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        bare = dataclasses.replace(new.attributes, metadata={})
        return super()._object_multipart(dataclasses.replace(new, attributes=bare))


@caught_by("test_stream_stays_open")
class ClosesTheCallersStream(BrokenClient):
    def object_upload(self, stream: io.BytesIO, *arguments: object, **options: object) -> bool:  # type: ignore[override]
        try:
            return super().object_upload(stream, *arguments, **options)  # type: ignore[arg-type]
        finally:
            stream.close()


@caught_by("test_write_bytes")
class CutsOffTheLastByte(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> None:
        super()._object_write(new, BytesBody(body.readall()[: max(0, body.size - 1)]))
