"""The contract, kept by both embedded stores, plain and through the fault layer."""

from __future__ import annotations

import tempfile
import unittest
from typing import ClassVar

from obs_client import LocalClient, MemoryClient, ObjectStorageClient
from obs_client.testing import Conformance, FaultyClient


class Embedded(Conformance):
    """What holds for stores in this process."""

    settle_seconds = 0.0
    keeps_everything = True


class TestMemory(Embedded, unittest.TestCase):
    store: ClassVar = MemoryClient()

    def make_client(self) -> ObjectStorageClient:
        return self.store


class TestMemoryWithFaults(TestMemory):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())


class TestLocal(Embedded, unittest.TestCase):
    root: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.root = directory.name
        super().setUpClass()

    def make_client(self) -> ObjectStorageClient:
        return LocalClient(self.root)


class TestLocalWithFaults(TestLocal):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())
