"""`AsyncClient`: the methods of `ObjectStorageClient`, to be awaited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from obs_client.aio.base import THREADS
from obs_client.aio.reading import AsyncReading
from obs_client.aio.writing import AsyncWriting
from obs_client.client import WEEK
from obs_client.models import CleanupReport, ClientOptions, ContainerInfo, SignedUrl
from obs_client.urls import from_url as client_from_url


class AsyncClient(AsyncReading, AsyncWriting):
    """The methods of a client under the same names, each awaited; it runs in a thread of this client's own.

    What a method takes, gives and raises is as `ObjectStorageClient` says. Listings are asynchronous iterators,
    `object_stream` gives a body block by block, `object_open` files whose methods are awaited, and `object_upload`
    takes asynchronous sources too. `progress` is called in the loop's thread.

    **Cancelled means stopped**: if a task is cancelled (by a timeout, a task group, a client that goes away), its call
    ends within moments, and has ended when the task goes on: no thread works on, no unfinished upload and no temporary
    file is left. Whether a write that was cancelled in its last moment was published is not known: it is there whole,
    or not at all.

    One client may be used by many tasks, event loops and threads, and by a child process after a fork. Calls beyond
    `threads` wait for their turn.

    Args:
        client: Its options, container and connections are used; closing this client closes it too.
        threads: Calls that run at once; more than 32 seldom gain anything. Large transfers use `options.workers` more
            each.
    """

    async def container_create(self, container_name: str) -> bool:
        """Create a container. False: it is there already."""
        return await self._threads.run(lambda: self.client.container_create(container_name))

    async def container_list(self, prefix: str | None = None) -> list[ContainerInfo]:
        """All containers whose names start with `prefix`."""
        return await self._threads.run(lambda: self.client.container_list(prefix))

    async def container_info(self, container_name: str) -> ContainerInfo | None:
        """One container, or None if it is absent."""
        return await self._threads.run(lambda: self.client.container_info(container_name))

    async def container_delete(self, container_name: str, force: bool = False) -> bool:
        """Delete a container; True also if it never was. False: it holds objects and `force` is not set."""
        return await self._threads.run(lambda: self.client.container_delete(container_name, force))

    async def use_container(self, container_name: str | None, create: bool = False) -> bool:
        """Choose the container for calls that name none. False: absent, and `create` not set."""
        return await self._threads.run(lambda: self.client.use_container(container_name, create))

    async def object_replace_metadata(
        self, object_name: str, metadata: Mapping[str, str], container_name: str | None = None
    ) -> bool:
        """Give an object other metadata. False: it is absent."""
        return await self._threads.run(
            lambda: self.client.object_replace_metadata(object_name, metadata, container_name)
        )

    async def object_set_metadata(
        self, object_name: str, key: str, value: str, container_name: str | None = None
    ) -> bool:
        """Set one metadata key of an object. False: the object is absent."""
        return await self._threads.run(lambda: self.client.object_set_metadata(object_name, key, value, container_name))

    async def object_delete_metadata(self, object_name: str, key: str, container_name: str | None = None) -> bool:
        """Remove one metadata key; True also if the key was not there. False: the object is absent."""
        return await self._threads.run(lambda: self.client.object_delete_metadata(object_name, key, container_name))

    async def object_delete(
        self, object_name: str, container_name: str | None = None, *, if_hash: str | None = None
    ) -> bool:
        """Delete an object. True: it is gone, also if it never was. False: only with `if_hash`, which does not hold."""
        return await self._threads.run(lambda: self.client.object_delete(object_name, container_name, if_hash=if_hash))

    async def object_delete_many(self, object_names: Iterable[str], container_name: str | None = None) -> None:
        """Delete objects, in as few requests as the store allows."""
        await self._threads.run(lambda: self.client.object_delete_many(object_names, container_name))

    async def object_delete_prefix(self, prefix: str, container_name: str | None = None) -> int:
        """Delete all objects whose names start with `prefix`; returns how many."""
        return await self._threads.run(lambda: self.client.object_delete_prefix(prefix, container_name))

    async def cleanup(
        self, container_name: str | None = None, *, prefix: str | None = None, older_than: float = WEEK
    ) -> CleanupReport:
        """Remove what killed writers left in a container."""
        return await self._threads.run(
            lambda: self.client.cleanup(container_name, prefix=prefix, older_than=older_than)
        )

    async def object_generate_download_url(
        self,
        object_name: str,
        container_name: str | None = None,
        expires_in_seconds: int | None = None,
        *,
        content_type: str | None = None,
        content_disposition: str | None = None,
    ) -> SignedUrl:
        """A URL by which anybody can GET the object for a time."""
        return await self._threads.run(
            lambda: self.client.object_generate_download_url(
                object_name,
                container_name,
                expires_in_seconds,
                content_type=content_type,
                content_disposition=content_disposition,
            )
        )

    async def object_generate_upload_url(
        self,
        object_name: str,
        container_name: str | None = None,
        expires_in_seconds: int | None = None,
        *,
        content_type: str | None = None,
        content_disposition: str | None = None,
        size: int | None = None,
    ) -> SignedUrl:
        """A URL by which anybody can PUT the object for a time; its `headers` are those that the PUT must carry."""
        return await self._threads.run(
            lambda: self.client.object_generate_upload_url(
                object_name,
                container_name,
                expires_in_seconds,
                content_type=content_type,
                content_disposition=content_disposition,
                size=size,
            )
        )


def from_url(
    url: str,
    *,
    container_name: str | None = None,
    credentials: Mapping[str, str] | None = None,
    options: ClientOptions | None = None,
    threads: int = THREADS,
) -> AsyncClient:
    """The client that a storage URL means, and its container and prefix; makes no request.

    Args:
        container_name, credentials, options: As `obs_client.from_url` takes them.
        threads: Calls that run at once.
    """
    client = client_from_url(url, container_name=container_name, credentials=credentials, options=options)
    return AsyncClient(client, threads)
