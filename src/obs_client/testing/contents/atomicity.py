"""Readers see the old object or the new one, whole, whoever writes meanwhile."""

from __future__ import annotations

import contextlib
import functools
import io
import threading
import time
from collections.abc import Callable

from obs_client.errors import ConflictError, ContainerNotFoundError, ObjectChangedError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.together import run_together

READERS = 3
ROUNDS = 12
DELETIONS = 5
SECONDS = 0.6


class AtomicityTests(ConformanceBase):
    """What is promised of overwriting under readers."""

    def versions(self) -> dict[int, bytes]:
        """Versions by their size: of one request and of several parts, so that each size tells its content."""
        sizes = (10, 1000, self.part_size + 1, 2 * self.part_size + 1)
        return {size: bytes([65 + number]) * size for number, size in enumerate(sizes)}

    def overwrite(self, name: str, versions: dict[int, bytes]) -> None:
        """Write all versions in turn, for some time."""
        deadline = time.monotonic() + SECONDS
        for _ in range(ROUNDS):
            for size, data in versions.items():
                self.client.object_write(name, data, {"size": str(size)})
            if time.monotonic() > deadline:
                break

    def check_under_readers(self, read: Callable[[str, dict[int, bytes]], object]) -> None:
        """Overwrite an object while several threads read it."""
        versions = self.versions()
        name = self.put("object", versions[10], {"size": "10"})
        stop, reads = threading.Event(), list[int]()

        def keep_writing() -> None:
            try:
                self.overwrite(name, versions)
            finally:
                stop.set()

        def keep_reading() -> None:
            while not stop.is_set():
                with contextlib.suppress(ObjectChangedError):
                    read(name, versions)
                    reads.append(1)

        run_together([keep_writing, *[keep_reading] * READERS])
        self.assertGreater(len(reads), 0, "no read ended whole")

    @promise("While an object is overwritten, object_read returns one version complete, or raises ObjectChangedError.")
    def test_read_while_overwritten(self) -> None:
        def read(name: str, versions: dict[int, bytes]) -> None:
            data = self.client.object_read(name)
            self.assertTrue(versions.get(len(data)) == data, f"{len(data)} bytes that are no version")

        self.check_under_readers(read)

    @promise("While an object is overwritten, a download returns one version complete, or raises ObjectChangedError.")
    def test_download_while_overwritten(self) -> None:
        def read(name: str, versions: dict[int, bytes]) -> None:
            stream = io.BytesIO()
            self.assertIs(self.client.object_download(name, stream), True)
            data = stream.getvalue()
            self.assertTrue(versions.get(len(data)) == data, f"{len(data)} bytes that are no version")

        self.check_under_readers(read)

    @promise("While an object is overwritten, a file object reads one version complete, or raises ObjectChangedError.")
    def test_open_while_overwritten(self) -> None:
        def read(name: str, versions: dict[int, bytes]) -> None:
            with self.client.object_open(name) as file:
                data = b"".join(iter(lambda: file.read(3000), b""))
            self.assertTrue(versions.get(len(data)) == data, f"{len(data)} bytes that are no version")

        self.check_under_readers(read)

    @promise("While an object is overwritten, it is never absent, and its info is of one version: attributes included.")
    def test_info_while_overwritten(self) -> None:
        def read(name: str, _: dict[int, bytes]) -> None:
            info = self.client.object_info(name)
            assert info is not None, "the object was absent for a while"
            self.assertEqual(info.metadata, {"size": str(info.size)})

        self.check_under_readers(read)

    @promise("While an object is overwritten, listings show it once, with a version's size and metadata.")
    def test_list_while_overwritten(self) -> None:
        def read(name: str, _: dict[int, bytes]) -> None:
            entries = self.client.object_list(True, prefix=name)
            found = [(getattr(entry, "size", None), getattr(entry, "metadata", None)) for entry in entries]
            self.assertEqual(len(found), 1)
            self.assertEqual(found[0][1], {"size": str(found[0][0])})

        self.check_under_readers(read)

    def write_sized(self, name: str, size: int, written: list[int]) -> None:
        """Write an object that tells its own size; where large ones exclude each other it may be told so."""
        excluded = self.capabilities.exclusive_uploads and size > self.part_size
        with contextlib.suppress(*[ConflictError] * excluded):
            self.client.object_write(name, bytes([size % 251]) * size, {"size": str(size)})
            written.append(size)

    @promise("When several write one object at once, one of them is complete afterwards, with its own attributes.")
    def test_writers_of_one_object(self) -> None:
        self.sweep_afterwards()
        for sizes in ((10, 20, 30, 40), tuple(self.part_size + number for number in (1, 2, 3, 4))):
            name, written = self.name("object"), list[int]()
            run_together(functools.partial(self.write_sized, name, size, written) for size in sizes)
            size = self.info(name).size or 0
            self.assertIn(size, written, "the object of a writer who was told that it failed")
            self.assertEqual(self.metadata(name), {"size": str(size)})
            self.assertTrue(self.client.object_read(name) == bytes([size % 251]) * size)

    @promise("A container deleted while it is written into loses nothing, if capabilities.atomic_container_delete.")
    def test_container_delete_while_written(self) -> None:
        self.require("atomic_container_delete")
        for _ in range(DELETIONS):
            container, written = self.new_container(), list[str]()
            writes = [
                functools.partial(self._write_unless_gone, container, f"o{number}", written) for number in range(3)
            ]
            *_, deleted = run_together([*writes, functools.partial(self.client.container_delete, container)])
            if deleted:
                self.assertEqual(written, [], "objects that were written well are gone with the container")
            for name in written:
                self.assertEqual(self.client.object_read(name, container), b"content")
            self.client.container_delete(container, force=True)

    def _write_unless_gone(self, container: str, name: str, written: list[str]) -> None:
        with contextlib.suppress(ContainerNotFoundError):
            self.client.object_write(name, b"content", container_name=container)
            written.append(name)
