"""`UPath("obs+swift://container/name")`: the pathlib of universal_pathlib over any store."""

from __future__ import annotations

from upath.implementations.cloud import CloudPath


class ObjectStoragePath(CloudPath):
    """A path in a store; containers are its drives."""

    __slots__ = ()
