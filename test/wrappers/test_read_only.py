"""A store that is only read: every door to a change is shut before any request, and capabilities says so."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from obs_client import MemoryClient, NotSupportedError, ObjectStorageClient
from obs_client.testing.wrapper import RecordingClient
from obs_client.wrappers import limited, prefixed, read_only


class Unread(io.RawIOBase):
    """A stream that nobody may read."""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> NoReturn:
        raise AssertionError("the stream was read")

    readinto = read  # type: ignore[assignment]


Change = Callable[[ObjectStorageClient], object]

CHANGES: Mapping[str, Sequence[Change]] = {
    "container_create": [lambda client: client.container_create("new")],
    "container_delete": [
        lambda client: client.container_delete("box"),
        lambda client: client.container_delete("box", force=True),
    ],
    "use_container": [lambda client: client.use_container("new", create=True)],
    "object_write": [
        lambda client: client.object_write("a", b"2"),
        lambda client: client.object_write("a", b"2" * 100),
        lambda client: client.object_write("a", b"2", if_absent=True),
    ],
    "object_upload": [
        lambda client: client.object_upload(Unread(), "a"),  # type: ignore[arg-type]
        lambda client: client.object_upload(io.BytesIO(b"2"), "a"),
    ],
    "upload_file": [
        lambda client: client.upload_file(__file__, "a"),
        lambda client: client.upload_file("/never/there", "a"),
    ],
    "object_open": [
        lambda client: client.object_open("a", "wb"),
        lambda client: client.object_open("a", "w", encoding="utf-8"),
    ],
    "object_copy": [
        lambda client: client.object_copy("a", "b"),
        lambda client: client.object_copy("a", "a"),
        lambda client: client.object_copy("never", "b"),
    ],
    "object_replace_metadata": [lambda client: client.object_replace_metadata("a", {"x": "y"})],
    "object_set_metadata": [lambda client: client.object_set_metadata("a", "x", "y")],
    "object_delete_metadata": [lambda client: client.object_delete_metadata("a", "key")],
    "object_delete": [
        lambda client: client.object_delete("a"),
        lambda client: client.object_delete("a", if_hash="hash"),
    ],
    "object_delete_many": [
        lambda client: client.object_delete_many(["a"]),
        lambda client: client.object_delete_many(["a", "never"] * 1000),
    ],
    "object_delete_prefix": [
        lambda client: client.object_delete_prefix("a"),
        lambda client: client.object_delete_prefix("never"),
    ],
    "object_generate_upload_url": [lambda client: client.object_generate_upload_url("a")],
    "cleanup": [lambda client: client.cleanup()],
}
"""What would change the store, by the name of the method."""

READERS = {
    "close",
    "container_info",
    "container_list",
    "download_file",
    "object_download",
    "object_exists",
    "object_generate_download_url",
    "object_glob",
    "object_headers",
    "object_info",
    "object_iter",
    "object_list",
    "object_read",
    "object_tags",
}


@pytest.fixture
def inner() -> RecordingClient:
    client = RecordingClient(MemoryClient("box"))
    client.container_create("box")
    client.object_write("a", b"1", {"key": "value"})
    client.calls.clear()
    return client


def test_every_method_is_known_to_read_or_to_write() -> None:
    methods = {
        name for name, value in inspect.getmembers(ObjectStorageClient, inspect.isfunction) if not name.startswith("_")
    }
    assert set(CHANGES) | READERS == methods
    assert not set(CHANGES) & READERS


@pytest.mark.parametrize("change", [each for changes in CHANGES.values() for each in changes])
@pytest.mark.parametrize("around", [read_only, lambda client: limited(read_only(client), requests_per_second=1e6)])
def test_every_change_is_refused(
    inner: RecordingClient, change: Change, around: Callable[[ObjectStorageClient], ObjectStorageClient]
) -> None:
    client = around(inner)
    with pytest.raises(NotSupportedError, match=r"only reads: capabilities\.writable is False"):
        change(client)
    assert inner.calls == []
    assert [info.name for info in inner.object_list()] == ["a"]
    assert inner.object_read("a") == b"1"


def test_what_is_around_it_is_only_read_too(inner: RecordingClient) -> None:
    client = prefixed(read_only(inner), "in")
    for change in (change for name, changes in CHANGES.items() if name != "object_open" for change in changes):
        with pytest.raises(NotSupportedError, match="only reads"):
            change(client)
    assert inner.calls == []


def test_reading_is_as_before(inner: RecordingClient, tmp_path: Path) -> None:
    client = read_only(inner)
    assert client.container_name == "box"
    assert client.object_read("a") == b"1"
    with client.object_open("a") as file:
        assert file.read() == b"1"
    assert client.download_file("a", tmp_path / "a")
    assert not client.capabilities.writable
    assert not client.capabilities.upload_urls
    assert inner.capabilities.writable
    assert client.use_container("box")
