"""Stores in this process for the suite: as poor as the contract allows, and one with a fence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from obs_client import (
    Capabilities,
    CleanupReport,
    ContainerInfo,
    ObjectInfo,
    ObjectStorageClient,
    SubdirInfo,
)
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.primitives import Backend
from obs_client.backend.values import NO_TERMS, NewObject, Page, UrlTerms
from obs_client.models import METADATA_KEY_CHARACTERS
from obs_client.testing import Conformance
from obs_client.testing.wrapper import WrappedClient


class Embedded(Conformance):
    """What holds for stores in this process."""

    settle_seconds = 0.0
    keeps_everything = True


class BareClient(WrappedClient):
    """A store that can do as little as the contract allows: all defaults, no conditions, no order, narrow limits."""

    def _capabilities(self) -> Capabilities:
        return Capabilities(
            ordered_listing=False,
            part_size_minimum=10,
            metadata_key_characters=METADATA_KEY_CHARACTERS.replace("_", ""),
            metadata_blank_edges=False,
            metadata_count_maximum=20,
            metadata_key_maximum=50,
            metadata_value_maximum=300,
            metadata_total_maximum=3000,
        )

    def _container_info(self, container: str) -> ContainerInfo:
        return ContainerInfo(super()._container_info(container).name, None, None)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        Backend._object_copy(self, container, source, new)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return Backend._object_delete_many(self, container, object_names)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return Backend._object_multipart(self, new)

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return Backend._object_generate_download_url(self, container, name, seconds, terms)


class FencedClient(WrappedClient):
    """Fails when the suite leaves its place."""

    def __init__(self, inner: ObjectStorageClient, container: str, prefix: str) -> None:
        super().__init__(inner)
        self.fence = container, prefix

    def check(self, container: str, *names: str) -> None:
        """Fail for another container, or a name outside the prefix."""
        outside = [name for name in names if not name.startswith(self.fence[1])]
        assert container == self.fence[0] and not outside, f"outside: {container!r}, {outside}"  # noqa: PT018

    def _container_create(self, container: str) -> None:
        raise AssertionError("a container was made")

    def _container_delete(self, container: str) -> None:
        raise AssertionError("a container was deleted")

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        raise AssertionError("the containers were listed")

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        self.check(container, prefix)
        return super()._object_list(container, prefix, delimiter, start_after, marker)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        self.check(container, name)
        return super()._object_info(container, name)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        self.check(new.container, new.name)
        return super()._object_write(new, body)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        self.check(new.container, new.name)
        return super()._object_multipart(new)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        self.check(container, source.name)
        self.check(new.container, new.name)
        super()._object_copy(container, source, new)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        self.check(container, name)
        super()._object_delete(container, name, if_hash)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        self.check(container, *object_names)
        return super()._object_delete_many(container, object_names)

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        self.check(container, prefix)
        assert older_than > 0, "leftovers of others could be removed"
        return super()._cleanup(container, prefix, older_than, kept)
