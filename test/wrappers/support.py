"""What the tests of wrappers share."""

from __future__ import annotations

from obs_client.backend.values import ObjectReader, Page
from obs_client.client import ObjectStorageClient
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo
from obs_client.wrappers.reading import ReadOnlyClient
from obs_client.wrappers.wrapped import WrappedClient


class ReadThrough(WrappedClient):
    """Reads by a client that only reads, and writes beside it: what the suite needs to have something to read."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.reader = ReadOnlyClient(inner)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        return self.reader._container_list(prefix, marker)

    def _container_info(self, container: str) -> ContainerInfo:
        return self.reader._container_info(container)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self.reader._object_list(container, prefix, delimiter, start_after, marker)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return self.reader._object_info(container, name)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return self.reader._object_open(container, name, start, stop, if_hash)
