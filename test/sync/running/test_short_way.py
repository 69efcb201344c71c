"""The short way of small files: what it writes and reads is as by the client, and what it cannot do it leaves alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import Attributes
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.local import attributes
from obs_client.backends.local.directory import DirectoryClient, Visit
from obs_client.backends.local.names import sidecar_name

MOST = 1000


@pytest.fixture
def client(tmp_path: Path) -> DirectoryClient:
    (tmp_path / "home/a/b").mkdir(parents=True)
    return DirectoryClient(tmp_path / "home")


@pytest.fixture
def visit(client: DirectoryClient) -> Iterator[Visit]:
    visit = client.visit(client.container_name or "")
    assert visit is not None
    yield visit
    visit.close()


def new(name: str, *, if_absent: bool = False) -> NewObject:
    kept = Attributes(content_type="text/x-odd", metadata={"key": "value"}, cache_control="no-store")
    return NewObject("home", name, kept, 3, if_absent=if_absent)


def left(client: DirectoryClient) -> list[str]:
    return sorted(name for _, _, names in os.walk(client.path) for name in names)


def test_what_is_written_is_what_the_client_would_have_written(client: DirectoryClient, visit: Visit) -> None:
    for name in ("a/b/one", "a/b/two", "a/three", "four"):
        assert visit.write(new(name), BytesBody(b"abc"))
        info = client.object_info(name)
        assert info is not None
        assert (info.size, info.hash) == (3, hashlib.md5(b"abc").hexdigest())
        assert (info.content_type, info.metadata, info.cache_control) == ("text/x-odd", {"key": "value"}, "no-store")
        assert client.object_read(name) == b"abc"
        info_read, content, digests = visit.read(name, MOST) or (None, b"", {})
        assert (info_read, content, digests) == (info, b"abc", {"md5": hashlib.md5(b"abc").digest()})
    assert left(client) == ["four", "one", "three", "two"]


def test_a_file_that_is_replaced_keeps_its_permissions(client: DirectoryClient, visit: Visit) -> None:
    there = Path(client.path, "a/there")
    there.write_bytes(b"old and longer")
    there.chmod(0o640)
    assert visit.write(new("a/there"), BytesBody(b"abc"))
    assert there.read_bytes() == b"abc"
    assert there.stat().st_mode & 0o777 == 0o640
    assert visit.write(new("a/fresh"), BytesBody(b"abc"))
    expected = Path(client.path, "expected")
    expected.touch()
    assert Path(client.path, "a/fresh").stat().st_mode == expected.stat().st_mode


def test_the_sidecar_of_a_replaced_file_goes_with_it(
    client: DirectoryClient, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setattr(attributes, "_has_extended_attributes", False)
        assert not visit.write(new("a/file"), BytesBody(b"old"))  # where attributes take a sidecar it is not short
        assert left(client) == []
        client.object_write("a/file", b"old", {"key": "old"})
    sidecar = Path(client.path, "a", os.fsdecode(sidecar_name(Path(client.path, "a/file").stat().st_ino)))
    assert sidecar.exists()
    found = visit.read("a/file", MOST)
    assert found is not None
    assert found[0].metadata == {"key": "old"}
    assert visit.write(new("a/file"), BytesBody(b"abc"))
    assert left(client) == ["file"]


@pytest.mark.parametrize(
    "name", ["absent/file", "a/b", "a/link", "a/fifo", "link/file", "a/b/", "%obs_t_0123456789abcdef"]
)
def test_what_is_not_simply_a_file_is_left_alone(name: str, client: DirectoryClient, visit: Visit) -> None:
    outside = Path(client.path).parent / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"not ours")
    Path(client.path, "link").symlink_to(outside)
    Path(client.path, "a/link").symlink_to(outside / "file")
    os.mkfifo(Path(client.path, "a/fifo"))
    before = left(client)
    assert visit.read(name, MOST) is None
    assert not visit.write(new(name), BytesBody(b"abc"))
    assert left(client) == before
    assert (outside / "file").read_bytes() == b"not ours"


def test_a_condition_is_left_to_the_client(client: DirectoryClient, visit: Visit) -> None:
    assert not visit.write(new("a/file", if_absent=True), BytesBody(b"abc"))
    assert left(client) == []


def test_damaged_large_and_changing_files_are_left_to_a_reader(
    client: DirectoryClient, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.object_write("a/file", b"abc")
    path = Path(client.path, "a/file")
    assert visit.read("a/file", 2) is None
    status = path.stat()
    path.write_bytes(b"xyz")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert visit.read("a/file", MOST) is None  # not what its stored MD5 says
    (path.parent / "plain").write_bytes(b"12345")
    assert (visit.read("a/plain", MOST) or ())[1:] == (b"12345", {})
    real = os.pread

    def pread(descriptor: int, count: int, offset: int) -> bytes:
        data = real(descriptor, count, offset)
        (path.parent / "plain").write_bytes(b"other")
        os.utime(path.parent / "plain", ns=(1, 1))
        return data

    monkeypatch.setattr(os, "pread", pread)
    assert visit.read("a/plain", MOST) is None


@pytest.mark.parametrize("moved", ["a", "a/b", ""])
def test_directories_that_are_moved_away_are_not_written_into(
    moved: str, client: DirectoryClient, visit: Visit
) -> None:
    assert visit.write(new("a/b/first"), BytesBody(b"abc"))
    away = Path(client.path).parent / "away"
    Path(client.path, moved).rename(away)
    Path(client.path, "a/b").mkdir(parents=True)
    assert not visit.write(new("a/b/second"), BytesBody(b"abc"))
    assert visit.write(new("a/b/third"), BytesBody(b"abc"))  # its descriptors are new ones by now
    assert left(client) == ["third"]
    assert [name for _, _, names in os.walk(away) for name in names] == ["first"]


def test_what_fails_in_the_midst_leaves_nothing(
    client: DirectoryClient, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.object_write("a/file", b"old")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "no room")

    for call in ("write", "utime", "fchmod", "rename"):
        with monkeypatch.context() as full:
            full.setattr(os, call, refuse)
            assert not visit.write(new("a/file"), BytesBody(b"abc"))
        assert left(client) == ["file"]
        assert client.object_read("a/file") == b"old"
    monkeypatch.setattr(os, "write", lambda descriptor, content: 1)
    assert not visit.write(new("a/file"), BytesBody(b"abc"))
    assert left(client) == ["file"]


def test_it_keeps_open_only_what_is_above_the_last_file(client: DirectoryClient, visit: Visit) -> None:
    for number in range(20):
        Path(client.path, f"d{number}/e").mkdir(parents=True)
        assert visit.write(new(f"d{number}/e/file"), BytesBody(b"abc"))
    assert visit._tree is not None
    assert set(visit._tree._opened) == {(b"d19",), (b"d19", b"e")}


def test_where_links_are_followed_there_is_no_short_way(tmp_path: Path) -> None:
    client = DirectoryClient(tmp_path, follow_symlinks=True)
    assert client.visit(client.container_name or "") is None
