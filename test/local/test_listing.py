"""Listings page by page, with files that change or may not be read; and the cleanup of what killed writers left."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from pathlib import Path
from typing import Self

import pytest

from obs_client.backend.listing import name_of
from obs_client.backends.local.store import FileStore, LocalClient
from obs_client.errors import ServiceError
from obs_client.models import ObjectInfo
from obs_client.sync import Place, sync
from test.local.support import METADATA, files, info_of, names_of
from test.sync.support import memory

PAGE_SIZE = "obs_client.backends.local.listing.PAGE_SIZE"


@pytest.mark.usefixtures("kept")
def test_pages_go_on_where_they_ended(local: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PAGE_SIZE, 3)
    names = sorted(["a", "a-b", "a/b", "a/b/c", "a/", "a.b", "b//c", "b/", "z" * 300, "z/y-1", "z/y-2", "é", "日"])
    for name in names:
        local.object_upload(io.BytesIO(name.encode()), name)
    assert names_of(local) == names
    assert names_of(local, delimiter="/") == ["a", "a-b", "a.b", "a/", "b/", "z/", "z" * 300, "é", "日"]
    assert names_of(local, delimiter="/", prefix="a/") == ["a/", "a/b", "a/b/"]
    assert names_of(local, delimiter="-", prefix="z/") == ["z/y-"]
    assert names_of(local, delimiter="/b") == ["a", "a-b", "a.b", "a/", "a/b", "b/", "b//c", "z/y-1", "z/y-2", "z" * 300, "é", "日"]  # fmt: skip  # noqa: E501
    for marker in names:
        after = local.object_iter(start_after=marker)
        assert [entry.name for entry in after if isinstance(entry, ObjectInfo)] == names[names.index(marker) + 1 :]


def test_a_long_directory_is_listed_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(["a", "a!", "a-b/c", "b/c/d", "b/c0", "b0", *(f"n/{number:03}" for number in range(30)), "z"])
    source = memory(**dict.fromkeys(names, b"1"))
    for size in (1, 2, 7):
        target = Place.of_directory(tmp_path / str(size))
        sync(source, target)
        monkeypatch.setattr(PAGE_SIZE, size)
        assert [entry.name for entry in target.objects()] == names
        assert [name_of(entry) for entry in target.client.object_iter(prefix="b/")] == ["b/c/d", "b/c0"]
        folded = [name_of(entry) for entry in target.client.object_iter(delimiter="/")]
        assert folded == ["a", "a!", "a-b/", "b/", "b0", "n/", "z"]


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_each_entry_is_of_one_version_while_the_object_is_replaced(client: FileStore) -> None:
    """The digest, the size and the metadata belong together, as `object_info` has them."""
    over = threading.Event()

    def replace() -> None:
        for number in range(100_000):
            content = b"%d " % number * (number % 5)
            client.object_write("folder/a", content, {"md5": hashlib.md5(content).hexdigest()})
            if over.is_set():
                return

    client.object_write("folder/a", b"", {"md5": hashlib.md5(b"").hexdigest()})
    writer = threading.Thread(target=replace)
    writer.start()
    try:
        for _ in range(400):
            [entry] = client.object_list(fetch_metadata=True)
            assert isinstance(entry, ObjectInfo)
            assert entry.metadata is not None
            assert entry.metadata["md5"] == entry.hash
    finally:
        over.set()
        writer.join()


def test_a_file_that_was_just_made_is_looked_at_again(
    client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its attributes may be in a sidecar that came after the directory was read."""
    (container / "a").write_bytes(b"of another program")
    scan = os.scandir

    def scan_and_write(directory: int) -> object:
        monkeypatch.setattr(os, "scandir", scan)
        entries = list(scan(directory))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("obs_client.backends.local.attributes._has_extended_attributes", False)
            client.object_write("a", b"content", METADATA)
        monkeypatch.setattr(os, "scandir", scan)
        return _Entries(entries)

    monkeypatch.setattr(os, "scandir", scan_and_write)
    assert client.object_list(fetch_metadata=True) == [info_of(client, "a")]
    assert info_of(client, "a").metadata == METADATA


class _Entries(list[os.DirEntry[str]]):
    """What was read of a directory, as `os.scandir` gives it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def test_a_name_that_no_object_can_have_is_an_error_that_names_it(client: FileStore, container: Path) -> None:
    for name, shown in ((b"caf\xe9", r"'caf\xe9'"), (b"%obs_nonsense", "'%obs_nonsense'")):
        path = os.path.join(os.fsencode(container), name)
        with open(path, "wb"):
            pass
        with pytest.raises(ServiceError, match="no object name leads to the file") as caught:
            client.object_list()
        assert shown in str(caught.value)
        os.unlink(path)


def test_a_folder_is_listed_whatever_else_is_in_it(client: FileStore, container: Path) -> None:
    for folder in ("a", "b/c"):
        (container / folder).mkdir(parents=True)
        (container / folder / "good").write_bytes(b"1")
        with open(os.fsencode(container / folder) + b"/\xff", "wb"):
            pass
    (container / "only").mkdir()
    assert names_of(client, delimiter="/") == ["a/", "b/"]
    with open(os.fsencode(container) + b"/only/\xff", "wb"):
        pass
    with pytest.raises(ServiceError, match="only/"):
        client.object_list(delimiter="/")


def test_a_file_whose_name_would_be_too_long_makes_the_listing_fail_by_name(client: FileStore, container: Path) -> None:
    folder = Path(container, *["d" * 250] * 4)
    folder.mkdir(parents=True)
    (folder / ("e" * 30)).touch()
    with pytest.raises(ServiceError, match=r"1,034 bytes.*rename it"):
        client.object_list()


def test_cleanup_takes_old_leftovers_under_the_prefix_only(client: FileStore, container: Path) -> None:
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


def test_leftovers_of_killed_writers_are_not_listed_and_are_cleaned_up(client: FileStore, container: Path) -> None:
    (container / "a").mkdir()
    (container / "a/%obs_t_0123456789abcdef").write_bytes(b"half")
    (container / "a/%obs_s_12").write_bytes(b"{}")
    (container / "a/file").write_bytes(b"1")
    assert names_of(client) == ["a/file"]
    assert client.cleanup().removed == ()
    assert len(client.cleanup(older_than=0).removed) == 2
    assert files(container / "a") == ["file"]
