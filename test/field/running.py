"""The servers that run, of the doubles one for each set of ways, and clients of them."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from obs_client.backends.s3.client import S3Client
from obs_client.backends.swift.client import SwiftClient
from obs_client.models import ClientOptions
from test.loopback.s3_double import S3Double, Ways, s3_double
from test.loopback.swift.ways import Ways as SwiftWays
from test.loopback.swift_double import SwiftDouble, swift_double
from test.servers import RunningServer, start_radosgw

QUICK = ClientOptions(first_pause=0.01, longest_pause=0.1)
QUICK_PARTS = ClientOptions(part_size=20_000, first_pause=0.01, longest_pause=0.1)
STACK = contextlib.ExitStack()
"""What stops them, when the run ends."""


@functools.cache
def radosgw() -> RunningServer:
    """A real Ceph gateway, which runs until the run ends."""
    return STACK.enter_context(start_radosgw())


@functools.cache
def s3_server(ways: Ways) -> S3Double:
    """A double that speaks S3, and runs until the run ends."""
    return STACK.enter_context(s3_double(ways))


def s3_client(double: S3Double, container: str | None = None, **options: Any) -> S3Client:
    """A client of a double."""
    given = {"endpoint_url": double.url, "credentials": double.credentials, "region": double.region, "options": QUICK}
    return S3Client(container, **{**given, **options})


@functools.cache
def swift_server(ways: SwiftWays) -> SwiftDouble:
    """A double that speaks Swift, and runs until the run ends."""
    return STACK.enter_context(swift_double(ways))


def swift_client(double: SwiftDouble, container: str | None = None, **options: Any) -> SwiftClient:
    """A client of a double."""
    return SwiftClient(
        container_name=container, **{"credentials": double.credentials, "options": QUICK_PARTS, **options}
    )
