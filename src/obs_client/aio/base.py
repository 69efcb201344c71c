"""What all parts of `AsyncClient` share: the client, its threads, and the end of both."""

from __future__ import annotations

from typing import Self

from obs_client.aio.threads import Threads
from obs_client.client import ObjectStorageClient
from obs_client.models import Capabilities, ClientOptions, EndpointFact

THREADS = 32
"""Calls that run at once, if nothing else is said: more gained nothing in measurements, and cost the loop."""


class AsyncBase:
    """A client, and threads for its calls.

    Attributes:
        client: The synchronous client, for what is not here.
    """

    def __init__(self, client: ObjectStorageClient, threads: int = THREADS) -> None:
        if not isinstance(client, ObjectStorageClient):
            raise TypeError(f"client must be an ObjectStorageClient, not {type(client).__name__}; or use aio.from_url")
        self.client = client
        self._threads = Threads(threads)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.client!r}, threads={self._threads.limit})"

    @property
    def container_name(self) -> str | None:
        """The chosen container, for calls that name none."""
        return self.client.container_name

    @property
    def options(self) -> ClientOptions:
        """How the client works."""
        return self.client.options

    async def capabilities(self) -> Capabilities:
        """What this store can do, and its limits; some stores are asked for it, once."""
        return await self._threads.run(lambda: self.client.capabilities)

    async def endpoint_facts(self) -> tuple[EndpointFact, ...]:
        """What this client knows of its server by now; makes no request."""
        return await self._threads.run(lambda: self.client.endpoint_facts)

    async def close(self) -> None:
        """Close idle connections, and let the threads end; safe to repeat. A client that is used again begins anew."""
        await self._threads.end(self.client.close)
        self._threads.close()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
