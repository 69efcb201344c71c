"""Clients around a client, each of which keeps the whole contract: in a folder, for reading only, slower, poorer.

    photos = prefixed(client, "photos/2026/")
    photos.object_write("cat.jpg", data)             # photos/2026/cat.jpg
    limited(client, bytes_per_second=5e6)
    imitating(MemoryClient(), "swift")               # refuses what Swift refuses, and needs no server

They may be put around each other. The inner client is closed with the outer one, and can be used beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obs_client.client import ObjectStorageClient

__all__ = ["imitating", "limited", "prefixed", "read_only"]


def prefixed(client: ObjectStorageClient, prefix: str) -> ObjectStorageClient:
    """A store that begins at a prefix: names are what follows it, in every container; nothing outside is touched.

    Each container of the inner store begins at the prefix, and holds nothing where nothing has it. Containers are
    listed, created and deleted there, since a container has no part of its own at the prefix; but one is deleted only
    if it holds nothing beside. By force too: `ContainerNotEmptyError` is raised before anything is deleted. What is
    within the prefix is deleted by the inner client's `object_delete_prefix`. Totals are not told.

    Args:
        prefix: A slash is added where it does not end with one.

    Raises:
        InvalidNameError: No name can begin with it.
    """
    from obs_client.wrappers.prefix import PrefixedClient

    return PrefixedClient(client, prefix)


def read_only(client: ObjectStorageClient) -> ObjectStorageClient:
    """A store that is only read: all that would change it raises `NotSupportedError`, before any request.

    So do a writer of `object_open`, when it is opened, and an upload, before it reads its stream.
    """
    from obs_client.wrappers.reading import ReadOnlyClient

    return ReadOnlyClient(client)


def limited(
    client: ObjectStorageClient, *, bytes_per_second: float | None = None, requests_per_second: float | None = None
) -> ObjectStorageClient:
    """A store that is used no faster than this, by all threads together.

    Args:
        bytes_per_second: Of content, read and written together; what the store copies by itself does not count.
        requests_per_second: Tries that are repeated count, too.

    Raises:
        ValueError: A limit is not more than 0, or none is given.
    """
    from obs_client.wrappers.limits import LimitedClient

    return LimitedClient(client, bytes_per_second, requests_per_second)


def imitating(
    client: ObjectStorageClient,
    store: str,
    *,
    listing_lag: float = 0.0,
    conditional_writes: bool | None = None,
    conditional_deletes: bool | None = None,
) -> ObjectStorageClient:
    """A memory or local store with the limits and refusals of another, to test programs without that.

    It refuses the conditions, names, metadata and sizes that the other's client refuses, by the same checks; for
    `seaweedfs` also names that the server would change. Hashes are the inner store's: with `azure` they stay, unlike
    there, while only metadata are changed. It signs URLs, which a server on the loopback address of this process
    answers.

    Args:
        store: `swift`, `s3` (Amazon's), `azure`, `gcs`, or another that speaks S3: `b2`, `ceph` (also `rgw`), `minio`,
            `r2`, `seaweedfs`, `wasabi`.
        listing_lag: Seconds after which a listing shows what was written or deleted.
        conditional_writes, conditional_deletes: Of servers that speak S3 beside Amazon's: whether they keep conditions,
            as those options of `S3Client` say it. None: as a client takes it to be that was told nothing.

    Raises:
        ValueError: There is no imitation of this store, or it has no such option.
    """
    from obs_client.wrappers.imitation import ImitatingClient

    return ImitatingClient(client, store, listing_lag, conditional_writes, conditional_deletes)
