"""A store that begins at a prefix: nothing outside is seen or touched, whatever is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from obs_client import (
    ConfigurationError,
    ContainerNotEmptyError,
    InvalidNameError,
    LocalClient,
    MemoryClient,
    ObjectNotFoundError,
    ObjectStorageClient,
    Place,
    StorageUrl,
    SubdirInfo,
    from_url,
)
from obs_client.sync import sync
from obs_client.wrappers import prefixed


@pytest.fixture
def whole() -> ObjectStorageClient:
    """A store with something before, at, in and after the prefix `a/`."""
    client = MemoryClient("box")
    client.container_create("box")
    for name in ("a", "a-b", "a/", "a/x", "a/b/y", "a/b/z", "ab", "z"):
        client.object_write(name, name.encode())
    return client


def names(client: ObjectStorageClient, **options: str) -> list[str]:
    found = client.object_iter(**options)  # type: ignore[call-overload]
    return [entry.subdir if isinstance(entry, SubdirInfo) else entry.name for entry in found]


@pytest.mark.parametrize("prefix", ["a", "a/"])
def test_names_are_what_follows(whole: ObjectStorageClient, prefix: str) -> None:
    client = prefixed(whole, prefix)
    assert client.container_name == "box"
    assert names(client) == ["b/y", "b/z", "x"]
    assert names(client, delimiter="/") == ["b/", "x"]
    assert names(client, prefix="b/", start_after="b/y") == ["b/z"]
    assert client.object_read("x") == b"a/x"
    assert [info.name for info in client.object_list(fetch_metadata=True)] == ["b/y", "b/z", "x"]
    client.object_write("new", b"1")
    client.object_copy("new", "b/copy")
    assert whole.object_read("a/new") == whole.object_read("a/b/copy") == b"1"
    client.object_delete_many(["new", "b/copy", "x", "never"])
    assert names(client) == ["b/y", "b/z"]


def test_nothing_outside_is_deleted_by_force(whole: ObjectStorageClient) -> None:
    client = prefixed(whole, "a")
    before = names(whole)
    assert client.container_delete("box") is False
    with pytest.raises(ContainerNotEmptyError, match="nothing was deleted") as caught:
        client.container_delete("box", force=True)
    assert "object_delete_prefix('a/')" in caught.value.hint
    assert names(whole) == before
    info = client.container_info("box")
    assert info is not None
    assert (info.size, info.count) == (None, None)
    assert not client.capabilities.container_totals


@pytest.mark.parametrize(
    "other", ["a", "a/", "a/b", "a/b/", "a/b/c", "a/b/c/", "a/b/c.", "a/b/cc/x", "a/b0", "0", "z/a/b/c/x"]
)
def test_by_force_a_container_is_deleted_that_holds_nothing_beside(other: str) -> None:
    whole = MemoryClient("box")
    client = prefixed(whole, "a/b/c")
    client.container_create("box")
    client.object_write("x/y", b"1")
    client.object_write("z", b"1")
    whole.object_write(other, b"1")
    with pytest.raises(ContainerNotEmptyError):
        client.container_delete("box", force=True)
    assert client.container_name == "box"
    assert names(client) == ["x/y", "z"]
    whole.object_delete(other)
    assert client.container_delete("box", force=True)
    assert whole.container_list() == []
    assert client.container_delete("box", force=True), "what never was is gone too"


def test_containers_are_the_inner_stores(whole: ObjectStorageClient) -> None:
    client = prefixed(whole, "a")
    assert client.container_create("new")
    assert not client.container_create("box")
    assert [info.name for info in client.container_list()] == ["box", "new"]
    assert client.container_delete("new")
    assert whole.container_info("new") is None


def test_errors_have_the_objects_own_name(whole: ObjectStorageClient) -> None:
    client = prefixed(whole, "a")
    with pytest.raises(ObjectNotFoundError) as caught:
        client.object_read("never")
    assert (caught.value.object_name, caught.value.container) == ("never", "box")
    assert str(caught.value) == "there is no object 'never' in container 'box'"


def test_names_have_less_room(whole: ObjectStorageClient) -> None:
    client = prefixed(whole, "a")
    long = "n" * 1022
    client.object_write(long, b"1")
    assert whole.object_read(f"a/{long}") == b"1"
    too_long = long + "n"
    with pytest.raises(InvalidNameError, match="1,022"):
        client.object_write(too_long, b"1")
    assert client.object_info(too_long) is None
    assert client.object_delete(too_long)
    client.object_delete_many([too_long, long])
    assert whole.object_info(f"a/{long}") is None


@pytest.mark.parametrize("prefix", ["", "..", "a/../b", "x" * 1024, "\0"])
def test_what_is_no_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidNameError):
        prefixed(MemoryClient(), prefix)


def test_a_url_with_a_prefix_is_a_store_that_begins_there(tmp_path: Path) -> None:
    (tmp_path / "docs" / "a").mkdir(parents=True)
    (tmp_path / "docs" / "a" / "x").write_bytes(b"1")
    (tmp_path / "docs" / "ab").write_bytes(b"2")
    for prefix in ("a", "a/"):
        client = from_url(f"file://{tmp_path}?container_name=docs&prefix={prefix}")
        assert names(client) == ["x"]
    other = from_url("https://host/v1/AUTH_x/box/some/pre%25fix?anonymous=true")
    assert (other.container_name, other._location("box")[1]) == ("box", "box/some/pre%fix/")
    assert StorageUrl.parse("s3://box/a/b").prefix == "a/b"


def test_a_place_in_it_is_known(tmp_path: Path) -> None:
    client = LocalClient(tmp_path, "docs")
    client.container_create("docs")
    client.object_write("a/b/x", b"1")
    source, inside = Place(prefixed(client, "a"), "docs"), Place(client, "docs", "a/b")
    with pytest.raises(ConfigurationError, match="one place"):
        sync(source, inside)
    assert sync(source, Place(prefixed(client, "c"), "docs")).copied == 1
    assert client.object_read("c/b/x") == b"1"
