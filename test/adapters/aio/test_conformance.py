"""The whole suite, each call through the asynchronous client."""

from __future__ import annotations

import tempfile
import unittest
from typing import ClassVar, cast

import pytest

from obs_client import LocalClient, MemoryClient, ObjectStorageClient
from obs_client.backends.s3.client import S3Client
from obs_client.testing import Conformance
from obs_client.testing.wrapper import RecordingClient
from test.adapters.aio.played import Played, PlayedByBlocks
from test.contract.embedded import Embedded
from test.loopback.s3.ways import Ways
from test.loopback.s3_double import S3Double, s3_double
from test.s3.running import QUICK
from test.servers.shared import Servers
from test.swift.support import client_of

pytestmark = pytest.mark.slow


class Asynchronous(Conformance):
    """The suite over a store's client, played."""

    played: ClassVar[type[Played]] = Played

    def make_inner(self) -> ObjectStorageClient:
        """A client of the store itself."""
        raise NotImplementedError

    def make_client(self) -> ObjectStorageClient:
        return self.played(self.make_inner())

    def recording_client(self) -> RecordingClient:
        client = self.played(RecordingClient(cast("Played", self.client).inner))
        return cast("RecordingClient", client)  # it has its `calls`


class TestMemory(Asynchronous, Embedded, unittest.TestCase):
    store: ClassVar = MemoryClient()

    def make_inner(self) -> ObjectStorageClient:
        return self.store


class TestMemoryByBlocks(TestMemory):
    played = PlayedByBlocks
    store: ClassVar = MemoryClient()


class TestLocalByBlocks(Asynchronous, Embedded, unittest.TestCase):
    played = PlayedByBlocks
    root: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.root = directory.name
        super().setUpClass()

    def make_inner(self) -> ObjectStorageClient:
        return LocalClient(self.root)


@pytest.mark.full
class TestS3ByBlocks(Asynchronous, unittest.TestCase):
    """A server on loopback that keeps everything as S3 does."""

    many = 30
    settle_seconds = 0.0
    played = PlayedByBlocks
    double: ClassVar[S3Double]

    @classmethod
    def setUpClass(cls) -> None:
        running = s3_double(Ways())
        cls.double = running.__enter__()
        cls.addClassCleanup(running.__exit__, None, None, None)
        super().setUpClass()

    def make_inner(self) -> ObjectStorageClient:
        return S3Client(
            endpoint_url=self.double.url,
            credentials=self.double.credentials,
            conditional_writes=True,
            atomic_conditions=True,
            options=QUICK,
        )


@pytest.fixture(scope="module")
def _swift(servers: Servers) -> None:
    TestSwift.servers = servers


@pytest.mark.full
@pytest.mark.usefixtures("_swift")
class TestSwift(Asynchronous, unittest.TestCase):
    many = 30
    servers: ClassVar[Servers]

    def make_inner(self) -> ObjectStorageClient:
        return client_of(self.servers.swift(), create_temp_url_key=True)
