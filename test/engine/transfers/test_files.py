"""File objects: what publishes, what discards, and what a program that ends leaves behind."""

from __future__ import annotations

import contextlib
import gc
import gzip
import io
import os
import random
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

import obs_client
from obs_client._engine.transfers.read_file import HEAD, READ_BUFFER, WINDOW
from obs_client.backend.values import ObjectReader
from test.engine.scripted import QUICK, Outage, ScriptedClient

CONTENT = bytes(range(256)) * 20


@pytest.fixture
def client() -> ScriptedClient:
    return ScriptedClient()


@pytest.mark.parametrize("mode", ["wb", "w"])
@pytest.mark.parametrize("size", [0, 10, QUICK.part_size, 5 * QUICK.part_size])
def test_only_close_and_a_clean_with_publish(client: ScriptedClient, mode: str, size: int) -> None:
    data: Any = "x" * size if mode == "w" else b"x" * size
    with client.object_open("clean", mode) as file:
        file.write(data)
        assert client.object_info("clean") is None
    assert client.object_read("clean") == b"x" * size

    with pytest.raises(ZeroDivisionError), client.object_open("failed", mode) as file:
        file.write(data)
        raise ZeroDivisionError
    file.close()
    assert client.object_info("failed") is None

    file = client.object_open("discarded", mode)
    file.write(data)
    file.discard()
    file.close()
    assert client.object_info("discarded") is None

    file = client.object_open("forgotten", mode)
    file.write(data)
    with pytest.warns(ResourceWarning, match="never closed"):
        del file
        gc.collect()
    assert client.object_info("forgotten") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "utf-8-sig", "latin-1"])
def test_text_is_what_the_standard_library_writes(client: ScriptedClient, encoding: str, tmp_path: Path) -> None:
    text = "first é\nsecond\r\n" * 400
    with open(tmp_path / "file", "w", encoding=encoding, newline="") as plain:
        plain.write(text[:100])
        plain.write(text[100:])
    with client.object_open("text", "w", encoding=encoding) as file:
        file.write(text[:100])
        file.write(text[100:])
    assert client.object_read("text") == (tmp_path / "file").read_bytes()
    with client.object_open("text", "r", encoding=encoding) as file:
        assert file.read() == text.replace("\r\n", "\n")


def test_a_write_that_fails_can_never_be_published(client: ScriptedClient) -> None:
    file = client.object_open("name", "wb")
    client.before["_object_multipart"].append(obs_client.AuthorizationError("not allowed"))
    with pytest.raises(obs_client.AuthorizationError):
        file.write(b"x" * 5000)
    with pytest.raises(ValueError, match="open it again"):
        file.write(b"more")
    file.close()
    assert client.object_info("name") is None


def test_close_raises_what_the_store_says_and_conditions_hold(client: ScriptedClient) -> None:
    client.object_write("name", b"old")
    with pytest.raises(obs_client.PreconditionError), client.object_open("name", "wb", if_absent=True) as file:
        file.write(b"new")
    assert client.object_read("name") == b"old"
    info = client.object_info("name")
    assert info
    with client.object_open("name", "wb", if_hash=info.hash, metadata={"a": "b"}) as file:
        file.write(b"new")
    assert client.object_read("name") == b"new"


def test_a_foreign_wrapper_publishes_when_it_closes(client: ScriptedClient) -> None:
    with client.object_open("packed.gz", "wb") as file, gzip.open(file, "wb") as packed:
        packed.write(CONTENT)
    with client.object_open("packed.gz") as source, gzip.open(source) as packed:
        assert packed.read() == CONTENT
    with client.object_open("files.zip", "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", CONTENT)
        archive.writestr("b", b"second")
    with client.object_open("files.zip") as source, zipfile.ZipFile(source) as archive:
        assert archive.read("a") == CONTENT
        assert archive.testzip() is None
    wrapper = io.TextIOWrapper(client.object_open("wrapped", "wb"), encoding="utf-8")
    wrapper.write("text")
    wrapper.close()
    assert client.object_read("wrapped") == b"text"


def test_reading_seeks_and_says_what_is_verified(client: ScriptedClient) -> None:
    client.object_write("name", CONTENT)
    with client.object_open("name") as file:
        assert not file.verified
        assert file.read() == CONTENT
        assert file.verified
    with client.object_open("name") as file:
        for position, count in ((4000, 10), (0, 5), (5119, 100), (9999, 1), (5120, 1), (256, 256)):
            assert file.seek(position) == position
            assert file.read(count) == CONTENT[position : position + count]
        assert file.seek(-7, os.SEEK_END) == len(CONTENT) - 7
        assert file.read() == CONTENT[-7:]
        assert file.tell() == len(CONTENT)
        assert file.seek(0) == 0
        assert file.read() == CONTENT
        with pytest.raises(ValueError, match="before the start"):
            file.seek(-1)
        assert file.verified
        file.seek(9)
        file.read(1)
        assert file.verified


class RemoteClient(ScriptedClient):
    """Opening an object moves content, as over a network; notes what is asked for."""

    opens_whole = False

    def __init__(self, **options: Any) -> None:
        super().__init__(options=obs_client.ClientOptions(first_pause=0.0, **options))
        self.asked: list[tuple[int, int | None]] = []

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        self.asked.append((start, stop))
        reader = super()._object_open(container, name, start, stop, if_hash)
        if start or (stop is not None and stop < (reader.info.size or 0)):
            reader.digest = None
        return reader


@pytest.mark.parametrize("size", [0, 1, HEAD - 1, HEAD, HEAD + 1, 3 * READ_BUFFER + 1])
@pytest.mark.parametrize("piece", [-1, 1_000, READ_BUFFER + 1])
@pytest.mark.parametrize("check", [True, False])
def test_reading_in_order_asks_for_the_head_and_then_for_all(size: int, piece: int, check: bool) -> None:
    client = RemoteClient(check_content=check)
    content = random.Random(size).randbytes(size)
    client.object_write("name", content)
    with client.object_open("name") as file:
        assert client.asked == [(0, HEAD)]
        assert not file.verified
        assert b"".join(iter(lambda: file.read(piece), b"")) == content
        assert file.verified == (check or not size)
    assert client.asked[1:] == ([] if size <= HEAD else [(0, None)] if check else [(HEAD, None)])


def test_who_seeks_gets_what_is_read_and_more_as_reading_goes_on() -> None:
    client = RemoteClient()
    content = random.Random(1).randbytes(6 * WINDOW)
    client.object_write("name", content)
    with client.object_open("name") as file:
        file.seek(HEAD)
        assert file.read(5) == content[HEAD : HEAD + 5]
        file.seek(2 * WINDOW)
        client.asked.clear()
        for place in range(2 * WINDOW, 6 * WINDOW, 100_000):
            assert file.read(100_000) == content[place : place + 100_000]
        assert file.read() == b""
        start = 2 * WINDOW + READ_BUFFER
        assert client.asked == [
            (2 * WINDOW, start), (start, start + WINDOW), (start + WINDOW, start + 3 * WINDOW),
            (start + 3 * WINDOW, start + 7 * WINDOW),
        ]  # fmt: skip
        client.asked.clear()
        assert file.seek(3) == 3
        assert file.read(HEAD - 3) == content[3:HEAD]
        file.seek(0, os.SEEK_END)
        assert (file.read(), file.read(1)) == (b"", b"")
        file.seek(7 * WINDOW)
        assert file.read() == b""
        assert client.asked == []
        assert not file.verified


def test_a_head_that_comes_as_other_bytes_again_is_an_error() -> None:
    client = RemoteClient()
    client.object_write("name", b"a" * 2 * HEAD)
    with client.object_open("name") as file:
        file._reader._head = b"b" * HEAD
        assert file.read(HEAD - 1) == b"b" * (HEAD - 1)
        with pytest.raises(obs_client.IntegrityError, match="first bytes"):
            file.read()


def test_what_is_replaced_after_its_head_was_read_is_never_mixed() -> None:
    client = RemoteClient()
    for place in (0, HEAD):
        client.object_write("name", b"a" * 2 * HEAD)
        with client.object_open("name") as file:
            client.object_write("name", b"b" * 2 * HEAD)
            file.seek(place)
            with pytest.raises(obs_client.ObjectChangedError):
                file.read()


def test_reading_goes_on_after_failures(client: ScriptedClient) -> None:
    client.object_write("name", CONTENT)
    client.before["_object_open"].extend([Outage(), Outage()])
    with client.object_open("name") as file:
        file.seek(100)
        client.before["_object_open"].extend([Outage(), Outage()])
        assert file.read() == CONTENT[100:]


def test_an_empty_object_is_read_and_verified(client: ScriptedClient) -> None:
    client.object_write("empty", b"")
    with client.object_open("empty") as file:
        assert file.read() == b""
        assert file.verified
    with client.object_open("empty", "r") as file:
        assert list(file) == []


@pytest.mark.parametrize(
    "ending",
    ["pass", pytest.param("raise SystemExit(3)", marks=pytest.mark.slow), "os.fork() or os._exit(0); os.wait()"],
)
def test_the_end_of_a_program_discards(tmp_path: Path, ending: str) -> None:
    program = textwrap.dedent(
        f"""
        import os
        from obs_client import ClientOptions, LocalClient
        client = LocalClient({str(tmp_path)!r}, "box", options=ClientOptions(part_size=1000))
        client.container_create("box")
        small, large = client.object_open("small", "wb"), client.object_open("large", "wb")
        text = client.object_open("text", "w")
        small.write(b"x"), large.write(b"x" * 5000), text.write("x")
        {ending}
        """
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert os.listdir(tmp_path / "box") == [], done.stderr


def test_many_open_writers_hold_little_memory() -> None:
    client = obs_client.MemoryClient("container")
    client.container_create("container")
    piece = b"x" * 1000
    with contextlib.ExitStack() as stack:
        tracemalloc.start()
        stack.callback(tracemalloc.stop)
        files = [stack.enter_context(client.object_open(f"name {number}", "wb")) for number in range(100)]
        for file in files:
            file.write(piece)
        assert tracemalloc.get_traced_memory()[1] < 100 * 80 * 1024
    assert all(client.object_read(f"name {number}") == piece for number in range(100))


@pytest.mark.parametrize(
    "size", [65_535, 65_536, 65_537, 262_144, 262_145, 699_999, 700_000, 700_001, 1_400_000, 1_400_001]
)
@pytest.mark.parametrize("piece", [1_000, 65_536, 2_000_000])
def test_a_writers_buffer_grows_to_a_part(size: int, piece: int) -> None:
    client = ScriptedClient(options=obs_client.ClientOptions(part_size=700_000))
    content = random.Random(size).randbytes(size)
    with client.object_open("name", "wb") as file:
        for start in range(0, size, piece):
            file.write(content[start : start + piece])
    assert client.object_read("name") == content
    client.object_upload(io.BytesIO(content), "stream")
    assert client.object_read("stream") == content
