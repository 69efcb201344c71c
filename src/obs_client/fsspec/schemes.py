"""A class for each kind of store, so that a URL tells which: `obs+s3://container/name`.

None of them is called `LocalFileSystem`: by this name pyarrow takes a file system for its own.

fsspec finds them by the entry points of this package; their names shadow nobody's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from obs_client.fsspec.filesystem import ObjectStorageFileSystem


class NamedStoreFileSystem(ObjectStorageFileSystem):
    """`obs://store@container/name`, a named store; without it, in the one that the option `store` gives."""

    protocol = "obs"

    @classmethod
    def _without_store(cls, rest: str) -> str:
        store, at, path = rest.partition("@")
        return path if at and "/" not in store else rest

    @staticmethod
    def _get_kwargs_from_urls(path: Any) -> dict[str, str]:
        store, at, _ = str(path).partition("://")[2].partition("@")
        return {"store": store} if at and "/" not in store else {}


class AzureStoreFileSystem(ObjectStorageFileSystem):
    """`obs+az://container/name`, Azure Blob Storage."""

    protocol = "obs+az"
    default_store: ClassVar[str | None] = "az:"


class GoogleStoreFileSystem(ObjectStorageFileSystem):
    """`obs+gs://container/name`, Google Cloud Storage."""

    protocol = "obs+gs"
    default_store: ClassVar[str | None] = "gs:"


class LocalStoreFileSystem(ObjectStorageFileSystem):
    """`obs+file:///directory/name`: local files, each written whole, with attributes."""

    protocol = "obs+file"
    default_store: ClassVar[str | None] = "file:///"

    @classmethod
    def _without_store(cls, rest: str) -> str:
        return rest.lstrip("/")


class MemoryStoreFileSystem(ObjectStorageFileSystem):
    """`obs+memory://container/name`: one store, in the memory of this process."""

    protocol = "obs+memory"
    default_store: ClassVar[str | None] = "memory:"


class S3StoreFileSystem(ObjectStorageFileSystem):
    """`obs+s3://container/name`."""

    protocol = "obs+s3"
    default_store: ClassVar[str | None] = "s3:"


class SwiftStoreFileSystem(ObjectStorageFileSystem):
    """`obs+swift://container/name`."""

    protocol = "obs+swift"
    default_store: ClassVar[str | None] = "swift:"


ALL: tuple[type[ObjectStorageFileSystem], ...] = (
    NamedStoreFileSystem,
    AzureStoreFileSystem,
    GoogleStoreFileSystem,
    LocalStoreFileSystem,
    MemoryStoreFileSystem,
    S3StoreFileSystem,
    SwiftStoreFileSystem,
)
