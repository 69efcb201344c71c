"""The stores on which the file systems are tried: each with an empty container, and a URL for those who use it."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest

from test.servers import RunningServer
from test.servers.shared import Servers

KEYS = ("AWS_", "OS_", "ST_")


@dataclasses.dataclass(frozen=True, slots=True)
class Store:
    """A container, by the name of its file system and what that is made with; its keys are in the environment."""

    protocol: str
    container: str
    options: dict[str, Any]

    @property
    def fs(self) -> Any:
        """The file system."""
        return fsspec.filesystem(self.protocol, **self.options)

    def path(self, name: str) -> str:
        """A path in the container."""
        return f"{self.container}/{name}"

    def url(self, name: str) -> str:
        """The same with its protocol."""
        return f"{self.protocol}://{self.container}/{name}"

    def plain_url(self, name: str) -> str:
        """The same without a `+`, for those who see no protocol in it; with `plain_options`."""
        return f"obs://{self.container}/{name}"

    @property
    def plain_options(self) -> dict[str, Any]:
        """What says which store that is."""
        return {"store": self.protocol.partition("+")[2], **self.options}


def _made(protocol: str, **options: Any) -> Store:
    store = Store(
        protocol, f"test-{secrets.token_hex(6)}", {"first_pause": "10ms", "longest_pause": "100ms", **options}
    )
    store.fs.mkdir(store.container)
    return store


def memory(_: Path) -> Store:
    """A store in memory."""
    return _made("obs+memory")


def local(directory: Path) -> Store:
    """A store in a directory."""
    return _made("obs+file", store=directory.as_uri())


EMBEDDED: dict[str, Callable[[Path], Store]] = {"memory": memory, "local": local}


def _login(environment: dict[str, str], patch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        patch.setenv(name, value)


def seaweedfs(servers: Servers, patch: pytest.MonkeyPatch) -> Store:
    """SeaweedFS."""
    return _speaking_s3(servers.seaweedfs(), patch)


def moto(servers: Servers, patch: pytest.MonkeyPatch) -> Store:
    """Moto's server."""
    return _speaking_s3(servers.moto(), patch)


def _speaking_s3(server: RunningServer, patch: pytest.MonkeyPatch) -> Store:
    _login(dict(server.s3_credentials), patch)
    return _made("obs+s3", endpoint_url=server.endpoint_url, region=server.region)


def swift(servers: Servers, patch: pytest.MonkeyPatch) -> Store:
    """Swift."""
    server = servers.swift()
    _login(dict(server.credentials), patch)
    # The URL of the account, so that another server's file system is another.
    return _made("obs+swift", store=server.storage_url)


SERVED: dict[str, Callable[[Servers, pytest.MonkeyPatch], Store]] = {
    "seaweedfs": seaweedfs,
    "moto": moto,
    "swift": swift,
}
