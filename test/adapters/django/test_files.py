"""Files of a storage: modes, what is published and what is not, and those of a `FileField`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.http import FileResponse
from django.test import override_settings

from obs_client import PreconditionError
from obs_client.django import ObjectStorage
from test.adapters.django.running import storages_setting
from test.adapters.django.site.models import Document
from test.loopback.s3_double import s3_double


def test_text_and_bytes(storage: ObjectStorage) -> None:
    with storage.open("cat.txt", "w") as file:
        file.write("Größe\nzwei")
        assert file.size == 12
    assert file.size == 12
    assert storage.open("cat.txt").read() == "Größe\nzwei".encode()
    with storage.open("cat.txt", "r") as file:
        assert file.read() == "Größe\nzwei"
        assert file.size == 12
        assert list(file) == ["Größe\n", "zwei"]
    with storage.open("cat.txt", "wb") as file:
        file.write(b"0123")
    with storage.open("cat.txt") as file:
        file.seek(2)
        assert file.read() == b"23"
        assert file.tell() == 4
        assert len(file) == 4


def test_a_file_can_be_for_a_new_name_only(storage: ObjectStorage) -> None:
    with storage.open("cat.txt", "xb") as file:
        file.write(b"first")
    with pytest.raises(PreconditionError), storage.open("cat.txt", "xb") as file:
        file.write(b"second")
    assert storage.open("cat.txt").read() == b"first"


@pytest.mark.parametrize("mode", ["a", "ab", "r+b", "w+", "rw", ""])
def test_no_file_is_written_in_place(storage: ObjectStorage, mode: str) -> None:
    storage.save("cat.txt", ContentFile(b"meow"))
    with pytest.raises(io.UnsupportedOperation):
        storage.open("cat.txt", mode)


@pytest.mark.parametrize("mode", ["w", "wb", "x"])
def test_a_block_that_fails_publishes_nothing(storage: ObjectStorage, mode: str) -> None:
    with pytest.raises(RuntimeError, match="in the midst"), storage.open("cat.txt", mode) as file:
        file.write(b"half" if "b" in mode else "half")
        raise RuntimeError("in the midst")
    assert file.closed
    assert not storage.exists("cat.txt")


def test_a_file_that_is_discarded_is_not_there(storage: ObjectStorage) -> None:
    file = storage.open("cat.txt", "wb")
    file.write(b"half")
    file.discard()
    file.close()
    assert not storage.exists("cat.txt")


def test_a_file_can_be_opened_again(storage: ObjectStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object, and not a file of that name in the current directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.txt").write_bytes(b"a file of this machine")
    storage.save("cat.txt", ContentFile(b"meow"))
    file = storage.open("cat.txt")
    assert file.read() == b"meow"
    assert file.open().read() == b"meow"
    file.close()
    assert file.closed
    with file.open() as again:
        assert again.read() == b"meow"
        assert again.size == 4
    with storage.open("new.txt", "wb") as written:
        written.write(b"12")
        assert written.size == 2


@pytest.fixture
def document(storage: ObjectStorage) -> Iterator[Document]:
    with override_settings(STORAGES=storages_setting(storage.client)):
        made = Document()
        made.file.save("cat.txt", ContentFile(b"meow"))
        yield made


def test_a_field_saves_reads_writes_and_deletes(storage: ObjectStorage, document: Document) -> None:
    name = document.file.name
    assert name.startswith("documents/")
    assert document.file.size == 4
    assert document.file.read() == b"meow"
    document.file.close()
    with document.file.open("wb") as file:
        file.write(b"updated")
    with document.file.open() as file:
        assert file.read() == b"updated"
    stored = Document.objects.get(pk=document.pk)
    assert stored.file.open("r").read() == "updated"
    stored.file.close()
    stored.file.delete()
    assert not storage.exists(name)


def test_a_field_whose_block_fails_keeps_the_old_content(storage: ObjectStorage, document: Document) -> None:
    """`FieldFile` ends its `with` by `close`, whatever happened."""
    with pytest.raises(KeyError, match="in the midst") as caught, document.file.open("wb") as file:
        file.write(b"half")
        raise KeyError("in the midst")
    assert "is discarded" in caught.value.__notes__[0]
    assert storage.open(document.file.name).read() == b"meow"


def test_a_file_that_is_closed_while_an_old_exception_is_handled_is_saved(storage: ObjectStorage) -> None:
    try:
        raise KeyError("an old one")
    except KeyError:
        file = storage.open("cat.txt", "wb")
        file.write(b"meow")
        file.close()
    assert storage.open("cat.txt").read() == b"meow"


def test_a_file_that_is_not_saved_is_never_taken_for_saved(storage: ObjectStorage) -> None:
    file = storage.open("cat.txt", "wb")
    file.write(b"meow")
    with pytest.raises(KeyError, match="a later one"):
        try:
            raise KeyError("a later one")
        except KeyError:
            file.close()
    assert not storage.exists("cat.txt")


def test_a_response_streams_a_file_by_few_requests() -> None:
    content = bytes(range(256)) * 10_000
    with s3_double() as double:
        storage = ObjectStorage(f"s3://box?endpoint_url={double.url}", credentials=double.credentials)
        storage.client.container_create("box")
        storage.save("a/cat.bin", ContentFile(content))
        before = len(double.seen)
        response = FileResponse(storage.open("a/cat.bin"), as_attachment=True)
        assert b"".join(response) == content
        response.close()
        assert 1 <= len(double.seen) - before <= 3
        assert set(double.operations()[before:]) == {"GetObject"}
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Disposition"] == 'attachment; filename="cat.bin"'
