"""Attributes are kept with the file: in it or beside it, whichever client and from whichever directory above."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import pytest

from obs_client.backend.values import NewObject
from obs_client.backends.local import attributes
from obs_client.backends.local.store import FileStore, LocalClient
from obs_client.errors import ObjectChangedError, PreconditionError
from obs_client.models import ObjectInfo
from test.local.support import IN_A_SIDECAR, IN_THE_FILE, METADATA, PLAIN, POLICIES, files, info_of, make_client


def test_everything_is_kept_and_moves_with_the_directory(client: FileStore, container: Path, kept: str) -> None:
    client.object_write(
        "deep/a", b"content", METADATA, content_type="text/x", content_encoding="gzip",
        content_disposition="inline", content_language="de", cache_control="no-store",
    )  # fmt: skip
    info = info_of(client, "deep/a")
    assert (info.content_type, info.content_encoding, info.content_disposition) == ("text/x", "gzip", "inline")
    assert (info.content_language, info.cache_control, info.metadata) == ("de", "no-store", METADATA)
    assert info.hash == hashlib.md5(b"content").hexdigest()
    assert client.object_list(fetch_metadata=True) == [info]
    sidecars = [name for name in os.listdir(container / "deep") if name.startswith("%obs_s_")]
    assert len(sidecars) == (kept == IN_A_SIDECAR)
    below = LocalClient(container, "deep")
    assert info_of(below, "a").metadata == METADATA
    os.rename(container / "deep", container.parent / "moved")
    assert info_of(LocalClient(container.parent, "moved"), "a").hash == info.hash


@pytest.mark.usefixtures("kept")
def test_a_writer_tells_the_time_that_the_file_has(client: FileStore) -> None:
    with client.object_open("a", "wb") as file:
        file.write(b"content")
    assert file.info.last_modified == info_of(client, "a").last_modified


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("other_policy", POLICIES)
def test_a_file_is_one_object_by_whichever_client_and_from_whichever_directory(
    policy: str, other_policy: str, container: Path
) -> None:
    def same(seen: ObjectInfo | None) -> tuple[object, ...]:
        assert seen is not None
        kept = (seen.size, seen.hash, seen.metadata, seen.content_type, seen.cache_control, seen.write_id)
        return (*kept, seen.last_modified, seen.content_language)

    (container / "x" / "y").mkdir(parents=True)
    above = make_client(policy, container)
    for other, name in (
        (make_client(other_policy, container), "x/y/z"),
        (make_client(other_policy, container / "x"), "y/z"),
        (make_client(other_policy, container / "x" / "y"), "z"),
    ):
        above.object_write("x/y/z", b"one", METADATA, content_type="text/x", cache_control="no-store")
        assert same(other.object_info(name)) == same(above.object_info("x/y/z"))
        assert other.object_read(name) == b"one"
        assert other.object_replace_metadata(name, {"k": "w"})
        assert info_of(above, "x/y/z").metadata == {"k": "w"}
        other.object_write(name, b"two!", {"n": "1"}, content_language="de")
        assert same(other.object_info(name)) == same(above.object_info("x/y/z"))
        [listed] = above.object_list(fetch_metadata=True)
        assert listed == above.object_info("x/y/z")
        assert above.object_copy("x/y/z", "x/copy")
        assert info_of(above, "x/copy").hash == info_of(other, name).hash
        assert above.object_delete("x/copy")
        assert other.object_delete(name)
        assert above.object_list() == []
        assert not list(container.rglob("%obs_*"))
        (container / "x" / "y").mkdir(parents=True, exist_ok=True)


@pytest.mark.usefixtures("kept")
def test_metadata_is_replaced_in_place(client: FileStore, container: Path) -> None:
    client.object_write("a", b"content", {"v": "1"}, content_language="de")
    path = container / "a"
    before = path.stat()
    assert client.object_replace_metadata("a", {"w": "2"})
    info = info_of(client, "a")
    assert (info.metadata, info.content_language, info.hash) == ({"w": "2"}, "de", hashlib.md5(b"content").hexdigest())
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    path.with_name("foreign").write_bytes(b"")
    assert client.object_set_metadata("foreign", "k", "v")
    assert info_of(client, "foreign").metadata == {"k": "v"}
    assert client.object_replace_metadata("absent", {}) is False
    with pytest.raises(PreconditionError):
        client._object_replace_metadata("c", "a", PLAIN, "another hash")


def test_metadata_that_no_extended_attribute_can_hold_is_kept_too(client: FileStore, container: Path) -> None:
    large = {f"key-{number}": "ü" * 1000 for number in range(200)}
    client.object_write("large", b"1", large)
    client.object_write("grows", b"2", {"k": "v"})
    assert client.object_replace_metadata("grows", large)
    for name in ("large", "grows"):
        assert info_of(client, name).metadata == large
        assert info_of(client, name).hash is not None
    assert client.object_replace_metadata("grows", {"k": "v"})
    assert info_of(client, "grows").metadata == {"k": "v"}
    assert client.object_list(fetch_metadata=True) == [info_of(client, "grows"), info_of(client, "large")]
    client.object_write("large", b"3")
    client.object_delete("grows")
    assert files(container) == ["large"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"size":"1"}', b"\xff", b"[" * 100_000])
def test_damaged_attributes_are_left_out_and_noted(
    client: FileStore, container: Path, kept: str, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    client.object_write("a.txt", b"content", METADATA)
    path = container / "a.txt"
    if kept == IN_THE_FILE:
        os.setxattr(path, attributes.ATTRIBUTE, damage[:2000])
    else:
        path.with_name(f"%obs_s_{path.stat().st_ino}").write_bytes(damage)
    with caplog.at_level(logging.DEBUG, "obs_client"):
        info = info_of(client, "a.txt")
    assert (info.hash, info.metadata, info.content_type) == (None, {}, "text/plain")
    assert [record.levelname for record in caplog.records if "damaged" in record.message] == ["DEBUG"]
    assert client.object_list(fetch_metadata=True) == [info]


def test_a_sidecar_is_not_taken_for_another_file_with_the_same_inode_number(
    client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attributes, "_has_extended_attributes", False)
    client.object_write("old", b"content", METADATA)
    old, new = container / "old", container / "new"
    old.rename(new)  # what another program would see as: removed, and a new file with the number
    new.write_bytes(b"other content")
    assert info_of(client, "new").metadata == {}


def test_a_sidecar_proves_no_content_of_a_file_that_was_changed_and_dated_back(
    client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attributes, "_has_extended_attributes", False)
    path = container / "a"
    for change_metadata in (False, True):
        client.object_write("a", b"content", METADATA)
        if change_metadata:
            client.object_replace_metadata("a", METADATA)
        before = path.stat()
        assert info_of(client, "a").hash == hashlib.md5(b"content").hexdigest()
        while path.stat().st_ctime_ns == before.st_ctime_ns:  # the clock of a file system may be coarse
            with path.open("r+b") as file:
                file.write(b"CONTENT")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        info = info_of(client, "a")
        assert (info.hash, info.last_modified, info.metadata) == (None, before.st_mtime, METADATA)
        assert client.object_read("a") == b"CONTENT"


def test_a_copy_is_refused_if_the_source_is_another_by_now(client: FileStore, container: Path) -> None:
    client.object_write("a", b"one")
    old = info_of(client, "a")
    client.object_write("a", b"two")
    with pytest.raises(ObjectChangedError):
        client._object_copy("c", old, NewObject("c", "b", PLAIN, 3))
    (container / "foreign").write_bytes(b"three")
    assert client.object_copy("foreign", "new/b")
    assert info_of(client, "new/b").hash == hashlib.md5(b"three").hexdigest()
    assert client.object_copy("absent", "x") is False
