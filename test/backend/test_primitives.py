"""The contract's two halves: what a backend may override, and what a wrapper must pass on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from obs_client import (
    LocalClient,
    MemoryClient,
    NotSupportedError,
    ObjectStorageClient,
)
from obs_client.backend.primitives import Backend
from obs_client.models import Capabilities
from obs_client.testing.wrapper import WrappedClient


@pytest.mark.parametrize("backend", [LocalClient, MemoryClient])
def test_backends_override_primitives_only(backend: type[ObjectStorageClient]) -> None:
    """Every rule is written once: a backend has its constructor, `close`, `capabilities` and primitives."""
    primitives = {name for name in vars(Backend) if name.startswith("_") and not name.startswith("__")}
    contract = {name for name in dir(ObjectStorageClient) if not name.startswith("__")}
    overridden = {name for kind in backend.__mro__ if kind not in ObjectStorageClient.__mro__ for name in vars(kind)}
    assert overridden & contract <= primitives | {"close", "capabilities", "timeout", "opens_whole"}
    assert not {name for name in overridden if name.startswith(("object_", "container_"))}


def test_every_primitive_goes_through_the_wrapper() -> None:
    """A wrapper that forgot one would silently lose the inner store's own way, or its faults."""
    primitives = {name for name in vars(Backend) if name.startswith("_") and not name.startswith(("__", "_abc"))}
    assert primitives <= set(vars(WrappedClient))


class Older(MemoryClient):
    """A store of somebody who wrote it before URLs had terms."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), download_urls=True, upload_urls=True)

    def _object_generate_download_url(self, container: str, name: str, seconds: int) -> str:  # type: ignore[override]
        return f"get:{container}/{name}?{seconds}"

    def _object_generate_upload_url(self, container: str, name: str, seconds: int) -> str:  # type: ignore[override]
        return f"put:{container}/{name}?{seconds}"


@pytest.mark.parametrize("wrap", [lambda client: client, WrappedClient], ids=["plain", "wrapped"])
def test_signing_primitives_need_know_no_terms(wrap: Callable[[ObjectStorageClient], ObjectStorageClient]) -> None:
    client = wrap(Older("box"))
    client.container_name = "box"
    assert client.object_generate_download_url("name", expires_in_seconds=5) == "get:box/name?5"
    assert client.object_generate_upload_url("name", expires_in_seconds=5) == "put:box/name?5"
    with pytest.raises(NotSupportedError):
        client.object_generate_download_url("name", content_type="text/plain")
