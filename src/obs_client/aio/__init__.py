"""The library for asyncio: `AsyncClient`, with the methods of every client, to be awaited. Needs no further package.

    from obs_client import aio

    async with aio.from_url("s3://photos") as client:
        await client.object_write("2026/cat.txt", b"meow")
        async for entry in client.object_iter(prefix="2026/"):
            print(entry.name)

On trio there is no event loop of asyncio; call a client in trio's threads:
`await anyio.to_thread.run_sync(client.object_read, name)`.
"""

from obs_client.aio.client import AsyncClient, from_url
from obs_client.aio.files import AsyncReader, AsyncWriter
from obs_client.aio.listings import AsyncEntries
from obs_client.aio.opening import Opening
from obs_client.aio.streams import AsyncBody

__all__ = ["AsyncBody", "AsyncClient", "AsyncEntries", "AsyncReader", "AsyncWriter", "Opening", "from_url"]
