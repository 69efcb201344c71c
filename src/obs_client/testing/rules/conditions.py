"""Writes and deletions that depend on what is there."""

from __future__ import annotations

import functools
import io
import tempfile
from collections.abc import Callable

from obs_client.client import ObjectStorageClient
from obs_client.errors import NotSupportedError, PreconditionError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.together import run_together

RACERS = 8


class ConditionTests(ConformanceBase):
    """What is promised of `if_absent` and `if_hash`."""

    def contents(self) -> list[bytes]:
        """Content of one request, and of several parts."""
        return [b"small", self.large()]

    @promise("A write with if_absent of a new object returns True, and carries no mark that users see.")
    def test_if_absent_new(self) -> None:
        self.require("if_absent")
        for data in self.contents():
            name = self.name(f"new {len(data)}")
            self.assertIs(self.client.object_write(name, data, {"key": "value"}, if_absent=True), True)
            self.assertTrue(self.client.object_read(name) == data)
            self.assertEqual(self.metadata(name), {"key": "value"})
            entries = self.client.object_list(True, prefix=name)
            self.assertEqual([getattr(entry, "metadata", None) for entry in entries], [{"key": "value"}])

    @promise("A write with if_absent of an object that is there returns False, and the object stays as it is.")
    def test_if_absent_there(self) -> None:
        self.require("if_absent")
        name = self.put("old", b"old", {"version": "old"})
        for data in self.contents():
            self.assertIs(self.client.object_write(name, data, {"version": "new"}, if_absent=True), False)
            self.assertIs(self.client.object_upload(io.BytesIO(data), name, if_absent=True), False)
            with tempfile.NamedTemporaryFile() as file:
                file.write(data)
                file.flush()
                self.assertIs(self.client.upload_file(file.name, name, if_absent=True), False)
            self.assertEqual((self.client.object_read(name), self.metadata(name)), (b"old", {"version": "old"}))

    @promise("After an object is deleted, if_absent holds again.")
    def test_if_absent_after_delete(self) -> None:
        self.require("if_absent")
        name = self.put("object")
        self.client.object_delete(name)
        self.assertIs(self.client.object_write(name, b"again", if_absent=True), True)

    @promise("object_copy with if_absent copies to a free name, and raises PreconditionError for one that is taken.")
    def test_if_absent_copy(self) -> None:
        self.require("if_absent")
        for data in self.contents():
            source, target = self.put("source", data), self.name(f"target {len(data)}")
            self.assertIs(self.client.object_copy(source, target, if_absent=True), True)
            self.client.object_write(source, b"changed")
            with self.assertRaises(PreconditionError):
                self.client.object_copy(source, target, if_absent=True)
            self.assertTrue(self.client.object_read(target) == data)
            self.assertEqual(self.metadata(target), {})

    @promise("Of several that write one new object with if_absent at once, one wins, and its content is there.")
    def test_if_absent_race(self) -> None:
        self.require("if_absent")
        self.require("atomic_conditions")
        for size in (10, self.part_size + 1):
            name = self.name(f"raced {size}")
            self.check_race(name, [bytes([number]) * size for number in range(RACERS)], self.write_if_absent)

    def write_if_absent(self, name: str, data: bytes) -> bool:
        """One racer's try."""
        return self.client.object_write(name, data, {"winner": str(data[0])}, if_absent=True)

    def check_race(self, name: str, contents: list[bytes], write: Callable[[str, bytes], bool]) -> None:
        """Let threads write at once; one must have been told True, and its object must be there."""
        self.sweep_afterwards()
        answers = run_together(functools.partial(write, name, data) for data in contents)
        self.assertEqual((answers.count(True), answers.count(False)), (1, len(contents) - 1))
        winner = answers.index(True)
        self.assertTrue(self.client.object_read(name) == contents[winner], "the winner's content is not there")
        self.assertEqual(self.metadata(name), {"winner": str(winner)})

    @promise(
        "A write with if_hash returns True if the object has this hash as object_info "
        "reported it, else False unwritten."
    )
    def test_if_hash(self) -> None:
        self.require("if_hash")
        for data in self.contents():
            name = self.put("object", b"first")
            old = self.info(name).hash
            self.assertIs(self.client.object_write(name, data, if_hash=old), True)
            self.assertIs(self.client.object_write(name, b"late", if_hash=old), False)
            self.assertIs(self.client.object_upload(io.BytesIO(self.large()), name, if_hash=old), False)
            self.assertTrue(self.client.object_read(name) == data)
            new = self.info(name).hash
            self.assertIs(self.client.object_write(name, b"last", {"a": "b"}, if_hash=new), True)
            self.assertEqual((self.client.object_read(name), self.metadata(name)), (b"last", {"a": "b"}))

    @promise("if_hash does not hold for an absent object: False, and none is made.")
    def test_if_hash_absent(self) -> None:
        self.require("if_hash")
        name = self.put("object")
        found = self.info(name).hash
        self.client.object_delete(name)
        for data in self.contents():
            self.assertIs(self.client.object_write(name, data, if_hash=found), False)
        self.assertIsNone(self.client.object_info(name))

    @promise("if_hash holds after a change of metadata alone, if capabilities.hash_of_content.")
    def test_if_hash_after_metadata(self) -> None:
        self.require("if_hash")
        self.require("hash_of_content")
        name = self.put("object")
        found = self.info(name).hash
        self.client.object_set_metadata(name, "key", "value")
        self.assertIs(self.client.object_write(name, b"new", if_hash=found), True)

    @promise("Of several that replace an object with if_hash at once, one wins, and its content is there.")
    def test_if_hash_race(self) -> None:
        self.require("if_hash")
        self.require("atomic_conditions")
        for size in (10, self.part_size + 1):
            name = self.put(f"raced {size}", b"start")
            found = self.info(name).hash

            def write(name: str, data: bytes, found: str | None = found) -> bool:
                return self.client.object_write(name, data, {"winner": str(data[0])}, if_hash=found)

            self.check_race(name, [bytes([number]) * size for number in range(RACERS)], write)

    @promise("object_delete with if_hash deletes only what has this hash, else returns False; absent is True, as ever.")
    def test_delete_if_hash(self) -> None:
        self.require("delete_if_hash")
        for data in self.contents():
            name = self.put("object", b"first")
            old = self.info(name).hash
            self.client.object_write(name, data, {"version": "new"})
            self.assertIs(self.client.object_delete(name, if_hash=old), False)
            self.assertIs(self.client.object_delete(name, if_hash="no such hash"), False)
            self.assertTrue(self.client.object_read(name) == data)
            self.assertEqual(self.metadata(name), {"version": "new"})
            found = self.info(name).hash
            self.assertIs(self.client.object_delete(name, if_hash=found), True)
            self.assertIsNone(self.client.object_info(name))
            for absent in (found, "no such hash"):
                self.assertIs(self.client.object_delete(name, if_hash=absent), True)

    @promise("In an absent container object_delete with if_hash returns True: nothing is there.")
    def test_delete_if_hash_absent_container(self) -> None:
        self.require("delete_if_hash")
        self.assertIs(self.client.object_delete("object", self.absent_container(), if_hash="hash"), True)

    @promise("Of a deletion with if_hash and a write with the same at once, only one succeeds.")
    def test_delete_if_hash_race(self) -> None:
        for capability in ("delete_if_hash", "if_hash", "atomic_conditions"):
            self.require(capability)
        for number in range(RACERS):
            name = self.put(f"raced {number}", b"start")
            found = self.info(name).hash
            calls: list[Callable[[], bool]] = [
                functools.partial(self.client.object_write, name, b"new", if_hash=found),
                functools.partial(self.client.object_delete, name, if_hash=found),
            ]
            written, deleted = run_together(calls)
            # A deletion that comes later finds the new version, a write nothing.
            self.assertEqual((written, deleted), (True, False) if self.client.object_exists(name) else (False, True))

    @promise("A condition that capabilities does not declare raises NotSupportedError before any request.")
    def test_conditions_undeclared(self) -> None:
        declared = self.capabilities
        if declared.if_absent and declared.if_hash and declared.delete_if_hash:
            self.skipTest("capabilities declares all conditions")
        client, name = self.recording_client(), self.name("object")
        calls: list[Callable[[ObjectStorageClient], object]] = []
        if not declared.if_absent:
            calls += [
                lambda client: client.object_write(name, b"", if_absent=True),
                lambda client: client.object_open(name, "wb", if_absent=True),
                lambda client: client.object_copy(name, name, if_absent=True),
            ]
        if not declared.if_hash:
            calls += [lambda client: client.object_write(name, b"", if_hash="hash")]
        if not declared.delete_if_hash:
            calls += [lambda client: client.object_delete(name, if_hash="hash")]
        for call in calls:
            with self.assertRaises(NotSupportedError):
                call(client)
        self.assertEqual(client.calls, [], "requests were made")

    @promise("Both conditions at once are refused with ValueError before any request.")
    def test_conditions_exclude_each_other(self) -> None:
        client = self.recording_client()
        with self.assertRaises(ValueError):
            client.object_write(self.name("object"), b"", if_absent=True, if_hash="hash")
        self.assertEqual(client.calls, [], "requests were made")
