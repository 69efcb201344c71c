"""The transfer engine: parts, resuming, checks, memory, and what is left after a failure."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import itertools
import os
import random
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest

import obs_client
from obs_client import Capabilities, ClientOptions, IntegrityError, ObjectChangedError, TemporaryError
from obs_client._engine.parallel import bounded_map
from obs_client._engine.transfers import guarded_upload, parts
from obs_client.backend import stopping
from obs_client.backend.body import SourceFile
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.multipart import MultipartUpload, SpooledUpload
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.backends import memory
from test.engine.scripted import QUICK, BreakingReader, Outage, ScriptedClient

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
    aborted = _count_aborts(monkeypatch)
    client.object_write("name", b"old")
    with pytest.raises(KeyError, match="the producer failed"):
        client.object_upload(as_io(Stream(CONTENT[:size], fail_after)), "name")
    assert client.object_read("name") == b"old"
    assert len(aborted) == client.calls["_object_multipart"]


def _count_aborts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    aborted: list[int] = []
    original = memory._Upload.abort

    def abort(self: Any) -> None:
        aborted.append(1)
        original(self)

    monkeypatch.setattr(memory._Upload, "abort", abort)
    return aborted


@pytest.mark.parametrize("declared", [0, 999, 3 * PART, 3 * PART + 8])
@pytest.mark.parametrize("kind", ["stream", "file"])
def test_another_size_than_declared_writes_nothing(declared: int, kind: str, tmp_path: Path) -> None:
    client = ScriptedClient()
    content = CONTENT[: 3 * PART + 7]
    (tmp_path / "source").write_bytes(content)
    with open(tmp_path / "source", "rb") as file, pytest.raises(IntegrityError, match="nothing was written"):
        client.object_upload(file if kind == "file" else as_io(Stream(content)), "name", size=declared)
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
    aborted = _count_aborts(monkeypatch)

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


def test_part_plans_never_pass_the_stores_limits() -> None:
    limits = Capabilities(part_size_minimum=5, part_size_maximum=100, part_count_maximum=10)
    for size in range(1, 1001):
        chosen = parts.part_size(size, 7, limits)
        plan = list(parts.parts_of(size, chosen))
        assert len(plan) <= 10
        assert 5 <= chosen <= 100
        assert [part.offset for part in plan] == list(itertools.accumulate([0] + [part.size for part in plan]))[:-1]
        assert sum(part.size for part in plan) == size
    with pytest.raises(obs_client.NotSupportedError, match="more than this store holds"):
        parts.part_size(1001, 7, limits)


def test_parts_of_a_stream_of_unknown_size_grow_where_they_may() -> None:
    grown = list(parts.stream_part_sizes(8, Capabilities(part_count_maximum=100)))
    assert len(grown) == 100
    assert grown[0] == 8
    assert grown[-1] == 8 * 2**9
    assert set(parts.stream_part_sizes(8, Capabilities(part_count_maximum=100, equal_parts=True))) == {8}
    assert set(itertools.islice(parts.stream_part_sizes(8, Capabilities()), 1000)) == {8}


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


def test_bounded_map_keeps_order_takes_few_ahead_and_stops_at_a_failure() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = bounded_map(lambda number: number * 2, items(), 4)
    assert [next(results) for _ in range(10)] == list(range(0, 20, 2))
    assert len(taken) <= 15
    results.close()  # type: ignore[attr-defined]

    def fail(number: int) -> int:
        if number == 5:
            raise ZeroDivisionError
        return number

    seen: list[int] = []
    failing = bounded_map(fail, range(100), 4)
    with pytest.raises(ZeroDivisionError):
        while True:
            seen.append(next(failing))
    assert seen == [0, 1, 2, 3, 4]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("obs_client")]


def test_workers_stop_when_nobody_waits_for_them() -> None:
    """Also those that wait for workers of their own, and those that pause before another try."""
    started = threading.Event()
    ended: list[str] = []

    def sleep_long(number: int) -> int:
        started.set()
        try:
            stopping.sleep(60.0)
        except stopping.Stopped:
            ended.append("inner")
            raise
        return number

    def wait_for_others(number: int) -> int:
        try:
            return sum(bounded_map(sleep_long, range(2), 2))
        except stopping.Stopped:
            ended.append("outer")
            raise

    def interrupted() -> Iterator[int]:
        yield 1
        yield 2
        started.wait(10.0)
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(bounded_map(wait_for_others, interrupted(), 3))
    assert time.monotonic() - began < 2.0
    assert ended.count("outer") == 2
    assert ended.count("inner") >= 1


def test_an_abort_that_hangs_after_an_interrupt_is_left_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_upload, "LAST_SECONDS", 0.2)
    monkeypatch.setattr(memory._Upload, "abort", lambda self: stopping.sleep(60.0))

    def tell(count: int) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt) as caught:
        ScriptedClient().object_write("name", CONTENT, progress=tell)
    assert time.monotonic() - began < 2.0
    assert "cleanup() removes them later" in caught.value.__notes__[0]


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
