"""Stores on real servers, and sizes for those who are killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from obs_client import LocalClient, ObjectStorageClient, S3Client
from test.azure import running as azure
from test.gcs import running as gcs
from test.servers.shared import Servers
from test.swift import support as swift

MIB = 1024 * 1024
PART = 5 * MIB
WORKERS = 2
LOST = (WORKERS + 1) * PART
"""Bytes that a kill may cost."""
STORES = ("local", "seaweedfs", "swift", "azure", "google")


def client_of(store: str, servers: Servers, directory: Path) -> ObjectStorageClient:
    def on_s3() -> ObjectStorageClient:
        server = servers.seaweedfs()
        return S3Client(endpoint_url=server.endpoint_url, region=server.region, credentials=server.s3_credentials)

    makers: dict[str, Callable[[], ObjectStorageClient]] = {
        "local": lambda: LocalClient(directory),
        "seaweedfs": on_s3,
        "swift": lambda: swift.client_of(servers.swift()),
        "azure": lambda: azure.client(servers.azurite()),
        "google": lambda: gcs.client(servers.google()),
    }
    return makers[store]()
