"""Streams and files of the caller's: kept open, read from where they stand, and what happens when they fail."""

from __future__ import annotations

import functools
import io
import os
import tempfile
from collections.abc import Callable

from obs_client.errors import IntegrityError, ObjectChangedError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.sources import FailingSink, FailingStream, PlainStream, ProducerError, binary


class StreamTests(ConformanceBase):
    """What is promised of the caller's own streams and files."""

    def check_nothing_left(self, old: str, absent: str) -> None:
        """After failed writes to both names: the old object as it was, nothing of the new one."""
        self.assertEqual(self.client.object_read(old), b"old content", "the old object's content")
        self.assertEqual(self.metadata(old), {"version": "old"}, "the old object's metadata")
        self.assertIsNone(self.client.object_info(absent), "an object was published")
        self.assert_names_listed([self.own_name(old)])
        if self.container_name is None:
            report = self.client.cleanup(older_than=0)
            self.assertEqual(report.removed, (), "the failed write left something behind")

    def check_failing(self, write: Callable[[str], object], error: type[BaseException]) -> None:
        """A write that must fail, to a name that is free and to one that is not."""
        old, absent = self.put("old", b"old content", {"version": "old"}), self.name("new")
        for name in (old, absent):
            with self.assertRaises(error):
                write(name)
        self.check_nothing_left(old, absent)

    @promise("A stream that fails midway: its exception goes out as it is, nothing is published, the old object stays.")
    def test_failing_stream(self) -> None:
        def check(size: int) -> None:
            stream = FailingStream(self.content(size))

            def write(name: str) -> None:
                try:
                    self.client.object_upload(binary(stream), name)
                except ProducerError as error:
                    self.assertIs(error, stream.error)
                    raise

            self.check_failing(write, ProducerError)

        self.each(self.sizes(), check)

    @promise("A write that is interrupted leaves nothing, and the old object stays.")
    def test_interrupted_stream(self) -> None:
        class Interrupted(PlainStream):
            def read(self, size: int = -1) -> bytes:
                block = super().read(size)
                if not block:
                    raise KeyboardInterrupt
                return block

        for data in (b"small", self.large()):
            self.check_failing(
                functools.partial(self.client.object_upload, binary(Interrupted(data))), KeyboardInterrupt
            )

    @promise("A stream of more or fewer bytes than the declared size raises IntegrityError, and nothing is written.")
    def test_wrong_size(self) -> None:
        def check(sizes: tuple[int, int]) -> None:
            real, declared = sizes
            data = self.content(real)
            self.check_failing(
                lambda name: self.client.object_upload(binary(PlainStream(data)), name, size=declared), IntegrityError
            )

        part = self.part_size
        self.each([(0, 1), (1, 0), (5, 6), (part, part + 1), (part + 1, part), (3 * part, 4 * part)], check)

    @promise("An open file of another length than the declared size raises IntegrityError, and nothing is written.")
    def test_wrong_size_of_file(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(self.large())

            def write(size: int, name: str) -> None:
                file.seek(0)
                self.client.object_upload(file, name, size=size)

            for size in (0, len(self.large()) - 1, len(self.large()) + 1):
                self.check_failing(functools.partial(write, size), IntegrityError)

    @promise("A text stream is refused with TypeError before any request, both for writing and for reading.")
    def test_text_stream(self) -> None:
        name = self.put("old", b"old content", {"version": "old"})
        client = self.recording_client()
        with open(os.devnull, encoding="utf-8") as source, open(os.devnull, "w", encoding="utf-8") as target:
            for stream in (io.StringIO("text"), source):
                with self.assertRaises(TypeError):
                    client.object_upload(stream, name)  # type: ignore[arg-type]
            for stream in (io.StringIO(), target):
                with self.assertRaises(TypeError):
                    client.object_download(name, stream)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")
        self.check_nothing_left(name, self.name("new"))

    @promise("What is not a stream is refused with TypeError before any request.")
    def test_no_stream(self) -> None:
        client = self.recording_client()
        for stream in (None, b"bytes", "path", 5, object()):
            with self.assertRaises(TypeError):
                client.object_upload(stream, self.name("new"))  # type: ignore[arg-type]
            with self.assertRaises(TypeError):
                client.object_download(self.name("new"), stream)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")

    @promise("A stream that returns text in place of bytes raises TypeError, and nothing is written.")
    def test_stream_of_text(self) -> None:
        class TextStream:
            def read(self, size: int = -1) -> str:
                return "text"

        self.check_failing(lambda name: self.client.object_upload(binary(TextStream()), name), TypeError)

    @promise("The caller's stream is never closed, neither after success nor after failure.")
    def test_stream_stays_open(self) -> None:
        for data in (b"small", self.large()):
            name, source, plain, target = self.name("object"), io.BytesIO(data), PlainStream(data), io.BytesIO()
            self.client.object_upload(source, name)
            self.client.object_upload(binary(plain), name)
            self.client.object_download(name, target)
            self.assertEqual((source.closed, plain.closed, target.closed), (False, False, False))
            failing = FailingStream(data)
            with self.assertRaises(ProducerError):
                self.client.object_upload(binary(failing), name)
            self.assertIs(failing.closed, False)

    @promise("object_upload writes from where the stream stands to its end.")
    def test_stream_position(self) -> None:
        large = self.large()
        with tempfile.TemporaryFile() as file:
            file.write(large)
            for stream in (io.BytesIO(large), file):
                for start in (5, self.part_size + 3, len(large)):
                    stream.seek(start)
                    self.client.object_upload(stream, self.name("object"))
                    found = self.client.object_read(self.name("object"))
                    self.assertTrue(found == large[start:], f"{type(stream).__name__} from byte {start}")

    @promise("A source file that changes while it is uploaded raises ObjectChangedError, and nothing is written.")
    def test_source_changes(self) -> None:
        self.set_options(workers=1)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "source")

            def write(change: Callable[[int], object], name: str) -> None:
                with open(path, "wb") as file:
                    file.write(self.large())
                self.client.upload_file(path, name, progress=change)

            def append(_: int) -> None:
                with open(path, "ab") as file:
                    file.write(b"more")

            self.check_failing(functools.partial(write, lambda _: os.truncate(path, 10)), ObjectChangedError)
            self.check_failing(functools.partial(write, append), ObjectChangedError)

    @promise("A source file that is absent, or is a directory, raises what open raises; nothing is written.")
    def test_source_unreadable(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            absent = os.path.join(directory, "absent")
            self.check_failing(lambda name: self.client.upload_file(absent, name), FileNotFoundError)
            self.check_failing(lambda name: self.client.upload_file(directory, name), IsADirectoryError)

    @promise("What the caller's stream raises on writing goes out unchanged.")
    def test_failing_sink(self) -> None:
        for data in (b"small", self.large()):
            name, sink = self.put("object", data), FailingSink(len(data) // 2)
            with self.assertRaises(OSError) as caught:
                self.client.object_download(name, binary(sink))
            self.assertIs(caught.exception, sink.error)

    @promise("A download to a file replaces it in one step; if it cannot be written, nothing is left beside it.")
    def test_download_target(self) -> None:
        name = self.put("object", self.large())
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "target")
            with open(path, "wb") as file:
                file.write(b"old" * 100_000)
            self.client.download_file(name, path)
            with open(path, "rb") as file:
                self.assertTrue(file.read() == self.large(), "the file has another content")
            with self.assertRaises(FileNotFoundError):
                self.client.download_file(name, os.path.join(directory, "absent", "target"))
            os.mkdir(os.path.join(directory, "folder"))
            with self.assertRaises(IsADirectoryError):
                self.client.download_file(name, os.path.join(directory, "folder"))
            self.assertEqual(sorted(os.listdir(directory)), ["folder", "target"])

    @promise("A failing progress callback cancels the write: its exception goes out, nothing is published.")
    def test_failing_progress(self) -> None:
        def refuse(_: int) -> None:
            raise ProducerError("cancelled")

        large = self.large()
        self.check_failing(
            lambda name: self.client.object_upload(io.BytesIO(large), name, progress=refuse), ProducerError
        )
        self.check_failing(lambda name: self.client.object_write(name, large, progress=refuse), ProducerError)
