"""The part of `AsyncClient` that writes objects."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import IO, Any, Literal, cast, overload

from obs_client.aio.base import AsyncBase
from obs_client.aio.feeding import Source, blocks_of, feed
from obs_client.aio.files import AsyncReader, AsyncWriter, reader_or_writer
from obs_client.aio.opening import Opening
from obs_client.aio.progress import Progress, told_in_loop


class AsyncWriting(AsyncBase):
    """The methods that write objects, and the one that opens them."""

    async def object_upload(
        self,
        stream: Source,
        object_name: str,
        metadata: Mapping[str, str] | None = None,
        container_name: str | None = None,
        *,
        size: int | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        progress: Progress | None = None,
    ) -> bool:
        """Write an object from a stream, from where it stands to its end. False: a condition does not hold.

        An asynchronous source (an `async` generator, Starlette's `request.stream()`, an asynchronous file) is read by
        this task, two blocks ahead of what is sent; a binary stream by a thread. What the source raises goes out as it
        is, and nothing is published. The source is not closed.
        """
        told = told_in_loop(progress)

        def upload(source: IO[bytes]) -> bool:
            return self.client.object_upload(
                source,
                object_name,
                metadata,
                container_name,
                size=size,
                content_type=content_type,
                content_encoding=content_encoding,
                content_disposition=content_disposition,
                content_language=content_language,
                cache_control=cache_control,
                if_absent=if_absent,
                if_hash=if_hash,
                progress=told,
            )

        blocks = blocks_of(stream)
        if blocks is None:
            return await self._threads.run(lambda: upload(cast("IO[bytes]", stream)))
        return await feed(self._threads, blocks, upload)

    async def object_write(
        self,
        object_name: str,
        data: bytes | bytearray | memoryview,
        metadata: Mapping[str, str] | None = None,
        container_name: str | None = None,
        *,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        progress: Progress | None = None,
    ) -> bool:
        """Write an object from bytes in memory. False: a condition does not hold."""
        told = told_in_loop(progress)
        return await self._threads.run(
            lambda: self.client.object_write(
                object_name,
                data,
                metadata,
                container_name,
                content_type=content_type,
                content_encoding=content_encoding,
                content_disposition=content_disposition,
                content_language=content_language,
                cache_control=cache_control,
                if_absent=if_absent,
                if_hash=if_hash,
                progress=told,
            )
        )

    async def upload_file(
        self,
        local_path: str | os.PathLike[str],
        object_name: str,
        metadata: Mapping[str, str] | None = None,
        container_name: str | None = None,
        *,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        """Write an object from a local file. False: a condition does not hold."""
        told = told_in_loop(progress)
        return await self._threads.run(
            lambda: self.client.upload_file(
                local_path,
                object_name,
                metadata,
                container_name,
                content_type=content_type,
                content_encoding=content_encoding,
                content_disposition=content_disposition,
                content_language=content_language,
                cache_control=cache_control,
                if_absent=if_absent,
                if_hash=if_hash,
                progress=told,
                resume=resume,
            )
        )

    async def object_copy(
        self,
        object_name: str,
        target_name: str,
        container_name: str | None = None,
        *,
        target_container_name: str | None = None,
        if_absent: bool = False,
        resume: bool = False,
    ) -> bool:
        """Copy an object with all its attributes within the store. False: the source is absent."""
        return await self._threads.run(
            lambda: self.client.object_copy(
                object_name,
                target_name,
                container_name,
                target_container_name=target_container_name,
                if_absent=if_absent,
                resume=resume,
            )
        )

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["rb"] = "rb",
        container_name: str | None = None,
        *,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> Opening[AsyncReader[bytes]]: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["r", "rt"],
        container_name: str | None = None,
        *,
        encoding: str | None = None,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> Opening[AsyncReader[str]]: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["wb"],
        container_name: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
    ) -> Opening[AsyncWriter[bytes]]: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["w", "wt"],
        container_name: str | None = None,
        *,
        encoding: str | None = None,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
    ) -> Opening[AsyncWriter[str]]: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: str,
        container_name: str | None = None,
        *,
        if_hash: str | None = None,
    ) -> Opening[Any]: ...

    def object_open(
        self,
        object_name: str,
        mode: str = "rb",
        container_name: str | None = None,
        *,
        encoding: str | None = None,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> Opening[Any]:
        """A file object over an object: `async with` it, or await it and close it. Its methods are awaited.

        Writing publishes the object by `close()`, or at the end of an `async with` that raised nothing.
        """
        open_file: Callable[..., Any] = self.client.object_open
        return Opening(
            self._threads,
            lambda: open_file(
                object_name,
                mode,
                container_name,
                encoding=encoding,
                metadata=metadata,
                content_type=content_type,
                content_encoding=content_encoding,
                content_disposition=content_disposition,
                content_language=content_language,
                cache_control=cache_control,
                if_absent=if_absent,
                if_hash=if_hash,
                if_none_match=if_none_match,
            ),
            reader_or_writer,
        )
