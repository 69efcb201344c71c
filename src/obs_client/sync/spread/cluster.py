"""A cluster of Dask's: looked over before it gets any work, and its executor."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any
from urllib.parse import urlsplit

from obs_client.errors import ConfigurationError, ServiceError
from obs_client.sync.spread.versions import unequal, versions
from obs_client.sync.spread.work import Job

CONNECT = 30.0
"""Seconds to wait for the scheduler, and for its first worker."""

CLOSED = ("tls", "wss", "inproc")
"""Ways on which nobody else reads."""


@contextlib.contextmanager
def dask_cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """The executor of a cluster, and how many pieces it does at once; certificates are those of Dask's configuration.

    Raises:
        ConfigurationError: The package `distributed` is not installed.
        ServiceError: There is no scheduler, or it has no workers.
    """
    try:
        import distributed
    except ImportError as error:
        raise ConfigurationError(
            f"a Dask cluster needs the package distributed: {error}", hint="pip install 'obs_client[dask]'"
        ) from error
    try:
        client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ServiceError(f"there is no Dask scheduler to be reached at {address!r}: {error}") from error
    with client:
        yield client.get_executor(pure=False), slots_of(client, address)


def slots_of(client: Any, address: str) -> int:
    """How many pieces the workers do at once."""
    try:
        client.wait_for_workers(1, timeout=CONNECT)
    except TimeoutError as error:
        raise ServiceError(f"the Dask scheduler at {address!r} has no workers") from error
    return sum(client.nthreads().values())


def check_executor(executor: Executor, job: Job) -> None:
    """Look over an executor, if it is Dask's: of others nothing can be known.

    Raises:
        ConfigurationError: A worker has another library or Python; or keys would travel where others can read them.
    """
    if not type(executor).__module__.startswith("distributed."):
        return
    client: Any = executor._client  # type: ignore[attr-defined]  # Dask's; there is no other way to it
    if job.has_keys:
        _check_ways(client)
    for worker, found in client.run(_versions_there, on_error="return").items():
        if found != tuple(versions()):
            raise unequal(worker, _shown(found), versions())


def _check_ways(client: Any) -> None:
    """Raise unless nobody else reads on the ways to the scheduler and to the workers."""
    for address in (client.scheduler.address, *client.scheduler_info()["workers"]):
        if not is_closed(address):
            raise ConfigurationError(
                f"the credentials that a client was made with would travel to {address} as they are",
                hint="let the cluster speak tls://, or make the clients without credentials: each worker reads its own "
                "environment then",
            )


def is_closed(address: str) -> bool:
    """Whether nobody else can read what travels to an address of Dask's."""
    parts = urlsplit(address)
    if parts.scheme in CLOSED or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _shown(found: object) -> str:
    if isinstance(found, tuple):
        return f"obs_client {found[0]} on Python {found[1]}"
    return f"none that can be used ({found!r})"


def _versions_there() -> tuple[str, str]:
    """What a worker has, where this runs; a worker without this module fails at that."""
    return versions().library, versions().python
