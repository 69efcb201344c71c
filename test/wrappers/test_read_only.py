"""A store that is only read: every door to a change is shut before any request, and capabilities says so."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_client import MemoryClient, NotSupportedError, ObjectStorageClient
from obs_client.testing.wrapper import RecordingClient
from obs_client.wrappers import read_only

CHANGES: list[Callable[[ObjectStorageClient], object]] = [
    lambda client: client.container_create("new"),
    lambda client: client.container_delete("box"),
    lambda client: client.container_delete("box", force=True),
    lambda client: client.use_container("new", create=True),
    lambda client: client.object_write("a", b"2"),
    lambda client: client.object_write("a", b"2" * 100),
    lambda client: client.object_upload(io.BytesIO(b"2"), "a"),
    lambda client: client.upload_file(__file__, "a"),
    lambda client: client.object_open("a", "wb").close(),
    lambda client: client.object_copy("a", "b"),
    lambda client: client.object_replace_metadata("a", {"x": "y"}),
    lambda client: client.object_set_metadata("a", "x", "y"),
    lambda client: client.object_delete_metadata("a", "key"),
    lambda client: client.object_delete("a"),
    lambda client: client.object_delete_many(["a"]),
    lambda client: client.object_generate_upload_url("a"),
    lambda client: client.cleanup(),
]


@pytest.fixture
def inner() -> RecordingClient:
    client = RecordingClient(MemoryClient("box"))
    client.container_create("box")
    client.object_write("a", b"1", {"key": "value"})
    client.calls.clear()
    return client


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_refused(inner: RecordingClient, change: Callable[[ObjectStorageClient], object]) -> None:
    client = read_only(inner)
    with pytest.raises(NotSupportedError, match=r"only reads: capabilities\.writable is False"):
        change(client)
    assert set(inner.calls) <= {"object_list", "object_info"}, "what was only looked at"
    assert [info.name for info in inner.object_list()] == ["a"]
    assert inner.object_read("a") == b"1"


def test_reading_is_as_before(inner: RecordingClient, tmp_path: Path) -> None:
    client = read_only(inner)
    assert client.container_name == "box"
    assert client.object_read("a") == b"1"
    assert client.download_file("a", tmp_path / "a")
    assert not client.capabilities.writable
    assert inner.capabilities.writable
    assert client.use_container("box")
