"""The contract as a plain directory keeps it: all but what needs names that no path can have."""

from __future__ import annotations

import tempfile
import unittest
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from obs_client import ObjectStorageClient
from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.names import plain_path
from obs_client.testing import Conformance, FaultyClient

REFUSED = (
    "test_delete_leaves_others", "test_folder_is_absent", "test_list", "test_list_delimiter", "test_list_kinds",
    "test_list_long_delimiter", "test_list_order", "test_list_prefix", "test_list_start_after", "test_names_copied",
    "test_names_folded", "test_names_of_large_objects", "test_names_opened", "test_names_read",
)  # fmt: skip
"""Tests that write a file where a folder is, or a name that ends with a slash."""


@pytest.mark.slow
class TestDirectory(Conformance, unittest.TestCase):
    """In the one container of a directory."""

    settle_seconds = 0.0
    path: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.path = directory.name
        cls.container_name = DirectoryClient(cls.path).container_name
        super().setUpClass()

    def make_client(self) -> ObjectStorageClient:
        return DirectoryClient(self.path)

    def _remove_objects(self) -> None:
        self._named = {name for name in self._named if plain_path(name)}
        super()._remove_objects()


@pytest.mark.slow
class TestDirectoryWithFaults(TestDirectory):
    """The same, while every second call fails."""

    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())


def _refused(name: str) -> Callable[[TestDirectory], None]:
    test: Callable[[Any], None] = getattr(Conformance, name)

    def refused(self: TestDirectory) -> None:
        with pytest.raises(AssertionError, match=r"InvalidNameError|ConflictError"):
            test(self)

    return refused


for refused_name in REFUSED:
    setattr(TestDirectory, refused_name, _refused(refused_name))
