"""Progress is told while parts are under way, and holds what it promises: the caller's thread, the size, and no more.

The store of these tests halts in the middle of each part until progress was told: what is told only at a part's end
never comes.
"""

from __future__ import annotations

import dataclasses
import io
import random
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

import pytest

from obs_client import ClientOptions, MemoryClient, TemporaryError
from obs_client._engine.transfers.progress import Meter
from obs_client._http.pool import HttpPool
from obs_client.backend import stopping
from obs_client.backend.body import BLOCK_SIZE, Body, BytesBody, FileBody, SourceFile
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.testing.faults import FaultyClient
from test.engine.scripted import QUICK, Outage, ScriptedClient
from test.loopback.raw import answer, raw_server, read_head

PART = 400_000
WORKERS = 3
OPTIONS = dataclasses.replace(QUICK, part_size=PART, workers=WORKERS)
UNCHECKED = dataclasses.replace(OPTIONS, check_content=False)
CONTENT = random.Random(11).randbytes(5 * PART + 7)
LARGE, ONE_REQUEST = len(CONTENT), PART - 1
SECONDS = 20.0

Tell = Callable[[int], object]


class HaltingClient(ScriptedClient):
    """Moves half of each body, then waits until `go_on` is set; with `fails_first` each body fails once before that."""

    def __init__(self, options: ClientOptions = OPTIONS, *, fails_first: bool = False) -> None:
        super().__init__(options=options)
        self.go_on = threading.Event()
        self.aborted = 0
        self._fails_first = fails_first
        self.failed: set[object] = set()

    def take(self, key: object, body: Body) -> Body:
        """All that a body has; each `key` names another."""
        content = bytearray(body.size)
        half = body.size // 2
        read_fully(body, memoryview(content)[:half])
        self.fail_once(key)
        self.halt()
        read_fully(body, memoryview(content)[half:])
        return BytesBody(content)

    def fail_once(self, key: object) -> None:
        if self._fails_first and key not in self.failed:
            self.failed.add(key)
            raise Outage

    def halt(self) -> None:
        until = time.monotonic() + SECONDS
        while not self.go_on.wait(0.005):
            stopping.check_stopped()
            if time.monotonic() > until:
                raise AssertionError("nothing was told while a part was under way")

    def _object_write(self, new: NewObject, body: Body) -> None:
        super()._object_write(new, self.take("write", body))

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _HaltingUpload(self, super()._object_multipart(new))

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return _HaltingReader(self, super()._object_open(container, name, start, stop, if_hash), stop)


class _HaltingUpload(MultipartUpload):
    def __init__(self, client: HaltingClient, inner: MultipartUpload) -> None:
        self._client, self._inner = client, inner

    def put_part(self, part: Part, body: Body) -> None:
        self._inner.put_part(part, self._client.take(part.number, body))

    def complete(self) -> None:
        self._inner.complete()

    def abort(self) -> None:
        self._client.aborted += 1
        self._inner.abort()


class _HaltingReader(ObjectReader):
    """Gives at most half a part at once; of all readers up to the same byte one fails."""

    def __init__(self, client: HaltingClient, inner: ObjectReader, stop: int | None) -> None:
        self.info, self.digest = inner.info, inner.digest
        self._client, self._inner, self._key = client, inner, ("read", stop)
        self._begun = self._key in client.failed

    def readinto(self, buffer: memoryview) -> int:
        if self._begun:
            self._client.fail_once(self._key)
            self._client.halt()
        self._begun = True
        return self._inner.readinto(buffer[: PART // 2])

    def close(self) -> None:
        self._inner.close()


def read_fully(body: Body, view: memoryview) -> None:
    while view:
        count = body.readinto(view)
        assert count
        view = view[count:]


class Told:
    """What progress was told; lets the store go on, or raises."""

    def __init__(self, client: HaltingClient | None = None, error: BaseException | None = None) -> None:
        self.counts: list[int] = []
        self.threads: set[int] = set()
        self._client, self._error = client, error

    def __call__(self, count: int) -> None:
        self.counts.append(count)
        self.threads.add(threading.get_ident())
        if self._error:
            raise self._error
        if self._client:
            self._client.go_on.set()

    def check(self, size: int) -> None:
        assert sum(self.counts) == size
        assert all(count > 0 for count in self.counts)
        assert self.threads <= {threading.get_ident()}


class OnlyReads:
    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(size)


def write(client: ObjectStorageClient, path: Path, tell: Tell) -> object:
    return client.object_write("name", path.read_bytes(), progress=tell)


def upload_stream(client: ObjectStorageClient, path: Path, tell: Tell) -> object:
    return client.object_upload(cast("IO[bytes]", OnlyReads(path.read_bytes())), "name", progress=tell)


def upload_open_file(client: ObjectStorageClient, path: Path, tell: Tell) -> object:
    with path.open("rb") as file:
        return client.object_upload(file, "name", progress=tell)


def upload_file(client: ObjectStorageClient, path: Path, tell: Tell) -> object:
    return client.upload_file(path, "name", progress=tell)


def download_file(client: ObjectStorageClient, path: Path, tell: Tell) -> object:
    return client.download_file("name", path, progress=tell)


def download_stream(client: ObjectStorageClient, path: Path, tell: Tell) -> object:
    with path.open("wb") as file:
        return client.object_download("name", file, progress=tell)


UPLOADS = (write, upload_stream, upload_open_file, upload_file)
DOWNLOADS = (download_file, download_stream)
Move = Callable[[ObjectStorageClient, Path, Tell], object]


def stored(client: HaltingClient) -> bytes:
    client.go_on.set()
    return client.object_read("name")


def filled(client: HaltingClient, size: int) -> HaltingClient:
    """A client with an object, that halts from now on."""
    client.go_on.set()
    client.object_write("name", CONTENT[:size])
    client.go_on.clear()
    client.failed.clear()
    return client


def threads_of_transfers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("obs_client_")]


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "CHECK_INTERVAL", 0.02)


@pytest.fixture
def source(tmp_path: Path) -> Callable[[int], Path]:
    def make(size: int) -> Path:
        path = tmp_path / "source"
        path.write_bytes(CONTENT[:size])
        return path

    return make


@pytest.mark.parametrize("fails_first", [False, True])
@pytest.mark.parametrize("workers", [1, WORKERS])
@pytest.mark.parametrize("size", [ONE_REQUEST, LARGE])
@pytest.mark.parametrize("move", UPLOADS)
def test_an_upload_is_told_while_its_parts_are_under_way(
    move: Move, size: int, workers: int, fails_first: bool, source: Callable[[int], Path]
) -> None:
    client = HaltingClient(dataclasses.replace(OPTIONS, workers=workers), fails_first=fails_first)
    told = Told(client)
    assert move(client, source(size), told)
    assert told.counts[0] <= workers * PART // 2
    told.check(size)
    assert stored(client) == CONTENT[:size]


@pytest.mark.parametrize("fails_first", [False, True])
@pytest.mark.parametrize("options", [OPTIONS, UNCHECKED, dataclasses.replace(UNCHECKED, workers=1)])
@pytest.mark.parametrize("size", [ONE_REQUEST, LARGE])
@pytest.mark.parametrize("move", DOWNLOADS)
def test_a_download_is_told_while_its_ranges_are_under_way(
    move: Move, size: int, options: ClientOptions, fails_first: bool, tmp_path: Path
) -> None:
    client = filled(HaltingClient(options, fails_first=fails_first), size)
    told = Told(client)
    assert move(client, tmp_path / "target", told)
    assert told.counts[0] <= WORKERS * PART // 2
    told.check(size)
    assert (tmp_path / "target").read_bytes() == CONTENT[:size]


@pytest.mark.parametrize("error", [KeyError("mine"), TemporaryError("mine"), OSError("mine"), KeyboardInterrupt()])
@pytest.mark.parametrize("size", [ONE_REQUEST, LARGE])
@pytest.mark.parametrize("move", UPLOADS)
def test_what_progress_raises_in_the_middle_of_a_part_stops_the_upload(
    move: Move, size: int, error: BaseException, source: Callable[[int], Path]
) -> None:
    client = HaltingClient()
    told = Told(client, error)
    with pytest.raises(type(error)) as caught:
        move(client, source(size), told)
    assert caught.value is error
    assert len(told.counts) == 1
    assert threads_of_transfers() == []
    assert client.object_info("name") is None
    assert client.aborted == client.calls["_object_multipart"] == (size > PART)


@pytest.mark.parametrize("error", [KeyError("mine"), TemporaryError("mine"), OSError("mine"), KeyboardInterrupt()])
@pytest.mark.parametrize("options", [OPTIONS, UNCHECKED])
@pytest.mark.parametrize("size", [ONE_REQUEST, LARGE])
def test_what_progress_raises_in_the_middle_of_a_range_stops_the_download(
    size: int, options: ClientOptions, error: BaseException, tmp_path: Path
) -> None:
    client = filled(HaltingClient(options), size)
    told = Told(client, error)
    with pytest.raises(type(error)) as caught:
        download_file(client, tmp_path / "target", told)
    assert caught.value is error
    assert len(told.counts) == 1
    assert threads_of_transfers() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, BLOCK_SIZE, BLOCK_SIZE + 1, PART, PART + 1, LARGE])
def test_over_a_faulty_store_the_sum_is_the_size(size: int, source: Callable[[int], Path], tmp_path: Path) -> None:
    inner = MemoryClient("box", options=OPTIONS)
    inner.container_create("box")
    for move in (*UPLOADS, *DOWNLOADS):
        told = Told()
        path = source(size) if move in UPLOADS else tmp_path / "target"
        assert move(FaultyClient(inner), path, told)
        told.check(size)
        assert inner.object_read("name") == CONTENT[:size]


def test_a_part_that_is_sent_again_counts_once() -> None:
    body = BytesBody(CONTENT[:100])
    told: list[int] = []
    meter = Meter(told.append)
    meter.begin(100).follow(lambda: body.sent)
    other = meter.begin(50)
    body.read(70)
    meter.tell()
    body.rewind()
    meter.tell()
    body.read(60)
    meter.tell()
    body.read(20)
    meter.tell()
    body.read()
    other.finish()
    meter.tell()
    body.rewind()
    body.read()
    meter.tell()
    assert told == [70, 10, 70]


def test_hashing_before_a_body_is_sent_counts_nothing(source: Callable[[int], Path]) -> None:
    with source(1000).open("rb") as file:
        body = FileBody(SourceFile(file.fileno()), 0, 1000)
        assert len(body.digest("md5")) == 16
        assert body.sent == 0
        body.read(10)
        assert body.sent == 10


def test_bytes_sent_without_copying_are_counted_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    size, taken = 48 * 1024 * 1024, 8 * 1024 * 1024
    body = BytesBody(bytes(size))
    seen: list[int] = []

    def script(connection: socket.socket, number: int) -> None:
        _, rest = read_head(connection)
        left = size - len(rest)
        buffer = bytearray(BLOCK_SIZE)
        while left:
            if not seen and size - left >= taken:
                until = time.monotonic() + SECONDS
                while body.sent < taken - BLOCK_SIZE and time.monotonic() < until:
                    time.sleep(0.005)
                seen.append(body.sent)
            left -= connection.recv_into(buffer)
        connection.sendall(answer(b"done"))

    pool = HttpPool(timeout=SECONDS)
    with raw_server(script) as server:
        assert pool.request("PUT", server.url + "/", {}, body).read(100) == b"done"
    pool.close()
    assert taken - BLOCK_SIZE <= seen[0] < size
