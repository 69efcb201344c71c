"""Writing and uploading: whole or not at all, whatever the source, the size, the interrupt."""

from __future__ import annotations

import dataclasses
import errno
import gzip
import io
import os
import random
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import pytest

import obs_client
from obs_client import Capabilities, IntegrityError, ObjectChangedError
from obs_client._engine.transfers import guarded_upload
from obs_client.backend import stopping
from obs_client.backend.body import SourceFile
from obs_client.backend.multipart import MultipartUpload, SpooledUpload
from obs_client.backend.values import NewObject
from obs_client.backends import memory
from test.engine.scripted import QUICK, Outage, ScriptedClient, count_aborts

PART = QUICK.part_size


class Stream:
    """A stream that only reads, gives short reads, and may fail after so many bytes."""

    def __init__(self, data: bytes, fail_after: int | None = None) -> None:
        self._inner = io.BytesIO(data)
        self._fail_after = fail_after

    def read(self, size: int = -1) -> bytes:
        if self._fail_after is not None and self._inner.tell() >= self._fail_after:
            raise KeyError("the producer failed")
        return self._inner.read(min(size, random.randint(1, 300)))


def as_io(stream: object) -> IO[bytes]:
    return cast("IO[bytes]", stream)


CONTENT = random.Random(7).randbytes(7 * PART + 123)


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART, 3 * PART + 7])
def test_progress_sums_to_the_size_and_comes_in_the_callers_thread(size: int, tmp_path: Path) -> None:
    client = ScriptedClient()
    content = CONTENT[:size]
    path = tmp_path / "source"
    path.write_bytes(content)
    moves: list[Callable[[Callable[[int], None]], object]] = [
        lambda tell: client.object_write("name", content, progress=tell),
        lambda tell: client.object_upload(io.BytesIO(content), "name", progress=tell),
        lambda tell: client.object_upload(as_io(Stream(content)), "name", size=size, progress=tell),
        lambda tell: client.upload_file(path, "name", progress=tell),
        lambda tell: client.object_download("name", io.BytesIO(), progress=tell),
        lambda tell: client.download_file("name", tmp_path / "target", progress=tell),
    ]
    for move in moves:
        counts: list[int] = []
        threads: set[int] = set()

        def tell(count: int, counts: list[int] = counts, threads: set[int] = threads) -> None:
            counts.append(count)
            threads.add(threading.get_ident())

        client.before["_object_write"].append(Outage())
        assert move(tell)
        assert sum(counts) == size
        assert all(count > 0 for count in counts)
        assert threads <= {threading.get_ident()}
        assert client.object_read("name") == content
        client.before["_object_write"].clear()


@pytest.mark.parametrize(
    ("size", "fail_after"),
    [(500, 0), (500, 400), (PART, PART), (3 * PART + 7, 400), (3 * PART + 7, PART), (3 * PART + 7, 2 * PART)],
)
def test_a_producer_that_fails_leaves_the_old_object_and_no_upload(
    size: int, fail_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ScriptedClient()
    aborted = count_aborts(monkeypatch)
    client.object_write("name", b"old")
    with pytest.raises(KeyError, match="the producer failed"):
        client.object_upload(as_io(Stream(CONTENT[:size], fail_after)), "name")
    assert client.object_read("name") == b"old"
    assert len(aborted) == client.calls["_object_multipart"]


@pytest.mark.parametrize("declared", [0, 999, 3 * PART, 3 * PART + 8])
@pytest.mark.parametrize("kind", ["stream", "file"])
def test_another_size_than_declared_writes_nothing(declared: int, kind: str, tmp_path: Path) -> None:
    client = ScriptedClient()
    content = CONTENT[: 3 * PART + 7]
    (tmp_path / "source").write_bytes(content)
    with open(tmp_path / "source", "rb") as file, pytest.raises(IntegrityError, match="nothing was written"):
        client.object_upload(file if kind == "file" else as_io(Stream(content)), "name", size=declared)
    assert client.object_info("name") is None


@pytest.mark.parametrize("kind", ["memory", "local"])
@pytest.mark.parametrize("size", [PART, 3 * PART])
def test_what_the_callers_own_file_raises_goes_out_as_it_is_and_nothing_is_tried_again(
    size: int, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad disk is none of the store's failures, also where the store is another disk."""
    (tmp_path / "store" / "box").mkdir(parents=True)
    local = obs_client.LocalClient(tmp_path / "store", "box", options=QUICK)
    client = ScriptedClient() if kind == "memory" else local
    (tmp_path / "source").write_bytes(CONTENT[:size])
    broken = OSError(errno.EIO, "Input/output error")
    reads: list[int] = []

    def preadv(*_: object) -> int:
        reads.append(1)
        raise broken

    monkeypatch.setattr(os, "preadv", preadv)
    with pytest.raises(OSError, match="Input/output error") as caught:
        client.upload_file(tmp_path / "source", "name")
    assert caught.value is broken
    assert len(reads) <= QUICK.workers
    assert client.object_info("name") is None


def test_a_stream_that_is_longer_than_declared_is_not_read_to_its_end() -> None:
    """It may have none."""

    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any, /) -> int:
            self.given += len(buffer)
            assert self.given < 100 * PART, "it goes on and on"
            return len(buffer)

    client = ScriptedClient()
    with pytest.raises(IntegrityError, match="the stream has at least"):
        client.object_upload(as_io(Endless()), "name", size=2 * PART)
    assert client.object_info("name") is None


@pytest.mark.parametrize("size", [None, 5, 3 * PART])
def test_a_stream_that_returns_more_than_it_was_asked_for_is_refused(size: int | None) -> None:
    """Else bytes of it would be cut off, or be written over others."""

    class Reads:
        def read(self, size: int = -1) -> bytes:
            return b"x" * (size + 1)

    class ReadsInto(Reads):
        def readinto(self, buffer: memoryview) -> int:
            return len(buffer) + 1

    class ReadsBackwards(Reads):
        def readinto(self, buffer: memoryview) -> int:
            return -1

    for kind in (Reads, ReadsInto, ReadsBackwards):
        client = ScriptedClient()
        with pytest.raises(ValueError, match=r"where .* were asked for"):
            client.object_upload(as_io(kind()), "name", size=size)
        assert client.object_info("name") is None


def test_a_source_file_that_changes_is_refused_and_nothing_is_committed(tmp_path: Path) -> None:
    client = ScriptedClient()
    path = tmp_path / "source"
    for change in (b"", CONTENT[:2500], CONTENT + b"more", bytes(len(CONTENT))):
        path.write_bytes(CONTENT)
        changed = [change]

        def write(count: int, changed: list[bytes] = changed) -> None:
            if changed:
                path.write_bytes(changed.pop())
                os.utime(path, (1, 1))

        with pytest.raises(ObjectChangedError, match="source file"):
            client.upload_file(path, "name", progress=write)
        assert client.object_info("name") is None


def test_a_file_is_read_from_where_it_stands_and_left_at_its_end(tmp_path: Path) -> None:
    client = ScriptedClient()
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    for buffering in (0, -1):
        with open(path, "r+b", buffering=buffering) as file:
            file.seek(100)
            assert client.object_upload(file, "name")
            assert not file.closed
            assert file.tell() == len(CONTENT)
        assert client.object_read("name") == CONTENT[100:]


def test_what_only_looks_like_a_plain_file_is_read_as_it_gives_itself(tmp_path: Path) -> None:
    client = ScriptedClient()
    with gzip.open(tmp_path / "packed", "wb") as packed:
        packed.write(CONTENT)
    with gzip.open(tmp_path / "packed", "rb") as packed:
        assert client.object_upload(as_io(packed), "name")
    assert client.object_read("name") == CONTENT


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_aborts(interrupt: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    client = ScriptedClient()
    aborted = count_aborts(monkeypatch)

    def tell(count: int) -> None:
        raise interrupt

    with pytest.raises(interrupt):
        client.object_write("name", CONTENT, progress=tell)
    assert aborted == [1]
    assert client.object_info("name") is None


def test_an_abort_that_fails_is_noted_on_the_error_that_caused_it(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ScriptedClient()

    def abort(self: Any) -> None:
        raise obs_client.ServiceError("no abort today")

    monkeypatch.setattr(memory._Upload, "abort", abort)
    with pytest.raises(KeyError) as caught:
        client.object_upload(as_io(Stream(CONTENT, 5000)), "name")
    assert "no abort today" in caught.value.__notes__[0]


class _FewParts(ScriptedClient):
    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), part_count_maximum=3, part_size_maximum=PART)


def test_a_stream_as_long_as_the_store_allows_is_whole_and_one_byte_more_is_refused() -> None:
    client = _FewParts()
    assert client.object_upload(as_io(Stream(CONTENT[: 3 * PART])), "name")
    assert client.object_read("name") == CONTENT[: 3 * PART]
    with pytest.raises(obs_client.NotSupportedError, match="longer than"):
        client.object_upload(as_io(Stream(CONTENT[: 3 * PART + 1])), "name")
    assert client.object_read("name") == CONTENT[: 3 * PART]


class _Spooling(ScriptedClient):
    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return SpooledUpload(new, self._object_write)


def test_a_store_without_parts_gets_large_objects_in_one_request() -> None:
    client = _Spooling()
    client.before["_object_write"].append(Outage())
    assert client.object_upload(as_io(Stream(CONTENT)), "name")
    assert client.object_read("name") == CONTENT
    assert client.calls["_object_write"] == 2


class _Streaming(ScriptedClient):
    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), server_side_copy=False)


def test_a_store_that_cannot_copy_is_read_and_written() -> None:
    client = _Streaming()
    client.object_write("name", CONTENT, {"key": "väl"}, cache_control="no-store", content_language="en")
    assert client.object_copy("name", "copy")
    first, second = client.object_info("name"), client.object_info("copy")
    assert first
    assert second
    assert dataclasses.replace(second, name="name", last_modified=first.last_modified) == first
    assert client.object_read("copy") == CONTENT
    assert client.calls["_object_copy"] == 0


def test_an_abort_that_hangs_after_an_interrupt_is_left_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_upload, "LAST_SECONDS", 0.2)
    aborted: list[object] = []

    def abort(upload: object) -> None:
        stopping.sleep(60.0)
        aborted.append(upload)

    monkeypatch.setattr(memory._Upload, "abort", abort)

    def tell(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        ScriptedClient().object_write("name", CONTENT, progress=tell)
    assert not aborted, "it was waited for to its end"
    assert "cleanup() removes them later" in caught.value.__notes__[0]


@pytest.mark.slow
def test_a_pipe_needs_no_more_memory_than_its_parts_in_flight() -> None:
    """The bound is the contract's: (workers + 1) x part size, and 32 MiB for all else."""
    program = textwrap.dedent(
        """
        import os, resource, sys, threading
        from pathlib import Path
        from obs_client import ClientOptions, MemoryClient
        from obs_client.backend.multipart import MultipartUpload

        class Nowhere(MultipartUpload):
            size = 0
            def put_part(self, part, body):
                view = memoryview(bytearray(65536))
                while count := body.readinto(view):
                    Nowhere.size += count
            def complete(self): pass
            def abort(self): pass

        class Client(MemoryClient):
            def _object_multipart(self, new):
                return Nowhere()

        part, workers = 4 << 20, 3
        client = Client("box", options=ClientOptions(part_size=part, workers=workers))
        client.container_create("box")
        read, write = os.pipe()
        def feed():
            with open(write, "wb") as pipe:
                for _ in range(256):
                    pipe.write(bytes(1 << 20))
        def peak():
            # Linux counts in ru_maxrss what the process needed that forked it, which would hide any growth.
            if sys.platform == "linux":
                return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = peak()
        thread = threading.Thread(target=feed)
        thread.start()
        with open(read, "rb") as pipe:
            client.object_upload(pipe, "large")
        thread.join()
        grown = peak() - before
        assert Nowhere.size == 256 << 20, Nowhere.size
        assert 0 < grown <= (workers + 1) * part + (32 << 20), grown
        print("grown", grown)
        """
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


class TestStreamsThatPromiseLittle:
    def test_a_raw_stream_with_read_and_without_readinto(self) -> None:
        class Reading(io.RawIOBase):
            left = b"x" * 2500

            def readable(self) -> bool:
                return True

            def read(self, size: int = -1, /) -> bytes:
                found, self.left = self.left[:size], self.left[size:]
                return found

        client = ScriptedClient()
        assert client.object_upload(Reading(), "n")  # type: ignore[arg-type]
        assert client.object_read("n") == b"x" * 2500

    @pytest.mark.skipif(not Path("/proc/version").exists(), reason="only Linux has /proc")
    @pytest.mark.parametrize("path", ["/proc/version", "/proc/cpuinfo", "/sys/kernel/mm/transparent_hugepage/enabled"])
    def test_files_that_report_another_size_than_they_have_are_read_to_their_end(self, path: str) -> None:
        if not Path(path).exists():
            pytest.skip(f"there is no {path} here")
        content = Path(path).read_bytes()
        assert os.stat(path).st_size != len(content)
        client = ScriptedClient()
        assert client.upload_file(path, "n")
        assert len(client.object_read("n")) == len(content)

    def test_a_file_that_grows_while_it_is_looked_at_has_changed(self, tmp_path: Path) -> None:
        (tmp_path / "log").write_bytes(b"one")
        with open(tmp_path / "log", "rb") as stream:
            source = SourceFile(stream.fileno())
            with open(tmp_path / "log", "ab") as log:
                log.write(b"two")
            assert source.has_its_size(0), "it is no file of an odd kind"
            with pytest.raises(ObjectChangedError):
                source.check_unchanged()
