"""Places: a store is one by whichever client, a prefix ends at a slash, and no place is synced into itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from obs_client import ConfigurationError, InvalidNameError, LocalClient, MemoryClient, Place, places
from obs_client import sync as sync_module
from obs_client.cli.address import Address
from obs_client.sync import SyncOptions, apply, parse_both, sync
from obs_client.sync.sides import directory_of
from obs_client.testing.faults import FaultyClient
from test.sync.support import contents, memory


def test_prefixes_end_at_a_slash() -> None:
    source, target = memory("a", x=b"1"), memory("a", gone=b"2")
    for name in ("ab/c", "a", "a-b", "other", "b/a/x"):
        target.client.object_write(name, b"not ours", container_name="box")
        source.client.object_write(name, b"not ours either", container_name="box")
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.copied, report.deleted) == (1, 1)
    everything = contents(Place(target.client, "box"))
    assert everything == {"a/x": b"1", **dict.fromkeys(("ab/c", "a", "a-b", "other", "b/a/x"), b"not ours")}


def test_a_place_cannot_be_synced_into_itself(tmp_path: Path) -> None:
    place = memory("a", x=b"1")
    for other in ("", "a", "a/b"):
        with pytest.raises(ConfigurationError, match="one place"):
            sync(place, Place(place.client, "box", other))
    sync(place, Place(place.client, "box", "ab"))
    with pytest.raises(ConfigurationError, match="one place"):
        sync(Place.of_directory(tmp_path), Place.of_directory(tmp_path / "inner"))


def test_the_mark_of_a_folder_itself_is_not_in_it(tmp_path: Path) -> None:
    source = memory("a", x=b"1")
    source.client.object_write("a/", b"", container_name="box")
    for target in (memory(), Place.of_directory(tmp_path)):
        assert sync(source, target).ok
        assert contents(target) == {"x": b"1"}
    source.client.object_write("a/b/", b"", container_name="box")
    assert sync(source, Place.of_directory(tmp_path), SyncOptions(exclude=["**/"])).ok
    assert not (tmp_path / "b").exists()
    assert sync(source, Place.of_directory(tmp_path)).ok, "the mark of a folder in it becomes a folder"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["b"]
    assert contents(Place.of_directory(tmp_path)) == {"x": b"1"}


def test_places_are_parsed(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    url = f"file://{tmp_path}?container_name=box"
    one, other = parse_both(url, url)
    assert one.client is other.client
    assert directory_of(Place.parse(str(tmp_path))) is not None
    source, target = parse_both(url, str(tmp_path / "x"))
    assert directory_of(source) is None
    assert directory_of(target) is not None
    with pytest.raises(ConfigurationError, match="container"):
        Place.parse("s3:")


def test_two_urls_of_one_store_share_a_client(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = parse_both(f"file://{tmp_path}?container_name=one", f"file://{tmp_path}?container_name=two")
    assert first.client is second.client
    assert (first.container_name, second.container_name) == ("one", "two")


@pytest.mark.parametrize("delete", [False, True])
def test_a_place_is_known_by_whichever_client(delete: bool, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    client = LocalClient(tmp_path)
    client.container_create("docs")
    client.object_write("sub/a", b"precious", container_name="docs")
    whole, part = Place(client, "docs"), Place(LocalClient(tmp_path / "link"), "docs", "sub")
    by_path = Place.of_directory(tmp_path / "link" / "docs" / "sub")
    wrapped = Place(FaultyClient(LocalClient(tmp_path)), "docs", "sub")
    for other in (part, by_path, wrapped):
        for source, target in ((other, whole), (whole, other)):
            with pytest.raises(ConfigurationError, match="one place"):
                sync(source, target, SyncOptions(delete=delete, max_delete=10))
            with pytest.raises(ConfigurationError, match="one place"):
                apply([], source, target)
    assert contents(whole) == {"sub/a": b"precious"}


def test_places_side_by_side_are_two(tmp_path: Path) -> None:
    client = LocalClient(tmp_path)
    for container in ("doc", "docs"):
        client.container_create(container)
    client.object_write("sub/a", b"1", container_name="doc")
    assert sync(Place(client, "doc"), Place(LocalClient(tmp_path), "docs")).copied == 1
    assert sync(Place(client, "doc", "sub"), Place(LocalClient(tmp_path), "doc", "sub-b")).copied == 1
    assert sync(memory(a=b"1"), memory()).copied == 1


def test_there_is_one_class_of_places() -> None:
    assert sync_module.Place is places.Place is Place


@pytest.mark.parametrize("prefix", ["a", "a/"])
def test_a_prefix_is_a_folder(prefix: str) -> None:
    client = MemoryClient("box")
    client.container_create("box")
    for name in ("a", "a/", "a/b", "a/c/d", "ab"):
        client.object_write(name, b"1")
    place = Place(client, "box", prefix)
    assert place == Place(client, "box", "a/")
    assert [entry.name for entry in place.objects()] == ["a/b", "a/c/d"]
    assert place.full_name("b") == "a/b"
    assert str(place) == "'box' under 'a/'"


def test_a_place_that_cannot_be_is_refused() -> None:
    for container in ("", ".", "a/b"):
        with pytest.raises(InvalidNameError):
            Place(MemoryClient(), container)
    for url in ("s3:", "s3://", "memory:", "nothing://x"):
        with pytest.raises(ConfigurationError):
            Place.parse(url)


@pytest.mark.parametrize("text", ["2026-11:photos", "C:x", "./s3://odd", "plain"])
def test_what_is_a_path_for_the_command_is_one_for_a_program(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Address.parse(text).path is not None
    assert directory_of(Place.parse(text)) is not None
