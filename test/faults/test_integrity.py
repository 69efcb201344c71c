"""Wrong bytes on the way, in either direction, and sources and objects that change while they are moved."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from obs_client import IntegrityError, ObjectChangedError, ObjectStorageClient, ObjectStorageClientError
from test.faults.matrix.bench import OLD
from test.faults.matrix.cells import MATRIX, Stage
from test.faults.stores.base import BRISK
from test.faults.wire import spoiling
from test.faults.wire.exchange import Exchange, Fault

NAME = "integrity"


@pytest.fixture
def client(stage: Stage) -> Iterator[ObjectStorageClient]:
    before = stage.store.leftovers(MATRIX)
    stage.store.remove(MATRIX, NAME)
    stage.store.put(MATRIX, NAME, OLD)
    with stage.store.client(stage.proxy.url) as one:
        one.container_name = MATRIX
        one.options = dataclasses.replace(BRISK, part_size=stage.store.part_size)
        yield one
    stage.proxy.aim()
    assert stage.store.leftovers(MATRIX) == before


def _content(stage: Stage, large: bool) -> bytes:
    return os.urandom(stage.store.part_size * 2 + 1000 if large else 30_000)


def _at(stage: Stage, what: str, act: Callable[[Exchange], None], times: int | None = None) -> None:
    stage.proxy.aim(Fault("test", lambda request: stage.store.aimed(what, request, MATRIX, NAME), act, times))


def _flip_on_the_way(exchange: Exchange) -> None:
    body = bytearray(exchange.read())
    body[len(body) // 2] ^= 1
    exchange.answer(exchange.ask(bytes(body)))


@pytest.mark.parametrize("large", [False, True], ids=["one request", "parts"])
@pytest.mark.parametrize("way", ["write", "upload", "upload_file", "open"])
def test_bytes_that_change_on_the_way_to_the_store_are_never_published(
    stage: Stage, client: ObjectStorageClient, tmp_path: Path, way: str, large: bool
) -> None:
    content = _content(stage, large)
    (tmp_path / "source").write_bytes(content)
    _at(stage, "part" if large else "data", _flip_on_the_way)
    ways: dict[str, Callable[[], object]] = {
        "write": lambda: client.object_write(NAME, content),
        "upload": lambda: client.object_upload(BytesIO(content), NAME),
        "upload_file": lambda: client.upload_file(tmp_path / "source", NAME),
        "open": lambda: _write_through_a_file(client, content),
    }
    with pytest.raises(ObjectStorageClientError) as caught:
        ways[way]()
    assert isinstance(caught.value, IntegrityError), repr(caught.value)
    assert stage.store.get(MATRIX, NAME) == OLD


def _write_through_a_file(client: ObjectStorageClient, content: bytes) -> None:
    with client.object_open(NAME, "wb") as file:
        file.write(content)


_CHANGES: dict[str, Callable[[Path], None]] = {
    "shrinks": lambda path: os.truncate(path, 1000),
    "grows": lambda path: os.truncate(path, path.stat().st_size + 4),
    "changes": lambda path: _overwrite(path),
}


def _overwrite(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(status.st_size // 2)
        file.write(b"other bytes")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


@pytest.mark.parametrize("large", [False, True], ids=["one request", "parts"])
@pytest.mark.parametrize("change", _CHANGES)
def test_a_source_file_that_changes_during_its_upload_is_not_committed(
    stage: Stage, client: ObjectStorageClient, tmp_path: Path, change: str, large: bool
) -> None:
    """It changes when the first request with content is at the proxy; that request must be sent again."""
    path = tmp_path / "source"
    path.write_bytes(_content(stage, large))

    def act(exchange: Exchange) -> None:
        _CHANGES[change](path)
        spoiling.close_unanswered()(exchange)

    _at(stage, "part" if large else "data", act, 1)
    with pytest.raises((ObjectChangedError, IntegrityError)):
        client.upload_file(path, NAME)
    assert stage.store.get(MATRIX, NAME) == OLD


@pytest.mark.parametrize("change", _CHANGES)
def test_a_source_file_that_changes_between_parts_is_not_committed(
    stage: Stage, client: ObjectStorageClient, tmp_path: Path, change: str
) -> None:
    path = tmp_path / "source"
    path.write_bytes(_content(stage, True))
    told: list[int] = []

    def progress(count: int) -> None:
        if not told:
            _CHANGES[change](path)
        told.append(count)

    with pytest.raises((ObjectChangedError, IntegrityError)):
        client.upload_file(path, NAME, progress=progress)
    assert told
    assert stage.store.get(MATRIX, NAME) == OLD


@pytest.mark.parametrize("way", ["read", "stream", "file", "open"])
def test_a_large_object_that_is_replaced_between_two_requests_is_never_mixed(
    stage: Stage, client: ObjectStorageClient, tmp_path: Path, way: str
) -> None:
    first = _content(stage, True)
    second = _content(stage, True)
    stage.store.direct.object_write(NAME, first, container_name=MATRIX)
    replaced: list[bool] = []

    def act(exchange: Exchange) -> None:
        if not replaced:
            replaced.append(True)
            stage.store.direct.object_write(NAME, second, container_name=MATRIX)
        exchange.answer(exchange.forward())

    def ranged(exchange: Exchange) -> bool:
        return "range" in exchange.request.headers

    _at(stage, "get", lambda exchange: act(exchange) if ranged(exchange) else spoiling.cut_body(0.3)(exchange))
    target = tmp_path / "target"
    target.write_bytes(OLD)
    stream = BytesIO()
    ways: dict[str, Callable[[], bytes]] = {
        "read": lambda: client.object_read(NAME),
        "stream": lambda: (client.object_download(NAME, stream), stream.getvalue())[1],
        "file": lambda: (client.download_file(NAME, target), target.read_bytes())[1],
        "open": lambda: client.object_open(NAME).read(),
    }
    try:
        found = ways[way]()
    except ObjectChangedError:
        assert target.read_bytes() == OLD
        assert [path.name for path in tmp_path.iterdir()] == ["target"]
    else:
        assert found in (first, second)
    assert replaced


def test_what_was_verified_is_told_and_nothing_else(stage: Stage, client: ObjectStorageClient) -> None:
    """Read whole from the start: verified. From the middle: not. A flipped byte outside of what is checked: not."""
    for large in (False, True):
        content = _content(stage, large)
        client.object_write(NAME, content)
        with client.object_open(NAME) as file:
            assert not file.verified
            assert file.read() == content
            assert file.verified
        with client.object_open(NAME) as file:
            file.seek(10)
            assert file.read() == content[10:]
            assert not file.verified


def test_without_a_digest_a_flipped_byte_is_not_called_verified(stage: Stage, client: ObjectStorageClient) -> None:
    content = _content(stage, False)
    client.object_write(NAME, content)
    names = ("etag", "x-amz-checksum-crc32", "x-amz-checksum-crc64nvme", "content-md5", "x-ms-blob-content-md5")
    _at(stage, "get", spoiling.change(lambda answer: spoiling.flip(answer).without(*names, "x-goog-hash")))
    if stage.store.label == "google":
        # What its answer lacks is asked for once more: each of its objects has a digest.
        with pytest.raises(IntegrityError):
            client.object_read(NAME)
        return
    with client.object_open(NAME) as file:
        assert file.read() != content
        assert not file.verified


def test_a_flipped_byte_is_no_error_where_nothing_is_to_be_checked(stage: Stage, client: ObjectStorageClient) -> None:
    content = _content(stage, False)
    client.object_write(NAME, content)
    client.options = dataclasses.replace(client.options, check_content=False)
    _at(stage, "get", spoiling.change(spoiling.flip))
    with client.object_open(NAME) as file:
        assert len(file.read()) == len(content)
        assert not file.verified
