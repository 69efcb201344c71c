"""One topic of a probe, tried on a store."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from obs_client import MemoryClient, ObjectInfo, ObjectStorageClient, S3Client
from obs_client.probing import Bounds, Finding, StoreProfile, probe
from obs_client.probing.bounds import Ledger
from obs_client.probing.ground import Ground
from test.loopback.s3_double import S3Double, Ways, s3_double

PREFIX = "obs-probe-test/"


def tried(
    client: ObjectStorageClient,
    topic: Callable[[Ground], Iterator[Finding]],
    bounds: Bounds | None = None,
    **options: Any,
) -> dict[str, Finding]:
    """The findings of a topic by their names; the topic must have left what there was, and nothing else."""
    if isinstance(client, MemoryClient):
        client.use_container("c", create=True)
    assert client.container_name
    before = held(client)
    ground = Ground(client, client.container_name, "", Ledger(PREFIX, bounds or Bounds()), **options)
    found = list(topic(ground))
    assert ground.leave() == []
    assert held(client) == before
    assert len({finding.name for finding in found}) == len(found)
    return {finding.name: finding for finding in found}


def s3_client(double: S3Double, **options: Any) -> S3Client:
    """A client of a double, whose chosen container is there."""
    client = S3Client(**{"endpoint_url": double.url, "credentials": double.credentials, **options})
    client.use_container("container", create=True)
    return client


def probed(ways: Ways, tls: ssl.SSLContext | None = None, verify: bool | str = True) -> StoreProfile:
    """The profile of a server that speaks S3 in these ways; it must have left nothing."""
    with s3_double(ways, tls) as double:
        double.store("container", "others/1", b"")
        with s3_client(double, verify=verify) as client:
            another = partial(s3_client, double, verify=verify)
            profile = probe(client, verify=verify, another=another)
        assert list(double.state.buckets) == ["container"]
        assert list(double.state.buckets["container"].objects) == ["others/1"]
        assert double.open_uploads() == []
        return profile


def held(client: ObjectStorageClient) -> object:
    """What the chosen container holds: past listings, which may lag, where that can be seen."""
    assert client.container_name
    if isinstance(client, MemoryClient):
        return sorted(client._containers[client.container_name]._objects)
    return sorted(entry.name for entry in client.object_iter() if isinstance(entry, ObjectInfo))


def outcomes(found: dict[str, Finding]) -> dict[str, str]:
    """How each trial ended."""
    return {name: str(finding.outcome) for name, finding in found.items()}


KEPT = {
    "a write is listed at once",
    "a deletion is listed at once",
    "an overwrite is read at once",
    "folders by /",
    "a write if the name is free",
    "a large object if the name is free",
    "exactly the bytes that were asked for",
    "a range across the end returns the bytes up to the end",
    "a range after the end returns nothing",
    "a range of one version only",
    "the hash is the MD5 of the content",
    "gzip-coded content comes back as it is stored",
    "an object is copied within the store",
    "metadata are changed without sending the content",
    "an object is made of parts",
    "a range over the border of two parts",
    "a copy by parts within the store",
    "GET by a signed URL",
    "PUT by a signed URL",
    "a/b beside a",
    "upper and lower case, apart",
    "a plus apart from a space",
    "all that it made is removed",
}
"""What all of them keep."""


def findings(profile: StoreProfile, outcome: str) -> set[str]:
    return {finding.name for finding in profile.findings if finding.outcome == outcome}


@contextmanager
def place(make: Callable[..., ObjectStorageClient]) -> Iterator[ObjectStorageClient]:
    """A client whose chosen container is new and holds one object; nothing else may be there afterwards."""
    with make() as client:
        others = [info.name for info in client.container_list()]
        client.use_container(f"test-{secrets.token_hex(6)}", create=True)
        client.object_write("others", b"content")
        yield client
        assert held(client) == ["others"]
        assert client.cleanup(older_than=0.0).removed == ()
        assert [info.name for info in client.container_list() if info.name not in others] == [client.container_name]
        client.container_delete(str(client.container_name), force=True)
