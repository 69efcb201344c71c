"""File objects over objects, in writing."""

from __future__ import annotations

import dataclasses
import gc
import io
import os
import pickle
import subprocess
import sys
import unittest

from obs_client.errors import PreconditionError
from obs_client.models import ObjectInfo
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.sources import ProducerError

_UNCLOSED = """
import pickle, sys
client = pickle.load(sys.stdin.buffer)
file = client.object_open(sys.argv[1], "wb")
file.write(b"never published" * int(sys.argv[2]))
"""


class FileWriterTests(ConformanceBase):
    """What is promised of `object_open` with `wb` and `w`."""

    def pieces(self) -> list[bytes]:
        """Content of one request, and of several parts."""
        return [b"small", self.large()]

    @promise("A file object in writing can write and tell; it publishes by close, and nothing is seen before.")
    def test_writer_publishes(self) -> None:
        for data in self.pieces():
            name = self.name(f"object of {len(data)}")
            file = self.client.object_open(name, "wb")
            self.addCleanup(file.close)
            self.assertEqual((file.writable(), file.readable(), file.tell()), (True, False, 0))
            self.assertEqual(file.write(data), len(data))
            self.assertEqual(file.tell(), len(data))
            file.flush()
            self.assertIsNone(self.client.object_info(name), "the object is visible before close")
            file.close()
            self.assertTrue(self.client.object_read(name) == data)
            file.close()
            with self.assertRaises(ValueError):
                file.write(b"more")

    @promise("The end of a with block that raised nothing publishes the object with all its attributes.")
    def test_writer_attributes(self) -> None:
        for data in self.pieces():
            name = self.name("object")
            with self.client.object_open(name, "wb", metadata={"Key": "value"}, content_type="text/x-own") as file:
                file.write(data)
            info = self.info(name)
            self.assertEqual((info.size, info.metadata, info.content_type), (len(data), {"key": "value"}, "text/x-own"))

    @promise(
        "A closed writer's info is what object_info reports of the object, as far as the "
        "store reported it, without another request."
    )
    def test_writer_info(self) -> None:
        for data in self.pieces():
            name = self.put("object", b"old")
            client = self.recording_client()
            file = client.object_open(name, "wb", metadata={"Key": "value"}, content_type="text/x-own")
            file.write(data)
            with self.assertRaises(ValueError):
                _ = file.info
            file.close()
            self.assertNotIn("object_info", client.calls)
            made = list(client.calls)
            self.check_written(name, file.info)
            self.assertEqual(client.calls, made, "requests were made")
        with self.client.object_open(name, "w", cache_control="no-store") as text:
            text.write("grüße")
        self.check_written(name, text.info)

    def check_written(self, name: str, told: ObjectInfo) -> None:
        """Hold what a writer tells against what is stored."""
        stored = self.info(name)
        self.assertIn(told.hash, (None, stored.hash))
        if told.last_modified is not None and stored.last_modified is not None:
            self.assertAlmostEqual(told.last_modified, stored.last_modified, delta=1.0)
        same = dataclasses.replace(stored, hash=told.hash, last_modified=told.last_modified)
        self.assertEqual(told, same)
        if self.keeps_everything:
            self.assertIsNotNone(told.hash)

    @promise("The info of a writer that was discarded is refused: nothing was written.")
    def test_writer_info_of_nothing(self) -> None:
        for mode in ("wb", "w"):
            file = self.client.object_open(self.name("object"), mode)
            file.discard()
            with self.assertRaises(ValueError):
                _ = file.info

    @promise("An exception in the with block discards what was written; it goes out unchanged, the old object stays.")
    def test_writer_exception(self) -> None:
        self.put("old", b"old")
        for data in self.pieces():
            for text, mode in (("old", "wb"), ("new", "wb"), ("old", "w"), ("new", "w")):
                error = ProducerError("in the block")
                with (
                    self.assertRaises(ProducerError) as caught,
                    self.client.object_open(self.name(text), mode) as file,
                ):
                    file.write(data if mode == "wb" else "text " * len(data))
                    raise error
                self.assertIs(caught.exception, error)
        self.check_only_old()

    @promise("discard() throws away what was written, and close() after it publishes nothing.")
    def test_writer_discard(self) -> None:
        self.put("old", b"old")
        for data in self.pieces():
            for text, mode in (("old", "wb"), ("new", "wb"), ("new", "w")):
                file = self.client.object_open(self.name(text), mode)
                file.write(data if mode == "wb" else "text " * len(data))
                file.discard()
                file.close()
                self.assertIs(file.closed, True)
        self.check_only_old()

    @promise("A file object that is collected before close discards what was written, and warns with ResourceWarning.")
    def test_writer_collected(self) -> None:
        self.put("old", b"old")
        for data in self.pieces():
            for text, mode in (("old", "wb"), ("new", "wb"), ("new", "w")):
                file = self.client.object_open(self.name(text), mode)
                file.write(data if mode == "wb" else "text " * len(data))
                with self.assertWarns(ResourceWarning):
                    del file
                    gc.collect()
        self.check_only_old()

    def check_only_old(self) -> None:
        """The old object is as it was, and alone."""
        self.assertEqual(self.client.object_read(self.name("old")), b"old")
        self.assert_names_listed(["old"])
        if self.container_name is None:
            self.assertEqual(self.client.cleanup(older_than=0).removed, (), "something was left behind")

    @promise("The end of the interpreter discards what was written and not closed.")
    def test_writer_at_exit(self) -> None:
        try:
            packed = pickle.dumps(self.another_client())
        except TypeError as error:
            raise unittest.SkipTest(f"the client cannot go to another process: {error}") from error
        for times in (1, 3 * self.part_size // 10):
            name = self.name(f"never {times}")
            done = subprocess.run(  # noqa: S603 - our own interpreter and program
                [sys.executable, "-W", "default", "-c", _UNCLOSED, name, str(times)],
                input=packed,
                capture_output=True,
                timeout=60,
                check=False,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            self.assertIn(b"ResourceWarning", done.stderr)
        self.assert_names_listed([])

    @promise("A foreign wrapper around a file object publishes when it closes it.")
    def test_writer_wrapped(self) -> None:
        for count in (1, self.part_size):
            name = self.name("object")
            text = io.TextIOWrapper(self.client.object_open(name, "wb"), encoding="utf-8", newline="")
            text.write("Grüße\n" * count)
            text.close()
            self.assertTrue(self.client.object_read(name) == "Grüße\n".encode() * count)

    @promise("A file object of which nothing was written publishes an object of no bytes.")
    def test_writer_empty(self) -> None:
        with self.client.object_open(self.name("object"), "wb"):
            pass
        self.assertEqual(self.client.object_read(self.name("object")), b"")

    @promise("close() of a file object whose condition does not hold raises PreconditionError, and nothing is written.")
    def test_writer_conditions(self) -> None:
        if not self.capabilities.if_absent:
            self.skipTest("capabilities.if_absent is False")
        for data in self.pieces():
            name, free = self.put("old", b"old"), self.name(f"free {len(data)}")
            file = self.client.object_open(name, "wb", if_absent=True)
            file.write(data)
            with self.assertRaises(PreconditionError):
                file.close()
            self.assertEqual(self.client.object_read(name), b"old")
            with self.client.object_open(free, "wb", if_absent=True) as file:
                file.write(data)
            self.assertTrue(self.client.object_read(free) == data)

    @promise("An open file object keeps the object as it is for all others until close.")
    def test_writer_while_read(self) -> None:
        name = self.put("object", b"old")
        with self.client.object_open(name, "wb") as file:
            file.write(self.large())
            self.assertEqual(self.client.object_read(name), b"old")
            self.assert_names_listed(["object"])
        self.assertTrue(self.client.object_read(name) == self.large())

    @promise("Text given to a binary file object, and bytes to a text one, are refused with TypeError.")
    def test_writer_types(self) -> None:
        for mode, wrong in (("wb", "text"), ("w", b"bytes")):
            with self.assertRaises(TypeError), self.client.object_open(self.name("object"), mode) as file:
                file.write(wrong)
        self.assert_names_listed([])
