"""Starts a real server for the fault tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from test.faults.stores.azure import AzureStore
from test.faults.stores.base import PAGE, Store
from test.faults.stores.google import GoogleStore
from test.faults.stores.s3 import S3Store
from test.faults.stores.swift import SwiftStore
from test.servers import SwiftLimits, start_azurite, start_google, start_keystone, start_seaweedfs, start_swift


@contextlib.contextmanager
def started(kind: str) -> Iterator[Store]:
    """Start a server of `ALL` in the matrix, or `application credential`: keystone with such a login."""
    if kind == "azurite":
        with start_azurite() as azurite:
            yield AzureStore(azurite)
        return
    if kind == "google":
        with start_google() as google:
            yield GoogleStore(google)
        return
    if kind == "seaweedfs":
        with start_seaweedfs() as seaweedfs:
            yield S3Store(seaweedfs)
        return
    start = start_swift if kind == "swift" else start_keystone
    with start(SwiftLimits(container_listing_limit=PAGE, account_listing_limit=PAGE)) as swift:
        yield SwiftStore(swift, "application_credential" if kind == "application credential" else "second")
