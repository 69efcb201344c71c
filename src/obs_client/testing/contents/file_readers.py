"""File objects over objects, in reading."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import functools
import io
import os
import tempfile
import zipfile
from collections.abc import Callable

from obs_client.backend.values import ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.errors import ObjectChangedError, ObjectNotFoundError, ObjectUnchangedError, PreconditionError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.wrapper import WrappedClient

HEAD = 256 * 1024
"""Bytes; more than are asked for when a file object is opened."""

WIDE = 6 * 1024 * 1024
"""Bytes; more than a file object reads ahead."""


class FileReaderTests(ConformanceBase):
    """What is promised of `object_open` with `rb` and `r`."""

    def wide(self) -> bytes:
        """Content of several requests in reading, whatever is read ahead."""
        self.client.options = dataclasses.replace(self.client.options, part_size=max(self.part_size, WIDE // 4))
        return self.content(WIDE)

    @promise("if_none_match: the same content raises ObjectUnchangedError; other content is read.")
    def test_if_none_match(self) -> None:
        for data in (b"held", self.large()):
            name = self.put("object", data)
            held = self.info(name).hash
            for read in self.readings(name):
                with self.assertRaises(ObjectUnchangedError):
                    read(self.client, held)
                self.assertTrue(read(self.client, "another hash") == data)
            self.client.object_write(name, b"new")
            for read in self.readings(name):
                self.assertEqual(read(self.client, held), b"new")
            self.client.object_delete(name)
            with self.assertRaises(ObjectNotFoundError):
                self.client.object_read(name, if_none_match=held)
            self.assertIs(self.client.object_download(name, io.BytesIO(), if_none_match=held), False)

    def readings(self, name: str) -> list[Callable[[ObjectStorageClient, str | None], bytes]]:
        """All ways to read the object unless it has a hash."""

        def opened(client: ObjectStorageClient, held: str | None) -> bytes:
            with client.object_open(name, if_none_match=held) as file:
                return file.read()

        def downloaded(client: ObjectStorageClient, held: str | None) -> bytes:
            stream = io.BytesIO()
            try:
                self.assertIs(client.object_download(name, stream, if_none_match=held), True)
            except ObjectUnchangedError:
                self.assertEqual(stream.getvalue(), b"")
                raise
            return stream.getvalue()

        return [lambda client, held: client.object_read(name, if_none_match=held), opened, downloaded]

    @promise("Who holds the content makes one request, and a local file of it stays as it is.")
    def test_if_none_match_requests(self) -> None:
        name = self.put("object", b"held")
        held = self.info(name).hash
        for read in self.readings(name):
            client = self.recording_client()
            with self.assertRaises(ObjectUnchangedError):
                read(client, held)
            self.assertEqual(set(client.calls), {"object_open_changed"})
            if not self.lost_answers:
                self.assertEqual(len(client.calls), 1)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "copy")
            with open(path, "wb") as file:
                file.write(b"local")
            with self.assertRaises(ObjectUnchangedError):
                self.client.download_file(name, path, if_none_match=held)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), b"local")
            self.assertIs(self.client.download_file(name, path, if_none_match="another hash"), True)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), b"held")

    @promise("if_none_match is for reading, and not beside if_hash: else it is refused before any request.")
    def test_if_none_match_refused(self) -> None:
        client = self.recording_client()
        with self.assertRaises(ValueError):
            client.object_read("object", if_hash="a", if_none_match="b")
        with self.assertRaises(TypeError):
            client.object_open("object", "wb", if_none_match="b")  # type: ignore[call-overload]
        with self.assertRaises(TypeError):
            client.object_open("object", "rb", content_type="text/plain")  # type: ignore[call-overload]
        with self.assertRaises(TypeError):
            client.object_read("object", if_none_match=5)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")

    @promise("A file object in reading is readable and seekable, and not writable.")
    def test_reader_kind(self) -> None:
        name = self.put("object", b"0123456789")
        with self.client.object_open(name) as file:
            self.assertEqual((file.readable(), file.seekable(), file.writable()), (True, True, False))
            self.assertIs(file.closed, False)
            with self.assertRaises(OSError):
                file.write(b"no")
        self.assertIs(file.closed, True)
        with self.assertRaises(ValueError):
            file.read()

    @promise("read, seek and tell work as in any file, from the start, from here, and from the end.")
    def test_reader_seeks(self) -> None:
        wide = self.wide()
        like = io.BytesIO(wide)
        moves = [(0, 0), (5, 0), (self.part_size, 1), (-3, 1), (-7, 2), (0, 2), (5, 2), (WIDE // 2, 0), (-WIDE // 3, 1)]
        with self.client.object_open(self.put("object", wide)) as file:
            for offset, whence in moves:
                self.assertEqual(file.seek(offset, whence), like.seek(offset, whence))
                for size in (1, 0, 100, WIDE // 5):
                    self.assertTrue(file.read(size) == like.read(size), f"after seek({offset}, {whence})")
                    self.assertEqual(file.tell(), like.tell())
            with self.assertRaises((ValueError, OSError)):
                file.seek(-1)
            self.assertEqual(file.read(), like.read())

    @promise(
        "Opening asks for no more than the head of an object, and a read or a seek for little more than is wanted."
    )
    def test_reader_asks_for_little(self) -> None:
        wide = self.wide()
        name = self.put("object", wide)
        client = _RangesClient(self.client)
        with client.object_open(name) as file:
            opened = len(client.asked)
            if not client.opens_whole:
                self.assertLessEqual(client.bytes_asked(WIDE), HEAD * opened, "asked for when it was opened")
            client.asked.clear()
            for offset, size in ((-8, 8), (-70_000, 60_000), (WIDE // 2, 100), (WIDE // 4, WIDE // 3)):
                start = file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
                self.assertTrue(file.read(size) == wide[start : start + size], f"at {start}")
                if not self.lost_answers:
                    self.assertEqual(len(client.asked), 1, f"requests for {size} bytes at {start}")
                    self.assertLess(client.bytes_asked(WIDE), size + 300_000, f"for {size} bytes at {start}")
                client.asked.clear()
            buffer = bytearray(WIDE // 3)
            file.seek(WIDE // 5)
            self.assertEqual(file.readinto(buffer), len(buffer))
            self.assertTrue(buffer == wide[WIDE // 5 :][: len(buffer)], "readinto")
            if not self.lost_answers:
                self.assertEqual(len(client.asked), 1, "requests for readinto")
        with client.object_open(self.put("small", b"few bytes")) as file:
            client.asked.clear()
            self.assertEqual((file.read(3), file.seek(0), file.read()), (b"few", 0, b"few bytes"))
            if not self.lost_answers:
                self.assertEqual(client.asked, [], "asked again for what came with the first answer")

    @promise("A file object's info is that of the object, and if_hash opens this version or raises.")
    def test_reader_info_and_hash(self) -> None:
        name = self.put("object", self.large(), {"key": "value"})
        info = self.info(name)
        with self.client.object_open(name, if_hash=info.hash) as file:
            self.assert_same_info(file.info, info)
            self.assertTrue(file.read() == self.large())
        text = self.put("text", b"text")
        with self.client.object_open(text, "r", if_hash=self.info(text).hash) as lines:
            self.assertEqual(lines.read(), "text")
        self.assertTrue(self.client.object_read(name, if_hash=info.hash) == self.large())
        self.assertEqual(self.client.object_read(name, start=3, stop=9, if_hash=info.hash), self.large()[3:9])
        self.put("object", b"another")
        reads: list[Callable[..., object]] = [self.client.object_open, self.client.object_read]
        for read in reads:
            with self.assertRaises(PreconditionError):
                read(name, if_hash=info.hash)
            with self.assertRaises(ObjectNotFoundError):
                read(self.name("absent"), if_hash=info.hash)
            with self.assertRaises(TypeError):
                read(name, if_hash=1)

    @promise("What is only for writing is refused in reading, before any request.")
    def test_reader_refuses_what_writers_take(self) -> None:
        client, name = self.recording_client(), self.put("object")
        for mode in ("rb", "r"):
            reading: Callable[..., object] = functools.partial(client.object_open, name, mode)
            for given in ("content_type", "content_disposition", "cache_control"):
                with self.assertRaises(TypeError):
                    reading(**{given: "text/plain"})
            with self.assertRaises(TypeError):
                reading(metadata={})
            with self.assertRaises(TypeError):
                reading(if_absent=True)
        self.assertEqual(client.calls, [], "requests were made")

    @promise("readinto, readline, readlines and iteration work as in any file.")
    def test_reader_lines(self) -> None:
        text = b"first\nsecond\n\n" + b"long " * self.part_size + b"\nlast without end"
        name = self.put("object", text)
        with self.client.object_open(name) as file:
            self.assertEqual((file.readline(), file.readline(3)), (b"first\n", b"sec"))
            self.assertTrue(list(file) == [b"ond\n", *text.splitlines(keepends=True)[2:]], "iteration")
            self.assertEqual(file.readline(), b"")
        with self.client.object_open(name) as file:
            buffer = bytearray(8)
            self.assertGreater(file.readinto(buffer), 0)
            self.assertTrue(text.startswith(bytes(buffer).rstrip(b"\0")))

    @promise("Modes r and w read and write text in the given encoding, UTF-8 if none is given.")
    def test_text(self) -> None:
        text = "Grüße, 日本語 😀\nsecond line\n"

        def check(encoding: str | None) -> None:
            name = self.name(f"text {encoding}")
            with self.client.object_open(name, "w", encoding=encoding) as file:
                file.write(text)
            self.assertEqual(self.client.object_read(name), text.encode(encoding or "utf-8"))
            with self.client.object_open(name, "r", encoding=encoding) as file:
                self.assertEqual(file.readline(), text.splitlines(keepends=True)[0])
                self.assertEqual(file.read(), "second line\n")

        self.each((None, "utf-8", "utf-16", "utf-8-sig"), check)

    @promise("Standard library readers work over a file object: zipfile seeks in it, csv reads its text.")
    def test_reader_in_library(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("inner", self.large())
        with self.client.object_open(self.put("a.zip", packed.getvalue())) as file, zipfile.ZipFile(file) as archive:
            self.assertTrue(archive.read("inner") == self.large(), "zipfile read other bytes")
        with self.client.object_open(self.put("a.csv", b"a,b\r\n1,2\r\n"), "r") as text:
            self.assertEqual(list(csv.reader(text)), [["a", "b"], ["1", "2"]])

    @promise("A file object's attribute verified is True only after all bytes were read in order and proved right.")
    def test_reader_verified(self) -> None:
        for data in (b"small content", self.large()):
            name = self.put("object", data)
            with self.client.object_open(name) as file:
                self.assertIs(file.verified, False, "before reading")
                while file.read(10_000):
                    pass
                self.assertIsInstance(file.verified, bool)
            with self.client.object_open(name) as file:
                file.seek(5)
                file.read()
                self.assertIs(file.verified, False, "though the first bytes were left out")

    @promise(
        "An object replaced while it is read is read completely as it was, or raises ObjectChangedError: never a mix."
    )
    def test_reader_overtaken(self) -> None:
        old = self.wide()
        replaced = old[::-1]
        for other, place in (
            (replaced, 10),
            (replaced, WIDE // 2),
            (replaced, 0),
            (b"short", WIDE // 2),
            (None, WIDE // 2),
        ):
            self.check_overtaken(old, other, place)

    def check_overtaken(self, old: bytes, other: bytes | None, place: int) -> None:
        """Read some bytes, let the object be replaced or deleted, then read on from a place."""
        name = self.put("object", old)
        with self.client.object_open(name) as file:
            self.assertEqual(file.read(10), old[:10])
            if other is None:
                self.client.object_delete(name)
            else:
                self.client.object_write(name, other)
            with contextlib.suppress(ObjectChangedError):
                file.seek(place)
                self.assertTrue(file.read() == old[place:], "the bytes are of two versions")

    @promise(
        "An object replaced while it is downloaded is downloaded completely as it was, or raises ObjectChangedError."
    )
    def test_download_overtaken(self) -> None:
        old, new = self.content(8 * self.part_size), self.content(8 * self.part_size)[::-1]
        name = self.name("object")
        for workers in (1, 4):
            self.set_options(workers)
            self.client.object_write(name, old)
            stream = io.BytesIO()
            replacements = [new]

            def overwrite(_: int, replacements: list[bytes] = replacements) -> None:
                if replacements:
                    self.client.object_write(name, replacements.pop())

            with contextlib.suppress(ObjectChangedError):
                self.client.object_download(name, stream, progress=overwrite)
                self.assertTrue(stream.getvalue() == old, "the bytes are of two versions")

    @promise("Two file objects over one object do not disturb each other.")
    def test_two_readers(self) -> None:
        large = self.large()
        name = self.put("object", large)
        with self.client.object_open(name) as first, self.client.object_open(name) as second:
            for start in range(0, len(large), 4099):
                piece = large[start : start + 4099]
                self.assertTrue(first.read(4099) == piece and second.read(4099) == piece, f"at byte {start}")

    @promise("A mode that is none is refused with ValueError before any request; so is an encoding for bytes.")
    def test_impossible_modes(self) -> None:
        client = self.recording_client()
        for mode in ("", "x", "a", "ab", "rw", "r+", "rb+", "wb+", "w+b", "rbw", "read"):
            with self.assertRaises(ValueError, msg=mode):
                client.object_open(self.name("object"), mode)
        with self.assertRaises(ValueError):
            client.object_open(self.name("object"), "rb", encoding="utf-8")  # type: ignore[call-overload]
        with self.assertRaises(LookupError):
            client.object_open(self.name("object"), "w", encoding="no-such-encoding")
        self.assertEqual(client.calls, [], "requests were made")


class _RangesClient(WrappedClient):
    """Notes what is asked of objects: the start and the stop of each reader."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.asked: list[tuple[int, int | None]] = []

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        self.asked.append((start, stop))
        return super()._object_open(container, name, start, stop, if_hash)

    def bytes_asked(self, size: int) -> int:
        """Bytes in all that was asked of an object of this size."""
        return sum((size if stop is None else min(stop, size)) - start for start, stop in self.asked)
