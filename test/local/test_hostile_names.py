"""Hostile and generated names on a disk and in memory: nothing outside of the root is made, changed or read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from obs_client import MemoryClient, ObjectStorageClientError
from test.faults.hostile import FEW, HOSTILE, NAMES, beside, generated, planted, try_all
from test.local.support import POLICIES, make_client


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", [*HOSTILE, "linked file", "dangling", "a/linked/x", "linked/file"], ids=ascii)
def test_no_name_gets_out_of_a_directory(tmp_path: Path, policy: str, name: str) -> None:
    inside, _ = planted(tmp_path / "jail" / "root")
    client = make_client(policy, inside)
    files = tmp_path / "files"
    files.mkdir()
    before = beside(tmp_path / "jail", inside)
    try_all(client, name, files)
    assert beside(tmp_path / "jail", inside) == before
    try:
        client.object_write(name, b"its own content")
    except ObjectStorageClientError:
        return
    assert client.object_read(name) == b"its own content"
    assert beside(tmp_path / "jail", inside) == before


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("count", FEW)
def test_no_generated_name_gets_out_of_a_directory(tmp_path: Path, policy: str, count: int) -> None:
    inside, _ = planted(tmp_path / "jail" / "root")
    client = make_client(policy, inside)
    memory = MemoryClient("container")
    memory.container_create("container")
    files = tmp_path / "files"
    files.mkdir()
    before = beside(tmp_path / "jail", inside)

    @generated(count)
    @given(name=NAMES)
    def check(name: str) -> None:
        content = name.encode("utf-8", "replace")
        try_all(client, name, files)
        try:
            client.object_write(name, content)
            memory.object_write(name, content)
        except (ObjectStorageClientError, ValueError):
            return
        assert client.object_read(name) == memory.object_read(name) == content
        assert client.object_delete(name)
        assert memory.object_delete(name)
        assert beside(tmp_path / "jail", inside) == before

    check()
    assert beside(tmp_path / "jail", inside) == before
