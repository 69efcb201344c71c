"""What Django promises of a storage, on the stores that need no server: names, saving, listing, times, URLs."""

from __future__ import annotations

import datetime as dt
import io
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile, TemporaryUploadedFile
from django.db.migrations.writer import MigrationWriter
from django.test import override_settings
from django.utils import timezone

from obs_client import ClientOptions, ContainerNotFoundError, MemoryClient, TemporaryError, stores
from obs_client.django import ObjectStaticStorage, ObjectStorage
from obs_client.django.content import stream_of
from obs_client.wrappers import imitating
from obs_client.wrappers.wrapped import WrappedClient
from test.adapters.django.savers import assert_none_is_lost
from test.loopback.s3_double import s3_double


def test_what_is_saved_is_there_until_it_is_deleted(storage: ObjectStorage) -> None:
    assert not storage.exists("path/to")
    name = storage.save("path/to/cat.txt", ContentFile("meow ö"))
    assert name == "path/to/cat.txt"
    assert storage.exists(name)
    assert storage.exists("path/to")
    assert storage.exists("path/to/")
    assert storage.exists("")
    assert storage.size(name) == 7
    with storage.open(name) as file:
        assert file.read() == "meow ö".encode()
        assert file.size == 7
    storage.delete(name)
    assert not storage.exists(name)
    assert not storage.exists("path/to")
    storage.delete(name)


def test_a_name_that_is_taken_stays_its_owners(storage: ObjectStorage) -> None:
    first = storage.save("a/cat.tar.gz", ContentFile(b"first"))
    second = storage.save("a/cat.tar.gz", ContentFile(b"second"))
    assert first == "a/cat.tar.gz"
    assert re.fullmatch(r"a/cat_[A-Za-z0-9]{7}\.tar\.gz", second)
    assert storage.open(first).read() == b"first"
    assert storage.open(second).read() == b"second"


def test_names_are_no_longer_than_asked_for(storage: ObjectStorage) -> None:
    storage.save("documents/long_name.txt", ContentFile(b"first"))
    second = storage.save("documents/long_name.txt", ContentFile(b"second"), max_length=24)
    assert len(second) <= 24
    assert re.fullmatch(r"documents/\w+_[A-Za-z0-9]{7}\.txt", second)
    with pytest.raises(SuspiciousFileOperation):
        storage.save("documents/long_name.txt", ContentFile(b"third"), max_length=12)


def test_overwriting_replaces(tmp_path: Path) -> None:
    storage = ObjectStorage(_memory(), overwrite=True)
    assert storage.save("cat.txt", ContentFile(b"first")) == "cat.txt"
    assert storage.save("cat.txt", ContentFile(b"2")) == "cat.txt"
    assert storage.open("cat.txt").read() == b"2"
    assert storage.exists("cat.txt"), "it must say what is so, also where a name may be taken again"
    for name in ("../cat.txt", "/etc/passwd", "a/../../cat.txt"):
        with pytest.raises(SuspiciousFileOperation):
            storage.save(name, ContentFile(b"3"))


@pytest.mark.parametrize("name", ["..", "../x", "/etc/passwd", "a/../../x", "..\\x"])
def test_nothing_outside_is_reached(storage: ObjectStorage, name: str) -> None:
    for call in (storage.exists, storage.open, storage.delete, storage.listdir, storage.size):
        with pytest.raises(SuspiciousFileOperation):
            call(name)


def test_paths_have_one_spelling(storage: ObjectStorage) -> None:
    assert storage.save("a\\b//./cat.txt", ContentFile(b"meow")) == "a/b/cat.txt"
    for name in ("a/b/cat.txt", "a//b/cat.txt", "./a/b/cat.txt", Path("a/b/cat.txt"), "a/x/../b/cat.txt"):
        assert storage.exists(name), name
    assert storage.listdir(Path("a/b")) == ([], ["cat.txt"])
    assert storage.listdir("./a/b/") == ([], ["cat.txt"])
    storage.delete(Path("a/b/cat.txt"))
    assert storage.listdir("") == ([], [])


def test_folders_and_files_are_listed_by_their_own_names(storage: ObjectStorage) -> None:
    for name in ("top.txt", "a/one.txt", "a/two.txt", "a/deep/three.txt", "b/four.txt"):
        storage.save(name, ContentFile(b""))
    storage.client.object_write("a/", b"")
    folders, files = storage.listdir("")
    assert (sorted(folders), files) == (["a", "b"], ["top.txt"])
    folders, files = storage.listdir("a")
    assert (folders, sorted(files)) == (["deep"], ["one.txt", "two.txt"])
    assert storage.listdir("nowhere") == ([], [])


def test_the_source_is_left_open(storage: ObjectStorage) -> None:
    with TemporaryUploadedFile("cat", "text/plain", 4, "utf8") as temporary:
        temporary.write(b"meow")
        storage.save("cat.txt", temporary)
        assert not temporary.closed
        assert not temporary.file.closed
        assert Path(temporary.temporary_file_path()).exists()
    memory = InMemoryUploadedFile(io.StringIO("text"), "", "dog", "text/plain", 4, "utf8")
    storage.save("dog.txt", memory)
    assert not memory.file.closed
    assert [storage.open(name).read() for name in ("cat.txt", "dog.txt")] == [b"meow", b"text"]


def test_content_is_read_from_its_start_by_its_own_chunks(storage: ObjectStorage, tmp_path: Path) -> None:
    class Doubled(File):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            for chunk in super().chunks(chunk_size):
                yield chunk * 2

    (tmp_path / "source").write_bytes(b"0123456789")
    with open(tmp_path / "source", "rb") as source:
        source.read(4)
        storage.save("plain", File(source))
        storage.save("doubled", Doubled(source))
        storage.save("stream", source)
    assert storage.open("plain").read() == b"0123456789"
    assert storage.open("doubled").read() == b"0123456789" * 2
    assert storage.open("stream").read() == b"0123456789"


def test_a_source_that_fails_leaves_nothing(storage: ObjectStorage) -> None:
    class Failing(ContentFile):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"some"
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        storage.save("broken.txt", Failing(b""))
    assert not storage.exists("broken.txt")
    assert storage.listdir("") == ([], [])


def test_a_file_of_many_parts_goes_up_whole_from_disk_and_memory(tmp_path: Path) -> None:
    storage = ObjectStorage(_memory(ClientOptions(part_size=100_000, workers=2)))
    content = bytes(range(256)) * 2_000
    with TemporaryUploadedFile("big", "application/octet-stream", 0, None) as temporary:
        temporary.write(content)
        assert type(stream_of(temporary)) is io.BufferedRandom, "which the threads that send it read themselves"
        storage.save("disk.bin", temporary)
    storage.save("memory.bin", SimpleUploadedFile("memory.bin", content))
    for name in ("disk.bin", "memory.bin"):
        with storage.open(name) as file:
            assert b"".join(file.chunks()) == content


@pytest.mark.parametrize("zoned", [True, False])
def test_times_have_a_zone_if_the_site_uses_zones(storage: ObjectStorage, zoned: bool) -> None:
    storage.save("cat.txt", ContentFile(b"meow"))
    with override_settings(USE_TZ=zoned), timezone.override(dt.timezone(dt.timedelta(hours=-5))):
        written = storage.get_modified_time("cat.txt")
        now = dt.datetime.now(dt.UTC) if zoned else dt.datetime.now()
        assert timezone.is_aware(written) is zoned
        assert abs(now - written) < dt.timedelta(seconds=10)
    for asked in (storage.get_created_time, storage.get_accessed_time, storage.path):
        with pytest.raises(NotImplementedError):
            asked("cat.txt")


def test_what_is_absent_is_no_file(storage: ObjectStorage) -> None:
    for call in (storage.open, storage.size, storage.get_modified_time):
        with pytest.raises(FileNotFoundError) as caught:
            call("no/such.txt")
        assert caught.value.filename == "no/such.txt"


class Down(WrappedClient):
    """A store that answers nothing."""

    def _through(self, primitive: str, call: Any) -> Any:
        raise TemporaryError("the store is down")


def test_a_failure_is_never_taken_for_absence() -> None:
    storage = ObjectStorage(Down(MemoryClient("box", options=ClientOptions(attempts=1))))
    with pytest.raises(TemporaryError):
        storage.exists("cat.txt")
    with pytest.raises(TemporaryError):
        storage.save("cat.txt", ContentFile(b"meow"))
    with pytest.raises(ContainerNotFoundError):
        ObjectStorage(MemoryClient("box")).exists("cat.txt")


def test_urls_below_a_base(storage: ObjectStorage) -> None:
    assert storage.url("a b/cät.txt") == "/media/a%20b/c%C3%A4t.txt"
    assert storage.url("a\\b.txt") == "/media/a/b.txt"
    for name in ("/evil.com", "\\evil.com", "///evil.com"):
        assert storage.url(name) == "/media/evil.com"
    assert storage.url(None) == "/media/"
    storage.base_url = "/elsewhere"
    assert storage.url("cat.txt") == "/elsewhere/cat.txt"
    assert (
        ObjectStorage(_memory(), base_url="https://cdn.example.com/x").url("a.txt") == "https://cdn.example.com/x/a.txt"
    )
    assert ObjectStaticStorage(_memory()).url("a.css") == "/static/a.css"


def test_urls_that_are_signed() -> None:
    with imitating(MemoryClient("box"), "s3") as client:
        client.container_create("box")
        storage = ObjectStorage(client, url_expires_in=60)
        storage.save("a b/cat.txt", ContentFile(b"meow"))
        url = storage.url("a b/cat.txt")
        with urlopen(url) as response:
            assert response.read() == b"meow"
        with urlopen(storage.url("/a b\\cat.txt")) as response:
            assert response.read() == b"meow"
        with pytest.raises(ValueError):  # noqa: PT011 - whose text is the library's
            storage.url(None)


def test_the_store_is_not_asked_for_urls() -> None:
    with s3_double() as double:
        options = f"endpoint_url={double.url}&region=us-east-1"
        storage = ObjectStorage(f"s3://box?{options}", credentials=double.credentials)
        assert len({storage.url(f"{number}.txt") for number in range(10)}) == 10
        assert double.seen == []


def test_a_store_without_urls_says_what_to_give() -> None:
    with pytest.raises(ValueError, match="give the storage a base_url"):
        ObjectStorage(_memory()).url("cat.txt")


def test_delete_needs_a_name(storage: ObjectStorage) -> None:
    with pytest.raises(ValueError, match="must be given"):
        storage.delete("")


def test_a_storage_goes_into_a_migration_but_not_with_credentials() -> None:
    storage = ObjectStorage("s3://media?endpoint_url=http://127.0.0.1:1", base_url="/media/", overwrite=True)
    text, imported = MigrationWriter.serialize(storage)
    assert imported == {"import obs_client.django"}
    names: dict[str, Any] = {}
    exec("import obs_client.django", names)
    again = eval(text, names)
    assert (again.store, again.base_url, again.overwrite) == (storage.store, "/media/", True)
    assert type(pickle.loads(pickle.dumps(storage))) is ObjectStorage
    with pytest.raises(ValueError, match="would contain the credentials"):
        ObjectStorage("s3://media", credentials={"AWS_ACCESS_KEY_ID": "key"}).deconstruct()


def test_nothing_is_asked_before_it_is_needed() -> None:
    storage = ObjectStorage("nonsense:")
    with pytest.raises(Exception, match="nonsense"):
        storage.exists("cat.txt")


def test_a_named_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBS_STORES", str(tmp_path / "stores.toml"))
    stores.add(stores.NamedStore("work", f"file://{tmp_path}/root"))
    (tmp_path / "root/site").mkdir(parents=True)
    ObjectStorage("work://site/media").save("cat.txt", ContentFile(b"meow"))
    assert (tmp_path / "root/site/media/cat.txt").read_bytes() == b"meow"


def test_the_store_is_told_how_long_files_may_be_kept() -> None:
    storage = ObjectStorage(_memory(), cache_control="max-age=60")
    storage.save("cat.txt", ContentFile(b"meow"))
    with storage.open("dog.txt", "w") as file:
        file.write("woof")
    for name, kind in (("cat.txt", "text/plain"), ("dog.txt", "text/plain")):
        info = storage.client.object_info(name)
        assert info
        assert (info.cache_control, info.content_type) == ("max-age=60", kind)


def test_of_many_that_save_one_name_none_is_lost(storage: ObjectStorage) -> None:
    assert_none_is_lost(storage)


class Racing(WrappedClient):
    """A store in which somebody else takes the name, each time just after it was looked for."""

    def object_exists(self, object_name: str, container_name: str | None = None) -> bool:
        there = super().object_exists(object_name, container_name)
        if not there:
            self.object_write(object_name, b"another's", container_name=container_name)
        return there


def test_a_name_that_is_always_taken_is_given_up() -> None:
    storage = ObjectStorage(Racing(_memory()))
    with pytest.raises(FileExistsError):
        storage.save("cat.txt", ContentFile(b"mine"))
    _, files = storage.listdir("")
    assert len(files) == 10
    assert {storage.open(name).read() for name in files} == {b"another's"}


def test_what_cannot_be_read_again_is_not_saved_empty() -> None:
    class Stream(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return b""

    storage = ObjectStorage(Racing(_memory()))
    with pytest.raises(FileExistsError):
        storage.save("cat.txt", Stream())
    assert storage.listdir("") == ([], ["cat.txt"])


def test_where_the_store_keeps_no_condition_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with imitating(MemoryClient("box"), "minio") as client:
        client.container_create("box")
        if client.capabilities.if_absent:
            pytest.skip("it keeps one")
        storage = ObjectStorage(client)
        names = [storage.save("cat.txt", ContentFile(b"meow")) for _ in range(3)]
    assert len(set(names)) == 3
    assert caplog.text.count("does not support if_absent") == 1


def _memory(options: ClientOptions | None = None) -> MemoryClient:
    client = MemoryClient("box", options=options)
    client.container_create("box")
    return client
