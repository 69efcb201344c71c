"""`ObjectStorage`: the files of a Django site as objects of any store."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri

from obs_client.client import ObjectStorageClient
from obs_client.django.content import rewound, stream_of
from obs_client.django.files import ObjectFile, absent_file
from obs_client.django.names import FileName, folder_prefix, object_name, split_extensions
from obs_client.errors import ConflictError, NotSupportedError
from obs_client.models import ClientOptions, ObjectInfo, SubdirInfo
from obs_client.urls import from_url

TRIES = 10
"""Names that are tried for one file; each further one has random characters of its own."""

HOUR = 3600


class NameTakenError(FileExistsError):
    """Another file has the name, by now."""


@deconstructible
class Rebuilt(Storage):
    """What knows the arguments it was made of, for migrations."""


class ObjectStorage(Rebuilt):
    """The files of a site in one container of a store, below the prefix of the URL if it has one.

    A file that does not exist raises `FileNotFoundError`, a path that leaves the storage `SuspiciousFileOperation`.
    Every other failure is an error of this library. There are no folders: one exists as long as it contains an object.
    Threads may share a storage, and a child process may use it after a fork.

    If the store keeps `if_absent`, two files that are saved under one name at the same time get two names. If it does
    not (see `client.capabilities`), the storage looks before it writes, as Django does, and one of the two can be lost.

    Args:
        store: A storage URL (`work://media` for a named store), or a client.
        container_name, credentials, options: As `obs_client.from_url` takes them; the URL may name the container.
        base_url: The public address of the files; None: URLs are signed.
        url_expires_in: Seconds for which a signed URL is valid.
        overwrite: Replace a file of the same name; otherwise the new file gets another name.
        cache_control: The header `Cache-Control` of each response.
    """

    overwrites = False
    """What `overwrite` is where it is not given."""

    def __init__(
        self,
        store: str | ObjectStorageClient,
        *,
        container_name: str | None = None,
        credentials: Mapping[str, str] | None = None,
        options: ClientOptions | None = None,
        base_url: str | None = None,
        url_expires_in: int = HOUR,
        overwrite: bool | None = None,
        cache_control: str | None = None,
    ) -> None:
        self.store = store
        self.base_url = base_url
        self.url_expires_in = url_expires_in
        self.overwrite: bool = self.overwrites if overwrite is None else overwrite
        self.cache_control = cache_control
        self._credentials = credentials
        self._from_url = functools.partial(
            from_url, container_name=container_name, credentials=credentials, options=options
        )

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """For migrations, which would keep the credentials for all to read: a storage that has any is refused there."""
        if self._credentials is not None:
            raise ValueError(
                "a migration would contain the credentials; pass the field a function that makes the storage"
            )
        path, arguments, keywords = super().deconstruct()
        return re.sub(r"^obs_client\.django\.\w+\.", "obs_client.django.", path), arguments, keywords

    @property
    def base_url(self) -> str | None:
        """Below which the files are, with a slash at the end; None: URLs are signed."""
        url = self._default_base_url() if self._base_url is None else self._base_url
        return url if not url or url.endswith("/") else f"{url}/"

    @base_url.setter
    def base_url(self, url: str | None) -> None:
        self._base_url = url

    def _default_base_url(self) -> str | None:
        return None

    @property
    def client(self) -> ObjectStorageClient:
        """The store itself, for what a storage of Django has no word for."""
        made = self.__dict__.get("_client")
        if made is None:
            new = self.store if isinstance(self.store, ObjectStorageClient) else self._from_url(self.store)
            made = self.__dict__.setdefault("_client", new)  # of threads that come at once the first one's stays
        return made  # type: ignore[no-any-return]

    # ---- reading ----------------------------------------------------------------------------------------------------

    def _open(self, name: FileName, mode: str = "rb") -> ObjectFile:
        return ObjectFile(self.client, object_name(name), mode, self.cache_control)

    def exists(self, name: FileName) -> bool:
        """Whether there is a file, or a folder with something in it."""
        wanted = object_name(name)
        if not wanted or self.client.object_exists(wanted):
            return True
        return next(self.client.object_iter(prefix=f"{wanted}/", limit=1), None) is not None

    def listdir(self, path: FileName) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder; none, if there is no such folder."""
        prefix = folder_prefix(path)
        folders: list[str] = []
        files: list[str] = []
        for entry in self.client.object_iter(prefix=prefix, delimiter="/"):
            if isinstance(entry, SubdirInfo):
                folders.append(entry.subdir.removeprefix(prefix).rstrip("/"))
            else:
                files.append(entry.name.removeprefix(prefix))
        return [*filter(None, folders)], [*filter(None, files)]

    def size(self, name: FileName) -> int:
        """Bytes of a file."""
        info = self._info(name)
        if info.size is not None:
            return info.size
        with self.open(name) as file:
            return int(file.size)

    def get_modified_time(self, name: FileName) -> dt.datetime:
        """When a file was written: with a zone if `USE_TZ` is set, else in that of the system."""
        stamp = self._info(name).last_modified
        if stamp is None:
            raise NotImplementedError("this store does not report when an object was written")
        return dt.datetime.fromtimestamp(stamp, dt.UTC if settings.USE_TZ else None)

    def _info(self, name: FileName) -> ObjectInfo:
        info = self.client.object_info(object_name(name))
        if info is None:
            raise absent_file(os.fspath(name))
        return info

    def url(self, name: FileName | None) -> str:
        """Where browsers find a file: below `base_url`, or by a signed URL, for which the store is not asked.

        Raises:
            ValueError: The store signs no URLs, and no `base_url` is given.
        """
        path = filepath_to_uri(name) or ""
        if self.base_url is not None:
            return str(urljoin(self.base_url, path.lstrip("/")))
        wanted = object_name(os.fspath(name or "").replace("\\", "/").lstrip("/"))
        try:
            return str(self.client.object_generate_download_url(wanted, expires_in_seconds=self.url_expires_in))
        except NotSupportedError as error:
            raise ValueError(f"{wanted!r} has no URL: {error}; give the storage a base_url") from error

    # ---- writing ----------------------------------------------------------------------------------------------------

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name, or another if there is a file of that name that must stay."""
        available: str = super().get_available_name(name, max_length=max_length)
        return available

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Whether a file may be saved under a name."""
        return (max_length is None or len(name) <= max_length) and (self.overwrite or not self.exists(name))

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Save a file under its name, or one like it if that is taken, also if it was taken just now.

        Raises:
            FileExistsError: It was, and the content cannot be read again.
        """
        wanted = content.name if name is None else name
        for left in reversed(range(TRIES)):
            try:
                return str(super().save(wanted, content, max_length=max_length))
            except NameTakenError:
                if not left or not rewound(content):
                    raise
                folder, root, extensions = split_extensions(object_name(wanted))
                wanted = posixpath.join(folder, self.get_alternative_name(root, extensions))
        raise AssertionError

    def _save(self, name: str, content: Any) -> str:
        wanted = object_name(name)
        guarded = not self.overwrite and self._keeps_if_absent()
        try:
            written = self.client.object_upload(
                stream_of(content), wanted, cache_control=self.cache_control, if_absent=guarded
            )
        except ConflictError as error:
            if not guarded:
                raise
            raise NameTakenError(
                17, os.strerror(17), wanted
            ) from error  # of two large ones that some stores keep apart
        if not written:
            raise NameTakenError(17, os.strerror(17), wanted)
        return wanted

    def _keeps_if_absent(self) -> bool:
        kept = self.__dict__.get("_if_absent")
        if kept is None:
            kept = self.__dict__.setdefault("_if_absent", self.client.capabilities.if_absent)
            if not kept:
                logging.getLogger("obs_client").warning(
                    "%r does not support if_absent: if two files are saved under one name at "
                    "once, one of them can be lost",
                    self.client,
                )
        return bool(kept)

    def delete(self, name: FileName) -> None:
        """Delete a file; one that is not there is no failure."""
        if not name:
            raise ValueError("The name must be given to delete().")
        self.client.object_delete(object_name(name))
