"""What is uploaded: streams and files that give little, much, late or something else than bytes."""

from __future__ import annotations

import dataclasses
import io
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import pytest

from obs_client import Capabilities, IntegrityError, ObjectInfo
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from test.engine.scripted import QUICK, ScriptedClient

PART = QUICK.part_size
CONTENT = random.Random(7).randbytes(3 * PART + 500)


class Source:
    """A stream that gives, one after the other, what a test says; by `read`, since it has no `readinto`."""

    def __init__(self, *given: Any) -> None:
        self.given = list(given)

    def read(self, size: int = -1) -> Any:
        return self.given.pop(0) if self.given else b""


class Raw(io.RawIOBase):
    """One of the standard library's kind."""

    def __init__(self, count: int | None) -> None:
        self.count = count

    def readinto(self, buffer: Any, /) -> int | None:
        return self.count


def upload(client: ScriptedClient, stream: object, **options: Any) -> bytes:
    assert client.object_upload(cast("IO[bytes]", stream), "name", **options)
    return client.object_read("name")


@pytest.fixture
def client() -> ScriptedClient:
    return ScriptedClient()


@pytest.mark.parametrize(
    ("stream", "kind", "message"),
    [
        (lambda: Source("text"), TypeError, "the stream returned str instead of bytes; open it in binary mode"),
        (lambda: Source(b"a", 7), TypeError, "the stream returned int instead of bytes; open it in binary mode"),
        (lambda: Source(None), BlockingIOError, "the stream has no bytes yet; use a blocking one"),
        (lambda: Source(b"a", None), BlockingIOError, "the stream has no bytes yet; use a blocking one"),
        (lambda: Raw(None), BlockingIOError, "the stream has no bytes yet; use a blocking one"),
        (lambda: Raw(1001), ValueError, "the stream returned 1,001 bytes where 1,000 were asked for"),
        (lambda: Raw(-1), ValueError, "the stream returned -1 bytes where 1,000 were asked for"),
        (lambda: Source(bytes(1001)), ValueError, "the stream returned 1,001 bytes where 1,000 were asked for"),
    ],
    ids=["text", "number", "nothing", "nothing more", "nothing into", "too much into", "less than none", "too much"],
)
def test_what_gives_no_bytes_writes_nothing(
    client: ScriptedClient, stream: Callable[[], object], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as caught:
        upload(client, stream())
    assert str(caught.value) == message
    assert client.object_info("name") is None


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_stream_may_give_all_that_was_asked_for(client: ScriptedClient, kind: Callable[[bytes], Any]) -> None:
    inner = io.BytesIO(CONTENT)

    class Full:
        def read(self, size: int = -1) -> Any:
            return kind(inner.read(size))

    assert upload(client, Full()) == CONTENT


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (3501, "size said 3,501 bytes for 'name', the stream has 3,500; nothing was written"),
        (3499, "size said 3,499 bytes for 'name', the stream has {}3,500; nothing was written"),
        (0, "size said 0 bytes for 'name', the stream has "),
    ],
)
@pytest.mark.parametrize("kind", ["stream", "file"])
def test_another_size_is_told_of_by_number_and_name(
    client: ScriptedClient, tmp_path: Path, kind: str, declared: int, message: str
) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    with open(tmp_path / "file", "rb") as file, pytest.raises(IntegrityError) as caught:
        upload(client, file if kind == "file" else io.BytesIO(CONTENT), size=declared)
    assert str(caught.value).startswith(message.format("at least " if kind == "stream" else ""))
    assert (caught.value.container, caught.value.object_name) == ("box", "name")
    assert client.object_info("name") is None


class TestFiles:
    @pytest.mark.parametrize("start", [0, 1, 2600, 3499, 3500, 3600])
    @pytest.mark.parametrize("buffering", [0, -1])
    def test_one_is_read_from_where_it_stands_to_its_end(
        self, client: ScriptedClient, tmp_path: Path, start: int, buffering: int
    ) -> None:
        """What stands past its end has nothing to give."""
        (tmp_path / "file").write_bytes(CONTENT)
        told: list[int] = []
        with open(tmp_path / "file", "rb", buffering=buffering) as file:
            file.seek(start)
            assert upload(client, file, progress=told.append) == CONTENT[start:]
            assert file.tell() == max(start, len(CONTENT))
        assert sum(told) == len(CONTENT[start:])

    @pytest.mark.parametrize("buffering", [0, -1])
    def test_one_that_is_only_written_to_has_nothing_to_read(
        self, client: ScriptedClient, tmp_path: Path, buffering: int
    ) -> None:
        with (
            open(tmp_path / "file", "wb", buffering=buffering) as file,
            pytest.raises(io.UnsupportedOperation),
        ):
            upload(client, file)
        assert client.object_info("name") is None

    def test_what_was_written_to_one_is_read_from_it(self, client: ScriptedClient, tmp_path: Path) -> None:
        with open(tmp_path / "file", "w+b") as file:
            file.write(CONTENT)
            file.seek(0)
            assert upload(client, file) == CONTENT

    def test_what_is_written_over_its_bytes_and_not_yet_on_the_disk_is_read(
        self, client: ScriptedClient, tmp_path: Path
    ) -> None:
        """To go back within its buffer does not write that."""
        (tmp_path / "file").write_bytes(CONTENT)
        with open(tmp_path / "file", "r+b") as file:
            file.read(1)
            file.seek(0)
            file.write(b"new")
            file.seek(0)
            assert (tmp_path / "file").read_bytes() == CONTENT, "it is not written yet"
            assert upload(client, file) == b"new" + CONTENT[3:]

    def test_a_pipe_is_a_stream(self, client: ScriptedClient) -> None:
        reading, writing = os.pipe()
        with open(writing, "wb") as sink:
            sink.write(CONTENT)
        with open(reading, "rb", buffering=0) as source:
            assert upload(client, source) == CONTENT

    @pytest.mark.skipif(not Path("/proc/version").exists(), reason="only Linux has /proc")
    def test_one_that_tells_no_size_is_told_of_as_it_is_read(self, client: ScriptedClient) -> None:
        told: list[int] = []
        assert client.upload_file("/proc/version", "name", progress=told.append)
        assert sum(told) == len(client.object_read("name")) > 0


class Viewing(MultipartUpload):
    """Takes parts as they are in memory, without reading them."""

    def __init__(self, store: Noting, new: NewObject) -> None:
        self.store, self.new = store, new
        self.parts: dict[int, bytes] = {}

    def put_part(self, part: Part, body: Body) -> None:
        self.parts[part.number] = bytes(body.view()) if isinstance(body, BytesBody) else body.readall()

    def complete(self) -> ObjectInfo | None:
        self.store.parts = [len(self.parts[number]) for number in sorted(self.parts)]
        content = b"".join(self.parts[number] for number in sorted(self.parts))
        return self.store._object_write(dataclasses.replace(self.new, part_size=None), BytesBody(content))

    def abort(self) -> None:
        self.parts.clear()


class Noting(ScriptedClient):
    """Notes what it is told of the object before its bytes come, and takes three parts at the most."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[tuple[int | None, int | None]] = []
        self.parts: list[int] = []

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), part_count_maximum=3)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        self.begun.append((new.size, new.part_size))
        return Viewing(self, new)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        self.begun.append((new.size, new.part_size))
        return super()._object_write(new, body)


@pytest.mark.parametrize("kind", ["bytes", "file"])
@pytest.mark.parametrize(
    ("size", "begun", "parts"),
    [
        (0, [(0, None)], []),
        (PART, [(PART, None)], []),
        (PART + 1, [(PART + 1, PART), (PART + 1, None)], [PART, 1]),
        (3500, [(3500, 1167), (3500, None)], [1167, 1167, 1166]),
    ],
)
def test_of_what_size_it_is_the_store_is_told_first(
    tmp_path: Path, kind: str, size: int, begun: list[tuple[int | None, int | None]], parts: list[int]
) -> None:
    """By one request up to a part, then by no more parts than the store takes."""
    store = Noting()
    told: list[int] = []
    if kind == "bytes":
        assert store.object_write("name", CONTENT[:size], progress=told.append)
    else:
        (tmp_path / "file").write_bytes(CONTENT[:size])
        assert store.upload_file(tmp_path / "file", "name", progress=told.append)
    assert (store.begun, store.parts, sum(told)) == (begun, parts, size)
    assert store.object_read("name") == CONTENT[:size]
