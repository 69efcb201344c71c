"""Writing: whole or not at all, also where the system refuses."""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import hashlib
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.local import draft, lock, places
from obs_client.backends.local.directory import DirectoryClient, Visit
from obs_client.backends.local.places import Survey
from obs_client.backends.local.record import MOST_PARTS, digest_of, make
from obs_client.backends.local.store import FileStore, LocalClient
from obs_client.backends.local.tree import Tree
from obs_client.errors import (
    AuthorizationError,
    IntegrityError,
    NotSupportedError,
    ObjectChangedError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)
from obs_client.models import Attributes, ObjectInfo
from test.local.support import (
    IN_A_SIDECAR,
    IN_THE_FILE,
    METADATA,
    PLAIN,
    POLICIES,
    files,
    fork,
    info_of,
    keep,
    make_client,
    succeeded,
)

NOBODY = 65534


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_nothing(client: FileStore, container: Path, error: type[BaseException]) -> None:
    class Broken(BytesBody):
        def view(self) -> memoryview:
            raise error("the source is gone")

    client.object_write("a/b", b"old")
    (container / "foreign").mkdir()
    for name in ("a/b", "new/deep/c", "foreign/x"):
        with pytest.raises(error, match="the source is gone"):
            client._object_write(NewObject("c", name, PLAIN, 3), Broken(b"new"))
    assert files(container) == ["a", "foreign"]
    assert files(container / "a") == ["b"]
    assert client.object_read("a/b") == b"old"


@pytest.mark.usefixtures("kept")
def test_conditions_hold_across_all_forms_of_a_name(local: LocalClient, container: Path) -> None:
    (container / "%obs_f_a").write_bytes(b"escaped")
    assert local.object_write("a", b"new", if_absent=True) is False
    assert local.object_write("a", b"new", if_hash="0") is False
    local.object_write("a", b"one")
    info = info_of(local, "a")
    assert info.hash is not None
    assert local.object_write("a", b"two", if_hash=info.hash) is True
    assert local.object_write("a", b"three", if_hash=info.hash) is False
    assert local.object_read("a") == b"two"
    assert not (container / "a").exists()


@pytest.mark.usefixtures("kept")
def test_a_large_object_is_its_parts_in_any_order(client: FileStore) -> None:
    contents = [b"a" * 10, b"b" * 10, b"c" * 3]
    upload = client._object_multipart(NewObject("c", "x/large", Attributes("a/b", {"k": "v"}), 23, 10))
    for number in (3, 1, 2, 1):
        part = Part(number, (number - 1) * 10, len(contents[number - 1]))
        upload.put_part(part, BytesBody(contents[number - 1]))
    assert client.object_info("x/large") is None
    upload.complete()
    upload.complete()
    upload.abort()
    composite = hashlib.md5(b"".join(hashlib.md5(content).digest() for content in contents)).hexdigest()
    info = info_of(client, "x/large")
    assert (info.hash, info.metadata, info.content_type) == (f"{composite}-3", {"k": "v"}, "a/b")
    assert client.object_read("x/large") == b"".join(contents)
    assert client.object_copy("x/large", "copy")
    assert client.object_replace_metadata("copy", {"k": "w"})
    with client._object_open("c", "copy", 0, None, None) as reader:
        assert reader.digest is not None
        assert (list(reader.digest.part_sizes), reader.digest.composite) == ([10, 10, 3], composite)


@pytest.mark.parametrize("count", ["1", "2", "4", "03", ""])
def test_a_hash_of_another_count_of_parts_than_the_file_has_is_not_compared(count: str) -> None:
    """Anybody may have written the record; a guess at the parts would call good content damaged."""
    status = os.stat_result((0o100644, 1, 1, 1, 0, 0, 23, 0, 0, 0))
    record = make(PLAIN, status, f"{'0' * 32}-3", 10)
    right = digest_of(status, record)
    assert right is not None
    assert list(right.part_sizes) == [10, 10, 3]
    assert digest_of(status, dataclasses.replace(record, hash=f"{'0' * 32}-{count}")) is None
    assert digest_of(status, dataclasses.replace(record, hash="0" * 32)) is None


@pytest.mark.parametrize("size", [20, 10])
def test_parts_that_fill_the_file_have_no_empty_one_after_them(size: int) -> None:
    status = os.stat_result((0o100644, 1, 1, 1, 0, 0, size, 0, 0, 0))
    found = digest_of(status, make(PLAIN, status, f"{'0' * 32}-{size // 10}", 10))
    assert found is not None
    assert list(found.part_sizes) == [10] * (size // 10)


def test_a_record_of_more_parts_than_there_is_memory_for_is_not_compared() -> None:
    size = MOST_PARTS + 1
    status = os.stat_result((0o100644, 1, 1, 1, 0, 0, size, 0, 0, 0))
    assert digest_of(status, make(PLAIN, status, f"{'0' * 32}-{size}", 1)) is None


def test_a_part_of_another_size_than_its_body_is_refused(client: FileStore, container: Path) -> None:
    upload = client._object_multipart(NewObject("c", "large", PLAIN, None, 10))
    for body in (b"x" * 9, b"x" * 11):
        with pytest.raises(IntegrityError, match="in place of 10"):
            upload.put_part(Part(1, 0, 10), BytesBody(body))
    upload.abort()
    assert os.listdir(container) == []


def test_parts_that_are_taken_up_are_read_and_compared(client: FileStore) -> None:
    """After a power cut there may be other bytes in the place of one."""
    new = NewObject("c", "large", PLAIN, 20, 10)
    parts = [Part(1, 0, 10), Part(2, 10, 10)]
    first = client._object_multipart(new)
    for part, byte in zip(parts, (b"a", b"b"), strict=True):
        first.put_part(part, BytesBody(byte * 10))
    receipts = {part: first.receipt(part) for part in parts}
    identity = first.identity
    assert identity is not None
    first.leave()
    second = client._object_reopen(new, identity)
    assert list(second.take_up(receipts)) == parts
    second.leave()
    third = client._object_reopen(new, identity)
    assert list(third.take_up({parts[0]: receipts[parts[0]], parts[1]: receipts[parts[0]]})) == parts[:1]
    third.put_part(parts[1], BytesBody(b"c" * 10))
    third.complete()
    assert client.object_read("large") == b"a" * 10 + b"c" * 10


@pytest.mark.parametrize(
    "parts",
    [
        [Part(1, 0, 10), Part(2, 10, 5), Part(3, 20, 10)],
        [Part(1, 0, 10), Part(2, 10, 10), Part(3, 20, 0)],
        [Part(1, 0, 10), Part(2, 11, 5)],
        [Part(1, 0, 10), Part(2, 9, 10)],
        [Part(1, 1, 10)],
        [Part(1, 0, 5), Part(2, 5, 10)],
        [Part(2, 0, 10)],
    ],
    ids=str,
)
def test_parts_with_a_gap_or_an_overlap_are_not_published(
    parts: list[Part], client: FileStore, container: Path
) -> None:
    upload = client._object_multipart(NewObject("c", "large", PLAIN, None, 10))
    for part in parts:
        upload.put_part(part, BytesBody(b"x" * part.size))
    with pytest.raises(IntegrityError, match="nothing was written"):
        upload.complete()
    upload.abort()
    assert os.listdir(container) == []


class Trickle(Body):
    """Bytes that come a few at a time, fewer than announced if the content is shorter."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(size)
        self._content = content

    def _read_at(self, position: int, buffer: memoryview) -> int:
        piece = self._content[position : position + min(3, len(buffer))]
        buffer[: len(piece)] = piece
        return len(piece)


def test_content_that_ends_before_its_size_is_not_published(client: FileStore, container: Path) -> None:
    with pytest.raises(IntegrityError, match="ended after 7 of 8 bytes"):
        client._object_write(NewObject("c", "a", PLAIN, 8), Trickle(b"content", 8))
    assert os.listdir(container) == []


def test_parts_that_come_in_pieces_are_written_in_their_places(client: FileStore) -> None:
    upload = client._object_multipart(NewObject("c", "large", PLAIN, 15, 10))
    for number, content in ((2, b"56789"), (1, b"abcdefghij")):
        upload.put_part(Part(number, (number - 1) * 10, len(content)), Trickle(content, len(content)))
    upload.complete()
    assert client.object_read("large") == b"abcdefghij56789"


KERNELS: dict[str, Callable[..., int] | OSError] = {
    "few": lambda source, target, count, at, to: os.pwrite(target, os.pread(source, min(count, 1000), at), to),
    "nothing": lambda *_: 0,
    "other file system": OSError(errno.EXDEV, "Invalid cross-device link"),
    "refused": OSError(errno.EPERM, "Operation not permitted"),
}


def kernel(way: Callable[..., int] | OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system copy ranges of files in a way."""

    def copy(*arguments: int) -> int:
        if isinstance(way, OSError):
            raise way
        return way(*arguments)

    monkeypatch.setattr(os, "copy_file_range", copy, raising=False)


@pytest.mark.parametrize("how", KERNELS)
@pytest.mark.parametrize("foreign", [False, True], ids=["own", "foreign"])
def test_a_copy_is_whole_however_much_the_kernel_copies(
    how: str, foreign: bool, client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(range(250)) * 20
    client.object_write("a", content)
    if foreign:
        (container / "a").unlink()
        (container / "a").write_bytes(content)
    kernel(KERNELS[how], monkeypatch)
    assert client.object_copy("a", "b")
    assert (container / "b").read_bytes() == content
    assert info_of(client, "b").hash == hashlib.md5(content).hexdigest()


def test_a_copy_that_the_disk_fails_is_an_error(
    client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.object_write("a", b"content")
    kernel(OSError(errno.EIO, "Input/output error"), monkeypatch)
    with pytest.raises(ServiceError, match="Input/output error"):
        client.object_copy("a", "b")
    assert files(container) == ["a"]


@pytest.mark.parametrize("by_kernel", [True, False])
def test_a_copy_of_a_file_that_is_written_to_meanwhile_is_not_published(
    by_kernel: bool, client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.object_write("a", b"content")

    def write_meanwhile(source: int, target: int, count: int, at: int, to: int) -> int:
        (container / "a").write_bytes(b"another")
        if not by_kernel:
            return 0
        return os.pwrite(target, os.pread(source, count, at), to)

    kernel(write_meanwhile, monkeypatch)
    with pytest.raises(ObjectChangedError, match="written to by another program"):
        client._object_copy("c", info_of(client, "a"), NewObject("c", "b", PLAIN, 7))
    assert files(container) == ["a"]


def test_what_has_no_hash_fits_no_condition(local: LocalClient, container: Path) -> None:
    """Of a file that another program wrote nobody knows whether it is the version that is meant."""
    (container / "a").write_bytes(b"of another program")
    assert local.object_write("a", b"mine", if_hash="0" * 32) is False
    for act in (
        lambda: local._object_open("c", "a", 0, None, "0" * 32),
        lambda: local._object_delete("c", "a", "0" * 32),
        lambda: local._object_replace_metadata("c", "a", PLAIN, "0" * 32),
    ):
        with pytest.raises(PreconditionError):
            act()
    assert (container / "a").read_bytes() == b"of another program"


def test_only_the_version_that_is_meant_is_deleted(local: LocalClient) -> None:
    local.object_write("a", b"one")
    first = info_of(local, "a").hash
    local.object_write("a", b"two")
    with pytest.raises(PreconditionError):
        local._object_delete("c", "a", first)
    assert local.object_read("a") == b"two"
    local._object_delete("c", "a", info_of(local, "a").hash)
    assert local.object_info("a") is None


def test_a_sidecar_is_written_whole_though_the_system_takes_few_bytes_at_a_time(
    client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(IN_A_SIDECAR, monkeypatch, container)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    client.object_write("a", b"content", METADATA)
    assert (info_of(client, "a").metadata, client.object_read("a")) == (METADATA, b"content")


def test_a_large_object_with_a_missing_part_is_not_published(client: FileStore, container: Path) -> None:
    for parts, size in (([1, 3], 25), ([1, 2], 25), ([2], None)):
        upload = client._object_multipart(NewObject("c", "x/large", PLAIN, size, 10))
        for number in parts:
            upload.put_part(Part(number, (number - 1) * 10, 10), BytesBody(b"x" * 10))
        with pytest.raises(IntegrityError):
            upload.complete()
        upload.abort()
        upload.abort()
    assert os.listdir(container) == []


def test_what_changes_around_an_unfinished_object_is_seen_when_it_is_published(
    local: LocalClient, container: Path
) -> None:
    for folder in ("a", "%obs_d_a"):
        (container / folder).mkdir()
    first = local._object_multipart(NewObject("c", "a/b", PLAIN, 0, if_absent=True))
    second = local._object_multipart(NewObject("c", "y" * 250, PLAIN, 0))
    (container / "%obs_d_a").rename(container / "aside")
    (container / "%obs_d_a").mkdir()
    (container / "%obs_d_a" / "b").write_bytes(b"of another program")
    local.object_write("y" * 250 + "/z", b"")
    with pytest.raises(PreconditionError):
        first.complete()
    first.abort()
    second.complete()
    assert local.object_read("a/b") == b"of another program"
    assert {entry.name for entry in local.object_iter() if isinstance(entry, ObjectInfo)} == {
        "a/b", "y" * 250, "y" * 250 + "/z",
    }  # fmt: skip


def test_a_folder_that_comes_to_be_at_the_last_moment_is_gone_round(
    local: LocalClient, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the place and the rename another writer makes a directory there, for what lies below."""
    looks: list[str] = []

    def look_and_lose(tree: Tree, name: str) -> Survey:
        found = places.survey(tree, name)
        if name == "x" and not looks:
            looks.append(name)
            (container / "x").mkdir()
        return found

    monkeypatch.setattr(draft, "survey", look_and_lose)
    local.object_write("x", b"first", metadata={"key": "value"})
    local.object_write("x/y", b"another")
    assert looks == ["x"]
    assert (local.object_read("x"), local.object_read("x/y")) == (b"first", b"another")
    assert info_of(local, "x").metadata == {"key": "value"}
    assert [info.name for info in local.object_iter()] == ["x", "x/y"]


def test_a_folder_that_is_moved_meanwhile_is_left_where_it_is(client: FileStore, container: Path) -> None:
    upload = client._object_multipart(NewObject("c", "folder/deep/a", PLAIN, 3))
    upload.put_part(Part(1, 0, 3), BytesBody(b"abc"))
    (container / "folder").rename(container / "aside")
    (container / "folder").mkdir()
    (container / "folder" / "b").touch()
    upload.complete()
    assert (container / "folder" / "deep" / "a").read_bytes() == b"abc"
    assert os.listdir(container / "aside" / "deep") == []


def test_a_path_may_be_deeper_than_directories_are_kept_open(client: FileStore, container: Path) -> None:
    name = "d/" * 300 + "file"
    client.object_write(name, b"content", {"k": "v"})
    assert client.object_read(name) == b"content"
    assert [entry.name for entry in client.object_list() if isinstance(entry, ObjectInfo)] == [name]
    client.object_delete(name)
    assert os.listdir(container) == []


def test_without_locks_conditions_are_refused_and_all_else_works(
    local: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.EBADF, "a network file system without locks of directories")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert local.object_write("name", b"content")
    assert local.object_set_metadata("name", "key", "value")
    with pytest.raises(NotSupportedError, match="locks"):
        local.object_write("other", b"content", if_absent=True)
    assert local.object_info("other") is None
    assert local.object_read("name") == b"content"
    local.object_delete("name")
    assert local.object_list() == []


def test_a_lock_that_somebody_keeps_is_a_temporary_error(
    local: LocalClient, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    descriptor = os.open(container, os.O_RDONLY)
    try:
        with lock.exclusive(descriptor), pytest.raises(TemporaryError):
            local._object_write(NewObject("c", "x/a", PLAIN, 1), BytesBody(b"1"))
    finally:
        os.close(descriptor)
    assert os.listdir(container) == []


def test_a_file_that_cannot_get_its_name_leaves_no_sidecar(
    client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obs_client.backends.local.attributes._has_extended_attributes", False)
    rename = os.rename

    def refuse(old: bytes, new: bytes, **where: int) -> None:
        if new == b"name":
            raise OSError(errno.EDQUOT, "no room for a name")
        rename(old, new, **where)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(ServiceError):
        client.object_write("name", b"content", metadata={"key": "value"})
    assert os.listdir(container) == []


def test_a_large_file_on_its_way_has_a_name_for_messages(client: FileStore, container: Path) -> None:
    upload = client._object_multipart(NewObject("c", "name", PLAIN, 0))
    assert str(upload) == f"the temporary file {os.listdir(container)[0]!r}"
    upload.abort()
    assert os.listdir(container) == []


class TestTheShortWay:
    """Content that is in memory, where nothing is in the way; all else is left to a draft, and nothing of it here."""

    @staticmethod
    def new(name: str, **conditions: Any) -> NewObject:
        return NewObject("c", name, Attributes("text/x", METADATA), 7, **conditions)

    def test_it_is_as_by_a_draft(
        self, visit: Visit, container: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(IN_THE_FILE, monkeypatch, tmp_path)
        (container / "a").mkdir()
        (container / "a/old").write_bytes(b"longer than the new one")
        (container / "a/old").chmod(0o4640)
        for name in ("a/b", "a/old"):
            assert visit.write(self.new(name), BytesBody(b"content"))
            info = info_of(DirectoryClient(container), name)
            assert (info.size, info.hash) == (7, hashlib.md5(b"content").hexdigest())
            assert (info.content_type, info.metadata) == ("text/x", METADATA)
            assert (container / name).read_bytes() == b"content"
        assert sorted(os.listdir(container / "a")) == ["b", "old"]
        assert (container / "a/old").stat().st_mode & 0o7777 == 0o640
        DirectoryClient(container).object_write("a/draft", b"")
        assert (container / "a/b").stat().st_mode == (container / "a/draft").stat().st_mode

    @pytest.mark.parametrize("name", ["absent/a", "directory", "link"])
    def test_what_is_in_the_way_stays(self, name: str, visit: Visit, container: Path) -> None:
        (container / "directory").mkdir()
        (container / "link").symlink_to("directory")
        assert not visit.write(self.new(name), BytesBody(b"content"))
        assert sorted(os.listdir(container)) == ["directory", "link"]
        assert (container / "link").is_symlink()

    @pytest.mark.parametrize("conditions", [{"if_absent": True}, {"if_hash": "e"}])
    def test_no_condition_is_passed_over(self, conditions: dict[str, Any], visit: Visit, container: Path) -> None:
        (container / "a").write_bytes(b"old")
        assert not visit.write(self.new("a", **conditions), BytesBody(b"content"))
        assert (container / "a").read_bytes() == b"old"

    def test_attributes_that_need_a_file_of_their_own_do(
        self, visit: Visit, container: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(IN_A_SIDECAR, monkeypatch, tmp_path)
        assert not visit.write(self.new("a"), BytesBody(b"content"))
        assert os.listdir(container) == []

    @pytest.mark.parametrize("function", ["write", "fchmod", "rename"])
    def test_a_failure_leaves_the_old_one_alone(
        self, function: str, visit: Visit, container: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (container / "a").write_bytes(b"old")
        real = getattr(os, function)

        def fail(*arguments: Any, **options: Any) -> int:
            if function == "write":
                return int(real(arguments[0], arguments[1][:3]))
            raise OSError(errno.EIO, "no")

        monkeypatch.setattr(os, function, fail)
        assert not visit.write(self.new("a"), BytesBody(b"content"))
        assert os.listdir(container) == ["a"]
        assert (container / "a").read_bytes() == b"old"

    def test_nothing_is_written_into_a_directory_that_was_moved_away(self, visit: Visit, container: Path) -> None:
        (container / "a").mkdir()
        assert visit.write(self.new("a/b"), BytesBody(b"content"))
        (container / "a").rename(container / "away")
        (container / "a").mkdir()
        assert not visit.write(self.new("a/c"), BytesBody(b"content"))
        assert (os.listdir(container / "a"), os.listdir(container / "away")) == ([], ["b"])


# ---- a system that refuses ------------------------------------------------------------------------------------------


def _as_nobody(action: Callable[[], object]) -> Callable[[], None]:
    """The action by a user who may do no more than others; root may do everything."""

    def act() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        action()

    return act


def test_a_full_disk_is_a_service_error_and_the_old_object_stays(client: FileStore, container: Path) -> None:
    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        with pytest.raises(ServiceError) as caught:
            client.object_write("a", b"x" * 20_000)
        assert isinstance(caught.value.__cause__, OSError)
        with pytest.raises(ServiceError):
            client.object_write("new/b", b"x" * 20_000)

    client.object_write("a", b"old")
    assert succeeded(fork(fill))
    assert client.object_read("a") == b"old"
    assert files(container) == ["a"]


@pytest.fixture(params=POLICIES)
def forbidden(request: pytest.FixtureRequest) -> Iterator[FileStore]:
    """A store of somebody else's, with one file that only its owner may read.

    It is not in pytest's own directory, which each run of pytest that begins beside this one closes to others.
    """
    with tempfile.TemporaryDirectory() as directory:
        container = Path(directory, "store", "c")
        container.mkdir(parents=True)
        client = make_client(request.param, container)
        client.object_write("open", b"123", {"k": "v"})
        client.object_write("secret", b"12345", {"k": "v"})
        (container / "secret").chmod(0)
        Path(directory).chmod(0o755)
        for path in (container, container.parent):
            path.chmod(0o555)
        yield client
        for path in (container, container.parent):
            path.chmod(0o755)


def test_what_is_not_allowed_is_an_authorization_error(forbidden: FileStore) -> None:
    def try_all() -> None:
        for attempt in (
            lambda: forbidden.object_write("open", b"new"),
            lambda: forbidden.object_write("folder/new", b"new"),
            lambda: forbidden.object_delete("open"),
            lambda: forbidden.object_info("secret"),
            lambda: forbidden.object_read("secret"),
        ):
            with pytest.raises(AuthorizationError):
                attempt()
        assert forbidden.object_read("open") == b"123"
        sizes = [(entry.name, entry.size) for entry in forbidden.object_list() if isinstance(entry, ObjectInfo)]
        assert sizes == [("open", 3), ("secret", 5)]
        if isinstance(forbidden, LocalClient):
            with pytest.raises(AuthorizationError):
                forbidden.container_create("another")
        with pytest.raises(AuthorizationError, match="permissions"):
            forbidden.object_list(fetch_metadata=True)

    assert succeeded(fork(_as_nobody(try_all)))
