"""Content of every size, in and out by every door."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import Callable

from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.sources import PlainStream, ShortSink, binary, pipe_of


class SizeTests(ConformanceBase):
    """What is promised of content: sizes 0, 1, and around the borders of parts."""

    def check_writes(self, write: Callable[[str, bytes], object]) -> None:
        """Write content of each size in one way; it must be there, and be told with its size."""
        name = self.name("object")

        def check(size: int) -> None:
            data = self.content(size)
            self.assertIn(write(name, data), (True, None))
            info = self.info(name)
            self.assertEqual((info.size, info.bytes), (size, size), "the size that object_info reports")
            self.assertTrue(self.client.object_read(name) == data, "the content is another")

        self.each(self.sizes(), check)

    def check_reads(self, read: Callable[[str], bytes]) -> None:
        """Read content of each size in one way."""

        def check(size: int) -> None:
            name = self.put(f"object of {size}", self.content(size))
            found = read(name)
            self.assertEqual(len(found), size)
            self.assertTrue(found == self.content(size), "the content is another")

        self.each(self.sizes(), check)

    @promise("object_write keeps bytes of any size.")
    def test_write_bytes(self) -> None:
        self.check_writes(self.client.object_write)

    @promise("object_write takes bytearray and memoryview, and keeps what they held.")
    def test_write_buffers(self) -> None:
        self.check_writes(lambda name, data: self.client.object_write(name, bytearray(data)))
        self.check_writes(lambda name, data: self.client.object_write(name, memoryview(b"--" + data)[2:]))

    @promise("object_upload takes a stream in memory of any size.")
    def test_upload_memory(self) -> None:
        self.check_writes(lambda name, data: self.client.object_upload(io.BytesIO(data), name))

    @promise("object_upload takes a stream of any size that cannot seek.")
    def test_upload_plain_stream(self) -> None:
        self.check_writes(lambda name, data: self.client.object_upload(binary(PlainStream(data)), name))

    @promise("object_upload takes a stream that returns fewer bytes than were asked for.")
    def test_upload_short_reads(self) -> None:
        limit = max(1, self.part_size // 7)
        self.check_writes(lambda name, data: self.client.object_upload(binary(PlainStream(data, limit)), name))

    @promise("object_upload takes a pipe.")
    def test_upload_pipe(self) -> None:
        def write(name: str, data: bytes) -> bool:
            with pipe_of(data) as stream:
                return self.client.object_upload(stream, name)

        self.check_writes(write)

    @promise("object_upload takes an open file of any size.")
    def test_upload_open_file(self) -> None:
        def write(name: str, data: bytes) -> bool:
            with tempfile.TemporaryFile() as file:
                file.write(data)
                file.seek(0)
                return self.client.object_upload(file, name)

        self.check_writes(write)

    @promise("object_upload with the right size declared keeps the stream.")
    def test_upload_declared_size(self) -> None:
        self.check_writes(
            lambda name, data: self.client.object_upload(binary(PlainStream(data, 1000)), name, size=len(data))
        )

    @promise("upload_file keeps a file of any size.")
    def test_upload_file(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "source")

            def write(name: str, data: bytes) -> bool:
                with open(path, "wb") as file:
                    file.write(data)
                return self.client.upload_file(path, name)

            self.check_writes(write)

    @promise("A file object keeps what was written to it, whatever the size of each piece.")
    def test_write_file_object(self) -> None:
        def write(name: str, data: bytes) -> None:
            with self.client.object_open(name, "wb") as file:
                for start in range(0, len(data), 7001):
                    self.assertEqual(file.write(data[start : start + 7001]), len(data[start : start + 7001]))

        self.check_writes(write)

    @promise("object_read returns all bytes of an object of any size.")
    def test_read(self) -> None:
        self.check_reads(self.client.object_read)

    @promise("object_download writes all bytes of an object of any size, in order, into a stream.")
    def test_download(self) -> None:
        def read(name: str) -> bytes:
            stream = io.BytesIO()
            self.assertIs(self.client.object_download(name, stream), True)
            return stream.getvalue()

        self.check_reads(read)

    @promise("object_download writes on where the stream stands, and offers again what a stream did not take.")
    def test_download_sinks(self) -> None:
        large = self.put("large", self.large())
        stream = io.BytesIO(b"before")
        stream.seek(6)
        self.client.object_download(large, stream)
        self.assertTrue(stream.getvalue() == b"before" + self.large(), "the stream holds another content")
        short = ShortSink(max(1, self.part_size // 5))
        self.client.object_download(large, binary(short))
        self.assertTrue(bytes(short.taken) == self.large(), "a stream that takes a few bytes a time got others")

    @promise("download_file writes all bytes of an object of any size, and leaves nothing else in the directory.")
    def test_download_file(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "target")

            def read(name: str) -> bytes:
                self.assertIs(self.client.download_file(name, path), True)
                self.assertEqual(os.listdir(directory), ["target"])
                with open(path, "rb") as file:
                    return file.read()

            self.check_reads(read)

    @promise("A file object reads all bytes of an object of any size.")
    def test_read_file_object(self) -> None:
        def read(name: str) -> bytes:
            with self.client.object_open(name) as file:
                return b"".join(iter(lambda: file.read(9973), b""))

        self.check_reads(read)

    @promise(
        "progress is called in the caller's thread with byte counts that are never negative and add up to the size."
    )
    def test_progress(self) -> None:
        for size in self.sizes():
            self.check_progress(self.content(size))

    def check_progress(self, data: bytes) -> None:
        """Move content in every way that tells its progress."""
        name = self.name("object")
        moves: dict[str, Callable[[Callable[[int], object]], object]] = {
            "object_write": lambda tell: self.client.object_write(name, data, progress=tell),
            "object_upload": lambda tell: self.client.object_upload(io.BytesIO(data), name, progress=tell),
            "object_download": lambda tell: self.client.object_download(name, io.BytesIO(), progress=tell),
            "upload_file": lambda tell: self.client.upload_file(path, name, progress=tell),
            "download_file": lambda tell: self.client.download_file(name, path, progress=tell),
        }
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "file")
            with open(path, "wb") as file:
                file.write(data)
            self.each(moves, lambda label: self.check_told(moves[label], len(data)))

    def check_told(self, move: Callable[[Callable[[int], object]], object], size: int) -> None:
        """The counts of one transfer."""
        told: list[int] = []
        threads: set[int] = set()

        def tell(count: int) -> None:
            told.append(count)
            threads.add(threading.get_ident())

        move(tell)
        self.assertEqual(sum(told), size)
        self.assertGreaterEqual(min(told, default=0), 0)
        self.assertLessEqual(threads, {threading.get_ident()}, "progress was called in another thread")

    @promise("A large object overwritten by a small one, and a small one by a large, is the new one and nothing else.")
    def test_overwrite_sizes(self) -> None:
        name = self.name("object")
        small, large = b"small", self.large()
        for data in (large, small, b"", large, self.content(self.part_size + 1), small):
            self.client.object_write(name, data, {"size": str(len(data))})
            self.assertTrue(self.client.object_read(name) == data, f"after writing {len(data)} bytes")
            self.assertEqual((self.info(name).size, self.metadata(name)), (len(data), {"size": str(len(data))}))
        self.assert_names_listed(["object"])
