"""`ObjectStorageFileSystem`: all its parts, and what an object is known by."""

from __future__ import annotations

import datetime as dt
from typing import Any

from obs_client.fsspec.errors import translated
from obs_client.fsspec.opening import Opening
from obs_client.fsspec.reading import Reading


class ObjectStorageFileSystem(Opening, Reading):
    """Any store as a file system of fsspec."""

    def sign(self, path: str, expiration: int | None = None, **options: Any) -> str:
        """A URL by which anybody can read the object for so many seconds (None: a day)."""
        container, name = self._file(path)
        with translated(path):
            return self.client.object_generate_download_url(name, container, expiration, **options)

    def modified(self, path: str) -> dt.datetime:
        """When the object was written last, in UTC."""
        time = self.info(path).get("mtime")
        if time is None:
            raise NotImplementedError(f"the store does not report when {path!r} was written")
        return dt.datetime.fromtimestamp(time, dt.UTC)

    def created(self, path: str) -> dt.datetime:
        """Not told by any store: an object that is written again is a new one. `modified` is told."""
        raise NotImplementedError(
            "stores do not report when an object was first written; modified() returns when it was last written"
        )

    def ukey(self, path: str) -> str:
        """A text that is another for other content."""
        entry = self.info(path)
        return str(entry.get("hash") or super().ukey(path))

    def checksum(self, path: str) -> int:
        """A number that is another for other content."""
        return int.from_bytes(self.ukey(path).encode())
