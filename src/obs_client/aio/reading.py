"""The part of `AsyncClient` that lists and reads."""

from __future__ import annotations

import inspect
import os
from typing import IO, Any, overload

from obs_client._engine import arguments
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.aio.base import AsyncBase
from obs_client.aio.listings import AsyncEntries
from obs_client.aio.opening import Opening
from obs_client.aio.progress import Progress, told_in_loop
from obs_client.aio.streams import AsyncBody
from obs_client.errors import ContainerNotFoundError, ObjectNotFoundError
from obs_client.models import ObjectInfo, SubdirInfo


class AsyncReading(AsyncBase):
    """The methods that change nothing."""

    @overload
    async def object_list(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: None = None,
        container_name: str | None = None,
        *,
        limit: int | None = None,
    ) -> list[ObjectInfo]: ...

    @overload
    async def object_list(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        limit: int | None = None,
    ) -> list[ObjectInfo | SubdirInfo]: ...

    async def object_list(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        limit: int | None = None,
    ) -> list[Any]:
        """All that `object_iter` gives, as a list."""
        return await self._threads.run(
            lambda: self.client.object_list(fetch_metadata, prefix, delimiter, container_name, limit=limit)
        )

    @overload
    def object_iter(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: None = None,
        container_name: str | None = None,
        *,
        start_after: str | None = None,
        limit: int | None = None,
    ) -> AsyncEntries[ObjectInfo]: ...

    @overload
    def object_iter(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        start_after: str | None = None,
        limit: int | None = None,
    ) -> AsyncEntries[ObjectInfo | SubdirInfo]: ...

    def object_iter(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        start_after: str | None = None,
        limit: int | None = None,
    ) -> AsyncEntries[Any]:
        """The objects of a container, for `async for`: no more is asked for before what came was taken."""
        entries = self.client.object_iter(
            fetch_metadata, prefix, delimiter, container_name, start_after=start_after, limit=limit
        )
        return AsyncEntries(self._threads, entries)

    def object_glob(
        self, pattern: str, container_name: str | None = None, *, fetch_metadata: bool = False
    ) -> AsyncEntries[ObjectInfo]:
        """The objects whose whole names fit a pattern, for `async for`."""
        entries = self.client.object_glob(pattern, container_name, fetch_metadata=fetch_metadata)
        return AsyncEntries(self._threads, entries)

    async def object_info(self, object_name: str, container_name: str | None = None) -> ObjectInfo | None:
        """An object's size, hash, type, metadata and time; None if it, or its container, is absent."""
        return await self._threads.run(lambda: self.client.object_info(object_name, container_name))

    async def object_exists(self, object_name: str, container_name: str | None = None) -> bool:
        """Whether there is an object of this name."""
        return await self._threads.run(lambda: self.client.object_exists(object_name, container_name))

    async def object_tags(self, object_name: str, container_name: str | None = None) -> dict[str, str] | None:
        """An object's tags, which some stores keep beside its metadata; None if it, or its container, is absent."""
        return await self._threads.run(lambda: self.client.object_tags(object_name, container_name))

    async def object_headers(self, object_name: str, container_name: str | None = None) -> dict[str, str] | None:
        """All that the store itself tells of an object, in its own words; None if it, or its container, is absent."""
        return await self._threads.run(lambda: self.client.object_headers(object_name, container_name))

    async def object_read(
        self,
        object_name: str,
        container_name: str | None = None,
        *,
        start: int = 0,
        stop: int | None = None,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> bytes:
        """An object's bytes from `start` to before `stop`; a `start` below 0 counts from the end."""
        return await self._threads.run(
            lambda: self.client.object_read(
                object_name, container_name, start=start, stop=stop, if_hash=if_hash, if_none_match=if_none_match
            )
        )

    def object_stream(
        self,
        object_name: str,
        container_name: str | None = None,
        *,
        start: int = 0,
        stop: int | None = None,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> Opening[AsyncBody]:
        """An object's bytes from `start` to before `stop`, block by block: `async with` it, or await and close it.

        A `start` below 0 counts from the end.

        The body's `info` is there before the first block, from the same answer.

        Args:
            if_hash: Read only the version that has this hash, as `object_info` told.
            if_none_match: The hash of the content that the caller holds: what still has it is not read again.

        Raises:
            ObjectNotFoundError, PreconditionError, ObjectUnchangedError: When it is opened.
            ObjectChangedError, IntegrityError: When a block is asked for.
        """
        return Opening(
            self._threads,
            lambda: self._reader(object_name, container_name, start, stop, if_hash, if_none_match),
            AsyncBody,
        )

    def _reader(
        self,
        name: str,
        container_name: str | None,
        start: int,
        stop: int | None,
        if_hash: str | None,
        if_none_match: str | None,
    ) -> GuardedReader:
        container = self.client._object(name, container_name)
        arguments.check_range(start, stop)
        arguments.check_versions(if_hash, if_none_match)
        border = self.client._border
        try:
            return GuardedReader(border, container, name, start, stop, if_hash=if_hash, known=if_none_match)
        except ContainerNotFoundError as error:
            raise ObjectNotFoundError(str(error), container=container, object_name=name) from error

    async def object_download(
        self,
        object_name: str,
        stream: IO[bytes],
        container_name: str | None = None,
        *,
        if_none_match: str | None = None,
        progress: Progress | None = None,
    ) -> bool:
        """Write an object's bytes to a binary stream, in a thread. False: it is absent."""
        told = told_in_loop(progress)
        check_sink(stream)
        return await self._threads.run(
            lambda: self.client.object_download(
                object_name, stream, container_name, if_none_match=if_none_match, progress=told
            )
        )

    async def download_file(
        self,
        object_name: str,
        local_path: str | os.PathLike[str],
        container_name: str | None = None,
        *,
        if_none_match: str | None = None,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        """Write an object to a local file, which is replaced when all bytes are there. False: it is absent."""
        told = told_in_loop(progress)
        return await self._threads.run(
            lambda: self.client.download_file(
                object_name, local_path, container_name, if_none_match=if_none_match, progress=told, resume=resume
            )
        )


def check_sink(stream: object) -> None:
    """Refuse a stream that a thread cannot write to."""
    if inspect.iscoroutinefunction(getattr(stream, "write", None)):
        raise TypeError("the stream's write must be awaited: write it block by block from object_stream")
