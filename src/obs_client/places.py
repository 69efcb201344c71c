"""Where objects are: a store, a container in it, and perhaps a folder in that, as one value for copying and sync."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import Self

from obs_client import urls
from obs_client._engine import arguments
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError
from obs_client.models import ClientOptions, ObjectInfo
from obs_client.urls import StorageUrl


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A folder of names in a store. Names in a place are what follows its prefix.

    Attributes:
        client: The store.
        container_name: The container in it.
        prefix: Empty, or the folder's name; it gets a slash at its end, so that `a` is never `ab`.
    """

    client: ObjectStorageClient
    container_name: str
    prefix: str = ""

    def __post_init__(self) -> None:
        arguments.check_container_name(self.container_name)
        arguments.check_prefix(self.prefix)
        if self.prefix and not self.prefix.endswith("/"):
            object.__setattr__(self, "prefix", self.prefix + "/")

    @classmethod
    def of_directory(
        cls, path: str | os.PathLike[str], *, follow_symlinks: bool = False, options: ClientOptions | None = None
    ) -> Self:
        """A local directory, in which file names are the names.

        It keeps names, content and attributes, but not empty directories and permission bits. The first file that is
        written into it creates it.

        Args:
            follow_symlinks: Read the targets of symbolic links that are in the directory; such a place is read-only.
        """
        client = urls.directory_client(path, follow_symlinks=follow_symlinks, options=options)
        return cls(client, client.container_name or "")

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        container_name: str | None = None,
        credentials: Mapping[str, str] | None = None,
        options: ClientOptions | None = None,
        follow_symlinks: bool = False,
    ) -> Self:
        """The place of a storage URL with a container (and a prefix), or of the path of a local directory.

        Args:
            container_name, credentials, options: As `StorageUrl.client` takes them; a path has options only.

        Raises:
            ConfigurationError: It is not a storage URL, or has no container.
        """
        if not urls.is_url(text):
            if container_name is not None or credentials is not None:
                raise ConfigurationError(f"{text!r} is a path, and a path has no container and no credentials")
            return cls.of_directory(text, follow_symlinks=follow_symlinks, options=options)
        url = StorageUrl.parse(text)
        client = url.client(container_name=container_name, credentials=credentials, options=options)
        if client.container_name is None:
            raise _no_container(text)
        return cls(client, client.container_name, url.prefix)

    def full_name(self, name: str) -> str:
        """The object name of a name in this place."""
        return self.prefix + name

    def objects(self) -> Iterator[ObjectInfo]:
        """All objects of the place, with their full names, in the store's order.

        An object that has just the prefix as its name, as some tools mark a folder, is not in the place.
        """
        for entry in self.client.object_iter(prefix=self.prefix, container_name=self.container_name):
            if isinstance(entry, ObjectInfo) and entry.name != self.prefix:
                yield entry

    def __str__(self) -> str:
        return f"{self.container_name!r}" + (f" under {self.prefix!r}" if self.prefix else "")


def parse_both(source: str, target: str, *, follow_symlinks: bool = False) -> tuple[Place, Place]:
    """Two places as `Place.parse` has them; of one store, they share a client, so that the store itself copies.

    Args:
        follow_symlinks: In the source, if it is a directory.
    """
    first = Place.parse(source, follow_symlinks=follow_symlinks)
    one, other = _url(source), _url(target)
    if one and other and one.is_same_store(other):
        if other.container_name is None:
            raise _no_container(target)
        return first, Place(first.client, other.container_name, other.prefix)
    return first, Place.parse(target)


def _url(text: str) -> StorageUrl | None:
    return StorageUrl.parse(text) if urls.is_url(text) else None


def _no_container(text: str) -> ConfigurationError:
    return ConfigurationError(f"{text!r} names no container")
