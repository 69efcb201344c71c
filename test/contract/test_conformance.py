"""The contract, kept by the embedded stores, plain and through the fault layer; by the poorest; and inside a fence."""

from __future__ import annotations

import tempfile
import unittest
from typing import ClassVar

import pytest

from obs_client import LocalClient, MemoryClient, ObjectInfo, ObjectStorageClient
from obs_client.testing import FaultyClient
from test.contract.embedded import BareClient, Embedded, FencedClient


class TestMemory(Embedded, unittest.TestCase):
    store: ClassVar = MemoryClient()

    # these take their time by themselves, and are not for each commit
    test_download_while_overwritten = pytest.mark.slow(Embedded.test_download_while_overwritten)
    test_fork_with_open_upload = pytest.mark.slow(Embedded.test_fork_with_open_upload)
    test_info_while_overwritten = pytest.mark.slow(Embedded.test_info_while_overwritten)
    test_list_while_overwritten = pytest.mark.slow(Embedded.test_list_while_overwritten)
    test_read_while_overwritten = pytest.mark.slow(Embedded.test_read_while_overwritten)
    test_writer_collected = pytest.mark.slow(Embedded.test_writer_collected)

    def make_client(self) -> ObjectStorageClient:
        return self.store


@pytest.mark.slow
class TestMemoryWithFaults(TestMemory):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())


@pytest.mark.slow
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


@pytest.mark.slow
class TestLocalWithFaults(TestLocal):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())


@pytest.mark.slow
class TestBareStoreWithFaults(Embedded, unittest.TestCase):
    """The defaults of the backend's half, and refusals of what is not declared."""

    store: ClassVar = BareClient(MemoryClient())
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(self.store)


@pytest.mark.slow
class TestLimited(Embedded, unittest.TestCase):
    """With a container and prefix, nothing outside is touched."""

    container_name = "given"
    prefix = "some/prefix"
    store: ClassVar = MemoryClient()

    @classmethod
    def setUpClass(cls) -> None:
        cls.store.container_create("given")
        for name in ("some/prefix", "some/prefix-other", "some/prefix/mine", "other"):
            cls.store.object_write(name, name.encode(), container_name="given")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        left = {entry.name for entry in cls.store.object_iter(container_name="given") if isinstance(entry, ObjectInfo)}
        assert left == {"some/prefix", "some/prefix-other", "some/prefix/mine", "other"}
        assert all(cls.store.object_read(name, "given") == name.encode() for name in left)
        assert [info.name for info in cls.store.container_list()] == ["given"]

    def make_client(self) -> ObjectStorageClient:
        return FencedClient(self.store, "given", "some/prefix/")
