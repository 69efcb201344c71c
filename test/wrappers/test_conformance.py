"""The whole suite on each wrapper."""

from __future__ import annotations

import functools
import tempfile
import unittest
from collections.abc import Callable
from typing import ClassVar

import pytest

from obs_client import LocalClient, MemoryClient, ObjectStorageClient
from obs_client.testing import FaultyClient
from obs_client.wrappers import imitating, limited, prefixed
from test.contract.embedded import Embedded
from test.wrappers.support import ReadThrough

pytestmark = pytest.mark.slow


class TestPrefixed(Embedded, unittest.TestCase):
    keeps_everything = False  # names have less room
    store: ClassVar = prefixed(MemoryClient(), "photos/2026")

    def make_client(self) -> ObjectStorageClient:
        return self.store


class TestPrefixedLocal(Embedded, unittest.TestCase):
    keeps_everything = False  # names have less room
    root: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.root = directory.name
        super().setUpClass()

    def make_client(self) -> ObjectStorageClient:
        return prefixed(LocalClient(self.root), "photos/2026/")


class TestPrefixedWithFaults(TestPrefixed):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return prefixed(FaultyClient(self.store), "in/side/")


class TestReadOnly(Embedded, unittest.TestCase):
    """What reads passes the wrapper, what writes does not."""

    store: ClassVar = ReadThrough(MemoryClient())

    def make_client(self) -> ObjectStorageClient:
        return self.store


class TestLimited(Embedded, unittest.TestCase):
    store: ClassVar = limited(MemoryClient(), bytes_per_second=1e9, requests_per_second=1e5)

    def make_client(self) -> ObjectStorageClient:
        return self.store


class TestAroundEachOther(Embedded, unittest.TestCase):
    keeps_everything = False  # names have less room
    store: ClassVar = limited(prefixed(prefixed(MemoryClient(), "b"), "a"), bytes_per_second=1e9)

    def make_client(self) -> ObjectStorageClient:
        return self.store


class TestImitatingSwift(Embedded, unittest.TestCase):
    keeps_everything = False  # as Swift itself
    store: ClassVar = imitating(MemoryClient(), "swift")

    def make_client(self) -> ObjectStorageClient:
        return self.store


class TestImitatingS3(Embedded, unittest.TestCase):
    keeps_everything = False  # as S3 itself
    root: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.root = directory.name
        super().setUpClass()

    def make_client(self) -> ObjectStorageClient:
        return imitating(LocalClient(self.root), "s3")


def as_paths(case: type[Embedded]) -> type[Embedded]:
    """Let the tests that write names which SeaweedFS would change be refused, as they fail on it, and only so."""
    for name in (
        "test_container_delete_force",
        "test_delete_leaves_others",
        "test_list",
        "test_list_delimiter",
        "test_list_kinds",
        "test_list_long_delimiter",
        "test_list_prefix",
        "test_list_start_after",
    ):
        setattr(case, name, _refused(getattr(case, name)))
    return case


def _refused(test: Callable[[unittest.TestCase], None]) -> Callable[[unittest.TestCase], None]:
    @functools.wraps(test)
    def checked(self: unittest.TestCase) -> None:
        with pytest.raises(AssertionError, match=r"InvalidNameError: .*SeaweedFS treats names as paths"):
            test(self)

    return checked


@as_paths
class TestImitatingSeaweedFS(Embedded, unittest.TestCase):
    keeps_everything = False  # as SeaweedFS itself
    store: ClassVar = imitating(MemoryClient(), "seaweedfs")

    def make_client(self) -> ObjectStorageClient:
        return self.store


@pytest.mark.slow
class TestImitatingGoogle(Embedded, unittest.TestCase):
    keeps_everything = False  # as Google's itself
    store: ClassVar = imitating(MemoryClient(), "gcs")

    def make_client(self) -> ObjectStorageClient:
        return self.store


class TestImitatingAzure(Embedded, unittest.TestCase):
    keeps_everything = False  # as Azure itself
    store: ClassVar = imitating(MemoryClient(), "azure")

    def make_client(self) -> ObjectStorageClient:
        return self.store
