"""The servers that the tests of one run share: each is started when it is first asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TypeVar

from .limits import SwiftLimits
from .running import (
    AzuriteServer,
    RunningServer,
    SwiftServer,
    start_azurite,
    start_fake_gcs,
    start_google,
    start_keystone,
    start_moto,
    start_radosgw,
    start_rclone,
    start_s3rver,
    start_seaweedfs,
    start_swift,
)

STARTS: Mapping[str, Callable[[], RunningServer]] = {
    "seaweedfs": start_seaweedfs,
    "moto": start_moto,
    "radosgw": start_radosgw,
    "rclone": start_rclone,
    "s3rver": start_s3rver,
    "google": start_google,
    "fake-gcs-server": start_fake_gcs,
}
SWIFTS_OWN = SwiftLimits()
Server = TypeVar("Server", bound=RunningServer)


class Servers:
    """One server of each kind, and of Swift one with each set of limits; all of them stop with `close`."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._speaking_s3: dict[str, RunningServer] = {}
        self._azurite: AzuriteServer | None = None
        self._swift: dict[SwiftLimits, SwiftServer] = {}
        self._keystone: dict[SwiftLimits, SwiftServer] = {}

    def seaweedfs(self) -> RunningServer:
        """SeaweedFS."""
        return self.speaking_s3("seaweedfs")

    def moto(self) -> RunningServer:
        """Moto's server."""
        return self.speaking_s3("moto")

    def radosgw(self) -> RunningServer:
        """Ceph's gateway, where its programs are on this machine."""
        return self.speaking_s3("radosgw")

    def azurite(self) -> AzuriteServer:
        """Azurite."""
        self._azurite = self._azurite or self._started(start_azurite)
        return self._azurite

    def fake_gcs(self) -> RunningServer:
        """An emulator of Google Cloud Storage by others."""
        return self.speaking_s3("fake-gcs-server")

    def google(self) -> RunningServer:
        """The double of Google Cloud Storage."""
        return self.speaking_s3("google")

    def swift(self, limits: SwiftLimits = SWIFTS_OWN) -> SwiftServer:
        """Swift with its own v1 auth."""
        if limits not in self._swift:
            self._swift[limits] = self._started(lambda: start_swift(limits))
        return self._swift[limits]

    def keystone(self, limits: SwiftLimits = SWIFTS_OWN) -> SwiftServer:
        """Swift behind a Keystone of its own."""
        if limits not in self._keystone:
            self._keystone[limits] = self._started(lambda: start_keystone(limits))
        return self._keystone[limits]

    def speaking_s3(self, kind: str) -> RunningServer:
        """The server of a kind that has no limits to set."""
        if kind == "swift":
            return self.swift()
        if kind not in self._speaking_s3:
            self._speaking_s3[kind] = self._started(STARTS[kind])
        return self._speaking_s3[kind]

    def close(self) -> None:
        """Stop all of them."""
        self._stack.close()

    def _started(self, start: Callable[[], Server]) -> Server:
        server = start()
        self._stack.callback(server.stop)
        return server
