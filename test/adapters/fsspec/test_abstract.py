"""fsspec's own tests for file systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fsspec.tests.abstract import (
    AbstractCopyTests,
    AbstractFixtures,
    AbstractGetTests,
    AbstractOpenTests,
    AbstractPipeTests,
    AbstractPutTests,
)

from test.adapters.fsspec.stores import EMBEDDED, SERVED, Store
from test.servers.shared import Servers


class _All(
    AbstractCopyTests, AbstractGetTests, AbstractOpenTests, AbstractPipeTests, AbstractPutTests, AbstractFixtures
):
    """All tests that there are, in one container."""

    @pytest.fixture
    def fs(self, store: Store) -> Any:
        return store.fs

    @pytest.fixture
    def fs_path(self, store: Store) -> str:
        return store.container

    @pytest.fixture
    def fs_join(self) -> Callable[..., str]:
        return lambda *parts: "/".join(map(str, parts))

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False


@pytest.mark.slow
class TestMemory(_All):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return EMBEDDED["memory"](tmp_path)


@pytest.mark.slow
class TestLocal(_All):
    @pytest.fixture
    def store(self, tmp_path_factory: pytest.TempPathFactory) -> Store:
        return EMBEDDED["local"](tmp_path_factory.mktemp("root"))


class _Served(_All):
    kind = ""

    @pytest.fixture
    def store(self, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
        made = SERVED[self.kind](servers, monkeypatch)
        yield made
        made.fs.rm(made.container, recursive=True)


@pytest.mark.full
class TestMoto(_Served):
    kind = "moto"


class TestSeaweedfs(_Served):
    """SeaweedFS keeps a folder, and lists it, after the last object in it was deleted; these tests want it gone."""

    kind = "seaweedfs"
    ghosts: ClassVar = {
        f"test_{verb}_{what}"
        for verb in ("copy", "put")
        for what in ("directory_to_existing_directory", "directory_to_new_directory")
    }

    @pytest.fixture(autouse=True)
    def _know_ghosts(self, request: pytest.FixtureRequest) -> None:
        if request.node.originalname in self.ghosts:
            request.applymarker(pytest.mark.xfail(strict=True, reason="SeaweedFS keeps folders"))


@pytest.mark.full
class TestSwift(_Served):
    kind = "swift"
