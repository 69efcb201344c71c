"""Copying and sync between servers: S3 (SeaweedFS), Swift behind Keystone, a double of Google's, and local places."""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import ClientOptions, ConfigurationError, GCSClient, S3Client, SwiftClient, copying
from obs_client.backends.s3 import names as s3_names
from obs_client.client import ObjectStorageClient
from obs_client.sync import Place, SyncOptions, apply, check, plan_sync, sync
from obs_client.testing.wrapper import RecordingClient
from test.servers.shared import Servers
from test.sync.support import Thing, fill, make_place, set_time, state, tree

MIB = 1024 * 1024
OPTIONS = ClientOptions(part_size=5 * MIB, workers=3)
LARGE = 11 * MIB + 7

Stores = dict[str, ObjectStorageClient]


@pytest.fixture(scope="module")
def stores(servers: Servers) -> Iterator[Stores]:
    seaweedfs, keystone = servers.seaweedfs(), servers.keystone()
    s3 = S3Client(
        endpoint_url=seaweedfs.endpoint_url,
        region=seaweedfs.region,
        credentials=seaweedfs.s3_credentials,
        options=OPTIONS,
    )
    swift = SwiftClient(credentials=keystone.credentials, allow_http_storage=True, options=OPTIONS)
    double = servers.google()
    google = GCSClient(endpoint_url=double.endpoint_url, credentials=double.credentials, options=OPTIONS)
    with s3, swift, google:
        yield {"s3": s3, "swift": swift, "google": google}


def place_of(kind: str, stores: Stores, path: Path) -> Place:
    """A new place of a kind, in a container of its own."""
    if kind not in stores:
        return make_place(kind, path / kind, OPTIONS)
    container = f"sync-{secrets.token_hex(4)}"
    assert stores[kind].container_create(container)
    return Place(stores[kind], container, "a/folder" if kind == "s3" else "")


@pytest.mark.parametrize("kind", ["s3", "swift"])
def test_a_container_by_two_clients_is_one_place(kind: str, stores: Stores, tmp_path: Path) -> None:
    place = place_of(kind, stores, tmp_path)
    place.client.object_write(place.full_name("sub/a"), b"precious", container_name=place.container_name)
    with pickle.loads(pickle.dumps(place.client)) as again:
        inner = Place(again, place.container_name, place.full_name("sub"))
        with pytest.raises(ConfigurationError, match="one place"):
            sync(inner, place, SyncOptions(delete=True))
        assert sync(inner, place_of(kind, stores, tmp_path)).copied == 1
    assert set(state(place)) == {"sub/a"}


def things() -> dict[str, Thing]:
    """A tree with large objects, whose odd names are those that all stores take."""
    # SeaweedFS takes a backslash in a name for a slash; Google takes no line ends.
    return {name: thing for name, thing in tree(large=LARGE).items() if not {*"\\\n\r"} & {*name}}


PAIRS = [
    ("directory", "swift"), ("swift", "s3"), ("s3", "directory"), ("directory", "s3"), ("s3", "swift"),
    ("swift", "directory"), ("memory", "s3"), ("s3", "memory"), ("memory", "swift"), ("swift", "memory"),
    ("local", "s3"), ("s3", "local"), ("local", "swift"), ("swift", "local"), ("s3", "s3"), ("swift", "swift"),
    ("swift", "google"), ("google", "s3"), ("directory", "google"), ("google", "directory"), ("google", "google"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_tree_arrives_whole_and_a_second_sync_moves_nothing(
    one: str, other: str, stores: Stores, tmp_path: Path
) -> None:
    source, target = place_of(one, stores, tmp_path / "one"), place_of(other, stores, tmp_path / "other")
    wanted = things()
    fill(source, wanted)
    fill(target, {"old/one": Thing(b"1", {}), "a!": Thing(b"other content", {})})
    report = sync(source, target, SyncOptions(delete=True))
    assert report.failures == {}
    assert (report.copied, report.deleted) == (len(wanted), 1)
    assert state(target) == state(source)
    assert [step for step in plan_sync(source, target, SyncOptions(delete=True)) if step.action != "skip"] == []
    proved = check(source, target)
    assert proved.ok
    assert proved.same == len(wanted)


@pytest.mark.parametrize(("one", "other"), [("swift", "s3"), ("s3", "swift")])
def test_a_plan_is_applied_twice(one: str, other: str, stores: Stores, tmp_path: Path) -> None:
    source, target = place_of(one, stores, tmp_path / "one"), place_of(other, stores, tmp_path / "other")
    fill(source, things())
    fill(target, {"old/one": Thing(b"1", {}), "large": Thing(b"other content", {})})
    steps = list(plan_sync(source, target, SyncOptions(delete=True)))
    assert apply(steps, source, target).failures == {}
    assert state(target) == state(source)
    again = apply(steps, source, target)
    assert again.failures == {}
    assert again.copied == 0


@pytest.mark.parametrize("kind", ["s3", "swift", "google"])
def test_small_files_take_one_request_on_each_side(kind: str, stores: Stores, tmp_path: Path) -> None:
    local, remote = place_of("directory", stores, tmp_path), place_of(kind, stores, tmp_path)
    fill(local, {f"{number}": Thing(b"%d" % number, {}) for number in range(5)})
    client = RecordingClient(remote.client)
    watched = Place(client, remote.container_name, remote.prefix)
    assert sync(local, watched).copied == 5
    assert [call for call in client.calls if call != "object_list"] == ["object_write"] * 5
    client.calls.clear()
    assert sync(watched, Place.of_directory(tmp_path / "back")).copied == 5
    assert [call for call in client.calls if call != "object_list"] == ["object_open"] * 5


@pytest.mark.parametrize(("one", "other"), [("swift", "s3"), ("s3", "swift"), ("google", "swift")])
def test_a_large_object_moves(one: str, other: str, stores: Stores, tmp_path: Path) -> None:
    source, target = place_of(one, stores, tmp_path), place_of(other, stores, tmp_path)
    thing = things()["large"]
    fill(source, {"large": thing})
    before = state(source)["large"]
    assert copying.object_move(source, "large", target)
    assert state(source) == {}
    assert state(target) == {"large": before}


def test_names_that_a_server_is_known_to_change_are_refused(stores: Stores, tmp_path: Path) -> None:
    source, target = place_of("memory", stores, tmp_path), place_of("s3", stores, tmp_path)
    fill(source, {name: Thing(name.encode(), {}) for name in ("a//b", "back\\slash", "kept")})
    report = sync(source, target)
    assert set(report.failures) == {"a//b", "back\\slash"}
    assert "SeaweedFS treats names as paths" in str(report.failures["back\\slash"])
    assert set(state(target)) == {"kept"}


def test_names_that_a_server_changes_fail_and_are_told_by_check(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server takes names for paths, and nobody knows: nothing is deleted in their stead, nor proved equal."""
    monkeypatch.setattr(s3_names, "_SEAWEEDFS", "another server")
    source, target = place_of("memory", stores, tmp_path), place_of("s3", stores, tmp_path)
    fill(source, {name: Thing(name.encode(), {}) for name in ("a//b", "back\\slash", "kept")})
    for _ in range(2):
        report = sync(source, target, SyncOptions(delete=True))
        assert set(report.failures) == {"a//b", "back\\slash"}
        assert "back/slash', because it treats names as paths" in str(report.failures["back\\slash"])
        assert report.deleted == 0
        assert {"a/b", "back/slash", "kept"} <= set(state(target))
    proved = check(source, target)
    assert not proved.ok
    assert proved.same == 1
    assert set(proved.missing) == {"a//b", "back\\slash"}


@pytest.mark.parametrize("kind", ["s3", "swift"])
def test_names_that_no_directory_can_have_fail_by_themselves(kind: str, stores: Stores, tmp_path: Path) -> None:
    source = place_of(kind, stores, tmp_path)
    fill(source, {"a": Thing(b"1", {}), "long/" + "x" * 250: Thing(b"2", {})})
    if kind == "swift":
        fill(source, {"y" * 300: Thing(b"3", {})})
        report = sync(source, Place.of_directory(tmp_path / "first"))
        assert (report.copied, list(report.failures)) == (2, ["y" * 300])
        source.client.object_delete(source.full_name("y" * 300), source.container_name)
    assert sync(source, Place.of_directory(tmp_path / "back")).copied == 2


def test_an_old_tree_in_a_directory_is_not_copied_again_by_times(stores: Stores, tmp_path: Path) -> None:
    local, remote = place_of("directory", stores, tmp_path), place_of("s3", stores, tmp_path)
    fill(local, {"file": Thing(b"1", {})})
    set_time(local, "file", 1e9)
    assert sync(local, remote).copied == 1
    assert sync(local, remote).copied == 0
    set_time(local, "file", 4e9)
    assert sync(local, remote).copied == 1
