"""Reading what others made, and what they change meanwhile."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path

import pytest

from obs_client.backends.local import reading
from obs_client.backends.local.directory import DirectoryClient, Visit
from obs_client.backends.local.store import FileStore, LocalClient
from obs_client.errors import ConflictError, ObjectChangedError, ObjectNotFoundError, PreconditionError
from test.local.support import METADATA, files, info_of, names_of
from test.s3.content import fips


def _snapshot(top: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for folder, _, names in os.walk(top):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            status = os.lstat(path)
            attributes = [] if stat.S_ISLNK(status.st_mode) or not hasattr(os, "listxattr") else os.listxattr(path)
            times = (status.st_mtime_ns, status.st_ctime_ns)
            found[path] = (status.st_mode, status.st_ino, status.st_size, status.st_nlink, times, attributes)
    return found


def test_a_plain_directory_is_read_in_place_and_nothing_is_written_into_it(client: FileStore, container: Path) -> None:
    (container / "docs" / "empty").mkdir(parents=True)
    (container / "docs" / "page.html").write_bytes(b"<p>")
    (container / "notes.tar.gz").write_bytes(b"12345")
    before = _snapshot(container)
    assert names_of(client) == ["docs/page.html", "notes.tar.gz"]
    assert names_of(client, delimiter="/") == ["docs/", "notes.tar.gz"]
    info = info_of(client, "notes.tar.gz")
    assert (info.size, info.hash, info.content_type, info.metadata) == (5, None, "application/gzip", {})
    assert info.last_modified == (container / "notes.tar.gz").stat().st_mtime
    assert client.object_read("docs/page.html", start=1) == b"p>"
    assert client.object_info("docs") is None
    assert client.object_info("docs/empty") is None
    assert client.cleanup(older_than=0).removed == ()
    assert _snapshot(container) == before


@pytest.mark.usefixtures("kept")
def test_a_foreign_change_drops_the_hash_and_keeps_the_rest(client: FileStore, container: Path) -> None:
    client.object_write("a", b"content", METADATA, content_type="text/x", cache_control="no-store")
    before = info_of(client, "a")
    path = container / "a"
    with path.open("r+b") as file:
        file.write(b"CONTENT")
    after = info_of(client, "a")
    assert (before.hash, after.hash) == (hashlib.md5(b"content").hexdigest(), None)
    assert (after.metadata, after.content_type, after.cache_control) == (METADATA, "text/x", "no-store")
    assert client.object_list(fetch_metadata=True) == [after]
    assert client.object_read("a") == b"CONTENT"
    assert client.object_set_metadata("a", "more", "yes")
    assert info_of(client, "a").hash is None
    with client._object_open("c", "a", 0, None, None) as reader:
        assert reader.digest is None
    path.unlink()
    path.write_bytes(b"of another program")
    assert (info_of(client, "a").hash, info_of(client, "a").size) == (None, 18)


def test_a_file_that_is_written_to_while_it_is_read_is_an_error(client: FileStore, container: Path) -> None:
    client.object_write("a", b"x" * 100)
    path = container / "a"
    for change in (lambda: path.write_bytes(b"y" * 100), lambda: os.truncate(path, 10)):
        with client._object_open("c", "a", 0, None, None) as reader:
            buffer = memoryview(bytearray(60))
            assert reader.readinto(buffer) > 0
            change()
            with pytest.raises(ObjectChangedError):
                reader.readinto(buffer)


def test_what_the_system_gives_in_small_pieces_is_read_whole(
    client: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(range(250))
    client.object_write("a", content)
    preadv = os.preadv
    monkeypatch.setattr(os, "preadv", lambda file, views, at: preadv(file, [view[:7] for view in views], at))
    assert client.object_read("a") == content
    assert client.object_read("a", start=5, stop=100) == content[5:100]
    assert client.object_read("a", start=5, stop=1000) == content[5:]


def test_a_file_that_ends_early_is_an_error_and_no_end(client: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    client.object_write("a", b"content")
    with client._object_open("c", "a", 0, None, None) as reader:
        monkeypatch.setattr(os, "preadv", lambda *_: 0)
        with pytest.raises(ObjectChangedError, match="ended early"):
            reader.readinto(memoryview(bytearray(9)))


def test_a_reader_that_was_closed_reads_no_other_file(client: FileStore, container: Path) -> None:
    """Its descriptor's number may be another file's by then."""
    client.object_write("a", b"content")
    reader = client._object_open("c", "a", 0, None, None)
    reader.close()
    with open(container / "a", "rb") as other:
        with pytest.raises(ValueError, match="closed"):
            reader.readinto(memoryview(bytearray(9)))
        reader.close()
        assert other.read() == b"content"


@pytest.mark.usefixtures("kept")
def test_an_overwrite_does_not_disturb_a_reader(client: FileStore) -> None:
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
    local: LocalClient, container: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (container / "folder").symlink_to(outside)
    (container / "file").symlink_to(outside / "secret")
    (container / "dangling").symlink_to(outside / "new")
    os.mkfifo(container / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(container / "socket"))
    local.object_write("real", b"")
    before = _snapshot(outside)
    assert names_of(local) == ["real"]
    assert names_of(local, delimiter="/") == ["real"]
    assert names_of(local, prefix="folder/") == []
    for name in ("folder/secret", "file", "dangling", "fifo", "socket"):
        assert local.object_info(name) is None
        with pytest.raises(ObjectNotFoundError):
            local.object_read(name)
        with pytest.raises(ConflictError, match="remove or rename it"):
            local.object_write(name, b"evil")
        local.object_delete(name)
    assert local.cleanup(older_than=0).removed == ()
    assert _snapshot(outside) == before
    assert len(files(container)) == 6


def test_a_condition_that_does_not_hold_says_what_is_there(client: FileStore) -> None:
    client.object_write("a", b"content")
    there = hashlib.md5(b"content").hexdigest()
    for ask in (
        lambda: client._object_delete("c", "a", "other"),
        lambda: client._object_open("c", "a", 0, None, "other"),
    ):
        with pytest.raises(PreconditionError, match=rf"^the object 'a' has the hash {there}, not other$") as found:
            ask()
        assert (found.value.container, found.value.object_name) == ("c", "a")
    assert client.object_read("a") == b"content"


class TestTheShortWay:
    """Small files, read at once; what is not simply one file of one time is left to a reader."""

    def test_a_file_is_read_with_its_attributes_and_its_proof(
        self, visit: Visit, container: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = DirectoryClient(container)
        client.object_write("a/b", b"content", METADATA, content_type="text/x")
        monkeypatch.setattr(reading, "hashlib", fips)
        assert visit.read("a/b", 7) == (info_of(client, "a/b"), b"content", {"md5": hashlib.md5(b"content").digest()})
        assert visit.read("a/b", 6) is None, "it is larger"
        assert visit.read("absent", 7) is None

    def test_nothing_proves_what_another_program_wrote(self, visit: Visit, container: Path) -> None:
        (container / "a").write_bytes(b"content")
        assert visit.read("a", 7) == (info_of(DirectoryClient(container), "a"), b"content", {})

    def test_content_that_is_not_what_was_stored_is_not_given(self, visit: Visit, container: Path) -> None:
        DirectoryClient(container).object_write("a", b"content")
        path = container / "a"
        before = path.stat()
        with path.open("r+b") as file:
            file.write(b"CONTENT")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert visit.read("a", 7) is None

    @pytest.mark.parametrize("now", [b"content and more", b"cont", b"CONTENT"])
    def test_a_file_that_is_written_to_meanwhile_is_not_given(
        self, now: bytes, visit: Visit, container: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, pread = container / "a", os.pread
        path.write_bytes(b"content")
        os.utime(path, (1, 1))

        def read(descriptor: int, size: int, offset: int) -> bytes:
            path.write_bytes(now)
            return pread(descriptor, size, offset)

        monkeypatch.setattr(os, "pread", read)
        assert visit.read("a", 7) is None

    def test_nor_is_a_part_of_one(self, visit: Visit, container: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (container / "a").write_bytes(b"content")
        pread = os.pread
        monkeypatch.setattr(os, "pread", lambda descriptor, size, offset: pread(descriptor, min(size, 6), offset))
        assert visit.read("a", 7) is None
