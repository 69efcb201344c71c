"""A ledger in an object: it is replaced as a whole from time to time, if it is still what this process wrote."""

from __future__ import annotations

import time
from collections.abc import Callable

from obs_client._engine.border import Border
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConflictError, NotSupportedError, ObjectNotFoundError, PreconditionError

EVERY = 15.0
"""Seconds between two writes."""

KIND = "application/x-ndjson"


class InStore:
    """An object that the last process has which began with it; the others end at their next write."""

    def __init__(self, client: ObjectStorageClient, container_name: str, name: str) -> None:
        self._client = client
        self._container = container_name
        self._name = name
        self._hash: str | None = None
        self._waiting: Callable[[], bytes] | None = None
        self._next = 0.0

    def read(self) -> bytes:
        """All of it; nothing, if it is absent."""
        can = Border(self._client).capabilities
        if not (can.if_absent and can.if_hash):
            raise NotSupportedError(
                f"the store of the ledger {self._name!r} is not known to support conditions (if_absent, "
                "if_hash), without which two processes could overwrite each other's entries",
                hint="keep the ledger in a file, or in another store",
            )
        try:
            with self._client.object_open(self._name, "rb", self._container) as file:
                content = file.read()
                self._hash = file.info.hash
        except ObjectNotFoundError:
            return b""
        return content

    def begin(self, good: int, content: Callable[[], bytes]) -> None:
        """Write it at once: from now on who began with it before cannot."""
        self._write(content())

    def add(self, line: bytes, content: Callable[[], bytes]) -> None:
        """Write all of it, if some time has passed."""
        self._waiting = content
        if time.monotonic() >= self._next:
            self._write(content())

    def remove(self) -> None:
        """Delete the object."""
        self._waiting = None
        keeps = Border(self._client).capabilities.delete_if_hash
        self._client.object_delete(self._name, self._container, if_hash=self._hash if keeps else None)

    def close(self) -> None:
        """Write what was not written yet."""
        if self._waiting is not None:
            self._write(self._waiting())

    def _write(self, content: bytes) -> None:
        self._waiting = None
        before = self._hash
        try:
            with self._client.object_open(
                self._name, "wb", self._container, content_type=KIND, if_absent=before is None, if_hash=before
            ) as file:
                file.write(content)
        except PreconditionError as error:
            raise ConflictError(
                f"another process works with the ledger {self._name!r} in {self._container!r}; this one ends",
                container=self._container,
                object_name=self._name,
            ) from error
        self._hash = file.info.hash
        self._next = time.monotonic() + EVERY
