"""A client around another client that notes what is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from obs_client.client import ObjectStorageClient
from obs_client.wrappers.wrapped import WrappedClient as WrappedClient

Answer = TypeVar("Answer")


class RecordingClient(WrappedClient):
    """Notes the name of every primitive that is called, but for `_tidy`, which most stores do without a request."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.calls: list[str] = []

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        self.calls.append(primitive)
        return super()._through(primitive, call)

    def _tidy(self, container: str) -> None:
        self.inner._tidy(container)
