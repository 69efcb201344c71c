"""The local store's own promises, beside those of every store, which the conformance suite has."""

from __future__ import annotations

import errno
import functools
import hashlib
import io
import logging
import os
import pickle
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client.backend.values import NewObject
from obs_client.backends.local import attributes
from obs_client.backends.local.store import LocalClient
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ConflictError,
    ContainerNotEmptyError,
    ContainerNotFoundError,
    InvalidNameError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)
from obs_client.models import Attributes, ObjectInfo, SubdirInfo
from test.local.support import IN_A_SIDECAR, IN_THE_FILE, PLACES, all_closed, files, keep, make_client

METADATA = {"colour": "blue", "tint": "grün"}
PLAIN = Attributes("text/plain", {})


@pytest.fixture
def client(tmp_path: Path) -> LocalClient:
    return make_client(tmp_path)


@pytest.fixture(params=PLACES)
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return keep(request.param, monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def no_descriptor_stays_open() -> Iterator[None]:
    with all_closed():
        yield


def _info(client: LocalClient, name: str) -> ObjectInfo:
    info = client.object_info(name)
    assert info is not None
    return info


def _names(client: LocalClient, **query: str) -> list[str]:
    return [entry.subdir if isinstance(entry, SubdirInfo) else entry.name for entry in client.object_list(**query)]  # type: ignore[call-overload]


def _snapshot(top: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for folder, _, names in os.walk(top):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            status = os.lstat(path)
            attributes = [] if stat.S_ISLNK(status.st_mode) or not hasattr(os, "listxattr") else os.listxattr(path)
            times = (status.st_mtime_ns, status.st_ctime_ns)
            found[path] = (status.st_mode, status.st_ino, status.st_size, status.st_nlink, times, attributes)
    return found


# ---- root and containers --------------------------------------------------------------------------------------------


def test_an_absent_root_is_said_at_first_use_and_not_before(tmp_path: Path) -> None:
    for root in (tmp_path / "absent", tmp_path / "file"):
        (tmp_path / "file").touch()
        client = LocalClient(root, "c")
        for use in (client.container_list, client.object_list, functools.partial(client.container_create, "c")):
            with pytest.raises(ConfigurationError, match="create it, or give the path"):
                use()
    with pytest.raises(TypeError, match="root must be a str or a path of str, not int"):
        LocalClient(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        LocalClient(b"root")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        LocalClient("")


def test_a_relative_root_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root" / "c").mkdir(parents=True)
    (tmp_path / "link").symlink_to("root")
    monkeypatch.chdir(tmp_path)
    client = LocalClient("link", "c")
    monkeypatch.chdir("/")
    pickle.loads(pickle.dumps(client)).object_write("a", b"content")
    assert (tmp_path / "root" / "c" / "a").read_bytes() == b"content"


def test_containers_are_the_directories_and_no_links(tmp_path: Path) -> None:
    client = LocalClient(tmp_path / "root")
    (tmp_path / "root" / "real").mkdir(parents=True)
    (tmp_path / "root" / "file").touch()
    (tmp_path / "root" / "link").symlink_to("real")
    assert [container.name for container in client.container_list()] == ["real"]
    assert client.container_info("real") is not None
    assert client.container_create("real") is False
    for name in ("link", "file", "absent"):
        assert client.container_info(name) is None
        with pytest.raises(ContainerNotFoundError) as caught:
            client.object_write("a", b"", container_name=name)
        assert caught.value.container == name
    with pytest.raises(ConflictError, match="remove or rename it"):
        client.container_create("link")
    with pytest.raises(InvalidNameError):
        client.container_create("x" * 256)


def test_deleting_a_container_takes_empty_folders_and_leftovers_but_nothing_foreign(client: LocalClient) -> None:
    container = Path(client.root, "c")
    (container / "empty" / "tree").mkdir(parents=True)
    (container / "empty" / ("%obs_t_" + "0" * 16)).touch()
    (container / "empty" / "%obs_s_123456").touch()
    for plant in (lambda path: path.symlink_to("x"), os.mkfifo, lambda path: path.touch()):
        plant(container / "empty" / "tree" / "thing")
        with pytest.raises(ContainerNotEmptyError, match="empty/tree/thing"):
            client._container_delete("c")
        (container / "empty" / "tree" / "thing").unlink()
    upload = client._object_multipart(NewObject("c", "large", PLAIN, 4))
    with pytest.raises(ContainerNotEmptyError, match="just being written"):
        client._container_delete("c")
    upload.abort()
    client._container_delete("c")
    assert not container.exists()


# ---- reading what others made ---------------------------------------------------------------------------------------


def test_a_plain_directory_is_read_in_place_and_nothing_is_written_into_it(client: LocalClient) -> None:
    container = Path(client.root, "c")
    (container / "docs" / "empty").mkdir(parents=True)
    (container / "docs" / "page.html").write_bytes(b"<p>")
    (container / "notes.tar.gz").write_bytes(b"12345")
    before = _snapshot(container)
    assert _names(client) == ["docs/page.html", "notes.tar.gz"]
    assert _names(client, delimiter="/") == ["docs/", "notes.tar.gz"]
    info = _info(client, "notes.tar.gz")
    assert (info.size, info.hash, info.content_type, info.metadata) == (5, None, "application/gzip", {})
    assert info.last_modified == (container / "notes.tar.gz").stat().st_mtime
    assert client.object_read("docs/page.html", start=1) == b"p>"
    assert client.object_info("docs") is None
    assert client.object_info("docs/empty") is None
    assert client.cleanup(older_than=0).removed == ()
    assert _snapshot(container) == before


@pytest.mark.usefixtures("kept")
def test_a_foreign_change_drops_the_hash_and_keeps_the_rest(client: LocalClient) -> None:
    client.object_write("a", b"content", METADATA, content_type="text/x", cache_control="no-store")
    before = _info(client, "a")
    path = Path(client.root, "c", "a")
    with path.open("r+b") as file:
        file.write(b"CONTENT")
    after = _info(client, "a")
    assert (before.hash, after.hash) == (hashlib.md5(b"content").hexdigest(), None)
    assert (after.metadata, after.content_type, after.cache_control) == (METADATA, "text/x", "no-store")
    assert client.object_read("a") == b"CONTENT"
    assert client.object_set_metadata("a", "more", "yes")
    assert _info(client, "a").hash is None
    with client._object_open("c", "a", 0, None, None) as reader:
        assert reader.digest is None
    path.unlink()
    path.write_bytes(b"of another program")
    assert (_info(client, "a").hash, _info(client, "a").size) == (None, 18)


def test_a_file_that_is_written_to_while_it_is_read_is_an_error(client: LocalClient) -> None:
    client.object_write("a", b"x" * 100)
    path = Path(client.root, "c", "a")
    for change in (lambda: path.write_bytes(b"y" * 100), lambda: os.truncate(path, 10)):
        with client._object_open("c", "a", 0, None, None) as reader:
            buffer = memoryview(bytearray(60))
            assert reader.readinto(buffer) > 0
            change()
            with pytest.raises(ObjectChangedError):
                reader.readinto(buffer)


@pytest.mark.usefixtures("kept")
def test_an_overwrite_does_not_disturb_a_reader(client: LocalClient) -> None:
    client.object_write("a", b"old", {"v": "old"})
    with client._object_open("c", "a", 0, None, None) as reader:
        client.object_write("a", b"newer", {"v": "new"})
        buffer = memoryview(bytearray(9))
        assert bytes(buffer[: reader.readinto(buffer)]) == b"old"
        assert reader.readinto(buffer) == 0
        assert reader.info.metadata == {"v": "old"}
    with client._object_open("c", "a", 99, None, None) as reader:
        assert reader.readinto(buffer) == 0
    with pytest.raises(PreconditionError):
        client._object_open("c", "a", 0, None, "another hash")


def test_links_and_what_is_no_file_are_neither_listed_nor_read_nor_replaced(
    client: LocalClient, tmp_path: Path
) -> None:
    container, outside = Path(client.root, "c"), tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (container / "folder").symlink_to(outside)
    (container / "file").symlink_to(outside / "secret")
    (container / "dangling").symlink_to(outside / "new")
    os.mkfifo(container / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(container / "socket"))
    client.object_write("real", b"")
    before = _snapshot(outside)
    assert _names(client) == ["real"]
    assert _names(client, delimiter="/") == ["real"]
    assert _names(client, prefix="folder/") == []
    for name in ("folder/secret", "file", "dangling", "fifo", "socket"):
        assert client.object_info(name) is None
        with pytest.raises(ObjectNotFoundError):
            client.object_read(name)
        with pytest.raises(ConflictError, match="remove or rename it"):
            client.object_write(name, b"evil")
        client.object_delete(name)
    assert client.cleanup(older_than=0).removed == ()
    assert _snapshot(outside) == before
    assert len(files(container)) == 6


# ---- attributes -----------------------------------------------------------------------------------------------------


def test_everything_is_kept_and_moves_with_the_directory(client: LocalClient, kept: str) -> None:
    client.object_write(
        "deep/a", b"content", METADATA, content_type="text/x", content_encoding="gzip",
        content_disposition="inline", content_language="de", cache_control="no-store",
    )  # fmt: skip
    info = _info(client, "deep/a")
    assert (info.content_type, info.content_encoding, info.content_disposition) == ("text/x", "gzip", "inline")
    assert (info.content_language, info.cache_control, info.metadata) == ("de", "no-store", METADATA)
    assert info.hash == hashlib.md5(b"content").hexdigest()
    assert client.object_list(fetch_metadata=True) == [info]
    sidecars = [name for name in os.listdir(Path(client.root, "c", "deep")) if name.startswith("%obs_s_")]
    assert len(sidecars) == (kept == IN_A_SIDECAR)
    below = LocalClient(Path(client.root, "c"), "deep")
    assert _info(below, "a").metadata == METADATA
    os.rename(Path(client.root, "c", "deep"), Path(client.root, "moved"))
    assert _info(LocalClient(client.root, "moved"), "a").hash == info.hash


@pytest.mark.usefixtures("kept")
def test_metadata_is_replaced_in_place(client: LocalClient) -> None:
    client.object_write("a", b"content", {"v": "1"}, content_language="de")
    path = Path(client.root, "c", "a")
    before = path.stat()
    assert client.object_replace_metadata("a", {"w": "2"})
    info = _info(client, "a")
    assert (info.metadata, info.content_language, info.hash) == ({"w": "2"}, "de", hashlib.md5(b"content").hexdigest())
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    path.with_name("foreign").write_bytes(b"")
    assert client.object_set_metadata("foreign", "k", "v")
    assert _info(client, "foreign").metadata == {"k": "v"}
    assert client.object_replace_metadata("absent", {}) is False
    with pytest.raises(PreconditionError):
        client._object_replace_metadata("c", "a", PLAIN, "another hash")


def test_metadata_that_no_extended_attribute_can_hold_is_kept_too(client: LocalClient) -> None:
    large = {f"key-{number}": "ü" * 1000 for number in range(200)}
    client.object_write("large", b"1", large)
    client.object_write("grows", b"2", {"k": "v"})
    assert client.object_replace_metadata("grows", large)
    for name in ("large", "grows"):
        assert _info(client, name).metadata == large
        assert _info(client, name).hash is not None
    assert client.object_replace_metadata("grows", {"k": "v"})
    assert _info(client, "grows").metadata == {"k": "v"}
    assert client.object_list(fetch_metadata=True) == [_info(client, "grows"), _info(client, "large")]
    client.object_write("large", b"3")
    client.object_delete("grows")
    assert files(Path(client.root, "c")) == ["large"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"size":"1"}', b"\xff", b"[" * 100_000])
def test_damaged_attributes_are_left_out_and_noted(
    client: LocalClient, kept: str, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    client.object_write("a.txt", b"content", METADATA)
    path = Path(client.root, "c", "a.txt")
    if kept == IN_THE_FILE:
        os.setxattr(path, attributes.ATTRIBUTE, damage[:2000])
    else:
        path.with_name(f"%obs_s_{path.stat().st_ino}").write_bytes(damage)
    with caplog.at_level(logging.DEBUG, "obs_client"):
        info = _info(client, "a.txt")
    assert (info.hash, info.metadata, info.content_type) == (None, {}, "text/plain")
    assert [record.levelname for record in caplog.records if "damaged" in record.message] == ["DEBUG"]


def test_a_sidecar_is_not_taken_for_another_file_with_the_same_inode_number(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attributes, "_has_extended_attributes", False)
    client.object_write("old", b"content", METADATA)
    old, new = Path(client.root, "c", "old"), Path(client.root, "c", "new")
    old.rename(new)  # what another program would see as: removed, and a new file with the number
    new.write_bytes(b"other content")
    assert _info(client, "new").metadata == {}


def test_a_copy_is_refused_if_the_source_is_another_by_now(client: LocalClient) -> None:
    client.object_write("a", b"one")
    old = _info(client, "a")
    client.object_write("a", b"two")
    with pytest.raises(ObjectChangedError):
        client._object_copy("c", old, NewObject("c", "b", PLAIN, 3))
    Path(client.root, "c", "foreign").write_bytes(b"three")
    assert client.object_copy("foreign", "new/b")
    assert _info(client, "new/b").hash == hashlib.md5(b"three").hexdigest()
    assert client.object_copy("absent", "x") is False


# ---- listing, cleanup, errors ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("kept")
def test_pages_go_on_where_they_ended(client: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obs_client.backends.local.listing.PAGE_SIZE", 3)
    names = sorted(["a", "a-b", "a/b", "a/b/c", "a/", "a.b", "b//c", "b/", "z" * 300, "z/y-1", "z/y-2", "é", "日"])
    for name in names:
        client.object_upload(io.BytesIO(name.encode()), name)
    assert _names(client) == names
    assert _names(client, delimiter="/") == ["a", "a-b", "a.b", "a/", "b/", "z/", "z" * 300, "é", "日"]
    assert _names(client, delimiter="/", prefix="a/") == ["a/", "a/b", "a/b/"]
    assert _names(client, delimiter="-", prefix="z/") == ["z/y-"]
    assert _names(client, delimiter="/b") == ["a", "a-b", "a.b", "a/", "a/b", "b/", "b//c", "z/y-1", "z/y-2", "z" * 300, "é", "日"]  # fmt: skip  # noqa: E501
    for marker in names:
        after = client.object_iter(start_after=marker)
        assert [entry.name for entry in after if isinstance(entry, ObjectInfo)] == names[names.index(marker) + 1 :]


def test_cleanup_takes_old_leftovers_under_the_prefix_only(client: LocalClient) -> None:
    container = Path(client.root, "c")
    client.object_write("a/object", b"1")
    leftovers = [container / folder / ("%obs_t_" + "0" * 16) for folder in ("", "a", "ab", "a/empty")]
    for path in leftovers:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"12345")
    (container / "a" / "%obs_s_999999999").write_bytes(b"{}")
    (container / "a" / "%obs_t_foreign").write_bytes(b"{}")
    assert client.cleanup(older_than=3600).removed == ()
    report = client.cleanup(prefix="a/", older_than=0)
    assert sorted(report.removed) == ["a/%obs_s_999999999", f"a/{leftovers[1].name}", f"a/empty/{leftovers[3].name}"]
    assert report.size == 12
    assert files(container / "a") == ["%obs_t_foreign", "object"]
    assert len(client.cleanup(older_than=0).removed) == 2
    assert files(container) == ["a"]


def test_errors_of_the_system_have_one_kind_each(client: LocalClient) -> None:
    kinds = {
        errno.EACCES: AuthorizationError, errno.EROFS: AuthorizationError, errno.ENOSPC: ServiceError,
        errno.EFBIG: ServiceError, errno.EMFILE: TemporaryError, errno.ESTALE: TemporaryError,
        errno.ENAMETOOLONG: InvalidNameError, errno.EXDEV: ServiceError,
    }  # fmt: skip
    for number, kind in kinds.items():
        assert client._classify_error(OSError(number, "x")) is kind
    assert client._classify_error(ValueError()) is None
