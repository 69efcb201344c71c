"""Reading and downloading: a broken body goes on where it was, content is checked, and versions are never mixed."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import logging
import os
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import obs_client
from obs_client import ClientOptions, IntegrityError, ObjectChangedError, TemporaryError, copying
from obs_client._engine.border import Border
from obs_client._engine.transfers.download import blocks
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from test.engine.scripted import QUICK, BreakingReader, Outage, ScriptedClient

PART = QUICK.part_size


class PartsClient(ScriptedClient):
    """Tells the digest of each part of 1,000 bytes, as stores with part records do, and can break or flip."""

    break_after: int | None = None
    flip_at: int | None = None
    opened: list[tuple[int, int | None]]

    def __init__(self, *, options: ClientOptions = QUICK) -> None:
        super().__init__(options=options)
        self.opened = []

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        self.opened.append((start, stop))
        content = self._stored(container, name).content
        pieces = [content[at : at + PART] for at in range(0, len(content), PART)]
        values = [hashlib.md5(piece).hexdigest() for piece in pieces]
        reader.digest = ContentDigest("md5", [len(piece) for piece in pieces], values)
        if self.flip_at is not None:
            reader = _FlippingReader(reader, self.flip_at - start)
        if self.break_after is not None:
            reader = BreakingReader(reader, self.break_after, Outage("broke off"))
        return reader


class _FlippingReader(ObjectReader):
    def __init__(self, inner: ObjectReader, at: int) -> None:
        self.info, self.digest = inner.info, inner.digest
        self._inner, self._at, self._position = inner, at, 0

    def readinto(self, buffer: memoryview) -> int:
        count = self._inner.readinto(buffer)
        if self._position <= self._at < self._position + count:
            buffer[self._at - self._position] ^= 1
        self._position += count
        return count

    def close(self) -> None:
        self._inner.close()


CONTENT = random.Random(7).randbytes(7 * PART + 123)


def _download(client: obs_client.ObjectStorageClient, how: str, tmp_path: Path) -> bytes:
    if how == "read":
        return client.object_read("name")
    if how == "stream":
        sink = io.BytesIO()
        assert client.object_download("name", sink)
        return sink.getvalue()
    if how == "file":
        assert client.download_file("name", tmp_path / "file")
        return (tmp_path / "file").read_bytes()
    with client.object_open("name") as file:
        return file.read()


WAYS = ("read", "stream", "file", "open")


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("client_class", [ScriptedClient, PartsClient])
def test_a_body_that_breaks_off_goes_on_where_it_was(how: str, client_class: Any, tmp_path: Path) -> None:
    client = PartsClient() if client_class is PartsClient else ScriptedClient()
    client.object_write("name", CONTENT)
    if isinstance(client, PartsClient):
        # Ranges break off once each; one long read seven times at the most, which is less than its tries.
        client.break_after = 1500 if how == "open" else 700
    assert _download(client, how, tmp_path) == CONTENT


@pytest.mark.parametrize("how", WAYS)
def test_large_objects_with_digests_of_parts_are_read_by_ranges_that_end_with_parts(how: str, tmp_path: Path) -> None:
    client = PartsClient()
    client.object_write("name", CONTENT)
    assert _download(client, how, tmp_path) == CONTENT
    if how != "open":
        assert sorted(client.opened)[1:] == [
            (at, min(at + PART, len(CONTENT))) for at in range(PART, 7 * PART + 1, PART)
        ]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("flip_at", [0, PART - 1, PART, len(CONTENT) - 1])
def test_a_flipped_byte_is_an_integrity_error_and_a_file_stays(how: str, flip_at: int, tmp_path: Path) -> None:
    client = PartsClient()
    client.object_write("name", CONTENT)
    client.flip_at = flip_at
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(IntegrityError, match="other bytes"):
        _download(client, how, tmp_path)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_check_content_can_be_switched_off(tmp_path: Path) -> None:
    client = PartsClient(options=dataclasses.replace(QUICK, check_content=False))
    client.object_write("name", CONTENT)
    client.flip_at = 5
    for how in WAYS:
        assert len(_download(client, how, tmp_path)) == len(CONTENT)


def test_what_is_read_into_memory_is_there_once() -> None:
    size = 4 * 1024 * 1024
    client = obs_client.MemoryClient("box")
    client.container_create("box")
    client.object_write("name", b"x" * size)
    tracemalloc.start()
    try:
        content = client.object_read("name")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert content == b"x" * size
    assert most < 1.5 * size


def test_a_store_that_gives_nothing_more_is_given_up_on() -> None:
    client = PartsClient()
    client.object_write("name", CONTENT[:500])
    client.break_after = 0
    with pytest.raises(TemporaryError) as caught:
        client.object_read("name")
    assert caught.value.tries == QUICK.attempts


def test_another_version_in_the_middle_is_never_mixed_in() -> None:
    client = ScriptedClient()
    client.object_write("name", b"a" * 900)
    with client.object_open("name") as file:
        assert file.read(10) == b"a" * 10
        client.object_write("name", b"b" * 900)
        file.seek(400)
        try:
            rest = file.read()
        except ObjectChangedError:
            return
        assert rest == b"a" * 500


def test_a_resumed_read_that_meets_another_version_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    client = PartsClient()
    client.object_write("name", CONTENT[:900])
    client.break_after = 400
    sink = io.BytesIO()

    def overwrite(count: int) -> None:
        client.object_write("name", CONTENT[900:1800])

    with pytest.raises(ObjectChangedError):
        client.object_download("name", sink, progress=overwrite)


class Ignoring(ScriptedClient):
    """Looks at no condition of a read, as some servers do; what it gives breaks off, and is replaced by then."""

    def __init__(self, changes: dict[str, Any]) -> None:
        super().__init__()
        self._changes = changes

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, None)
        reader.digest = None
        if self.calls["_object_open"] > 1:
            reader.info = dataclasses.replace(reader.info, **self._changes)
            return reader
        return BreakingReader(reader, 400, Outage("broke off"))


@pytest.mark.parametrize(
    "changes", [{"hash": "another"}, {"size": 901}, {"hash": None}], ids=["another hash", "another size", "no hash"]
)
def test_a_resumed_read_takes_no_other_version_from_who_ignores_the_condition(changes: dict[str, Any]) -> None:
    client = Ignoring(changes)
    client.object_write("name", CONTENT[:900])
    with pytest.raises(ObjectChangedError, match="while it was read"):
        client.object_read("name")
    assert client.calls["_object_open"] == 2


@pytest.mark.parametrize("how", ["read", "stream", "file"])
def test_a_range_is_taken_from_no_other_version(how: str, tmp_path: Path) -> None:
    class Newer(ScriptedClient):
        def _object_open(self, container: str, name: str, start: int, *rest: Any) -> ObjectReader:
            reader = super()._object_open(container, name, start, None, None)
            reader.digest = None
            if start:
                reader.info = dataclasses.replace(reader.info, hash="another")
            return reader

    client = Newer()
    client.object_write("name", CONTENT)
    with pytest.raises(ObjectChangedError):
        _download(client, how, tmp_path)


class Composed(PartsClient):
    """Tells only the digest of its parts' digests, as S3 does of large objects; `certain`: and means it."""

    certain = True

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        assert reader.digest
        joined = b"".join(map(bytes.fromhex, reader.digest.part_values))
        composite = hashlib.md5(joined).hexdigest()
        kind = ContentDigest if self.certain else Guessed
        reader.digest = kind("md5", reader.digest.part_sizes, (), composite)
        return reader


class Guessed(ContentDigest):
    """One that proves nothing, since the sizes of the parts are a guess."""

    def is_proof(self) -> bool:
        return False


def _copied(client: ScriptedClient, tmp_path: Path) -> bytes:
    other = ScriptedClient()
    copying.object_copy(obs_client.Place(client, "box"), "name", obs_client.Place(other, "box"))
    return other.object_read("name")


@pytest.mark.parametrize("how", [*WAYS, "copy"])
@pytest.mark.parametrize("flip_at", [0, PART, 4 * PART - 1, len(CONTENT) - 1])
def test_ranges_that_are_read_side_by_side_are_compared_with_the_digest_of_all(
    how: str, flip_at: int, tmp_path: Path
) -> None:
    client = Composed()
    client.object_write("name", CONTENT)
    client.flip_at = flip_at
    with pytest.raises(IntegrityError, match="other bytes"):
        _copied(client, tmp_path) if how == "copy" else _download(client, how, tmp_path)


@pytest.mark.parametrize("how", ["read", "stream", "file"])
@pytest.mark.parametrize(("certain", "flip_at"), [(True, None), (False, None), (False, 5)])
def test_what_was_not_compared_is_said_not_to_be(
    how: str, certain: bool, flip_at: int | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = Composed()
    client.certain = certain
    client.object_write("name", CONTENT)
    client.flip_at = flip_at
    with caplog.at_level(logging.DEBUG, "obs_client"):
        assert len(_download(client, how, tmp_path)) == len(CONTENT)
    assert len(client.opened) == 8, "side by side"
    said = [record for record in caplog.records if "no digest to compare it with" in record.message]
    assert bool(said) == (flip_at is not None)


@pytest.mark.parametrize("how", ["read", "stream", "file"])
def test_a_range_that_does_not_fit_a_digest_that_proves_nothing_is_said_not_to_be_compared(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Doubtful(PartsClient):
        def _object_open(self, *asked: Any) -> ObjectReader:
            reader = super()._object_open(*asked)
            assert reader.digest
            values = [*reader.digest.part_values]
            values[3] = hashlib.md5(b"other").hexdigest()
            reader.digest = Guessed("md5", reader.digest.part_sizes, values)
            return reader

    client = Doubtful()
    client.object_write("name", CONTENT)
    with caplog.at_level(logging.DEBUG, "obs_client"):
        assert _download(client, how, tmp_path) == CONTENT
    assert len(client.opened) == 8, "side by side"
    assert [record for record in caplog.records if "no digest to compare it with" in record.message]


class LargeParts(ScriptedClient):
    """Tells digests of parts that are larger than what is read at once."""

    part = 5 * PART

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        content = self._stored(container, name).content
        pieces = [content[at : at + self.part] for at in range(0, len(content), self.part)]
        values = [hashlib.md5(piece).hexdigest() for piece in pieces]
        reader.digest = ContentDigest("md5", [len(piece) for piece in pieces], values)
        return reader


@pytest.mark.parametrize(("part", "requests"), [(2 * PART, 4), (2 * PART + 1, 1), (5 * PART, 1)])
def test_parts_too_large_to_be_held_are_streamed_in_order(part: int, requests: int) -> None:
    """Memory: a buffer for each worker holds two parts of the options at most."""
    client = LargeParts()
    client.part = part
    client.object_write("name", CONTENT)
    sink = io.BytesIO()
    assert client.object_download("name", sink)
    assert sink.getvalue() == CONTENT
    assert client.calls["_object_open"] == requests


def test_ranges_that_are_read_ahead_share_a_few_buffers() -> None:
    client = PartsClient()
    client.object_write("name", CONTENT)
    border = Border(client)
    with GuardedReader(border, "box", "name") as reader:
        seen = [(bytes(block), block.obj) for block in blocks(border, reader)]
    assert b"".join(content for content, _ in seen) == CONTENT
    assert len(seen) == 8
    assert len({id(buffer) for _, buffer in seen}) <= QUICK.workers + 1


def test_a_stream_that_takes_a_few_bytes_at_a_time_gets_all() -> None:
    class Narrow(io.RawIOBase):
        taken = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any, /) -> int:
            self.taken += bytes(data[:7])
            return min(7, len(data))

    client = ScriptedClient()
    client.object_write("name", CONTENT)
    sink = Narrow()
    assert client.object_download("name", sink)  # type: ignore[arg-type]
    assert sink.taken == CONTENT


@pytest.mark.parametrize("workers", [1, 3])
def test_a_file_system_that_takes_half_of_what_is_written(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite

    def half(descriptor: int, data: memoryview, offset: int) -> int:
        return pwrite(descriptor, data[: (len(data) + 1) // 2], offset)

    monkeypatch.setattr(os, "pwrite", half)
    client = ScriptedClient(options=dataclasses.replace(QUICK, workers=workers))
    client.object_write("name", CONTENT)
    assert client.download_file("name", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("workers", [1, 3])
def test_a_full_disk_is_told_of_by_the_path_that_was_given_and_leaves_the_old_file(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    client = ScriptedClient(options=dataclasses.replace(QUICK, workers=workers))
    client.object_write("name", CONTENT)
    (tmp_path / "file").write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space left") as caught:
            client.download_file("name", tmp_path / "file")
    assert caught.value.filename == str(tmp_path / "file")
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"
