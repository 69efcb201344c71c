"""Backends that take odd names as they are, but for one method, which decodes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from obs_client import ObjectInfo, SubdirInfo
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NewObject, Page
from obs_client.models import Attributes
from test.testing.broken.backends import BrokenClient, caught_by


@caught_by("test_names_read")
class TellsNamesDecoded(BrokenClient):
    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return dataclasses.replace(super()._object_info(container, name), name=unquote(name))


@caught_by("test_names_folded")
class DecodesThePrefix(BrokenClient):
    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return super()._object_list(container, unquote(prefix), delimiter, start_after, marker)


@caught_by("test_names_folded")
class DecodesWhereToStart(BrokenClient):
    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return super()._object_list(container, prefix, delimiter, start_after and unquote(start_after), marker)


@caught_by("test_names_copied")
class DeletesManyDecoded(BrokenClient):
    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return super()._object_delete_many(container, [unquote(name) for name in object_names])


@caught_by("test_names_copied")
class CopiesFromADecodedName(BrokenClient):
    def _object_copy(self, container: str, source: ObjectInfo, new: Any) -> Any:
        decoded = self.inner.object_info(unquote(source.name), container)
        return super()._object_copy(container, decoded or source, new)


@caught_by("test_names_copied")
class CopiesToADecodedName(BrokenClient):
    def _object_copy(self, container: str, source: ObjectInfo, new: Any) -> Any:
        return super()._object_copy(container, source, dataclasses.replace(new, name=unquote(new.name)))


@caught_by("test_names_opened")
class ChangesADecodedName(BrokenClient):
    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        decoded = self.inner.object_info(unquote(name), container)
        super()._object_replace_metadata(container, decoded.name if decoded else name, attributes, None)


@caught_by("test_names_of_large_objects")
class WritesLargeObjectsDecoded(BrokenClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return super()._object_multipart(dataclasses.replace(new, name=unquote(new.name)))
