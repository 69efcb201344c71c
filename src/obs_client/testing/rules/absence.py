"""Absence is an answer: what each method says of what is not there."""

from __future__ import annotations

import functools
import io
import os
import tempfile
from collections.abc import Callable

from obs_client.client import ObjectStorageClient
from obs_client.errors import ContainerNotFoundError, ContainerNotSpecified, ObjectNotFoundError
from obs_client.models import CleanupReport
from obs_client.testing.base import ConformanceBase
from obs_client.testing.calls import CONTAINER_WIDE_CALLS, OBJECT_CALLS
from obs_client.testing.promise import promise


class AbsenceTests(ConformanceBase):
    """What is promised of absent objects, absent containers, and no container."""

    @promise("object_exists says whether there is an object of exactly this name.")
    def test_exists(self) -> None:
        name = self.put("a/object")
        self.assertIs(self.client.object_exists(name), True)
        self.assertIs(self.client.object_exists(self.name("a/objec")), False)
        self.client.object_delete(name)
        self.assertIs(self.client.object_exists(name), False)

    @promise("object_info of an absent object is None.")
    def test_absent_info(self) -> None:
        self.assertIsNone(self.client.object_info(self.name("absent")))

    @promise("object_read of an absent object raises ObjectNotFoundError, which names it, whatever the range.")
    def test_absent_read(self) -> None:
        for start, stop in ((0, None), (5, None), (0, 0), (3, 9)):
            with self.assertRaises(ObjectNotFoundError) as caught:
                self.client.object_read(self.name("absent"), start=start, stop=stop)
            self.assertIn("absent", str(caught.exception))
            self.assertEqual(caught.exception.object_name, self.name("absent"))
            self.assertEqual(caught.exception.container, self.container)

    @promise("object_open of an absent object for reading raises ObjectNotFoundError at once.")
    def test_absent_open(self) -> None:
        for mode in ("rb", "r"):
            with self.assertRaises(ObjectNotFoundError):
                self.client.object_open(self.name("absent"), mode)

    @promise("object_download of an absent object returns False and writes nothing.")
    def test_absent_download(self) -> None:
        stream, moved = io.BytesIO(b"before"), list[int]()
        stream.seek(6)
        self.assertIs(self.client.object_download(self.name("absent"), stream, progress=moved.append), False)
        self.assertEqual((stream.getvalue(), moved), (b"before", []))

    @promise("download_file of an absent object returns False, and no file is made or touched.")
    def test_absent_download_file(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "target")
            self.assertIs(self.client.download_file(self.name("absent"), path), False)
            self.assertEqual(os.listdir(directory), [])
            with open(path, "wb") as file:
                file.write(b"old")
            before = os.stat(path)
            self.assertIs(self.client.download_file(self.name("absent"), path), False)
            self.assertEqual((os.stat(path), os.listdir(directory)), (before, ["target"]))

    @promise("Changing the metadata of an absent object returns False and makes no object.")
    def test_absent_metadata(self) -> None:
        name = self.name("absent")
        self.assertIs(self.client.object_replace_metadata(name, {"a": "b"}), False)
        self.assertIs(self.client.object_set_metadata(name, "a", "b"), False)
        self.assertIs(self.client.object_delete_metadata(name, "a"), False)
        self.assertIsNone(self.client.object_info(name))

    @promise("Copying an absent object returns False, and the target stays as it is.")
    def test_absent_copy(self) -> None:
        target = self.put("target", b"kept")
        self.assertIs(self.client.object_copy(self.name("absent"), target), False)
        self.assertIs(self.client.object_copy(self.name("absent"), self.name("none")), False)
        self.assertEqual(self.client.object_read(target), b"kept")
        self.assertIsNone(self.client.object_info(self.name("none")))

    @promise("Deleting an absent object returns True: it is gone.")
    def test_absent_delete(self) -> None:
        self.assertIs(self.client.object_delete(self.name("absent")), True)
        self.client.object_delete_many([self.name("absent"), self.name("absent too")])

    @promise("A folder with objects in it is not an object, nor is a part of a name.")
    def test_folder_is_absent(self) -> None:
        self.put("folder/deep/object")
        for text in ("folder", "folder/", "folder/deep", "folder/deep/", "folder/deep/objec", "folder/deep/object/"):
            name = self.name(text)
            self.assertIsNone(self.client.object_info(name), text)
            with self.assertRaises(ObjectNotFoundError):
                self.client.object_read(name)
            self.assertIs(self.client.object_delete(name), True)
        self.assert_names_listed(["folder/deep/object"])

    @promise("Listing an absent container raises ContainerNotFoundError, object_iter at the first entry asked for.")
    def test_absent_container_list(self) -> None:
        container = self.absent_container()
        with self.assertRaises(ContainerNotFoundError) as caught:
            self.client.object_list(container_name=container)
        self.assertEqual(caught.exception.container, container)
        self.assertIn(container, str(caught.exception))
        iterator = self.client.object_iter(container_name=container)
        with self.assertRaises(ContainerNotFoundError):
            next(iterator)
        for prefix, delimiter in (("a", None), (None, "/"), ("a/", "/")):
            with self.assertRaises(ContainerNotFoundError):
                self.client.object_list(prefix=prefix, delimiter=delimiter, container_name=container)

    @promise("Writing into an absent container raises ContainerNotFoundError and makes no container.")
    def test_absent_container_write(self) -> None:
        container = self.absent_container()
        source = self.put("source", b"source")

        def write_file(client: ObjectStorageClient) -> None:
            with client.object_open("x", "wb", container) as file:
                file.write(b"data")

        writes: dict[str, Callable[[ObjectStorageClient], object]] = {
            "object_write": lambda client: client.object_write("x", b"data", container_name=container),
            "object_write, large": lambda client: client.object_write("x", self.large(), container_name=container),
            "object_upload": lambda client: client.object_upload(io.BytesIO(b"data"), "x", container_name=container),
            "upload_file": lambda client: client.upload_file(__file__, "x", container_name=container),
            "object_open": write_file,
            "object_copy": lambda client: client.object_copy(source, "x", target_container_name=container),
        }

        def check(label: str) -> None:
            with self.assertRaises(ContainerNotFoundError):
                writes[label](self.client)

        self.each(writes, check)
        self.assertIsNone(self.client.container_info(container))

    @promise("In an absent container every object is absent, as in any other container.")
    def test_absent_container_read(self) -> None:
        client, container = self.client, self.absent_container()
        client.container_name = container
        self.assertIsNone(client.object_info("x"))
        for read in (client.object_read, client.object_open):
            with self.assertRaises(ObjectNotFoundError):
                read("x")
        self.assertIs(client.object_download("x", io.BytesIO()), False)
        self.assertIs(client.object_copy("x", "y"), False)
        self.assertIs(client.object_set_metadata("x", "a", "b"), False)
        self.assertIs(client.object_replace_metadata("x", {}), False)
        self.assertIs(client.object_delete_metadata("x", "a"), False)
        self.assertIs(client.object_delete("x"), True)
        self.assertIsNone(client.container_info(container))

    @promise("cleanup of an absent container raises ContainerNotFoundError; of an empty one it reports nothing.")
    def test_absent_container_cleanup(self) -> None:
        with self.assertRaises(ContainerNotFoundError):
            self.client.cleanup(self.absent_container())
        self.assertEqual(self.client.cleanup(self.new_container()), CleanupReport((), 0))

    @promise("Without a container every method raises ContainerNotSpecified before anything else is looked at.")
    def test_no_container(self) -> None:
        client = self.recording_client()
        client.container_name = None
        calls: list[Callable[[], object]] = [
            lambda: client.object_write("", 5),  # type: ignore[arg-type]
            lambda: client.object_open("x", "no mode"),
            lambda: client.object_upload(None, "x"),  # type: ignore[arg-type]
            lambda: client.object_read("x", start=-1, stop=1),
            lambda: client.object_list(delimiter=""),
            *(functools.partial(call, client, "") for call in OBJECT_CALLS.values()),
            *(functools.partial(call, client) for call in CONTAINER_WIDE_CALLS.values()),
        ]
        for call in calls:
            with self.assertRaises(ContainerNotSpecified):
                call()
        self.assertEqual(client.calls, [], "requests were made")
