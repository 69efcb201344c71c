"""The contract, kept by `GCSClient` on the double of Google's server, plain and through the fault layer."""

from __future__ import annotations

import unittest
from typing import ClassVar

import pytest

from obs_client.client import ObjectStorageClient
from obs_client.testing import Conformance, FaultyClient
from test.gcs.running import client
from test.servers.shared import Servers


@pytest.fixture(scope="module", autouse=True)
def _servers(servers: Servers) -> None:
    TestGoogle.servers = servers


class TestGoogle(Conformance, unittest.TestCase):
    servers: ClassVar[Servers]

    def make_client(self) -> ObjectStorageClient:
        return client(self.servers.google())


@pytest.mark.full
class TestGoogleWithFaults(TestGoogle):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())
